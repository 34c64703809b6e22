//! A run as a safetensors file and back, bit for bit. Names and shapes are those of a `torch.nn.Sequential`.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use adversaria_core::spec::{Cloud, Own, RunSpec};
use adversaria_kernels::backend::Backend;
use adversaria_kernels::program::{Mat, Table};
use adversaria_protocol::Metrics;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::alone::ALONE;
use crate::error::EngineError;
use crate::figures::Figures;
use crate::layout::{Layer, Layout, Player, Tensor};
use crate::owed::Snapshot;
use crate::run::{Change, FRESH, Reading, Run, first_directions};

/// The rows of the user's file, `[n, dim]`.
const OWN_ROWS: &str = "data/points";

/// Tensors on their way into a file: name → type, shape, bytes.
#[derive(Default)]
pub(crate) struct Tensors(BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

impl Tensors {
    pub(crate) fn floats(&mut self, name: String, shape: Vec<usize>, values: &[f32]) {
        self.0.insert(
            name,
            (Dtype::F32, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        );
    }

    pub(crate) fn integer(&mut self, name: &str, value: u64) {
        self.0.insert(name.into(), (Dtype::I64, vec![1], value.to_le_bytes().to_vec()));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.0.insert(name.into(), (Dtype::U8, vec![text.len()], text.as_bytes().to_vec()));
    }

    /// The file. The spec is its only metadata, so that equal runs give equal bytes.
    pub(crate) fn file(&self, spec: &RunSpec) -> Result<Vec<u8>, EngineError> {
        let damaged = |e: safetensors::SafeTensorError| EngineError::BadCheckpoint(e.to_string());
        let mut views = Vec::new();
        for (name, (dtype, shape, bytes)) in &self.0 {
            views.push((
                name.as_str(),
                TensorView::new(*dtype, shape.clone(), bytes).map_err(damaged)?,
            ));
        }
        let metadata = HashMap::from([("spec".to_string(), spec_json(spec)?)]);
        safetensors::serialize(views, Some(metadata)).map_err(damaged)
    }
}

/// The spec as a flat JSON object of address keys and string values, sorted, defaults written out.
fn spec_json(spec: &RunSpec) -> Result<String, EngineError> {
    let pairs: BTreeMap<_, _> = spec.pairs().into_iter().collect();
    serde_json::to_string(&pairs).map_err(|e| bad(e.to_string()))
}

/// A tensor: its name after the prefix, its shape, and its words.
type Part = (String, Vec<usize>, Range<usize>);

/// A tensor whose words begin at `at`.
fn part(tensor: Tensor, at: u32) -> Part {
    let Tensor { name, mat, is_vector } = tensor;
    let (rows, cols) = (mat.rows as usize, mat.cols as usize);
    let shape = if is_vector { vec![rows] } else { vec![rows, cols] };
    (name, shape, at as usize..at as usize + rows * cols)
}

/// A player's trained tensors: Linear weights `[out, in]`, all else `[out]`; the words at `base`, where a copy of the
/// parameters begins.
fn parts(player: &Player, base: u32) -> Vec<Part> {
    let moved = |tensor: Tensor| {
        let at = tensor.mat.at - player.parameters.at + base;
        part(tensor, at)
    };
    player.layers.iter().flat_map(Layer::trained).map(moved).collect()
}

/// Those, and the running statistics of its BatchNorms, `[units]` each.
fn own_parts(player: &Player) -> Vec<Part> {
    let mut all = parts(player, player.parameters.at);
    for tensor in player.layers.iter().flat_map(Layer::statistics) {
        let at = tensor.mat.at;
        all.push(part(tensor, at));
    }
    all
}

/// Everything of a player that a file keeps: full name, shape and words.
fn kept(name: &str, short: &str, player: &Player) -> Vec<Part> {
    let mut all = Vec::new();
    for (part, shape, words) in own_parts(player) {
        all.push((format!("{name}.{part}"), shape, words));
    }
    if let Some(average) = player.average {
        for (part, shape, words) in parts(player, average) {
            all.push((format!("average.{name}.{part}"), shape, words));
        }
    }
    for &(buffer, base) in &player.buffers {
        for (part, shape, words) in parts(player, base) {
            all.push((format!("optim.{short}.{part}.{buffer}"), shape, words));
        }
    }
    all
}

/// D's singular vectors, `[out]` each: name, shape and words.
fn singular(layout: &Layout) -> Vec<Part> {
    let vectors = layout.discriminator.layers.iter().zip(&layout.discriminator.singular);
    let one = |(layer, mat): (&Layer, &Mat)| {
        let name = format!("discriminator.{}.weight_u", layer.module);
        part(Tensor { name, mat: *mat, is_vector: true }, mat.at)
    };
    vectors.map(one).collect()
}

/// Whether a run has ever divided weights by their norms, so that its singular vectors have moved.
fn was_spectral(start: &RunSpec, log: &[Change]) -> bool {
    let changed = |c: &Change| c.field == "reg" && c.value.contains("spectral");
    start.reg().spectral || log.iter().any(changed)
}

/// The loss of a player's last update and its gradient's squared norm, so that a page shows them after a restore.
fn last_figures(short: &str, player: &Player) -> [(String, usize); 2] {
    let slots = player.slots;
    [("last_loss", slots.loss), ("last_grad_square", slots.grad_square)]
        .map(|(name, slot)| (format!("optim.{short}.{name}"), slot as usize))
}

/// Adds the parameters of both players under `prefix` (for traces).
pub(crate) fn add_parameters(tensors: &mut Tensors, prefix: &str, run: &Run, state: &[f32]) {
    let layout = &run.compiled.layout;
    if was_spectral(&run.start, &run.log) {
        for (name, shape, words) in singular(layout) {
            tensors.floats(format!("{prefix}/{name}"), shape, &state[words]);
        }
    }
    for (name, _, player) in layout.players() {
        for (part, shape, words) in own_parts(player) {
            tensors.floats(format!("{prefix}/{name}.{part}"), shape, &state[words]);
        }
    }
}

impl Run {
    /// Asks for the words that a checkpoint keeps.
    pub(crate) fn read_state(&mut self) -> Result<Reading, EngineError> {
        let end = self.compiled.layout.state_end;
        self.read(std::slice::from_ref(&(0..end)))
    }

    /// The file of a state that was read.
    pub(crate) fn checkpoint_of(&self, state: &[f32]) -> Result<Vec<u8>, EngineError> {
        let mut tensors = Tensors::default();
        for (name, short, player) in self.compiled.layout.players() {
            for (name, shape, words) in kept(name, short, player) {
                tensors.floats(name, shape, &state[words]);
            }
            let updates = state[player.slots.counter as usize].to_bits();
            tensors.integer(&format!("optim.{short}.step"), updates.into());
            for (name, slot) in last_figures(short, player) {
                tensors.floats(name, vec![1], &state[slot..=slot]);
            }
        }
        if was_spectral(&self.start, &self.log) {
            for (name, shape, words) in singular(&self.compiled.layout) {
                tensors.floats(name, shape, &state[words]);
            }
        }
        if let Own::File(_, Some(rows)) = self.start.own() {
            tensors.floats(
                OWN_ROWS.into(),
                vec![rows.cells.len(), rows.dim as usize],
                &rows.values(),
            );
        }
        tensors.integer("iteration", self.iteration);
        tensors.text("log", &log_text(&self.log));
        tensors.file(&self.start)
    }

    /// The run as a file, waiting for it.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn checkpoint(&mut self) -> Result<Vec<u8>, EngineError> {
        self.complete()?;
        let reading = self.read_state()?;
        let state = self.wait(&reading)?;
        self.checkpoint_of(&state)
    }
}

/// A checkpoint that was read and found whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    start: RunSpec,
    spec: RunSpec,
    log: Vec<Change>,
    iteration: u64,
    layout: Layout,
    state: Vec<f32>,
}

