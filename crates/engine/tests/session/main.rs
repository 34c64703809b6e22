//! A session as its host meets it: commands in, events out, under a clock that the test moves.

mod files;
mod host;
mod images;
mod optimum;

use adversaria_core::spec::Cloud;
use adversaria_engine::Next;
use adversaria_protocol::{
    Command, Event, FaultCode, Frame, Layers, Picture, Reply, Standing, Step, UnitLayer,
};

use host::Host;

pub(crate) const SMALL: &str = "data=ring8&g=8&d=8&batch=16";

#[test]
fn a_run_comes_on_stage_and_shows_itself_before_it_plays() {
    let mut host = Host::with(SMALL);
    assert!(matches!(host.heard[0], Event::Ready));
    assert!(host.heard.iter().any(|event| matches!(event, Event::Staged(_))));
    host.work(3);
    let frame = host.frame();
    assert_eq!((frame.standing, frame.metrics.iteration), (Standing::Paused, 0));
    assert!(frame.metrics.loss_d.is_nan() && frame.metrics.value.is_finite());
    let Picture::Plane(plane) = &frame.picture else { panic!("2D data") };
    assert!(
        plane.fake.len() > 100 && plane.field.len() > 100 && plane.pulls.len() == plane.fake.len()
    );
    while host.work(1) != Next::Wait {
        assert!(host.time.get() < 1e5, "a paused session comes to rest");
    }
    assert!(host.frame().metrics.evaluation.is_some());
}

#[test]
fn a_slow_first_frame_does_not_keep_the_first_iteration_from_sight() {
    let mut host = Host::with(SMALL);
    host.tick = 50.0;
    host.work(3);
    assert_eq!(host.frame().metrics.iteration, 0);
    host.tick = 1.0;
    host.say(Command::Play);
    let begun = host.time.get();
    while host.frame().metrics.iteration == 0 {
        host.work(1);
        let waited = host.time.get() - begun;
        assert!(waited < 100.0, "{waited} ms after play nothing has moved");
    }
}

#[test]
fn it_plays_pauses_steps_and_stops_where_it_should() {
    let mut host = Host::with(SMALL);
    host.say(Command::Play);
    host.work(200);
    assert!(host.frame().metrics.iteration > 0 && host.frame().rate > 0.0);
    host.say(Command::Pause);
    host.work(5);
    let at = host.frame().metrics.iteration;
    host.work(50);
    assert_eq!((host.frame().metrics.iteration, host.frame().standing), (at, Standing::Paused));
    let counts =
        |host: &Host| (host.frame().metrics.updates_d - at, host.frame().metrics.updates_g - at);
    for (step, want) in
        [(Step::Discriminator, (1, 0)), (Step::Generator, (1, 1)), (Step::Both, (2, 2))]
    {
        host.say(Command::Step(step));
        host.work(5);
        assert_eq!(counts(&host), want, "{step:?}");
    }
    host.say(Command::Until(Some(at + 500)));
    host.say(Command::Play);
    host.work(2000);
    assert_eq!(
        (host.frame().metrics.iteration, host.frame().standing),
        (at + 500, Standing::Arrived)
    );
}

#[test]
fn a_pace_is_kept() {
    let mut host = Host::with(SMALL);
    host.say(Command::Pace(Some(20.0)));
    host.say(Command::Play);
    let begin = host.time.get();
    while host.time.get() < begin + 5000.0 {
        if let Next::After(millis) = host.work(1) {
            host.time.set(host.time.get() + millis);
        }
    }
    host.say(Command::Pause);
    host.work(5);
    let made = host.frame().metrics.iteration;
    assert!((90..=110).contains(&made), "{made} iterations in five seconds at 20 a second");
}

