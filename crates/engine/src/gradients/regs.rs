//! Penalties, noise, norms, packs, classes and looking ahead: whole updates against central differences.

use adversaria_kernels::program::{Act, Join, Op, tick};

use super::{Case, UPDATES, case_of, claims, plant, smooth_case};
use crate::compile::{Compiled, index};

/// Each with smooth activations; updates of both players.
const ADDRESSES: [&str; 17] = [
    "data=ring8&batch=5&g=6&d=5,4&dact=tanh&reg=r1:1.5",
    "data=ring8&batch=5&g=6&d=5,4&dact=softplus&reg=r1:10&loss=wasserstein",
    "data=bimodal&batch=7&g=4&d=6&dact=sine&reg=r1:0.3&loss=hinge",
    "data=ring8&batch=5&g=6&d=5,4&dact=tanh&reg=gp:2",
    "data=ring8&batch=9&g=6&d=6&dact=softplus&reg=gp:10&loss=wasserstein",
    "data=bimodal&batch=3&g=4&d=4,4&dact=sigmoid&reg=gp:0.1",
    "data=ring8&batch=5&g=6&d=5&dact=leaky:0.2&gact=tanh&reg=r1:1+noise:0.3",
    "data=ring8&batch=5&g=6&d=5&dact=tanh&reg=gp:1+noise:0.2&loss=leastsquares",
    "data=ring8&batch=5&g=6&d=5&dact=elu&reg=noise:0.5",
    "data=ring8&batch=5&g=6&d=5,3&dact=tanh&pack=2",
    "data=bimodal&batch=6&g=4&d=5&dact=softplus&pack=3&reg=r1:2",
    "data=ring8&batch=4&g=4&d=5&dact=tanh&pack=2&reg=gp:2+noise:0.1",
    "data=ring8&batch=5&g=6&d=5&dact=tanh&gact=tanh&cond=1",
    "data=bimodal&batch=5&g=6&d=5&dact=softplus&gact=elu&cond=1&reg=r1:1",
    "data=disjoint&batch=5&g=6&d=5&dact=tanh&gact=tanh&cond=1&pack=2&reg=gp:1",
    "data=ring8&batch=5&g=6&d=5,4&dact=tanh&gact=tanh&reg=spectral",
    "data=ring8&batch=5&g=6&d=5&dact=softplus&gact=tanh&reg=spectral+r1:1+noise:0.1&pack=2",
];

/// Not spectral: after a step the singular vectors, constants to the gradient, are no longer at rest.
const AHEAD: [&str; 6] = [
    "data=ring8&batch=5&g=6&d=5&dact=tanh&gact=tanh&optd=sgd:0.3&unroll=1",
    "data=ring8&batch=5&g=6&d=5,4&dact=softplus&gact=tanh&optd=sgd:0.3:0.5&unroll=3&loss=minimax",
    "data=bimodal&batch=5&g=6&d=5&dact=tanh&gact=elu&optd=adam:0.01&unroll=2",
    "data=ring8&batch=5&g=6&d=5&dact=tanh&gact=tanh&optd=rmsprop:0.01&unroll=2&loss=leastsquares",
    "data=ring8&batch=5&g=6&d=5&dact=tanh&gact=tanh&optd=sgd:0.3&unroll=2&cond=1",
    "data=ring8&batch=5&g=6&d=5&dact=tanh&gact=tanh&optd=adam:0.01&unroll=2&pack=2&reg=noise:0.2",
];

/// D as an update has left it: a rate, corrections, moments, and singular vectors that have settled, where what the program
/// takes for constants is at rest.
fn lived_in((case, compiled): &mut (Case, Compiled)) {
    let d = &compiled.layout.discriminator;
    for (offset, value) in [(tick::RATE, 0.2), (tick::CORRECTION1, 2.0), (tick::CORRECTION2, 3.0)] {
        case.arena[(d.slots.tick + offset) as usize] = value;
    }
    for &(_, base) in &d.buffers {
        for i in 0..d.parameters.len {
            case.arena[(base + i) as usize] = 0.05 + 0.01 * f64::from(i % 7);
        }
    }
    for mat in &d.singular {
        case.arena[mat.at as usize..(mat.at + mat.rows) as usize].fill(1.0);
    }
    let program = std::mem::replace(&mut case.program, compiled.programs[index::UPDATE_D].clone());
    let (rates, mut settled) = (d.parameters, case.arena.clone());
    for _ in 0..400 {
        let arena = std::mem::replace(&mut case.arena, settled);
        settled = case.run(None);
        settled[rates.range()].copy_from_slice(&arena[rates.range()]);
        case.arena = arena;
    }
    for mat in &d.singular {
        let words = mat.at as usize..(mat.at + mat.rows) as usize;
        case.arena[words.clone()].copy_from_slice(&settled[words]);
    }
    case.program = program;
}

