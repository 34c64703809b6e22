//! Comparing executors: SIMD and scalar twins agree update by update, and a fault is named with its op.

use std::ops::Range;
use std::sync::Arc;

use adversaria_core::spec::{Address, RunSpec};
use adversaria_engine::{Contender, EngineError, Verdict, build_table, compare};
use adversaria_kernels::backend::{Backend, BackendError, Run, Ticket};
use adversaria_kernels::cpu::{CpuBackend, Isa};
use adversaria_kernels::program::{Act, Epilogue, Op, Phi, Program, Table};

fn spec(address: &str) -> RunSpec {
    Address::parse(address).expect("a valid address").spec
}

fn against_simd(spec: &RunSpec, iterations: u64, other: Contender) -> Result<Verdict, EngineError> {
    let table = build_table(spec, None).expect("a toy needs no images");
    let simd = Contender::new("simd", CpuBackend::detect());
    compare(spec, iterations, &table, simd, vec![other])
}

/// Every loss and optimiser, both orders, every kind of activation.
const SPECS: [&str; 12] = [
    "data=bimodal&g=16,16&d=16,16&batch=30&loss=minimax",
    "data=ring8&g=16&d=16&optd=rmsprop:0.001&optg=sgd:0.01:0.5&kd=2&ema=0.99&loss=hinge",
    "data=ring8&g=8,8&d=8,8&order=simultaneous&lrdecay=cosine:150&loss=leastsquares",
    "data=gaussian1d&g=8&d=8&loss=wasserstein&reg=clip:0.1&lrdecay=exp:0.999&z=uniform:3",
    "data=swissroll&g=&d=5&gact=sine&dact=softplus&loss=minimax&batch=1",
    "data=gaussians&g=9,9&d=9,9&gact=elu&dact=tanh&gout=sigmoid&batch=65",
    "data=gaussians&g=9,9&d=9,9&gact=leaky:0.2&dact=sigmoid&optd=sgd:0.1&optg=sgd:0.1",
    "data=ring8&g=16&d=16,16&dact=tanh&reg=r1:2+noise:0.1&batch=30",
    "data=ring8&g=16&d=16,16&dact=softplus&reg=gp:1&loss=wasserstein&batch=30",
    "data=bimodal&g=8&d=8,8&reg=spectral&pack=2&batch=30",
    "data=ring8&g=16&d=16&cond=1&dact=leaky:0.2&reg=r1:1&batch=30",
    "data=ring8&g=16&d=16&dact=tanh&unroll=2&batch=30",
];

#[test]
fn the_scalar_twins_agree_with_simd() {
    for address in SPECS {
        let spec = spec(address);
        let other = Contender::new("scalar", CpuBackend::with_isa(Isa::Scalar));
        let verdict = against_simd(&spec, 150, other).expect("it runs");
        let Verdict::Agree(agreement) = verdict else { panic!("{address}: {verdict:?}") };
        println!("{address}: {agreement}");
        let each = if spec.k_d() == 2 { 3 } else { 2 };
        let each = if address.contains("simultaneous") { 1 } else { each };
        assert_eq!(agreement.updates, 150 * each, "{address}");
        assert!(
            agreement.share > 0.001,
            "{address}: a bound that is never approached: {agreement}"
        );
    }
}

/// The scalar twins, with each program changed on its way in.
struct Faulty {
    backend: CpuBackend,
    change: fn(&mut Vec<Op>),
}

impl Faulty {
    fn new(change: fn(&mut Vec<Op>)) -> Self {
        Self { backend: CpuBackend::with_isa(Isa::Scalar), change }
    }
}

impl Backend for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn adapter(&self) -> String {
        self.name().to_owned()
    }

    fn prepare(&mut self, words: u32, mut programs: Vec<Program>) -> Result<(), BackendError> {
        programs.iter_mut().for_each(|program| (self.change)(&mut program.ops));
        self.backend.prepare(words, programs)
    }

    fn set_table(&mut self, table: Arc<Table>) -> Result<(), BackendError> {
        self.backend.set_table(table)
    }

    fn write(&mut self, at: u32, values: &[f32]) -> Result<(), BackendError> {
        self.backend.write(at, values)
    }

    fn submit(&mut self, runs: &[Run], times: u32) -> Result<(), BackendError> {
        self.backend.submit(runs, times)
    }

    fn read(&mut self, ranges: &[Range<u32>]) -> Result<Ticket, BackendError> {
        self.backend.read(ranges)
    }

    fn poll(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError> {
        self.backend.poll(ticket)
    }

    fn forget(&mut self, ticket: Ticket) {
        self.backend.forget(ticket);
    }
}