#[test]
fn what_is_asked_while_it_plays_changes_no_bit() {
    let mut quiet = Host::with(SMALL);
    quiet.advance(700).expect("it runs");
    let mut busy = Host::with(SMALL);
    busy.say(Command::Until(Some(700)));
    busy.say(Command::Play);
    for number in 0..40 {
        busy.work(3);
        busy.say(Command::Sample { id: 10, count: 100 });
        busy.say(Command::Score { id: 11, points: vec![0.1, 0.2, 0.3, 0.4] });
        let Ok(Reply::Values(scores)) = busy.answer(11) else { panic!("scores") };
        assert!(
            scores.len() == 2 && scores.iter().all(|d| (0.0..=1.0).contains(d)),
            "turn {number}"
        );
        busy.answer(10).expect("samples");
    }
    while busy.session.standing() != Some(Standing::Arrived) {
        busy.work(1);
    }
    assert_eq!(quiet.checkpoint(), busy.checkpoint());
}

#[test]
fn changes_take_effect_while_it_plays() {
    let mut host = Host::with(SMALL);
    host.advance(10).expect("it runs");
    host.say(Command::Change { id: 4, field: "kd".into(), value: "3".into() });
    host.answer(4).expect("k_D may change");
    let metrics = host.advance(10).expect("it runs");
    assert_eq!((metrics.updates_d, metrics.updates_g), (40, 20));
    host.work(300);
    assert!(host.frame().spec.contains("kd=3"), "{}", host.frame().spec);
    for (field, value) in
        [("kd", "-1"), ("kd", "NaN"), ("batch", "64"), ("nonsense", "1"), ("optd", "adam:1e99")]
    {
        host.say(Command::Change { id: 5, field: field.into(), value: value.into() });
        let fault = host.answer(5).expect_err("not allowed");
        assert_eq!(fault.code, FaultCode::BadRequest);
        assert!(fault.message.contains(field), "{}", fault.message);
    }
}

#[test]
fn what_is_refused_leaves_the_run_on_stage() {
    let mut host = Host::with(SMALL);
    host.advance(20).expect("it runs");
    let before = host.checkpoint();
    let long = format!("data=ring8&x={}", "9".repeat(1 << 20));
    for spec in [
        "data=nothing",
        "batch=NaN",
        "batch=1e99",
        "g=-5",
        "sigma=",
        "%%%",
        "seed=4294967296",
        "backend=tpu",
        &long,
    ] {
        let fault = host.load(spec).expect_err(spec);
        assert_eq!(fault.code, FaultCode::BadRequest);
        assert!(fault.message.len() < 400 && !fault.message.contains('\n'), "{}", fault.message);
    }
    host.say(Command::Restore { id: 6, bytes: before[..before.len() / 3].to_vec() });
    assert_eq!(host.answer(6).expect_err("half a file").code, FaultCode::BadFile);
    host.say(Command::Score { id: 7, points: vec![1.0; 3] });
    assert_eq!(host.answer(7).expect_err("a point and a half").code, FaultCode::BadRequest);
    assert_eq!(host.checkpoint(), before);
}

#[test]
fn a_checkpoint_comes_back_on_another_stage() {
    let mut host = Host::with(SMALL);
    host.advance(50).expect("it runs");
    let file = host.checkpoint();
    host.advance(50).expect("it runs");
    let after = host.checkpoint();
    let mut other = Host::with("data=moons");
    let new = &other.scene().metrics;
    assert_eq!((new.iteration, new.updates_d, new.updates_g), (0, 0, 0));
    assert!(new.loss_d.is_nan());
    other.say(Command::Restore { id: 6, bytes: file });
    other.answer(6).expect("its own file");
    let restored = &other.scene().metrics;
    assert_eq!((restored.iteration, restored.updates_d, restored.updates_g), (50, 50, 50));
    assert!(restored.loss_d.is_finite() && restored.value.is_nan());
    assert_eq!(other.advance(50).expect("it runs").iteration, 100);
    assert_eq!(other.checkpoint(), after);
}

