//! Holds the figures to closed forms: what is 0 reads 0 within the stated bias, and what is not does not.

use adversaria_core::data::Distribution;
use adversaria_core::metrics::{
    Calibration, Judge, coverage, histogram, histogram_density, jsd, kl, pushforward_density,
    quantile_sweep, total_variation, value_optimal,
};
use adversaria_core::rng::CounterRng;
use adversaria_core::spec::{Address, Cloud, Data, LatentLaw};

const SAMPLES: usize = 100_000;

fn toy(data: Data) -> Distribution {
    Distribution::new(data, data.default_sigma().unwrap_or(0.0)).expect("a toy")
}

fn draws(data: &Distribution, count: usize) -> Vec<f32> {
    let mut rng = CounterRng::new(3, 8, 0);
    (0..count)
        .flat_map(|_| data.sample(&mut rng).map(|x| x as f32).into_iter().take(data.dim()))
        .collect()
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} is not {b} within {tolerance}");
}

#[test]
fn divergences_have_their_closed_forms() {
    let ln2 = 2f64.ln();
    close(kl(&[0.5, 0.5], &[0.25, 0.75]), 0.5 * 2f64.ln() + 0.5 * (2.0 / 3.0f64).ln(), 1e-15);
    close(kl(&[2.0, 2.0], &[7.0, 7.0]), 0.0, 1e-15);
    assert_eq!(kl(&[0.5, 0.5], &[1.0, 0.0]), f64::INFINITY);
    close(kl(&[1.0, 0.0], &[0.5, 0.5]), ln2, 1e-15);
    close(jsd(&[1.0, 0.0], &[0.0, 3.0]), ln2, 1e-15);
    close(
        jsd(&[1.0, 0.0], &[1.0, 1.0]),
        0.5 * (4.0 / 3.0f64).ln() + 0.25 * (2.0 / 3.0f64).ln() + 0.25 * 2f64.ln(),
        1e-15,
    );
    close(value_optimal(0.0), -1.386_294_361_119_890_6, 1e-15);
    close(value_optimal(ln2), 0.0, 1e-15);
    assert!(jsd(&[0.0], &[1.0]).is_nan());
}

#[test]
fn a_perfect_generator_reads_zero_and_a_poor_one_does_not() {
    for data in Data::ALL {
        let usual = data.default_sigma().unwrap_or(0.0);
        // Two atoms in one bin are one to a histogram: nobody judges the Dirac-GAN by it.
        let dense = Some(*data).filter(|data| *data != Data::Dirac);
        let Some(truth) = dense.and_then(|data| Distribution::new(data, usual)) else { continue };
        let samples = draws(&truth, SAMPLES);
        let judge = Judge::new(&truth);
        let right = judge.compare(&samples).expect("samples");
        assert!(right.jsd >= 0.0 && right.jsd < 2.0 * right.bias, "{data:?}: {right:?}");
        close(right.value_optimal, -(4f64.ln()) + 2.0 * right.jsd, 1e-15);
        let side = (2.0 / judge.resolution().width).round() as usize;
        let bins = if truth.dim() == 1 { 100 } else { side * side };
        assert_eq!((right.samples, right.bins), (SAMPLES, bins), "{data:?}");
        assert!(!judge.resolution().is_coarse(), "{data:?}: {:?}", judge.resolution());
        let moved: Vec<f32> = samples.iter().map(|x| x + 0.05).collect();
        let wrong = judge.compare(&moved).expect("samples");
        assert!(wrong.jsd > right.jsd + right.bias, "{data:?}: {} {}", wrong.jsd, right.jsd);
    }
    assert_eq!(Judge::new(&toy(Data::Bimodal)).compare(&[]), None);
}

#[test]
fn what_lies_outside_is_one_more_bin() {
    assert_eq!(
        histogram(
            &[-1.0, -0.01, 0.0, 0.99, 1.0, -1.01, f32::NAN, f32::INFINITY],
            1,
            (-1.0, 1.0),
            2
        ),
        [2.0, 2.0, 4.0]
    );
    let corners = [-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5, 0.5, 1.5, f32::NAN, 0.0];
    assert_eq!(histogram(&corners, 2, (-1.0, 1.0), 2), [1.0, 1.0, 1.0, 1.0, 2.0]);
    assert_eq!(histogram(&[0.5, -0.5, 0.5, -0.5], 2, (-1.0, 1.0), 2), [0.0, 2.0, 0.0, 0.0, 0.0]);
    let far = Judge::new(&toy(Data::Gaussian1d)).compare(&[100.0; 50]).expect("samples");
    close(far.jsd, 2f64.ln(), 1e-5);
}

