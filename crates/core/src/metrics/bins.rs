//! The bins of a comparison: how fine they are for which data, what they cannot see, and what a histogram reads in them by
//! chance.

use super::{jsd, kl};
use crate::data::{Distribution, normal_mass};

/// Bins on the line, where the data ask for no finer ones.
pub const LINE_BINS: usize = 100;
/// Bins along each axis in the plane, likewise.
pub const PLANE_SIDE: usize = 30;

/// Bins are at most this many σ wide, where that can be had; those that would be wider are made 1 σ wide.
pub const COARSEST: f64 = 2.5;
/// The most bins along an axis, on the line and in the plane.
const MOST: [usize; 2] = [6000, 200];
/// Finer bins are not worth their price where they read this much of JSD, nats, by chance alone with [`USUAL`] samples.
const MOST_BY_CHANCE: f64 = 0.02;
const USUAL: usize = 10_000;

/// KL(p_data ‖ p_g) takes neighbours in a row as one bin until so many samples of p_data are to be expected there: an empty
/// bin makes the divergence infinite, and of such one in e¹⁶, nine million, is empty by chance.
pub const LEAST_EXPECTED: f64 = 16.0;

/// How fine the bins are beside the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolution {
    /// Width of a bin along each axis, in the coordinates of the data.
    pub width: f64,
    /// The least standard deviation of what p_data is a mixture of; none where that has none.
    pub finest: Option<f64>,
    /// The most of JSD, nats, that lies within bins, where no histogram sees it: that of p_data and a p_g which spreads each
    /// bin's mass evenly, and so reads 0. A mixture's is at most that of its narrowest part, since JSD is convex.
    pub unseen: f64,
}

impl Resolution {
    /// Of `side` bins along each axis.
    pub(super) fn of(data: &Distribution, side: usize) -> Self {
        let width = width(data, side);
        let finest = data.finest();
        Self { width, finest, unseen: finest.map_or(0.0, |std| within(width / std, data.dim())) }
    }

    /// Whether what the bins show says little of p_g within them: JSD, TV and V(D*, G) are then bounds from below.
    #[must_use]
    pub fn is_coarse(&self) -> bool {
        self.finest.is_some_and(|std| self.width > COARSEST * std)
    }
}

fn width(data: &Distribution, side: usize) -> f64 {
    let (lo, hi) = data.view();
    (hi - lo) / side as f64
}

/// JSD, nats, of a normal law with standard deviation 1 on each axis and the same with each bin's mass spread evenly, bins
/// `width` wide with an edge in the middle.
fn within(width: f64, dim: usize) -> f64 {
    const PARTS: usize = 6;
    // Parts of bins on one side of the middle, to six deviations; the law is the same on the other.
    let bins = (6.0 / width).ceil() as usize;
    let part = width / PARTS as f64;
    let masses = |count: usize, step: f64| -> Vec<f64> {
        (0..count).map(|i| 2.0 * normal_mass(i as f64 * step, (i + 1) as f64 * step)).collect()
    };
    let fine = masses(PARTS * bins, part);
    let even: Vec<f64> =
        masses(bins, width).iter().flat_map(|mass| [mass / PARTS as f64; PARTS]).collect();
    if dim == 1 {
        return jsd(&fine, &even);
    }
    let squared = |one: &[f64]| -> Vec<f64> {
        one.iter().flat_map(|x| one.iter().map(move |y| x * y)).collect()
    };
    jsd(&squared(&fine), &squared(&even))
}

/// How many bins along each axis these data are judged in, and the masses of them all.
pub(super) fn chosen(data: &Distribution) -> (usize, Vec<f64>) {
    let (usual, most) = if data.dim() == 1 { (LINE_BINS, MOST[0]) } else { (PLANE_SIDE, MOST[1]) };
    let finest = data.finest().unwrap_or(f64::INFINITY);
    let mut side = usual;
    if width(data, usual) > COARSEST * finest {
        side = ((width(data, 1) / finest).ceil() as usize).clamp(usual, most);
    }
    loop {
        let masses = data.bin_masses(side);
        if side == usual || jsd_by_chance(&masses, USUAL) <= MOST_BY_CHANCE {
            return (side, masses);
        }
        side = (side / 2).max(usual);
    }
}

