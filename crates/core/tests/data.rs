//! Holds each sampler to its density, each check with a planted fault that must fail it.

use std::sync::Arc;

use adversaria_core::data::{Distribution, normal_quantile, rows};
use adversaria_core::rng::CounterRng;
use adversaria_core::spec::{Cloud, Data, DataKind, HEIGHTS, RunSpec, coordinate, level};
use proptest::prelude::*;

const DRAWS: usize = 100_000;

fn toys(kind: DataKind) -> impl Iterator<Item = (Data, Distribution)> {
    let of =
        |data: &Data| Some((*data, Distribution::new(*data, data.default_sigma().unwrap_or(0.0))?));
    // An atom has no density to hold a sampler to.
    let dense = move |data: &&Data| data.kind() == kind && **data != Data::Dirac;
    Data::ALL.iter().filter(dense).filter_map(of)
}

#[test]
fn the_data_of_the_dirac_gan_are_all_zero() {
    let spec = RunSpec::of(Data::Dirac);
    assert!(rows(&spec).is_some_and(|rows| rows.len() == 65_536 && rows.iter().all(|x| *x == 0.0)));
    let data = Distribution::of(&spec).expect("a toy");
    assert_eq!((data.cdf(-1e-9), data.cdf(0.0), data.mass(&[0.0], &[0.1])), (0.0, 1.0, 1.0));
    let masses = data.bin_masses(100);
    assert_eq!((masses.iter().sum::<f64>(), masses[50]), (1.0, 1.0));
    let drawn: f64 = data.density_grid(240).iter().sum::<f64>() * 6.0 / 240.0;
    assert!((drawn - 1.0).abs() < 1e-12, "{drawn}");
}

fn draws(data: &Distribution, seed: u32) -> Vec<[f64; 2]> {
    let mut rng = CounterRng::new(seed, 9, 0);
    (0..DRAWS).map(|_| data.sample(&mut rng)).collect()
}

/// √n · sup |F_n − F| (Kolmogorov); above 1.95 with probability 0.001 under the null hypothesis.
fn kolmogorov(data: &Distribution, samples: &[[f64; 2]]) -> f64 {
    let mut x: Vec<f64> = samples.iter().map(|p| p[0]).collect();
    x.sort_unstable_by(f64::total_cmp);
    let n = x.len() as f64;
    let gap = |(i, x): (usize, &f64)| {
        let f = data.cdf(*x);
        (f - i as f64 / n).abs().max(((i + 1) as f64 / n - f).abs())
    };
    x.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}

/// (χ² − dof) / √(2 dof) over a 30×30 grid and what lies outside; cells that expect fewer than 10 are pooled.
fn chi_square(data: &Distribution, samples: &[[f64; 2]]) -> f64 {
    const SIDE: usize = 30;
    let masses = data.bin_masses(SIDE);
    let mut seen = vec![0.0; masses.len()];
    for [x, y] in samples {
        let cell = |v: f64| ((v + 1.0) / 2.0 * SIDE as f64).floor();
        let inside = [*x, *y].iter().all(|v| (0.0..SIDE as f64).contains(&cell(*v)));
        seen[if inside { cell(*y) as usize * SIDE + cell(*x) as usize } else { SIDE * SIDE }] +=
            1.0;
    }
    let (mut chi, mut dof, mut pool) = (0.0, -1.0, (0.0, 0.0));
    for (mass, seen) in masses.iter().zip(seen) {
        let expected = mass * samples.len() as f64;
        if expected < 10.0 {
            pool = (pool.0 + expected, pool.1 + seen);
        } else {
            chi += (seen - expected).powi(2) / expected;
            dof += 1.0;
        }
    }
    // Half a sample stands in for a pool that expects nothing.
    chi += (pool.1 - pool.0).powi(2) / pool.0.max(0.5);
    (chi - dof - 1.0) / (2.0 * (dof + 1.0)).sqrt()
}

/// The same samples from a set that is a little off: 15 % more spread, or all moved by 0.03.
fn faulty(data: Data, samples: &[[f64; 2]]) -> [Vec<[f64; 2]>; 2] {
    let wide = match data.default_sigma() {
        Some(sigma) => draws(&Distribution::new(data, sigma * 1.15 + 0.01).expect("a toy"), 5),
        None => samples.iter().map(|p| p.map(|x| 1.15 * x)).collect(),
    };
    [wide, samples.iter().map(|p| [p[0] + 0.03, p[1]]).collect()]
}

