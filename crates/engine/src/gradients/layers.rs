//! Maxout, BatchNorm and dropout in whole updates against central differences, and what of them must not reach a gradient.

use adversaria_core::spec::{Address, Fittings, RunSpec, Weights};
use adversaria_kernels::program::{Mat, Op};

use super::{Case, Claim, UPDATES, claims, plant, prepared, smooth_case};
use crate::build_table;
use crate::compile::{Compiled, compile_at, index};
use crate::layout::Layout;

const PLAIN: Fittings = Fittings {
    weights: Weights::Glorot,
    batch_norm: false,
    keep_input: 1.0,
    keep_hidden: 1.0,
    reach: 1.0,
};
/// G as in `pacgan-2d`, and with dropout too.
const NORMED: Fittings = Fittings { batch_norm: true, ..PLAIN };
/// D as in `maxout-2014`.
const DROPPED: Fittings = Fittings { keep_input: 0.8, keep_hidden: 0.5, ..PLAIN };

/// Addresses with what G and D are fitted with.
fn cases() -> Vec<(&'static str, [Fittings; 2])> {
    vec![
        ("data=ring8&batch=13&g=6,4&d=3,4&gact=tanh&dact=maxout:3", [PLAIN, PLAIN]),
        ("data=ring8&batch=13&g=3,4&d=5&gact=maxout:2&dact=tanh&loss=hinge", [PLAIN, PLAIN]),
        ("data=ring8&batch=13&g=5,4&d=4,4&gact=relu&dact=maxout:2", [NORMED, PLAIN]),
        ("data=bimodal&batch=5&g=4,3,3&d=4&gact=softplus&dact=sine&gout=tanh", [NORMED, PLAIN]),
        ("data=ring8&batch=8&g=4&d=4,4&gact=tanh&dact=elu&loss=leastsquares", [NORMED, DROPPED]),
        ("data=ring8&batch=13&g=4&d=6,5&gact=tanh&dact=maxout:3&loss=minimax", [PLAIN, DROPPED]),
    ]
}

fn fitted(address: &str, fittings: [Fittings; 2], program: usize) -> (Case, Compiled) {
    smooth_case(address, program, |address| {
        let spec: RunSpec = Address::parse(address).expect("a valid address").spec;
        let table = build_table(&spec, None).expect("a toy needs no images");
        let compiled = compile_at(&spec, Layout::fitted(&spec, fittings), false);
        prepared(&spec, compiled, table, program)
    })
}

#[test]
fn updates_through_maxout_batch_norm_and_dropout() {
    for (address, fittings) in cases() {
        for program in UPDATES {
            let (case, compiled) = fitted(address, fittings, program);
            for claim in claims(&compiled, program) {
                case.check(&claim).unwrap_or_else(|why| panic!("{address}, {fittings:?}: {why}"));
            }
        }
    }
}

#[test]
fn padding_reaches_no_statistic_and_no_gradient() {
    for (address, fittings) in cases() {
        for program in UPDATES {
            let (mut case, compiled) = fitted(address, fittings, program);
            let clean = case.run(None);
            case.padding = Some(7.5);
            let filled = case.run(None);
            let same = |from: u32, len: u32, what: &str| {
                let words = from as usize..(from + len) as usize;
                assert_eq!(clean[words.clone()], filled[words], "{address}: {what}");
            };
            for Claim { loss, parameters, gradient } in claims(&compiled, program) {
                same(gradient, parameters.len() as u32, "a gradient");
                same(loss, 1, "a loss");
            }
            for norm in compiled.layout.generator.layers.iter().filter_map(|layer| layer.norm) {
                same(norm.running, 2 * norm.weight.rows, "running statistics");
            }
        }
    }
}

/// The running statistics take a tenth of the batch's in a G-update, and stay in a D-update.
#[test]
fn statistics_move_in_updates_of_the_generator_alone() {
    let address = "data=ring8&z=gaussian:2&batch=13&g=4&d=4&gact=tanh&dact=tanh";
    for program in UPDATES {
        let (case, compiled) = fitted(address, [NORMED, PLAIN], program);
        let layout = &compiled.layout;
        let layer = layout.generator.layers[0];
        let norm = layer.norm.expect("the first hidden layer is normalised");
        let after = case.run(None);
        let running = &after[norm.running as usize..][..8];
        if program == index::UPDATE_D {
            assert_eq!(running, [0.0; 8]);
            continue;
        }
        // z again, as the first draw of the program left it.
        let z = case.program.ops.iter().find_map(|op| match *op {
            Op::Draw { out, live: 13, .. } => Some(out),
            _ => None,
        });
        let (z, drawn) = (z.expect("z is drawn"), case.until_drawn());
        let column = |c: u32, row: u32| -> f64 {
            (0..2).map(|k| case.arena[layer.weight.index(row, k)] * drawn[z.index(k, c)]).sum()
        };
        for row in 0..4 {
            let h: Vec<f64> = (0..13).map(|c| column(c, row)).collect();
            let mean = h.iter().sum::<f64>() / 13.0;
            let variance = h.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 12.0;
            let [found_mean, found_variance] = [running[row as usize], running[row as usize + 4]];
            assert!((found_mean - 0.1 * mean).abs() < 1e-6, "{found_mean} for {mean}");
            assert!((found_variance - 0.1 * variance).abs() < 1e-6, "{found_variance}");
        }
    }
}

