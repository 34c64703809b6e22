//! What a person meets: the built page in a real Chromium. Asserts on what is seen and on what can be read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod address;
mod backend;
mod diagnosis;
mod edits;
mod gallery;
mod game;
mod glance;
mod harness;
mod history;
mod keep;
mod kernels;
mod keys;
mod layout;
mod looks;
mod nonsense;
mod offline;
mod own_data;
mod panel;
mod same_bits;
mod scenes;
mod speed;
mod steps;
mod still;
mod theory;
mod values;
mod weight;

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use adversaria_tests::browser::{Graphics, Page, visit, visit_alone, visit_with};
use anyhow::Result;
use xtask::{page, server::Server};

/// The built page, served once for all tests. `cargo xtask test` has built it; a plain `cargo test` builds it here.
static SITE: LazyLock<Server> = LazyLock::new(|| serve(&built()));

/// The folder of the built page.
fn built() -> PathBuf {
    let built = std::env::var_os(page::BUILT).map(PathBuf::from);
    built.unwrap_or_else(|| page::build().expect("the page can be built"))
}

fn serve(folder: &Path) -> Server {
    Server::start(folder, Some(0)).expect("a port is free")
}

/// A fresh browser for the built page.
fn browse<F, Fut, T>(body: F) -> T
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    visit(&SITE.address(), body)
}

/// As [`browse`], while no other browser runs: for what measures time.
fn browse_alone<F, Fut, T>(body: F) -> T
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    visit_alone(&SITE.address(), body)
}

/// As [`browse`], with WebGPU in software.
fn browse_webgpu<F, Fut, T>(body: F) -> T
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    visit_with(&SITE.address(), Graphics::WebGpu, body)
}
