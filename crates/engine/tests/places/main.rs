//! Where a run computes: a device that answers later and may be gone, moves while a run goes on, and what wishes get.
//! The device computes as the CPU does, so whatever happens to a run must leave its bits as they are.

mod device;
mod host;

use std::ops::Range;

use adversaria_core::spec::{BackendChoice, Exec};
use adversaria_engine::Wish;
use adversaria_kernels::backend::BackendError;
use adversaria_protocol::{Command, Event, FaultCode, Metrics, Reply, Standing, Step};

use device::Device;
use host::{Host, Known, alone, log, tensors};

const SMALL: &str = "data=ring8&g=8&d=8&batch=16";

#[test]
fn moving_back_and_forth_changes_no_bit() {
    for spec in [SMALL, "data=bimodal&g=8&d=8&batch=10&ema=0.9&optg=sgd:0.01:0.5&lrdecay=exp:0.999"]
    {
        let mut host = Host::with(Known::Software, &format!("{spec}&backend=cpu"));
        assert_eq!((host.scene().backend.as_str(), host.scene().adapter.as_str()), ("cpu", "test"));
        host.advance(50);
        host.change("backend", "gpu");
        assert_eq!(host.moves(), ["webgpu"]);
        let metrics = host.advance(70);
        assert_eq!((metrics.iteration, metrics.updates_d), (120, 120));
        host.change("exec", "resident");
        host.advance(10);
        host.change("backend", "cpu");
        assert_eq!(host.moves(), ["webgpu", "cpu"], "the same form is no news");
        host.advance(20);
        let file = host.checkpoint();
        assert_eq!(tensors(&file), alone(&format!("{spec}&backend=cpu"), 150), "{spec}");
        assert_eq!(log(&file), "50 backend webgpu\n120 exec resident\n130 backend cpu\n");
        assert!(host.faults().is_empty() && host.notices().is_empty(), "{:?}", host.notices());
        // The log lines do no harm to one who goes on from the file.
        let mut other = Host::with(Known::Missing, "data=moons");
        other.say(Command::Restore { id: 6, bytes: file.clone() });
        other.answer(6).expect("its own file");
        host.advance(30);
        assert_eq!(other.advance(30).iteration, 180);
        assert_eq!(other.checkpoint(), host.checkpoint());
    }
}

#[test]
fn a_run_plays_on_while_it_moves_and_what_is_asked_meanwhile_is_answered() {
    let mut host = Host::with(Known::Real, SMALL);
    assert_eq!(host.scene().backend, "webgpu");
    assert_eq!(host.scene().adapter, "far away, resident");
    host.say(Command::Play);
    host.work_for(100.0);
    host.device().journey.set(30.0);
    host.say(Command::Change { id: 4, field: "backend".into(), value: "cpu".into() });
    host.turn();
    assert!(host.replies(4).is_empty(), "words take 30 ms");
    host.say(Command::Sample { id: 5, count: 10 });
    host.say(Command::Step(Step::Both));
    host.say(Command::Change { id: 6, field: "kd".into(), value: "2".into() });
    host.say(Command::Checkpoint { id: 7 });
    for id in [4, 5, 6] {
        host.answer(id).expect("it is answered");
    }
    let Ok(Reply::Bytes(file)) = host.answer(7) else { panic!("a file") };
    let kept = tensors(&file);
    let iteration = u64::from_le_bytes(kept["iteration"].as_slice().try_into().expect("8 bytes"));
    assert_eq!(kept, alone(SMALL, iteration), "the step by hand is in it");
    assert_eq!(log(&file), format!("{} backend cpu\n{iteration} kd 2\n", iteration - 1));
    host.say(Command::Play);
    host.work_for(50.0);
    assert_eq!(host.session.standing(), Some(Standing::Playing));
    host.work_for(500.0);
    assert!(host.iteration() > iteration && host.moves() == ["cpu"]);
}

