//! Whole updates on a GPU against the CPU, in both forms: each from the CPU's own state within the bounds of running
//! error analysis, and a row of them on their own.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use adversaria_core::spec::{Address, Order, RunSpec};
use adversaria_engine::{Contender, Run, Verdict, build_table, compare};
use adversaria_gpu::{Form, Gpu, GpuBackend, Sources};
use adversaria_kernels::backend::Backend;
use adversaria_kernels::cpu::{CpuBackend, Isa};
use adversaria_kernels::program::{Act, Epilogue, Op, Program};
use adversaria_tests::learning::{Bar, SCENES};

use crate::device::{gpu, is_required};
use crate::watched::Watched;

/// Updates of each comparison.
const UPDATES: u32 = 200;
/// Iterations of a free run.
const FREE: u32 = 200;

/// What the learning scenes lack: the other losses, optimisers and activations, regularisers, simultaneous updates.
const OTHERS: [&str; 11] = [
    "data=ring8&g=16,16&d=16,16&loss=minimax&optg=sgd:0.05:0.5&optd=rmsprop:0.0005&batch=60",
    "data=moons&g=16,16&d=16,16&loss=hinge&order=simultaneous&dact=softplus&ema=0.99&batch=40",
    "data=bimodal&g=12&d=12,12&loss=leastsquares&lrdecay=cosine:150&gact=sigmoid&gout=tanh&batch=33",
    "data=grid25&g=20&d=20,20&loss=wasserstein&reg=clip:0.05&optd=rmsprop:0.001&optg=rmsprop:0.001&batch=64",
    "data=uniform1d&g=8,8&d=8,8&lrdecay=exp:0.999&gact=sine&z=uniform:5&gout=sigmoid&batch=1",
    "data=spiral&g=&d=7&loss=minimax&optd=sgd:0.05&optg=sgd:0.05&batch=9",
    "data=ring8&g=16&d=16,16&dact=tanh&reg=r1:2+noise:0.1&batch=30",
    "data=ring8&g=16&d=16,16&dact=softplus&reg=gp:1&loss=wasserstein&batch=20",
    "data=bimodal&g=8&d=8,8&reg=spectral&pack=2&batch=30",
    "data=ring8&g=16&d=16&cond=1&dact=leaky:0.2&reg=r1:1&batch=20",
    "data=ring8&g=16&d=16&dact=tanh&unroll=2&batch=20",
];

fn spec(address: &str) -> RunSpec {
    Address::parse(address).unwrap().spec
}

/// Scenes in small batches: software adapters are slow, and a batch of 20 has padding.
fn learning() -> Vec<RunSpec> {
    let toys = SCENES.iter().filter(|scene| !matches!(scene.bar, Bar::Digits(_)));
    toys.map(|scene| spec(scene.address).with("batch", "20").unwrap()).collect()
}

/// The first of them as it is learned: sums over a batch of 256 are shared out otherwise than short ones.
fn whole() -> RunSpec {
    let spec = spec(SCENES[0].address);
    assert!(spec.batch() >= 128);
    spec
}

fn others() -> Vec<RunSpec> {
    OTHERS.into_iter().map(spec).collect()
}

/// Both forms; of games whose updates llvmpipe, which ends an invocation's loops after 65,535 turns in all, cannot have in the
/// resident form, one.
fn forms_of(spec: &RunSpec) -> &'static [Form] {
    const FORMS: [Form; 2] = [Form::Dispatch, Form::Resident];
    if LONG.contains(&spec.address().as_str()) { &FORMS[..1] } else { &FORMS }
}

/// Games whose updates are that long.
const LONG: [&str; 1] =
    ["v=1&data=gaussian1d&g=32,32&d=32,32&gact=tanh&dact=tanh&kd=3&optd=adam:0.001:0.5:0.9&\
     optg=adam:0.0002:0.5:0.9&batch=256"];

fn contender(gpu: &Gpu, form: Form, sources: &Sources) -> Contender {
    let backend = GpuBackend::with_sources(gpu, Some(form), sources);
    Contender::new(form.name(), Watched::in_form(backend, form))
}

fn forms(gpu: &Gpu, spec: &RunSpec, sources: &Sources) -> Vec<Contender> {
    forms_of(spec).iter().map(|form| contender(gpu, *form, sources)).collect()
}

