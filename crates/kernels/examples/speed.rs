//! How fast the CPU executor is: products by shape in GFLOP/s, single ops, and a small network's whole iteration.
//!
//! Natively: `cargo run --release -p adversaria-kernels --example speed`. In WebAssembly:
//! `cargo build --release -p adversaria-kernels --example speed --target wasm32-unknown-unknown`, then
//! `node crates/kernels/examples/speed.mjs target/wasm32-unknown-unknown/release/examples/speed.wasm`.

use std::sync::Arc;

use adversaria_kernels::backend::{Backend, Run};
use adversaria_kernels::cpu::{CpuBackend, Isa};
use adversaria_kernels::program::{
    Act, Decay, Epilogue, Law, Mat, Op, Phi, Program, Source, Span, Table, TableValues, tick,
};

/// Something to time: a program, and the floating point operations that count (0: time alone).
struct Workload {
    name: String,
    words: u32,
    ops: Vec<Op>,
    flop: f64,
    /// Words that begin as numbers of either sign, and the rest as 0; where empty, all begin as small positive numbers.
    random: Vec<Span>,
}

/// Hands out places in the arena, in multiples of 8 words.
#[derive(Default)]
struct Places {
    next: u32,
}

impl Places {
    fn words(&mut self, words: u32) -> u32 {
        let at = self.next;
        self.next += words.next_multiple_of(8);
        at
    }

    fn mat(&mut self, rows: u32, cols: u32) -> Mat {
        Mat::dense(self.words(rows * cols), rows, cols)
    }
}

/// The three products of a layer `[out, in]` at this batch: forward, input gradient, weight gradient.
fn products(out: u32, inputs: u32, batch: u32) -> [Workload; 3] {
    let mut places = Places::default();
    let (w, x, y) = (places.mat(out, inputs), places.mat(inputs, batch), places.mat(out, batch));
    let bias = places.words(out);
    let act = Act::Leaky(0.2);
    let gemm =
        |a, ta, b, tb, c, epilogue| Op::Gemm { a, ta, b, tb, c, accumulate: false, epilogue };
    let workload = |form: &str, op| Workload {
        name: format!("{form} {out}x{inputs} B{batch}"),
        words: places.next,
        ops: vec![op],
        flop: 2.0 * f64::from(out) * f64::from(inputs) * f64::from(batch),
        random: Vec::new(),
    };
    [
        workload("forward ", gemm(w, false, x, false, y, Epilogue::BiasAct { bias, act })),
        workload("input   ", gemm(w, true, y, false, x, Epilogue::None)),
        workload("weights ", gemm(y, false, x, true, w, Epilogue::None)),
    ]
}

/// Values of a row of the table.
const ROW: u32 = 784;

/// A thousand rows of bytes.
fn table() -> Table {
    let bytes = (0..1000 * ROW).map(|i| (i * 7919 % 251) as u8).collect();
    Table {
        rows: 1000,
        dim: ROW,
        values: TableValues::Bytes { bytes, scale: 1.0 / 255.0, offset: 0.0 },
    }
}

/// Single ops of MNIST size.
fn single_ops() -> Vec<Workload> {
    let mut places = Places::default();
    let counter = places.words(1);
    let words = places.words(tick::WORDS);
    let len = 1 << 20;
    let [p, g, m, v] = [0; 4].map(|_| places.words(len));
    let span = Span { at: p, len };
    let x = Mat::dense(p, 512, 128);
    let y = Mat::dense(g, 512, 128);
    let source = Source { seed: 1, stream: 1, counter };
    let draw = |law| Op::Draw { out: x, live: 128, source, law };
    let ops = [
        ("adam 1M", Op::Adam { p: span, g, m, v, tick: words, beta1: 0.5, beta2: 0.999 }),
        ("sgd 1M", Op::Sgd { p: span, g, tick: words }),
        ("sum of squares 1M", Op::SumSquares { x: span, out: words }),
        ("normals 64k", draw(Law::Normal { mean: 0.0, std: 1.0 })),
        ("uniforms 64k", draw(Law::Uniform { lo: -1.0, hi: 1.0 })),
        ("tanh 64k", Op::Map { x, y, act: Act::Tanh, order: 0 }),
        ("softplus 64k", Op::Map { x, y, act: Act::Softplus, order: 0 }),
        ("leaky 64k", Op::Map { x, y, act: Act::Leaky(0.2), order: 0 }),
        ("gather 784 bytes B64", Op::Gather { out: Mat::dense(p, ROW, 64), live: 64, source }),
        ("row sums 64k", Op::RowSum { x, out: v, accumulate: false }),
    ];
    let workload = |(name, op): (&str, Op)| Workload {
        name: name.to_owned(),
        words: places.next,
        ops: vec![op],
        flop: 0.0,
        random: Vec::new(),
    };
    ops.map(workload).into()
}

