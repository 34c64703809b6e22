//! What can go wrong in a run, and the one place where it becomes a sentence for the user.

use adversaria_core::images::ImageError;
use adversaria_core::spec::SpecError;
use adversaria_kernels::backend::BackendError;
use adversaria_protocol::{Fault, FaultCode};

/// Why the engine refused or stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The spec is not allowed.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The executor refused.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A field that needs a new start was changed while running.
    #[error("{field} cannot change while the run goes on; load the run anew with {field}={value}")]
    NotLive {
        /// The address key.
        field: String,
        /// The value asked for.
        value: String,
    },
    /// A file is not a checkpoint of a run.
    #[error("this file is not a checkpoint of Adversaria: {}; the run on stage goes on", unended(.0))]
    BadCheckpoint(String),
    /// What reads and writes checkpoints could not be had.
    #[error("the part of the program for checkpoints could not be loaded: {}; the run on stage goes on", unended(.0))]
    NoFiles(String),
    /// The run needs images that are not there.
    #[error("the run trains on {needed} images of MNIST, and {there} are here")]
    NoImages {
        /// Rows of the training table.
        needed: u32,
        /// Images at hand.
        there: u32,
    },
    /// The run needs the rows of a file that are not there.
    #[error("{}", no_rows(*.named))]
    NoRows {
        /// How many rows the run names; none when it names no file.
        named: Option<u32>,
    },
    /// The images are not what they should be.
    #[error("{}; the run on stage goes on", unended(&.0.to_string()))]
    Images(#[from] ImageError),
    /// A loss or gradient is no longer finite.
    #[error(
        "{what} is no longer finite after {iteration} iterations: the run stopped there; go back to the last good \
         state, or lower the learning rate"
    )]
    Diverged {
        /// What was found.
        what: String,
        /// When it was found.
        iteration: u64,
    },
    /// Too much was asked for at once.
    #[error("{what}: {value} is too many; at most {most} at once")]
    TooMany {
        /// What was asked for.
        what: String,
        /// How many.
        value: u64,
        /// The limit.
        most: u64,
    },
    /// Points of another dimension.
    #[error("the points' numbers come in groups of {dim}, and {count} is not a multiple of it")]
    BadPoints {
        /// Words of a point.
        dim: u32,
        /// Numbers given.
        count: usize,
    },
    /// Parameters of another net.
    #[error("G has {needed} parameters, and {given} were given")]
    BadParameters {
        /// How many it has.
        needed: u32,
        /// How many came.
        given: usize,
    },
    /// Neighbours of a toy's samples.
    #[error("neighbours are looked for among training images, and this run learns none")]
    NotImages,
    /// There is no run yet.
    #[error("there is no run on stage yet")]
    NoRun,
    /// An earlier moment is not kept.
    #[error("that moment of the run is no longer kept")]
    NoMoment,
    /// The run went to another moment.
    #[error("the run went to another moment before this was done")]
    WentElsewhere,
    /// The host offers not even the CPU.
    #[error("there is no place to compute")]
    NoBackend,
    /// What computes on the CPU could not be had.
    #[error("what computes on the CPU could not be loaded: {0}")]
    NoCpu(String),
    /// The user's files are not a training set.
    #[error("{}; the run on stage goes on", unended(.0))]
    BadFiles(String),
}

impl EngineError {
    /// Whether the device under the run is of no more use, so that the run goes on elsewhere or not at all.
    #[must_use]
    pub const fn is_of_device(&self) -> bool {
        matches!(
            self,
            Self::Backend(
                BackendError::Lost { .. } | BackendError::Refused { .. } | BackendError::Exhausted
            )
        )
    }

    /// What the user reads.
    #[must_use]
    pub fn fault(&self, can_rewind: bool) -> Fault {
        let code = match self {
            Self::Spec(_)
            | Self::NotLive { .. }
            | Self::TooMany { .. }
            | Self::BadPoints { .. }
            | Self::BadParameters { .. }
            | Self::NotImages
            | Self::NoMoment
            | Self::WentElsewhere
            | Self::NoRun => FaultCode::BadRequest,
            Self::Backend(BackendError::OutOfMemory { .. } | BackendError::Exhausted) => {
                FaultCode::OutOfMemory
            }
            Self::Backend(BackendError::Lost { .. } | BackendError::Refused { .. }) => {
                FaultCode::DeviceLost
            }
            Self::Backend(_) | Self::NoBackend => FaultCode::Internal,
            Self::BadCheckpoint(_) | Self::BadFiles(_) | Self::Images(_) => FaultCode::BadFile,
            Self::NoFiles(_) | Self::NoCpu(_) => FaultCode::NoData,
            Self::NoImages { .. } | Self::NoRows { .. } => FaultCode::NoData,
            Self::Diverged { .. } => FaultCode::Diverged,
        };
        Fault { code, message: self.text(), can_rewind }
    }

    /// The sentence.
    pub(crate) fn text(&self) -> String {
        let sentence = format!("{}.", unended(&self.to_string()));
        // These begin with a name, whose letters count: an address key or a file's.
        let named = matches!(self, Self::Spec(_) | Self::NotLive { .. } | Self::BadFiles(_));
        if named { sentence } else { capital(&sentence) }
    }
}

fn no_rows(named: Option<u32>) -> String {
    match named {
        Some(rows) => format!(
            "the {rows} rows of this run stand in a file, which a link cannot carry: open that file, or a checkpoint of \
             the run, which holds them"
        ),
        None => "this run learns the rows of a file, and no file is open: open one first".into(),
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        [first.to_ascii_uppercase()].into_iter().chain(letters).collect()
    })
}

/// A sentence without its full stop, to be gone on with.
pub(crate) fn unended(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}
