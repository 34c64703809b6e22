//! One-dimensional laws: density, distribution function, sampler. Distributions on the line and the plane are mixtures
//! of products of them.

use core::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

use rand::{Rng, RngCore};

/// A law on the real line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    /// N(mean, std²).
    Normal { mean: f64, std: f64 },
    /// U(lo, hi) plus independent N(0, noise²); noise 0 is none.
    Uniform { lo: f64, hi: f64, noise: f64 },
    /// (1 + tilt (2t − 1)) / width with t = (x − lo) / width in [0, 1); tilt from −1 (falls to 0) to 1 (rises from 0).
    Ramp { lo: f64, width: f64, tilt: f64 },
    /// All mass at one place. Its density is drawn `width` wide and counts [a, b) as histograms do.
    Point { at: f64, width: f64 },
    /// exp(−|x − mean| / scale) / (2 scale)
    Laplace { mean: f64, scale: f64 },
}

impl Law {
    /// p(x).
    pub(super) fn density(self, x: f64) -> f64 {
        match self {
            Self::Normal { mean, std } => normal_density((x - mean) / std) / std,
            Self::Uniform { lo, hi, noise: 0.0 } => {
                f64::from(u8::from(x >= lo && x < hi)) / (hi - lo)
            }
            Self::Uniform { lo, hi, noise } => {
                normal_mass((x - hi) / noise, (x - lo) / noise) / (hi - lo)
            }
            Self::Ramp { lo, width, tilt } => {
                let t = (x - lo) / width;
                let inside = (0.0..1.0).contains(&t);
                if inside { (1.0 + tilt * (2.0 * t - 1.0)) / width } else { 0.0 }
            }
            Self::Point { at, width } => f64::from(u8::from((x - at).abs() <= 0.5 * width)) / width,
            Self::Laplace { mean, scale } => libm::exp(-(x - mean).abs() / scale) / (2.0 * scale),
        }
    }

    /// P(X ≤ x).
    pub(super) fn cdf(self, x: f64) -> f64 {
        match self {
            Self::Normal { mean, std } => normal_cdf((x - mean) / std),
            Self::Uniform { lo, hi, noise: 0.0 } => ((x - lo) / (hi - lo)).clamp(0.0, 1.0),
            Self::Uniform { lo, hi, noise } => {
                let rise = |from: f64| noise * normal_cdf_integral((x - from) / noise);
                (rise(lo) - rise(hi)) / (hi - lo)
            }
            Self::Ramp { lo, width, tilt } => {
                let t = ((x - lo) / width).clamp(0.0, 1.0);
                t + tilt * t * (t - 1.0)
            }
            Self::Point { at, .. } => f64::from(u8::from(x >= at)),
            Self::Laplace { mean, scale } => {
                let tail = 0.5 * libm::exp(-(x - mean).abs() / scale);
                if x < mean { tail } else { 1.0 - tail }
            }
        }
    }

    /// P(a < X ≤ b), with small masses in either tail exact.
    pub(super) fn mass(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Normal { mean, std } => normal_mass((a - mean) / std, (b - mean) / std),
            Self::Point { at, .. } => f64::from(u8::from((a..b).contains(&at))),
            Self::Uniform { .. } | Self::Ramp { .. } | Self::Laplace { .. } => {
                (self.cdf(b) - self.cdf(a)).max(0.0)
            }
        }
    }

    /// Its standard deviation where it is normal, which is the scale on which it varies.
    pub(super) fn std(self) -> Option<f64> {
        match self {
            Self::Normal { std, .. } => Some(std),
            _ => None,
        }
    }

    /// An interval outside which the density is below 1e-17 of its peak.
    pub(super) fn reach(self) -> (f64, f64) {
        match self {
            Self::Normal { mean, std } => (mean - 9.0 * std, mean + 9.0 * std),
            Self::Uniform { lo, hi, noise } => (lo - 9.0 * noise, hi + 9.0 * noise),
            Self::Ramp { lo, width, .. } => (lo, lo + width),
            Self::Point { at, width } => (at - width, at + width),
            Self::Laplace { mean, scale } => (mean - 40.0 * scale, mean + 40.0 * scale),
        }
    }

    /// One draw.
    pub(super) fn sample(self, rng: &mut impl RngCore) -> f64 {
        match self {
            Self::Normal { mean, std } => mean + std * normal_pair(rng).0,
            Self::Uniform { lo, hi, noise } => {
                let x = lo + (hi - lo) * uniform(rng);
                if noise > 0.0 { x + noise * normal_pair(rng).0 } else { x }
            }
            Self::Ramp { lo, width, tilt } => {
                // The root of tilt t² + (1 − tilt) t = u in [0, 1), by the form that holds for every tilt.
                let (u, b) = (uniform(rng), 1.0 - tilt);
                let below = b + (b * b + 4.0 * tilt * u).max(0.0).sqrt();
                lo + width * (2.0 * u / below.max(f64::MIN_POSITIVE)).min(1.0)
            }
            Self::Point { at, .. } => at,
            Self::Laplace { mean, scale } => {
                let u = uniform(rng) - 0.5;
                mean - scale * u.signum() * libm::log(1.0 - 2.0 * u.abs())
            }
        }
    }
}

/// Uniform on [0, 1).
pub(super) fn uniform(rng: &mut impl RngCore) -> f64 {
    rng.random::<f64>()
}

/// Two independent standard normals (Box & Muller 1958). By libm, so that a table has the same bits on every machine,
/// which the logarithm of the standard library does not promise.
pub(crate) fn normal_pair(rng: &mut impl RngCore) -> (f64, f64) {
    let radius = (-2.0 * libm::log(1.0 - uniform(rng))).sqrt();
    let (sin, cos) = libm::sincos(TAU * uniform(rng));
    (radius * cos, radius * sin)
}

/// φ(u) = exp(−u²/2) / √(2π).
pub(super) fn normal_density(u: f64) -> f64 {
    libm::exp(-0.5 * u * u) / TAU.sqrt()
}

/// Φ(u) = ½ erfc(−u/√2).
pub(super) fn normal_cdf(u: f64) -> f64 {
    0.5 * libm::erfc(-u * FRAC_1_SQRT_2)
}

/// Φ(v) − Φ(u), from the side where the terms are small.
pub(crate) fn normal_mass(u: f64, v: f64) -> f64 {
    if u > 0.0 { normal_cdf(-u) - normal_cdf(-v) } else { normal_cdf(v) - normal_cdf(u) }
}

/// ∫ Φ from −∞ to u = u Φ(u) + φ(u).
fn normal_cdf_integral(u: f64) -> f64 {
    u * normal_cdf(u) + normal_density(u)
}

/// Φ⁻¹(p) for 0 < p < 1: Abramowitz & Stegun 26.2.23 refined by Newton's method; relative error of p below 1e-13.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let t = (-2.0 * libm::log(tail)).sqrt();
    let mut u = -(t
        - (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308))));
    for _ in 0..3 {
        // Halley's step, in which the exponentials of Φ and φ cancel far out in the tail.
        let e = (normal_cdf(u) - tail) * (2.0 * PI).sqrt() * libm::exp(0.5 * u * u);
        u -= e / (1.0 + 0.5 * u * e);
    }
    if p < 0.5 { u } else { -u }
}