/// β1 a ten-thousandth larger.
fn other_beta(ops: &mut Vec<Op>) {
    for op in ops {
        if let Op::Adam { beta1, .. } = op {
            *beta1 += 1e-4;
        }
    }
}

/// The slope of D's activations, of which only the derivative is wrong.
fn other_slope(ops: &mut Vec<Op>) {
    for op in ops {
        if let Op::Gemm { epilogue: Epilogue::ActGrad { act: Act::Leaky(slope), .. }, .. } = op {
            *slope += 1e-5;
        }
    }
}

fn other_sign(ops: &mut Vec<Op>) {
    for op in ops {
        if let Op::PointGrad { phi: Phi::Softplus, weight, .. } = op {
            *weight = -*weight;
        }
    }
}

/// As if an op came too late: it does nothing where others are beside it.
fn clamp_late(ops: &mut Vec<Op>) {
    if ops.len() > 1 {
        ops.retain(|op| !matches!(op, Op::Clamp { .. }));
    }
}

fn count_twice(ops: &mut Vec<Op>) {
    if let Some(op) = ops.iter().find(|op| matches!(op, Op::Tally { .. })).copied() {
        ops.push(op);
    }
}

#[test]
fn a_fault_is_named_with_its_op() {
    let plain = "data=ring8&g=8&d=8&batch=20";
    let leaky = "data=ring8&g=8&d=8&batch=20&dact=leaky:0.2";
    let clipped = "data=ring8&g=8&d=8&batch=20&loss=wasserstein&reg=clip:0.01";
    // The change, whether its op is at fault alone, which op it is.
    type Case = (&'static str, fn(&mut Vec<Op>), bool, fn(&Op) -> bool);
    let cases: [Case; 5] = [
        (plain, other_beta, true, |op| matches!(op, Op::Adam { .. })),
        (leaky, other_slope, true, |op| {
            matches!(op, Op::Gemm { epilogue: Epilogue::ActGrad { .. }, .. })
        }),
        (plain, other_sign, true, |op| matches!(op, Op::PointGrad { phi: Phi::Softplus, .. })),
        (clipped, clamp_late, false, |op| matches!(op, Op::Clamp { .. })),
        (plain, count_twice, true, |op| matches!(op, Op::Tally { .. })),
    ];
    for (address, change, alone, is_culprit) in cases {
        let spec = spec(address);
        let verdict = against_simd(&spec, 40, Contender::new("faulty", Faulty::new(change)));
        let Ok(Verdict::Differ(difference)) = verdict else { panic!("{address}: {verdict:?}") };
        assert_eq!((difference.update, difference.iteration), (0, 0), "{difference}");
        assert_eq!(difference.program, "D-update");
        let culprit = difference.culprit.as_ref().unwrap_or_else(|| panic!("{difference}"));
        assert!(is_culprit(&culprit.op) && culprit.alone == alone, "{difference}");
        let told = difference.to_string();
        for part in ["simd", "faulty", "tolerance", &format!("op {}", culprit.index)] {
            assert!(told.contains(part), "{told}");
        }
    }
}

/// A fault that only G's update has, and only when a rate has begun to fall.
#[test]
fn the_first_update_that_differs_is_found() {
    fn no_decay(ops: &mut Vec<Op>) {
        for op in ops {
            if let Op::Tick { decay, beta1, .. } = op
                && *beta1 == 0.5
            {
                *decay = adversaria_kernels::program::Decay::None;
            }
        }
    }
    let spec = spec("data=ring8&g=8&d=8&batch=20&lrdecay=exp:0.9999999&optg=adam:0.001:0.5:0.9");
    let faulty = Contender::new("faulty", Faulty::new(no_decay));
    let verdict = against_simd(&spec, 40, faulty);
    let Ok(Verdict::Differ(difference)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(difference.program, "G-update");
    assert!(difference.iteration > 0 && difference.update == 2 * difference.iteration + 1);
    let culprit = difference.culprit.as_ref().unwrap_or_else(|| panic!("{difference}"));
    assert!(matches!(culprit.op, Op::Tick { .. }) && culprit.index == 0, "{difference}");
}

#[test]
fn a_run_that_diverges_is_no_agreement() {
    let spec = spec("data=ring8&g=8&d=8&loss=leastsquares&optd=sgd:50&optg=sgd:50");
    let other = Contender::new("scalar", CpuBackend::with_isa(Isa::Scalar));
    let verdict = against_simd(&spec, 500, other);
    assert!(matches!(verdict, Err(EngineError::Diverged { .. })), "{verdict:?}");
}
