//! What it takes to build, serve and check Adversaria from nothing but rustup, node with npm, and git.
//! A library beside the binary because the browser tests serve and build the page the same way.

pub mod bench;
pub mod browser;
pub mod checks;
pub mod data;
pub mod module;
pub mod npm;
pub mod page;
pub mod paths;
pub mod process;
pub mod server;
pub mod tools;
