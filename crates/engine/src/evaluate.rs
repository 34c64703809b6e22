//! p_g against p_data by histogram.

use adversaria_core::metrics::Judge;
use adversaria_protocol::Evaluation;

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