#[test]
fn modes_and_quality_follow_the_three_sigma_rule() {
    let truth = toy(Data::Ring8);
    let judge = Judge::new(&truth);
    let all = judge.coverage(&draws(&truth, 20_000)).expect("a mixture");
    assert_eq!((all.found, all.modes), (8, 8));
    // P(χ²₂ ≤ 9) = 1 − e^−4.5.
    close(all.quality, 1.0 - (-4.5f64).exp(), 0.002);
    let one = judge.coverage(&[0.7, 0.0, 0.7, 0.149, 0.7, 0.151, 0.0, 0.0]).expect("a mixture");
    assert_eq!((one.found, one.quality, one.counts[0]), (1, 0.5, 2));
    // Anisotropic: 0.5 away along y is 1.25 σ of the second of the two, and 5 σ along x.
    let two = toy(Data::Gaussians);
    let seen = coverage(two.modes().expect("a mixture"), &[0.4, 0.3, 0.9, -0.2]);
    assert_eq!((seen.counts, seen.quality), (vec![0, 1], 0.5));
    let line = toy(Data::Bimodal);
    assert_eq!(coverage(line.modes().expect("a mixture"), &[-1.0, -0.2, 0.0, 1.8]).counts, [2, 1]);
    assert_eq!(Judge::new(&toy(Data::Ring)).coverage(&[0.0, 0.0]), None);
    assert_eq!(judge.coverage(&[]), None);
}

const VIEW: (f64, f64) = (-3.0, 3.0);

fn total(density: &[f64]) -> f64 {
    density.iter().sum::<f64>() * 6.0 / density.len() as f64
}

#[test]
fn the_identity_carries_the_latent_law_over() {
    let sweep = quantile_sweep(LatentLaw::Uniform, 4096);
    for (i, p) in pushforward_density(&sweep, VIEW, 60).iter().enumerate() {
        close(*p, if (20..40).contains(&i) { 0.5 } else { 0.0 }, 2e-3);
    }
    let normal = Distribution::new(Data::Gaussian1d, 1.0).expect("a toy");
    let sweep: Vec<f32> =
        quantile_sweep(LatentLaw::Gaussian, 4096).iter().map(|z| z + 0.5).collect();
    for (p, mass) in pushforward_density(&sweep, VIEW, 60).iter().zip(normal.bin_masses(60)) {
        close(*p, mass * 10.0, 1e-3);
    }
}

#[test]
fn folds_steps_and_constants_keep_their_mass() {
    // |z| of U(−1, 1) is U(0, 1): both halves land on the same cells.
    let folded: Vec<f32> =
        quantile_sweep(LatentLaw::Uniform, 4096).iter().map(|z| z.abs()).collect();
    for (i, p) in pushforward_density(&folded, VIEW, 60).iter().enumerate() {
        close(*p, if (30..40).contains(&i) { 1.0 } else { 0.0 }, 5e-3);
    }
    let constant = pushforward_density(&[0.25; 1000], VIEW, 60);
    close(constant[32], 10.0, 1e-12);
    close(total(&constant), 1.0, 1e-12);
    // A step from −1 to 1 keeps half on each side but for the one interval that jumps.
    let step: Vec<f32> =
        quantile_sweep(LatentLaw::Gaussian, 1000).iter().map(|z| z.signum()).collect();
    let density = pushforward_density(&step, VIEW, 60);
    close(total(&density), 1.0, 1e-9);
    close(density[20] / 10.0, 0.4995, 1e-4);
    close(density[40] / 10.0, 0.4995, 1e-4);
    // What leaves the view leaves the sum.
    let half_out: Vec<f32> =
        quantile_sweep(LatentLaw::Uniform, 1000).iter().map(|z| 6.0 * z).collect();
    close(total(&pushforward_density(&half_out, VIEW, 60)), 0.5, 1e-3);
    close(total(&pushforward_density(&[f32::NAN; 10], VIEW, 60)), 0.0, 0.0);
    close(total(&pushforward_density(&[3.0; 10], VIEW, 60)), 0.0, 0.0);
    assert!(pushforward_density(&[], VIEW, 60).iter().all(|p| *p == 0.0));
}

#[test]
fn histogram_density_integrates_to_what_is_in_view() {
    let density = histogram_density(&[0.05, 0.05, 2.95, 7.0], VIEW, 60);
    close(density[30], 5.0, 1e-12);
    close(total(&density), 0.75, 1e-12);
}

#[test]
fn total_variation_has_its_closed_form() {
    close(total_variation(&[0.5, 0.5], &[0.25, 0.75]), 0.25, 1e-15);
    close(total_variation(&[1.0, 0.0], &[0.0, 3.0]), 1.0, 1e-15);
    close(total_variation(&[2.0, 6.0], &[1.0, 3.0]), 0.0, 1e-15);
}

