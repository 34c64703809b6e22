//! One player goes to its optimum while the other stands still: a change like another, which is logged, gone back to and
//! restored.

use adversaria_protocol::{Command, Event, Metrics, Player, Reply, Standing};

use crate::host::Host;

const LINE: &str = "data=bimodal&g=16,16&d=16,16&gact=tanh&dact=tanh&kd=1&optg=adam:0.002&optd=adam:0.005&lrdecay=cosine:400";

fn optimum(host: &mut Host, player: Player) -> Metrics {
    host.say(Command::Optimum { id: 60, player });
    match host.answer(60) {
        Ok(Reply::Metrics(metrics)) => metrics,
        other => panic!("{other:?}"),
    }
}

fn gap(metrics: &Metrics) -> f32 {
    let judged = metrics.evaluation.as_ref().expect("a comparison");
    assert_eq!(judged.iteration, metrics.iteration);
    judged.value_optimal - judged.value
}

fn notice(host: &Host) -> &str {
    let mut notices = host.heard.iter().rev().filter_map(|event| match event {
        Event::Notice(sentence) => Some(sentence.as_str()),
        _ => None,
    });
    notices.next().expect("a sentence")
}

/// The updates that the log has of one player alone.
fn logged(host: &Host, who: &str) -> u64 {
    let trail = host.trail();
    let branch = trail.branches.iter().find(|branch| branch.number == trail.current);
    let changes = &branch.expect("the present one").changes;
    let of = |change: &str| -> Option<u64> {
        change.strip_prefix(&format!("alone={who}:"))?.split(':').next()?.parse().ok()
    };
    changes.iter().filter_map(|(_, change)| of(change)).sum()
}

/// Goes away and comes back, so that the run tells its trail and stands where it stood.
fn there_and_back(host: &mut Host, end: u64) {
    host.travel(host.trail().current, end / 2).expect("it is kept");
    host.travel(host.trail().current, end).expect("its end");
}

#[test]
fn d_alone_closes_the_gap_and_g_stands_still() {
    let mut host = Host::with(LINE);
    // To the end of the decay, where a rate that kept it would be 0.
    let before = host.advance(400).expect("it runs");
    let after = optimum(&mut host, Player::Discriminator);
    assert_eq!((after.iteration, after.updates_g), (400, before.updates_g));
    let made = after.updates_d - before.updates_d;
    assert!(made >= 1000 && made.is_multiple_of(250) && made <= 6000, "{made}");
    assert!(gap(&before) > 0.05, "{} leaves nothing to see", gap(&before));
    assert!(gap(&after) < 0.3 * gap(&before), "{} of {}", gap(&after), gap(&before));
    let told = notice(&host).to_owned();
    assert!(told.starts_with(&format!("D trained alone for {made} updates")), "{told}");
    assert!(told.contains(&format!("to {:.3} nats", gap(&after))), "{told}");
    assert_eq!(host.frame().standing, Standing::Paused);
}

#[test]
fn it_is_a_change_that_is_gone_back_to_and_restored_bit_for_bit() {
    let mut host = Host::with(LINE);
    host.advance(120).expect("it runs");
    let begun = optimum(&mut host, Player::Discriminator).updates_d;
    host.advance(30).expect("it runs");
    let file = host.checkpoint();
    there_and_back(&mut host, 150);
    assert!(host.checkpoint() == file, "the same moment by its log");
    assert_eq!(logged(&host, "d"), begun - 120);
    let mut other = Host::new();
    other.say(Command::Restore { id: 6, bytes: file });
    other.answer(6).expect("its own checkpoint");
    for run in [&mut host, &mut other] {
        run.advance(40).expect("it runs");
    }
    assert!(host.checkpoint() == other.checkpoint(), "the rate is what it was");
}

#[test]
fn stopped_in_the_middle_of_a_round_it_has_made_what_is_logged() {
    let mut host = Host::with(LINE);
    host.advance(20).expect("it runs");
    host.say(Command::Optimum { id: 61, player: Player::Generator });
    host.work(8);
    assert!(host.session.moves());
    host.say(Command::Pause);
    let Ok(Reply::Metrics(metrics)) = host.answer(61) else { panic!("where it stopped") };
    let made = metrics.updates_g - 20;
    assert_eq!((metrics.updates_d, metrics.iteration), (20, 20));
    assert!(made > 0 && !made.is_multiple_of(250), "{made} updates are whole rounds");
    assert!(notice(&host).contains("where it was stopped"), "{}", notice(&host));
    let file = host.checkpoint();
    there_and_back(&mut host, 20);
    assert!(host.checkpoint() == file);
    assert_eq!(logged(&host, "g"), made);
}

/// The two percentages at the end of the sentence: told rightly, and the most that can be.
fn shares(notice: &str) -> [f32; 2] {
    let percents: Vec<f32> = notice
        .split(' ')
        .zip(notice.split(' ').skip(1))
        .filter(|(_, unit)| unit.starts_with('%'))
        .map(|(number, _)| number.parse().expect("a number"))
        .collect();
    percents.try_into().expect("two shares")
}

#[test]
fn a_fresh_d_comes_to_the_most_that_can_be_told_and_not_beyond() {
    let mut host = Host::with(LINE);
    let before = host.advance(150).expect("it runs");
    host.say(Command::Detector { id: 63 });
    let Ok(Reply::Metrics(after)) = host.answer(63) else { panic!("it is made") };
    assert_eq!((after.iteration, after.updates_g), (150, before.updates_g));
    let [told, most] = shares(notice(&host));
    let variation = after.evaluation.as_ref().expect("a comparison").total_variation;
    assert!((most - 50.0 - 50.0 * variation).abs() < 0.06, "{most}");
    // G is far from the data, so that there is something to tell; bins lose some of TV, and ten thousand samples add some.
    assert!(most > 55.0 && told <= most + 1.0 && told >= most - 3.0, "{told} of {most}");
    let file = host.checkpoint();
    there_and_back(&mut host, 150);
    assert!(host.checkpoint() == file, "the same moment by its log");
    let mut other = Host::new();
    other.say(Command::Restore { id: 6, bytes: file });
    other.answer(6).expect("its own checkpoint");
    for run in [&mut host, &mut other] {
        run.advance(10).expect("it runs");
    }
    assert!(host.checkpoint() == other.checkpoint());
}

#[test]
fn a_rate_that_is_too_low_for_the_game_keeps_no_detector_from_its_best() {
    let mut host = Host::with(
        "data=ring8&g=32,32&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.000001&optg=adam:0.001&batch=128",
    );
    host.advance(200).expect("it runs");
    host.say(Command::Detector { id: 64 });
    host.answer(64).expect("it is made");
    let [told, most] = shares(notice(&host));
    assert!(told <= most + 1.5 && told >= most - 3.0, "{told} of {most}");
}

#[test]
fn where_v_is_not_the_objective_its_loss_is_told() {
    let mut host = Host::with("data=ring8&g=8&d=8&batch=16&loss=hinge");
    host.advance(10).expect("it runs");
    optimum(&mut host, Player::Discriminator);
    assert!(notice(&host).contains("its loss went from"), "{}", notice(&host));
    let mut nobody = Host::new();
    nobody.say(Command::Optimum { id: 62, player: Player::Generator });
    assert!(nobody.answer(62).is_err(), "there is no run");
}
