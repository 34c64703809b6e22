//! What is asked for after a slice: its figures, which must be finite, and which on a device that answers later say when
//! the slice was done. Where a frame begins in the same turn, its figures are those.

use crate::error::EngineError;
use crate::figures::Figures;
use crate::gauge::Slice;
use crate::owed::Owed;
use crate::run::Run;
use crate::stage::Stage;

/// Slices whose words are on their way: one that the device computes, and one that waits for it.
const MOST_UNDER_WAY: usize = 2;

/// A look at the figures after a slice.
pub(crate) struct Check {
    /// Iterations made by then.
    iteration: u64,
    /// What to measure, where the device answers later.
    slice: Option<Slice>,
}

impl Stage {
    /// As many slices are under way as may be.
    pub(crate) fn is_full(&self) -> bool {
        let checks =
            |owed: &&Owed| matches!(owed, Owed::Check { .. } | Owed::Frame { check: Some(_), .. });
        self.owed.iter().filter(checks).count() >= MOST_UNDER_WAY
    }

    /// Submits updates as a slice, which is measured: the milliseconds an update takes, where it is done by then.
    pub(crate) fn submit_slice(
        &mut self,
        iterations: u32,
        now: &dyn Fn() -> f64,
        submit: impl FnOnce(&mut Run) -> Result<(), EngineError>,
    ) -> Result<f64, EngineError> {
        let (begun, before) = (now(), self.run.backend.expected_micros());
        submit(&mut self.run)?;
        let expected = (self.run.backend.expected_micros() - before) / 1000.0;
        let cost = (now() - begun) / f64::from(iterations);
        let alone = std::mem::replace(&mut self.alone, true);
        self.after_training(Some(Slice { iterations, expected, begun, alone }));
        Ok(cost)
    }

    /// Updates have been submitted.
    pub(crate) fn after_training(&mut self, slice: Option<Slice>) {
        self.stale = true;
        self.unjudged = true;
        self.history.follow(self.run.iteration(), self.run.log());
        self.unchecked = Some(Check { iteration: self.run.iteration(), slice });
    }

    /// What is to be seen of the figures that have just been asked for; nothing where nothing was trained.
    pub(crate) fn check_these(&mut self) -> Option<Check> {
        let check = self.unchecked.take()?;
        self.answers_later = self.run.backend.in_flight();
        Some(Check { slice: check.slice.filter(|_| self.answers_later), ..check })
    }

    /// Asks for the figures after what was trained in this turn, unless a frame has.
    pub(crate) fn check_alone(&mut self) -> Result<(), EngineError> {
        if self.unchecked.is_none() {
            return Ok(());
        }
        let reading = self.run.read_figures(false)?;
        let check = self.check_these();
        self.owed.extend(check.map(|check| Owed::Check { reading, check }));
        Ok(())
    }

    /// The figures have come.
    pub(crate) fn check(&mut self, check: &Check, words: &[f32]) -> Result<(), EngineError> {
        if let Some(slice) = check.slice {
            self.gauge.arrive(slice);
        }
        let figures = Figures::decode(&self.run.compiled.layout, words);
        match figures.diverged() {
            Some(what) if !self.diverged() => {
                Err(EngineError::Diverged { what: what.into(), iteration: check.iteration })
            }
            _ => Ok(()),
        }
    }
}
