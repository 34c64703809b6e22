//! Wasserstein-1: how far mass must be moved, on average, to make p_data of p_g (Villani 2003, remark 2.19: on the line it
//! is ∫ |F − G| of the distribution functions).

use core::f64::consts::PI;

use super::chance::draws;
use crate::data::Distribution;

/// Directions of the sliced distance in the plane (Rabin et al. 2011), at angles (i + ½) π / 32.
pub const DIRECTIONS: usize = 32;
/// Draws of p_data that projections are compared with.
pub const SLICE_REFERENCE: usize = 65_536;

/// The stream of random numbers that they are drawn from.
const STREAM: u32 = 0x736c_6963;

/// F is taken as linear within cells this wide on the line, which moves the distance by less than 1e-5.
const LINE_CELL: f64 = 0.002;
/// How far beyond the view F is known, at least.
const BEYOND: f64 = 3.0;
/// What F is off by beyond that, where it is taken as 0 and 1.
const LEFT_OUT: f64 = 1e-6;

/// Projections are counted into so many cells, within which mass is taken as even: each is moved by less than a cell.
const SLICE_CELLS: usize = 2048;
/// The cells reach from minus this to this at least, and as far as the draws of p_data do. Beyond them p_data has none, so
/// that samples there are as far from it as they lie.
const SLICE_REACH: f64 = 2.0;

/// What is known of p_data.
#[derive(Clone, Debug)]
pub(super) enum Transport {
    /// F at the edges of equal cells from the first place on.
    Line { from: f64, edges: Vec<f64> },
    /// F of the projection on each direction, at the edges of equal cells from −`reach` to `reach`.
    Plane { reach: f64, slices: Vec<Vec<f64>> },
}

impl Transport {
    pub(super) fn new(data: &Distribution) -> Self {
        if data.dim() == 1 {
            let (lo, hi) = extent(data);
            let cells = ((hi - lo) / LINE_CELL).round() as usize;
            return Self::Line { from: lo, edges: data.cdf_at_edges((lo, hi), cells) };
        }
        let reference = draws(data, STREAM, 0, SLICE_REFERENCE);
        let radii = reference.chunks_exact(2).map(|x| f64::from(x[0]).hypot(f64::from(x[1])));
        let reach = radii.fold(SLICE_REACH, f64::max);
        let slices = (0..DIRECTIONS).map(|i| Slice::of(&reference, reach, i).cdf()).collect();
        Self::Plane { reach, slices }
    }

    /// The distance of samples `[n, dim]`, at least one; NaN where one is not finite.
    pub(super) fn distance(&self, samples: &[f32]) -> f64 {
        if samples.iter().any(|x| !x.is_finite()) {
            return f64::NAN;
        }
        match self {
            Self::Line { from, edges } => on_line(*from, edges, samples),
            Self::Plane { reach, slices } => {
                let of = |(i, known): (usize, &Vec<f64>)| {
                    let slice = Slice::of(samples, *reach, i);
                    slice.beyond + cell_of(*reach) * apart(&slice.cdf(), known)
                };
                slices.iter().enumerate().map(of).sum::<f64>() / slices.len() as f64
            }
        }
    }
}

/// Where all of p_data lies but [`LEFT_OUT`] at either end, the view at least.
fn extent(data: &Distribution) -> (f64, f64) {
    let (lo, hi) = data.view();
    let mut beyond = BEYOND;
    while data.cdf(lo - beyond) > LEFT_OUT || data.cdf(hi + beyond) < 1.0 - LEFT_OUT {
        beyond *= 2.0;
    }
    (lo - beyond, hi + beyond)
}

fn cell_of(reach: f64) -> f64 {
    2.0 * reach / SLICE_CELLS as f64
}

/// ∫ |F_n − F|, F_n the step function of the samples and F linear between its edges.
fn on_line(from: f64, edges: &[f64], samples: &[f32]) -> f64 {
    let mut sorted: Vec<f64> = samples.iter().map(|x| f64::from(*x)).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let share = 1.0 / sorted.len() as f64;
    let to = from + LINE_CELL * (edges.len() - 1) as f64;
    // Beyond the edges F is 0 and 1.
    let mut sum: f64 =
        sorted.iter().map(|x| share * ((from - x).max(0.0) + (x - to).max(0.0))).sum();
    let mut next = sorted.partition_point(|x| *x < from);
    for (cell, ends) in edges.windows(2).enumerate() {
        let begin = from + LINE_CELL * cell as f64;
        let at = |x: f64| ends[0] + (ends[1] - ends[0]) * (x - begin) / LINE_CELL;
        let end = begin + LINE_CELL;
        let (mut x, mut f) = (begin, ends[0]);
        while next < sorted.len() && sorted[next] < end {
            let there = sorted[next].max(x);
            sum += between(share * next as f64, (f, at(there)), there - x);
            (x, f) = (there, at(there));
            next += 1;
        }
        sum += between(share * next as f64, (f, ends[1]), end - x);
    }
    sum
}

/// ∫ |level − F| where F rises from `a` to `b` over `width`.
fn between(level: f64, (a, b): (f64, f64), width: f64) -> f64 {
    if level <= a || level >= b {
        return width * (level - 0.5 * (a + b)).abs();
    }
    width * ((level - a).powi(2) + (b - level).powi(2)) / (2.0 * (b - a))
}

/// Samples in the plane projected on a direction.
struct Slice {
    /// Shares in each cell.
    shares: Vec<f64>,
    /// Shares below and above all cells.
    outside: (f64, f64),
    /// The mean distance to the cells of those.
    beyond: f64,
}

impl Slice {
    fn of(samples: &[f32], reach: f64, direction: usize) -> Self {
        let (sin, cos) = libm::sincos((direction as f64 + 0.5) * PI / DIRECTIONS as f64);
        let share = 2.0 / samples.len() as f64;
        let mut slice = Self { shares: vec![0.0; SLICE_CELLS], outside: (0.0, 0.0), beyond: 0.0 };
        for point in samples.chunks_exact(2) {
            let t = cos * f64::from(point[0]) + sin * f64::from(point[1]);
            let cell = (t + reach) / cell_of(reach);
            if cell < 0.0 {
                slice.outside.0 += share;
            } else if cell >= SLICE_CELLS as f64 {
                slice.outside.1 += share;
            } else {
                slice.shares[cell as usize] += share;
            }
            slice.beyond += share * (t.abs() - reach).max(0.0);
        }
        slice
    }

    /// F at the cells' edges.
    fn cdf(&self) -> Vec<f64> {
        let mut below = self.outside.0;
        let mut out = vec![below];
        out.extend(self.shares.iter().map(|share| {
            below += share;
            below
        }));
        out
    }
}

/// ∫ |F − G| in cells of two functions that are linear between the cells' edges.
fn apart(f: &[f64], g: &[f64]) -> f64 {
    let off: Vec<f64> = f.iter().zip(g).map(|(f, g)| f - g).collect();
    let cell = |ends: &[f64]| {
        let (a, b) = (ends[0], ends[1]);
        if a * b >= 0.0 { 0.5 * (a + b).abs() } else { 0.5 * (a * a + b * b) / (a.abs() + b.abs()) }
    };
    off.windows(2).map(cell).sum::<f64>()
}
