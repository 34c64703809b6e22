//! How well p_g matches p_data, and what p_g is: divergences by histogram, distances by samples, what chance alone makes
//! of each, modes, and the exact density of a map.

mod bins;
mod chance;
mod discrepancy;
mod judge;
mod transport;

pub use bins::{COARSEST, LEAST_EXPECTED, LINE_BINS, PLANE_SIDE, Resolution};
pub use chance::{Calibration, Chance, REPLICAS, Spread};
pub use discrepancy::{MMD_REFERENCE, MMD_SAMPLES};
pub use judge::{Comparison, Judge};
pub use transport::{DIRECTIONS, SLICE_REFERENCE};

use crate::data::{Modes, normal_quantile};
use crate::spec::LatentLaw;

/// KL(p ‖ q) = Σ p ln(p / q) in nats of two discrete laws; infinite where q has no mass and p has.
///
/// Both are scaled to sum to 1. NaN where one has no mass at all.
#[must_use]
pub fn kl(p: &[f64], q: &[f64]) -> f64 {
    let (total_p, total_q) = (p.iter().sum::<f64>(), q.iter().sum::<f64>());
    let term = |(p, q): (&f64, &f64)| {
        let (p, q) = (p / total_p, q / total_q);
        if p == 0.0 { 0.0 } else { p * libm::log(p / q) }
    };
    p.iter().zip(q).map(term).sum()
}

/// JSD(p ‖ q) = ½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q) / 2, in nats: 0 to ln 2.
///
/// Both are scaled to sum to 1. NaN where one has no mass at all.
#[must_use]
pub fn jsd(p: &[f64], q: &[f64]) -> f64 {
    let (total_p, total_q) = (p.iter().sum::<f64>(), q.iter().sum::<f64>());
    let middle: Vec<f64> =
        p.iter().zip(q).map(|(p, q)| 0.5 * (p / total_p + q / total_q)).collect();
    0.5 * kl(p, &middle) + 0.5 * kl(q, &middle)
}

/// The total variation ½ Σ |p − q| of two discrete laws: 0 to 1.
///
/// Both are scaled to sum to 1. NaN where one has no mass at all.
#[must_use]
pub fn total_variation(p: &[f64], q: &[f64]) -> f64 {
    let (total_p, total_q) = (p.iter().sum::<f64>(), q.iter().sum::<f64>());
    0.5 * p.iter().zip(q).map(|(p, q)| (p / total_p - q / total_q).abs()).sum::<f64>()
}

/// V(D*, G) = −log 4 + 2 JSD (Goodfellow et al. 2014, theorem 1), nats.
#[must_use]
pub fn value_optimal(jsd: f64) -> f64 {
    2.0 * jsd - libm::log(4.0)
}

/// Samples `[n, dim]` (dim 1 or 2) counted in `side` equal cells along each axis of the view, row 0 at the lowest y;
/// what lies outside, or is not a number, is one more at the end.
#[must_use]
pub fn histogram(samples: &[f32], dim: usize, view: (f64, f64), side: usize) -> Vec<f64> {
    let cells = if dim == 1 { side } else { side * side };
    let mut counts = vec![0.0; cells + 1];
    let per_unit = side as f64 / (view.1 - view.0);
    for sample in samples.chunks_exact(dim) {
        let mut at = Some(0);
        for x in sample.iter().rev() {
            let cell = (f64::from(*x) - view.0) * per_unit;
            // NaN is in no range.
            at = at
                .filter(|_| (0.0..side as f64).contains(&cell))
                .map(|at| at * side + cell as usize);
        }
        counts[at.unwrap_or(cells)] += 1.0;
    }
    counts
}

/// Modes found and share of good samples (Lin et al. 2018, section 4).
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// Modes with at least one good sample.
    pub found: usize,
    /// Modes in all.
    pub modes: usize,
    /// Share of samples within 3 σ (Mahalanobis) of their nearest mode.
    pub quality: f64,
    /// Good samples of each mode, `[modes]`.
    pub counts: Vec<u32>,
}

/// The distance, in standard deviations, within which a sample is good.
const GOOD_SIGMAS: f64 = 3.0;

