//! `cargo xtask test`: every check of the project, in an order that shares builds. A failure does not end it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};

use crate::{
    browser, npm, page, paths,
    process::{cargo, line, say},
    tools,
};

/// Crates that the browser runs.
const WASM_CRATES: [&str; 8] = [
    "adversaria-core",
    "adversaria-kernels",
    "adversaria-engine",
    "adversaria-protocol",
    "adversaria-plot",
    "adversaria-worker",
    "adversaria-web",
    "adversaria-app",
];

/// So many of the longest waits are listed.
const LISTED: usize = 40;

/// How many cases passed and failed, and what failed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    failures: Vec<String>,
}

impl Tally {
    /// Counts a check that is one case.
    fn one(&mut self, name: &str, result: Result<()>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(error) => self.fail(name, &format!("{error:#}")),
        }
    }

    fn fail(&mut self, name: &str, why: &str) {
        self.failed += 1;
        say(&format!("{name} FAILED: {why}"));
        self.failures.push(name.to_owned());
    }
}

/// Sets up and runs everything. True when nothing failed.
///
/// # Errors
/// When not even the set-up succeeds.
pub fn run_all() -> Result<bool> {
    let start = Instant::now();
    let mut tally = Tally::default();
    check(&mut tally, "set-up", || {
        tools::lints()?;
        npm::axe()?;
        browser::ensure().map(drop)
    });
    check(&mut tally, "lock file", || {
        quiet(cargo().args(["metadata", "--locked", "--format-version=1"]))
    });
    check(&mut tally, "rustfmt", || here(cargo().args(["fmt", "--all", "--check"])));
    // For minutes the page is made by one linker, which leaves a core to clippy.
    let building = thread::spawn(page::build);
    check(&mut tally, "clippy", || {
        here(cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    });
    let mut dist = None;
    check(&mut tally, "page", || {
        dist = Some(building.join().map_err(|_| anyhow!("the build panicked"))??);
        Ok(())
    });
    check(&mut tally, "clippy for wasm", || here(&mut clippy_for_wasm()));
    tests(&mut tally, dist.as_deref())?;
    say(&format!("took {} s", start.elapsed().as_secs()));
    for failure in &tally.failures {
        say(&format!("failed: {failure}"));
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(tally.failed == 0)
}

fn check(tally: &mut Tally, name: &str, body: impl FnOnce() -> Result<()>) {
    say(&format!("check: {name}"));
    let start = Instant::now();
    tally.one(name, body());
    say(&format!("{name} took {} s", start.elapsed().as_secs()));
}

fn clippy_for_wasm() -> Command {
    let mut command = cargo();
    command.args(["clippy", "--target", "wasm32-unknown-unknown", "--quiet"]);
    command.args(WASM_CRATES.iter().flat_map(|name| ["--package", name]));
    command.args(["--", "-D", "warnings"]);
    command
}

fn here(command: &mut Command) -> Result<()> {
    crate::process::run(command.current_dir(paths::root()))
}

fn quiet(command: &mut Command) -> Result<()> {
    crate::process::capture(command.current_dir(paths::root())).map(drop)
}

/// All of cargo's tests in one go: unit tests, documentation, and the suites of `tests/`. Those that need
/// the page find it in `dist`; when its build has failed they try again and fail with the same words.
fn tests(tally: &mut Tally, dist: Option<&Path>) -> Result<()> {
    say("check: tests");
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).current_dir(paths::root());
    command.envs(dist.map(|dist| (page::BUILT, dist))).stdout(Stdio::piped());
    // Where the adapter is ours to install, a test that finds none has failed.
    command.envs(browser::has_adapter().then_some(("GPU", "require")));
    let mut child =
        command.spawn().with_context(|| format!("{} could not be started", line(&command)))?;
    let output = child.stdout.take().context("the tests have no output")?;
    let failed_before = tally.failed;
    let (start, mut before, mut pauses) = (Instant::now(), Instant::now(), Vec::new());
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        count(tally, &line);
        pauses.push((before.elapsed(), line));
        before = Instant::now();
    }
    let status = child.wait()?;
    say(&format!("tests took {} s; the longest waits were for", start.elapsed().as_secs()));
    for (pause, line) in longest(pauses) {
        say(&format!("{:4} s {line}", pause.as_secs()));
    }
    if !status.success() && tally.failed == failed_before {
        tally.fail("cargo test", &format!("it ended with {status} before all tests were run"));
    }
    Ok(())
}

/// The lines that were waited for longest, the longest first: where the time of a run goes.
fn longest(mut pauses: Vec<(Duration, String)>) -> impl Iterator<Item = (Duration, String)> {
    pauses.sort_by_key(|(pause, _)| std::cmp::Reverse(*pause));
    pauses.into_iter().take(LISTED)
}

/// Adds what a line of libtest's output says.
fn count(tally: &mut Tally, line: &str) {
    if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
    {
        tally.failures.push(name.to_owned());
    }
    let Some(summary) = line.strip_prefix("test result: ") else { return };
    let number_before = |word: &str| {
        let before = summary.split(word).next()?;
        before.rsplit(' ').next()?.parse::<usize>().ok()
    };
    tally.passed += number_before(" passed;").unwrap_or(0);
    tally.failed += number_before(" failed;").unwrap_or(0);
}

#[cfg(test)]
mod tests {
    use super::{Tally, count};

    #[test]
    fn libtest_is_counted() {
        let mut tally = Tally::default();
        for line in [
            "test a::works ... ok",
            "test a::breaks ... FAILED",
            "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            count(&mut tally, line);
        }
        assert_eq!(tally, Tally { passed: 16, failed: 1, failures: vec!["a::breaks".into()] });
    }
}
