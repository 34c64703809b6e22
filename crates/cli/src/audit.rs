//! `adversaria audit`: the trace of a short run, or two backends compared on it.

use std::path::Path;

use adversaria_core::spec::RunSpec;
use adversaria_engine::{Contender, Verdict, audit as trace, compare};
use anyhow::{Result, bail};

use crate::args::Audit;
use crate::backend::{Executor, Wish};
use crate::fault::usage;
use crate::{data, files, own_rows, say, spec};

/// Trains and writes the trace, or compares.
///
/// # Errors
/// When the request is wrong, the file cannot be written, or backends differ.
pub(crate) fn audit(request: &Audit) -> Result<()> {
    let mut spec = spec::read(&request.spec)?;
    if let Some(file) = &request.data {
        spec = own_rows::on_file(&spec, file)?;
    }
    match (request.compare.as_deref(), &request.out) {
        (Some(&[reference, other]), _) => agree(&spec, request.steps, [reference, other]),
        (_, Some(out)) => write(spec, request, out),
        (_, None) => Err(usage("audit needs --out FILE or --compare A B")),
    }
}

fn write(spec: RunSpec, request: &Audit, out: &Path) -> Result<()> {
    let backend = Wish::new(&spec, request.backend, request.exec)?.make()?;
    let table = data::table(&spec)?;
    let file = trace(spec, request.steps, table, backend)?;
    files::write(out, &file)?;
    say(&format!("the trace of {} iterations is in {}", request.steps, out.display()))?;
    Ok(())
}

fn agree(spec: &RunSpec, steps: u64, executors: [Executor; 2]) -> Result<()> {
    let [reference, other] = executors.map(|executor| -> Result<Contender> {
        Ok(Contender { name: executor.name().into(), backend: executor.make()? })
    });
    match compare(spec, steps, &data::table(spec)?, reference?, vec![other?])? {
        Verdict::Agree(agreement) => Ok(say(&agreement.to_string())?),
        Verdict::Differ(difference) => bail!("{difference}"),
    }
}