#[test]
fn a_run_that_diverges_stops_with_a_sentence_and_can_go_back() {
    let mut host =
        Host::with("data=ring8&g=8&d=8&batch=16&loss=wasserstein&optd=sgd:90:0.9&optg=sgd:90:0.9");
    host.say(Command::Play);
    for _ in 0..5000 {
        host.work(1);
        if host.session.standing() == Some(Standing::Diverged) {
            break;
        }
    }
    host.work(10);
    let fault = host.fault().expect("it diverges").clone();
    assert_eq!(fault.code, FaultCode::Diverged);
    assert!(fault.can_rewind && fault.message.contains("no longer finite"), "{}", fault.message);
    host.say(Command::Rewind { id: 8 });
    host.answer(8).expect("there is a good state");
    host.work(10);
    assert_eq!(host.frame().standing, Standing::Paused);
    assert!(host.frame().metrics.value.is_finite());
}

#[test]
fn one_who_waits_for_iterations_hears_of_divergence() {
    let mut host =
        Host::with("data=ring8&g=8&d=8&batch=16&loss=wasserstein&optd=sgd:90:0.9&optg=sgd:90:0.9");
    assert_eq!(host.advance(100_000).expect_err("it diverges").code, FaultCode::Diverged);
}

#[test]
fn the_average_of_g_is_shown_when_there_is_one() {
    let mut host = Host::with("data=ring8&g=8&d=8&batch=16&ema=0.9");
    host.advance(50).expect("it runs");
    host.work(300);
    let Picture::Plane(plane) = &host.frame().picture else { panic!("2D data") };
    assert_eq!(plane.average.len(), plane.fake.len());
    assert_ne!(plane.average, plane.fake);
}

#[test]
fn a_row_of_advances_is_not_slowed_by_pictures() {
    let mut host = Host::with(SMALL);
    host.work(300);
    host.heard.clear();
    // Longer than the pause that follows an advance, as a large network's iterations are.
    host.tick = 10.0;
    let begin = host.time.get();
    for _ in 0..50 {
        host.advance(5).expect("it runs");
    }
    let frames = |host: &Host| host.heard.iter().filter(|e| matches!(e, Event::Frame(_))).count();
    let during = frames(&host);
    assert!(
        during <= 2 + ((host.time.get() - begin) / 2000.0) as usize,
        "{during} frames for 50 advances"
    );
    host.work(300);
    assert_eq!(host.frame().metrics.iteration, 250, "the last one is seen in the end");
}

const TRAVELLED: &str = "data=ring8&g=8,8&d=8,8&batch=32&ema=0.99";

#[test]
fn an_earlier_moment_is_shown_exactly_and_goes_on_as_it_did() {
    let mut host = Host::with(TRAVELLED);
    host.advance(300).unwrap();
    let early = host.checkpoint();
    // Copies are made every two seconds; this one lies between two of them.
    host.time.set(host.time.get() + 5000.0);
    host.advance(137).unwrap();
    host.time.set(host.time.get() + 5000.0);
    host.advance(200).unwrap();
    let late = host.checkpoint();
    host.work(5);
    assert!(host.frame().metrics.evaluation.is_some(), "it was compared");
    host.heard.retain(|event| !matches!(event, Event::Frame(_)));
    host.travel(0, 300).unwrap();
    assert!(host.checkpoint() == early, "300 again");
    host.work(5);
    let of_another = |event: &Event| match event {
        Event::Frame(frame) => frame.metrics.evaluation.as_ref().is_some_and(|e| e.iteration > 300),
        _ => false,
    };
    assert!(!host.heard.iter().any(of_another), "a comparison of another moment");
    assert_eq!((host.frame().metrics.iteration, host.frame().standing), (300, Standing::Paused));
    host.advance(337).unwrap();
    assert!(host.checkpoint() == late, "and on to 637");
    assert_eq!(host.trail().branches.len(), 1, "the same way is no other branch");
    host.travel(0, 0).unwrap();
    host.travel(0, u64::MAX).unwrap();
    assert!(host.checkpoint() == late, "the end of the branch");
}

