//! Figures of a run: what is drawn is worked out here once, for the page's canvas and for files alike.
//!
//! A figure of the stage is a list of [`Mark`]s in pixels: plain data, the same in the page, in an SVG file and in a
//! PNG file. The page draws them on its canvas; natively, `paint` draws them on any plotters backend.

mod bars;
mod chart;
#[cfg(feature = "native")]
mod error;
mod estimate;
mod figure1;
mod framed;
#[cfg(feature = "native")]
mod gap;
mod geometry;
#[cfg(feature = "native")]
mod growth;
mod images;
mod judge;
mod legend;
mod mark;
#[cfg(feature = "native")]
mod native;
#[cfg(feature = "native")]
mod paint;
mod phase;
mod plane;
mod svg;
mod table;
mod theme;
mod track;

pub use bars::{BINS, binned, counts, scores};
pub use chart::{MINUS_LOG_4, Points, iteration_at, losses, value};
#[cfg(feature = "native")]
pub use error::PlotError;
pub use estimate::{model_density, optimal};
pub use figure1::{LineAxes, LineData, LineLayers, LineStrokes, figure1, figure1_cursor};
pub use framed::{Shown, framed_losses, framed_moment, framed_value};
pub use geometry::{Scale, clip, clip_line, contour, dashes, finite_runs, ticks};
#[cfg(feature = "native")]
pub use growth::Growth;
pub use images::{ImagesAxes, ImagesData, Wall, images};
pub use judge::Judge;
pub use mark::{Anchor, Dash, Mark, Point, Raster, Rect, Stroke};
#[cfg(feature = "native")]
pub use native::Figure;
#[cfg(feature = "native")]
pub use paint::paint;
pub use phase::{Phase, State, Way, phase, spectrum, state_at};
pub use plane::{
    PlaneAxes, PlaneData, PlaneLayers, PlaneStrokes, cell_of, lattice, outside, plane, pull_length,
};
pub use svg::svg;
pub use table::{COLUMNS, row};
pub use theme::{Rgb, Theme};
pub use track::Track;
