//! `cargo xtask bench`: Adversaria beside other programs, in one run, round by round, so that a busy machine is busy for
//! all of them; medians as a table, and every single run as a line of JSON under `benchmarks/`.

mod contender;
mod memory;
mod peers;
mod record;
mod table;

use std::ffi::OsString;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    data, paths,
    process::{cargo, run, say},
};
use contender::{Contender, Outcome};
use record::Record;

/// The workloads of `adversaria bench` and of `benchmarks/peers/workloads.json`.
const WORKLOADS: [&str; 4] = ["toy2d", "toy2d_adam", "toy2d_wide", "mnist_mlp"];

/// What is measured, and how long.
#[derive(Args)]
pub struct Bench {
    /// What the scenes learn from several seeds, instead of how fast
    #[arg(long, group = "kind")]
    learning: bool,
    /// The page beside other libraries in the browser
    #[arg(long, group = "kind")]
    peers: bool,
    /// The command line beside JAX, on the CPU
    #[arg(long, group = "kind")]
    native: bool,
    /// The command line beside PyTorch, on one GPU
    #[arg(long, group = "kind")]
    gpu: bool,
    /// Whether the page's memory stays flat while it trains with every view open
    #[arg(long, group = "kind")]
    memory: bool,
    /// Minutes of that, of which the first two and a half are a warm-up
    #[arg(long, default_value_t = 10.0, value_parser = minutes)]
    minutes: f64,
    /// Rounds of a comparison; each contender runs once in each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds measured of each run of a comparison
    #[arg(long, default_value_t = 4.0, value_parser = seconds)]
    seconds: f64,
    /// Of a comparison, only what contains one of these: a run is named like tfjs/wasm/toy2d/
    #[arg(long, value_name = "TEXT,…", value_delimiter = ',')]
    only: Vec<String>,
    /// Backends of the page, with --peers and --memory
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', default_value = "cpu,webgpu")]
    backends: Vec<String>,
    /// With --peers and --memory: WebGPU and WebGL on the machine's GPU in place of a renderer in software
    #[arg(long)]
    hardware: bool,
    /// Passed on where nothing is compared; `-- --help` lists what there is
    #[arg(last = true)]
    rest: Vec<OsString>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number from 0.1 to 600 is needed".into()),
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (5.0..=600.0).contains(&minutes) => Ok(minutes),
        _ => Err("a number from 5 to 600 is needed".into()),
    }
}

/// Measures.
///
/// # Errors
/// When something that is needed is missing, or a program of our own fails.
pub fn bench(options: &Bench) -> Result<()> {
    data::ensure()?;
    if options.peers {
        let arena = peers::set_up(options)?;
        compare("peers", &arena.contenders(&options.backends), options)
    } else if options.native {
        build_ours()?;
        compare("native", &[Contender::ours("cpu"), Contender::Jax], options)
    } else if options.gpu {
        build_ours()?;
        let torch = ["eager", "graph"].map(Contender::Torch);
        // Not `webgpu`, which would take an adapter in software, too.
        let ours = Contender::ours("auto");
        compare("gpu", &[&[ours], &torch[..]].concat(), options)
    } else if options.memory {
        memory::watch(options)
    } else {
        alone(options)
    }
}

/// Built before anything is timed.
fn build_ours() -> Result<()> {
    run(cargo()
        .args(["build", "--release", "--package", "adversaria-cli"])
        .current_dir(paths::root()))
}

/// A program of our own by itself.
fn alone(options: &Bench) -> Result<()> {
    let program: &[&str] = if options.learning {
        &["--package", "adversaria-tests", "--bin", "learning", "--"]
    } else {
        &["--package", "adversaria-cli", "--", "bench"]
    };
    let mut command = cargo();
    command.args(["run", "--release"]).args(program).args(&options.rest);
    run(command.current_dir(paths::root()))
}

/// Runs all contenders on all workloads, round by round. Who refuses or fails on a workload is not asked again.
fn compare(kind: &str, contenders: &[Contender], options: &Bench) -> Result<()> {
    let mut runs: Vec<(&Contender, &str)> = WORKLOADS
        .iter()
        .flat_map(|workload| contenders.iter().map(move |contender| (contender, *workload)))
        .filter(|(contender, workload)| wanted(&contender.name(), workload, &options.only))
        .collect();
    ensure!(!runs.is_empty(), "--only leaves nothing to run");
    let mut records = record::File::new(kind)?;
    for round in 1..=options.rounds {
        let mut next = Vec::new();
        for (contender, workload) in runs {
            let outcome = contender.run(workload, options.seconds)?;
            say(&format!("round {round}: {}/{workload}: {outcome}", contender.name()));
            if let Outcome::Rate(_) = outcome {
                next.push((contender, workload));
            }
            records.add(Record::new(round, contender, workload, &outcome))?;
        }
        runs = next;
    }
    println!("\n{}", table::markdown(records.all()));
    say(&format!("every run stands in {}", records.path().display()));
    Ok(())
}

fn wanted(contender: &str, workload: &str, only: &[String]) -> bool {
    let name = format!("{contender}/{workload}/");
    only.is_empty() || only.iter().any(|text| name.contains(text))
}

#[cfg(test)]
mod tests {
    use super::{WORKLOADS, wanted};

    #[test]
    fn the_peers_know_the_workloads() {
        let file = crate::paths::root().join("benchmarks/peers/workloads.json");
        let text = std::fs::read_to_string(file).unwrap();
        let known: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).unwrap();
        let mut named: Vec<&str> = WORKLOADS.into();
        named.sort_unstable();
        assert_eq!(known.keys().collect::<Vec<_>>(), named);
    }

    #[test]
    fn only_what_was_asked_for_is_run() {
        let only = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(wanted("tfjs/wasm", "toy2d", &[]));
        assert!(wanted("tfjs/wasm", "toy2d", &only(&["jaxjs", "tfjs/wasm"])));
        assert!(!wanted("tfjs/wasm", "toy2d_adam", &only(&["toy2d/"])));
    }
}
