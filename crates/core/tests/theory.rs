//! Holds the integrals of theorem 1 to closed forms.

use adversaria_core::data::Distribution;
use adversaria_core::rng::CounterRng;
use adversaria_core::spec::Data;
use adversaria_core::theory::{Affine, Theorem};

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} is not {b} within {tolerance}");
}

fn toy(data: Data) -> Distribution {
    Distribution::new(data, data.default_sigma().unwrap_or(0.0)).expect("a toy")
}

#[test]
fn equal_laws_have_the_floor_as_their_value() {
    let equal = Theorem::new(&toy(Data::Gaussian1d), &Affine::line(-0.5, 0.5), 8.0, 4000);
    close(equal.jsd(), 0.0, 1e-12);
    close(equal.total_variation(), 0.0, 1e-9);
    close(equal.value_optimal(), -(4.0_f64.ln()), 1e-12);
    close(equal.value(&vec![0.0; 4000]), -(4.0_f64.ln()), 1e-9);
    let (of_data, of_model) = equal.mass();
    close(of_data, 1.0, 1e-9);
    close(of_model, 1.0, 1e-9);
}

#[test]
fn normals_apart_have_their_total_variation() {
    // N(0.5, 0.5²) against N(−0.5, 0.5²): TV = 2 Φ(1) − 1.
    let apart = Theorem::new(&toy(Data::Gaussian1d), &Affine::line(0.5, -0.5), 8.0, 8000);
    close(apart.total_variation(), 0.682_689_492_137, 1e-6);
    // D* is σ of the log ratio, 4x here, and V of it is the optimum.
    let a: Vec<f32> = apart.points.iter().map(|x| 4.0 * x).collect();
    close(apart.value(&a), apart.value_optimal(), 1e-6);
    let found = apart.distance(&a, 0.95);
    assert!(found.most < 1e-6 && found.mean < 1e-6, "{found:?}");
    let off: Vec<f32> = a.iter().map(|a| a + 0.1).collect();
    let found = apart.distance(&off, 0.95);
    // σ′ is ¼ at most, where D* is ½.
    close(found.most, 0.025, 2e-4);
    assert!(found.mean > 0.005 && found.mean < found.most, "{found:?}");
    assert!(apart.value(&off) < apart.value_optimal() - 1e-4, "only D* is best");
    let nothing = apart.distance(&vec![f32::NAN; 8000], 0.95);
    assert!(nothing.most.is_nan());
}

#[test]
fn a_tilted_map_has_its_density_and_its_draws() {
    let tilted = Affine::plane([[0.4, -0.2], [0.15, 0.35]], [0.1, -0.1]);
    assert_eq!(tilted.parameters(), [0.4, -0.2, 0.15, 0.35, 0.1, -0.1]);
    let data = toy(Data::Gaussians);
    let theorem = Theorem::new(&data, &tilted, 2.5, 250);
    let (of_data, of_model) = theorem.mass();
    // 2.2e-9 lies outside, and points rounded to single precision make it 1.8e-8 more (redone in numpy).
    close(of_data, 1.0, 3e-8);
    close(of_model, 1.0, 1e-6);
    // (A Aᵀ)⁻¹ of the covariance [[0.2, −0.01], [−0.01, 0.145]].
    let det: f64 = 0.2 * 0.145 - 0.01 * 0.01;
    let (x, y) = (0.3, -0.2);
    let square = (0.145 * x * x + 2.0 * 0.01 * x * y + 0.2 * y * y) / det;
    let exact = (-0.5 * square).exp() / (std::f64::consts::TAU * det.sqrt());
    close(tilted.density(&[0.1 + x, -0.1 + y]), exact, 1e-12);
    let mut rng = CounterRng::new(4, 9, 0);
    let draws: Vec<[f64; 2]> = (0..100_000).map(|_| tilted.sample(&mut rng)).collect();
    let mean = |f: &dyn Fn(&[f64; 2]) -> f64| draws.iter().map(f).sum::<f64>() / 1e5;
    // Five standard errors.
    close(mean(&|p| p[0]), 0.1, 0.007);
    close(mean(&|p| (p[0] - 0.1) * (p[1] + 0.1)), -0.01, 0.003);
    close(mean(&|p| (p[1] + 0.1).powi(2)), 0.145, 0.0033);
}
