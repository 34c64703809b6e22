//! The browser's host of the engine: hears the page, works in slices, fetches what runs need.

mod fetch;
mod host;

pub use host::start;