#[test]
fn slices_overlap_by_two_and_none_is_long() {
    for (each, journey) in [(0.02, 0.5), (0.02, 12.0), (0.4, 2.0), (3.0, 1.0)] {
        let mut host = Host::with(Known::Real, "data=ring8&g=4&d=4&batch=8");
        let device = host.device();
        device.each.set(each);
        device.journey.set(journey);
        host.say(Command::Play);
        host.work_for(1500.0);
        let from = device.slices.borrow().len();
        let turns = host.turns;
        host.work_for(1500.0);
        let slices = device.slices.borrow()[from..].to_vec();
        let most = slices.iter().map(|slice| slice.1).max();
        assert_eq!(most, Some(2), "{each} and {journey} ms: slices under way");
        let longest = slices.iter().map(|slice| f64::from(slice.0) * each).fold(0.0, f64::max);
        // Where words travel longer than a slice takes, half of a slice's time hides behind the other's journey.
        let limit = if journey > 8.0 { 17.0 } else { 10.0 };
        assert!(longest <= limit, "{each} and {journey} ms: a slice of {longest} ms");
        let busy = slices.iter().map(|slice| f64::from(slice.0) * each).sum::<f64>() / 1500.0;
        // Two slices of 8 ms and one journey make a cycle.
        let possible = (16.0 / (8.0 + journey)).min(1.0);
        assert!(busy > 0.6 * possible, "{each} and {journey} ms: the device is busy {busy}");
        // It rests while words are on their way: 5 looks a millisecond are the clock's own here.
        let turns = f64::from(host.turns - turns);
        assert!(turns < 1500.0 * 6.0 + 20.0 * slices.len() as f64, "{turns} turns");
        let frames = host.heard.iter().filter(|event| matches!(event, Event::Frame(_))).count();
        assert!((20..=100).contains(&frames), "{frames} frames in three seconds");
    }
}

/// Within a slice work is cut by what is expected of it, which the device corrects.
#[test]
fn a_device_hears_how_slow_it_is() {
    for (each, times) in [(0.02, 1.0), (0.4, 20.0), (40.0, 2000.0)] {
        let mut host = Host::with(Known::Real, "data=ring8&g=4&d=4&batch=8");
        let device = host.device();
        device.each.set(each);
        host.say(Command::Play);
        host.work_for(3000.0);
        let heard = device.corrected.get();
        assert!((0.8..1.25).contains(&(heard / times)), "{each} ms: {heard} times, not {times}");
    }
}

/// At a slow pace each iteration is followed by a frame, whose figures are the check too.
#[test]
fn a_slice_that_a_frame_follows_is_not_asked_for_its_figures_twice() {
    let mut host = Host::with(Known::Real, "data=ring8&g=4&d=4&batch=8");
    let device = host.device();
    host.say(Command::Pace(Some(5.0)));
    host.say(Command::Play);
    host.work_for(1000.0);
    let begin = (device.slices.borrow().len(), device.reads.borrow().len());
    let frames = |host: &Host| host.heard.iter().filter(|e| matches!(e, Event::Frame(_))).count();
    let before = frames(&host);
    host.work_for(9000.0);
    let slices = device.slices.borrow()[begin.0..].to_vec();
    assert!(slices.len() > 40 && slices.iter().all(|slice| slice.0 == 1), "{slices:?}");
    let frames = frames(&host) - before;
    // The counters and figures are the arena's first words, and the state begins with them.
    let figures = |ranges: &&Vec<_>| matches!(ranges[..], [Range { start: 0, end: ..=64 }]);
    let asked = device.reads.borrow()[begin.1..].iter().filter(figures).count();
    // A comparison with p_data, once a second or less, looks at the figures too.
    let comparisons = 10;
    assert!(frames >= slices.len(), "{frames} frames of {}", slices.len());
    assert!(asked <= frames + comparisons, "{asked} for {frames} and {}", slices.len());
    // Each slice's figures were asked for all the same, alone or in a frame.
    assert!(slices.iter().all(|slice| slice.1 <= 2), "{slices:?}");
}

