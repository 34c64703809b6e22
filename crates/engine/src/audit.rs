//! Everything that is needed to redo a run's arithmetic elsewhere: parameters, random inputs and losses, update by
//! update.

use std::sync::Arc;

use adversaria_core::spec::RunSpec;
use adversaria_kernels::backend::Backend;
use adversaria_kernels::program::{Mat, Table};

use crate::checkpoint::{Tensors, add_parameters};
use crate::compile::{Drawing, Side, index, schedule};
use crate::error::EngineError;
use crate::run::{Run, points, whole};

/// Trains for `iterations` and writes the trace as a safetensors file: `init/…`, `final/…`, and for each update u
/// `update/<u>/{kind,loss}` and its random inputs as `[batch, …]`: z, x, and where the spec has them c (the class of each sample,
/// one-hot), eps, noise_real, noise_fake and dropout's multipliers as `mask_real/<i>` and
/// `mask_fake/<i>`, i counting the modules of D; the samples of a pack follow each other in a row.
///
/// # Errors
/// When the backend fails, or so much is asked for that the trace would pass 2 GiB.
pub fn audit(
    spec: RunSpec,
    iterations: u64,
    table: Arc<Table>,
    backend: Box<dyn Backend>,
) -> Result<Vec<u8>, EngineError> {
    refuse_giants(&spec, iterations)?;
    let mut run = Run::recorded(spec, table, backend)?;
    let mut trace = Trace { tensors: Tensors::default(), updates: 0 };
    trace.parameters("init", &mut run)?;
    for _ in 0..iterations {
        for (program, times) in schedule(&run.spec) {
            for _ in 0..times {
                run.submit_program(program)?;
                trace.update(program, &mut run)?;
            }
        }
        run.iteration += 1;
    }
    trace.parameters("final", &mut run)?;
    trace.tensors.file(&run.spec)
}

const MOST_WORDS: u64 = 1 << 29;

fn refuse_giants(spec: &RunSpec, iterations: u64) -> Result<(), EngineError> {
    // With dropout the masks as well, for real and for generated samples.
    let dropout = spec.discriminator().fittings().keep_hidden < 1.0;
    let masks = spec.dim() + spec.discriminator().hidden().iter().sum::<u32>();
    let widths = 2 * (spec.dim() + spec.told_classes()) + spec.latent().dim;
    let widths = spec.pack() * widths + if dropout { 2 * masks } else { 0 };
    let inputs = u64::from(spec.batch()) * u64::from(widths);
    let updates = u64::from(spec.k_d() + spec.k_g()).max(1);
    let most = MOST_WORDS / (inputs * updates).max(1);
    if iterations > most {
        return Err(EngineError::TooMany {
            what: "iterations of an audit".into(),
            value: iterations,
            most,
        });
    }
    Ok(())
}

struct Trace {
    tensors: Tensors,
    updates: u64,
}

impl Trace {
    fn parameters(&mut self, prefix: &str, run: &mut Run) -> Result<(), EngineError> {
        let reading = run.read_state()?;
        let state = run.wait(&reading)?;
        add_parameters(&mut self.tensors, prefix, run, &state);
        Ok(())
    }

    fn update(&mut self, program: usize, run: &mut Run) -> Result<(), EngineError> {
        let mut inputs = Vec::new();
        for drawing in run.compiled.drawn[program].clone() {
            inputs.push(Input::read(drawing, run)?);
        }
        let slots = [
            run.compiled.layout.discriminator.slots.loss,
            run.compiled.layout.generator.slots.loss,
        ];
        let [loss_d, loss_g] = slots.map(|at| at..at + 1);
        let reading = run.read(&[loss_d, loss_g])?;
        let losses = run.wait(&reading)?;
        if program != index::UPDATE_G {
            self.record(0.0, losses[0], Side::Discriminator, &inputs);
        }
        if program != index::UPDATE_D {
            self.record(1.0, losses[1], Side::Generator, &inputs);
        }
        Ok(())
    }

    fn record(&mut self, kind: f32, loss: f32, side: Side, inputs: &[Input]) {
        let name = |what: &str| format!("update/{:06}/{what}", self.updates);
        let [kind_name, loss_name] = ["kind", "loss"].map(name);
        let told = inputs.iter().filter(|input| input.side.is_none_or(|whose| whose == side));
        let told: Vec<(String, &Input)> = told.map(|input| (name(&input.name), input)).collect();
        self.tensors.floats(kind_name, vec![1], &[kind]);
        self.tensors.floats(loss_name, vec![1], &[loss]);
        for (name, input) in told {
            self.tensors.floats(name, input.shape.clone(), &input.values);
        }
        self.updates += 1;
    }
}

/// A random input of an update: `[batch, places of a pack · rows]`, or `[batch]` of a single number.
struct Input {
    side: Option<Side>,
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Input {
    fn read(drawing: Drawing<Mat>, run: &mut Run) -> Result<Self, EngineError> {
        let Drawing { side, name, places } = drawing;
        let batches = places.iter().map(|&mat| batch(run, mat)).collect::<Result<Vec<_>, _>>()?;
        let count = run.spec.batch() as usize;
        let width = |batch: &Vec<f32>| batch.len() / count;
        let row = |i: usize| {
            batches.iter().flat_map(move |b| b[i * width(b)..(i + 1) * width(b)].iter().copied())
        };
        let values: Vec<f32> = (0..count).flat_map(row).collect();
        let shape = if name == "eps" { vec![count] } else { vec![count, values.len() / count] };
        Ok(Self { side, name, shape, values })
    }
}

/// A batch matrix as points `[batch, dim]`, padding left out.
fn batch(run: &mut Run, mat: Mat) -> Result<Vec<f32>, EngineError> {
    let reading = run.read(&[whole(&mat)])?;
    let words = run.wait(&reading)?;
    Ok(points(&words, mat.rows as usize, mat.stride as usize, run.spec.batch() as usize))
}
