//! Who takes part in a comparison, and how each is run.

use std::{
    fmt::{self, Display, Formatter},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use crate::{
    paths,
    process::{cargo, line, program},
};

/// The name under which we take part.
pub(super) const OURS: &str = "adversaria";

/// The exit code of our scripts for what must be installed first.
const REFUSED: i32 = 3;

/// Seconds beyond the measured ones after which a run in the browser is given up.
const LIMIT: f64 = 90.0;

/// One program, or one form of it.
#[derive(Clone, Debug)]
pub(super) enum Contender {
    /// `adversaria bench` with this backend.
    CommandLine(String),
    /// JAX on the CPU.
    Jax,
    /// PyTorch on a GPU, `eager` or as a `graph`.
    Torch(&'static str),
    /// In a browser.
    Browser(Browser),
}

/// A page, ours or a peer's.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    /// The peer's bundle, or [`OURS`].
    pub(super) peer: &'static str,
    pub(super) backend: String,
    /// Where the driver is, with all that it needs.
    pub(super) folder: PathBuf,
    pub(super) chromium: PathBuf,
    /// Our page's address.
    pub(super) page: String,
    /// Whether the browser may use the machine's GPU.
    pub(super) hardware: bool,
}

/// What came of a run.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// Iterations per second, and whatever else was said.
    Rate(Map<String, Value>),
    /// This cannot be done here, and why.
    Refused(String),
    /// It was tried, and why it failed.
    Failed(String),
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(said) => {
                write!(
                    f,
                    "{:.1} iterations/s",
                    said["iterationsPerSecond"].as_f64().unwrap_or(f64::NAN)
                )
            }
            Self::Refused(why) => write!(f, "skipped, {why}"),
            Self::Failed(why) => write!(f, "failed, {why}"),
        }
    }
}

impl Contender {
    /// Ourselves, natively.
    pub(super) fn ours(backend: &str) -> Self {
        Self::CommandLine(backend.to_owned())
    }

    /// Whether it is ours.
    pub(super) fn is_ours(&self) -> bool {
        self.peer() == OURS
    }

    pub(super) fn peer(&self) -> &str {
        match self {
            Self::CommandLine(_) => OURS,
            Self::Jax => "jax",
            Self::Torch(_) => "torch",
            Self::Browser(browser) => browser.peer,
        }
    }

    pub(super) fn backend(&self) -> &str {
        match self {
            Self::CommandLine(backend) => backend,
            Self::Jax => "cpu",
            Self::Torch(form) => form,
            Self::Browser(browser) => &browser.backend,
        }
    }

    /// `peer/backend`
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.peer(), self.backend())
    }

    /// Runs it once.
    ///
    /// # Errors
    /// When it cannot even be started, or when a native program says that it cannot take part: such a comparison would
    /// compare nothing.
    pub(super) fn run(&self, workload: &str, seconds: f64) -> Result<Outcome> {
        let mut command = self.command(workload, seconds);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let output =
            command.output().with_context(|| format!("{} could not be started", line(&command)))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        // The last line: Python and cargo may warn before.
        let why = errors.trim().lines().last().unwrap_or_default();
        match output.status.code() {
            Some(0) => {
                let outcome = outcome(&String::from_utf8_lossy(&output.stdout))?;
                self.check_place(&outcome)?;
                Ok(outcome)
            }
            Some(REFUSED) => bail!("{}: {why}", self.name()),
            _ if self.is_ours() => bail!("{}: {why}", self.name()),
            _ => Ok(Outcome::Failed(why.to_owned())),
        }
    }

    /// `auto` is a graphics card where there is one: on the CPU nothing is compared with programs on a card.
    fn check_place(&self, outcome: &Outcome) -> Result<()> {
        let (Self::CommandLine(asked), Outcome::Rate(said)) = (self, outcome) else {
            return Ok(());
        };
        ensure!(
            asked != "auto" || said.get("backend").and_then(Value::as_str) != Some("cpu"),
            "no graphics card is here for {OURS}: {}",
            said.get("adapter").and_then(Value::as_str).unwrap_or("no adapter")
        );
        Ok(())
    }

    fn command(&self, workload: &str, seconds: f64) -> Command {
        let seconds_text = seconds.to_string();
        match self {
            Self::CommandLine(backend) => {
                let mut command = cargo();
                command.args(["run", "--release", "--quiet", "--package", "adversaria-cli", "--"]);
                command.args(["bench", "--json", "--workload", workload, "--backend", backend]);
                command.args(["--seconds", &seconds_text]).current_dir(paths::root());
                command
            }
            Self::Jax => python("native_jax.py", &[workload, &seconds_text]),
            Self::Torch(form) => python("native_torch.py", &[form, workload, &seconds_text]),
            Self::Browser(browser) => browser.command(workload, seconds),
        }
    }
}

