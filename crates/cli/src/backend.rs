//! Where the arithmetic happens: the executor that was asked for, or the best there is.

use std::sync::Once;

use adversaria_core::spec::RunSpec;
use adversaria_gpu::{Form, Gpu, GpuBackend, GpuError};
use adversaria_kernels::backend::Backend;
use adversaria_kernels::cpu::{CpuBackend, Isa};
use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::fault::{note, usage};

/// What `--backend` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// A graphics card where there is one, else the CPU
    Auto,
    /// Through Vulkan, Metal or DX12
    #[value(name = "webgpu", alias = "gpu")]
    WebGpu,
    /// SIMD on the CPU
    Cpu,
}

/// What `--exec` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Exec {
    /// Whichever should be faster
    Auto,
    /// One dispatch an op
    Dispatch,
    /// One workgroup that walks the whole list of ops
    Resident,
}

impl Exec {
    const fn form(self) -> Option<Form> {
        match self {
            Self::Auto => None,
            Self::Dispatch => Some(Form::Dispatch),
            Self::Resident => Some(Form::Resident),
        }
    }
}

/// Where a run is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    choice: Choice,
    exec: Exec,
}

impl Wish {
    /// What the command line says, else what the run says.
    ///
    /// # Errors
    /// When the run says something else.
    pub(crate) fn new(spec: &RunSpec, choice: Option<Choice>, exec: Option<Exec>) -> Result<Self> {
        Ok(Self {
            choice: choice.map_or_else(|| said(spec, "backend"), Ok)?,
            exec: exec.map_or_else(|| said(spec, "exec"), Ok)?,
        })
    }

    /// The executor.
    ///
    /// # Errors
    /// As [`make`].
    pub(crate) fn make(self) -> Result<Box<dyn Backend>> {
        make(self.choice, self.exec)
    }
}

fn said<T: ValueEnum>(spec: &RunSpec, key: &str) -> Result<T> {
    let value = spec.get(key)?;
    T::from_str(&value, false).map_err(|_| usage(format!("{key}={value} is not known here")))
}

/// The executor that was asked for. `auto` is a graphics card where there is one; where there is none, or software that
/// plays one, a line on standard error says so and the CPU computes.
///
/// # Errors
/// When a GPU is asked for and none is here.
pub(crate) fn make(choice: Choice, exec: Exec) -> Result<Box<dyn Backend>> {
    let on_gpu = |gpu: &Gpu| Box::new(GpuBackend::new(gpu, exec.form()));
    Ok(match choice {
        Choice::Cpu => Box::new(CpuBackend::detect()),
        Choice::WebGpu => on_gpu(&gpu().context("--backend webgpu is not possible")?),
        Choice::Auto => match gpu() {
            Ok(gpu) if !gpu.is_software() => on_gpu(&gpu),
            Ok(gpu) => on_cpu(&format!("the only GPU adapter is software ({})", gpu.name()))?,
            Err(error) => on_cpu(&error.to_string())?,
        },
    })
}

/// The device. Whoever waits for it asks again and again, so nobody need be woken.
fn gpu() -> Result<Gpu, GpuError> {
    pollster::block_on(Gpu::request(|| ()))
}

fn on_cpu(why: &str) -> Result<Box<CpuBackend>> {
    static TOLD: Once = Once::new();
    let mut told = Ok(());
    TOLD.call_once(|| told = note(&format!("on the CPU: {why}")));
    told?;
    Ok(Box::new(CpuBackend::detect()))
}

/// What `--compare` takes: executors, told apart where [`Choice`] leaves room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Executor {
    /// SIMD on the CPU
    Cpu,
    /// The plain loops on the CPU that every other form is tested against
    Scalar,
    /// WebGPU in the form that should be faster
    #[value(name = "webgpu", alias = "gpu")]
    WebGpu,
    /// WebGPU, one dispatch an op
    Dispatch,
    /// WebGPU, one workgroup that walks the whole list of ops
    Resident,
}

impl Executor {
    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Scalar => "scalar",
            Self::WebGpu => "webgpu",
            Self::Dispatch => "dispatch",
            Self::Resident => "resident",
        }
    }

    /// The executor.
    ///
    /// # Errors
    /// When it needs a GPU and none is here.
    pub(crate) fn make(self) -> Result<Box<dyn Backend>> {
        match self {
            Self::Cpu => make(Choice::Cpu, Exec::Auto),
            Self::Scalar => Ok(Box::new(CpuBackend::with_isa(Isa::Scalar))),
            Self::WebGpu => make(Choice::WebGpu, Exec::Auto),
            Self::Dispatch => make(Choice::WebGpu, Exec::Dispatch),
            Self::Resident => make(Choice::WebGpu, Exec::Resident),
        }
    }
}
