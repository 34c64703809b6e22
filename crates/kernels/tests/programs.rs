//! Whole programs: optimisers over several steps against formulas written out here, f32 against f64, fast against
//! plain, and the backend's manners.
// Reading one range is not a slip for reading what it contains.
#![allow(clippy::single_range_in_vec_init)]

mod common;

use std::sync::Arc;

use adversaria_kernels::backend::{Backend, BackendError, Run};
use adversaria_kernels::cpu::{CpuBackend, Isa};
use adversaria_kernels::program::{
    Act, Decay, Epilogue, Law, Mat, Op, Phi, Program, Source, Span, Table, TableValues,
};
use adversaria_kernels::scalar::run_op;
use common::{COUNTER, LOSS, Net, RATE, TICK};

/// Gradient of parameter i at step t.
fn gradient(t: u32, i: usize) -> f64 {
    (f64::from(t) * 1.7 + i as f64 * 0.9).sin() * 0.6
}

const LEN: u32 = 3;
const P: u32 = 8;
const G: u32 = 11;
const M: u32 = 14;
const V: u32 = 17;

/// Parameters after `steps` steps of an op, from (0.5, −0.3, 0.1) at the rate 0.1.
fn stepped(op: Op, decay: Decay, betas: [f64; 2], steps: u32) -> Vec<f64> {
    let mut arena = vec![0.0; 20];
    arena[RATE as usize] = 0.1;
    arena[P as usize..G as usize].copy_from_slice(&[0.5, -0.3, 0.1]);
    let [beta1, beta2] = betas;
    for t in 1..=steps {
        (0..LEN as usize).for_each(|i| arena[G as usize + i] = gradient(t, i));
        run_op(
            &Op::Tick { counter: COUNTER, rate: RATE, out: TICK, decay, beta1, beta2 },
            &mut arena,
            None,
        );
        run_op(&op, &mut arena, None);
    }
    arena[P as usize..G as usize].to_vec()
}

/// The same by a formula for one parameter: (t, rate, gradient, p) to p, with a state of two numbers.
fn written_out(
    steps: u32,
    rate: impl Fn(u32) -> f64,
    step: impl Fn(u32, f64, f64, f64, &mut [f64; 2]) -> f64,
) -> Vec<f64> {
    let one = |(i, start): (usize, f64)| {
        let mut state = [0.0; 2];
        (1..=steps).fold(start, |p, t| step(t, rate(t), gradient(t, i), p, &mut state))
    };
    [0.5, -0.3, 0.1].into_iter().enumerate().map(one).collect()
}

fn close(a: &[f64], b: &[f64], bound: f64) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= bound)
}

#[test]
fn optimisers_follow_their_formulas() {
    let p = Span { at: P, len: LEN };
    let constant = |_| 0.1;
    let sgd = stepped(Op::Sgd { p, g: G, tick: TICK }, Decay::None, [0.0; 2], 6);
    assert!(close(&sgd, &written_out(6, constant, |_, rate, g, p, _| p - rate * g), 1e-12));

    let momentum = 0.75;
    let op = Op::Momentum { p, g: G, buf: M, tick: TICK, momentum, counter: COUNTER };
    let torch = |t: u32, rate: f64, g: f64, p: f64, s: &mut [f64; 2]| {
        s[0] = if t == 1 { g } else { f64::from(momentum) * s[0] + g };
        p - rate * s[0]
    };
    assert!(close(&stepped(op, Decay::None, [0.0; 2], 6), &written_out(6, constant, torch), 1e-12));
    let dampened = |_: u32, rate: f64, g: f64, p: f64, s: &mut [f64; 2]| {
        s[0] = 0.75 * s[0] + 0.25 * g;
        p - rate * s[0]
    };
    assert!(!close(
        &stepped(op, Decay::None, [0.0; 2], 6),
        &written_out(6, constant, dampened),
        1e-6
    ));

    let (beta1, beta2) = (0.8, 0.95);
    let op = Op::Adam { p, g: G, m: M, v: V, tick: TICK, beta1, beta2 };
    let kingma = |t: u32, rate: f64, g: f64, p: f64, s: &mut [f64; 2]| {
        s[0] = beta1 * s[0] + (1.0 - beta1) * g;
        s[1] = beta2 * s[1] + (1.0 - beta2) * g * g;
        let (m, v) = (s[0] / (1.0 - beta1.powi(t as i32)), s[1] / (1.0 - beta2.powi(t as i32)));
        p - rate * m / (v.sqrt() + 1e-8)
    };
    let adam = stepped(op, Decay::None, [beta1, beta2], 6);
    assert!(close(&adam, &written_out(6, constant, kingma), 1e-12));
    let uncorrected =
        |_: u32, rate: f64, g: f64, p: f64, s: &mut [f64; 2]| kingma(1000, rate, g, p, s);
    assert!(!close(&adam, &written_out(6, constant, uncorrected), 1e-6));

    let alpha = 0.9;
    let op = Op::RmsProp { p, g: G, v: V, tick: TICK, alpha };
    let torch = |_: u32, rate: f64, g: f64, p: f64, s: &mut [f64; 2]| {
        s[0] = alpha * s[0] + (1.0 - alpha) * g * g;
        p - rate * g / (s[0].sqrt() + 1e-8)
    };
    assert!(close(&stepped(op, Decay::None, [0.0; 2], 6), &written_out(6, constant, torch), 1e-12));
    assert!(!close(&stepped(op, Decay::None, [0.0; 2], 6), &written_out(6, |_| 0.2, torch), 1e-6));
}

