//! What each figure reads where p_g = p_data, by chance alone: measured on samples of p_data itself, of which there are as
//! many as there are of G, drawn by counters so that the answer is always the same.

use super::judge::{Comparison, Judge};
use crate::data::Distribution;
use crate::rng::CounterRng;

/// How many sets of samples of p_data are judged.
pub const REPLICAS: usize = 16;

/// The seed of all that is drawn of p_data in order to judge.
const SEED: u32 = 1;
/// The stream of the samples that stand in for those of G.
const STREAM: u32 = 0x6368_616e;

/// What a figure reads: its mean, and its standard deviation from one set of samples to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub std: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|v| (v - mean).powi(2)).sum();
        Self { mean, std: (squares / (count - 1.0)).sqrt() }
    }
}

/// What p_g = p_data reads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Chance {
    /// Nats; its mean is that of a few sets, and [`Comparison::bias`] the exact one.
    pub jsd: Spread,
    /// KL(p_data ‖ p_g), nats.
    pub kl_data_model: Spread,
    /// KL(p_g ‖ p_data), nats.
    pub kl_model_data: Spread,
    /// 0 to 1.
    pub total_variation: Spread,
    /// In the coordinates of the data.
    pub wasserstein: Spread,
    /// 0 on average over all references; against the one that is compared with, what that one is off by.
    pub mmd2: Spread,
}

/// The measurement, one set of samples at a time, since whoever judges a run that goes on has little time at once.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    seen: Vec<Comparison>,
}

impl Calibration {
    /// Judges one more set of so many samples, unless enough have been; figures of another count are forgotten.
    pub fn step(&mut self, judge: &Judge, samples: usize) {
        if self.seen.first().is_some_and(|first| first.samples != samples) {
            self.seen.clear();
        }
        if self.seen.len() < REPLICAS {
            let own = draws(&judge.data, STREAM, self.seen.len() as u32, samples);
            self.seen.extend(judge.compare(&own));
        }
    }

    /// All of it at once; none without samples.
    #[must_use]
    pub fn whole(judge: &Judge, samples: usize) -> Option<Chance> {
        let mut calibration = Self::default();
        (0..REPLICAS).for_each(|_| calibration.step(judge, samples));
        calibration.chance(samples)
    }

    /// What was found for so many samples, once all sets have been judged.
    #[must_use]
    pub fn chance(&self, samples: usize) -> Option<Chance> {
        let whole = self.seen.len() == REPLICAS && self.seen[0].samples == samples;
        whole.then(|| {
            let of = |figure: fn(&Comparison) -> f64| Spread::of(self.seen.iter().map(figure));
            Chance {
                jsd: of(|c| c.jsd),
                kl_data_model: of(|c| c.kl_data_model),
                kl_model_data: of(|c| c.kl_model_data),
                total_variation: of(|c| c.total_variation),
                wasserstein: of(|c| c.wasserstein),
                mmd2: of(|c| c.mmd2),
            }
        })
    }
}

/// `count` draws of p_data, `[count, dim]`.
pub(super) fn draws(data: &Distribution, stream: u32, number: u32, count: usize) -> Vec<f32> {
    let mut rng = CounterRng::new(SEED, stream, number);
    let mut out = Vec::with_capacity(count * data.dim());
    for _ in 0..count {
        out.extend(data.sample(&mut rng)[..data.dim()].iter().map(|x| *x as f32));
    }
    out
}
