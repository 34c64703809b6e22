//! The nets of papers as runs: names of their tensors, what moves when, and their arithmetic redone from a trace.

use std::collections::BTreeMap;

use adversaria_core::images::{ImageSet, PACK_MAGIC, PACK_VERSION};
use adversaria_core::spec::Address;
use adversaria_engine::{Checkpoint, Contender, Run, Verdict, audit, build_table, compare};
use adversaria_kernels::cpu::{CpuBackend, Isa};
use adversaria_protocol::Step;
use safetensors::SafeTensors;

const PACGAN: &str = "data=ring8&sigma=0.007&rows=1000&g=pacgan-2d&d=pacgan-2d&batch=13&seed=4";

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f64>)>;

fn tensors(bytes: &[u8]) -> Tensors {
    let file = SafeTensors::deserialize(bytes).expect("safetensors");
    let floats = |data: &[u8]| {
        data.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
    };
    file.tensors()
        .into_iter()
        .map(|(name, view)| (name, (view.shape().to_vec(), floats(view.data()))))
        .collect()
}

fn run(address: &str) -> Run {
    let spec = Address::parse(address).expect("a valid address").spec;
    let table = build_table(&spec, None).expect("a toy needs no images");
    Run::new(spec, table, Box::new(CpuBackend::detect())).expect("it fits")
}

fn state(run: &mut Run) -> Tensors {
    tensors(&run.checkpoint().expect("it reads"))
}