#[test]
fn rates_fall_as_asked() {
    let op = Op::Sgd { p: Span { at: P, len: LEN }, g: G, tick: TICK };
    let plain = |_: u32, rate: f64, g: f64, p: f64, _: &mut [f64; 2]| p - rate * g;
    let cosine =
        |t: u32| 0.05 * (1.0 + (std::f64::consts::PI * f64::from((t - 1).min(4)) / 4.0).cos());
    let exponential = |t: u32| 0.1 * 0.9_f64.powi(t as i32 - 1);
    let fell = |decay| stepped(op, decay, [0.0; 2], 7);
    assert!(close(&fell(Decay::Cosine(4.0)), &written_out(7, cosine, plain), 1e-12));
    assert!(close(&fell(Decay::Exponential(0.9)), &written_out(7, exponential, plain), 1e-12));
    // One update off is seen.
    assert!(!close(
        &fell(Decay::Exponential(0.9)),
        &written_out(7, |t| exponential(t + 1), plain),
        1e-6
    ));
}

#[test]
fn clamps_averages_and_tallies() {
    let mut arena = vec![0.5, -0.5, 0.05, 1.0, 2.0, 3.0, 0.0, 7.0];
    let p = Span { at: 0, len: 3 };
    run_op(&Op::Clamp { p, limit: 0.125 }, &mut arena, None);
    assert_eq!(arena[..3], [0.125, -0.125, 0.05]);
    run_op(&Op::Average { avg: 3, p, keep: 0.75 }, &mut arena, None);
    assert!(close(&arena[3..6], &[0.78125, 1.46875, 2.2625], 1e-12));
    run_op(&Op::Tally { from: 0, sum: 6, count: 7 }, &mut arena, None);
    assert_eq!(arena[6..], [0.125, 8.0]);
    run_op(&Op::SumSquares { x: p, out: 6 }, &mut arena, None);
    assert!(close(&arena[6..7], &[0.125 * 0.125 * 2.0 + 0.0025], 1e-12));
}

fn program(name: &str, ops: Vec<Op>) -> Program {
    Program { name: name.to_owned(), ops }
}

/// Parameters and loss after so many updates on a backend.
fn trained(isa: Isa, net: &Net, updates: u32) -> Vec<f32> {
    let mut backend = CpuBackend::with_isa(isa);
    backend.prepare(net.words, vec![program("update", net.update())]).expect("well formed");
    backend.write(0, &net.initial()).expect("fits");
    backend.submit(&[Run { program: 0, times: 1 }], updates).expect("runs");
    let p = net.parameters;
    let ticket = backend
        .read(&[p.at..p.at + p.len, LOSS..LOSS + 1, COUNTER..COUNTER + 1])
        .expect("in range");
    backend.poll(ticket).expect("known").expect("at once")
}

/// Forty updates: rounding errors of 2⁻²⁴ grow with every step through Adam's quotient, to no more than 1e-4.
#[test]
fn single_precision_fast_and_plain_follow_double_precision() {
    for act in [Act::Tanh, Act::Leaky(0.2), Act::Elu, Act::Sigmoid] {
        let net = Net::new(act, Phi::SoftplusNeg);
        let mut arena: Vec<f64> = net.initial().into_iter().map(f64::from).collect();
        for _ in 0..40 {
            net.update().iter().for_each(|op| run_op(op, &mut arena, None));
        }
        let want = [&arena[net.parameters.range()], &[arena[LOSS as usize]]].concat();
        for isa in [Isa::Scalar, Isa::Simd] {
            let got = trained(isa, &net, 40);
            assert_eq!(got[want.len()].to_bits(), 40, "updates counted");
            let got: Vec<f64> = got[..want.len()].iter().copied().map(f64::from).collect();
            assert!(close(&got, &want, 1e-4), "{act:?}, {isa:?}: {got:?} for {want:?}");
            // Training did move, and an update less is seen.
            let less: Vec<f64> = trained(isa, &net, 39).into_iter().map(f64::from).collect();
            assert!(!close(&less, &want, 1e-4), "{act:?}: 39 updates pass as 40");
        }
    }
}