/// What is left of a figure of equal laws when chance's mean is taken away, and five of its spreads: a set of samples in
/// a million lies farther out, and there are about eighty figures here.
const SPREADS: f64 = 5.0;
/// What is planted, in each coordinate.
const SHIFT: f64 = 0.3;
/// A shift along the diagonal of the plane is √2 times as long, and its mean over directions is 2/π of that.
const SLICED: f64 = std::f64::consts::SQRT_2 * std::f64::consts::FRAC_2_PI;

#[test]
fn every_figure_of_equal_laws_is_chance_and_of_others_it_is_not() {
    let count = 10_000;
    for data in Data::ALL {
        let usual = data.default_sigma().unwrap_or(0.0);
        let Some(truth) = Distribution::new(*data, usual) else { continue };
        // Nobody judges the Dirac-GAN: all its samples are one point, and chance has no part in it.
        if *data == Data::Dirac {
            continue;
        }
        let judge = Judge::new(&truth);
        let chance = Calibration::whole(&judge, count).expect("samples");
        let own = draws(&truth, count);
        let right = judge.compare(&own).expect("samples");
        // By more than chance, in its spreads.
        let far = |c: &adversaria_core::metrics::Comparison| {
            [
                (c.jsd - chance.jsd.mean) / chance.jsd.std,
                (c.kl_data_model - chance.kl_data_model.mean) / chance.kl_data_model.std,
                (c.kl_model_data - chance.kl_model_data.mean) / chance.kl_model_data.std,
                (c.total_variation - chance.total_variation.mean) / chance.total_variation.std,
                (c.wasserstein - chance.wasserstein.mean) / chance.wasserstein.std,
                (c.mmd2 - chance.mmd2.mean) / chance.mmd2.std,
            ]
        };
        assert!(far(&right).iter().all(|off| off.abs() < SPREADS), "{data:?}: {:?}", far(&right));
        assert!(chance.mmd2.mean.abs() < 3.0 * chance.mmd2.std, "{data:?}: {:?}", chance.mmd2);
        // 0 is what they read but for little: KL is about 4 JSD near 0.
        assert!(chance.jsd.mean < 0.04, "{data:?}: {:?}", chance.jsd);
        for kl in [chance.kl_data_model, chance.kl_model_data] {
            assert!(kl.mean > 0.0 && kl.mean < 5.0 * chance.jsd.mean, "{data:?}: {kl:?}");
        }
        // The exact mean is that of sixteen sets but for their own error.
        let off = (right.bias - chance.jsd.mean) / (chance.jsd.std / 4.0);
        assert!(off.abs() < SPREADS, "{data:?}: {} {:?}", right.bias, chance.jsd);
        let moved: Vec<f32> = own.iter().map(|x| x + SHIFT as f32).collect();
        let wrong = judge.compare(&moved).expect("samples");
        assert!(far(&wrong).iter().all(|off| *off > SPREADS), "{data:?}: {:?}", far(&wrong));
        let length = if truth.dim() == 1 { SHIFT } else { SHIFT * SLICED };
        close(wrong.wasserstein, length, 0.1 * length);
        // The same answer, whenever it is asked.
        assert_eq!(Calibration::whole(&judge, count), Some(chance));
    }
}

/// JSD of N(0, a² I) and N(0, b² I) in the plane, which depends on the radius alone: nats.
fn jsd_of_round_normals(a: f64, b: f64) -> f64 {
    let density = |r: f64, s: f64| r / (s * s) * (-0.5 * (r / s).powi(2)).exp();
    let step = a.min(b) / 200.0;
    let radii = (0..(8.0 * a.max(b) / step) as usize).map(|i| (i as f64 + 0.5) * step);
    let (p, q): (Vec<f64>, Vec<f64>) = radii.map(|r| (density(r, a), density(r, b))).unzip();
    jsd(&p, &q)
}

#[test]
fn bins_see_needles_or_say_what_they_do_not_see() {
    let needles = Distribution::new(Data::Ring8, 0.007).expect("a toy");
    let (usual, fine) = (Judge::with_side(&needles, 30), Judge::new(&needles));
    for wide in [0.014, 0.021] {
        let truth = jsd_of_round_normals(0.007, wide);
        let samples = draws(&Distribution::new(Data::Ring8, wide).expect("a toy"), SAMPLES);
        let read = |judge: &Judge| judge.compare(&samples).expect("samples").jsd;
        assert!(read(&usual) < 0.3 * truth, "{wide}: {} of {truth}", read(&usual));
        close(read(&fine), truth, 0.15 * truth);
        // What the coarse ones say is a bound from below, and what they may miss holds what they do.
        assert!(read(&usual) + usual.resolution().unseen > truth, "{:?}", usual.resolution());
    }
    assert!(usual.resolution().is_coarse() && usual.resolution().unseen > 0.4);
    assert!(!fine.resolution().is_coarse() && fine.resolution().unseen < 0.05);
    // By chance the finer ones read little more: there is nothing in most of them.
    assert!(fine.jsd_by_chance(10_000) < 0.02, "{}", fine.jsd_by_chance(10_000));
    // Narrower still, and bins fine enough are not to be had.
    let hairs = Judge::new(&Distribution::new(Data::Ring8, 0.001).expect("a toy"));
    assert!(hairs.resolution().is_coarse() && hairs.resolution().unseen > 0.4);
}

