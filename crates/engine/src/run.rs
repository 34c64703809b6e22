//! One training run: its spec, its programs on a backend, and the log of what was changed while it ran.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use adversaria_core::data::Modes;
use adversaria_core::rng::{CounterRng, uniform01};
use adversaria_core::spec::{Change as LiveChange, KEYS, LatentLaw, RunSpec, Weights};
use adversaria_kernels::backend::{Backend, Run as Runs, Ticket};
use adversaria_kernels::program::{Mat, Table};
use adversaria_protocol::Step;
use rand::{Rng as _, RngCore};

use crate::alone::Alone;
use crate::compile::{Compiled, compile, index, schedule};
use crate::dirac;
use crate::error::EngineError;
use crate::layout::{FIGURES, Player};
use crate::table::class_law;
use crate::vocabulary::{latent_reach, stream};

/// The field of a D that began again in the log.
pub(crate) const FRESH: &str = "fresh";

/// A change made while the run went on: at that iteration, that field got that value. The fields are address keys,
/// `step` (`d` or `g`) for a single update made by hand, `alone` (`d:250:0.0005`) for updates of one player at a rate of
/// their own, and `fresh` (`d`) for a D that began again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whole iterations made before.
    pub iteration: u64,
    /// Address key, `step`, `alone` or `fresh`.
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
    /// Updates of one player alone that are not in the log yet.
    pub(crate) alone: Option<Alone>,
    pub(crate) compiled: Compiled,
    pub(crate) backend: Box<dyn Backend>,
    dropped: Dropped,
    pub(crate) table: Arc<Table>,
    /// The modes whose numbers G and D are told.
    pub(crate) modes: Option<Modes>,
    record: bool,
}

/// A read-back under way. One that is dropped is no longer wanted, and the backend hears of it with the next.
#[derive(Debug)]
pub(crate) struct Reading {
    ticket: Ticket,
    dropped: Dropped,
}

/// Tickets of readings of one backend that are done with.
type Dropped = Rc<RefCell<Vec<Ticket>>>;

impl Drop for Reading {
    fn drop(&mut self) {
        self.dropped.borrow_mut().push(self.ticket);
    }
}

impl Run {
    /// A run at iteration 0: weights by the law of its nets, zero biases, BatchNorm that changes nothing but the scale.
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
        let modes = class_law(&spec);
        let mut run = Self {
            start,
            spec,
            log: vec![],
            iteration: 0,
            part: 0,
            alone: None,
            compiled,
            backend,
            dropped: Dropped::default(),
            table,
            modes,
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
        let drawn = [
            initial(&layout.generator, self.spec.seed(), stream::INIT_G),
            initial(&layout.discriminator, self.spec.seed(), stream::INIT_D),
        ];
        let [of_g, of_d] = dirac::start(&self.spec).unwrap_or(drawn);
        self.begin(&layout.generator, &of_g)?;
        self.begin(&layout.discriminator, &of_d)
    }

    /// Gives a player these parameters, and what it has beside them at its first update.
    fn begin(&mut self, player: &Player, values: &[f32]) -> Result<(), EngineError> {
        self.backend.write(player.parameters.at, values)?;
        if let Some(average) = player.average {
            self.backend.write(average, values)?;
        }
        for norm in player.layers.iter().filter_map(|layer| layer.norm) {
            for (mat, value) in norm.statistics().into_iter().zip([0.0, 1.0]) {
                self.backend.write(mat.at, &vec![value; mat.rows as usize])?;
            }
        }
        for (mat, vector) in first_directions(player, self.spec.seed()) {
            self.backend.write(mat.at, &vector)?;
        }
        for (_, at) in &player.buffers {
            self.backend.write(*at, &vec![0.0; values.len()])?;
        }
        Ok(())
    }

