//! What the program does, proved by running the one that was built.

mod backend;
mod files;
mod own_rows;
mod presets;
mod reproduce;
mod support;
mod theorem;
mod train;
