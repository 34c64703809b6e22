//! The parts of the worker's program that are fetched when they are first needed.

use std::{future::Future, pin::Pin};

use adversaria_core::images::ImageSet;
use adversaria_engine::Files;
use adversaria_kernels::{backend::Backend, cpu::CpuBackend};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::fetch;

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

/// Images under way.
type Pack = Pin<Box<dyn Future<Output = Result<ImageSet, String>>>>;

/// Fetches and unpacks training images; tells `progress` how many bytes have come, and of how many.
///
/// # Errors
/// When what does so cannot be fetched itself.
#[wasm_split(images, fallible)]
pub(super) fn pack(path: &'static str, progress: Box<dyn Fn(u64, u64)>) -> Result<Pack, NoPart> {
    Ok(Box::pin(async move {
        let bytes = fetch::bytes(path, progress).await?;
        ImageSet::unpack(&bytes).map_err(|error| error.to_string())
    }))
}
