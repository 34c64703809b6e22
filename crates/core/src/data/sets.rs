//! The table of toy sets: science in one place.

use core::f64::consts::TAU;

use super::curve::Curve;
use super::law::Law;
use super::{Distribution, Modes, Part, Point, Source};
use crate::spec::{Data, Heights};

/// The set at this noise level; none for images and the user's own data.
pub(super) fn build(data: Data, sigma: f64) -> Option<Distribution> {
    let even = |points: Vec<Point>| {
        let weight = 1.0 / points.len() as f64;
        points.into_iter().map(|centre| (weight, centre, [sigma; 2])).collect::<Vec<_>>()
    };
    Some(match data {
        Data::Gaussian1d => on_line(&[(1.0, 0.5, sigma)]),
        Data::Bimodal => on_line(&[(0.5, -1.0, sigma), (0.5, 1.0, sigma)]),
        Data::Trimodal => on_line(&[(0.3, -1.8, 0.25), (0.4, 0.0, 0.35), (0.3, 1.6, 0.2)]),
        Data::Uniform1d => single(Law::Uniform { lo: -1.0, hi: 1.0, noise: 0.0 }),
        Data::Laplace => single(Law::Laplace { mean: 0.0, scale: 0.5 }),
        // As wide as two cells of the view, so that means over p_data are means at 0 but for their curvature.
        Data::Dirac => single(Law::Point { at: 0.0, width: 0.05 }),
        Data::Gaussians => {
            gaussians(2, &[(0.5, [-0.4, 0.4], [0.2, 0.2]), (0.5, [0.4, -0.2], [0.1, 0.4])])
        }
        Data::Disjoint => gaussians(2, &even(vec![[-0.3, 0.5], [0.5, 0.2], [-0.1, -0.3]])),
        Data::Ring8 => gaussians(2, &even((0..8).map(ring8_centre).collect())),
        Data::Grid25 => gaussians(2, &even((0..25).map(grid25_centre).collect())),
        Data::Segment => along(vec![Curve::Segment], sigma),
        Data::Ring => along(vec![Curve::Circle], sigma),
        Data::SwissRoll => along(vec![Curve::Roll], sigma),
        Data::Moons => along(vec![Curve::UpperMoon, Curve::LowerMoon], sigma),
        Data::Spiral => {
            along(vec![Curve::Arm { second: false }, Curve::Arm { second: true }], sigma)
        }
        Data::Checkerboard => checkerboard(sigma),
        Data::Curve | Data::Column | Data::Drawn | Data::File | Data::Mnist => return None,
    })
}

fn ring8_centre(mode: u32) -> Point {
    let (sin, cos) = libm::sincos(TAU * f64::from(mode) / 8.0);
    [0.7 * cos, 0.7 * sin]
}

fn grid25_centre(mode: u32) -> Point {
    [f64::from(mode % 5), f64::from(mode / 5)].map(|i| 0.4 * (i - 2.0))
}

/// Weight, mean, standard deviation of each mode.
fn on_line(modes: &[(f64, f64, f64)]) -> Distribution {
    let in_two: Vec<_> =
        modes.iter().map(|&(weight, mean, std)| (weight, [mean, 0.0], [std, 1.0])).collect();
    gaussians(1, &in_two)
}

/// Weight, centre, standard deviations of each mode.
fn gaussians(dim: usize, modes: &[(f64, Point, Point)]) -> Distribution {
    let part = |&(weight, centre, std): &(f64, Point, Point)| Part {
        weight,
        laws: [0, 1].map(|axis: usize| Law::Normal { mean: centre[axis], std: std[axis] }),
    };
    let modes_alone = Modes {
        dim,
        centres: modes.iter().map(|m| m.1).collect(),
        stds: modes.iter().map(|m| m.2).collect(),
        weights: modes.iter().map(|m| m.0).collect(),
    };
    Distribution {
        dim,
        source: Source::Mixture(modes.iter().map(part).collect()),
        modes: Some(modes_alone),
    }
}

fn single(law: Law) -> Distribution {
    let parts = vec![Part { weight: 1.0, laws: [law, law] }];
    Distribution { dim: 1, source: Source::Mixture(parts), modes: None }
}

fn along(curves: Vec<Curve>, noise: f64) -> Distribution {
    let share = 1.0 / curves.len() as f64;
    let nodes = curves.iter().flat_map(|curve| curve.nodes(noise));
    let around = |(weight, centre): (f64, Point)| Part {
        weight: share * weight,
        laws: centre.map(|mean| Law::Normal { mean, std: noise }),
    };
    let parts = nodes.map(around).collect();
    Distribution { dim: 2, source: Source::Curves(parts, curves, noise), modes: None }
}

/// The squares of even i + j of a 4×4 board over [−0.9, 0.9]².
fn checkerboard(noise: f64) -> Distribution {
    let strip = |i: u32| {
        let lo = -0.9 + 0.45 * f64::from(i);
        Law::Uniform { lo, hi: lo + 0.45, noise }
    };
    let dark = (0..16).map(|k| (k % 4, k / 4)).filter(|(i, j)| (i + j) % 2 == 0);
    let parts = dark.map(|(i, j)| Part { weight: 1.0 / 8.0, laws: [strip(i), strip(j)] }).collect();
    Distribution { dim: 2, source: Source::Mixture(parts), modes: None }
}

/// The density on [−3, 3] that is linear between equally spaced heights, and 0 outside.
pub(super) fn drawn_curve(heights: &Heights) -> Distribution {
    let width = 6.0 / (heights.len() - 1) as f64;
    let total: f64 = heights.windows(2).map(|w| f64::from(w[0]) + f64::from(w[1])).sum();
    let part = |(i, w): (usize, &[u8])| {
        let (a, b) = (f64::from(w[0]), f64::from(w[1]));
        let lo = -3.0 + width * i as f64;
        let law = Law::Ramp { lo, width, tilt: (b - a) / (a + b) };
        Part { weight: (a + b) / total, laws: [law, law] }
    };
    let ramps = heights.windows(2).enumerate().filter(|(_, w)| w[0] > 0 || w[1] > 0);
    Distribution { dim: 1, source: Source::Mixture(ramps.map(part).collect()), modes: None }
}