#[test]
fn bins_stay_wide_where_finer_ones_would_read_chance() {
    // A sharp board's noise asks for no finer bins, and the usual scenes keep theirs.
    for (data, sigma) in [(Data::Checkerboard, 0.001), (Data::Ring8, 0.05), (Data::Ring, 0.05)] {
        let judge = Judge::new(&Distribution::new(data, sigma).expect("a toy"));
        close(judge.resolution().width, 2.0 / 30.0, 1e-12);
    }
    // Points all over the view: in 200 × 200 bins 10,000 samples would be noise.
    let cells = (0..1600).map(|i| [51 + 102 * (i % 40), 51 + 102 * (i / 40)]).collect();
    let points = Cloud { dim: 2, cells }.text();
    let address = format!("data=drawn&sigma=0.01&points={points}");
    let spec = Address::parse(&address).expect("allowed").spec;
    let judge = Judge::new(&Distribution::of(&spec).expect("a density"));
    assert!(judge.jsd_by_chance(10_000) < 0.04, "{}", judge.jsd_by_chance(10_000));
    assert!(judge.resolution().is_coarse(), "{:?}", judge.resolution());
}

#[test]
fn wasserstein_reaches_as_far_as_the_data() {
    for (data, length) in [(Data::Ring8, SLICED), (Data::Gaussian1d, 1.0)] {
        let wide = Distribution::new(data, 2.0).expect("a toy");
        let moved: Vec<f32> = draws(&wide, SAMPLES).iter().map(|x| x + 1.0).collect();
        let seen = Judge::new(&wide).compare(&moved).expect("samples").wasserstein;
        close(seen, length, 0.03 * length);
    }
}

#[test]
fn wasserstein_on_the_line_has_its_closed_forms() {
    let normal = Distribution::new(Data::Gaussian1d, 0.5).expect("a toy");
    let judge = Judge::new(&normal);
    let of = |samples: &[f32]| judge.compare(samples).expect("samples").wasserstein;
    // E|X − m| of N(m, 0.5²) is 0.5 √(2/π); of a place ten away it is 10, beyond the cells too.
    close(of(&[0.5; 7]), 0.5 * std::f64::consts::FRAC_2_PI.sqrt(), 1e-6);
    close(of(&[-9.5]), 10.0, 1e-6);
    close(of(&[10.5, 10.5]), 10.0, 1e-6);
    // Quantiles of another width: E|0.5 z − 0.75 z|.
    let wide: Vec<f32> =
        quantile_sweep(LatentLaw::Gaussian, 20_000).iter().map(|z| 0.5 + 0.75 * z).collect();
    close(of(&wide), 0.25 * std::f64::consts::FRAC_2_PI.sqrt(), 1e-4);
    assert!(of(&[0.0, f32::NAN]).is_nan() && of(&[f32::INFINITY]).is_nan());
}

#[test]
fn the_discrepancy_of_normals_has_its_closed_form() {
    // With kernel width s, E k(x, y) of N(a, u²) and N(b, v²) is s / √(s² + u² + v²) exp(−(a − b)² / 2(s² + u² + v²)).
    let normal = Distribution::new(Data::Gaussian1d, 0.5).expect("a toy");
    let judge = Judge::new(&normal);
    let s = judge.bandwidth();
    // The median of |x − y|, which is N(0, 2 · 0.5²) folded: 0.6745 √2 · 0.5.
    close(s, 0.477, 0.05);
    let mean = |gap: f64, u: f64, v: f64| {
        let width = s * s + u * u + v * v;
        s / width.sqrt() * (-gap * gap / (2.0 * width)).exp()
    };
    let exact = mean(0.0, 0.5, 0.5) + mean(0.0, 0.25, 0.25) - 2.0 * mean(1.0, 0.5, 0.25);
    let mut rng = CounterRng::new(11, 3, 0);
    let other = Distribution::new(Data::Gaussian1d, 0.25).expect("a toy");
    let samples: Vec<f32> = (0..500).map(|_| other.sample(&mut rng)[0] as f32 - 1.0).collect();
    // Four standard errors of 500 samples against 1000.
    close(judge.compare(&samples).expect("samples").mmd2, exact, 0.1);
    assert!(judge.compare(&[0.5]).expect("a sample").mmd2.is_nan());
}
