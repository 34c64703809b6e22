//! What the program does, proved by running the one that was built.

mod backend;
mod files;
mod support;
mod train;
