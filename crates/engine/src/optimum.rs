//! One player goes to its optimum while the other stands still: rounds of updates, at a rate that falls when a round brings
//! little, until it has fallen so often that no more is to be had.
//!
//! A round is [`ROUND`] updates. One that lowers the player's loss by less than [`LITTLE`] nats, or by less than a [`SHARE`]th of
//! all that was gained, is followed by others at [`FALL`] times the rate; after [`FALLS`] such rounds the player has settled, and
//! after [`MOST_ROUNDS`] in all it is left where it is. Where the optimum lies is no matter of the rate in the game, so one that
//! would not get there begins at [`LEAST_RATE`]; `lrdecay` is left out of it. The loss is that on the probe's points, which are
//! the same each time; for D of a game of probabilities it is −V(D,G), so that what the loss falls by is what the gap closes by.

use adversaria_core::spec::{Loss, Optimiser};
use adversaria_protocol::{Event, Player};

use crate::error::EngineError;
use crate::gauge::{Gauge, SLICE_MILLIS};
use crate::owed::{Owed, Verdict};
use crate::stage::Stage;

/// Updates of a round.
const ROUND: u32 = 250;
/// What the rate is multiplied by after a round that brought little.
const FALL: f64 = 0.4;
/// The last rounds come at about a hundredth of the first rate.
const FALLS: usize = 5;
/// 6,000 updates.
const MOST_ROUNDS: usize = 24;
/// Nats.
const LITTLE: f32 = 0.002;
const SHARE: f32 = 100.0;
/// Of optimisers that scale gradients to steps of about the rate.
const LEAST_RATE: f64 = 0.001;

/// On the way.
pub(crate) struct Pursuit {
    id: u32,
    player: Player,
    /// Updates made, in all and of the round under way.
    made: u32,
    of_round: u32,
    /// What was measured before the first round and after each.
    marks: Vec<Mark>,
    looking: Option<Box<Verdict>>,
    /// Milliseconds that an update takes, where it is done when it has been submitted; 0 while that is not known.
    cost: f64,
}

/// How the player stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mark {
    /// Its loss on the probe's points.
    pub(crate) loss: f32,
    /// V(D*,G) − V(D,G), where it says how far D is from its optimum.
    pub(crate) gap: Option<f32>,
    /// What D tells apart, where its output is a probability.
    pub(crate) detected: Option<Detected>,
}

/// What D tells apart, as shares of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Detected {
    /// The samples, real and generated in equal parts, that it tells rightly.
    rightly: f32,
    /// Width of the bins behind `most`.
    bin_width: f32,
    /// The standard error of that; none where it is an integral and no mean of samples.
    error: Option<f32>,
    /// The most that any detector can: ½ + TV/2, as far as TV on bins sees.
    most: f32,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Rounds bring nothing more.
    Settled,
    /// The bound came first.
    Bound,
    /// Something else was asked for.
    Stopped,
}

/// How often the rate has fallen: the rounds that brought little.
fn falls(marks: &[Mark]) -> usize {
    let little = |pair: &&[Mark]| {
        let (gained, last) = (marks[0].loss - pair[1].loss, pair[0].loss - pair[1].loss);
        last < LITTLE.max(gained / SHARE)
    };
    marks.windows(2).filter(little).count()
}

/// Whether rounds have come to their end.
fn ending(marks: &[Mark]) -> Option<Ending> {
    if falls(marks) >= FALLS {
        Some(Ending::Settled)
    } else {
        (marks.len() > MOST_ROUNDS).then_some(Ending::Bound)
    }
}

/// The rate of the first rounds.
fn first_rate(optimiser: Optimiser) -> f64 {
    match optimiser {
        Optimiser::Sgd { .. } => optimiser.lr(),
        Optimiser::Adam { .. } | Optimiser::RmsProp { .. } => optimiser.lr().max(LEAST_RATE),
    }
}

