//! p_g against p_data by samples of G.

use adversaria_core::data::Distribution;
use adversaria_core::metrics::{self, Judge, Spread};
use adversaria_core::spec::{Data, RunSpec};
use adversaria_protocol::{Chance, Evaluation};

/// Who compares p_g with p_data. Nobody does for images, nor for the Dirac-GAN: two points are log 2 apart unless they are
/// one, and bins would say otherwise.
pub(crate) fn judge_of(spec: &RunSpec) -> Option<Judge> {
    let data = Distribution::of(spec).filter(|_| spec.data() != Data::Dirac)?;
    Some(Judge::new(&data))
}

/// Compares samples `[n, dim]` of G with p_data, beside V(D,G) at that moment (NaN when it is not known) and what chance
/// alone makes of so many samples, when that is known; `None` without samples. In a `conditional` game each class has a D* of
/// its own: what all classes together would give is no bound there, and V(D*,G) is NaN.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "shown in f32, small counts")]
pub fn evaluate(
    judge: &Judge,
    iteration: u64,
    samples: &[f32],
    value: f32,
    chance: Option<metrics::Chance>,
    conditional: bool,
) -> Option<Evaluation> {
    let comparison = judge.compare(samples)?;
    let coverage = judge.coverage(samples);
    let resolution = judge.resolution();
    let finite = |nats: f64| if nats.is_finite() { nats as f32 } else { f32::NAN };
    Some(Evaluation {
        iteration,
        samples: comparison.samples as u32,
        dim: judge.dim() as u32,
        bins: comparison.bins as u32,
        bin_width: resolution.width as f32,
        finest: resolution.finest.map_or(f32::NAN, |std| std as f32),
        unseen: resolution.unseen as f32,
        jsd: comparison.jsd as f32,
        bias: comparison.bias as f32,
        kl_data_model: finite(comparison.kl_data_model),
        kl_model_data: finite(comparison.kl_model_data),
        value_optimal: if conditional { f32::NAN } else { comparison.value_optimal as f32 },
        value,
        total_variation: comparison.total_variation as f32,
        wasserstein: comparison.wasserstein as f32,
        mmd2: comparison.mmd2 as f32,
        bandwidth: judge.bandwidth() as f32,
        chance: chance.map(|c| told(&c)),
        modes: coverage.as_ref().map(|c| (c.found as u32, c.modes as u32)),
        quality: coverage.map(|c| c.quality as f32),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "shown in f32")]
fn told(chance: &metrics::Chance) -> Chance {
    let pair = |spread: Spread| (spread.mean as f32, spread.std as f32);
    Chance {
        jsd: pair(chance.jsd),
        kl_data_model: pair(chance.kl_data_model),
        kl_model_data: pair(chance.kl_model_data),
        total_variation: pair(chance.total_variation),
        wasserstein: pair(chance.wasserstein),
        mmd2: pair(chance.mmd2),
    }
}
