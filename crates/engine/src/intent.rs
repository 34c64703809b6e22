//! A run that is to come on stage: from an address or a checkpoint, on the place that was offered or on the CPU.

use std::sync::Arc;

use adversaria_core::spec::RunSpec;
use adversaria_kernels::program::Table;
use adversaria_protocol::Metrics;

use crate::checkpoint::Checkpoint;
use crate::error::{EngineError, unended};
use crate::place::{Offer, Offers, Wish};
use crate::run::Run;
use crate::stage::Stage;

/// A run that was asked for and waits, for images or for the CPU.
pub(crate) struct Awaited {
    pub(crate) id: u32,
    pub(crate) what: Intent,
}

/// How a run comes on stage.
pub(crate) enum Intent {
    Load(Box<RunSpec>),
    Restore(Box<Checkpoint>),
}

impl Intent {
    pub(crate) fn spec(&self) -> &RunSpec {
        match self {
            Self::Load(spec) => spec,
            Self::Restore(checkpoint) => checkpoint.start(),
        }
    }

    pub(crate) fn wish(&self) -> Wish {
        match self {
            Self::Load(spec) => Wish::of(spec),
            Self::Restore(checkpoint) => Wish::of(checkpoint.spec()),
        }
    }

    pub(crate) fn metrics(&self) -> Metrics {
        match self {
            Self::Load(_) => Metrics::NEW,
            Self::Restore(checkpoint) => checkpoint.metrics(),
        }
    }

    fn stage(&self, offer: Offer, table: Arc<Table>, now: f64) -> Result<Stage, EngineError> {
        let backend = (offer.build)();
        match self {
            Self::Load(spec) => {
                Stage::new(Run::new((**spec).clone(), table, backend)?, offer.place, now)
            }
            Self::Restore(checkpoint) => {
                let run = (**checkpoint).clone().resume(table, backend)?;
                let mut stage = Stage::new(run, offer.place, now)?;
                stage.keep_from(checkpoint.snapshot());
                Ok(stage)
            }
        }
    }

    /// The run where it was offered, with the offer's notice; or on the CPU with a sentence, where a GPU turns out to be
    /// too small, or gone. Nothing while the CPU would be needed and is not offered yet.
    pub(crate) fn stage_somewhere(
        &self,
        mut offer: Offer,
        offers: &Offers,
        table: &Arc<Table>,
        now: f64,
    ) -> Result<Option<(Stage, Option<String>)>, EngineError> {
        let (on_cpu, notice) = (offer.place.backend == "cpu", offer.notice.take());
        match self.stage(offer, Arc::clone(table), now) {
            Err(error @ EngineError::Backend(_)) if !on_cpu => {
                let Some(cpu) = offers(Wish::CPU) else { return Ok(None) };
                let stage = self.stage(cpu, Arc::clone(table), now)?;
                let why = unended(&error.text()).to_owned();
                Ok(Some((stage, Some(format!("{why}: the run computes on the CPU.")))))
            }
            tried => Ok(Some((tried?, notice))),
        }
    }
}
