//! Figures of a run: what is drawn is worked out here once, for the page's canvas and for files alike.

mod track;

pub use track::Track;
