//! p_g against p_data by histogram.

use adversaria_core::data::Distribution;
use adversaria_core::metrics::Judge;
use adversaria_protocol::Evaluation;

use crate::error::EngineError;
use crate::run::Run;

/// Compares samples `[n, dim]` of G with p_data, beside V(D,G) at that moment (NaN when it is not known); `None`
/// without samples.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "shown in f32, small counts")]
pub fn evaluate(judge: &Judge, iteration: u64, samples: &[f32], value: f32) -> Option<Evaluation> {
    let comparison = judge.compare(samples)?;
    let coverage = judge.coverage(samples);
    let finite = |nats: f64| if nats.is_finite() { nats as f32 } else { f32::NAN };
    Some(Evaluation {
        iteration,
        samples: comparison.samples as u32,
        bins: comparison.bins as u32,
        jsd: comparison.jsd as f32,
        kl_data_model: finite(comparison.kl_data_model),
        kl_model_data: finite(comparison.kl_model_data),
        value_optimal: comparison.value_optimal as f32,
        value,
        modes: coverage.as_ref().map(|c| (c.found as u32, c.modes as u32)),
        quality: coverage.map(|c| c.quality as f32),
    })
}

impl Run {
    /// Draws n samples of G, or of its average, and compares them with p_data; `None` for images. Waits for them.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn evaluate(
        &mut self,
        samples: usize,
        averaged: bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        let Some(distribution) = Distribution::of(&self.spec) else { return Ok(None) };
        let drawn = self.sample(samples, averaged)?;
        Ok(evaluate(&Judge::new(&distribution), self.iteration, &drawn, f32::NAN))
    }
}
