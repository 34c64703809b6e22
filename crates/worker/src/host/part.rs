//! The parts of the worker's program that are fetched when they are first needed.

use adversaria_engine::Files;
use adversaria_kernels::{backend::Backend, cpu::CpuBackend};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Why there is none.
pub(super) struct NoPart(pub(super) &'static str);

impl From<SplitLoaderError> for NoPart {
    fn from(_: SplitLoaderError) -> Self {
        Self("the network or the server did not answer")
    }
}

/// What reads and writes checkpoints.
///
/// # Errors
/// When it cannot be fetched.
#[wasm_split(files, fallible)]
pub(super) fn files() -> Result<Files, NoPart> {
    Ok(Files::new())
}

/// What computes on the CPU.
pub(super) struct Cpu {
    /// The instruction set, for people.
    pub(super) isa: &'static str,
    /// Makes an executor.
    pub(super) build: fn() -> Box<dyn Backend>,
}

/// Fetched only where something computes on the CPU, or when nothing else is waited for: a GPU may be lost.
///
/// # Errors
/// When it cannot be fetched.
#[wasm_split(cpu, fallible)]
pub(super) fn cpu() -> Result<Cpu, NoPart> {
    let build = || Box::new(CpuBackend::detect()) as Box<dyn Backend>;
    Ok(Cpu { isa: CpuBackend::detect().isa_name(), build })
}