/// What the JSD of these masses and the shares of `samples` draws of them is on average, nats: exactly, since each bin's
/// count is binomial and the divergence is a sum over bins.
pub(super) fn jsd_by_chance(masses: &[f64], samples: usize) -> f64 {
    let of = |p: &f64| {
        let term = |q: f64| {
            let middle = 0.5 * (p + q);
            let part = |x: f64| if x == 0.0 { 0.0 } else { 0.5 * x * libm::log(x / middle) };
            part(*p) + part(q)
        };
        binomial_mean(samples, *p, |count| term(count / samples as f64))
    };
    masses.iter().filter(|p| **p > 0.0).map(of).sum()
}

/// E f(K) of K ~ Binomial(n, p), 0 < p ≤ 1, but for counts less likely than 1e-12 of the likeliest.
fn binomial_mean(n: usize, p: f64, f: impl Fn(f64) -> f64) -> f64 {
    let n = n as f64;
    let mode = ((n + 1.0) * p).floor().min(n);
    let odds = p / (1.0 - p);
    let (mut likely, mut sum) = (1.0, f(mode));
    for way in [1.0, -1.0] {
        let (mut k, mut weight) = (mode, 1.0);
        loop {
            // P(k + 1) / P(k) = (n − k) / (k + 1) · odds, and back.
            weight *= if way > 0.0 { (n - k) / (k + 1.0) * odds } else { k / (n - k + 1.0) / odds };
            // Nothing lies beyond 0 and n; where p is 1, nothing beside the mode.
            if weight.is_nan() || weight < 1e-12 {
                break;
            }
            k += way;
            likely += weight;
            sum += weight * f(k);
        }
    }
    sum / likely
}

/// KL(p ‖ counts), nats, with neighbours taken as one until [`LEAST_EXPECTED`] of the counts are to be expected: infinite
/// where none is there.
pub(super) fn kl_of_filled(masses: &[f64], counts: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    let (mut p, mut q) = (vec![0.0], vec![0.0]);
    for (mass, count) in masses.iter().zip(counts) {
        let last = p.len() - 1;
        if p[last] * total < LEAST_EXPECTED {
            p[last] += mass;
            q[last] += count;
        } else {
            p.push(*mass);
            q.push(*count);
        }
    }
    // What is too little at the end joins what lies before it.
    if p.len() > 1 && p[p.len() - 1] * total < LEAST_EXPECTED {
        for shares in [&mut p, &mut q] {
            let rest = shares.pop().unwrap_or_default();
            shares.last_mut().into_iter().for_each(|last| *last += rest);
        }
    }
    kl(&p, &q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_over_counts_is_the_binomials() {
        for (n, p) in [(10, 0.3), (10_000, 0.05), (500, 1e-9), (7, 1.0), (1000, 0.999)] {
            let mean = n as f64 * p;
            let first = binomial_mean(n, p, |k| k);
            let second = binomial_mean(n, p, |k| (k - mean).powi(2));
            assert!((first - mean).abs() <= 1e-9 * mean.max(1.0), "{n} {p}: {first}");
            assert!((second - mean * (1.0 - p)).abs() <= 1e-8 * mean.max(1.0), "{n} {p}: {second}");
        }
    }

    #[test]
    fn what_lies_within_bins_falls_as_their_area() {
        // To second order KL is h² / 24σ² an axis, and JSD a quarter of that.
        for dim in [1, 2] {
            let small = within(0.2, dim) / (dim as f64 * 0.04 / 96.0);
            // Six parts of a bin leave a 36th unseen.
            assert!((0.95..1.0).contains(&small), "{dim}: {small}");
        }
        assert!(within(9.5, 2) > 0.4 && within(50.0, 2) < 2f64.ln());
    }

    #[test]
    fn rare_bins_are_joined() {
        // 100 counts: the last two bins would have 10 each and are one of 20.
        let divergence = kl_of_filled(&[0.8, 0.1, 0.1], &[80.0, 20.0, 0.0]);
        assert!(divergence.abs() < 1e-12, "{divergence}");
        assert_eq!(kl_of_filled(&[0.5, 0.5], &[100.0, 0.0]), f64::INFINITY);
        // A rest of 10 joins the bin before it.
        assert!(kl_of_filled(&[0.6, 0.3, 0.1], &[60.0, 40.0, 0.0]).abs() < 1e-12);
        assert!(kl_of_filled(&[0.5, 0.5], &[1.0, 0.0]).abs() < 1e-12, "too few to tell");
    }
}
