//! One training run: its spec, its programs on a backend, and the log of what was changed while it ran.

use std::ops::Range;
use std::sync::Arc;

use adversaria_core::rng::{CounterRng, uniform01};
use adversaria_core::spec::{Change as LiveChange, KEYS, LatentLaw, RunSpec};
use adversaria_kernels::backend::{Backend, Run as Runs, Ticket};
use adversaria_kernels::program::{Mat, Table};
use adversaria_protocol::Step;
use rand::RngCore;

use crate::compile::{Compiled, compile, index, schedule};
use crate::error::EngineError;
use crate::layout::{FIGURES, Player};
use crate::vocabulary::stream;

/// A change made while the run went on: at that iteration, that field got that value. The fields are address keys,
/// and `step` (`d` or `g`) for a single update made by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whole iterations made before.
    pub iteration: u64,
    /// Address key, or `step`.
    pub field: String,
    /// The new value.
    pub value: String,
}

/// A run of a GAN on a backend.
pub struct Run {
    pub(crate) start: RunSpec,
    pub(crate) spec: RunSpec,
    pub(crate) log: Vec<Change>,
    pub(crate) iteration: u64,
    /// Updates made of the iteration under way.
    pub(crate) part: u32,
    pub(crate) compiled: Compiled,
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) table: Arc<Table>,
    record: bool,
}

/// A read-back under way: which words of the answer are which.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) ticket: Ticket,
}

impl Run {
    /// A run at iteration 0 with Glorot-uniform weights (Glorot & Bengio 2010, eq. 16) and zero biases.
    ///
    /// # Errors
    /// When memory is short.
    pub fn new(
        spec: RunSpec,
        table: Arc<Table>,
        backend: Box<dyn Backend>,
    ) -> Result<Self, EngineError> {
        Self::build(spec, table, backend, false)
    }

    /// As [`Run::new`]; the random inputs of every update can be read after it (for audits).
    pub(crate) fn recorded(
        spec: RunSpec,
        table: Arc<Table>,
        backend: Box<dyn Backend>,
    ) -> Result<Self, EngineError> {
        Self::build(spec, table, backend, true)
    }

    fn build(
        spec: RunSpec,
        table: Arc<Table>,
        mut backend: Box<dyn Backend>,
        record: bool,
    ) -> Result<Self, EngineError> {
        let compiled = compile(&spec, record);
        backend.prepare(compiled.words, compiled.programs.clone())?;
        backend.set_table(Arc::clone(&table))?;
        let start = spec.clone();
        let mut run = Self {
            start,
            spec,
            log: vec![],
            iteration: 0,
            part: 0,
            compiled,
            backend,
            table,
            record,
        };
        run.write_rates()?;
        run.initialise()?;
        Ok(run)
    }

    /// The spec now, changes included.
    #[must_use]
    pub const fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// Whole iterations made.
    #[must_use]
    pub const fn iteration(&self) -> u64 {
        self.iteration
    }

    /// What was changed while the run went on.
    #[must_use]
    pub fn log(&self) -> &[Change] {
        &self.log
    }

    /// Parameters of G and of D.
    #[must_use]
    pub fn parameter_counts(&self) -> (u64, u64) {
        let layout = &self.compiled.layout;
        (layout.generator.parameters.len.into(), layout.discriminator.parameters.len.into())
    }

    fn initialise(&mut self) -> Result<(), EngineError> {
        let layout = self.compiled.layout.clone();
        for (player, stream) in
            [(&layout.generator, stream::INIT_G), (&layout.discriminator, stream::INIT_D)]
        {
            let values = glorot(player, self.spec.seed(), stream);
            self.backend.write(player.parameters.at, &values)?;
            if let Some(average) = player.average {
                self.backend.write(average, &values)?;
            }
        }
        Ok(())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
    pub(crate) fn write_rates(&mut self) -> Result<(), EngineError> {
        let layout = &self.compiled.layout;
        let rates = [
            (layout.discriminator.slots.rate, self.spec.optimiser_d().lr()),
            (layout.generator.slots.rate, self.spec.optimiser_g().lr()),
        ];
        for (at, rate) in rates {
            self.backend.write(at, &[rate as f32])?;
        }
        Ok(())
    }

    /// Submits whole iterations.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn advance(&mut self, iterations: u32) -> Result<(), EngineError> {
        self.complete()?;
        let runs: Vec<Runs> = schedule(&self.spec)
            .into_iter()
            .map(|(program, times)| Runs { program, times })
            .collect();
        self.backend.submit(&runs, iterations)?;
        self.iteration += u64::from(iterations);
        Ok(())
    }

