//! p_g in the plane, estimated from the samples on stage: Gaussian kernels, one for each sample, on the cells of a field.
//!
//! The bandwidth is the median distance from a sample to its tenth nearest neighbour (after Breiman, Meisel and Purcell, 1977), and at
//! least half a cell: a rule made for one bell, such as Scott's, would wash several narrow modes together. Samples are counted into
//! cells and the counts are blurred along one axis after the other, so a sample is moved by at most half a cell.

/// Which neighbour gives the bandwidth.
const NEIGHBOUR: usize = 10;
/// Where both densities together are below this share of their peak, nothing is known of D*.
const FLOOR: f32 = 1e-3;

/// The density `[side, side]` on \[−1, 1\]², row 0 at the lowest y; per unit area. What lies outside counts as mass that
/// is not here. All 0 without samples.
#[must_use]
pub fn model_density(samples: &[f32], side: usize) -> Vec<f32> {
    let count = samples.len() / 2;
    let mut cells = vec![0.0_f32; side * side];
    if count == 0 {
        return cells;
    }
    let cell = |v: f32| (v + 1.0) / 2.0 * side as f32;
    // A sample on the edge of the view still reaches into it, one far outside does not.
    let near = |v: f32| (-1.0..side as f32 + 1.0).contains(&v);
    let weight = (side * side) as f32 / 4.0 / count as f32;
    for point in samples.chunks_exact(2) {
        let (x, y) = (cell(point[0]), cell(point[1]));
        if near(x) && near(y) {
            let at = |v: f32| (v.max(0.0) as usize).min(side - 1);
            cells[at(y) * side + at(x)] += weight;
        }
    }
    smoothed(&cells, side, samples)
}

/// The cells through the kernel of these samples.
fn smoothed(cells: &[f32], side: usize, samples: &[f32]) -> Vec<f32> {
    let kernel = kernel((bandwidth(samples) * side as f32 / 2.0).clamp(0.5, side as f32 / 4.0));
    let across = blurred(cells, side, &kernel, 1, side);
    blurred(&across, side, &kernel, side, 1)
}

/// The median distance from a sample inside the view to its tenth nearest neighbour there; 0 where there are fewer.
fn bandwidth(samples: &[f32]) -> f32 {
    let inside: Vec<&[f32]> =
        samples.chunks_exact(2).filter(|p| p.iter().all(|v| v.abs() <= 1.0)).collect();
    if inside.len() <= NEIGHBOUR {
        return 0.0;
    }
    let mut squares = vec![0.0; inside.len()];
    let mut tenth: Vec<f32> = inside
        .iter()
        .map(|p| {
            for (square, q) in squares.iter_mut().zip(&inside) {
                *square = (p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2);
            }
            // Its own distance, 0, comes first.
            *squares.select_nth_unstable_by(NEIGHBOUR, f32::total_cmp).1
        })
        .collect();
    let middle = tenth.len() / 2;
    tenth.select_nth_unstable_by(middle, f32::total_cmp).1.sqrt()
}

/// A Gaussian of this width in cells, from its middle outwards, with sum 1 over both sides.
fn kernel(width: f32) -> Vec<f32> {
    let reach = (3.0 * width).ceil() as usize;
    let half: Vec<f32> = (0..=reach).map(|k| (-0.5 * (k as f32 / width).powi(2)).exp()).collect();
    let sum = 2.0 * half.iter().sum::<f32>() - half[0];
    half.into_iter().map(|value| value / sum).collect()
}

/// Blurs along the axis whose cells are `step` apart; its lines are `line` apart. What runs over the edge is gone.
fn blurred(cells: &[f32], side: usize, kernel: &[f32], step: usize, line: usize) -> Vec<f32> {
    let mut out = vec![0.0; cells.len()];
    for start in (0..side).map(|k| k * line) {
        for from in 0..side {
            let value = cells[start + from * step];
            if value == 0.0 {
                continue;
            }
            for (k, weight) in kernel.iter().enumerate() {
                if from + k < side {
                    out[start + (from + k) * step] += value * weight;
                }
                if k > 0 && from >= k {
                    out[start + (from - k) * step] += value * weight;
                }
            }
        }
    }
    out
}

/// D* = p_data / (p_data + p_g) in every cell of the view (Goodfellow et al. 2014, Prop. 1), with the estimate `p_g` that
/// [`model_density`] makes of `samples`; NaN where there is next to nothing of either. p_data `[side, side]` goes through
/// the same kernel, or the blur of p_g alone would read as a difference of the two.
#[must_use]
pub fn optimal(p_data: &[f32], p_g: &[f32], samples: &[f32], side: usize) -> Vec<f32> {
    if p_data.len() != side * side {
        return vec![f32::NAN; p_data.len()];
    }
    ratio(&smoothed(p_data, side, samples), p_g)
}

