//! `cargo xtask`: set-up, serve, test, bench. Everything it needs beyond rustup, node and git it fetches itself.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{
    bench::{Bench, bench},
    browser, checks, data, npm, page,
    process::say,
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
    /// Measures: how fast, by itself or beside other programs, or with --learning what is learned
    Bench(Bench),
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
        Task::Bench(options) => bench(&options)?,
        Task::Data => data::ensure()?,
        Task::Setup => setup()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn setup() -> Result<()> {
    tools::ensure()?;
    tools::lints()?;
    data::ensure()?;
    npm::axe()?;
    browser::ensure()?;
    say("everything is here");
    Ok(())
}
