//! What a run is: every choice a person can make about it, valid once constructed.
//!
//! The same flat list of keys and string values is the page's address, a preset, a TOML file and the metadata of a
//! checkpoint. [`KEYS`] is the one table of them; parsing, printing and changing a field all go through it.

mod address;
mod error;
mod keys;
mod number;
mod run;
mod value;

pub use address::{Address, Lang, PageOptions, Theme, VIEW_LAYERS};
pub use error::SpecError;
pub use keys::{KEYS, Key, PAGE_KEYS, PageKey};
pub use run::{Change, RunSpec};
pub use value::{
    Activation, BackendChoice, Classes, Data, DataKind, Decay, Latent, LatentLaw, Loss, NamedNet,
    Net, Optimiser, Order, OutputAct,
};

/// The version of the address, its key `v`.
pub const ADDRESS_VERSION: u32 = 1;

/// The longest address that is read, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 64 * 1024;