impl Case {
    /// The arena when z has been drawn.
    fn until_drawn(&self) -> Vec<f64> {
        let mut arena = self.arena.clone();
        for op in &self.program.ops {
            adversaria_kernels::scalar::run_op(op, &mut arena, self.table.as_deref());
            if let Op::Draw { live: 13, .. } = op {
                break;
            }
        }
        arena
    }
}

/// Multipliers are 0 or 1 / keep, in about the right shares, and others for each half, each module and each update.
#[test]
fn dropout_keeps_what_it_should() {
    let address = "data=ring8&batch=1000&g=4&d=40&gact=tanh&dact=tanh";
    let spec = Address::parse(address).expect("a valid address").spec;
    let table = build_table(&spec, None).expect("a toy needs no images");
    let layout = Layout::fitted(&spec, [PLAIN, DROPPED]);
    let compiled = compile_at(&spec, layout, true);
    let mut masks: Vec<Vec<f64>> = Vec::new();
    for program in [index::UPDATE_D, index::UPDATE_G] {
        let drawn = compiled.drawn[program].iter();
        let more: Vec<_> = drawn.filter(|drawing| drawing.name.starts_with("mask")).collect();
        let names: Vec<&str> = more.iter().map(|drawing| drawing.name.as_str()).collect();
        let of_d = ["mask_real/0", "mask_fake/0", "mask_real/3", "mask_fake/3"];
        let of_g = ["mask_fake/0", "mask_fake/3"];
        assert_eq!(names, if program == index::UPDATE_D { &of_d[..] } else { &of_g });
        let (case, _) = prepared(&spec, compiled.clone(), std::sync::Arc::clone(&table), program);
        let mut arena = case.arena.clone();
        for _ in 0..2 {
            for op in &case.program.ops {
                adversaria_kernels::scalar::run_op(op, &mut arena, Some(&table));
            }
            for drawing in &more {
                let name = &drawing.name;
                let keep = if name.ends_with("/0") { 0.8 } else { 0.5 };
                let values = columns(&arena, drawing.places[0], 1000);
                let kept = values.iter().filter(|x| **x > 0.0).count() as f64;
                let is_multiplier = |x: &f64| *x == 0.0 || (x * keep - 1.0).abs() < 1e-6;
                assert!(values.iter().all(is_multiplier), "{name}");
                // Five standard deviations of a binomial share.
                let (share, n) = (kept / values.len() as f64, values.len() as f64);
                assert!((share - keep).abs() < 5.0 * (keep * (1.0 - keep) / n).sqrt(), "{share}");
                assert!(masks.iter().all(|before| *before != values), "{name} comes again");
                masks.push(values);
            }
        }
    }
    assert_eq!(masks.len(), 12);
}

fn columns(arena: &[f64], mat: Mat, live: u32) -> Vec<f64> {
    (0..mat.rows).flat_map(|r| (0..live).map(move |c| arena[mat.index(r, c)])).collect()
}

#[test]
fn planted_faults_in_the_layers_are_found() {
    type Fault = (&'static str, usize, fn(&mut Op) -> bool);
    let faults: [Fault; 4] = [
        ("a gradient handed to the wrong piece", 0, |op| match op {
            Op::Route { x, .. } => {
                x.at += x.stride;
                true
            }
            _ => false,
        }),
        ("a sample left out of a statistic's gradient", 2, |op| match op {
            Op::Spread { out, .. } if out.cols == 13 => {
                out.cols -= 1;
                true
            }
            _ => false,
        }),
        ("the root's slope", 2, |op| match op {
            Op::Map { order: order @ 1, act, .. }
                if *act == adversaria_kernels::program::Act::InvSqrt =>
            {
                *order = 2;
                true
            }
            _ => false,
        }),
        ("a statistic of other columns", 2, |op| match op {
            Op::RowSum { x, .. } if x.cols == 13 => {
                x.at += 1;
                true
            }
            _ => false,
        }),
    ];
    for (name, which, fault) in faults {
        let (address, fittings) = cases()[which];
        let (mut case, compiled) = fitted(address, fittings, index::UPDATE_G);
        let claim = &claims(&compiled, index::UPDATE_G)[0];
        assert_eq!(case.check(claim), Ok(()), "{name}: faulty before");
        plant(&mut case.program, name, fault);
        assert!(case.check(claim).is_err(), "{name}: not found");
    }
}