#[test]
fn a_run_in_a_frame_s_check_diverges_as_in_any_other() {
    let address = "data=ring8&g=8&d=8&batch=16&loss=wasserstein&optd=sgd:90:0.9&optg=sgd:90:0.9";
    let mut host = Host::with(Known::Real, address);
    host.say(Command::Pace(Some(20.0)));
    host.say(Command::Play);
    host.work_for(60_000.0);
    assert_eq!(host.session.standing(), Some(Standing::Diverged));
    let [fault] = host.faults()[..] else { panic!("{:?}", host.faults()) };
    assert_eq!(fault.code, FaultCode::Diverged);
    let shown = host.heard.iter().rev().find_map(|event| match event {
        Event::Frame(frame) => Some(frame.standing),
        _ => None,
    });
    assert_eq!(shown, Some(Standing::Diverged), "the last frame shows where it stopped");
}

#[test]
fn iterations_that_are_waited_for_are_made_at_the_pace_of_the_device() {
    let mut host = Host::with(Known::Real, "data=ring8&g=4&d=4&batch=8");
    let begun = host.now;
    assert_eq!(host.advance(30_000).iteration, 30_000);
    let took = host.now - begun;
    assert!(took < 1.5 * 30_000.0 * 0.02, "{took} ms for 600 ms of work");
}

/// The norms of both of G's gradients cost as much as an update: they come with a comparison, not with each advance.
#[test]
fn who_advances_in_small_steps_hears_the_latest_norms() {
    let mut host = Host::with(Known::Real, SMALL);
    let norms = |metrics: &Metrics| (metrics.norm_minimax, metrics.norm_nonsaturating);
    let first = host.advance(200);
    assert!(first.norm_minimax > 0.0 && first.norm_nonsaturating > 0.0, "{first:?}");
    let calls = host.device().calls.get();
    let second = host.advance(1);
    let light = host.device().calls.get() - calls;
    assert_eq!(norms(&second), norms(&first));
    host.work_for(60_000.0);
    let calls = host.device().calls.get();
    let later = host.advance(1);
    assert_ne!(norms(&later), norms(&first), "they are never measured again");
    assert!(host.device().calls.get() - calls > light, "the comparison costs nothing");
}

/// Everything that a run may owe somebody, asked for while it plays; gives what came of it.
fn busy(host: &mut Host) {
    host.say(Command::Play);
    host.work_for(30.0);
    host.say(Command::Advance { id: 20, iterations: 300 });
    host.say(Command::Sample { id: 21, count: 100 });
    host.work_for(5.0);
    host.say(Command::Score { id: 22, points: vec![0.1, 0.2, 0.3, 0.4] });
    host.say(Command::Checkpoint { id: 23 });
    host.say(Command::Change { id: 24, field: "exec".into(), value: "dispatch".into() });
    host.say(Command::Advance { id: 25, iterations: 7 });
    let end = host.now + 3000.0;
    while (20..=25).any(|id| host.replies(id).is_empty()) && host.now < end {
        host.work_for(1.0);
    }
    host.work_for(60.0);
}

#[test]
fn a_loss_at_any_moment_costs_no_answer() {
    let mut whole = Host::with(Known::Real, SMALL);
    let before = whole.device().calls.get();
    busy(&mut whole);
    let calls = whole.device().calls.get();
    assert!(whole.faults().is_empty() && calls > before + 200, "{calls} calls");
    // The first calls one by one, then some of the others.
    let moments = (0..60).chain((60..calls - before).step_by(97));
    for moment in moments {
        let mut host = Host::with(Known::Real, SMALL);
        host.device().fuse.set(Some(moment));
        busy(&mut host);
        for id in 20..=25 {
            let replies = host.replies(id);
            assert_eq!(replies.len(), 1, "lost at call {moment}: answers to {id}: {replies:?}");
            assert!(replies[0].is_ok(), "lost at call {moment}: {replies:?}");
        }
        let Ok(Reply::Metrics(first)) = &host.replies(20)[0] else { panic!("metrics") };
        let Ok(Reply::Metrics(second)) = &host.replies(25)[0] else { panic!("metrics") };
        assert!(first.iteration >= 300 && second.iteration >= first.iteration + 7, "{moment}");
        let Ok(Reply::Values(scores)) = &host.replies(22)[0] else { panic!("scores") };
        assert_eq!(scores.len(), 2);
        let faults = host.faults();
        assert_eq!(faults.len(), 1, "lost at call {moment}: {faults:?}");
        assert_eq!(faults[0].code, FaultCode::DeviceLost);
        let said = &faults[0].message;
        assert!(said.contains("unplugged") && said.contains("goes on from iteration"), "{said}");
        assert!(said.ends_with("on the CPU.") && !said[..said.len() - 1].contains(". "), "{said}");
        assert_eq!(host.session.standing(), Some(Standing::Playing), "lost at call {moment}");
        assert_eq!(host.moves().last(), Some(&"cpu"), "lost at call {moment}");
        host.say(Command::Pause);
        host.say(Command::Change { id: 30, field: "exec".into(), value: "auto".into() });
        let kept = tensors(&host.checkpoint());
        let bytes = kept["iteration"].as_slice().try_into().expect("8 bytes");
        assert!(u64::from_le_bytes(bytes) >= 307, "lost at call {moment}");
        if moment % 25 == 0 {
            assert_eq!(kept, alone(SMALL, u64::from_le_bytes(bytes)), "lost at call {moment}");
        }
    }
}

