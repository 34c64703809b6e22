//! The toy data sets: what they are, exactly, and samples of them.
//!
//! Every one is a mixture of products of laws on the line. Sets along a curve are so approximately: their density is
//! that of a fine quadrature along the curve, with an error below 1e-6 of the peak; all others are exact. What the user
//! drew or gave as a file is the kernel density estimate of its samples, and trained on as such.

mod curve;
mod kernel;
mod law;
mod sets;

pub use law::normal_quantile;
pub(crate) use law::{normal_mass, normal_pair};

use core::ops::Range;

use rand::RngCore;

use crate::rng::CounterRng;
use crate::spec::{Data, Own, RunSpec};
use curve::Curve;
use kernel::Kernel;
use law::{Law, uniform};

/// The stream of random numbers that training tables are drawn from.
pub const TABLE_STREAM: u32 = 0x6461_7461;

/// A point; on the line its second coordinate is 0.
pub type Point = [f64; 2];

/// p_data of a toy set.
#[derive(Clone, Debug)]
pub struct Distribution {
    dim: usize,
    source: Source,
    modes: Option<Modes>,
}

/// Where its samples come from.
#[derive(Clone, Debug)]
enum Source {
    /// A mixture.
    Mixture(Vec<Part>),
    /// Curves, all equally likely, and the noise around them; as a mixture for densities.
    Curves(Vec<Part>, Vec<Curve>, f64),
    /// Samples of the user's own.
    Kernel(Kernel),
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

impl Modes {
    /// The mode that x, of [`Self::dim`] coordinates, most likely belongs to.
    #[must_use]
    pub fn class_of(&self, x: &[f32]) -> usize {
        let log_density = |mode: usize| {
            let (centre, std) = (self.centres[mode], self.stds[mode]);
            let axis = |(i, x): (usize, &f32)| {
                let u = (f64::from(*x) - centre[i]) / std[i];
                -0.5 * u * u - libm::log(std[i])
            };
            libm::log(self.weights[mode])
                + x.iter().take(self.dim).enumerate().map(axis).sum::<f64>()
        };
        let scored = (0..self.weights.len()).map(|mode| (mode, log_density(mode)));
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(mode, _)| mode)
    }
}

impl Distribution {
    /// p_data of this run; none for images, and for a file whose rows are not there.
    #[must_use]
    pub fn of(spec: &RunSpec) -> Option<Self> {
        Self::build(spec.data(), spec.sigma(), spec.own())
    }

    /// This data set at this noise level, which the sets without one ignore, as it is before anything is drawn; none for
    /// images and files.
    #[must_use]
    pub fn new(data: Data, sigma: f64) -> Option<Self> {
        Self::build(data, sigma, RunSpec::of(data).own())
    }

    fn build(data: Data, sigma: f64, own: &Own) -> Option<Self> {
        match own {
            Own::None => sets::build(data, sigma),
            Own::Curve(heights) => Some(sets::drawn_curve(heights)),
            Own::Points(_) | Own::File(..) => {
                let kernel = Kernel::new(own.cloud()?, sigma)?;
                Some(Self { dim: kernel.dim(), source: Source::Kernel(kernel), modes: None })
            }
        }
    }

