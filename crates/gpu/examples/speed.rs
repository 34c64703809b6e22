//! Microseconds that single ops take on this machine's adapter, in both forms:
//! `cargo run --release -p adversaria-gpu --example speed [NAME]`, NAME being a part of an op's name below. An adapter is chosen as
//! Vulkan's loader is told to: `VK_DRIVER_FILES` names the driver.

use std::time::Instant;

use adversaria_gpu::{Form, Gpu, GpuBackend};
use adversaria_kernels::backend::{Backend as _, BackendError, Run};
use adversaria_kernels::program::{Act, Decay, Epilogue, Law, Mat, Op, Phi, Program, Source, Span};

/// Words of the arena: the largest op below fits.
const WORDS: u32 = 4 << 20;
/// A measurement lasts at least so long.
const LEAST_SECONDS: f64 = 0.03;
const ROUNDS: u32 = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let gpu = pollster::block_on(Gpu::request(|| ()))?;
    println!("{}: microseconds by dispatch, resident", gpu.name());
    for (name, op) in ops().into_iter().filter(|(name, _)| name.contains(&wanted)) {
        let dispatch = micros(&gpu, Form::Dispatch, op)?;
        let resident = micros(&gpu, Form::Resident, op)?;
        println!("{name:<36} {dispatch:>10.1} {resident:>10.1}");
    }
    Ok(())
}

/// The median of several rounds.
fn micros(gpu: &Gpu, form: Form, op: Op) -> Result<f64, BackendError> {
    let mut backend = GpuBackend::new(gpu, Some(form));
    backend.prepare(WORDS, vec![Program { name: "one op".into(), ops: vec![op] }])?;
    let mut times = 1;
    while seconds(&mut backend, times)? < LEAST_SECONDS {
        times *= 4;
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(seconds(&mut backend, times)? * 1e6 / f64::from(times));
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[rounds.len() / 2])
}

fn seconds(backend: &mut GpuBackend, times: u32) -> Result<f64, BackendError> {
    let begun = Instant::now();
    backend.submit(&[Run { program: 0, times }], 1)?;
    let ticket = backend.read(std::slice::from_ref(&(0..1)))?;
    while backend.poll(ticket)?.is_none() {}
    Ok(begun.elapsed().as_secs_f64())
}

/// Those of GAN Lab's network, and of wide ones.
fn ops() -> Vec<(&'static str, Op)> {
    let m = Mat::dense;
    let gemm =
        |(a, ta), (b, tb), c, epilogue| Op::Gemm { a, ta, b, tb, c, accumulate: false, epilogue };
    let source = Source { seed: 1, stream: 2, counter: 0 };
    let relu = Epilogue::BiasAct { bias: 32, act: Act::Relu };
    let slope = |y| Epilogue::ActGrad { y, act: Act::Relu };
    let (tick, beta1, beta2) = (16, 0.9, 0.999);
    let [small, x, y, z] = [m(64, 8, 8), m(128, 8, 304), m(8192, 8, 304), m(16384, 8, 304)];
    let square = m(64, 128, 128);
    let [wide, out, other] = [32_768, 131_072, 262_144].map(|at| m(at, 128, 512));
    let row = m(128, 1, 152);
    vec![
        ("tally", Op::Tally { from: 8, sum: 9, count: 10 }),
        ("tick", Op::Tick { counter: 0, rate: 8, out: tick, decay: Decay::None, beta1, beta2 }),
        (
            "draw 2 x 152",
            Op::Draw {
                out: m(64, 2, 152),
                live: 150,
                source,
                law: Law::Uniform { lo: -1.0, hi: 1.0 },
            },
        ),
        ("product 8 x 8 x 304, forward", gemm((small, false), (x, false), y, relu)),
        ("product 8 x 8 x 304, of weights", gemm((x, false), (y, true), small, Epilogue::None)),
        ("product 8 x 8 x 304, backward", gemm((small, true), (x, false), y, slope(z))),
        ("row sum 8 x 304", Op::RowSum { x, out: 32, accumulate: false }),
        (
            "loss 150",
            Op::PointLoss {
                a: row,
                live: 150,
                phi: Phi::Softplus,
                weight: 1.0,
                out: 32,
                accumulate: false,
            },
        ),
        ("sgd 114", Op::Sgd { p: Span { at: 128, len: 114 }, g: 512, tick }),
        (
            "adam 114",
            Op::Adam {
                p: Span { at: 128, len: 114 },
                g: 512,
                m: 1024,
                v: 2048,
                tick,
                beta1,
                beta2,
            },
        ),
        ("product 128 x 128 x 512, forward", gemm((square, false), (wide, false), out, relu)),
        (
            "product 128 x 128 x 512, backward",
            gemm((square, true), (wide, false), out, slope(other)),
        ),
        (
            "product 128 x 1024 x 128, of weights",
            gemm(
                (m(131_072, 128, 1024), false),
                (m(262_144, 128, 1024), true),
                square,
                Epilogue::None,
            ),
        ),
        (
            "adam 900,000",
            Op::Adam {
                p: Span { at: 32, len: 900_000 },
                g: 900_032,
                m: 1_800_032,
                v: 2_700_032,
                tick,
                beta1,
                beta2,
            },
        ),
    ]
}