/// A perceptron's places: weights, biases, gradients of both (in the same order), activations and their gradients.
struct Net {
    layers: Vec<Layer>,
    parameters: Span,
    gradients: u32,
}

#[derive(Clone, Copy)]
struct Layer {
    w: Mat,
    bias: u32,
    dw: Mat,
    dbias: u32,
    act: Act,
}

fn net(places: &mut Places, widths: &[u32], hidden: Act, last: Act) -> Net {
    let count: u32 = widths.windows(2).map(|w| w[0] * w[1] + w[1]).sum();
    let (at, gradients) = (places.words(count), places.words(count));
    let mut next = 0;
    let layers = widths.windows(2).enumerate().map(|(i, pair)| {
        let (w, bias) = (next, next + pair[0] * pair[1]);
        next = bias + pair[1];
        Layer {
            w: Mat::dense(at + w, pair[1], pair[0]),
            bias: at + bias,
            dw: Mat::dense(gradients + w, pair[1], pair[0]),
            dbias: gradients + bias,
            act: if i + 2 == widths.len() { last } else { hidden },
        }
    });
    Net { layers: layers.collect(), parameters: Span { at, len: count }, gradients }
}

impl Net {
    /// Ops of the forward pass; the outputs of each layer are appended to `ys`, which begins with the input.
    fn forward(&self, places: &mut Places, ops: &mut Vec<Op>, ys: &mut Vec<Mat>) {
        for layer in &self.layers {
            let x = ys[ys.len() - 1];
            let y = places.mat(layer.w.rows, x.cols);
            let epilogue = Epilogue::BiasAct { bias: layer.bias, act: layer.act };
            ops.push(Op::Gemm {
                a: layer.w,
                ta: false,
                b: x,
                tb: false,
                c: y,
                accumulate: false,
                epilogue,
            });
            ys.push(y);
        }
    }

    /// Ops of the backward pass from the gradient at the last layer's product.
    fn backward(
        &self,
        places: &mut Places,
        ops: &mut Vec<Op>,
        ys: &[Mat],
        mut dy: Mat,
        own: bool,
        input: Option<Act>,
    ) -> Mat {
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let x = ys[i];
            if own {
                let weights = Op::Gemm {
                    a: dy,
                    ta: false,
                    b: x,
                    tb: true,
                    c: layer.dw,
                    accumulate: false,
                    epilogue: Epilogue::None,
                };
                ops.extend([weights, Op::RowSum { x: dy, out: layer.dbias, accumulate: false }]);
            }
            let below = if i > 0 { Some(self.layers[i - 1].act) } else { input };
            let Some(act) = below else { break };
            let dx = places.mat(x.rows, x.cols);
            let epilogue = Epilogue::ActGrad { y: x, act };
            ops.push(Op::Gemm {
                a: layer.w,
                ta: true,
                b: dy,
                tb: false,
                c: dx,
                accumulate: false,
                epilogue,
            });
            dy = dx;
        }
        dy
    }
}