/// A layer wide enough for several threads to share all its ops, trained towards less of itself.
fn wide_update() -> (u32, Vec<Op>) {
    let (rows, inputs, batch, arena_end) = (500, 300, 264, 1_050_000);
    let (w, x) = (Mat::dense(16, rows, inputs), Mat::dense(200_000, inputs, batch));
    let (y, dw) = (Mat::dense(300_000, rows, batch), Mat::dense(450_000, rows, inputs));
    let (p, bias, m, v) =
        (Span { at: w.at, len: rows * inputs + rows }, w.at + rows * inputs, 650_000, 850_000);
    let act = Act::Leaky(0.2);
    let source = Source { seed: 1, stream: 2, counter: COUNTER };
    let gemm =
        |a, ta, b, tb, c, epilogue| Op::Gemm { a, ta, b, tb, c, accumulate: false, epilogue };
    let (beta1, beta2) = (0.9, 0.99);
    let ops = vec![
        Op::Draw { out: x, live: 260, source, law: Law::Normal { mean: 0.0, std: 1.0 } },
        gemm(w, false, x, false, y, Epilogue::BiasAct { bias, act }),
        gemm(y, false, x, true, dw, Epilogue::None),
        gemm(w, true, y, false, x, Epilogue::None),
        Op::RowSum { x: y, out: dw.at + rows * inputs, accumulate: false },
        Op::Map { x, y: x, act: Act::Tanh, order: 0 },
        Op::Tick { counter: COUNTER, rate: RATE, out: TICK, decay: Decay::None, beta1, beta2 },
        Op::Adam { p, g: dw.at, m, v, tick: TICK, beta1, beta2 },
    ];
    (arena_end, ops)
}

/// The bits of the whole arena after six updates by so many threads, from weights around `mean`.
fn bits_by(threads: usize, mean: f32) -> Vec<u32> {
    let (words, ops) = wide_update();
    let weights: Vec<f32> =
        (0..150_000).map(|i| mean + ((i * 7919) % 1009) as f32 * 1e-4).collect();
    let mut backend = CpuBackend::with_threads(threads);
    backend.prepare(words, vec![program("wide", ops)]).expect("well formed");
    backend.write(RATE, &[0.01]).expect("fits");
    backend.write(16, &weights).expect("fits");
    backend.submit(&[Run { program: 0, times: 3 }], 2).expect("runs");
    let ticket = backend.read(&[0..words]).expect("in range");
    let words = backend.poll(ticket).expect("known").expect("at once");
    words.into_iter().map(f32::to_bits).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let alone = bits_by(1, -0.05);
    assert!(alone.iter().all(|&bits| f32::from_bits(bits).is_finite()), "it diverged");
    for threads in [2, 3, 8] {
        assert!(bits_by(threads, -0.05) == alone, "{threads} threads");
    }
    let nudged = bits_by(2, -0.050_000_01);
    let same = nudged.iter().zip(&alone).filter(|(a, b)| a == b).count();
    assert!(same < alone.len() / 2, "{same} words do not depend on the weights");
}

/// Moments of a gradient that has become 0 fade away, but never into denormal numbers.
#[test]
fn vanishing_moments_stay_normal_numbers() {
    let mut arena = vec![0.0_f32; 16];
    (arena[RATE as usize], arena[10], arena[11]) = (0.1, 1.0, 1.0);
    let (beta1, beta2) = (0.9, 0.99);
    let p = Span { at: 8, len: 1 };
    for _ in 0..10_000 {
        run_op(
            &Op::Tick { counter: 0, rate: 1, out: 4, decay: Decay::None, beta1, beta2 },
            &mut arena,
            None,
        );
        run_op(&Op::Adam { p, g: 9, m: 10, v: 11, tick: 4, beta1, beta2 }, &mut arena, None);
        assert!(arena[10..12].iter().all(|x| x.is_normal() || *x == 0.0), "{arena:?}");
    }
    assert!(arena[10..12].iter().all(|x| x.abs() < 1e-34), "{arena:?}");
}

