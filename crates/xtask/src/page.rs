//! Building the page with trunk, and serving it.

use std::{path::PathBuf, thread};

use anyhow::Result;

use crate::{
    data, paths,
    process::{program, run, say},
    server::Server,
    tools,
};

/// Names a folder in which the page is already built, so that the browser tests need not build it.
pub const BUILT: &str = "ADVERSARIA_DIST";

/// Builds the page, with its data, and gives the folder it lies in.
///
/// # Errors
/// When a tool or the data cannot be had, or the build fails.
pub fn build() -> Result<PathBuf> {
    data::ensure()?;
    let toolbox = tools::ensure()?;
    say("building the page");
    let mut trunk = program("trunk");
    trunk.args(["build", "--offline"]).current_dir(paths::root()).env("PATH", toolbox.path()?);
    // trunk reads this as the value of a flag and stumbles over the customary "1".
    run(trunk.env_remove("NO_COLOR"))?;
    Ok(paths::dist())
}

/// Builds the page and serves it until interrupted.
///
/// # Errors
/// As [`build`], and when the port is taken.
pub fn serve(port: Option<u16>) -> Result<()> {
    let dist = build()?;
    let server = Server::start(&dist, port)?;
    server.check()?;
    say(&format!("Adversaria is at {}/ (Ctrl-C ends it)", server.address()));
    loop {
        thread::park();
    }
}