/// One iteration of a GAN: real rows drawn as normals, D on real and fake side by side, then G through D.
fn iteration(name: &str, g: &[u32], d: &[u32], acts: [Act; 2], batch: u32, adam: bool) -> Workload {
    let mut places = Places::default();
    let padded = batch.next_multiple_of(8);
    let counters = [places.words(1), places.words(1)];
    let rate = places.words(1);
    let ticks = [places.words(tick::WORDS), places.words(tick::WORDS)];
    let losses = places.words(2);
    let nets = [net(&mut places, d, acts[0], Act::Identity), net(&mut places, g, acts[0], acts[1])];
    let mut ops = Vec::new();
    let draw = |out, counter, stream, ops: &mut Vec<Op>| {
        let source = Source { seed: 1, stream, counter };
        ops.push(Op::Draw { out, live: batch, source, law: Law::Uniform { lo: -1.0, hi: 1.0 } });
    };
    let step = |which: usize, places: &mut Places, ops: &mut Vec<Op>| {
        let (net, tick) = (&nets[which], ticks[which]);
        let (counter, beta1, beta2) =
            (counters[which], if adam { 0.5 } else { 0.0 }, if adam { 0.999 } else { 0.0 });
        ops.push(Op::Tick { counter, rate, out: tick, decay: Decay::None, beta1, beta2 });
        let (p, g) = (net.parameters, net.gradients);
        ops.push(if adam {
            Op::Adam { p, g, m: places.words(p.len), v: places.words(p.len), tick, beta1, beta2 }
        } else {
            Op::Sgd { p, g, tick }
        });
    };
    // D: real in the left half, fake in the right, one pass over both.
    let both = places.mat(d[0], 2 * padded);
    let z = places.mat(g[0], padded);
    draw(both.columns(0, padded), counters[0], 1, &mut ops);
    draw(z, counters[0], 2, &mut ops);
    let mut fake = vec![z];
    nets[1].forward(&mut places, &mut ops, &mut fake);
    let right = both.columns(padded, padded);
    ops.push(Op::Scale { x: fake[fake.len() - 1], out: right, factor: 1.0 });
    let mut ys = vec![both];
    nets[0].forward(&mut places, &mut ops, &mut ys);
    let a = ys[ys.len() - 1];
    let da = places.mat(1, 2 * padded);
    for (half, phi) in [(0, Phi::SoftplusNeg), (padded, Phi::Softplus)] {
        let (a, out) = (a.columns(half, padded), da.columns(half, padded));
        ops.push(Op::PointLoss {
            a,
            live: batch,
            phi,
            weight: 1.0,
            out: losses,
            accumulate: half > 0,
        });
        ops.push(Op::PointGrad { a, live: batch, phi, weight: 1.0, order: 1, out });
    }
    nets[0].backward(&mut places, &mut ops, &ys, da, true, None);
    step(0, &mut places, &mut ops);
    // G through D.
    draw(z, counters[1], 3, &mut ops);
    let mut fake = vec![z];
    nets[1].forward(&mut places, &mut ops, &mut fake);
    let mut ys = vec![fake[fake.len() - 1]];
    nets[0].forward(&mut places, &mut ops, &mut ys);
    let (a, out) = (ys[ys.len() - 1], places.mat(1, padded));
    let (live, phi, weight) = (batch, Phi::SoftplusNeg, 1.0);
    ops.push(Op::PointLoss { a, live, phi, weight, out: losses + 1, accumulate: false });
    ops.push(Op::PointGrad { a, live, phi, weight, order: 1, out });
    let dx = nets[0].backward(&mut places, &mut ops, &ys, out, false, Some(acts[1]));
    nets[1].backward(&mut places, &mut ops, &fake, dx, true, None);
    step(1, &mut places, &mut ops);
    let flop = ops.iter().map(flop_of).sum();
    Workload {
        name: format!("{name} ({} ops)", ops.len()),
        words: places.next,
        ops,
        flop,
        random: nets.map(|n| n.parameters).into(),
    }
}

fn flop_of(op: &Op) -> f64 {
    let Op::Gemm { a, ta, c, .. } = op else { return 0.0 };
    let depth = if *ta { a.rows } else { a.cols };
    2.0 * f64::from(depth) * f64::from(c.rows) * f64::from(c.cols)
}

fn workloads() -> Vec<Workload> {
    let shapes = [
        (8, 2, 152),
        (8, 8, 152),
        (1, 8, 152),
        (16, 16, 256),
        (32, 32, 256),
        (64, 64, 128),
        (128, 128, 1024),
        (512, 784, 64),
        (256, 512, 64),
        (784, 512, 64),
        (512, 784, 128),
        (784, 512, 128),
        (2, 1024, 256),
        (63, 100, 128),
    ];
    let mut list: Vec<_> =
        shapes.into_iter().flat_map(|(out, inputs, batch)| products(out, inputs, batch)).collect();
    list.extend(single_ops());
    let (relu, leaky) = (Act::Relu, Act::Leaky(0.2));
    list.push(iteration("toy2d", &[2, 8, 8, 2], &[2, 8, 8, 1], [relu, Act::Tanh], 150, false));
    list.push(iteration(
        "toy2d 64,64 adam",
        &[2, 64, 64, 2],
        &[2, 64, 64, 1],
        [leaky, Act::Identity],
        128,
        true,
    ));
    let (g, d) = ([64, 256, 512, 784], [784, 512, 256, 1]);
    list.push(iteration("mnist_mlp", &g, &d, [leaky, Act::Tanh], 64, true));
    list
}

/// A workload ready to run.
struct Bench {
    backend: CpuBackend,
    workload: Workload,
}

