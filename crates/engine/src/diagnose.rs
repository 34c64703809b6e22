//! What is happening in the run: the gradients of both of G's losses at one point, and what the rules of
//! [`adversaria_core::diagnosis`] make of that and of the figures.

use adversaria_core::diagnosis::{Diagnosis, Judged, Look, since};
use adversaria_protocol::{Diagnosis as Told, Evaluation, Metrics};

use crate::compile::index;
use crate::error::EngineError;
use crate::run::{Pending, Run, feature_major};

impl Run {
    /// Starts measuring how steep G's two losses are at these latents `[n, dim of z]`, of which a probe's columns are
    /// taken, spread over all. Read by [`norms`].
    pub(crate) fn look_steep(&mut self, z: &[f32]) -> Result<Pending, EngineError> {
        let dim = self.spec.latent().dim as usize;
        let columns = self.compiled.layout.probe_columns as usize;
        let stride = (z.len() / dim / columns).max(1);
        let points = z.chunks_exact(dim).step_by(stride).cycle().take(columns);
        let chosen: Vec<f32> = points.flatten().copied().collect();
        let at = self.compiled.layout.probe_input;
        self.backend.write(at, &feature_major(&chosen, dim, columns))?;
        self.submit_program(index::STEEPNESS)?;
        let from = self.compiled.steepness;
        let both = from..from + 2;
        Ok(self.read(std::slice::from_ref(&both))?.into())
    }

    /// The iteration from which the run has had its settings.
    #[must_use]
    pub fn settled_since(&self) -> u64 {
        since(self.log.iter().map(|change| (change.iteration, change.field.as_str())))
    }
}

/// From the words of [`Run::look_steep`]: the norms of the minimax and of the non-saturating gradient.
pub(crate) fn norms(words: &[f32]) -> (f32, f32) {
    let norm = |at: usize| words.get(at).map_or(f32::NAN, |square| square.sqrt());
    (norm(0), norm(1))
}

/// What a diagnosis takes of the figures of a moment.
#[must_use]
pub fn look_at(metrics: &Metrics) -> Look {
    Look {
        iteration: metrics.iteration,
        loss_d: metrics.loss_d.into(),
        loss_g: metrics.loss_g.into(),
        grad_norm_d: metrics.grad_norm_d.into(),
        grad_norm_g: metrics.grad_norm_g.into(),
        value: metrics.value.into(),
        norm_minimax: metrics.norm_minimax.into(),
        norm_nonsaturating: metrics.norm_nonsaturating.into(),
        judged: metrics.evaluation.as_ref().map(judged),
    }
}

fn judged(e: &Evaluation) -> Judged {
    Judged {
        jsd: e.jsd.into(),
        bias: e.bias.into(),
        unseen: e.unseen.into(),
        gap: f64::from(e.value_optimal) - f64::from(e.value),
        modes: e.modes,
        quality: e.quality.map(f64::from),
    }
}

/// A diagnosis in words.
pub(crate) fn told(diagnosis: &Diagnosis) -> Box<Told> {
    Box::new(Told {
        name: diagnosis.phenomenon.name().into(),
        sentence: diagnosis.phenomenon.sentence().into(),
        evidence: diagnosis.evidence.iter().map(ToString::to_string).collect(),
        advice: diagnosis.advice.as_ref().map(|a| (a.field.into(), a.value.clone())),
        span: diagnosis.span,
    })
}
