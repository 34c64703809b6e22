//! Whole updates in f64 against central differences of the loss they report, proved on programs with one planted fault.

mod layers;
mod regs;
mod twice;

use std::sync::Arc;

use adversaria_core::rng::{CounterRng, uniform01};
use adversaria_core::spec::{Address, RunSpec};
use adversaria_kernels::program::{Act, Epilogue, Mat, Op, Phi, Program, Table};
use adversaria_kernels::scalar::run_op;
use rand::RngCore;

use crate::build_table;
use crate::compile::{Compiled, compile, index};
use crate::layout::Player;

/// |analytic − numeric| may be this share of max(|numeric|, [`FLOOR`] · ‖numeric‖∞).
const TOLERANCE: f64 = 1e-4;
/// Entries this much below the largest are held to its scale.
const FLOOR: f64 = 1e-3;
/// Step of the differences: they lose about 1e-11 to rounding, and as much to the third derivative.
const STEP: f64 = 1e-5;

/// A program, the arena it starts from, and the table it gathers from.
struct Case {
    program: Program,
    arena: Vec<f64>,
    table: Option<Arc<Table>>,
    /// Columns beyond `live` of random inputs become this once they are drawn.
    padding: Option<f64>,
}

/// A loss word, the words it is differentiated by, and where the derivative is left.
struct Claim {
    loss: u32,
    parameters: std::ops::Range<u32>,
    gradient: u32,
}

impl Case {
    /// The arena after the program, from the start with one word moved.
    fn run(&self, moved: Option<(u32, f64)>) -> Vec<f64> {
        let mut arena = self.arena.clone();
        if let Some((at, by)) = moved {
            arena[at as usize] += by;
        }
        for op in &self.program.ops {
            run_op(op, &mut arena, self.table.as_deref());
            if let (Some(value), Op::Draw { out, live, .. } | Op::Gather { out, live, .. }) =
                (self.padding, op)
            {
                fill_columns(&mut arena, *out, *live, value);
            }
        }
        arena
    }

    fn slope(&self, loss: u32, at: u32, step: f64) -> f64 {
        let [up, down] = [step, -step].map(|by| self.run(Some((at, by)))[loss as usize]);
        (up - down) / (2.0 * step)
    }

    /// The derivative by differences; `None` next to a kink, where it depends on the step.
    fn numeric(&self, claim: &Claim) -> Option<Vec<f64>> {
        let slopes = |step| -> Vec<f64> {
            claim.parameters.clone().map(|at| self.slope(claim.loss, at, step)).collect()
        };
        let (whole, half) = (slopes(STEP), slopes(0.5 * STEP));
        let scale = FLOOR * largest(&whole);
        let smooth = |(a, b): (&f64, &f64)| (a - b).abs() <= 0.2 * TOLERANCE * b.abs().max(scale);
        whole.iter().zip(&half).all(smooth).then_some(half)
    }