#[test]
fn another_way_on_is_a_branch_that_replays_and_the_old_one_stays() {
    let mut host = Host::with(TRAVELLED);
    host.advance(100).unwrap();
    host.change("kd", "2");
    host.say(Command::Step(Step::Generator));
    host.advance(200).unwrap();
    let first = host.checkpoint();
    host.travel(0, 60).unwrap();
    host.change("kd", "5");
    host.work(5);
    host.advance(140).unwrap();
    let second = host.checkpoint();
    let first_of = |is: &dyn Fn(&Event) -> bool| host.heard.iter().position(is).unwrap();
    let told = first_of(&|event| matches!(event, Event::Trail(trail) if trail.current == 1));
    let seen = first_of(&|event| matches!(event, Event::Frame(f) if f.spec.contains("kd=5")));
    assert!(told < seen, "a way is told before its first picture");
    let trail = host.trail().clone();
    assert_eq!((trail.current, trail.branches[1].parent), (1, Some((0, 60))));
    // A run of its own that makes the same changes.
    let mut other = Host::with(TRAVELLED);
    other.advance(60).unwrap();
    other.change("kd", "5");
    other.advance(140).unwrap();
    assert!(other.checkpoint() == second, "a branch is a run with that log");
    host.travel(0, 300).unwrap();
    assert!(host.checkpoint() == first, "with the change and the step by hand");
    host.travel(1, 200).unwrap();
    assert!(host.checkpoint() == second, "and to the branch again");
    assert_eq!(host.travel(9, 0).unwrap_err().code, FaultCode::BadRequest);
    assert!(host.checkpoint() == second, "what is refused changes nothing");
}

#[test]
fn who_waits_for_iterations_hears_that_the_run_went_elsewhere() {
    let mut host = Host::with(TRAVELLED);
    host.advance(50).unwrap();
    host.say(Command::Advance { id: 7, iterations: 1 << 30 });
    host.work(3);
    host.travel(0, 10).unwrap();
    assert!(host.answer(7).is_err());
    // Play goes on from there.
    host.say(Command::Play);
    host.work(20);
    assert!(host.frame().metrics.iteration > 10);
}

#[test]
fn an_iteration_update_by_update_is_the_same_iteration() {
    let spec = format!("{TRAVELLED}&kd=2");
    let mut host = Host::with(&spec);
    for (updates, part) in [((1, 0), 1), ((2, 0), 2), ((2, 1), 0), ((3, 1), 1)] {
        host.say(Command::Step(Step::Part));
        host.work(3);
        let Frame { metrics, part: made, .. } = host.frame();
        assert_eq!(((metrics.updates_d, metrics.updates_g), *made), (updates, part));
    }
    // Whatever else is asked for finishes the iteration, and nothing of this is a change.
    let watched = host.checkpoint();
    let mut other = Host::with(&spec);
    other.advance(2).unwrap();
    assert!(other.checkpoint() == watched);
    host.say(Command::Step(Step::Part));
    host.advance(3).unwrap();
    other.advance(4).unwrap();
    assert!(other.checkpoint() == host.checkpoint());
}

