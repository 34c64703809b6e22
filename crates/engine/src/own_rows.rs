//! Rows of the user's own files that a session has seen, so that runs on them can be asked for by their digest.

use std::sync::Arc;

use adversaria_core::spec::{Cloud, MOST_ROWS, RunSpec};

use crate::error::EngineError;

/// So many files are kept: those of the runs that one goes to and fro between.
const KEPT: usize = 4;

/// The rows of the last few files.
#[derive(Default)]
pub(crate) struct OwnRows(Vec<Arc<Cloud>>);

impl OwnRows {
    /// Takes rows `[n, dim]`.
    ///
    /// # Errors
    /// When they are none, too many, or no rows.
    pub(crate) fn take(&mut self, dim: u32, values: &[f32]) -> Result<(), EngineError> {
        let count = values.len() / dim.clamp(1, 2) as usize;
        if !(1..=2).contains(&dim) || count == 0 || !values.len().is_multiple_of(dim as usize) {
            return Err(EngineError::BadPoints { dim, count: values.len() });
        }
        if count > MOST_ROWS {
            let (value, most) = (count as u64, MOST_ROWS as u64);
            return Err(EngineError::TooMany { what: "rows of a file".into(), value, most });
        }
        self.keep(Some(&Arc::new(Cloud::of_values(dim, values))));
        Ok(())
    }

    /// Keeps rows that came with a checkpoint.
    pub(crate) fn keep(&mut self, rows: Option<&Arc<Cloud>>) {
        if let Some(rows) = rows {
            self.0.retain(|kept| kept != rows);
            self.0.truncate(KEPT - 1);
            self.0.insert(0, Arc::clone(rows));
        }
    }

    /// The run with its rows, where they are here.
    pub(crate) fn supply(&self, spec: RunSpec) -> RunSpec {
        self.0.iter().find_map(|rows| spec.supplied(rows)).unwrap_or(spec)
    }
}