fn against_cpu(spec: &RunSpec, iterations: u32, others: Vec<Contender>) -> Verdict {
    let table = build_table(spec, None).unwrap();
    let cpu = Contender::new("cpu", CpuBackend::detect());
    compare(spec, iterations.into(), &table, cpu, others).unwrap()
}

/// Whole iterations that make this many updates.
fn iterations(spec: &RunSpec) -> u32 {
    UPDATES.div_ceil(if spec.order() == Order::Simultaneous { 1 } else { spec.k_d() + spec.k_g() })
}

/// No game is left out of the resident form that could be in it.
#[test]
fn games_that_are_too_long_for_one_invocation_are_known() {
    let Some(gpu) = gpu() else { return };
    let is_long = |spec: &RunSpec| {
        let long = Rc::new(Cell::new(false));
        let found = Rc::clone(&long);
        let look = move |backend: &GpuBackend, programs: &[Program]| {
            let mut updates =
                programs.iter().enumerate().filter(|it| it.1.name.ends_with("-update"));
            found.set(updates.any(|(number, _)| backend.form(number) == Some(Form::Dispatch)));
        };
        let backend = Watched::new(GpuBackend::new(&gpu, Some(Form::Resident)), look);
        Run::new(spec.clone(), build_table(spec, None).unwrap(), Box::new(backend)).unwrap();
        long.get()
    };
    let games = learning().into_iter().chain(others()).chain([whole()]);
    let long: Vec<String> = games.filter(is_long).map(|spec| spec.address()).collect();
    assert_eq!(long, LONG);
}

fn every_update_agrees(specs: &[RunSpec]) {
    let Some(gpu) = gpu() else { return };
    for spec in specs {
        let begun = Instant::now();
        let verdict = against_cpu(spec, iterations(spec), forms(&gpu, spec, &Sources::default()));
        let Verdict::Agree(agreement) = verdict else { panic!("{}: {verdict:?}", spec.address()) };
        println!("{}: {agreement} ({:.1?})", spec.address(), begun.elapsed());
        assert!(agreement.updates >= UPDATES.into());
    }
}

#[test]
fn every_update_of_the_learning_scenes_agrees() {
    every_update_agrees(&learning());
}

#[test]
fn every_update_of_a_scene_in_its_own_batch_agrees() {
    every_update_agrees(&[whole()]);
}

#[test]
fn every_update_of_other_games_agrees() {
    every_update_agrees(&others());
}

/// All parameters after a row of iterations that nobody looks at.
fn free(spec: &RunSpec, backend: Box<dyn Backend>) -> Vec<f32> {
    let table = build_table(spec, None).unwrap();
    let mut run = Run::new(spec.clone(), table, backend).unwrap();
    run.advance(FREE).unwrap();
    run.parameters().unwrap()
}

/// ‖a − b‖ / ‖b‖
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
    let off = norm(&mut a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b)));
    off / norm(&mut b.iter().map(|&b| f64::from(b)))
}

/// Games amplify roundings, some much: two forms of the CPU's ops, SIMD and scalar twin, show how much. A GPU may be
/// [`MORE`] times as far from SIMD as the twin is, and never [`MOST`] of the parameters' length. (Farthest is the
/// Wasserstein game, for D's last bias alone: its gradient is the rounding of 1 − 1, to which RMSprop gives full steps.)
#[test]
fn free_runs_stay_together() {
    const MORE: f64 = 30.0;
    const MOST: f64 = 0.1;
    let Some(gpu) = gpu() else { return };
    for spec in learning().into_iter().chain(others()) {
        let cpu = free(&spec, Box::new(CpuBackend::detect()));
        let twin = free(&spec, Box::new(CpuBackend::with_isa(Isa::Scalar)));
        let allowed = (MORE * distance(&twin, &cpu).max(2e-8)).min(MOST);
        for &form in forms_of(&spec) {
            let backend = GpuBackend::new(&gpu, Some(form));
            let gpu = free(&spec, Box::new(Watched::in_form(backend, form)));
            let off = distance(&gpu, &cpu);
            let told = format!("{} {}: {off:.1e} of {allowed:.1e}", form.name(), spec.address());
            println!("{told}");
            assert!(off <= allowed, "{told}");
        }
    }
}