#[test]
fn the_backend_answers_keeps_and_refuses() {
    let mut backend = CpuBackend::detect();
    let scale = Op::Scale { x: Mat::dense(0, 1, 8), out: Mat::dense(0, 1, 8), factor: 2.0 };
    backend.prepare(16, vec![program("double", vec![scale])]).expect("well formed");
    backend.write(0, &[1.0; 8]).expect("fits");
    let ticket = backend.read(&[0..2, 15..16]).expect("in range");
    backend.submit(&[Run { program: 0, times: 2 }], 3).expect("runs");
    assert_eq!(backend.poll(ticket), Ok(Some(vec![1.0, 1.0, 0.0])), "as of the time of asking");
    assert!(
        matches!(backend.poll(ticket), Err(BackendError::Unknown { .. })),
        "one answer a ticket"
    );
    let value = |backend: &mut CpuBackend| {
        let ticket = backend.read(&[7..8]).expect("in range");
        backend.poll(ticket).expect("known").expect("at once")[0]
    };
    assert_eq!(value(&mut backend), 64.0);
    // The same size keeps the contents, a malformed program changes nothing, another size begins anew.
    backend.prepare(16, Vec::new()).expect("empty");
    assert_eq!(value(&mut backend), 64.0);
    let beyond = Op::Scale { x: Mat::dense(16, 1, 8), out: Mat::dense(16, 1, 8), factor: 2.0 };
    let refused =
        backend.prepare(20, vec![program("far", vec![scale, beyond])]).expect_err("malformed");
    let sentence = refused.to_string();
    assert!(
        sentence.contains("program far, op 1") && sentence.contains("word 24 of 20"),
        "{sentence}"
    );
    assert_eq!(value(&mut backend), 64.0);
    backend.prepare(24, Vec::new()).expect("empty");
    assert_eq!(value(&mut backend), 0.0);
    assert!(matches!(
        backend.submit(&[Run { program: 0, times: 1 }], 1),
        Err(BackendError::Unknown { .. })
    ));
    assert!(backend.write(20, &[0.0; 5]).is_err() && backend.write(u32::MAX, &[0.0]).is_err());
    assert!(backend.read(&[0..25]).is_err());
}

#[test]
fn gathers_need_a_table_that_fits() {
    let source = Source { seed: 1, stream: 2, counter: 0 };
    let out = Mat::dense(8, 2, 8);
    let mut backend = CpuBackend::detect();
    backend
        .prepare(24, vec![program("gather", vec![Op::Gather { out, live: 6, source }])])
        .expect("well formed");
    let once = [Run { program: 0, times: 1 }];
    assert_eq!(backend.submit(&once, 1), Err(BackendError::NoTable));
    let table = |dim, values: Vec<f32>| {
        Arc::new(Table { rows: 3, dim, values: TableValues::Words(values) })
    };
    assert!(
        backend.set_table(table(2, vec![0.0; 5])).is_err(),
        "five values are not three rows of two"
    );
    backend.set_table(table(3, vec![0.0; 9])).expect("whole");
    assert!(matches!(backend.submit(&once, 1), Err(BackendError::BadOp { .. })));
    backend.set_table(table(2, vec![1.0, -1.0, 2.0, -2.0, 3.0, -3.0])).expect("whole");
    backend.submit(&once, 1).expect("runs");
    let ticket = backend.read(&[8..24]).expect("in range");
    let got = backend.poll(ticket).expect("known").expect("at once");
    for c in 0..8 {
        let (x, y) = (got[c], got[8 + c]);
        assert!(
            if c < 6 { (1.0..=3.0).contains(&x) && y == -x } else { x == 0.0 && y == 0.0 },
            "{got:?}"
        );
    }
}

/// The draw's numbers are those of core's generator, wherever the matrix lies.
#[test]
fn draws_are_a_function_of_seed_stream_update_and_place() {
    let mut arena = vec![0.0_f32; 64];
    arena[0] = f32::from_bits(9);
    let (out, live) = (Mat { stride: 12, ..Mat::dense(8, 3, 8) }, 7);
    let source = Source { seed: 4, stream: 5, counter: 0 };
    run_op(
        &Op::Draw { out, live, source, law: Law::Normal { mean: 1.0, std: 0.5 } },
        &mut arena,
        None,
    );
    let draw = adversaria_core::rng::Draw { seed: 4, stream: 5, update: 9 };
    for r in 0..3 {
        for c in 0..8 {
            let want = if c < live { 1.0 + 0.5 * draw.normal(r, c, live) } else { 0.0 };
            assert_eq!(arena[out.index(r, c)], want);
        }
    }
}
