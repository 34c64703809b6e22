//! The Parzen-window log-likelihood by which Goodfellow et al. 2014 (table 1) and those before them judged samples: how likely
//! held-out points are under isotropic Gaussians around the samples.
//!
//! It says little about how good samples look (Theis, van den Oord & Bethge 2016), and is here because the paper's figure
//! is. Distances come from a matrix product, ‖x − s‖² = ‖x‖² + ‖s‖² − 2 x·s: products in f32 over stretches of
//! [`STRETCH`] coordinates, sums of stretches, exponentials and logarithms in f64.

use std::f64::consts::PI;

/// Samples side by side in a panel.
const LANES: usize = 8;
/// Points that go through a panel together.
const ROWS: usize = 4;
/// Coordinates whose products are added in f32: of pixels from 0 to 1 such a sum is good to 1e-5.
const STRETCH: usize = 112;

/// Gaussians N(s, σ² I) around samples s, each with the same weight.
#[derive(Clone, Debug)]
pub struct Parzen {
    dim: usize,
    count: usize,
    /// For each [`LANES`] samples their coordinates: `[panels, dim, LANES]`, zeros behind the last sample.
    panels: Vec<f32>,
    /// ‖s‖² of each.
    squares: Vec<f64>,
}

impl Parzen {
    /// Around samples `[n, dim]`, n at least 1.
    ///
    /// # Panics
    /// When they are not whole, or there are none.
    #[must_use]
    pub fn new(samples: &[f32], dim: usize) -> Self {
        assert!(!samples.is_empty() && samples.len().is_multiple_of(dim), "whole samples");
        let count = samples.len() / dim;
        let mut panels = vec![0.0; count.div_ceil(LANES) * LANES * dim];
        for (panel, group) in panels.chunks_exact_mut(LANES * dim).zip(samples.chunks(LANES * dim))
        {
            for (lane, sample) in group.chunks_exact(dim).enumerate() {
                for (coordinates, x) in panel.chunks_exact_mut(LANES).zip(sample) {
                    coordinates[lane] = *x;
                }
            }
        }
        Self { dim, count, panels, squares: samples.chunks_exact(dim).map(square).collect() }
    }

    /// How many samples there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// For each σ the log-likelihoods, in nats, of points `[n, dim]`:
    /// ln p(x) = ln Σ exp(−‖x − s‖² / 2σ²) − ln (samples) − ½ dim ln 2πσ².
    #[must_use]
    pub fn log_likelihoods(&self, points: &[f32], sigmas: &[f64]) -> Vec<Vec<f64>> {
        let mut all = vec![Vec::with_capacity(points.len() / self.dim); sigmas.len()];
        let mut distances = vec![[0.0; ROWS]; self.panels.len() / self.dim];
        for group in points.chunks(ROWS * self.dim) {
            self.squared_distances(group, &mut distances);
            for row in 0..group.len() / self.dim {
                let of_row = || distances[..self.count].iter().map(|d| d[row]);
                let least = of_row().fold(f64::INFINITY, f64::min);
                for (values, &sigma) in all.iter_mut().zip(sigmas) {
                    values.push(self.log_sum(of_row(), least, sigma));
                }
            }
        }
        all
    }

    /// The log-likelihood of one point by its squared distances, the least of which is `least`.
    fn log_sum(&self, distances: impl Iterator<Item = f64>, least: f64, sigma: f64) -> f64 {
        let scale = 0.5 / (sigma * sigma);
        let sum: f64 = distances.map(|d| libm::exp(-(d - least) * scale)).sum();
        let normaliser = 0.5 * self.dim as f64 * libm::log(2.0 * PI * sigma * sigma);
        libm::log(sum) - least * scale - libm::log(self.count as f64) - normaliser
    }