/// The modes that samples `[n, dim]` cover. A sample belongs to the mode of least Mahalanobis distance.
#[must_use]
pub fn coverage(modes: &Modes, samples: &[f32]) -> Coverage {
    let mut counts = vec![0_u32; modes.centres.len()];
    for sample in samples.chunks_exact(modes.dim) {
        let distances = (0..counts.len()).map(|mode| (mode, squared_distance(modes, mode, sample)));
        let nearest = distances.min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((mode, _)) = nearest.filter(|(_, d)| *d <= GOOD_SIGMAS * GOOD_SIGMAS) {
            counts[mode] += 1;
        }
    }
    let good: f64 = counts.iter().map(|n| f64::from(*n)).sum();
    Coverage {
        found: counts.iter().filter(|n| **n > 0).count(),
        modes: counts.len(),
        quality: good / (samples.len() / modes.dim) as f64,
        counts,
    }
}

fn squared_distance(modes: &Modes, mode: usize, sample: &[f32]) -> f64 {
    let (centre, std) = (modes.centres[mode], modes.stds[mode]);
    let axis = |(i, x): (usize, &f32)| ((f64::from(*x) - centre[i]) / std[i]).powi(2);
    sample.iter().enumerate().map(axis).sum()
}

/// `n` values of z that each stand for an nth of its law: its quantiles at (i + ½) / n, ascending.
#[must_use]
pub fn quantile_sweep(law: LatentLaw, n: usize) -> Vec<f32> {
    let middle = |i: usize| (i as f64 + 0.5) / n as f64;
    let quantile = |p: f64| match law {
        LatentLaw::Uniform => 2.0 * p - 1.0,
        LatentLaw::Gaussian => normal_quantile(p),
    };
    (0..n).map(|i| quantile(middle(i)) as f32).collect()
}

/// The density of G(z) on `cells` equal cells over the view, as averages over each cell.
///
/// `images` are G of a [`quantile_sweep`], in its order. Between two neighbours G is taken as linear, so the nth of the
/// mass that lies between them is spread evenly between their images; the halves of an nth beyond the first and the
/// last stay with them. The sum of the result times the cell is the mass within the view, exactly.
#[must_use]
pub fn pushforward_density(images: &[f32], view: (f64, f64), cells: usize) -> Vec<f64> {
    let mut out = vec![0.0; cells];
    let share = 1.0 / images.len() as f64;
    let cells_per_unit = cells as f64 / (view.1 - view.0);
    let cell = |x: f32| (f64::from(x) - view.0) * cells_per_unit;
    for end in [images.first(), images.last()].into_iter().flatten() {
        spread(&mut out, cell(*end), cell(*end), 0.5 * share);
    }
    for pair in images.windows(2) {
        spread(&mut out, cell(pair[0]), cell(pair[1]), share);
    }
    out.iter_mut().for_each(|mass| *mass *= cells_per_unit);
    out
}

/// Adds `mass` evenly between two places given in cells; an interval too narrow to divide lies in one cell.
fn spread(out: &mut [f64], one: f64, other: f64, mass: f64) {
    let (from, to) = (one.min(other), one.max(other));
    if !(one.is_finite() && other.is_finite()) || to < 0.0 || from >= out.len() as f64 {
        return;
    }
    let (first, last) = (from.max(0.0) as usize, (to as usize).min(out.len() - 1));
    if to - from < 1e-9 {
        out[first] += mass;
        return;
    }
    for (i, cell) in out.iter_mut().enumerate().take(last + 1).skip(first) {
        let overlap = to.min(i as f64 + 1.0) - from.max(i as f64);
        *cell += mass * overlap.max(0.0) / (to - from);
    }
}

/// The density of samples `[n]` on `cells` equal cells over the view: counts over n and the cell's length.
#[must_use]
pub fn histogram_density(samples: &[f32], view: (f64, f64), cells: usize) -> Vec<f64> {
    let mut out = histogram(samples, 1, view, cells);
    out.truncate(cells);
    let scale = cells as f64 / (view.1 - view.0) / samples.len().max(1) as f64;
    out.iter_mut().for_each(|count| *count *= scale);
    out
}
