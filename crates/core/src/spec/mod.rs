//! What a run is: every choice a person can make about it, valid once constructed.
//!
//! The same flat list of keys and string values is the page's address, a preset, a TOML file and the metadata of a
//! checkpoint. [`KEYS`] is the one table of them; parsing, printing and changing a field all go through it.

mod address;
mod data_set;
mod decimal;
mod error;
mod getters;
mod keys;
mod net;
mod number;
mod optimiser;
mod own;
mod reg;
mod run;
mod value;

pub use address::{Address, Lang, PageOptions, Theme, VIEW_LAYERS};
pub use data_set::{Data, DataKind};
pub use decimal::decimal;
pub use error::SpecError;
pub use keys::{KEYS, Key, PAGE_KEYS, PageKey};
pub use net::{Activation, Fittings, NamedNet, Net, OutputAct, Role, Weights};
pub use optimiser::{Decay, Optimiser};
pub use own::{
    Cell, Cloud, HEIGHTS, Heights, LEVELS, MOST_HEIGHT, MOST_POINTS, MOST_ROWS, Mark, Own,
    coordinate, heights_text, level,
};
pub use reg::Reg;
pub use run::{Change, RunSpec};
pub use value::{BackendChoice, Classes, Exec, Latent, LatentLaw, Loss, Order};

/// The version of the address, its key `v`.
pub const ADDRESS_VERSION: u32 = 1;

/// The longest address that is read, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 64 * 1024;

/// The smallest rate or regulariser; below it f32 arithmetic would do nothing.
const TINY: f64 = 1e-12;