#[test]
fn hidden_units_are_what_the_layers_give() {
    let mut host = Host::with("data=ring8&g=5&d=12,3&gact=tanh&dact=tanh&batch=16");
    host.advance(20).unwrap();
    host.say(Command::Watch(Layers { field: true, pulls: false, grid: false, units: true }));
    host.work(100);
    let units = host.frame().units.clone().expect("units were asked for");
    let shapes = |layers: &[UnitLayer]| {
        layers
            .iter()
            .map(|layer| (layer.width, layer.fields.len() / 256, layer.weights.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(shapes(&units.discriminator), [(12, 8, 16), (3, 3, 24), (1, 1, 3)]);
    assert_eq!(shapes(&units.generator), [(5, 5, 10), (2, 2, 10)]);
    // D's output at a cell is what a score of that cell's centre gives.
    let output = units.discriminator.last().expect("an output");
    let at = |k: usize| (k as f32 + 0.5) / 8.0 - 1.0;
    host.say(Command::Score { id: 8, points: vec![at(3), at(11)] });
    let Ok(Reply::Values(scores)) = host.answer(8) else { panic!("no scores") };
    let raw = (f32::from(output.fields[11 * 16 + 3]) - 128.0) / 127.0 * output.largest;
    let logit = (scores[0] / (1.0 - scores[0])).ln();
    assert!((raw - logit).abs() <= output.largest / 100.0, "{raw} is not {logit}");
}

#[test]
fn rows_of_a_file_come_first_and_ride_along_in_the_checkpoint() {
    let values: Vec<f32> = (0..200).map(|i| (i as f32 * 0.37).sin() * 0.8).collect();
    let mark = Cloud::of_values(2, &values).mark().text();
    let spec = format!("data=file&file={mark}&g=8&d=8&batch=16");
    let mut host = Host::with(SMALL);
    host.advance(5).expect("it runs");
    let before = host.checkpoint();
    for (spec, part) in [(spec.as_str(), "100 rows"), ("data=column", "no file is open")] {
        let fault = host.load(spec).expect_err("its rows are not here");
        assert!(fault.code == FaultCode::NoData && fault.message.contains(part), "{fault:?}");
    }
    host.say(Command::Rows { id: 4, dim: 2, values: values[..199].to_vec() });
    assert_eq!(host.answer(4).expect_err("half a row").code, FaultCode::BadRequest);
    host.say(Command::Rows { id: 4, dim: 3, values: vec![0.0; 9] });
    assert_eq!(host.answer(4).expect_err("three numbers").code, FaultCode::BadRequest);
    assert_eq!(host.checkpoint(), before);
    host.say(Command::Rows { id: 5, dim: 2, values: values.clone() });
    host.answer(5).expect("rows");
    host.load(&spec).expect("its rows are here");
    host.advance(20).expect("it runs");
    // A change builds the spec anew, and keeps the rows.
    host.say(Command::Change { id: 6, field: "kd".into(), value: "2".into() });
    host.answer(6).expect("a live change");
    let file = host.checkpoint();
    host.advance(20).expect("it runs");
    let after = host.checkpoint();
    let mut other = Host::new();
    other.say(Command::Restore { id: 6, bytes: file.clone() });
    other.answer(6).expect("it carries its rows");
    other.advance(20).expect("it runs");
    assert_eq!(other.checkpoint(), after);
    other.load(&spec).expect("rows of a checkpoint stay");
    // Another row is another file: the digest tells.
    let place = safetensors::SafeTensors::deserialize(&file).expect("a file");
    let at = place.tensor("data/points").expect("rows").data().as_ptr() as usize;
    let mut bytes = file.clone();
    bytes[at - file.as_ptr() as usize + 3] ^= 0x80;
    other.say(Command::Restore { id: 7, bytes });
    assert_eq!(other.answer(7).expect_err("another row").code, FaultCode::BadFile);
}

#[test]
fn frames_tell_the_diagnosis_and_a_change_takes_it_back() {
    let vanishing = "data=ring8&loss=minimax&kd=10&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.0001";
    let mut host = Host::with(vanishing);
    host.work(3);
    assert!(host.frame().diagnosis.is_none());
    for _ in 0..10 {
        host.time.set(host.time.get() + 2_000.0);
        host.advance(100).expect("it trains");
    }
    host.work(100);
    let found = host.frame().diagnosis.clone().expect("there is something to say");
    assert_eq!(found.name, "vanishing-gradient");
    assert!(found.evidence.iter().any(|line| line.contains("minimax")), "{found:?}");
    let (field, value) = found.advice.expect("an advice");
    host.change(&field, &value);
    host.work(5);
    assert!(host.frame().diagnosis.is_none(), "what was seen before says nothing of the new game");
}
