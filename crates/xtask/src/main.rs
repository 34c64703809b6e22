//! `cargo xtask`: set-up, serve, test, bench. Everything it needs beyond rustup, node and git it fetches itself.

use std::{ffi::OsString, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{
    browser, checks, data, page, paths,
    process::{cargo, run, say},
    tools,
};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up, serve, test and bench of Adversaria")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds the page and serves it on 127.0.0.1, 8080 or the next free port
    Serve {
        /// This port and no other
        #[arg(long)]
        port: Option<u16>,
    },
    /// Runs every check; the last line counts them
    Test,
    /// Measures: iterations per second, or with --learning what is learned
    Bench {
        /// What the scenes learn from several seeds, instead of how fast
        #[arg(long)]
        learning: bool,
        /// Passed on; `-- --help` lists what there is
        #[arg(last = true)]
        rest: Vec<OsString>,
    },
    /// Fetches MNIST and packs it for the page
    Data,
    /// Installs what building and testing takes
    Setup,
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().task {
        Task::Serve { port } => page::serve(port)?,
        Task::Test => {
            return Ok(if checks::run_all()? { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Task::Bench { learning, rest } => bench(learning, &rest)?,
        Task::Data => data::ensure()?,
        Task::Setup => setup()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn bench(learning: bool, rest: &[OsString]) -> Result<()> {
    data::ensure()?;
    let program: &[&str] = if learning {
        &["--package", "adversaria-tests", "--bin", "learning", "--"]
    } else {
        &["--package", "adversaria-cli", "--", "bench"]
    };
    run(cargo().args(["run", "--release"]).args(program).args(rest).current_dir(paths::root()))
}

fn setup() -> Result<()> {
    let toolbox = tools::ensure()?;
    tools::lints()?;
    data::ensure()?;
    browser::ensure()?;
    say("everything is here");
    if !toolbox.folders().is_empty() {
        let folders: Vec<_> =
            toolbox.folders().iter().map(|folder| folder.display().to_string()).collect();
        say(&format!("to call trunk by hand, put these before PATH: {}", folders.join(":")));
    }
    Ok(())
}