/// Scrubbing along the history, and a player that trains alone and is stopped: what was asked for by then is not wanted.
#[test]
fn words_of_moments_that_were_left_are_not_kept() {
    let mut host = Host::with(Known::Real, SMALL);
    host.device().journey.set(20.0);
    host.advance(20);
    let mut held = vec![];
    for travel in 0..100 {
        let player = adversaria_protocol::Player::Discriminator;
        let optimum = Command::Optimum { id: 40, player };
        host.say(if travel % 2 == 0 { Command::Play } else { optimum });
        host.work_for(5.0);
        host.say(Command::Travel { id: 41, branch: 0, iteration: travel % 20 });
        host.answer(41).expect("it is kept");
        host.work_for(1.0);
        held.push(host.device().held.get());
    }
    assert!(host.device().forgotten.get() >= 100, "{} left", host.device().forgotten.get());
    let most = |part: &[usize]| part.iter().max().copied().unwrap_or(0);
    assert!(most(&held[20..]) <= most(&held[..20]), "{held:?}");
}

#[test]
fn a_device_that_refuses_is_left_too() {
    let mut host = Host::with(Known::Real, SMALL);
    host.say(Command::Play);
    host.work_for(50.0);
    let why = "a buffer is too small".to_owned();
    host.device().trouble.replace(Some(BackendError::Refused { why }));
    host.work_for(300.0);
    let [fault] = host.faults()[..] else { panic!("{:?}", host.faults()) };
    assert!(fault.message.contains("a buffer is too small"), "{}", fault.message);
    assert!(host.iteration() > 0 && host.moves() == ["cpu"]);
}

#[test]
fn a_device_whose_memory_is_full_is_left_too() {
    let mut host = Host::with(Known::Real, SMALL);
    host.say(Command::Play);
    host.work_for(50.0);
    host.device().trouble.replace(Some(BackendError::Exhausted));
    host.work_for(300.0);
    let [fault] = host.faults()[..] else { panic!("{:?}", host.faults()) };
    assert_eq!(fault.code, FaultCode::OutOfMemory);
    let said = &fault.message;
    assert!(said.starts_with("The GPU ran out of memory: the run goes on from "), "{said}");
    assert!(host.iteration() > 0 && host.moves() == ["cpu"]);
}

#[test]
fn a_run_that_rests_loses_nothing_and_comes_back_with_the_device() {
    let mut host = Host::with(Known::Real, SMALL);
    host.advance(500);
    host.change("kd", "2");
    // The figures are drawn and the state is kept; then nothing asks the device for anything.
    host.work_for(1000.0);
    host.lose_device();
    host.device.replace(Device::new());
    host.device().now.set(host.now);
    host.hear();
    let [fault] = host.faults()[..] else { panic!("{:?}", host.faults()) };
    assert!(fault.message.contains("from iteration 500 on the CPU"), "{}", fault.message);
    assert_eq!(host.session.standing(), Some(Standing::Paused));
    assert_eq!(host.advance(10).updates_d, 520, "k_D is still 2");
    host.session.offers_changed(host.now);
    assert_eq!(host.advance(10).updates_d, 540);
    assert_eq!(host.moves(), ["cpu", "webgpu"]);
    let said = host.notices();
    assert_eq!(said, ["The run goes on from iteration 510 on the GPU."]);
    let file = host.checkpoint();
    let mut whole = Host::with(Known::Missing, SMALL);
    whole.advance(500);
    whole.change("kd", "2");
    whole.advance(20);
    assert_eq!(file, whole.checkpoint(), "and nobody can tell from the file");
}

