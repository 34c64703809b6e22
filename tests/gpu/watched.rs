//! An executor that a test looks at while somebody else uses it.

use std::ops::Range;
use std::sync::Arc;

use adversaria_gpu::{Form, GpuBackend};
use adversaria_kernels::backend::{Backend, BackendError, Run, Ticket};
use adversaria_kernels::program::{Program, Table};

/// What is done after a call: with the executor and its programs.
type Look<B> = Box<dyn Fn(&B, &[Program])>;

/// An executor, and a look at it after each call that makes or ends something.
pub(crate) struct Watched<B> {
    backend: B,
    programs: Vec<Program>,
    look: Look<B>,
}

impl<B> Watched<B> {
    pub(crate) fn new(backend: B, look: impl Fn(&B, &[Program]) + 'static) -> Self {
        Self { backend, programs: vec![], look: Box::new(look) }
    }

    fn looked<T>(&self, result: T) -> T {
        (self.look)(&self.backend, &self.programs);
        result
    }
}

impl Watched<GpuBackend> {
    /// Runs updates in this form, or the test fails. (Probes are not looked at: with their many points llvmpipe cannot have
    /// them all in one invocation.)
    pub(crate) fn in_form(backend: GpuBackend, form: Form) -> Self {
        Self::new(backend, move |backend, programs| {
            for (number, Program { name, .. }) in programs.iter().enumerate() {
                let got = backend.form(number);
                let fits = got == Some(form) || !name.ends_with("-update");
                assert!(fits, "{name} runs as {got:?}, not as {form:?}");
            }
        })
    }
}

impl<B: Backend> Backend for Watched<B> {
    fn name(&self) -> &'static str {
        self.backend.name()
    }

    fn adapter(&self) -> String {
        self.backend.adapter()
    }

    fn prepare(&mut self, words: u32, programs: Vec<Program>) -> Result<(), BackendError> {
        self.programs.clone_from(&programs);
        let done = self.backend.prepare(words, programs);
        self.looked(done)
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
        let ticket = self.backend.read(ranges);
        self.looked(ticket)
    }

    fn poll(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError> {
        let words = self.backend.poll(ticket);
        self.looked(words)
    }

    fn forget(&mut self, ticket: Ticket) {
        self.backend.forget(ticket);
    }

    fn in_flight(&self) -> bool {
        self.backend.in_flight()
    }

    fn device_micros(&mut self) -> Result<Option<f64>, BackendError> {
        self.backend.device_micros()
    }

    fn expected_micros(&self) -> f64 {
        self.backend.expected_micros()
    }

    fn correct(&mut self, times: f64) {
        self.backend.correct(times);
    }

    fn form_name(&self, program: usize) -> Option<&'static str> {
        self.backend.form_name(program)
    }
}
