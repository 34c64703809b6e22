//! Iterations per second of one run, in several rounds.

use std::time::{Duration, Instant};

use adversaria_core::spec::Address;
use adversaria_engine::Run;
use adversaria_kernels::cpu::CpuBackend;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::workload::table;
use crate::args::Bench;
use crate::backend::Wish;

/// Timed rounds of each run.
const ROUNDS: u32 = 7;
/// A part of the measuring time that goes before it, so that clocks and caches have settled.
const WARM_UP: f64 = 0.25;

/// What was measured of one run.
pub(super) struct Measured {
    pub(super) address: String,
    pub(super) backend: &'static str,
    /// The adapter, or the CPU's instruction set.
    pub(super) adapter: String,
    /// Threads of the CPU that compute; none where an adapter does.
    pub(super) threads: usize,
    pub(super) data: &'static str,
    /// Iterations per second of each round, in the order in which they were run.
    pub(super) rounds: Vec<f64>,
    /// Iterations made in all.
    pub(super) iterations: u64,
    /// Microseconds that the device computed for each iteration, by its own clock; none where it has none.
    pub(super) device_micros: Option<f64>,
}

impl Measured {
    /// The median of the rounds, iterations per second.
    pub(super) fn median(&self) -> f64 {
        self.ascending().get(self.rounds.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn ascending(&self) -> Vec<f64> {
        let mut rounds = self.rounds.clone();
        rounds.sort_by(f64::total_cmp);
        rounds
    }

    /// One object; what was measured comes first.
    pub(super) fn json(&self, what: &Value) -> Value {
        let mut object = what.clone();
        object["backend"] = json!(self.backend);
        object["adapter"] = json!(self.adapter);
        object["threads"] = json!(self.threads);
        object["iterationsPerSecond"] = json!(self.median());
        object["rounds"] = json!(self.rounds);
        object["iterations"] = json!(self.iterations);
        object["deviceMicrosPerIteration"] = json!(self.device_micros);
        object["data"] = json!(self.data);
        object["spec"] = json!(self.address);
        object
    }

    /// One line for people.
    pub(super) fn line(&self, what: &str) -> String {
        let ascending = self.ascending();
        let [least, most] =
            [ascending.first(), ascending.last()].map(|rate| rate.copied().unwrap_or(f64::NAN));
        let device = self.device_micros;
        let device =
            device.map_or_else(String::new, |micros| format!(", {micros:.0} µs each by its clock"));
        format!(
            "{what:<11} {:>9.0} iterations/s (median of {}, {least:.0} to {most:.0}), {} {} × {}, {}{device}",
            self.median(),
            self.rounds.len(),
            self.backend,
            self.adapter,
            self.threads,
            self.data
        )
    }
}

/// Measures the run of an address.
///
/// # Errors
/// When the request is wrong or the run fails.
pub(super) fn measure(address: &str, request: &Bench) -> Result<Measured> {
    let spec = Address::parse(address)?.spec;
    let backend = Wish::new(&spec, request.backend, None)?.make()?;
    let (name, adapter) = (backend.name(), backend.adapter());
    let threads = if name == "cpu" { CpuBackend::detect().threads() } else { 0 };
    let (table, data) = table(&spec)?;
    let mut run = Run::new(spec, table, backend)?;
    let window = Duration::from_secs_f64(request.seconds / f64::from(ROUNDS));
    let slice = warm_up(&mut run, Duration::from_secs_f64(request.seconds * WARM_UP))?;
    let mut rounds = Vec::new();
    let (before, from) = (run.device_micros()?, run.iteration());
    for _ in 0..ROUNDS {
        rounds.push(timed(&mut run, window, slice)?);
    }
    let after = run.device_micros()?;
    #[expect(clippy::cast_precision_loss, reason = "shown")]
    let each = |micros: f64| micros / (run.iteration() - from).max(1) as f64;
    let device_micros = before.zip(after).map(|(before, after)| each(after - before));
    Ok(Measured {
        address: address.to_owned(),
        backend: name,
        adapter,
        threads,
        data,
        rounds,
        iterations: run.iteration(),
        device_micros,
    })
}

/// Gives how many iterations take about a hundredth of a second, so that looking at the clock costs nothing.
fn warm_up(run: &mut Run, least: Duration) -> Result<u32> {
    let begun = Instant::now();
    let mut slice = 1;
    loop {
        let took = {
            let before = Instant::now();
            finish(run, slice)?;
            before.elapsed()
        };
        if took < Duration::from_millis(10) && slice < 1 << 20 {
            slice *= 2;
        } else if begun.elapsed() >= least {
            return Ok(slice);
        }
    }
}

/// Iterations per second over a window.
fn timed(run: &mut Run, window: Duration, slice: u32) -> Result<f64> {
    let begun = Instant::now();
    let mut iterations = 0;
    while begun.elapsed() < window {
        finish(run, slice)?;
        iterations += slice;
    }
    Ok(f64::from(iterations) / begun.elapsed().as_secs_f64())
}

/// Submits iterations and waits until the device has counted them.
fn finish(run: &mut Run, iterations: u32) -> Result<()> {
    run.advance(iterations)?;
    let metrics = run.metrics()?;
    let counted = (metrics.updates_d, metrics.updates_g);
    let asked = run.iteration();
    ensure!(
        counted == (asked, asked),
        "{asked} iterations were asked for, and {counted:?} updates were made"
    );
    Ok(())
}