fn lived(address: &str, program: usize) -> (Case, Compiled) {
    smooth_case(address, program, |address| {
        let mut case = case_of(address, program);
        lived_in(&mut case);
        case
    })
}

#[test]
fn every_regulariser_pack_and_class() {
    for address in ADDRESSES {
        for program in UPDATES {
            let (case, compiled) = lived(address, program);
            for claim in claims(&compiled, program) {
                case.check(&claim).unwrap_or_else(|why| panic!("{address}, {program}: {why}"));
            }
        }
    }
}

#[test]
fn g_differentiates_through_the_steps_that_it_looks_ahead() {
    for address in AHEAD {
        let (case, compiled) = lived(address, index::UPDATE_G);
        for claim in claims(&compiled, index::UPDATE_G) {
            case.check(&claim).unwrap_or_else(|why| panic!("{address}: {why}"));
        }
    }
}

/// What D is after the steps changes what G hears: with a rate of 0 it would be the plain loss.
#[test]
fn looking_ahead_changes_the_loss() {
    let (mut case, compiled) = lived(AHEAD[0], index::UPDATE_G);
    let loss = compiled.layout.generator.slots.loss as usize;
    let ahead = case.run(None)[loss];
    case.arena[(compiled.layout.discriminator.slots.tick + tick::RATE) as usize] = 0.0;
    let at_once = case.run(None)[loss];
    assert!((ahead - at_once).abs() > 1e-4, "{ahead} and {at_once}");
}

type Fault = (&'static str, usize, &'static str, fn(&mut Op) -> bool);

/// An address, the program, what is wrong, and how it is planted.
const FAULTS: [Fault; 6] = [
    (ADDRESSES[1], index::UPDATE_D, "f″ forgotten", |op| match op {
        Op::Map { order: order @ 2, .. } => {
            *order = 1;
            true
        }
        _ => false,
    }),
    (ADDRESSES[0], index::UPDATE_D, "γ without its half in the loss", |op| match op {
        Op::PointLoss { weight, .. } if *weight == 0.75 => {
            *weight *= 2.0;
            true
        }
        _ => false,
    }),
    (ADDRESSES[3], index::UPDATE_D, "the length squared", |op| match op {
        Op::Map { act: act @ Act::InvSqrt, order: 0, .. } => {
            *act = Act::Identity;
            true
        }
        _ => false,
    }),
    (ADDRESSES[15], index::UPDATE_D, "σ² for σ", |op| match op {
        Op::Map { act: act @ Act::InvSqrt, order: 1, .. } => {
            *act = Act::Identity;
            true
        }
        _ => false,
    }),
    (AHEAD[0], index::UPDATE_G, "a step the wrong way", |op| match op {
        Op::Scale { factor, .. } if *factor == -1.0 => {
            *factor = 1.0;
            true
        }
        _ => false,
    }),
    (ADDRESSES[12], index::UPDATE_G, "a class that multiplies", |op| match op {
        Op::Zip { join: join @ Join::Add, .. } => {
            *join = Join::Mul;
            true
        }
        _ => false,
    }),
];

#[test]
fn planted_faults_are_found() {
    for (address, program, name, fault) in FAULTS {
        let (mut case, compiled) = lived(address, program);
        let faulty =
            |case: &Case| claims(&compiled, program).iter().any(|c| case.check(c).is_err());
        assert!(!faulty(&case), "{name}: faulty before");
        plant(&mut case.program, name, fault);
        assert!(faulty(&case), "{name}: not found");
    }
}
