//! What an executor offers: submit programs without waiting, ask for words, poll for them.

use std::ops::Range;
use std::sync::Arc;

use crate::program::{Program, Table};

/// `times` runs of program number `program`, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index into what [`Backend::prepare`] was given.
    pub program: usize,
    /// How often.
    pub times: u32,
}

/// A read-back that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Why an executor could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// A view reaches outside the arena, or shapes do not fit.
    #[error("program {program}, op {index} ({op}): {why}")]
    BadOp {
        /// The program's name.
        program: String,
        /// Which op.
        index: usize,
        /// The op, printed.
        op: String,
        /// What is wrong.
        why: String,
    },
    /// The arena does not fit.
    #[error("this run needs {needed} bytes, and at most {available} are available here")]
    OutOfMemory {
        /// Bytes.
        needed: u64,
        /// Bytes.
        available: u64,
    },
    /// A program index, range or ticket that does not exist.
    #[error("no such {what}")]
    Unknown {
        /// What was asked for.
        what: String,
    },
    /// The device is gone: nothing that it held can be had any more.
    #[error("the GPU was lost ({why})")]
    Lost {
        /// What the driver or browser says.
        why: String,
    },
    /// The device refused a command. What it holds may be wrong.
    #[error("the GPU refused a command ({why})")]
    Refused {
        /// What the driver or browser says.
        why: String,
    },
    /// The device ran out of memory on the way. What it holds may be wrong.
    #[error("the GPU ran out of memory")]
    Exhausted,
    /// A program gathers, and no table was given.
    #[error("the program gathers rows, and there is no table")]
    NoTable,
}

/// Runs programs over one arena. Everything happens in the order of the calls.
pub trait Backend {
    /// A short name: `cpu`, `webgpu`.
    fn name(&self) -> &'static str;

    /// The adapter or instruction set, for people.
    fn adapter(&self) -> String;

    /// Checks and takes the programs, and an arena of `words`. The arena's contents stay where its size is the
    /// same as before; otherwise it is zeroed.
    ///
    /// # Errors
    /// When an op is malformed or memory is short; then nothing has changed.
    fn prepare(&mut self, words: u32, programs: Vec<Program>) -> Result<(), BackendError>;

    /// The table that gathers read from now on.
    ///
    /// # Errors
    /// When it does not fit.
    fn set_table(&mut self, table: Arc<Table>) -> Result<(), BackendError>;

    /// Writes words from `at` on.
    ///
    /// # Errors
    /// When the range is outside the arena.
    fn write(&mut self, at: u32, values: &[f32]) -> Result<(), BackendError>;

    /// Runs the list `times` times over. Kernels that it needs are made now, also where `times` is 0.
    ///
    /// # Errors
    /// When a program does not exist.
    fn submit(&mut self, runs: &[Run], times: u32) -> Result<(), BackendError>;

    /// Asks for the words of these ranges, as they are after everything submitted so far.
    ///
    /// # Errors
    /// When a range is outside the arena.
    fn read(&mut self, ranges: &[Range<u32>]) -> Result<Ticket, BackendError>;

    /// The words asked for, ranges joined, or `None` while they are on their way. A ticket is good for one answer.
    ///
    /// # Errors
    /// When the ticket is unknown.
    fn poll(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError>;

    /// Nobody will ask for the words of this ticket any more: what is kept for them may go. Of no effect where they have
    /// been handed out already.
    fn forget(&mut self, ticket: Ticket);

    /// Whether words are on their way from a device, which says so when they have come: until then the host may rest.
    fn in_flight(&self) -> bool {
        false
    }

    /// Microseconds for which submissions have kept the device so far, as far as their times have come; none where it has
    /// no clock.
    ///
    /// # Errors
    /// When the device is gone.
    fn device_micros(&mut self) -> Result<Option<f64>, BackendError> {
        Ok(None)
    }

    /// Microseconds that all submitted so far was expected to take before anything was measured; 0 where nothing is estimated.
    fn expected_micros(&self) -> f64 {
        0.0
    }

    /// Programs take `times` as long here as was expected: how work is cut may depend on it, and what comes of it not.
    fn correct(&mut self, _times: f64) {}

    /// The form in which a program runs, for people, where the executor has several.
    fn form_name(&self, _program: usize) -> Option<&'static str> {
        None
    }
}
