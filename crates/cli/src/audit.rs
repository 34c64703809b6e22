//! `adversaria audit`: the trace of a short run.

use adversaria_engine::audit as trace;
use anyhow::Result;

use crate::args::Audit;
use crate::{data, files, say, spec};

/// Trains and writes the trace.
///
/// # Errors
/// When the request is wrong or the file cannot be written.
pub(crate) fn audit(request: &Audit) -> Result<()> {
    let spec = spec::read(&request.spec)?;
    let backend = spec::backend(&spec, request.backend.as_deref())?;
    let table = data::table(&spec)?;
    let file = trace(spec, request.steps, table, backend)?;
    files::write(&request.out, &file)?;
    say(&format!("the trace of {} iterations is in {}", request.steps, request.out.display()))?;
    Ok(())
}
