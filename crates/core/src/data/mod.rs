//! The toy data sets: what they are, exactly, and samples of them.
//!
//! Every one is a mixture of products of laws on the line. Sets along a curve are so approximately: their density is
//! that of a fine quadrature along the curve, with an error below 1e-6 of the peak; all others are exact.

mod curve;
mod law;
mod sets;

pub use law::normal_quantile;

use core::ops::Range;

use rand::RngCore;

use crate::rng::CounterRng;
use crate::spec::{Data, RunSpec};
use curve::Curve;
use law::{Law, normal_pair, uniform};

/// The stream of random numbers that training tables are drawn from.
pub const TABLE_STREAM: u32 = 0x6461_7461;

/// A point; on the line its second coordinate is 0.
pub type Point = [f64; 2];

/// p_data of a toy set.
#[derive(Clone, Debug)]
pub struct Distribution {
    dim: usize,
    parts: Vec<Part>,
    /// The curves that samples come from, if they do, and the noise around them.
    curves: Vec<Curve>,
    noise: f64,
    modes: Option<Modes>,
}

/// One product of laws.
#[derive(Clone, Copy, Debug)]
struct Part {
    weight: f64,
    laws: [Law; 2],
}

/// The modes of a mixture of Gaussians with axes along the coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Modes {
    /// Coordinates of a sample.
    pub dim: usize,
    /// `[modes]`; the second coordinate is 0 on the line.
    pub centres: Vec<Point>,
    /// Standard deviations along the axes, `[modes]`; the second is 1 on the line.
    pub stds: Vec<Point>,
    /// `[modes]`, together 1.
    pub weights: Vec<f64>,
}

impl Distribution {
    /// p_data of this run; none for images.
    #[must_use]
    pub fn of(spec: &RunSpec) -> Option<Self> {
        Self::new(spec.data(), spec.sigma())
    }

    /// This data set at this noise level, which the sets without one ignore; none for images.
    #[must_use]
    pub fn new(data: Data, sigma: f64) -> Option<Self> {
        sets::build(data, sigma)
    }

    /// Coordinates of a sample: 1 or 2.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// What is shown of each axis.
    #[must_use]
    pub fn view(&self) -> (f64, f64) {
        if self.dim == 1 { (-3.0, 3.0) } else { (-1.0, 1.0) }
    }

    /// Its modes, where it is a mixture of separate Gaussians.
    #[must_use]
    pub fn modes(&self) -> Option<&Modes> {
        self.modes.as_ref()
    }

    /// p(x), x of [`Self::dim`] coordinates.
    #[must_use]
    pub fn density(&self, x: &[f64]) -> f64 {
        self.parts
            .iter()
            .map(|part| part.weight * part.axes(x).map(|(law, x)| law.density(x)).product::<f64>())
            .sum()
    }