fn ratio(p_data: &[f32], p_g: &[f32]) -> Vec<f32> {
    let sums = || p_data.iter().zip(p_g).map(|(p, q)| p + q);
    let floor = FLOOR * sums().fold(0.0, f32::max);
    let best = |(p, sum): (&f32, f32)| if sum > floor { p / sum } else { f32::NAN };
    p_data.iter().zip(sums()).map(best).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    const SIDE: usize = 48;

    fn mass(density: &[f32]) -> f32 {
        density.iter().sum::<f32>() * 4.0 / (SIDE * SIDE) as f32
    }

    /// Samples of N(0, 0.25² I) at quantiles of both radius and angle.
    fn bell() -> Vec<f32> {
        let at = |k: usize| {
            let (ring, spoke) = (k / 64, k % 64);
            let radius = 0.25 * (-2.0 * (1.0 - (ring as f32 + 0.5) / 64.0).ln()).sqrt();
            let turn = TAU * (spoke as f32 + 0.5 * (ring % 2) as f32) / 64.0;
            [radius * turn.cos(), radius * turn.sin()]
        };
        (0..4096).flat_map(at).collect()
    }

    #[test]
    fn a_bell_comes_back_with_the_kernels_width_added() {
        let density = model_density(&bell(), SIDE);
        assert!((mass(&density) - 1.0).abs() < 0.01, "{}", mass(&density));
        let h = bandwidth(&bell());
        assert!((0.015..0.05).contains(&h), "{h}");
        let variance = 0.25 * 0.25 + h * h;
        let centre = |i: usize| (2.0 * i as f32 + 1.0) / SIDE as f32 - 1.0;
        let peak = 1.0 / (TAU * variance);
        for (i, found) in density.iter().enumerate() {
            let square = centre(i % SIDE).powi(2) + centre(i / SIDE).powi(2);
            let exact = peak * (-0.5 * square / variance).exp();
            // A cell is a sixth of the bell's width, and the samples stand on spokes.
            assert!((found - exact).abs() < 0.08 * peak, "{found} is not {exact} at {i}");
        }
    }

    #[test]
    fn what_lies_outside_is_missing() {
        let mut samples = bell();
        samples.extend([5.0; 8192]);
        assert!((mass(&model_density(&samples, SIDE)) - 0.5).abs() < 0.05);
        assert!(model_density(&[], SIDE).iter().all(|value| *value == 0.0));
    }

    #[test]
    fn the_optimum_of_equal_densities_is_one_half() {
        // A bell of so few samples that the kernel is wide beside it, as with narrow modes.
        let samples: Vec<f32> = bell().chunks_exact(2).step_by(31).flatten().copied().collect();
        let centre = |i: usize| (2.0 * i as f32 + 1.0) / SIDE as f32 - 1.0;
        let exact = |i: usize| {
            let square = centre(i % SIDE).powi(2) + centre(i / SIDE).powi(2);
            (-0.5 * square / 0.0625).exp() / (TAU * 0.0625)
        };
        let p_data: Vec<f32> = (0..SIDE * SIDE).map(exact).collect();
        let p_g = model_density(&samples, SIDE);
        let off = |best: &[f32]| {
            let weighted = best.iter().zip(&p_data).filter(|(best, _)| !best.is_nan());
            weighted.map(|(best, p)| (best - 0.5).abs() * p).sum::<f32>() * 4.0
                / (SIDE * SIDE) as f32
        };
        let found = off(&optimal(&p_data, &p_g, &samples, SIDE));
        assert!(found < 0.03, "off by {found}");
        let blur = off(&ratio(&p_data, &p_g));
        assert!(blur > 1.2 * found, "without its kernel p_data is off by {blur}, not only {found}");
    }

    #[test]
    fn the_optimum_is_the_share_of_the_data() {
        let found = ratio(&[3.0, 0.0, 0.0], &[1.0, 2.0, 0.0]);
        assert_eq!(found[..2], [0.75, 0.0]);
        assert!(found[2].is_nan(), "nothing is known where there is nothing");
    }

    #[test]
    fn narrow_modes_are_not_washed_together() {
        let modes = (0..8).flat_map(|mode| {
            let turn = TAU * mode as f32 / 8.0;
            let at = [0.7 * turn.cos(), 0.7 * turn.sin()];
            bell()
                .chunks_exact(2)
                .step_by(65)
                .flat_map(|p| [at[0] + 0.2 * p[0], at[1] + 0.2 * p[1]])
                .collect::<Vec<_>>()
        });
        let density = model_density(&modes.collect::<Vec<f32>>(), SIDE);
        let peak = density.iter().copied().fold(0.0, f32::max);
        assert!(
            density[SIDE * SIDE / 2 + SIDE / 2] < 1e-3 * peak,
            "the middle of the ring is empty"
        );
        // The kernel lowers the peak of each bell a little.
        let exact = 1.0 / (8.0 * TAU * 0.05 * 0.05);
        assert!(peak > 0.4 * exact && peak < 1.1 * exact, "{peak} of {exact}");
    }
}
