//! `--data FILE.csv`: a run on rows of the user's own.

use std::path::Path;
use std::sync::Arc;

use adversaria_core::csv;
use adversaria_core::spec::RunSpec;
use anyhow::Result;

use crate::fault::{note, usage};
use crate::files;

/// More than the most rows take.
const MOST_BYTES: u64 = 1 << 26;

/// The run on the rows of this file, in place of its own data.
///
/// # Errors
/// When the file cannot be read, does not hold rows of numbers, or is not the one that the run names: exit code 2.
pub(crate) fn on_file(spec: &RunSpec, file: &Path) -> Result<RunSpec> {
    let refuse = |why: String| usage(format!("{}: {why}", file.display()));
    let bytes = files::read_within(file, MOST_BYTES, "rows")?;
    let given = csv::read(&bytes).map_err(|error| refuse(error.to_string()))?;
    let (rows, scale) = given.fit();
    let (data, mark) = (if rows.dim == 1 { "column" } else { "file" }, rows.mark().text());
    let named = spec.get("file")?;
    if !named.is_empty() && named != mark {
        return Err(refuse(format!("its rows are file={mark}, and SPEC names file={named}")));
    }
    let next = if spec.data().name() == data { spec.clone() } else { spec.with("data", data)? };
    let next = next.with("file", &mark)?;
    note(given.told(&scale).trim_end_matches('.'))?;
    Ok(next.supplied(&Arc::new(rows)).unwrap_or(next))
}
