//! The parts of the worker's program that are fetched when they are first needed.

use adversaria_engine::Files;
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
