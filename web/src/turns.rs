//! Whose turn it is to change on screen. Browsers that draw in software redraw the rectangle around all that has changed in
//! an animation frame, which is the whole page when its edges change together: so one part changes in a frame. And what
//! changes more often than it need be shown is shown now and then.

use std::time::Duration;

use leptos::prelude::*;

use crate::look::now_millis;

/// Parts of the page that follow the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The picture in the middle.
    Stage,
    /// The figures and charts at the right, and whatever has no turn of its own.
    Score,
    /// The drawing of the game at the left.
    Game,
    /// The history under them.
    Past,
}

impl Part {
    /// Those that are read, not watched.
    pub const READ: [Self; 3] = [Self::Score, Self::Game, Self::Past];
}

/// Who waits for an animation frame, the longest first.
#[derive(Default)]
pub struct Turns(Vec<Part>);

impl Turns {
    /// The part has something new to show. True when nobody else waits, so that a frame must be asked for.
    pub fn ask(&mut self, part: Part) -> bool {
        let is_first = self.0.is_empty();
        if !self.0.contains(&part) {
            self.0.push(part);
        }
        is_first
    }

    /// Whose turn it is in this frame, and whether somebody waits for the next.
    pub fn take(&mut self) -> Option<(Part, bool)> {
        let part = (!self.0.is_empty()).then(|| self.0.remove(0))?;
        Some((part, !self.0.is_empty()))
    }
}

/// Calls `act` with a change of what `track` reads: at once where the last call is `soonest` milliseconds ago, so that both
/// fall into one animation frame, and else when it is `latest` ago. The last change is never lost.
pub fn now_and_then(
    track: impl Fn() + 'static,
    (soonest, latest): (f64, f64),
    act: impl Fn() + Copy + 'static,
) {
    let waits = StoredValue::new(false);
    let last = StoredValue::new(f64::NEG_INFINITY);
    let call = move || {
        waits.set_value(false);
        last.set_value(now_millis());
        act();
    };
    Effect::new(move |_| {
        track();
        let since = now_millis() - last.get_value();
        if since >= soonest {
            call();
        } else if !waits.get_value() {
            waits.set_value(true);
            // By then whoever asked may be gone, or served.
            let late = move || {
                if waits.try_get_value() == Some(true) {
                    call();
                }
            };
            set_timeout(late, Duration::from_millis((latest - since).max(0.0) as u64));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{Part, Turns};

    #[test]
    fn each_has_a_turn_and_none_has_two_while_others_wait() {
        let mut turns = Turns::default();
        assert_eq!(turns.take(), None);
        assert!(turns.ask(Part::Stage));
        for part in Part::READ.into_iter().chain([Part::Stage]) {
            assert!(!turns.ask(part), "a frame is asked for already");
        }
        assert_eq!(turns.take(), Some((Part::Stage, true)));
        // What comes again meanwhile waits behind the others.
        assert!(!turns.ask(Part::Stage));
        let rest = std::iter::from_fn(|| turns.take()).collect::<Vec<_>>();
        let (score, game, past) = ((Part::Score, true), (Part::Game, true), (Part::Past, true));
        assert_eq!(rest, [score, game, past, (Part::Stage, false)]);
        assert!(turns.ask(Part::Past));
    }
}