#[test]
fn a_restored_run_falls_back_to_its_file_not_to_its_start() {
    let mut host = Host::with(Known::Real, SMALL);
    host.advance(40);
    let file = host.checkpoint();
    host.say(Command::Restore { id: 6, bytes: file });
    host.answer(6).expect("its own file");
    host.device().lose();
    assert_eq!(host.advance(10).iteration, 50);
    assert!(host.faults()[0].message.contains("from iteration 40 "), "{:?}", host.faults());
    assert_eq!(tensors(&host.checkpoint()), alone(SMALL, 50));
}

#[test]
fn runs_that_need_to_know_wait_and_no_others() {
    let mut host = Host::new(Known::Nothing);
    host.say(Command::Load { id: 10, spec: format!("{SMALL}&backend=cpu") });
    assert_eq!(host.replies(10).len(), 1, "the CPU is always there");
    host.say(Command::Load { id: 11, spec: "data=nothing".into() });
    assert!(matches!(host.replies(11)[..], [Err(_)]), "nonsense needs no device");
    host.say(Command::Load { id: 12, spec: SMALL.into() });
    host.say(Command::Advance { id: 13, iterations: 5 });
    host.say(Command::Load { id: 14, spec: "data=moons&backend=webgpu&g=4&d=4".into() });
    host.say(Command::Play);
    host.work_for(100.0);
    assert!([12, 13, 14].iter().all(|id| host.replies(*id).is_empty()));
    assert_eq!(host.scene().spec, format!("v=1&{SMALL}&backend=cpu"));
    host.known.set(Known::Software);
    host.session.offers_changed(host.now);
    host.hear();
    // In order: the first waits for its iterations, and hears that another run came on stage.
    assert!(host.replies(12)[0].is_ok() && host.replies(13)[0].is_err());
    assert!(host.replies(14).is_empty(), "the device has not answered yet");
    assert!(host.answer(14).is_ok());
    let shows = |event: &Event| matches!(event, Event::Frame(f) if f.spec.contains("moons"));
    assert!(host.heard.iter().any(shows), "its first frame is there");
    assert_eq!(host.session.standing(), Some(Standing::Playing));
    assert_eq!(host.scene().backend, "webgpu");
}

#[test]
fn a_change_of_place_waits_too() {
    let mut host = Host::with(Known::Nothing, &format!("{SMALL}&backend=cpu"));
    host.say(Command::Change { id: 5, field: "backend".into(), value: "webgpu".into() });
    host.say(Command::Change { id: 6, field: "kd".into(), value: "2".into() });
    host.work_for(50.0);
    assert!(host.replies(5).is_empty() && host.replies(6).is_empty());
    host.known.set(Known::Real);
    host.session.offers_changed(host.now);
    assert!(host.answer(5).is_ok() && host.answer(6).is_ok());
    assert_eq!(host.moves(), ["webgpu"]);
}

#[test]
fn why_a_run_is_on_the_cpu_is_said_once_unless_a_gpu_was_asked_for() {
    for (known, said) in
        [(Known::Missing, "There is no GPU."), (Known::Software, "The GPU is software.")]
    {
        let mut host = Host::with(known, SMALL);
        assert_eq!(host.scene().backend, "cpu");
        let staged = host.heard.iter().position(|event| matches!(event, Event::Staged(_)));
        let noted = host.heard.iter().position(|event| matches!(event, Event::Notice(_)));
        assert!(staged < noted, "a page forgets its notice with the run before");
        host.load("data=moons&g=4&d=4").expect("allowed");
        assert_eq!(host.notices(), [said]);
    }
    let mut host = Host::with(Known::Missing, &format!("{SMALL}&backend=webgpu"));
    assert_eq!((host.scene().backend.as_str(), host.notices().len()), ("cpu", 1));
    host.load(&format!("{SMALL}&backend=webgpu")).expect("allowed");
    assert_eq!(host.notices().len(), 2);
    host.change("backend", "cpu");
    host.change("backend", "webgpu");
    assert_eq!((host.notices().len(), host.moves().len()), (3, 0));
    assert_eq!(Wish::default(), Wish { backend: BackendChoice::Auto, exec: Exec::Auto });
}