    /// D begins again: weights by its law, other than its first ones, and an optimiser that has seen no gradient. Its updates
    /// are counted on, since they number the draws.
    pub(crate) fn renew_discriminator(&mut self) -> Result<(), EngineError> {
        self.complete()?;
        let player = self.compiled.layout.discriminator.clone();
        let drawn = || initial(&player, self.spec.seed(), stream::FRESH_D);
        let values = dirac::start(&self.spec).map_or_else(drawn, |[_, of_d]| of_d);
        self.begin(&player, &values)?;
        self.note(FRESH, "d");
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
            self.seal();
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

    /// Finishes an iteration that was begun update by update, and logs what one player did alone.
    pub(crate) fn complete(&mut self) -> Result<(), EngineError> {
        self.seal();
        while self.part > 0 {
            self.make_part()?;
        }
        Ok(())
    }

    pub(crate) fn submit_program(&mut self, program: usize) -> Result<(), EngineError> {
        Ok(self.backend.submit(&[Runs { program, times: 1 }], 1)?)
    }

    pub(crate) fn note(&mut self, field: &str, value: &str) {
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
        for ticket in self.dropped.borrow_mut().drain(..) {
            self.backend.forget(ticket);
        }
        let ticket = self.backend.read(ranges)?;
        Ok(Reading { ticket, dropped: Rc::clone(&self.dropped) })
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

/// The words from the first of a matrix to its last.
pub(crate) fn whole(mat: &Mat) -> Range<u32> {
    mat.at..mat.at + (mat.rows - 1) * mat.stride + mat.cols
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

/// Weights by the player's law, biases 0, factors of BatchNorm 1.
fn initial(player: &Player, seed: u32, stream: u32) -> Vec<f32> {
    let mut values = vec![0.0; player.parameters.len as usize];
    for (layer, number) in player.layers.iter().zip(0..) {
        let words = |mat: Mat| {
            let begin = (mat.at - player.parameters.at) as usize;
            begin..begin + (mat.rows * mat.cols) as usize
        };
        let mut rng = CounterRng::new(seed, stream + number, 0);
        fill(&mut values[words(layer.weight)], layer.weight, player.weights, &mut rng);
        if let Some(norm) = layer.norm {
            values[words(norm.weight)].fill(1.0);
        }
    }
    values
}

/// Singular vectors before any update; D's, for G keeps none.
pub(crate) fn first_directions(player: &Player, seed: u32) -> Vec<(Mat, Vec<f32>)> {
    let all = player.singular.iter().zip(0..);
    all.map(|(&mat, number)| (mat, direction(mat.rows, seed, stream::SINGULAR + number))).collect()
}

/// A random direction, as long as 1.
fn direction(rows: u32, seed: u32, stream: u32) -> Vec<f32> {
    use rand_distr::Distribution;
    let mut rng = CounterRng::new(seed, stream, 0);
    let values: Vec<f32> = (0..rows).map(|_| rand_distr::StandardNormal.sample(&mut rng)).collect();
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values.into_iter().map(|v| v / length).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
fn fill(values: &mut [f32], weight: Mat, law: Weights, rng: &mut CounterRng) {
    let limit = match law {
        Weights::Glorot => (6.0 / f64::from(weight.rows + weight.cols)).sqrt(),
        Weights::Uniform(limit) => limit,
        Weights::Normal(std) => {
            let law = rand_distr::StandardNormal;
            for value in values {
                let drawn: f64 = rng.sample(law);
                *value = (std * drawn) as f32;
            }
            return;
        }
    };
    for value in values {
        *value = (limit * (2.0 * f64::from(uniform01::<f32>(rng.next_u32())) - 1.0)) as f32;
    }
}

/// n points of the latent law, `[n, dim]`, always the same for a seed and stream.
pub(crate) fn latent_points(spec: &RunSpec, stream: u32, count: usize) -> Vec<f32> {
    let mut rng = CounterRng::new(spec.seed(), stream, 0);
    let words = count * spec.latent().dim as usize;
    let reach = latent_reach(spec);
    match spec.latent().law {
        LatentLaw::Uniform => {
            (0..words).map(|_| reach * (2.0 * uniform01::<f32>(rng.next_u32()) - 1.0)).collect()
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
        (self.iteration, self.part, self.alone) = (iteration, 0, None);
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
        // Tickets of the old one say nothing to the new one.
        (self.backend, self.dropped) = (backend, Dropped::default());
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