/// What is told at the end.
fn sentence(player: Player, made: u32, marks: &[Mark], ending: Ending) -> String {
    let (name, still) = match player {
        Player::Discriminator => ("D", "G"),
        Player::Generator => ("G", "D"),
    };
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
        return format!("{name} was stopped before it had trained alone.");
    };
    let (what, from, to) = match (first.gap, last.gap) {
        (Some(from), Some(to)) if player == Player::Discriminator => {
            ("the gap V(D*,G) \u{2212} V(D,G)", from, to)
        }
        _ => ("its loss", first.loss, last.loss),
    };
    let end = match ending {
        Ending::Settled => ", and goes no further",
        Ending::Bound => ", and was still moving when the bound of updates came",
        Ending::Stopped => ", where it was stopped",
    };
    let number = |x: f32| format!("{x:.3}").replace('-', "\u{2212}");
    let detected = last.detected.filter(|_| player == Player::Discriminator).map(|it| {
        let error = it.error.map_or_else(String::new, |e| format!(" (\u{b1} {:.1})", 100.0 * e));
        format!(
            " It tells {:.1} %{error} of real and fake samples rightly; the most that a detector which sees bins {:.3} wide can is \u{bd} + TV/2 = {:.1} %.",
            100.0 * it.rightly,
            it.bin_width,
            100.0 * it.most
        )
    });
    format!(
        "{name} trained alone for {made} updates while {still} stood still: {what} went from {} to {} nats{end}.{}",
        number(from),
        number(to),
        detected.unwrap_or_default()
    )
}

impl Stage {
    /// Sets out for a player's optimum; `id` is answered there.
    pub(crate) fn pursue(&mut self, id: u32, player: Player) -> Result<(), EngineError> {
        self.pause();
        self.end_travel();
        self.run.complete()?;
        self.reread();
        self.gauge = Gauge::default();
        let (made, of_round, looking, cost) = (0, 0, None, 0.0);
        self.pursuit = Some(Pursuit { id, player, made, of_round, marks: vec![], looking, cost });
        Ok(())
    }

    /// A new D sets out for its optimum in the place of D.
    pub(crate) fn detect(&mut self, id: u32) -> Result<(), EngineError> {
        self.pursue(id, Player::Discriminator)?;
        self.run.renew_discriminator()
    }

    /// Goes on with it for a turn.
    pub(crate) fn pursue_on(&mut self, now: &dyn Fn() -> f64) -> Result<(), EngineError> {
        if self.moving.is_some() || self.is_asked_on() {
            return Ok(());
        }
        let Some(mut pursuit) = self.pursuit.take() else { return Ok(()) };
        let done = self.go_on(&mut pursuit, now);
        if let Ok(Some(ending)) = done {
            self.arrive_at_optimum(&pursuit, ending);
            return Ok(());
        }
        self.pursuit = Some(pursuit);
        done.map(|_| ())
    }

    fn go_on(
        &mut self,
        pursuit: &mut Pursuit,
        now: &dyn Fn() -> f64,
    ) -> Result<Option<Ending>, EngineError> {
        let looks = pursuit.marks.is_empty() || pursuit.of_round == ROUND;
        if !looks {
            return self.make_some(pursuit, now).map(|()| None);
        }
        if pursuit.looking.is_none() {
            self.run.seal();
            self.history.follow(self.run.iteration(), self.run.log());
            pursuit.looking = Some(Box::new(self.begin_verdict(true)?));
        }
        let Some(verdict) = &mut pursuit.looking else { return Ok(None) };
        let Some((seen, _)) = self.reach(verdict)? else { return Ok(None) };
        (pursuit.looking, pursuit.of_round) = (None, 0);
        let loss = seen.loss_of(pursuit.player);
        let gap = self.gap();
        let (rightly, error) = seen.rightly_told();
        let detected = gap.and(self.evaluation.as_ref()).map(|e| {
            let most = 0.5 + 0.5 * e.total_variation;
            Detected { rightly, bin_width: e.bin_width, error, most }
        });
        pursuit.marks.push(Mark { loss, gap, detected });
        self.judged = true;
        self.stale = true;
        Ok(ending(&pursuit.marks))
    }

    /// V(D*,G) − V(D,G) as last compared, where D's loss is −V.
    fn gap(&self) -> Option<f32> {
        let of_probability = matches!(self.run.spec().loss(), Loss::Minimax | Loss::NonSaturating);
        let gap = self.evaluation.as_ref().map(|e| e.value_optimal - e.value);
        // Of a packed D there is no V.
        gap.filter(|gap| of_probability && gap.is_finite())
    }

