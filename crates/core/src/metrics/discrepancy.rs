//! The maximum mean discrepancy of Gretton et al. 2012, with the kernel exp(−‖x − y‖² / 2σ²): how far the means of the two
//! laws lie apart among the functions that the kernel makes.

use super::chance::draws;
use crate::data::Distribution;
use crate::math::exp;

/// Samples of G that are looked at, the first ones: a pair costs an exponential.
pub const MMD_SAMPLES: usize = 500;
/// Draws of p_data that they are compared with.
pub const MMD_REFERENCE: usize = 1000;

/// The stream of random numbers that those are drawn from.
const STREAM: u32 = 0x6d6d_6432;

/// What is known of p_data.
#[derive(Clone, Debug)]
pub(super) struct Discrepancy {
    dim: usize,
    reference: Vec<f32>,
    /// −1 / 2σ²
    scale: f32,
    /// The mean kernel of two of the reference.
    within: f64,
}

impl Discrepancy {
    pub(super) fn new(data: &Distribution) -> Self {
        let dim = data.dim();
        let reference = draws(data, STREAM, 0, MMD_REFERENCE);
        let width = median_distance(&reference, dim);
        let mut made = Self { dim, reference, scale: (-0.5 / (width * width)) as f32, within: 0.0 };
        made.within = made.mean_within(&made.reference);
        made
    }

    pub(super) fn bandwidth(&self) -> f64 {
        (-0.5 / f64::from(self.scale)).sqrt()
    }

    /// MMD², unbiased, of samples `[n, dim]`, of which the first are taken.
    pub(super) fn squared(&self, samples: &[f32]) -> f64 {
        let some = &samples[..samples.len().min(MMD_SAMPLES * self.dim)];
        if some.len() < 2 * self.dim || some.iter().any(|x| !x.is_finite()) {
            return f64::NAN;
        }
        let rows = some.chunks_exact(self.dim);
        let count = (rows.len() * MMD_REFERENCE) as f64;
        let across = rows.map(|x| self.sum(x, &self.reference)).sum::<f64>() / count;
        self.mean_within(some) + self.within - 2.0 * across
    }

    /// The mean kernel of two different rows.
    fn mean_within(&self, rows: &[f32]) -> f64 {
        let count = rows.len() / self.dim;
        let pairs = (count * (count - 1) / 2) as f64;
        let later = |i: usize| &rows[(i + 1) * self.dim..];
        let each = rows.chunks_exact(self.dim).enumerate();
        each.map(|(i, x)| self.sum(x, later(i))).sum::<f64>() / pairs
    }

    /// Σ over the rows of the kernel with `x`.
    fn sum(&self, x: &[f32], rows: &[f32]) -> f64 {
        let kernel = |y: &[f32]| f64::from(exp(self.scale * square_distance(x, y)));
        rows.chunks_exact(self.dim).map(kernel).sum()
    }
}

fn square_distance(x: &[f32], y: &[f32]) -> f32 {
    x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Of all pairs of neighbours in the list, which are independent draws.
fn median_distance(rows: &[f32], dim: usize) -> f64 {
    let pairs = rows.chunks_exact(2 * dim).map(|pair| {
        let (x, y) = pair.split_at(dim);
        f64::from(square_distance(x, y)).sqrt()
    });
    let mut distances: Vec<f64> = pairs.collect();
    let middle = distances.len() / 2;
    distances.sort_unstable_by(f64::total_cmp);
    // Data that are one point have no width of their own.
    distances[middle].max(1e-3)
}