#[test]
fn tensors_are_named_as_torch_counts_modules() {
    let all = state(&mut run(&format!("{PACGAN}&ema=0.9")));
    let shape = |name: &str| all.get(name).unwrap_or_else(|| panic!("no {name}")).0.clone();
    for (linear, input) in [(0, 2), (3, 400), (6, 400), (9, 400)] {
        assert_eq!(shape(&format!("generator.{linear}.weight")), [400, input]);
        assert!(!all.contains_key(&format!("generator.{linear}.bias")), "BatchNorm has the bias");
        for (name, value) in
            [("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)]
        {
            let (shape, values) = &all[&format!("generator.{}.{name}", linear + 1)];
            assert_eq!(shape, &[400]);
            assert!(values.iter().all(|x| *x == value), "{name}");
        }
    }
    assert_eq!(shape("generator.12.weight"), [2, 400]);
    assert_eq!(shape("generator.12.bias"), [2]);
    assert_eq!(shape("average.generator.4.weight"), [400]);
    assert_eq!(shape("optim.g.4.bias.exp_avg"), [400]);
    for (linear, out, input) in [(0, 1000, 2), (2, 1000, 200), (4, 1000, 200), (6, 1, 200)] {
        assert_eq!(shape(&format!("discriminator.{linear}.weight")), [out, input]);
        assert_eq!(shape(&format!("discriminator.{linear}.bias")), [out]);
    }
    // N(0, 0.02²), of 160,000 numbers.
    let weights = &all["generator.3.weight"].1;
    let square = weights.iter().map(|w| w * w).sum::<f64>() / weights.len() as f64;
    assert!((square.sqrt() - 0.02).abs() < 2e-4, "{}", square.sqrt());
}

#[test]
fn running_statistics_move_with_the_generator_and_resume() {
    let mut first = run(PACGAN);
    let start = state(&mut first);
    first.step(Step::Discriminator).expect("it runs");
    let name = "generator.4.running_var";
    assert_eq!(state(&mut first)[name], start[name]);
    first.step(Step::Generator).expect("it runs");
    assert_ne!(state(&mut first)[name], start[name]);
    let bytes = first.checkpoint().expect("it reads");
    let checkpoint = Checkpoint::parse(&bytes).expect("its own checkpoint");
    let table = build_table(checkpoint.start(), None).expect("a toy");
    let mut second = checkpoint.resume(table, Box::new(CpuBackend::detect())).expect("it goes on");
    for run in [&mut first, &mut second] {
        run.advance(3).expect("it runs");
    }
    assert_eq!(first.checkpoint().expect("reads"), second.checkpoint().expect("reads"));
    let [a, b] = [&mut first, &mut second].map(|run| run.sample(5, false).expect("it draws"));
    assert_eq!(a, b);
}

/// y = x Wᵀ + b of points `[n, in]`.
fn linear(all: &Tensors, name: &str, x: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (shape, weight) = &all[&format!("{name}.weight")];
    let zeros = vec![0.0; shape[0]];
    let bias = all.get(&format!("{name}.bias")).map_or(&zeros, |bias| &bias.1);
    let dot = |row: &[f64], x: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    x.iter()
        .map(|x| weight.chunks(shape[1]).zip(bias).map(|(row, b)| dot(row, x) + b).collect())
        .collect()
}

/// Means and biased variances of each feature.
fn moments(x: &[Vec<f64>]) -> Vec<(f64, f64)> {
    let n = x.len() as f64;
    (0..x[0].len())
        .map(|i| {
            let mean = x.iter().map(|row| row[i]).sum::<f64>() / n;
            (mean, x.iter().map(|row| (row[i] - mean).powi(2)).sum::<f64>() / n)
        })
        .collect()
}

/// G of pacgan-2d by batch statistics, and those of its first layer.
fn generate(all: &Tensors, z: &[Vec<f64>]) -> (Vec<Vec<f64>>, Vec<(f64, f64)>) {
    let (mut h, mut first) = (z.to_vec(), None);
    for module in [0, 3, 6, 9] {
        h = linear(all, &format!("init/generator.{module}"), &h);
        let moments = moments(&h);
        let vector = |name: &str| &all[&format!("init/generator.{}.{name}", module + 1)].1;
        let (gamma, beta) = (vector("weight"), vector("bias"));
        for x in &mut h {
            for (i, x) in x.iter_mut().enumerate() {
                let (mean, variance) = moments[i];
                *x = (gamma[i] * (*x - mean) / (variance + 1e-5).sqrt() + beta[i]).max(0.0);
            }
        }
        first.get_or_insert(moments);
    }
    (linear(all, "init/generator.12", &h), first.expect("a layer"))
}

/// a(x) of D with maxout of 5 pieces.
fn score(all: &Tensors, x: &[Vec<f64>]) -> Vec<f64> {
    let mut h = x.to_vec();
    for module in [0, 2, 4] {
        h = linear(all, &format!("init/discriminator.{module}"), &h);
        let largest = |piece: &[f64]| piece.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        h = h.iter().map(|x| x.chunks(5).map(largest).collect()).collect();
    }
    linear(all, "init/discriminator.6", &h).concat()
}

fn points(all: &Tensors, name: &str) -> Vec<Vec<f64>> {
    let (shape, values) = &all[name];
    values.chunks(shape[1]).map(<[f64]>::to_vec).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let all: Vec<f64> = values.collect();
    all.iter().sum::<f64>() / all.len() as f64
}

/// The losses and the running statistics of the first iteration, by another program.
#[test]
fn a_trace_of_pacgan_is_redone() {
    let address = format!("{PACGAN}&order=simultaneous");
    let spec = Address::parse(&address).expect("a valid address").spec;
    let table = build_table(&spec, None).expect("a toy needs no images");
    let all = tensors(&audit(spec, 1, table, Box::new(CpuBackend::detect())).expect("it runs"));
    let (x, z) = (points(&all, "update/000000/x"), points(&all, "update/000000/z"));
    assert_eq!(z, points(&all, "update/000001/z"));
    let (fake, first) = generate(&all, &z);
    let softplus = |a: f64| a.max(0.0) + (-a.abs()).exp().ln_1p();
    let (real, fake) = (score(&all, &x), score(&all, &fake));
    let loss_d = mean(real.iter().map(|a| softplus(-a))) + mean(fake.iter().map(|a| softplus(*a)));
    let loss_g = mean(fake.iter().map(|a| softplus(-a)));
    for (update, loss) in [("000000", loss_d), ("000001", loss_g)] {
        let told = all[&format!("update/{update}/loss")].1[0];
        assert!((told - loss).abs() < 1e-4, "{told} for {loss}");
    }
    let found = |name: &str| all[&format!("final/generator.1.{name}")].1.clone();
    let (means, variances) = (found("running_mean"), found("running_var"));
    for (i, (mean, variance)) in first.into_iter().enumerate() {
        assert!((means[i] - 0.1 * mean).abs() < 1e-6, "{} for {mean}", means[i]);
        let unbiased = variance * 13.0 / 12.0;
        assert!((variances[i] - (0.9 + 0.1 * unbiased)).abs() < 1e-6, "{}", variances[i]);
    }
}

#[test]
fn the_scalar_twins_agree_with_simd() {
    let small = "data=ring8&g=9,9&d=7,6&gact=maxout:2&dact=maxout:5&batch=30&loss=leastsquares";
    for (address, iterations) in [(PACGAN, 2), (small, 60)] {
        let spec = Address::parse(address).expect("a valid address").spec;
        let table = build_table(&spec, None).expect("a toy needs no images");
        let simd = Contender::new("simd", CpuBackend::detect());
        let twins = Contender::new("scalar", CpuBackend::with_isa(Isa::Scalar));
        let verdict = compare(&spec, iterations, &table, simd, vec![twins]).expect("it runs");
        assert!(matches!(verdict, Verdict::Agree(_)), "{address}: {verdict:?}");
    }
}

/// 30 pictures of stripes.
fn stripes() -> ImageSet {
    let mut pack = PACK_MAGIC.to_vec();
    for number in [PACK_VERSION, 30, 28, 28] {
        pack.extend(number.to_le_bytes());
    }
    pack.extend((0..30).map(|i| i % 10));
    pack.extend((0..30 * 784).map(|i| if i % 29 < 9 { 255 } else { 0 }));
    ImageSet::unpack(&pack).expect("a pack")
}

/// z on ±√3, pixels in [0, 1], and every dropout's multipliers, as in the paper.
#[test]
fn a_trace_of_the_net_of_2014_has_all_that_was_drawn() {
    let address = "data=mnist&rows=30&z=uniform:100&g=maxout-2014&d=maxout-2014&batch=20&\
                   optd=sgd:0.1:0.5&optg=sgd:0.1:0.5";
    let spec = Address::parse(address).expect("a valid address").spec;
    let table = build_table(&spec, Some(&stripes())).expect("it fits");
    let all = tensors(&audit(spec, 1, table, Box::new(CpuBackend::detect())).expect("it runs"));
    let largest = |name: &str| all[name].1.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    for (update, halves) in [("000000", &["real", "fake"][..]), ("000001", &["fake"])] {
        let z = format!("update/{update}/z");
        assert_eq!(all[&z].0, [20, 100]);
        // Of 2000 uniform numbers the largest is within a hundredth of the end.
        assert!((1.715..=1.7321).contains(&largest(&z)), "{}", largest(&z));
        for half in halves {
            for (module, features, scale) in [(0, 784, 1.25), (3, 240, 2.0), (6, 240, 2.0)] {
                let name = format!("update/{update}/mask_{half}/{module}");
                assert_eq!(all[&name].0, [20, features]);
                let values = &all[&name].1;
                assert!(values.iter().all(|x| [0.0, scale].contains(x)), "{name}");
            }
        }
    }
    assert!(!all.contains_key("update/000001/mask_real/0"));
    assert!(all["update/000000/x"].1.iter().all(|x| [0.0, 1.0].contains(x)));
    assert!((0.0499..=0.05).contains(&largest("init/generator.2.weight")));
    assert!((0.00499..=0.005).contains(&largest("init/discriminator.4.weight")));
    assert_eq!(all["init/discriminator.1.weight"].0, [1200, 784]);
}