#[test]
fn samples_on_the_line_follow_the_distribution_function() {
    for (name, data) in toys(DataKind::Line) {
        let samples = draws(&data, 5);
        assert!(kolmogorov(&data, &samples) < 1.95, "{name:?}: {}", kolmogorov(&data, &samples));
        for fault in faulty(name, &samples) {
            assert!(kolmogorov(&data, &fault) > 3.0, "{name:?}: {}", kolmogorov(&data, &fault));
        }
    }
}

#[test]
fn samples_in_the_plane_follow_the_cell_masses() {
    for (name, data) in toys(DataKind::Plane) {
        let samples = draws(&data, 5);
        assert!(
            chi_square(&data, &samples).abs() < 4.0,
            "{name:?}: {}",
            chi_square(&data, &samples)
        );
        for fault in faulty(name, &samples) {
            assert!(chi_square(&data, &fault) > 20.0, "{name:?}: {}", chi_square(&data, &fault));
        }
    }
}

#[test]
fn densities_are_the_derivatives_of_the_masses() {
    for (name, data) in toys(DataKind::Line).chain(toys(DataKind::Plane)) {
        let (lo, hi) = data.view();
        let fine: usize = if data.dim() == 1 { 60_000 } else { 1200 };
        let cell = ((hi - lo) / fine as f64).powi(data.dim() as i32);
        let sum: f64 = data.density_grid(fine).iter().sum::<f64>() * cell;
        let mass = 1.0 - data.bin_masses(10).last().expect("outside");
        // The middle of a cell stands for it; the checkerboard's edges make that first-order.
        let tolerance = if name == Data::Checkerboard { 5e-3 } else { 1e-4 };
        assert!((sum - mass).abs() < tolerance, "{name:?}: {sum} {mass}");
        let everywhere = data.mass(&[-60.0, -60.0][..data.dim()], &[60.0, 60.0][..data.dim()]);
        assert!((everywhere - 1.0).abs() < 1e-9, "{name:?}: {everywhere}");
        assert!(mass > 0.95, "{name:?} lies in its view: {mass}");
    }
}

#[test]
fn grids_agree_with_points() {
    for (name, data) in toys(DataKind::Line).chain(toys(DataKind::Plane)) {
        let (lo, hi) = data.view();
        let step = (hi - lo) / 16.0;
        let (grid, masses) = (data.density_grid(16), data.bin_masses(16));
        let peak = grid.iter().copied().fold(0.0, f64::max);
        for (i, density) in grid.iter().enumerate() {
            let corner = [lo + step * (i % 16) as f64, lo + step * (i / 16) as f64];
            let (from, to) = (&corner[..data.dim()], &corner.map(|c| c + step)[..data.dim()]);
            let middle = corner.map(|c| c + 0.5 * step);
            assert!(
                (density - data.density(&middle[..data.dim()])).abs() <= 1e-12 * peak,
                "{name:?} {i}"
            );
            assert!((masses[i] - data.mass(from, to)).abs() <= 1e-12, "{name:?} {i}");
        }
    }
}

/// I₀(x) e^−x by its integral (1/π) ∫ exp(x (cos θ − 1)) dθ over [0, π], which the midpoint rule takes exactly.
fn bessel_i0e(x: f64) -> f64 {
    let n = 20_000;
    let at =
        |i: i32| (x * ((f64::from(i) + 0.5) * std::f64::consts::PI / f64::from(n)).cos() - x).exp();
    (0..n).map(at).sum::<f64>() / f64::from(n)
}

#[test]
fn quadrature_along_curves_meets_the_closed_forms() {
    for sigma in [0.001, 0.005, 0.02, 0.3] {
        let (ring, segment) = (
            Distribution::new(Data::Ring, sigma).expect("toy"),
            Distribution::new(Data::Segment, sigma).expect("toy"),
        );
        for step in 0..60 {
            let off = sigma * (f64::from(step) / 10.0 - 3.0);
            // The noisy circle: Rice's law of the radius over 2πr.
            let r = 0.6 + off;
            let exact = (-(r - 0.6).powi(2) / (2.0 * sigma * sigma)).exp()
                * bessel_i0e(0.6 * r / (sigma * sigma))
                / (2.0 * std::f64::consts::PI * sigma * sigma);
            let peak = 1.0
                / (2.0 * std::f64::consts::PI * 0.6 * sigma * (2.0 * std::f64::consts::PI).sqrt());
            let angle = f64::from(step);
            let got = ring.density(&[r * angle.cos(), r * angle.sin()]);
            assert!(
                (got - exact).abs() < 1e-6 * peak.max(exact),
                "ring {sigma} {step}: {got} {exact}"
            );
            // The noisy segment, across its first end: normal across times a difference of erf along.
            let length = (1.5f64 * 1.5 + 0.6 * 0.6).sqrt();
            let (ux, uy) = (-1.5 / length, 0.6 / length);
            let (along, across) = (off, 0.5 * sigma);
            let phi = |x: f64| 0.5 * libm::erfc(-x / 2f64.sqrt());
            let exact = (-0.125f64).exp() / (sigma * (2.0 * std::f64::consts::PI).sqrt())
                * (phi(along / sigma) - phi((along - length) / sigma))
                / length;
            let got =
                segment.density(&[0.6 + ux * along - uy * across, 0.2 + uy * along + ux * across]);
            assert!(
                (got - exact).abs() < 1e-6 / (length * sigma),
                "segment {sigma} {step}: {got} {exact}"
            );
        }
    }
}