    /// Whether what the program leaves is the derivative of the loss that it reports.
    fn check(&self, claim: &Claim) -> Result<(), String> {
        let arena = self.run(None);
        let Some(numeric) = self.numeric(claim) else { return Err("next to a kink".into()) };
        let scale = largest(&numeric);
        if !(scale > 1e-4 && arena[claim.loss as usize].is_finite()) {
            return Err(format!("the loss does not move (largest slope {scale})"));
        }
        for (i, expected) in numeric.iter().enumerate() {
            let found = arena[claim.gradient as usize + i];
            let close = (found - expected).abs() <= TOLERANCE * expected.abs().max(FLOOR * scale);
            if !close {
                return Err(format!("word {i}: {found} by the program, {expected} by differences"));
            }
        }
        Ok(())
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

fn fill_columns(arena: &mut [f64], mat: Mat, live: u32, value: f64) {
    for r in 0..mat.rows {
        for c in live..mat.cols {
            arena[mat.index(r, c)] = value;
        }
    }
}

/// Uniform on ±0.8: no bias is zero, so nothing starts at a kink.
fn fill(arena: &mut [f64], words: std::ops::Range<u32>, rng: &mut CounterRng) {
    for word in &mut arena[words.start as usize..words.end as usize] {
        *word = 1.6 * f64::from(uniform01::<f32>(rng.next_u32())) - 0.8;
    }
}

fn parameters(player: &Player) -> std::ops::Range<u32> {
    player.parameters.at..player.parameters.at + player.parameters.len
}

/// An update of the run at this address, from random parameters. What no program has written is NaN.
fn case_of(address: &str, program: usize) -> (Case, Compiled) {
    let spec = Address::parse(address).expect("a valid address").spec;
    let table = build_table(&spec, None).expect("a toy needs no images");
    let compiled = compile(&spec, false);
    prepared(&spec, compiled, table, program)
}

fn prepared(
    spec: &RunSpec,
    compiled: Compiled,
    table: Arc<Table>,
    program: usize,
) -> (Case, Compiled) {
    let layout = &compiled.layout;
    let mut arena = vec![f64::NAN; compiled.words as usize];
    arena[..layout.state_end as usize].fill(0.0);
    let mut rng = CounterRng::new(spec.seed(), 77, 0);
    for (player, rate) in [(&layout.generator, 0.1), (&layout.discriminator, 0.2)] {
        fill(&mut arena, parameters(player), &mut rng);
        arena[player.slots.rate as usize] = rate;
    }
    let program = compiled.programs[program].clone();
    (Case { program, arena, table: Some(table), padding: None }, compiled)
}

fn claim(player: &Player) -> Claim {
    Claim { loss: player.slots.loss, parameters: parameters(player), gradient: player.gradient }
}

/// The same, with the first seed for which no loss has a kink nearby.
fn case(address: &str, program: usize) -> (Case, Compiled) {
    smooth_case(address, program, |address| case_of(address, program))
}

fn smooth_case(
    address: &str,
    program: usize,
    case_of: impl Fn(&str) -> (Case, Compiled),
) -> (Case, Compiled) {
    let smooth = |(case, compiled): &(Case, Compiled)| {
        claims(compiled, program).iter().all(|claim| case.numeric(claim).is_some())
    };
    let mut tries = (1..40).map(|seed| case_of(&format!("{address}&seed={seed}")));
    tries.find(smooth).unwrap_or_else(|| panic!("{address}: kinks everywhere"))
}

/// The players that a program updates.
fn claims(compiled: &Compiled, program: usize) -> Vec<Claim> {
    let d = || claim(&compiled.layout.discriminator);
    let g = || claim(&compiled.layout.generator);
    match program {
        index::UPDATE_D => vec![d()],
        index::UPDATE_G => vec![g()],
        _ => vec![d(), g()],
    }
}

const UPDATES: [usize; 3] = [index::UPDATE_D, index::UPDATE_G, index::UPDATE_BOTH];
const LOSSES: [&str; 5] = ["minimax", "nonsaturating", "leastsquares", "wasserstein", "hinge"];
const WIDTHS: [&str; 4] = ["", "5", "4,6", "6,3,5"];

#[test]
fn updates_of_every_loss_and_depth() {
    let acts =
        ["relu", "leaky:0.2", "tanh", "sigmoid", "elu", "softplus", "sine", "maxout:3", "maxout:2"];
    let outs = ["linear", "tanh", "sigmoid"];
    let rest =
        ["data=ring8&z=gaussian:3&batch=13", "data=bimodal&z=uniform:2&batch=3&optg=sgd:0.1:0.5"];
    let mut number = 0;
    for loss in LOSSES {
        for (depth, g) in WIDTHS.iter().enumerate() {
            let d = WIDTHS[(depth + number) % WIDTHS.len()];
            let (gact, dact) = (acts[number % acts.len()], acts[(number + 3) % acts.len()]);
            let (out, rest) = (outs[number % outs.len()], rest[number % rest.len()]);
            let address =
                format!("{rest}&loss={loss}&g={g}&d={d}&gact={gact}&dact={dact}&gout={out}");
            for program in UPDATES {
                let (case, compiled) = case(&address, program);
                for claim in claims(&compiled, program) {
                    case.check(&claim).unwrap_or_else(|why| panic!("{address}: {why}"));
                }
            }
            number += 1;
        }
    }
    assert_eq!(number, 20);
}

#[test]
fn what_stands_in_the_padding_reaches_no_gradient() {
    for loss in LOSSES {
        let address = format!("data=ring8&batch=5&g=6,4&d=4,6&dact=softplus&gact=sine&loss={loss}");
        for program in UPDATES {
            let (mut case, compiled) = case(&address, program);
            let clean = case.run(None);
            case.padding = Some(7.5);
            let filled = case.run(None);
            for claim in claims(&compiled, program) {
                let words = |arena: &[f64]| {
                    let from = claim.gradient as usize;
                    arena[from..from + claim.parameters.len()].to_vec()
                };
                assert_eq!(words(&clean), words(&filled), "{address}");
                assert_eq!(clean[claim.loss as usize], filled[claim.loss as usize], "{address}");
            }
        }
    }
}

/// Changes the first op that `fault` takes, or panics: a fault that is not planted proves nothing.
fn plant(program: &mut Program, name: &str, fault: impl Fn(&mut Op) -> bool) {
    assert!(program.ops.iter_mut().any(fault), "{name}: no op to plant it in");
}

type Fault = (&'static str, fn(&mut Op) -> bool);

const FAULTS: [Fault; 9] = [
    ("the sign of a term of the loss", |op| match op {
        Op::PointLoss { weight, .. } => {
            *weight = -*weight;
            true
        }
        _ => false,
    }),
    ("the sign of a term of the gradient", |op| match op {
        Op::PointGrad { weight, .. } => {
            *weight = -*weight;
            true
        }
        _ => false,
    }),
    ("a sample left out of the gradient", |op| match op {
        Op::PointGrad { live, .. } => {
            *live -= 1;
            true
        }
        _ => false,
    }),
    ("a sample left out of the loss", |op| match op {
        Op::PointLoss { live, .. } => {
            *live -= 1;
            true
        }
        _ => false,
    }),
    ("another φ", |op| match op {
        Op::PointGrad { phi, .. } => {
            *phi = Phi::Linear;
            true
        }
        _ => false,
    }),
    ("a transposition forgotten", |op| match op {
        Op::Gemm { a, ta, .. } if *ta && a.rows == a.cols => {
            *ta = false;
            true
        }
        _ => false,
    }),
    ("a slope forgotten", |op| match op {
        Op::Gemm { epilogue: epilogue @ Epilogue::ActGrad { .. }, .. } => {
            *epilogue = Epilogue::None;
            true
        }
        _ => false,
    }),
    ("the slope of another activation", |op| match op {
        Op::Gemm { epilogue: Epilogue::ActGrad { act, .. }, .. } => {
            *act = Act::Sigmoid;
            true
        }
        _ => false,
    }),
    ("a column left out of a bias gradient", |op| match op {
        Op::RowSum { x, .. } => {
            *x = x.columns(1, x.cols - 1);
            true
        }
        _ => false,
    }),
];

#[test]
fn every_planted_fault_is_found() {
    let address = "data=ring8&batch=13&g=6,6&d=6,6&gact=tanh&dact=tanh";
    for (name, fault) in FAULTS {
        for program in UPDATES {
            let (mut case, compiled) = case(address, program);
            let claims = claims(&compiled, program);
            assert!(claims.iter().all(|claim| case.check(claim).is_ok()), "{name}: faulty before");
            plant(&mut case.program, name, fault);
            assert!(
                claims
                    .iter()
                    .any(|claim| case.check(claim).is_err_and(|why| !why.contains("kink"))),
                "{name}, program {program}: not found"
            );
        }
    }
}