impl Checkpoint {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is not a checkpoint, or its tensors do not have the shapes that its spec asks for.
    pub fn parse(bytes: &[u8]) -> Result<Self, EngineError> {
        let start = spec_of(bytes)?;
        let file = SafeTensors::deserialize(bytes)
            .map_err(|e| bad(format!("it does not read as safetensors ({e})")))?;
        let start = with_rows(start, &file)?;
        let log = parse_log(&text(&file, "log")?)?;
        let spec = replay(&start, &log)?;
        let layout = Layout::new(&start);
        let mut state = vec![0.0; layout.state_end as usize];
        for (name, short, player) in layout.players() {
            for (name, shape, words) in kept(name, short, player) {
                state[words].copy_from_slice(&floats(&file, &name, &shape)?);
            }
            let updates = integer(&file, &format!("optim.{short}.step"))?;
            let updates =
                u32::try_from(updates).map_err(|_| bad(format!("it counts {updates} updates")))?;
            state[player.slots.counter as usize] = f32::from_bits(updates);
            for (name, slot) in last_figures(short, player) {
                state[slot] = floats(&file, &name, &[1])?[0];
            }
        }
        let first = first_directions(&layout.discriminator, start.seed());
        for ((name, shape, words), (_, first)) in singular(&layout).into_iter().zip(first) {
            let moved = was_spectral(&start, &log);
            let values = if moved { floats(&file, &name, &shape)? } else { first };
            state[words].copy_from_slice(&values);
        }
        Ok(Self { iteration: integer(&file, "iteration")?, start, spec, log, layout, state })
    }