#[test]
fn known_values() {
    let bimodal = Distribution::new(Data::Bimodal, 0.3).expect("toy");
    assert!((bimodal.cdf(0.0) - 0.5).abs() < 1e-15);
    let two = Distribution::new(Data::Gaussians, 0.0).expect("toy");
    let peak = 0.5 / (2.0 * std::f64::consts::PI * 0.04);
    assert!((two.density(&[-0.4, 0.4]) / peak - 1.0).abs() < 1e-6);
    let board = Distribution::new(Data::Checkerboard, 0.0).expect("toy");
    assert!((board.density(&[-0.8, -0.8]) - 1.0 / (8.0 * 0.45 * 0.45)).abs() < 1e-12);
    assert!(board.density(&[-0.4, -0.8]).abs() < 1e-15);
    let modes =
        Distribution::new(Data::Ring8, 0.007).expect("toy").modes().expect("a mixture").clone();
    assert_eq!((modes.centres.len(), modes.stds[3]), (8, [0.007, 0.007]));
    assert!(Distribution::of(&RunSpec::of(Data::Mnist)).is_none());
}

#[test]
fn quantiles_invert_the_normal_law() {
    for p in [1e-12, 1e-6, 0.01, 0.3, 0.5, 0.8, 0.975, 0.999_999] {
        let back = 0.5 * libm::erfc(-normal_quantile(p) / 2f64.sqrt());
        assert!((back / p - 1.0).abs() < 1e-10, "{p} {back}");
    }
    assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
}

#[test]
fn tables_are_functions_of_the_spec() {
    let spec = RunSpec::of(Data::Ring8).with("rows", "100").expect("fine");
    let table = rows(&spec).expect("toy");
    assert_eq!(table.len(), 200);
    assert_eq!(rows(&spec), Some(table.clone()));
    let longer = rows(&spec.with("rows", "200").expect("fine")).expect("toy");
    assert_eq!(longer[..200], table[..]);
    assert_ne!(rows(&spec.with("seed", "2").expect("fine")), Some(table));
    assert_eq!(rows(&RunSpec::of(Data::Bimodal)).map(|t| t.len()), Some(65_536));
    assert!(rows(&RunSpec::of(Data::Mnist)).is_none());
}

/// A run on these rows of a file.
fn on_rows(dim: u32, values: &[f32], sigma: f64) -> RunSpec {
    let rows = Arc::new(Cloud::of_values(dim, values));
    let data = if dim == 1 { "column" } else { "file" };
    let spec = RunSpec::default().with("data", data).expect("a set");
    let spec = spec.with("file", &rows.mark().text()).expect("a mark");
    assert!(Distribution::of(&spec).is_none(), "its rows are not there yet");
    spec.supplied(&rows).expect("its rows").with("sigma", &sigma.to_string()).expect("rows stay")
}

