//! Suites that no one crate can prove: the crates' arrows, the manners of the sources, the prepared data.

mod arrows;
mod data;
mod learning;
mod sources;
mod tidy;
