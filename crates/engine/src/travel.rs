//! Going to another moment of the run: from the nearest copy of its state by making the iterations and changes that lead
//! there once more, which gives the same bits.

use std::collections::VecDeque;
use std::sync::Arc;

use adversaria_protocol::{Reply, Step};

use crate::alone::ALONE;
use crate::error::EngineError;
use crate::history::Way;
use crate::owed::Owed;
use crate::run::{Change, FRESH};
use crate::stage::Stage;

/// A way under way.
pub(crate) struct Travel {
    id: u32,
    changes: VecDeque<Change>,
    to: u64,
}

impl Stage {
    /// Sets out for an iteration of a branch; `id` is answered on arrival. The run waits there.
    ///
    /// # Errors
    /// When that moment is not kept; then nothing has changed.
    pub(crate) fn travel(&mut self, id: u32, branch: u32, to: u64) -> Result<(), EngineError> {
        self.end_pursuit();
        let way = self.history.way(branch, to).ok_or(EngineError::NoMoment)?;
        self.end_travel();
        self.run.complete()?;
        if !self.is_on(&way) {
            let from = &way.from;
            self.run.set_state(&from.state, &from.spec, from.log.clone(), from.iteration)?;
            self.kept = Some(Arc::clone(from));
        }
        let skipped = self.run.log().len() - way.from.log.len();
        let changes = way.changes.into_iter().skip(skipped).collect();
        self.leave_the_moment();
        self.history.enter(branch);
        self.travel = Some(Travel { id, changes, to: way.to });
        Ok(())
    }

    /// Whether the run stands on that way already, nearer to its end than the copy does.
    fn is_on(&self, way: &Way) -> bool {
        let (log, from) = (self.run.log(), &way.from);
        let whole: Vec<&Change> = from.log.iter().chain(&way.changes).collect();
        let next = whole.get(log.len()).map_or(way.to, |change| change.iteration);
        !self.diverged()
            && log.len() >= from.log.len()
            && log.len() <= whole.len()
            && log.iter().zip(&whole).all(|(a, b)| a == *b)
            && (from.iteration..=next).contains(&self.run.iteration())
    }

    /// What was being looked at is no longer there; who waits for iterations hears why they do not come.
    fn leave_the_moment(&mut self) {
        for owed in std::mem::take(&mut self.owed) {
            match owed {
                Owed::Advance { id, .. } => self.reply(id, Err(EngineError::WentElsewhere)),
                Owed::Check { .. } | Owed::Frame { .. } | Owed::Evaluation { .. } => {}
                other => self.owed.push(other),
            }
        }
        self.unchecked = None;
        self.evaluation = None;
        self.reread();
        self.pause();
        (self.stale, self.unjudged) = (true, true);
    }

    /// Iterations until the next change of the way or its end.
    pub(crate) fn still_to_travel(&self) -> Option<u64> {
        let travel = self.travel.as_ref()?;
        let stop = travel.changes.front().map_or(travel.to, |change| change.iteration);
        Some(stop.saturating_sub(self.run.iteration()))
    }

    /// Makes the changes that are due here, and answers at the end of the way.
    pub(crate) fn travel_on(&mut self) -> Result<(), EngineError> {
        while let Some(travel) = &mut self.travel {
            let here = self.run.iteration();
            let due = travel.changes.front().is_some_and(|change| change.iteration <= here);
            match travel.changes.pop_front() {
                Some(change) if due => {
                    self.make(&change)?;
                    // Many updates: others have their turn between.
                    if change.field == ALONE {
                        break;
                    }
                }
                Some(change) => {
                    travel.changes.push_front(change);
                    break;
                }
                None if here >= travel.to => self.end_travel(),
                None => break,
            }
        }
        Ok(())
    }

    fn make(&mut self, change: &Change) -> Result<(), EngineError> {
        match (change.field.as_str(), change.value.as_str()) {
            ("step", "d") => self.run.step(Step::Discriminator),
            ("step", _) => self.run.step(Step::Generator),
            (ALONE, value) => self.run.train_as_logged(value),
            (FRESH, _) => self.run.renew_discriminator(),
            (field, value) => self.run.change(field, value),
        }
    }

    /// Stays where it is.
    pub(crate) fn end_travel(&mut self) {
        if let Some(travel) = self.travel.take() {
            (self.stale, self.unjudged) = (true, true);
            self.reply(travel.id, Ok(Reply::Done));
        }
    }
}
