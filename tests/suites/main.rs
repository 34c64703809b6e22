//! Suites that no one crate can prove: the crates' arrows, the manners of the sources, the prepared data.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod arrows;
mod data;
mod kernels;
mod learning;
mod neighbours;
mod sources;
mod tidy;
mod warm;
