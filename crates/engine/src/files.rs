//! Reading and writing checkpoints, as a table of functions: a host that fetches its program in parts brings it when a
//! checkpoint is first asked for, and nothing else of the engine leads to them.

use crate::checkpoint::Checkpoint;
use crate::error::EngineError;
use crate::run::Run;

/// How checkpoints are read and written.
#[derive(Clone, Copy)]
pub struct Files {
    pub(crate) parse: fn(&[u8]) -> Result<Checkpoint, EngineError>,
    pub(crate) write: fn(&Run, &[f32]) -> Result<Vec<u8>, EngineError>,
}

impl Files {
    /// In safetensors.
    #[must_use]
    pub const fn new() -> Self {
        Self { parse: Checkpoint::parse, write: Run::checkpoint_of }
    }
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}