fn bench(workload: Workload, isa: Isa) -> Bench {
    let mut backend = CpuBackend::with_isa(isa);
    let program = Program { name: workload.name.clone(), ops: workload.ops.clone() };
    if let Err(error) = backend.prepare(workload.words, vec![program]) {
        panic!("{error}");
    }
    if let Err(error) = backend.set_table(Arc::new(table())) {
        panic!("{error}");
    }
    // Neither denormals nor overflow may colour the time. Word 0 is a counter.
    let value = |i: u32| ((i * 7919 % 997) as f32 + 1.0) * 1e-4;
    let mut values: Vec<f32> = (1..workload.words).map(value).collect();
    if !workload.random.is_empty() {
        values.fill(0.0);
        for span in &workload.random {
            (span.at..span.at + span.len).for_each(|i| values[i as usize - 1] = value(i) - 0.05);
        }
    }
    if let Err(error) = backend.write(1, &values) {
        panic!("{error}");
    }
    Bench { backend, workload }
}

/// The largest difference that one run leaves between the plain and the fast form, relative to numbers above 1; NaN
/// where either is not finite.
fn difference(workload: impl Fn() -> Workload) -> f32 {
    let [plain, fast] = [Isa::Scalar, Isa::Simd].map(|isa| {
        let mut bench = bench(workload(), isa);
        bench.run(1);
        bench.words()
    });
    let apart = |(a, b): (&f32, &f32)| (a - b).abs() / a.abs().max(1.0);
    let worse = |worst: f32, x: f32| if x <= worst { worst } else { x };
    plain
        .iter()
        .zip(&fast)
        .map(apart)
        .fold(0.0, |worst, x| if worst.is_nan() { worst } else { worse(worst, x) })
}

impl Bench {
    fn words(&mut self) -> Vec<f32> {
        let all = 0..self.workload.words;
        let answer = self
            .backend
            .read(std::slice::from_ref(&all))
            .and_then(|ticket| self.backend.poll(ticket));
        answer.ok().flatten().unwrap_or_default()
    }

    fn run(&mut self, times: u32) {
        if let Err(error) = self.backend.submit(&[Run { program: 0, times }], 1) {
            panic!("{error}");
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    use std::time::Instant;
    let only = std::env::args().nth(1).unwrap_or_default();
    println!("isa {}", CpuBackend::detect().isa_name());
    for (index, workload) in
        workloads().into_iter().enumerate().filter(|(_, w)| w.name.contains(&only))
    {
        let mut bench = bench(workload, Isa::Simd);
        let (mut times, mut best) = (1, f64::INFINITY);
        bench.run(1);
        let started = Instant::now();
        while started.elapsed().as_secs_f64() < 0.25 {
            let round = Instant::now();
            bench.run(times);
            let seconds = round.elapsed().as_secs_f64();
            best = best.min(seconds / f64::from(times));
            if seconds < 0.01 {
                times *= 2;
            }
        }
        report(&bench.workload, best);
        let check = difference(|| workloads().swap_remove(index));
        assert!(check < 1e-4, "the fast form is {check} from the plain one");
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn report(workload: &Workload, seconds: f64) {
    let rate = if workload.flop > 0.0 {
        format!("{:7.1} GFLOP/s", workload.flop / seconds * 1e-9)
    } else {
        String::new()
    };
    println!("{:32} {:10.2} µs {rate}", workload.name, seconds * 1e6);
}

#[cfg(target_arch = "wasm32")]
fn main() {}

/// What the JavaScript side calls: workloads by number, timed there.
#[cfg(target_arch = "wasm32")]
mod exports {
    #![allow(unsafe_code)]
    use super::{Bench, Isa, bench, difference, workloads};
    use std::cell::RefCell;

    thread_local! {
        static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
    }

    /// Prepares workload `index`; its number of floating point operations, or −1 where there is none.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    extern "C" fn prepare(index: u32) -> f64 {
        let next = workloads().into_iter().nth(index as usize).map(|w| bench(w, Isa::Simd));
        let flop = next.as_ref().map_or(-1.0, |b| b.workload.flop);
        BENCH.set(next);
        flop
    }

    /// How far the fast form is from the plain one after one run of workload `index`.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    extern "C" fn check(index: u32) -> f32 {
        difference(|| workloads().swap_remove(index as usize))
    }

    /// Where the name of the workload begins.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    extern "C" fn name() -> *const u8 {
        BENCH.with_borrow(|b| b.as_ref().map_or(std::ptr::null(), |b| b.workload.name.as_ptr()))
    }

    /// How many bytes it has.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    extern "C" fn name_len() -> usize {
        BENCH.with_borrow(|b| b.as_ref().map_or(0, |b| b.workload.name.len()))
    }

    /// Runs the workload so many times.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    extern "C" fn run(times: u32) {
        BENCH.with_borrow_mut(|b| b.iter_mut().for_each(|b| b.run(times)));
    }
}
