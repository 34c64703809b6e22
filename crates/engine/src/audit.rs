//! Everything that is needed to redo a run's arithmetic elsewhere: parameters, random inputs and losses, update by
//! update.

use std::sync::Arc;

use adversaria_core::spec::{Order, RunSpec};
use adversaria_kernels::backend::Backend;
use adversaria_kernels::program::{Mat, Table};

use crate::checkpoint::{Tensors, add_parameters};
use crate::compile::{Drawn, index, schedule};
use crate::error::EngineError;
use crate::run::{Run, points, whole};

/// Trains for `iterations` and writes the trace as a safetensors file: `init/…`, `final/…`, and for each update u
/// `update/<u>/{kind,x,z,loss}` with x and z as `[batch, dim]`.
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
    let inputs = u64::from(spec.batch()) * u64::from(spec.dim() + spec.latent().dim);
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
        add_parameters(&mut self.tensors, prefix, &run.compiled.layout, &state);
        Ok(())
    }

    fn update(&mut self, program: usize, run: &mut Run) -> Result<(), EngineError> {
        let Drawn { x, z } = run.compiled.drawn[program];
        let z = batch(run, z)?;
        let x = x.map(|x| batch(run, x)).transpose()?;
        let slots = [
            run.compiled.layout.discriminator.slots.loss,
            run.compiled.layout.generator.slots.loss,
        ];
        let [loss_d, loss_g] = slots.map(|at| at..at + 1);
        let reading = run.read(&[loss_d, loss_g])?;
        let losses = run.wait(&reading)?;
        let dims = [run.spec.dim() as usize, run.spec.latent().dim as usize];
        let simultaneous = run.spec.order() == Order::Simultaneous;
        if let Some(x) = &x {
            self.record(0.0, losses[0], Some(x), &z, dims);
        }
        if program == index::UPDATE_G || simultaneous {
            self.record(1.0, losses[1], None, &z, dims);
        }
        Ok(())
    }

    fn record(
        &mut self,
        kind: f32,
        loss: f32,
        x: Option<&Vec<f32>>,
        z: &[f32],
        [dim, latent]: [usize; 2],
    ) {
        let name = |what: &str| format!("update/{:06}/{what}", self.updates);
        let rows = z.len() / latent;
        let [kind_name, loss_name, x_name, z_name] = ["kind", "loss", "x", "z"].map(name);
        self.tensors.floats(kind_name, vec![1], &[kind]);
        self.tensors.floats(loss_name, vec![1], &[loss]);
        self.tensors.floats(z_name, vec![rows, latent], z);
        if let Some(x) = x {
            self.tensors.floats(x_name, vec![rows, dim], x);
        }
        self.updates += 1;
    }
}

/// A batch matrix as points `[batch, dim]`, padding left out.
fn batch(run: &mut Run, mat: Mat) -> Result<Vec<f32>, EngineError> {
    let reading = run.read(&[whole(&mat)])?;
    let words = run.wait(&reading)?;
    Ok(points(&words, mat.rows as usize, mat.stride as usize, run.spec.batch() as usize))
}