#[test]
fn a_run_that_is_too_large_for_the_gpu_computes_on_the_cpu() {
    let mut host = Host::new(Known::Real);
    host.device().most_words.set(1000);
    host.load(SMALL).expect("it never fails for want of a GPU");
    assert_eq!(host.scene().backend, "cpu");
    let [said] = host.notices()[..] else { panic!("{:?}", host.notices()) };
    assert!(said.contains("4000 are available") && said.ends_with("on the CPU."), "{said}");
    assert_eq!(host.advance(10).iteration, 10);
    // The wish still holds and is tried again when it is made again; the run stays.
    host.change("exec", "dispatch");
    assert_eq!(host.notices().len(), 2);
    assert!(host.notices()[1].ends_with("the run stays where it is."), "{:?}", host.notices());
    assert_eq!(host.advance(10).iteration, 20);
}

#[test]
fn a_new_run_never_fails_for_want_of_a_gpu() {
    let mut whole = Host::new(Known::Real);
    whole.say(Command::Load { id: 5, spec: SMALL.into() });
    let calls = whole.device().calls.get();
    whole.answer(5).expect("it is on stage");
    whole.advance(40);
    let file = whole.checkpoint();
    for moment in 0..calls {
        let mut host = Host::new(Known::Real);
        host.device().fuse.set(Some(moment));
        host.load(SMALL).expect("it goes on the CPU");
        assert_eq!(host.scene().backend, "cpu", "lost at call {moment}");
        assert!(matches!(host.notices()[..], [one] if one.contains("unplugged")), "{moment}");
        assert_eq!(host.advance(40).iteration, 40);
        assert_eq!(tensors(&host.checkpoint()), tensors(&file), "lost at call {moment}");
        host.device.replace(Device::new());
        host.device().fuse.set(Some(moment));
        host.say(Command::Restore { id: 6, bytes: file.clone() });
        assert_eq!(host.answer(6), Ok(Reply::Done), "lost at call {moment}");
        assert_eq!(host.advance(10).iteration, 50, "lost at call {moment}");
    }
}

#[test]
fn a_device_that_is_lost_before_the_cpu_is_here_costs_no_iteration() {
    let mut host = Host::with(Known::Alone, SMALL);
    host.advance(300);
    host.say(Command::Advance { id: 5, iterations: 200 });
    host.lose_device();
    host.say(Command::Change { id: 6, field: "kd".into(), value: "2".into() });
    host.work_for(1000.0);
    assert!(host.replies(5).is_empty() && host.replies(6).is_empty(), "both wait");
    assert!(host.faults().is_empty() && host.moves().is_empty());
    // The host has not heard of it yet.
    host.known.set(Known::Real);
    host.session.cpu_is_here(host.now);
    host.hear();
    let [fault] = host.faults()[..] else { panic!("{:?}", host.faults()) };
    assert!(fault.message.ends_with("on the CPU."), "{}", fault.message);
    assert_eq!(host.answer(6), Ok(Reply::Done));
    let Ok(Reply::Metrics(reached)) = host.answer(5) else { panic!("no iterations") };
    assert_eq!((reached.iteration, host.moves()), (500, vec!["cpu"]));
}

