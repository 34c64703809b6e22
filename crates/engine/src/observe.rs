//! Looking at a run from a host that may wait, such as the command line: figures, picture and soundness at once.

use std::cell::RefCell;

use adversaria_core::metrics::{Calibration, Chance, Judge};
use adversaria_protocol::{Layers, Metrics, Picture, Stage};

use crate::diagnose::norms;
use crate::error::EngineError;
use crate::evaluate::{evaluate, judge_of};
use crate::figures::Figures;
use crate::run::Run;
use crate::view::View;

/// What is looked at, the same points each time.
pub struct Observer {
    view: View,
    judge: Option<Judge>,
    /// What chance makes of so many samples, as last measured.
    chance: RefCell<Option<(usize, Chance)>>,
}

impl Observer {
    /// For this run, and any other of the same spec and table.
    #[must_use]
    pub fn new(run: &Run) -> Self {
        let judge = judge_of(run.spec());
        Self { view: View::new(run), judge, chance: RefCell::new(None) }
    }

    /// The part of the picture that does not change.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.view.stage()
    }

    /// The picture of this moment and its metrics, where p_g is compared with p_data by `samples` draws of G (none for
    /// images). Waits for them. The run goes on as if nobody had looked.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn observe(
        &self,
        run: &mut Run,
        layers: Layers,
        samples: usize,
    ) -> Result<(Metrics, Picture), EngineError> {
        let mut metrics = run.metrics()?;
        let mut look = self.view.look(run, layers)?;
        let seen = loop {
            if let Some(seen) = self.view.seen(run, &mut look)? {
                break seen;
            }
            std::hint::spin_loop();
        };
        seen.complete(&mut metrics);
        let mut steep = run.look_steep(self.view.latents())?;
        let steep = loop {
            if let Some(words) = run.words(&mut steep)? {
                break words;
            }
            std::hint::spin_loop();
        };
        (metrics.norm_minimax, metrics.norm_nonsaturating) = norms(&steep);
        if let Some(judge) = &self.judge {
            let drawn = run.sample(samples, false)?;
            let chance = self.chance(judge, samples);
            let conditional = run.spec().conditional();
            metrics.evaluation =
                evaluate(judge, run.iteration(), &drawn, metrics.value, chance, conditional);
        }
        Ok((metrics, seen.picture))
    }

    /// Measured once for a count of samples.
    fn chance(&self, judge: &Judge, samples: usize) -> Option<Chance> {
        let mut known = self.chance.borrow_mut();
        if known.is_none_or(|(count, _)| count != samples) {
            *known = Calibration::whole(judge, samples).map(|chance| (samples, chance));
        }
        known.map(|(_, chance)| chance)
    }
}

impl Run {
    /// Counters, losses and gradient norms; what needs a probe is NaN. Waits for everything submitted before.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn metrics(&mut self) -> Result<Metrics, EngineError> {
        let reading = self.read_figures(false)?;
        let words = self.wait(&reading)?;
        Ok(Figures::decode(&self.compiled.layout, &words).metrics(self.iteration()))
    }

    /// Microseconds for which the run has kept its device so far; none where that has no clock.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn device_micros(&mut self) -> Result<Option<f64>, EngineError> {
        Ok(self.backend.device_micros()?)
    }

    /// Whether a state that was read has only finite parameters and optimiser state.
    pub(crate) fn is_sound(&self, state: &[f32]) -> bool {
        let layout = &self.compiled.layout;
        // What lies before are counters, whose bits may read as any number.
        let from = layout.discriminator.parameters.at.min(layout.generator.parameters.at);
        state[from as usize..].iter().all(|word| word.is_finite())
    }

    /// Whether the run can go on: losses, gradients, parameters and the optimisers' state are all finite.
    ///
    /// # Errors
    /// [`EngineError::Diverged`] when something is not; else when the backend fails.
    pub fn check_finite(&mut self) -> Result<(), EngineError> {
        let reading = self.read_figures(false)?;
        let words = self.wait(&reading)?;
        let figures = Figures::decode(&self.compiled.layout, &words);
        let reading = self.read_state()?;
        let state = self.wait(&reading)?;
        let sound = self.is_sound(&state);
        match figures.diverged().or((!sound).then_some("a parameter or its optimiser's state")) {
            Some(what) => {
                Err(EngineError::Diverged { what: what.into(), iteration: self.iteration() })
            }
            None => Ok(()),
        }
    }
}