    /// The spec that the run began with.
    #[must_use]
    pub const fn start(&self) -> &RunSpec {
        &self.start
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

    /// A copy to go back to.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            iteration: self.iteration,
            spec: self.spec.clone(),
            log: self.log.clone(),
            state: self.state.clone(),
        }
    }

    /// The counts and the last update's figures; what takes a look at the players is NaN.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        Figures::decode(&self.layout, &self.state).metrics(self.iteration)
    }

    /// The run, going on where it was.
    ///
    /// # Errors
    /// When memory is short.
    pub fn resume(self, table: Arc<Table>, backend: Box<dyn Backend>) -> Result<Run, EngineError> {
        let mut run = Run::new(self.start, table, backend)?;
        run.backend.write(0, &self.state)?;
        run.adopt(self.spec)?;
        run.log = self.log;
        run.iteration = self.iteration;
        Ok(run)
    }
}

fn bad(why: String) -> EngineError {
    EngineError::BadCheckpoint(why)
}

fn spec_of(bytes: &[u8]) -> Result<RunSpec, EngineError> {
    let (_, header) = SafeTensors::read_metadata(bytes)
        .map_err(|e| bad(format!("it does not read as safetensors ({e})")))?;
    let Some(json) = header.metadata().as_ref().and_then(|m| m.get("spec")) else {
        return Err(bad("it carries no spec".into()));
    };
    let pairs: BTreeMap<String, String> = serde_json::from_str(json)
        .map_err(|e| bad(format!("its spec does not read as JSON ({e})")))?;
    let pairs = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    RunSpec::from_pairs(pairs).map_err(|e| bad(e.to_string()))
}

/// The spec with the rows of the user's file, where it is about such.
fn with_rows(start: RunSpec, file: &SafeTensors) -> Result<RunSpec, EngineError> {
    let Own::File(Some(mark), _) = start.own() else { return Ok(start) };
    let dim = start.dim();
    let values = floats(file, OWN_ROWS, &[mark.rows as usize, dim as usize])?;
    let rows = Arc::new(Cloud::of_values(dim, &values));
    start.supplied(&rows).ok_or_else(|| bad("its rows are not those that its spec names".into()))
}

/// The spec after the logged changes.
fn replay(start: &RunSpec, log: &[Change]) -> Result<RunSpec, EngineError> {
    let mut spec = start.clone();
    let of_spec = |change: &&Change| !["step", ALONE, FRESH].contains(&change.field.as_str());
    for change in log.iter().filter(of_spec) {
        spec = spec.with(&change.field, &change.value).map_err(|e| bad(e.to_string()))?;
    }
    Ok(spec)
}

/// One change a line: iteration, field, value, separated by blanks.
fn log_text(log: &[Change]) -> String {
    log.iter().map(|c| format!("{} {} {}\n", c.iteration, c.field, c.value)).collect()
}

fn parse_log(text: &str) -> Result<Vec<Change>, EngineError> {
    let line = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let iteration = words.next()?.parse().ok()?;
        Some(Change { iteration, field: words.next()?.into(), value: words.next()?.into() })
    };
    text.lines()
        .map(|l| line(l).ok_or_else(|| bad("its log of changes is damaged".into())))
        .collect()
}

fn tensor<'a>(
    file: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
) -> Result<TensorView<'a>, EngineError> {
    let view = file.tensor(name).map_err(|_| bad(format!("it lacks {name}")))?;
    if view.dtype() == dtype {
        Ok(view)
    } else {
        Err(bad(format!("{name} is of type {:?}", view.dtype())))
    }
}

fn floats(file: &SafeTensors, name: &str, shape: &[usize]) -> Result<Vec<f32>, EngineError> {
    let view = tensor(file, name, Dtype::F32)?;
    if view.shape() != shape {
        return Err(bad(format!("{name} is {:?}, and its spec asks for {shape:?}", view.shape())));
    }
    let word = |b: &[u8]| b.try_into().map_or(f32::NAN, f32::from_le_bytes);
    Ok(view.data().chunks_exact(4).map(word).collect())
}

fn integer(file: &SafeTensors, name: &str) -> Result<u64, EngineError> {
    let view = tensor(file, name, Dtype::I64)?;
    view.data()
        .try_into()
        .map(u64::from_le_bytes)
        .map_err(|_| bad(format!("{name} is not one number")))
}

fn text(file: &SafeTensors, name: &str) -> Result<String, EngineError> {
    let view = tensor(file, name, Dtype::U8)?;
    String::from_utf8(view.data().to_vec()).map_err(|_| bad(format!("{name} is not text")))
}
