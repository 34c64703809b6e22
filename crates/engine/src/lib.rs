//! What trains: RunSpecs become programs, and a session runs them in slices, hears commands and tells what it sees.

mod audit;
mod checkpoint;
mod compare;
mod compile;
mod error;
mod evaluate;
mod figures;
mod gauge;
#[cfg(test)]
mod gradients;
mod graph;
mod history;
mod layout;
mod lower;
mod observe;
mod owed;
mod own_images;
mod own_rows;
mod place;
mod probe;
mod run;
mod session;
mod stage;
mod table;
mod travel;
mod units;
mod view;
mod vocabulary;

pub use audit::audit;
pub use checkpoint::Checkpoint;
pub use compare::{Agreement, Contender, Culprit, Difference, Verdict, Word, compare};
pub use error::EngineError;
pub use evaluate::evaluate;
pub use observe::Observer;
pub use place::{Offer, Offers, Place, Wish};
pub use run::{Change, Run};
pub use session::{Next, Session};
pub use table::{build_table, to_bytes};