    /// Of up to [`ROWS`] points `[n, dim]` the squared distances to all samples, `[samples][n]`.
    fn squared_distances(&self, points: &[f32], distances: &mut [[f64; ROWS]]) {
        let mut rows = [&points[..0]; ROWS];
        let mut squares = [0.0; ROWS];
        for ((row, own), point) in
            rows.iter_mut().zip(&mut squares).zip(points.chunks_exact(self.dim))
        {
            (*row, *own) = (point, square(point));
        }
        // Rows that are missing are computed as the first one, and not looked at.
        let first = rows[0];
        rows.iter_mut().filter(|row| row.is_empty()).for_each(|row| *row = first);
        let panels = self.panels.chunks_exact(LANES * self.dim);
        for (number, (panel, out)) in panels.zip(distances.chunks_exact_mut(LANES)).enumerate() {
            let products = products(rows, panel);
            for (lane, out) in out.iter_mut().enumerate() {
                let of_sample = self.squares.get(number * LANES + lane).copied().unwrap_or(0.0);
                for (row, distance) in out.iter_mut().enumerate() {
                    *distance = (squares[row] + of_sample - 2.0 * products[row][lane]).max(0.0);
                }
            }
        }
    }
}

/// x·s of each row with each sample of a panel.
fn products(rows: [&[f32]; ROWS], panel: &[f32]) -> [[f64; LANES]; ROWS] {
    let mut totals = [[0.0_f64; LANES]; ROWS];
    for (stretch, panel) in panel.chunks(STRETCH * LANES).enumerate() {
        let from = stretch * STRETCH;
        let parts = rows.map(|row| &row[from..from + panel.len() / LANES]);
        let mut sums = [[0.0_f32; LANES]; ROWS];
        for (k, samples) in panel.as_chunks::<LANES>().0.iter().enumerate() {
            for (sums, part) in sums.iter_mut().zip(&parts) {
                let x = part[k];
                sums.iter_mut().zip(samples).for_each(|(sum, s)| *sum += x * s);
            }
        }
        for (total, sum) in totals.iter_mut().flatten().zip(sums.iter().flatten()) {
            *total += f64::from(*sum);
        }
    }
    totals
}

fn square(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum()
}

/// The widths among which the paper's authors chose: ten, log-spaced from 0.1 to 1.
#[must_use]
pub fn widths() -> [f64; 10] {
    std::array::from_fn(|i| libm::pow(10.0, i as f64 / 9.0 - 1.0))
}

/// A mean and its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The standard deviation over the root of how many there are.
    pub error: f64,
}

impl Estimate {
    /// Of values; NaN of none.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        Self { mean, error: (variance / n).sqrt() }
    }
}

