//! The words that page and engine share, and their bytes. No logic lives here.

mod command;
mod event;

pub use command::{Command, Layers, Player, Step};
pub use event::{
    Branch, Chance, Diagnosis, Evaluation, Event, Fault, FaultCode, Frame, Images, Line, Metrics,
    Neighbour, Picture, Plane, Reply, Scene, Stage, Standing, Trail, UnitLayer, Units,
};

use serde::{Serialize, de::DeserializeOwned};

/// Changes whenever a message's bytes do. Page and worker must agree on it.
pub const PROTOCOL_VERSION: u32 = 9;

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The other side speaks another version: a stale file in the browser's cache.
    #[error(
        "the page speaks version {ours} and the worker version {theirs}: reload the page without its cache"
    )]
    Version {
        /// This side's version.
        ours: u32,
        /// The version in the message.
        theirs: u32,
    },
    /// The bytes do not decode.
    #[error("a message between page and worker is damaged: {0}")]
    Damaged(String),
}

/// The message's bytes: the version (4 bytes, little-endian), then postcard.
///
/// # Errors
/// When a value cannot be written, which no type of this crate causes.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, ProtocolError> {
    let head = PROTOCOL_VERSION.to_le_bytes().to_vec();
    postcard::to_extend(message, head).map_err(|e| ProtocolError::Damaged(e.to_string()))
}

/// The message in these bytes.
///
/// # Errors
/// [`ProtocolError::Version`] before anything else is looked at, else [`ProtocolError::Damaged`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    let Some((head, body)) = bytes.split_first_chunk::<4>() else {
        return Err(ProtocolError::Damaged("shorter than its version".into()));
    };
    let theirs = u32::from_le_bytes(*head);
    if theirs != PROTOCOL_VERSION {
        return Err(ProtocolError::Version { ours: PROTOCOL_VERSION, theirs });
    }
    postcard::from_bytes(body).map_err(|e| ProtocolError::Damaged(e.to_string()))
}
