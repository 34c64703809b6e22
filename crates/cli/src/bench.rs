//! `adversaria bench`: iterations per second of named workloads, as the browser's comparison with other programs has them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adversaria_core::images::{ImageSet, PACK_MAGIC, PACK_VERSION};
use adversaria_core::rng::CounterRng;
use adversaria_core::spec::{Address, DataKind, RunSpec};
use adversaria_engine::{Run, build_table};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::Table;
use anyhow::{Result, ensure};
use clap::ValueEnum;
use rand::RngCore as _;
use serde_json::json;

use crate::args::Bench;
use crate::backend::Wish;
use crate::{data, say};

/// A workload by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Workload {
    /// GAN Lab's network and its SGD
    Toy2d,
    /// The same with Adam
    Toy2dAdam,
    /// Wide layers on two-dimensional data
    Toy2dWide,
    /// An MLP on MNIST
    MnistMlp,
}

/// Timed runs of each workload.
const RUNS: u32 = 7;
/// A part of the measuring time that goes before it, so that clocks and caches have settled.
const WARM_UP: f64 = 0.25;

impl Workload {
    const fn name(self) -> &'static str {
        match self {
            Self::Toy2d => "toy2d",
            Self::Toy2dAdam => "toy2d_adam",
            Self::Toy2dWide => "toy2d_wide",
            Self::MnistMlp => "mnist_mlp",
        }
    }

    const fn address(self) -> &'static str {
        match self {
            Self::Toy2d => {
                "v=1&data=gaussians&z=uniform:2&gout=tanh&loss=nonsaturating&kd=1&kg=1&g=8,8&d=8,8&batch=150&\
                 optd=sgd:0.1&optg=sgd:0.1"
            }
            Self::Toy2dAdam => {
                "v=1&data=gaussians&z=uniform:2&gout=tanh&loss=nonsaturating&kd=1&kg=1&g=8,8&d=8,8&batch=150&\
                 optd=adam:0.001&optg=adam:0.001"
            }
            Self::Toy2dWide => {
                "v=1&data=gaussians&z=uniform:2&gout=tanh&loss=nonsaturating&kd=1&kg=1&g=128,128,128&d=128,128,128&\
                 batch=512&optd=adam:0.001&optg=adam:0.001"
            }
            Self::MnistMlp => {
                "v=1&data=mnist&z=gaussian:64&g=256,512&d=512,256&gact=leaky:0.2&dact=leaky:0.2&gout=tanh&\
                 loss=nonsaturating&kd=1&kg=1&batch=64&optd=adam:0.001&optg=adam:0.001"
            }
        }
    }
}

/// Measures.
///
/// # Errors
/// When the request is wrong or a run fails.
pub(crate) fn bench(request: &Bench) -> Result<()> {
    let all = Workload::value_variants();
    for &workload in all.iter().filter(|w| request.workload.is_none_or(|only| only == **w)) {
        let result = measure(workload, request)?;
        say(&if request.json { result.json() } else { result.line() })?;
    }
    Ok(())
}

struct Measured {
    workload: &'static str,
    address: &'static str,
    data: &'static str,
    /// Iterations per second of each timed run, ascending.
    rates: Vec<f64>,
    iterations: u64,
}

impl Measured {
    fn median(&self) -> f64 {
        self.rates.get(self.rates.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn json(&self) -> String {
        json!({
            "workload": self.workload,
            "backend": "cpu",
            "isa": isa(),
            "iterations_per_second": self.median(),
            "runs": self.rates,
            "iterations": self.iterations,
            "data": self.data,
            "spec": self.address,
        })
        .to_string()
    }

    fn line(&self) -> String {
        let (least, most) = (self.rates.first(), self.rates.last());
        let [least, most] = [least, most].map(|rate| rate.copied().unwrap_or(f64::NAN));
        format!(
            "{:<11} {:>9.0} iterations/s (median of {}, {least:.0} to {most:.0}), cpu {}, {}",
            self.workload,
            self.median(),
            self.rates.len(),
            isa(),
            self.data
        )
    }
}

fn isa() -> &'static str {
    CpuBackend::detect().isa_name()
}

fn measure(workload: Workload, request: &Bench) -> Result<Measured> {
    let spec = Address::parse(workload.address())?.spec;
    let backend = Wish::new(&spec, request.backend, None)?.make()?;
    let (table, data) = table(&spec)?;
    let mut run = Run::new(spec, table, backend)?;
    let window = Duration::from_secs_f64(request.seconds / f64::from(RUNS));
    let slice = warm_up(&mut run, Duration::from_secs_f64(request.seconds * WARM_UP))?;
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        rates.push(timed(&mut run, window, slice)?);
    }
    rates.sort_by(f64::total_cmp);
    Ok(Measured {
        workload: workload.name(),
        address: workload.address(),
        data,
        rates,
        iterations: run.iteration(),
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

/// The run's table; noise in place of MNIST where that is not here, which costs the same arithmetic.
fn table(spec: &RunSpec) -> Result<(Arc<Table>, &'static str)> {
    match spec.data().kind() {
        DataKind::Images if data::has_mnist() => Ok((data::table(spec)?, "mnist")),
        DataKind::Images => {
            Ok((build_table(spec, Some(&noise(spec)?))?, "uniform noise in place of mnist"))
        }
        DataKind::Line | DataKind::Plane => Ok((data::table(spec)?, spec.data().name())),
    }
}

/// Pictures of uniform noise.
fn noise(spec: &RunSpec) -> Result<ImageSet> {
    let side = spec.dim().isqrt();
    let mut bytes = PACK_MAGIC.to_vec();
    for number in [PACK_VERSION, spec.rows(), side, side] {
        bytes.extend(number.to_le_bytes());
    }
    let head = bytes.len();
    let (labels, pixels) = (spec.rows() as usize, (spec.rows() * spec.dim()) as usize);
    bytes.resize(head + labels + pixels, 0);
    CounterRng::new(spec.seed(), 0, 0).fill_bytes(&mut bytes[head + labels..]);
    Ok(ImageSet::unpack(&bytes)?)
}