#[test]
fn rows_of_a_file_are_their_kernel_density_estimate() {
    let values = [-1.0, -1.0, 0.5, 2.5, 0.5];
    let column = Distribution::of(&on_rows(1, &values, 0.2)).expect("rows");
    let bell = |x: f64, mean: f64| {
        (-0.5 * ((x - mean) / 0.2).powi(2)).exp() / (0.2 * (2.0 * std::f64::consts::PI).sqrt())
    };
    for x in [-3.0, -1.1, 0.0, 0.5, 2.4] {
        let exact = values.iter().map(|at| bell(x, f64::from(*at))).sum::<f64>() / 5.0;
        // Rows lie on a lattice: half a level of 6 / 4096 off at most.
        assert!((column.density(&[x]) - exact).abs() < 0.01, "{x}");
    }
    assert!(kolmogorov(&column, &draws(&column, 4)) < 1.95);
    let wider = Distribution::of(&on_rows(1, &values, 0.25)).expect("rows");
    assert!(kolmogorov(&column, &draws(&wider, 4)) > 3.0);
    for (dim, n) in [(1, 3), (2, 2)] {
        let data = Distribution::of(&on_rows(
            dim,
            &[0.4, -0.3, 0.4, 0.9, 0.1, 0.4][..n * dim as usize],
            0.05,
        ));
        let data = data.expect("rows");
        let (grid, masses) = (data.density_grid(8), data.bin_masses(8));
        let (lo, hi) = data.view();
        let step = (hi - lo) / 8.0;
        for (i, density) in grid.iter().enumerate() {
            let corner = [lo + step * (i % 8) as f64, lo + step * (i / 8) as f64];
            let middle = corner.map(|c| c + 0.5 * step);
            let (from, to) = (&corner[..data.dim()], &corner.map(|c| c + step)[..data.dim()]);
            assert!((density - data.density(&middle[..data.dim()])).abs() < 1e-9, "{dim} {i}");
            assert!((masses[i] - data.mass(from, to)).abs() < 1e-12, "{dim} {i}");
        }
    }
}

#[test]
fn a_hundred_thousand_rows_take_no_time() {
    let mut rng = CounterRng::new(1, 2, 3);
    let ring = Distribution::new(Data::Ring, 0.05).expect("a toy");
    let values: Vec<f32> =
        (0..DRAWS).flat_map(|_| ring.sample(&mut rng)).map(|x| x as f32).collect();
    let data = Distribution::of(&on_rows(2, &values, 0.02)).expect("rows");
    let begun = std::time::Instant::now();
    let masses = data.bin_masses(30);
    // Some 10 ms; 3.6 s where each row goes its own way. Without optimisation ten times that.
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
    assert!((masses.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(chi_square(&data, &draws(&data, 6)).abs() < 4.0);
}

#[test]
fn a_drawn_density_is_linear_between_its_heights() {
    let flat = RunSpec::of(Data::Curve).with("points", &"B".repeat(HEIGHTS)).expect("a curve");
    let flat = Distribution::of(&flat).expect("a curve");
    assert!((flat.density(&[1.2]) - 1.0 / 6.0).abs() < 1e-12);
    let tent = format!("{}B{}", "A".repeat(31), "A".repeat(32));
    let tent = RunSpec::of(Data::Curve).with("points", &tent).expect("a curve");
    let tent = Distribution::of(&tent).expect("a curve");
    let (top, width) = (-3.0 + 31.0 * 6.0 / 63.0, 6.0 / 63.0);
    assert!((tent.density(&[top + 0.5 * width]) - 0.5 / width).abs() < 1e-9);
    assert!((tent.cdf(top) - 0.5).abs() < 1e-12);
    assert!(kolmogorov(&tent, &draws(&tent, 5)) < 1.95);
}

proptest! {
    #[test]
    fn drawn_points_round_trip(cells in prop::collection::vec([0u16..4096, 0u16..4096], 1..300)) {
        let cloud = Cloud { dim: 2, cells };
        let spec = RunSpec::of(Data::Drawn).with("points", &cloud.text()).expect("points");
        prop_assert_eq!(spec.own().cloud().map(|c| (**c).clone()), Some(cloud.clone()));
        prop_assert_eq!(Cloud::of_values(2, &cloud.values()), cloud);
        let masses = Distribution::of(&spec).expect("points").bin_masses(20);
        prop_assert!((masses.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn drawn_heights_round_trip_and_integrate_to_one(heights in prop::collection::vec(0u8..64, HEIGHTS)) {
        let heights: [u8; HEIGHTS] = heights.try_into().expect("as many");
        prop_assume!(heights.iter().any(|h| *h > 0));
        let text = adversaria_core::spec::heights_text(&heights);
        let spec = RunSpec::of(Data::Curve).with("points", &text).expect("heights");
        prop_assert_eq!(spec.get("points"), Ok(text));
        let curve = Distribution::of(&spec).expect("a curve");
        prop_assert!((curve.mass(&[-3.0], &[3.0]) - 1.0).abs() < 1e-9);
        prop_assert!((curve.density_grid(6300).iter().sum::<f64>() * 6.0 / 6300.0 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn levels_are_the_nearest(x in -1.5..1.5f64) {
        let back = coordinate(level(x, 1.0), 1.0);
        prop_assert!((back - x.clamp(-1.0, 1.0)).abs() <= 0.5 / 2048.0 + 1e-12);
    }
}