/// The place of the largest mean; the first of equal ones, and of nothing 0.
#[must_use]
pub fn best(likelihoods: &[Vec<f64>]) -> usize {
    let means = likelihoods.iter().map(|values| Estimate::of(values).mean);
    let better = |best: (usize, f64), (i, mean): (usize, f64)| {
        if mean > best.1 { (i, mean) } else { best }
    };
    means.enumerate().fold((0, f64::NEG_INFINITY), better).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Draw;

    fn numbers(stream: u32, count: usize, dim: usize) -> Vec<f32> {
        let draw = Draw { seed: 1, stream, update: 0 };
        (0..count * dim).map(|i| draw.uniform(0, i as u32, (count * dim) as u32)).collect()
    }

    /// By the definition, in f64 throughout.
    fn plain(samples: &[f32], x: &[f32], sigma: f64) -> f64 {
        let dim = x.len();
        let distance = |s: &[f32]| -> f64 {
            s.iter().zip(x).map(|(s, x)| (f64::from(*s) - f64::from(*x)).powi(2)).sum()
        };
        let exponents: Vec<f64> =
            samples.chunks_exact(dim).map(|s| -distance(s) / (2.0 * sigma * sigma)).collect();
        let most = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = exponents.iter().map(|e| (e - most).exp()).sum();
        let norm = 0.5 * dim as f64 * (2.0 * PI * sigma * sigma).ln();
        most + sum.ln() - (exponents.len() as f64).ln() - norm
    }

    #[test]
    fn it_is_the_definition() {
        // Numbers of samples and points about the panels' sizes; dimensions about the stretches'.
        for (count, points, dim) in [(1, 1, 1), (7, 3, 2), (8, 4, 111), (17, 5, 113), (40, 9, 784)]
        {
            let (samples, x) = (numbers(1, count, dim), numbers(2, points, dim));
            let found = Parzen::new(&samples, dim).log_likelihoods(&x, &[0.1, 0.5, 2.0]);
            for (values, sigma) in found.iter().zip([0.1, 0.5, 2.0]) {
                assert_eq!(values.len(), points);
                for (value, point) in values.iter().zip(x.chunks_exact(dim)) {
                    let want = plain(&samples, point, sigma);
                    // Distances are good to about 2e-5, and count by 1 / 2σ².
                    let bound = 1e-4 / (2.0 * sigma * sigma) + 1e-9 * want.abs();
                    assert!((value - want).abs() < bound, "{value} for {want}, σ {sigma}");
                }
                if count > 1 {
                    let fewer = Parzen::new(&samples[dim..], dim).log_likelihoods(&x, &[sigma]);
                    assert_ne!(&fewer[0], values, "a sample left out is not seen");
                }
            }
        }
    }

    /// One sample is a Gaussian: on average over its own draws, ln p = −½ dim (1 + ln 2πσ²), its negative entropy.
    #[test]
    fn of_one_sample_it_is_a_gaussian() {
        let (dim, sigma, n) = (50, 0.3, 4000);
        let draw = Draw { seed: 3, stream: 9, update: 0 };
        let normal = |i: usize| draw.normal(i as u32 & 1, i as u32 >> 1, (n * dim) as u32);
        let points: Vec<f32> = (0..n * dim).map(|i| 0.5 + sigma as f32 * normal(i)).collect();
        let parzen = Parzen::new(&vec![0.5; dim], dim);
        let values = &parzen.log_likelihoods(&points, &[sigma])[0];
        let found = Estimate::of(values);
        let entropy = 0.5 * dim as f64 * (1.0 + (2.0 * PI * sigma * sigma).ln());
        // ln p is −½ χ² and a constant: its standard deviation is √(dim / 2).
        assert!((found.error - (dim as f64 / 2.0 / n as f64).sqrt()).abs() < 0.01);
        assert!((found.mean + entropy).abs() < 5.0 * found.error, "{found:?}, −{entropy}");
        // The same sample many times is the same law.
        let many = Parzen::new(&vec![0.5; 24 * dim], dim).log_likelihoods(&points, &[sigma]);
        let off = many[0].iter().zip(values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-9, "{off}");
    }

    /// A mixture of two far Gaussians: ln p at one of them is that of one alone less ln 2.
    #[test]
    fn far_samples_share_the_weight() {
        let dim = 3;
        let samples = [0.0, 0.0, 0.0, 9.0, 9.0, 9.0];
        let at = Parzen::new(&samples, dim).log_likelihoods(&samples, &[0.2]);
        let alone = -1.5 * (2.0 * PI * 0.04_f64).ln();
        for value in &at[0] {
            assert!((value - (alone - 2.0_f64.ln())).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn the_width_of_a_gaussian_is_found() {
        let widths = widths();
        assert_eq!((widths[0], widths[9]), (0.1, 1.0));
        assert!((widths[3] - 0.215_443_469_003_188_37).abs() < 1e-15);
        let draw = Draw { seed: 5, stream: 9, update: 0 };
        let normal = |i: usize| draw.normal(i as u32 & 1, i as u32 >> 1, 20_000);
        for place in [2, 5, 8] {
            let points: Vec<f32> = (0..20_000).map(|i| widths[place] as f32 * normal(i)).collect();
            let all = Parzen::new(&[0.0; 20], 20).log_likelihoods(&points, &widths);
            assert_eq!(best(&all), place);
        }
    }

    #[test]
    fn an_estimate_is_a_mean_with_its_error() {
        let found = Estimate::of(&[1.0, 2.0, 3.0, 6.0]);
        assert_eq!(found.mean, 3.0);
        assert!((found.error - (3.5_f64 / 4.0).sqrt()).abs() < 1e-15);
        assert_eq!(best(&[vec![1.0], vec![3.0], vec![2.0]]), 1);
    }
}