    /// As many updates of the round as a slice has room for.
    fn make_some(
        &mut self,
        pursuit: &mut Pursuit,
        now: &dyn Fn() -> f64,
    ) -> Result<(), EngineError> {
        if self.is_full() {
            return Ok(());
        }
        let affordable = match pursuit.cost {
            _ if self.answers_later => self.gauge.most(),
            _ if pursuit.made == 0 => 1.0,
            // Clocks of browsers are coarse.
            cost => SLICE_MILLIS / cost.max(0.01),
        };
        let left = ROUND - pursuit.of_round;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a round"
        )]
        let updates = affordable.clamp(1.0, f64::from(left)) as u32;
        let optimiser = match pursuit.player {
            Player::Discriminator => self.run.spec().optimiser_d(),
            Player::Generator => self.run.spec().optimiser_g(),
        };
        let fallen = i32::try_from(falls(&pursuit.marks)).unwrap_or(i32::MAX);
        let rate = first_rate(optimiser) * FALL.powi(fallen);
        let player = pursuit.player;
        let cost = self.submit_slice(updates, now, |run| run.train_alone(player, rate, updates))?;
        pursuit.made += updates;
        pursuit.of_round += updates;
        pursuit.cost = if pursuit.cost > 0.0 { 0.7 * pursuit.cost + 0.3 * cost } else { cost };
        Ok(())
    }

    /// Says what came of it; the answer comes with the metrics of where it ended.
    fn arrive_at_optimum(&mut self, pursuit: &Pursuit, ending: Ending) {
        let Pursuit { id, player, made, marks, .. } = pursuit;
        self.events.push(Event::Notice(sentence(*player, *made, marks, ending)));
        self.forget_costs();
        self.stale = true;
        self.owed.push(Owed::Advance { id: *id, left: 0, ending: None });
    }

    /// Ends it where it is.
    pub(crate) fn end_pursuit(&mut self) {
        if let Some(pursuit) = self.pursuit.take() {
            self.run.seal();
            self.history.follow(self.run.iteration(), self.run.log());
            self.arrive_at_optimum(&pursuit, Ending::Stopped);
        }
    }

    /// Whoever waits for it hears why it does not come.
    pub(crate) fn abandon_pursuit(&mut self) -> Option<u32> {
        self.pursuit.take().map(|pursuit| pursuit.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(losses: &[f32]) -> Vec<Mark> {
        let mark = |loss: &f32| Mark {
            loss: *loss,
            gap: Some(loss - 0.5),
            detected: Some(Detected {
                rightly: 0.75,
                bin_width: 0.06,
                error: Some(0.01),
                most: 0.8,
            }),
        };
        losses.iter().map(mark).collect()
    }

    #[test]
    fn the_rate_falls_where_little_is_gained_and_only_there() {
        assert_eq!(falls(&[]), 0);
        assert_eq!(falls(&marks(&[1.0, 0.8, 0.7, 0.65, 0.62])), 0);
        // What grows wavers at this rate; and what a lower one gains does not bring the higher one back.
        assert_eq!(falls(&marks(&[1.0, 0.8, 0.9, 0.7, 0.699])), 2);
        // A hundredth of a large gain is little.
        assert_eq!(falls(&marks(&[90.0, 20.0, 4.0, 3.5, 1.0])), 1);
    }

    #[test]
    fn it_ends_after_five_falls_or_at_the_bound() {
        assert_eq!(ending(&[]), None);
        assert_eq!(ending(&marks(&[1.0; 5])), None);
        assert_eq!(ending(&marks(&[1.0; 6])), Some(Ending::Settled));
        let steady: Vec<f32> = (0..=24_u8).map(|i| 2.0 - 0.05 * f32::from(i)).collect();
        assert_eq!(ending(&marks(&steady[..24])), None);
        assert_eq!(ending(&marks(&steady)), Some(Ending::Bound));
    }

    #[test]
    fn the_first_rate_gets_somewhere() {
        let rate = |text: &str| {
            let spec = adversaria_core::spec::Address::parse(text).expect("allowed").spec;
            first_rate(spec.optimiser_d())
        };
        assert_eq!(rate("optd=adam:0.0001"), 0.001);
        assert_eq!(rate("optd=rmsprop:0.005"), 0.005);
        assert_eq!(rate("optd=sgd:0.0001"), 0.0001);
    }

    #[test]
    fn the_sentence_says_what_went_from_where_to_where() {
        let told = |player, ending| sentence(player, 500, &marks(&[0.75, 0.625]), ending);
        let of_d = told(Player::Discriminator, Ending::Settled);
        assert!(
            of_d.contains("V(D,G) went from 0.250 to 0.125 nats, and goes no further."),
            "{of_d}"
        );
        assert!(of_d.ends_with("tells 75.0 % (± 1.0) of real and fake samples rightly; the most that a detector which sees bins 0.060 wide can is ½ + TV/2 = 80.0 %."));
        let of_g = told(Player::Generator, Ending::Stopped);
        assert!(!of_g.contains("detector"), "{of_g}");
        assert!(
            of_g.contains("its loss went from 0.750 to 0.625 nats, where it was stopped."),
            "{of_g}"
        );
        assert!(sentence(Player::Generator, 0, &[], Ending::Stopped).contains("before it had"));
    }
}
