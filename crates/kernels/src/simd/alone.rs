//! In the browser there is no team: a worker is one thread.

use super::{Level, Step};
use crate::program::Table;

/// Threads that wait for work: here none can be made.
pub(crate) enum Team {}

impl Team {
    /// Never a team.
    pub(crate) fn new(_threads: usize) -> Option<Self> {
        None
    }

    /// How many there are.
    pub(crate) fn threads(&self) -> usize {
        match *self {}
    }

    /// Never called.
    pub(crate) fn run<'a>(
        &self,
        _level: Level,
        _steps: &impl Iterator<Item = &'a Step>,
        _arena_and_scratch: [&mut [f32]; 2],
        _scratch_words: usize,
        _table: Option<&Table>,
    ) -> bool {
        match *self {}
    }
}