    /// Submits one step. A single update is logged; a whole iteration is not a change.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn step(&mut self, step: Step) -> Result<(), EngineError> {
        if step == Step::Part {
            return self.make_part();
        }
        self.complete()?;
        let (program, value) = match step {
            Step::Both => return self.advance(1),
            Step::Discriminator => (index::UPDATE_D, "d"),
            Step::Generator | Step::Part => (index::UPDATE_G, "g"),
        };
        self.backend.submit(&[Runs { program, times: 1 }], 1)?;
        self.note("step", value);
        Ok(())
    }

    /// The next update of the iteration.
    fn make_part(&mut self) -> Result<(), EngineError> {
        let mut left = self.part;
        let schedule = schedule(&self.spec);
        for &(program, times) in &schedule {
            if left < times {
                self.submit_program(program)?;
                break;
            }
            left -= times;
        }
        self.part += 1;
        if self.part >= schedule.iter().map(|(_, times)| times).sum() {
            self.part = 0;
            self.iteration += 1;
        }
        Ok(())
    }

    /// Finishes an iteration that was begun update by update.
    pub(crate) fn complete(&mut self) -> Result<(), EngineError> {
        while self.part > 0 {
            self.make_part()?;
        }
        Ok(())
    }

    pub(crate) fn submit_program(&mut self, program: usize) -> Result<(), EngineError> {
        Ok(self.backend.submit(&[Runs { program, times: 1 }], 1)?)
    }

    fn note(&mut self, field: &str, value: &str) {
        self.log.push(Change {
            iteration: self.iteration,
            field: field.into(),
            value: value.into(),
        });
    }

    /// Changes a field while the run goes on, and logs it.
    ///
    /// # Errors
    /// When the value is not allowed, or the field needs a new start; then nothing has changed.
    pub fn change(&mut self, field: &str, value: &str) -> Result<(), EngineError> {
        let LiveChange::Live(spec) = self.spec.live_change(field, value)? else {
            return Err(EngineError::NotLive { field: field.into(), value: value.into() });
        };
        if spec == self.spec {
            return Ok(());
        }
        self.complete()?;
        if is_of_place(field) {
            self.spec = spec;
        } else {
            self.adopt(spec)?;
        }
        let value = self.spec.get(field)?;
        self.note(field, &value);
        Ok(())
    }

    /// Takes a spec that differs in live fields only; the arena's lasting part stays as it is.
    pub(crate) fn adopt(&mut self, spec: RunSpec) -> Result<(), EngineError> {
        let compiled = compile(&spec, self.record);
        self.backend.prepare(compiled.words, compiled.programs.clone())?;
        self.compiled = compiled;
        self.spec = spec;
        self.write_rates()
    }

    pub(crate) fn read(&mut self, ranges: &[Range<u32>]) -> Result<Reading, EngineError> {
        Ok(Reading { ticket: self.backend.read(ranges)? })
    }

    pub(crate) fn poll(&mut self, reading: &Reading) -> Result<Option<Vec<f32>>, EngineError> {
        Ok(self.backend.poll(reading.ticket)?)
    }

    /// Waits for words. Natively only: a page polls instead.
    pub(crate) fn wait(&mut self, reading: &Reading) -> Result<Vec<f32>, EngineError> {
        loop {
            if let Some(words) = self.poll(reading)? {
                return Ok(words);
            }
            std::hint::spin_loop();
        }
    }

    /// The words, once they are there.
    pub(crate) fn words(&mut self, pending: &mut Pending) -> Result<Option<Vec<f32>>, EngineError> {
        if pending.words.is_none() {
            pending.words = self.poll(&pending.reading)?;
        }
        Ok(pending.words.clone())
    }

    /// Asks for the counters and figures, and sets the running sums of losses back to zero.
    pub(crate) fn read_figures(&mut self, reset_sums: bool) -> Result<Reading, EngineError> {
        let reading = self.read(&[FIGURES])?;
        if reset_sums {
            let layout = self.compiled.layout.clone();
            for player in [&layout.generator, &layout.discriminator] {
                self.backend.write(player.slots.loss_sum, &[0.0, 0.0])?;
            }
        }
        Ok(reading)
    }
}

/// Words on their way to somebody who does not wait for them.
pub(crate) struct Pending {
    reading: Reading,
    words: Option<Vec<f32>>,
}

impl From<Reading> for Pending {
    fn from(reading: Reading) -> Self {
        Self { reading, words: None }
    }
}

/// Whether a field says where the arithmetic happens, which the programs do not depend on.
pub(crate) fn is_of_place(field: &str) -> bool {
    ["backend", "exec"].contains(&field)
}

