//! Short runs of scenes that must be learned, and proof that a generator that does not learn would be noticed.
//! The full suite is the binary `learning`.

use std::ops::Range;
use std::sync::Arc;
use std::thread;

use adversaria_core::spec::Address;
use adversaria_kernels::backend::{Backend, BackendError, Run, Ticket};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::{Op, Program, Table};
use adversaria_tests::learning::{QUICK, SCENES, Scene, Verdict, play, play_on, reached};

/// The processor, with the sign of G's loss turned round in the program of its update.
struct Sabotaged(CpuBackend);

impl Backend for Sabotaged {
    fn name(&self) -> &'static str {
        "sabotaged"
    }

    fn adapter(&self) -> String {
        self.name().to_owned()
    }

    fn prepare(&mut self, words: u32, mut programs: Vec<Program>) -> Result<(), BackendError> {
        let mut turned = 0;
        for op in programs.iter_mut().filter(|p| p.name == "G-update").flat_map(|p| &mut p.ops) {
            if let Op::PointGrad { weight, .. } = op {
                *weight = -*weight;
                turned += 1;
            }
        }
        assert_eq!(turned, 1, "the fault is planted once");
        self.0.prepare(words, programs)
    }

    fn set_table(&mut self, table: Arc<Table>) -> Result<(), BackendError> {
        self.0.set_table(table)
    }

    fn write(&mut self, at: u32, values: &[f32]) -> Result<(), BackendError> {
        self.0.write(at, values)
    }

    fn submit(&mut self, runs: &[Run], times: u32) -> Result<(), BackendError> {
        self.0.submit(runs, times)
    }

    fn read(&mut self, ranges: &[Range<u32>]) -> Result<Ticket, BackendError> {
        self.0.read(ranges)
    }

    fn poll(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError> {
        self.0.poll(ticket)
    }

    fn forget(&mut self, ticket: Ticket) {
        self.0.forget(ticket);
    }
}

fn learned(scene: &Scene) {
    let outcome = play(scene, 1, &[], None, None).unwrap();
    assert!(outcome.passed, "{}: {}", scene.name, reached(scene.bar, &outcome));
}

fn not_learned_when_sabotaged(scene: &Scene) {
    let backend = Box::new(Sabotaged(CpuBackend::detect()));
    let outcome = play_on(backend, scene, 1, &[], None, None).unwrap();
    assert!(!outcome.passed, "{}: {}", scene.name, reached(scene.bar, &outcome));
}

/// Both at once: the suite waits for the slower one.
#[test]
fn short_runs_learn_and_broken_ones_do_not() {
    thread::scope(|scope| {
        for scene in &QUICK {
            scope.spawn(|| learned(scene));
        }
    });
    thread::scope(|scope| {
        for scene in &QUICK {
            scope.spawn(|| not_learned_when_sabotaged(scene));
        }
    });
}

#[test]
fn every_scene_has_an_address_that_reads_and_keeps_its_own_seed() {
    for scene in &SCENES {
        let spec = Address::parse(scene.address).unwrap().spec;
        assert_eq!(spec.seed(), 1, "{}", scene.name);
        let printed = spec.address();
        let rest = printed.strip_prefix("v=1&").unwrap();
        assert!(scene.address.ends_with(rest), "{}: printed as {rest}", scene.name);
        assert!(
            scene.address.starts_with("data="),
            "{}: the data is named, default or not",
            scene.name
        );
    }
}

#[test]
fn a_run_that_stops_passes_nothing() {
    for scene in &SCENES {
        assert!(!Verdict::Stopped("it stopped".into()).passes(scene.bar), "{}", scene.name);
    }
}
