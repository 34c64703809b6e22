//! Curves in the plane that data lie along, with Gaussian noise around them.

use core::f64::consts::{PI, TAU};

/// A curve γ: [0, 1] → ℝ², and how the parameter t of a sample follows from a uniform u.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Curve {
    /// GAN Lab's segment from (0.8, 0.6) to (0.05, 0.9) of the unit square; t = u.
    Segment,
    /// The circle of radius 0.6; t = u.
    Circle,
    /// 0.063 · s · (cos s, sin s) with s = 1.5π (1 + 2t); t = u (scikit-learn's `make_swiss_roll`, flat and scaled).
    Roll,
    /// scikit-learn's `make_moons`, moved by (−0.5, −0.25) and scaled by 0.55: the upper moon; t = u.
    UpperMoon,
    /// The lower moon.
    LowerMoon,
    /// 0.85 · t · (cos 3πt, sin 3πt), turned by a half turn for the second arm; t = √u, which spreads samples evenly.
    Arm { second: bool },
}

impl Curve {
    /// γ(t).
    pub(super) fn point(self, t: f64) -> [f64; 2] {
        match self {
            Self::Segment => [0.6 - 1.5 * t, 0.2 + 0.6 * t],
            Self::Circle => polar(0.6, TAU * t),
            Self::Roll => {
                let s = 1.5 * PI * (1.0 + 2.0 * t);
                polar(0.063 * s, s)
            }
            Self::UpperMoon => {
                let [x, y] = polar(1.0, PI * t);
                [0.55 * (x - 0.5), 0.55 * (y - 0.25)]
            }
            Self::LowerMoon => {
                let [x, y] = polar(1.0, PI * t);
                [0.55 * (0.5 - x), 0.55 * (0.25 - y)]
            }
            Self::Arm { second } => polar(0.85 * t, 3.0 * PI * t + if second { PI } else { 0.0 }),
        }
    }

    /// The parameter of a sample, from a uniform u.
    pub(super) fn parameter(self, u: f64) -> f64 {
        match self {
            Self::Arm { .. } => u.sqrt(),
            _ => u,
        }
    }

    /// du/dt: how densely samples lie at t.
    fn weight(self, t: f64) -> f64 {
        match self {
            Self::Arm { .. } => 2.0 * t,
            _ => 1.0,
        }
    }

    /// An upper bound of |γ′|.
    fn speed(self) -> f64 {
        match self {
            Self::Segment => 1.62,
            Self::Circle => 0.6 * TAU,
            // s ≤ 4.5π, ds/dt = 3π: 0.063 · 3π · √(1 + s²).
            Self::Roll => 8.42,
            Self::UpperMoon | Self::LowerMoon => 0.55 * PI,
            // 0.85 · √(1 + (3πt)²).
            Self::Arm { .. } => 8.06,
        }
    }

    /// Points and weights with ∫ f(γ(t)) du ≈ Σ wᵢ f(γ(tᵢ)), for f that vary over the length σ like a Gaussian:
    /// composite Gauss-Legendre of order 5 on panels no longer than 1.5 σ (error below 1e-7 of the peak).
    pub(super) fn nodes(self, sigma: f64) -> Vec<(f64, [f64; 2])> {
        let panels = (self.speed() / (1.5 * sigma)).ceil().max(32.0);
        let mut out = Vec::new();
        for panel in 0..panels as u32 {
            for (at, w) in GAUSS_LEGENDRE_5 {
                let t = (f64::from(panel) + 0.5 + 0.5 * at) / panels;
                out.push((0.5 * w / panels * self.weight(t), self.point(t)));
            }
        }
        out
    }
}

/// Nodes and weights on [−1, 1] (Abramowitz & Stegun, table 25.4).
const GAUSS_LEGENDRE_5: [(f64, f64); 5] = [
    (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.906_179_845_938_664, 0.236_926_885_056_189_1),
];

fn polar(radius: f64, angle: f64) -> [f64; 2] {
    let (sin, cos) = libm::sincos(angle);
    [radius * cos, radius * sin]
}
