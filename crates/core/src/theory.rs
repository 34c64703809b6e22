//! Theorem 1 of Goodfellow et al. 2014 where both densities are known: p_data of a toy set, and p_g of a G that is affine.
//!
//! Integrals are midpoint sums over equal cells of a box. For densities that are smooth on the scale of a cell and vanish
//! at the box's edge their error falls faster than any power of the cell, and [`Theorem::mass`] shows whether they do.

use core::f64::consts::TAU;

use rand::RngCore;

use crate::data::{Distribution, normal_pair};
use crate::metrics::value_optimal;

/// G(z) = A z + b with z ~ N(0, I) of as many coordinates as x, one or two: p_g = N(b, A Aᵀ).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Coordinates of x and of z: 1 or 2.
    pub dim: usize,
    /// A, a row for each coordinate of x; on the line its first element alone counts.
    pub weight: [[f64; 2]; 2],
    /// b
    pub bias: [f64; 2],
}

impl Affine {
    /// x = scale · z + shift on the line.
    #[must_use]
    pub const fn line(scale: f64, shift: f64) -> Self {
        Self { dim: 1, weight: [[scale, 0.0], [0.0, 1.0]], bias: [shift, 0.0] }
    }

    /// x = A z + b in the plane.
    #[must_use]
    pub const fn plane(weight: [[f64; 2]; 2], bias: [f64; 2]) -> Self {
        Self { dim: 2, weight, bias }
    }

    /// As the parameters of a linear layer: A `[dim, dim]` row-major, then b `[dim]`.
    #[must_use]
    pub fn parameters(&self) -> Vec<f32> {
        let rows = self.weight[..self.dim].iter().flat_map(|row| &row[..self.dim]);
        rows.chain(&self.bias[..self.dim]).map(|x| *x as f32).collect()
    }

    /// p_g(x) = φ(A⁻¹ (x − b)) / |det A|.
    #[must_use]
    pub fn density(&self, x: &[f64]) -> f64 {
        let [[a, b], [c, d]] = self.weight;
        let det = a * d - b * c;
        let at = |axis: usize| x.get(axis).map_or(0.0, |x| x - self.bias[axis]);
        let (u, v) = (at(0), at(1));
        let (z, w) = ((d * u - b * v) / det, (a * v - c * u) / det);
        let norm = if self.dim == 1 { TAU.sqrt() } else { TAU };
        libm::exp(-0.5 * (z * z + w * w)) / (norm * det.abs())
    }

    /// One draw; its second coordinate is 0 on the line.
    pub fn sample(&self, rng: &mut impl RngCore) -> [f64; 2] {
        let (z, w) = normal_pair(rng);
        if self.dim == 1 {
            return [self.weight[0][0] * z + self.bias[0], 0.0];
        }
        [0, 1].map(|i| self.weight[i][0] * z + self.weight[i][1] * w + self.bias[i])
    }
}

/// Both densities over a box of equal cells.
#[derive(Clone, Debug)]
pub struct Theorem {
    /// The middles of the cells, `[cells, dim]`.
    pub points: Vec<f32>,
    p_data: Vec<f64>,
    p_g: Vec<f64>,
    /// Length or area of a cell.
    cell: f64,
}

/// How far a D is from D* on a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// max |D − D*|
    pub most: f64,
    /// |D − D*| on average by the mass of (p_data + p_g) / 2.
    pub mean: f64,
}

impl Theorem {
    /// On [−reach, reach]^dim in `side` cells along each axis.
    #[must_use]
    pub fn new(data: &Distribution, model: &Affine, reach: f64, side: usize) -> Self {
        let dim = data.dim();
        let width = 2.0 * reach / side as f64;
        let middle = |i: usize| ((i as f64 + 0.5) * width - reach) as f32;
        let rows = if dim == 1 { 1 } else { side };
        let mut points = Vec::with_capacity(rows * side * dim);
        for row in 0..rows {
            for column in 0..side {
                points.extend([middle(column), middle(row)].into_iter().take(dim));
            }
        }
        // Where D is asked, which is where f32 puts the middle.
        let at = |x: &[f32]| [f64::from(x[0]), x.get(1).map_or(0.0, |y| f64::from(*y))];
        let on = |f: &dyn Fn(&[f64]) -> f64| {
            points.chunks_exact(dim).map(|x| f(&at(x)[..dim])).collect::<Vec<f64>>()
        };
        let (p_data, p_g) = (on(&|x| data.density(x)), on(&|x| model.density(x)));
        Self { points, p_data, p_g, cell: width.powi(dim as i32) }
    }

    /// ∫ f(p_data, p_g)
    fn integral(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        self.cell * self.p_data.iter().zip(&self.p_g).map(|(p, q)| f(*p, *q)).sum::<f64>()
    }

    /// The masses of p_data and p_g in the box; both 1 where the box is large and the cells are small enough.
    #[must_use]
    pub fn mass(&self) -> (f64, f64) {
        (self.integral(|p, _| p), self.integral(|_, q| q))
    }

    /// JSD(p_data ‖ p_g), nats.
    #[must_use]
    pub fn jsd(&self) -> f64 {
        let part = |p: f64, q: f64| if p > 0.0 { p * libm::log(2.0 * p / (p + q)) } else { 0.0 };
        0.5 * self.integral(|p, q| part(p, q) + part(q, p))
    }

    /// The total variation ½ ∫ |p_data − p_g|.
    #[must_use]
    pub fn total_variation(&self) -> f64 {
        0.5 * self.integral(|p, q| (p - q).abs())
    }

    /// V(D*, G) = −log 4 + 2 JSD, nats.
    #[must_use]
    pub fn value_optimal(&self) -> f64 {
        value_optimal(self.jsd())
    }

    /// V(D, G) = ∫ p_data log D + p_g log(1 − D) of D = σ(a), `a` `[cells]`, nats.
    #[must_use]
    pub fn value(&self, a: &[f32]) -> f64 {
        let densities = self.p_data.iter().zip(&self.p_g).zip(a);
        let term = |((p, q), a): ((&f64, &f64), &f32)| {
            let a = f64::from(*a);
            -p * softplus(-a) - q * softplus(a)
        };
        self.cell * densities.map(term).sum::<f64>()
    }

    /// D* = p_data / (p_data + p_g) (Prop. 1) in every cell, `[cells]`; NaN where both are 0.
    #[must_use]
    pub fn optimal(&self) -> Vec<f64> {
        self.p_data.iter().zip(&self.p_g).map(|(p, q)| p / (p + q)).collect()
    }

    /// How far D = σ(a), `a` `[cells]`, is from D* on the smallest region that holds `share` of (p_data + p_g) / 2.
    #[must_use]
    pub fn distance(&self, a: &[f32], share: f64) -> Distance {
        let mixed: Vec<f64> = self.p_data.iter().zip(&self.p_g).map(|(p, q)| p + q).collect();
        let mut order: Vec<usize> = (0..mixed.len()).collect();
        order.sort_by(|i, j| mixed[*j].total_cmp(&mixed[*i]));
        let wanted = share * mixed.iter().sum::<f64>();
        let optimal = self.optimal();
        let (mut held, mut most, mut sum) = (0.0, 0.0_f64, 0.0);
        for i in order {
            if held >= wanted {
                break;
            }
            let off = (1.0 / (1.0 + libm::exp(-f64::from(a[i]))) - optimal[i]).abs();
            held += mixed[i];
            sum += mixed[i] * off;
            // A NaN is the worst there is.
            most = if off > most || off.is_nan() { off } else { most };
        }
        Distance { most, mean: sum / held }
    }
}

/// ln(1 + e^x)
fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}