/// The words of a matrix that has no gaps.
pub(crate) fn whole(mat: &Mat) -> Range<u32> {
    mat.at..mat.at + mat.rows * mat.stride
}

/// From points `[n, dim]` to `[dim, columns]`, zeros behind.
pub(crate) fn feature_major(points: &[f32], dim: usize, columns: usize) -> Vec<f32> {
    let mut out = vec![0.0; dim * columns];
    for (column, point) in points.chunks_exact(dim).enumerate().take(columns) {
        for (row, value) in point.iter().enumerate() {
            out[row * columns + column] = *value;
        }
    }
    out
}

/// From the first `count` columns of `[dim, columns]` to points `[count, dim]`.
pub(crate) fn points(words: &[f32], dim: usize, columns: usize, count: usize) -> Vec<f32> {
    (0..count).flat_map(|column| (0..dim).map(move |row| words[row * columns + column])).collect()
}

/// Weights uniform on ±√(6 / (in + out)), biases 0.
fn glorot(player: &Player, seed: u32, stream: u32) -> Vec<f32> {
    let mut values = vec![0.0; player.parameters.len as usize];
    for (layer, number) in player.layers.iter().zip(0..) {
        let weight = layer.weight;
        let begin = (weight.at - player.parameters.at) as usize;
        let limit = (6.0 / f64::from(weight.rows + weight.cols)).sqrt();
        let mut rng = CounterRng::new(seed, stream + number, 0);
        for value in &mut values[begin..begin + (weight.rows * weight.cols) as usize] {
            #[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
            let drawn = (limit * (2.0 * f64::from(uniform01::<f32>(rng.next_u32())) - 1.0)) as f32;
            *value = drawn;
        }
    }
    values
}

/// n points of the latent law, `[n, dim]`, always the same for a seed and stream.
pub(crate) fn latent_points(spec: &RunSpec, stream: u32, count: usize) -> Vec<f32> {
    let mut rng = CounterRng::new(spec.seed(), stream, 0);
    let words = count * spec.latent().dim as usize;
    match spec.latent().law {
        LatentLaw::Uniform => {
            (0..words).map(|_| 2.0 * uniform01::<f32>(rng.next_u32()) - 1.0).collect()
        }
        LatentLaw::Gaussian => {
            use rand_distr::Distribution;
            let normal = rand_distr::StandardNormal;
            (0..words).map(|_| normal.sample(&mut rng)).collect()
        }
    }
}

impl Run {
    /// Goes to a state that was read before, with the spec, log and iteration it had.
    pub(crate) fn set_state(
        &mut self,
        state: &[f32],
        spec: &RunSpec,
        log: Vec<Change>,
        iteration: u64,
    ) -> Result<(), EngineError> {
        self.backend.write(0, state)?;
        self.adopt(spec.clone())?;
        self.log = log;
        (self.iteration, self.part) = (iteration, 0);
        Ok(())
    }

    /// Goes on where it is on another backend; `state` is what was read from this one. When that fails, it stays.
    pub(crate) fn move_to(
        &mut self,
        mut backend: Box<dyn Backend>,
        state: &[f32],
    ) -> Result<(), EngineError> {
        backend.prepare(self.compiled.words, self.compiled.programs.clone())?;
        backend.set_table(Arc::clone(&self.table))?;
        backend.write(0, state)?;
        self.backend = backend;
        Ok(())
    }

    /// The same run from its start, on another backend.
    pub(crate) fn again(&self, backend: Box<dyn Backend>) -> Result<Self, EngineError> {
        Self::new(self.start.clone(), Arc::clone(&self.table), backend)
    }

    /// Makes the live changes that lead to `spec`, and logs them.
    pub(crate) fn change_to(&mut self, spec: &RunSpec) -> Result<(), EngineError> {
        let mut fields: Vec<&str> = KEYS
            .iter()
            .map(|key| key.name)
            .filter(|name| self.spec.get(name) != spec.get(name))
            .collect();
        // Fields that clash with what others still are come after those.
        for _ in 0..fields.len() {
            let mut refused = Vec::new();
            for field in fields {
                match self.change(field, &spec.get(field)?) {
                    Ok(()) => {}
                    Err(EngineError::Spec(_)) => refused.push(field),
                    Err(error) => return Err(error),
                }
            }
            fields = refused;
        }
        Ok(())
    }

    /// How the backend runs the updates, for people: nothing where there is one way only.
    pub(crate) fn forms(&self) -> String {
        let programs = schedule(&self.spec).into_iter().map(|(program, _)| program);
        let mut names: Vec<_> = programs.filter_map(|p| self.backend.form_name(p)).collect();
        names.dedup();
        names.join(" and ")
    }
}