    fn parts(&self) -> &[Part] {
        match &self.source {
            Source::Mixture(parts) | Source::Curves(parts, ..) => parts,
            Source::Kernel(_) => &[],
        }
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

    /// The least standard deviation along an axis of the normal laws that it is a mixture of; none where there are none.
    #[must_use]
    pub fn finest(&self) -> Option<f64> {
        if let Source::Kernel(kernel) = &self.source {
            return Some(kernel.bandwidth());
        }
        let laws = self.parts().iter().flat_map(|part| &part.laws[..self.dim]);
        laws.filter_map(|law| law.std()).min_by(f64::total_cmp)
    }

    /// p(x), x of [`Self::dim`] coordinates.
    #[must_use]
    pub fn density(&self, x: &[f64]) -> f64 {
        if let Source::Kernel(kernel) = &self.source {
            return kernel.mean(&|law, axis| law.density(x[axis]));
        }
        self.parts()
            .iter()
            .map(|part| part.weight * part.axes(x).map(|(law, x)| law.density(x)).product::<f64>())
            .sum()
    }

    /// P(X ≤ x) of the first coordinate.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        if let Source::Kernel(kernel) = &self.source {
            return kernel.mean(&|law, axis| if axis == 0 { law.cdf(x) } else { 1.0 });
        }
        self.parts().iter().map(|part| part.weight * part.laws[0].cdf(x)).sum()
    }

    /// The mass of the box between two corners of [`Self::dim`] coordinates.
    #[must_use]
    pub fn mass(&self, lo: &[f64], hi: &[f64]) -> f64 {
        if let Source::Kernel(kernel) = &self.source {
            return kernel.mean(&|law, axis| law.mass(lo[axis], hi[axis]));
        }
        let of = |part: &Part| {
            part.axes(lo).zip(hi).map(|((law, a), b)| law.mass(a, *b)).product::<f64>()
        };
        self.parts().iter().map(|part| part.weight * of(part)).sum()
    }

    /// The masses of equal cells over the view, `side` on each axis, `[side]` or `[side, side]` with row 0 at the
    /// lowest y; what lies outside is one more at the end.
    #[must_use]
    pub fn bin_masses(&self, side: usize) -> Vec<f64> {
        let (lo, hi) = self.view();
        let step = (hi - lo) / side as f64;
        let edge = |i: usize| lo + step * i as f64;
        let mut out = self.on_grid(self.view(), side, |law, i| law.mass(edge(i), edge(i + 1)));
        let inside: f64 = out.iter().sum();
        out.push((1.0 - inside).max(0.0));
        out
    }

    /// p at the middles of the same cells, without the last.
    #[must_use]
    pub fn density_grid(&self, side: usize) -> Vec<f64> {
        let (lo, hi) = self.view();
        let step = (hi - lo) / side as f64;
        self.on_grid(self.view(), side, |law, i| law.density(lo + step * (i as f64 + 0.5)))
    }

    /// P(X ≤ x) at the edges of `count` equal cells from `lo` to `hi`, `[count + 1]`; on the line alone.
    #[must_use]
    pub fn cdf_at_edges(&self, (lo, hi): (f64, f64), count: usize) -> Vec<f64> {
        let step = (hi - lo) / count as f64;
        let edge = |i: usize| lo + step * i as f64;
        let masses = self.on_grid((lo, hi), count, |law, i| law.mass(edge(i), edge(i + 1)));
        let mut below = self.cdf(lo);
        let mut out = vec![below];
        out.extend(masses.into_iter().map(|mass| {
            below += mass;
            below.min(1.0)
        }));
        out
    }

    /// Σ weight · f(law of x, column) · f(law of y, row) over equal cells between two ends of each axis, skipping cells
    /// that a part does not reach.
    fn on_grid(&self, view: (f64, f64), side: usize, f: impl Fn(Law, usize) -> f64) -> Vec<f64> {
        if let Source::Kernel(kernel) = &self.source {
            return kernel.on_grid(view, side, &f);
        }
        let rows = if self.dim == 1 { 1 } else { side };
        let mut out = vec![0.0; rows * side];
        let (mut along_x, mut along_y) = (Vec::new(), vec![1.0]);
        for part in self.parts() {
            let columns = cells(view, part.laws[0], side);
            fill(&mut along_x, columns.clone(), |i| f(part.laws[0], i));
            let mut reached = 0..1;
            if self.dim == 2 {
                reached = cells(view, part.laws[1], side);
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

    /// One draw.
    pub fn sample(&self, rng: &mut impl RngCore) -> Point {
        match &self.source {
            Source::Mixture(parts) => self.sample_mixture(parts, rng),
            Source::Curves(_, curves, noise) => sample_curve(curves, *noise, rng),
            Source::Kernel(kernel) => kernel.sample(rng),
        }
    }

    fn sample_mixture(&self, parts: &[Part], rng: &mut impl RngCore) -> Point {
        let mut left = uniform(rng);
        let part = parts.iter().find(|part| {
            left -= part.weight;
            left < 0.0
        });
        // Weights may sum to a hair below 1.
        let Some(part) = part.or(parts.last()) else { return [0.0; 2] };
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
}

/// All curves are equally likely.
fn sample_curve(curves: &[Curve], noise: f64, rng: &mut impl RngCore) -> Point {
    let u = uniform(rng) * curves.len() as f64;
    let curve = curves[(u as usize).min(curves.len() - 1)];
    let [x, y] = curve.point(curve.parameter(u.fract()));
    let (dx, dy) = normal_pair(rng);
    [x + noise * dx, y + noise * dy]
}

/// The cells of an axis that a law reaches.
fn cells((lo, hi): (f64, f64), law: Law, side: usize) -> Range<usize> {
    let (from, to) = law.reach();
    let cell = |x: f64| (x - lo) / (hi - lo) * side as f64;
    // Casts of floats saturate.
    let first = (cell(from).floor() as usize).min(side);
    let last = (cell(to).ceil() as usize).min(side);
    first..last.max(first)
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

/// The training table of a toy set, `[rows, dim]` row-major, a function of the spec alone (and of the rows of a file);
/// none for images.
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
