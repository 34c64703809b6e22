//! Slow motion: an iteration as the parts that Algorithm 1 has, one after the other. The engine makes an update when its turn
//! begins; what is on screen stays as it was until the part in which that player moves.

use std::time::Duration;

use adversaria_core::spec::{Order, RunSpec};
use adversaria_protocol::{Command, Frame, Step};
use leptos::prelude::*;

use crate::page::Page;

/// Parts of an update: draw, make, judge, lose, trace back, move.
pub const PHASES: u32 = 6;
/// The part in which the player moves.
pub const MOVES: u32 = PHASES - 1;

/// Whose update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Player {
    /// D's.
    Discriminator,
    /// G's.
    Generator,
}

/// A part of an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Whose update.
    pub player: Player,
    /// Which of the iteration's updates, from 0, and of how many.
    pub turn: (u32, u32),
    /// Which part of it.
    pub phase: u32,
}

impl Beat {
    /// What style sheets call it.
    pub fn class(self) -> String {
        let player = if self.player == Player::Discriminator { 'd' } else { 'g' };
        format!("{player}{}", self.phase)
    }
}

/// Whose turns an iteration has.
fn turns(spec: &RunSpec) -> Vec<Player> {
    let (d, g) = match spec.order() {
        Order::Simultaneous => (1, 1),
        Order::Alternating => (spec.k_d(), spec.k_g()),
    };
    let mut players = [(Player::Discriminator, d), (Player::Generator, g)];
    if spec.order() == Order::Alternating && spec.generator_first() {
        players.reverse();
    }
    let of = |(player, times)| std::iter::repeat_n(player, times as usize);
    players.into_iter().flat_map(of).collect()
}

/// The part after this one.
fn after(spec: &RunSpec, beat: Option<Beat>) -> Beat {
    let turns = turns(spec);
    let count = turns.len() as u32;
    let begin = |turn: u32| Beat {
        player: turns[turn as usize % turns.len()],
        turn: (turn % count, count),
        phase: 0,
    };
    match beat {
        Some(beat) if beat.phase < MOVES => Beat { phase: beat.phase + 1, ..beat },
        Some(beat) => begin(beat.turn.0 + 1),
        None => begin(0),
    }
}

/// Whether the engine makes an update when this part begins, and whether what it made is seen from here on.
fn is_update(spec: &RunSpec, beat: Beat) -> bool {
    beat.phase == 0 && (spec.order() == Order::Alternating || beat.turn.0 == 0)
}

fn is_seen(spec: &RunSpec, beat: Beat) -> bool {
    let last = beat.turn.0 + 1 == beat.turn.1;
    beat.phase == MOVES && (spec.order() == Order::Alternating || last)
}

impl Page {
    /// Slow motion on or off; a run that plays goes on.
    pub fn set_slow(self, slow: bool) {
        let playing = untrack(|| self.is_playing());
        if slow == self.slow.get_untracked() {
            return;
        }
        if slow {
            self.pause();
        }
        self.leave_beat();
        self.slow.set(slow);
        if playing {
            self.play();
        }
    }

    /// The next part.
    pub fn next_beat(self) {
        let Some(spec) = self.spec.get_untracked() else { return };
        let beat = after(&spec, self.beat.get_untracked());
        if is_update(&spec, beat) {
            self.hold();
            self.send(Command::Step(Step::Part));
        }
        if is_seen(&spec, beat) {
            self.let_go();
        }
        self.beat.set(Some(beat));
    }

    /// Goes from part to part until told otherwise.
    pub fn play_beats(self) {
        if self.beating.get_untracked() {
            return;
        }
        self.beating.set(true);
        let walk = self.walks.get_value() + 1;
        self.walks.set_value(walk);
        self.beat_on(walk);
    }

    /// A walk that was paused does not go on beside the next one.
    fn beat_on(self, walk: u32) {
        let is_last = self.walks.get_value() == walk;
        if !(is_last && self.beating.get_untracked() && self.slow.get_untracked()) {
            return;
        }
        self.next_beat();
        let wait = Duration::from_secs_f64(1.0 / self.tempo.get_untracked().max(0.1));
        set_timeout(move || self.beat_on(walk), wait);
    }

    /// Ends the part under way, with everything seen as it is.
    pub fn leave_beat(self) {
        self.beating.set(false);
        self.beat.set(None);
        self.let_go();
    }

    /// Whether a frame that came while one is held is of something else than the update under way.
    pub fn is_of_another(held: &Frame, came: &Frame) -> bool {
        let made = |frame: &Frame| frame.metrics.updates_d + frame.metrics.updates_g;
        made(came) > made(held) + 2 || made(came) < made(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_core::spec::Address;

    fn spec(address: &str) -> RunSpec {
        Address::parse(address).expect("an address").spec
    }

    #[test]
    fn an_iteration_has_six_parts_for_each_update() {
        let spec = spec("data=ring8&kd=2");
        let mut beat = None;
        let mut classes = Vec::new();
        let (mut updates, mut seen) = (0, 0);
        for _ in 0..18 {
            let next = after(&spec, beat);
            updates += u32::from(is_update(&spec, next));
            seen += u32::from(is_seen(&spec, next));
            classes.push(next.class());
            beat = Some(next);
        }
        assert_eq!((updates, seen), (3, 3));
        assert_eq!(classes[..7].join(" "), "d0 d1 d2 d3 d4 d5 d0");
        assert_eq!(classes[12], "g0");
        assert_eq!(after(&spec, beat).turn, (0, 3), "and from the start");
    }

    #[test]
    fn in_the_dirac_gan_g_moves_first() {
        let of = |address| turns(&spec(address));
        let (d, g) = (Player::Discriminator, Player::Generator);
        assert_eq!(of("data=dirac&kd=2"), [g, d, d]);
        assert_eq!(of("data=dirac&order=simultaneous"), [d, g]);
        assert_eq!(of("data=bimodal&kd=2"), [d, d, g]);
    }

    #[test]
    fn at_once_is_one_update_for_both() {
        let spec = spec("data=ring8&order=simultaneous");
        let mut beat = None;
        let (mut updates, mut seen) = (vec![], vec![]);
        for at in 0..12 {
            let next = after(&spec, beat);
            updates.extend(is_update(&spec, next).then_some(at));
            seen.extend(is_seen(&spec, next).then_some(at));
            beat = Some(next);
        }
        assert_eq!((updates, seen), (vec![0], vec![11]));
    }
}