    /// P(X ≤ x) of the first coordinate.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        self.parts.iter().map(|part| part.weight * part.laws[0].cdf(x)).sum()
    }

    /// The mass of the box between two corners of [`Self::dim`] coordinates.
    #[must_use]
    pub fn mass(&self, lo: &[f64], hi: &[f64]) -> f64 {
        let of = |part: &Part| {
            part.axes(lo).zip(hi).map(|((law, a), b)| law.mass(a, *b)).product::<f64>()
        };
        self.parts.iter().map(|part| part.weight * of(part)).sum()
    }

    /// The masses of equal cells over the view, `side` on each axis, `[side]` or `[side, side]` with row 0 at the
    /// lowest y; what lies outside is one more at the end.
    #[must_use]
    pub fn bin_masses(&self, side: usize) -> Vec<f64> {
        let (lo, hi) = self.view();
        let step = (hi - lo) / side as f64;
        let edge = |i: usize| lo + step * i as f64;
        let mut out = self.on_grid(side, |law, i| law.mass(edge(i), edge(i + 1)));
        let inside: f64 = out.iter().sum();
        out.push((1.0 - inside).max(0.0));
        out
    }

    /// p at the middles of the same cells, without the last.
    #[must_use]
    pub fn density_grid(&self, side: usize) -> Vec<f64> {
        let (lo, hi) = self.view();
        let step = (hi - lo) / side as f64;
        self.on_grid(side, |law, i| law.density(lo + step * (i as f64 + 0.5)))
    }

    /// Σ weight · f(law of x, column) · f(law of y, row), skipping cells that a part does not reach.
    fn on_grid(&self, side: usize, f: impl Fn(Law, usize) -> f64) -> Vec<f64> {
        let rows = if self.dim == 1 { 1 } else { side };
        let mut out = vec![0.0; rows * side];
        let (mut along_x, mut along_y) = (Vec::new(), vec![1.0]);
        for part in &self.parts {
            let columns = self.cells(part.laws[0], side);
            fill(&mut along_x, columns.clone(), |i| f(part.laws[0], i));
            let mut reached = 0..1;
            if self.dim == 2 {
                reached = self.cells(part.laws[1], side);
                fill(&mut along_y, reached.clone(), |i| f(part.laws[1], i));
            }
            for (row, y) in reached.zip(&along_y) {
                let cells = &mut out[row * side..][columns.clone()];
                for (cell, x) in cells.iter_mut().zip(&along_x) {
                    *cell += part.weight * x * y;
                }
            }
        }
        out
    }

    /// The cells of an axis that a law reaches.
    fn cells(&self, law: Law, side: usize) -> Range<usize> {
        let (lo, hi) = self.view();
        let (from, to) = law.reach();
        let cell = |x: f64| (x - lo) / (hi - lo) * side as f64;
        // Casts of floats saturate.
        let first = (cell(from).floor() as usize).min(side);
        let last = (cell(to).ceil() as usize).min(side);
        first..last.max(first)
    }

    /// One draw.
    pub fn sample(&self, rng: &mut impl RngCore) -> Point {
        if !self.curves.is_empty() {
            return self.sample_curve(rng);
        }
        let mut left = uniform(rng);
        let part = self.parts.iter().find(|part| {
            left -= part.weight;
            left < 0.0
        });
        // Weights may sum to a hair below 1.
        let Some(part) = part.or(self.parts.last()) else { return [0.0; 2] };
        match part.laws {
            [Law::Normal { mean: x, std: sx }, Law::Normal { mean: y, std: sy }]
                if self.dim == 2 =>
            {
                let (u, v) = normal_pair(rng);
                [x + sx * u, y + sy * v]
            }
            [law_x, law_y] => {
                let x = law_x.sample(rng);
                [x, if self.dim == 2 { law_y.sample(rng) } else { 0.0 }]
            }
        }
    }

    /// All curves are equally likely.
    fn sample_curve(&self, rng: &mut impl RngCore) -> Point {
        let u = uniform(rng) * self.curves.len() as f64;
        let curve = self.curves[(u as usize).min(self.curves.len() - 1)];
        let [x, y] = curve.point(curve.parameter(u.fract()));
        let (dx, dy) = normal_pair(rng);
        [x + self.noise * dx, y + self.noise * dy]
    }
}

impl Part {
    /// The law and the coordinate along each axis of `x`.
    fn axes<'a>(&self, x: &'a [f64]) -> impl Iterator<Item = (Law, f64)> + use<'a> {
        self.laws.into_iter().zip(x.iter().copied())
    }
}

fn fill(out: &mut Vec<f64>, cells: Range<usize>, f: impl Fn(usize) -> f64) {
    out.clear();
    out.extend(cells.map(f));
}

/// The training table of a toy set, `[rows, dim]` row-major, a function of the spec alone; none for images.
#[must_use]
pub fn rows(spec: &RunSpec) -> Option<Vec<f32>> {
    let data = Distribution::of(spec)?;
    let mut rng = CounterRng::new(spec.seed(), TABLE_STREAM, 0);
    let mut out = Vec::with_capacity(spec.rows() as usize * data.dim);
    for _ in 0..spec.rows() {
        out.extend(data.sample(&mut rng)[..data.dim].iter().map(|x| *x as f32));
    }
    Some(out)
}
