//! Every kernel against its twin, in both forms, and with faults planted in the WGSL.

use std::sync::Arc;

use adversaria_gpu::{Form, GpuBackend, Sources};
use adversaria_kernels::backend::{Backend as _, Run};
use adversaria_tests::parity::{Case, cases, table};

use crate::device::gpu;

/// The arena after one run of the case.
fn run(backend: &mut GpuBackend, case: &Case) -> Vec<f32> {
    backend.prepare(case.words, vec![case.program()]).unwrap();
    backend.write(0, &case.arena()).unwrap();
    backend.submit(&[Run { program: 0, times: 1 }], 1).unwrap();
    let ticket = backend.read(&[0..case.words]).unwrap();
    loop {
        if let Some(words) = backend.poll(ticket).unwrap() {
            return words;
        }
    }
}

#[test]
fn every_kernel_agrees_with_its_twin() {
    let Some(gpu) = gpu() else { return };
    for form in [Form::Dispatch, Form::Resident] {
        let mut backend = GpuBackend::new(&gpu, Some(form));
        backend.set_table(Arc::new(table())).unwrap();
        let mut failures = Vec::new();
        let mut worst = std::collections::BTreeMap::<String, f32>::new();
        for case in cases() {
            let got = run(&mut backend, &case);
            if let Err(why) = case.judge(&got) {
                failures.push(why);
            }
            let op = format!("{:?}", case.op).split_whitespace().next().unwrap().to_string();
            let w = worst.entry(op).or_default();
            *w = w.max(case.share_of_bound(&got));
        }
        println!("{}: {worst:?}", form.name());
        failures.truncate(40);
        assert!(failures.is_empty(), "{}:\n{}", form.name(), failures.join("\n"));
    }
    let _ = Sources::default();
}