/// The WGSL with each `from` made `to`.
fn planted(from: &str, to: &str) -> Sources {
    let mut sources = Sources::default();
    for source in [&mut sources.dispatch, &mut sources.resident] {
        assert!(source.contains(from), "{from} stands in the WGSL");
        *source = source.replace(from, to).into();
    }
    sources.tile = sources.tile.replace(from, to).into();
    sources
}

/// A fault in one kernel, the game that has its op, and which op that is.
struct Fault {
    from: &'static str,
    to: &'static str,
    address: &'static str,
    is_culprit: fn(&Op) -> bool,
}

const FAULTS: [Fault; 5] = [
    Fault {
        from: "sqrt(vi * correct) + EPSILON",
        to: "sqrt(vi * correct + EPSILON)",
        address: "data=ring8&g=8&d=8&batch=20&optd=sgd:0.1",
        is_culprit: |op| matches!(op, Op::Adam { .. }),
    },
    Fault {
        from: "x += keep * load(buf + i)",
        to: "x -= keep * load(buf + i)",
        address: "data=ring8&g=8&d=8&batch=20&optd=sgd:0.1:0.5&optg=sgd:0.1",
        is_culprit: |op| matches!(op, Op::Momentum { .. }),
    },
    Fault {
        from: "sqrt(vi) + EPSILON",
        to: "sqrt(vi) - EPSILON",
        address: "data=ring8&g=8&d=8&batch=20&optd=rmsprop:0.001&optg=sgd:0.1",
        is_culprit: |op| matches!(op, Op::RmsProp { .. }),
    },
    Fault {
        from: "keep * load(avg + i) + rest * load(p + i)",
        to: "rest * load(avg + i) + keep * load(p + i)",
        address: "data=ring8&g=8&d=8&batch=20&ema=0.99",
        is_culprit: |op| matches!(op, Op::Average { .. }),
    },
    Fault {
        from: "1.0 - y * y",
        to: "1.0 - y",
        address: "data=ring8&g=8&d=8&dact=tanh&batch=20",
        is_culprit: |op| {
            let Op::Gemm { epilogue: Epilogue::ActGrad { act, .. }, .. } = op else { return false };
            *act == Act::Tanh
        },
    },
];

#[test]
fn a_planted_fault_is_named_with_its_op() {
    let Some(gpu) = gpu() else { return };
    for Fault { from, to, address, is_culprit } in FAULTS {
        let game = spec(address);
        for contender in forms(&gpu, &game, &planted(from, to)) {
            let name = contender.name.clone();
            let verdict = against_cpu(&game, 10, vec![contender]);
            let Verdict::Differ(difference) = verdict else { panic!("{to}: {verdict:?}") };
            assert_eq!(difference.names, ["cpu".to_owned(), name], "{difference}");
            let culprit = difference.culprit.as_ref().unwrap_or_else(|| panic!("{difference}"));
            assert!(culprit.alone && is_culprit(&culprit.op), "{to}: {difference}");
        }
    }
}

/// A device's clock agrees with the host's: a run keeps the device for some of the time that passes, and twice as many
/// iterations for about twice as long.
#[test]
fn the_device_times_what_it_computes() {
    let Some(gpu) = gpu() else { return };
    let spec = spec("data=ring8&g=16,16&d=16,16&batch=64");
    let table = build_table(&spec, None).unwrap();
    let mut run = Run::new(spec, table, Box::new(GpuBackend::new(&gpu, None))).unwrap();
    let mut timed = |iterations: u32| {
        run.metrics().unwrap();
        let (before, begun) = (run.device_micros().unwrap(), Instant::now());
        run.advance(iterations).unwrap();
        run.metrics().unwrap();
        let took = 1e6 * begun.elapsed().as_secs_f64();
        Some((run.device_micros().unwrap()? - before?, took))
    };
    // Kernels are made the first time.
    timed(1);
    let (Some(few), Some(many)) = (timed(50), timed(100)) else {
        assert!(!is_required(), "no timestamps, and GPU=require");
        return println!("skipped: {} has no timestamps", gpu.name());
    };
    for (device, host) in [few, many] {
        assert!(device > 0.1 * host && device <= 1.05 * host, "{device} µs of {host} µs");
    }
    assert!(many.0 > 1.3 * few.0 && many.0 < 3.0 * few.0, "{} and {} µs", few.0, many.0);
}
