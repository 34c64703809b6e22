//! Every kernel against its twin, in both forms, and with faults planted in the WGSL.

use std::borrow::Cow;
use std::sync::Arc;

use adversaria_gpu::{Form, Gpu, GpuBackend, Large, Sources, Tuning};
use adversaria_kernels::backend::{Backend as _, Run};
use adversaria_kernels::program::Op;
use adversaria_tests::parity::{Case, FAULTS, Fault, cases, table};

use crate::device::{gpu, is_required};

/// Whether llvmpipe, which ends an invocation's loops after 65,535 turns in all, cannot have a case in the resident form: the
/// product of depth 1000, and the sums of 70 rows of 5000.
fn is_long(case: &Case) -> bool {
    match case.op {
        Op::Gemm { a, ta, .. } => (if ta { a.rows } else { a.cols }) == 1000,
        Op::RowSum { x, .. } => (x.rows, x.cols) == (70, 5000),
        _ => false,
    }
}

/// The arena after each case.
fn run(gpu: &Gpu, form: Form, sources: &Sources, cases: &[Case]) -> Vec<Vec<f32>> {
    let mut backend = GpuBackend::with_sources(gpu, Some(form), sources);
    backend.set_table(Arc::new(table())).unwrap();
    let words = cases.iter().map(|case| case.words).max().unwrap_or(1);
    backend.prepare(words, cases.iter().map(Case::program).collect()).unwrap();
    for (program, case) in cases.iter().enumerate() {
        let got = backend.form(program);
        let right = got == Some(form) || is_long(case) && got == Some(Form::Dispatch);
        assert!(right, "{got:?} in place of {form:?}: {:?}", case.op);
    }
    let mut start = |(program, case): (usize, &Case)| {
        backend.write(0, &case.arena()).unwrap();
        backend.submit(&[Run { program, times: 1 }], 1).unwrap();
        backend.read(std::slice::from_ref(&(0..case.words))).unwrap()
    };
    let tickets: Vec<_> = cases.iter().enumerate().map(&mut start).collect();
    let mut wait = |ticket| loop {
        if let Some(words) = backend.poll(ticket).unwrap() {
            return words;
        }
    };
    tickets.into_iter().map(&mut wait).collect()
}

/// As software would have it, without quads and with them, and as others would: with barriers that matter, and the other
/// kernel for large products.
const TUNINGS: [Tuning; 3] = [
    Tuning { threads: 4, groups: 1, most_groups: 16, large: Large::Blocks },
    Tuning { threads: 4, groups: 1, most_groups: 16, large: Large::Quads },
    Tuning { threads: 64, groups: 64, most_groups: 1024, large: Large::Tiles },
];

/// Those that this device can have: in software, all where they are required, for llvmpipe has quads.
fn tunings(gpu: &Gpu) -> impl Iterator<Item = Tuning> {
    let has_quads = gpu.has_quads();
    assert!(has_quads || !gpu.is_software() || !is_required(), "no quads, and GPU=require");
    TUNINGS.into_iter().filter(move |tuning| has_quads || tuning.large != Large::Quads)
}

#[test]
fn every_kernel_agrees_with_its_twin() {
    let Some(gpu) = gpu() else { return };
    let cases = cases();
    if !gpu.has_quads() {
        eprintln!("{} has no quads: quad.wgsl is not run", gpu.name());
    }
    for form in [Form::Dispatch, Form::Resident] {
        for tuning in tunings(&gpu) {
            let sources = Sources { tuning: Some(tuning), ..Sources::default() };
            let got = run(&gpu, form, &sources, &cases);
            let judged = cases.iter().zip(&got).map(|(case, got)| case.judge(got));
            let failures: Vec<_> = judged.filter_map(Result::err).take(20).collect();
            assert!(failures.is_empty(), "{form:?}, {tuning:?}:\n{}", failures.join("\n"));
        }
    }
}

/// What is a little off fails: bounds that say nothing would show here.
#[test]
fn bounds_are_not_slack() {
    let Some(gpu) = gpu() else { return };
    let cases: Vec<_> = cases().into_iter().filter(Case::is_small).collect();
    let got = run(&gpu, Form::Dispatch, &Sources::default(), &cases);
    for (case, got) in cases.iter().zip(&got) {
        case.judge(got).unwrap();
        // A ten-thousandth more is beyond every bound, in any word that was written and in no other.
        let last = case.written().last().unwrap();
        let mut off = got.clone();
        off[last] = got[last] * 1.0001 + got[last].signum() * 1e-4;
        assert!(case.judge(&off).is_err(), "a planted difference passes: {:?}", case.op);
    }
}

fn planted(fault: &Fault, tuning: Tuning) -> Sources {
    let plain = Sources::default();
    let plant =
        |text: &str| -> Cow<'static, str> { text.replacen(fault.find, fault.put, 1).into() };
    Sources {
        dispatch: plant(&plain.dispatch),
        resident: plant(&plain.resident),
        tile: plant(&plain.tile),
        block: plant(&plain.block),
        quad: plant(&plain.quad),
        tuning: Some(tuning),
    }
}

#[test]
fn a_fault_planted_in_any_kernel_is_found() {
    let Some(gpu) = gpu() else { return };
    let all = cases();
    for fault in FAULTS {
        let texts = [Sources::default().dispatch, Sources::default().resident];
        let plain = Sources::default();
        let others = [plain.tile, plain.block, plain.quad];
        let there = texts.iter().chain(&others).any(|text| text.contains(fault.find));
        assert!(there, "{:?} is not in the WGSL", fault.find);
        let cases: Vec<_> = all.iter().filter(|case| fault.touches(case)).cloned().collect();
        let shows = |tuning: &Tuning| tuning.large == fault.large;
        let Some(tuning) = tunings(&gpu).find(shows) else { continue };
        let got = run(&gpu, fault.form(), &planted(fault, tuning), &cases);
        let found = cases.iter().zip(&got).any(|(case, got)| case.judge(got).is_err());
        assert!(found, "{:?} for {:?} passes", fault.put, fault.find);
    }
}