/// The browser gives another device before what computes on the CPU has come; or one that is gone at once, too.
#[test]
fn a_lost_device_has_another_in_its_place_before_the_cpu_is_here() {
    for is_gone_too in [false, true] {
        let mut host = Host::with(Known::Alone, SMALL);
        host.advance(300);
        host.say(Command::Advance { id: 5, iterations: 200 });
        host.lose_device();
        host.say(Command::Change { id: 6, field: "kd".into(), value: "2".into() });
        host.device.replace(Device::new());
        host.device().now.set(host.now);
        if is_gone_too {
            host.device().lose();
        }
        host.session.offers_changed(host.now);
        host.work_for(1000.0);
        let place = if is_gone_too {
            assert!(host.replies(5).is_empty() && host.faults().is_empty(), "it still waits");
            host.known.set(Known::Real);
            host.session.cpu_is_here(host.now);
            host.hear();
            "CPU"
        } else {
            "GPU"
        };
        let [fault] = host.faults()[..] else { panic!("{:?}", host.faults()) };
        assert!(fault.message.ends_with(&format!(" on the {place}.")), "{}", fault.message);
        assert_eq!(host.answer(6), Ok(Reply::Done));
        let Ok(Reply::Metrics(reached)) = host.answer(5) else { panic!("no iterations") };
        assert_eq!(reached.iteration, 500);
        assert_eq!(host.moves(), if is_gone_too { vec!["cpu"] } else { vec![] });
        assert_eq!(host.advance(10).iteration, 510);
    }
}

#[test]
fn a_run_that_needs_the_cpu_waits_for_it() {
    let mut host = Host::new(Known::Alone);
    host.device().most_words.set(1000);
    host.say(Command::Load { id: 5, spec: SMALL.into() });
    host.say(Command::Advance { id: 6, iterations: 10 });
    host.work_for(100.0);
    assert!(host.replies(5).is_empty() && host.replies(6).is_empty(), "both wait");
    host.known.set(Known::Real);
    host.session.cpu_is_here(host.now);
    host.hear();
    host.answer(5).expect("it is on stage");
    assert_eq!(host.scene().backend, "cpu");
    let Ok(Reply::Metrics(reached)) = host.answer(6) else { panic!("no iterations") };
    assert_eq!(reached.iteration, 10);
}

#[test]
fn a_moment_on_the_cpu_goes_there_when_it_is_here() {
    let mut host = Host::with(Known::Real, SMALL);
    host.advance(100);
    host.change("backend", "cpu");
    host.advance(100);
    host.change("backend", "webgpu");
    host.advance(100);
    assert_eq!(host.moves(), ["cpu", "webgpu"]);
    host.known.set(Known::Alone);
    host.say(Command::Travel { id: 7, branch: 0, iteration: 150 });
    host.answer(7).expect("it is there");
    host.work_for(100.0);
    assert_eq!(host.moves(), ["cpu", "webgpu"], "there is no CPU to go to");
    host.known.set(Known::Real);
    host.session.cpu_is_here(host.now);
    host.work_for(100.0);
    assert_eq!(host.moves(), ["cpu", "webgpu", "cpu"]);
}

/// Without the CPU nobody waits for ever, and each hears why.
#[test]
fn who_waits_for_a_cpu_that_does_not_come_is_told() {
    let told = |host: &mut Host, id: u32| match host.answer(id) {
        Err(fault) => assert!(fault.message.contains("the network is down"), "{}", fault.message),
        Ok(reply) => panic!("{reply:?}"),
    };
    let mut host = Host::new(Known::Alone);
    host.say(Command::Load { id: 5, spec: format!("{SMALL}&backend=cpu") });
    host.say(Command::Load { id: 6, spec: SMALL.into() });
    host.work_for(100.0);
    assert!(host.replies(5).is_empty() && host.replies(6).is_empty(), "both wait");
    host.session.no_cpu("the network is down", host.now);
    host.hear();
    told(&mut host, 5);
    host.answer(6).expect("a GPU is enough for it");
    assert_eq!(host.scene().backend, "webgpu");
    // A run whose device is gone ends, and so does the one that would take its place.
    host.lose_device();
    host.session.no_cpu("the network is down", host.now);
    host.hear();
    let [fault] = host.faults()[..] else { panic!("{:?}", host.faults()) };
    assert!(fault.message.contains("the network is down"), "{}", fault.message);
    host.say(Command::Load { id: 7, spec: SMALL.into() });
    host.session.no_cpu("the network is down", host.now);
    host.hear();
    told(&mut host, 7);
    assert_eq!(host.session.standing(), None);
}
