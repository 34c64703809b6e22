//! What went wrong, told once: one sentence on standard error and the exit code that goes with it.

use std::io::Write as _;
use std::process::ExitCode;

use adversaria_core::spec::SpecError;
use adversaria_engine::EngineError;

/// The request cannot be met as it stands; exit code 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// An error of a wrong request.
pub(crate) fn usage(sentence: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Usage(sentence.into()))
}

/// 2 for a wrong request, 1 for a run that failed.
const REFUSED: u8 = 2;
const FAILED: u8 = 1;

fn code(error: &anyhow::Error) -> u8 {
    let of_engine = error.downcast_ref::<EngineError>().is_some_and(|error| {
        matches!(
            error,
            EngineError::Spec(_)
                | EngineError::NotLive { .. }
                | EngineError::TooMany { .. }
                | EngineError::NoRows { .. }
        )
    });
    if of_engine || error.is::<SpecError>() || error.is::<Usage>() { REFUSED } else { FAILED }
}

/// The error and its causes on one line.
fn sentence(error: &anyhow::Error) -> String {
    let text = match error.downcast_ref::<EngineError>() {
        // The engine's own words speak of a stage, which is the page's.
        Some(EngineError::Images(why)) => why.to_string(),
        Some(EngineError::NoRows { .. }) => {
            "this run learns the rows of a file: give it with --data FILE.csv".into()
        }
        Some(_) | None => format!("{error:#}"),
    };
    one_line(&text)
}

/// Any text as one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells the error, and gives the exit code.
pub(crate) fn show(error: &anyhow::Error) -> ExitCode {
    tell(&sentence(error), code(error))
}

/// Tells a wrong request.
pub(crate) fn refuse(sentence: &str) -> ExitCode {
    tell(&one_line(sentence), REFUSED)
}

fn tell(line: &str, code: u8) -> ExitCode {
    match writeln!(std::io::stderr(), "{line}") {
        // Where standard error is closed, the exit code still tells.
        Ok(()) | Err(_) => ExitCode::from(code),
    }
}

/// Something worth a line that is not wrong.
pub(crate) fn note(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "{line}")
}
