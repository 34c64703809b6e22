//! `adversaria bench`: iterations per second of named workloads, as the comparison with other programs has them, and of
//! runs that grow.

mod growth;
mod measure;
mod workload;

use anyhow::Result;
use clap::ValueEnum as _;
use serde_json::json;

use crate::args::Bench;
use crate::say;
use measure::measure;
pub(crate) use workload::Workload;

/// Measures.
///
/// # Errors
/// When the request is wrong or a run fails.
pub(crate) fn bench(request: &Bench) -> Result<()> {
    if request.growth {
        return growth::growth(request);
    }
    let all = Workload::value_variants();
    for workload in all.iter().filter(|w| request.workload.is_none_or(|only| only == **w)) {
        let measured = measure(workload.address(), request)?;
        say(&if request.json {
            measured.json(&json!({ "workload": workload.name() })).to_string()
        } else {
            measured.line(workload.name())
        })?;
    }
    Ok(())
}