/// A script of `benchmarks/peers`, by `$PYTHON` or python3.
fn python(script: &str, arguments: &[&str]) -> Command {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    command.arg(paths::root().join("benchmarks/peers").join(script)).args(arguments);
    command
}

impl Browser {
    fn command(&self, workload: &str, seconds: f64) -> Command {
        let limit = seconds + LIMIT;
        let job = json!({ "workload": workload, "seconds": seconds, "limit": limit });
        self.driver("browser.mjs", job)
    }

    /// A script of the folder, told its job and who is to be run where.
    pub(super) fn driver(&self, script: &str, mut job: Value) -> Command {
        job["peer"] = json!(self.peer);
        job["backend"] = json!(self.backend);
        job["chromium"] = json!(self.chromium);
        job["page"] = json!(self.page);
        job["hardware"] = json!(self.hardware);
        let mut command = program("node");
        command.arg(self.folder.join(script)).arg(job.to_string());
        command
    }
}

/// What the one line of JSON says.
pub(super) fn outcome(said: &str) -> Result<Outcome> {
    let said: Map<String, Value> = serde_json::from_str(said.trim())
        .with_context(|| format!("one line of JSON was expected: {said}"))?;
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(match (text("refused"), text("error")) {
        (Some(why), _) => Outcome::Refused(why),
        (None, Some(why)) => Outcome::Failed(why),
        (None, None) if said.get("iterationsPerSecond").is_some_and(Value::is_number) => {
            Outcome::Rate(said)
        }
        (None, None) => Outcome::Failed("it said no rate".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Contender, Outcome, outcome};

    #[test]
    fn a_line_is_a_rate_a_refusal_or_a_failure() {
        let rate = outcome("{\"iterationsPerSecond\": 12.34, \"iterations\": 50}\n").unwrap();
        assert_eq!(rate.to_string(), "12.3 iterations/s");
        let refused = outcome("{\"refused\": \"the page runs on cpu\"}").unwrap();
        assert_eq!(refused, Outcome::Refused("the page runs on cpu".into()));
        for (line, why) in [("{\"error\": \"lost\"}", "lost"), ("{}", "it said no rate")] {
            assert_eq!(outcome(line).unwrap(), Outcome::Failed(why.into()));
        }
        assert!(outcome("Traceback").is_err());
    }

    #[test]
    fn a_card_is_not_compared_with_software() {
        let auto = Contender::ours("auto");
        let said = |backend: &str| {
            outcome(&format!("{{\"iterationsPerSecond\": 1, \"backend\": \"{backend}\"}}")).unwrap()
        };
        assert!(auto.check_place(&said("webgpu")).is_ok());
        assert!(auto.check_place(&said("cpu")).is_err());
        assert!(Contender::ours("cpu").check_place(&said("cpu")).is_ok());
    }

    #[test]
    fn names_tell_forms_apart() {
        assert_eq!(Contender::ours("cpu").name(), "adversaria/cpu");
        assert_eq!(Contender::Torch("graph").name(), "torch/graph");
        assert!(Contender::ours("cpu").is_ours() && !Contender::Jax.is_ours());
    }
}
