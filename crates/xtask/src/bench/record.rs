//! The raw data of a comparison: one line of JSON for each run, written as it comes.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::contender::{Contender, OURS, Outcome};
use crate::paths;

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// `peer/backend`
    pub(super) contender: String,
    pub(super) ours: bool,
    pub(super) workload: String,
    /// Iterations per second, or why there are none.
    pub(super) rate: Result<f64, String>,
    line: Value,
}

impl Record {
    /// What came of a contender's run.
    pub(super) fn new(
        round: u32,
        contender: &Contender,
        workload: &str,
        outcome: &Outcome,
    ) -> Self {
        let mut line = json!({
            "round": round,
            "peer": contender.peer(),
            "backend": contender.backend(),
            "workload": workload,
            "load1": load(),
        });
        let rate = match outcome {
            Outcome::Rate(said) => {
                add(&mut line, said);
                Ok(said["iterationsPerSecond"].as_f64().unwrap_or(f64::NAN))
            }
            Outcome::Refused(why) | Outcome::Failed(why) => {
                line["error"] = json!(why);
                Err(why.clone())
            }
        };
        let workload = workload.to_owned();
        Self { contender: contender.name(), ours: contender.peer() == OURS, workload, rate, line }
    }
}

fn add(line: &mut Value, said: &Map<String, Value>) {
    for (key, value) in said {
        line[key] = value.clone();
    }
}

/// How busy the machine was over the last minute, where the system says it.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// The file of a comparison, and what was written to it.
pub(super) struct File {
    path: PathBuf,
    records: Vec<Record>,
}

impl File {
    /// A new one in `benchmarks/`, named by date and kind; no older one is replaced.
    pub(super) fn new(kind: &str) -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let stem = format!("{}-{kind}", date(now));
        let folder = paths::root().join("benchmarks");
        let name = |n: u32| if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
        let path = (1..)
            .map(|n| folder.join(name(n) + ".jsonl"))
            .find(|path| !path.exists())
            .context("no name is free")?;
        Ok(Self { path, records: Vec::new() })
    }

    /// Writes one run.
    pub(super) fn add(&mut self, record: Record) -> Result<()> {
        self.write(&record.line)?;
        self.records.push(record);
        Ok(())
    }

    /// Writes a line that is no run.
    pub(super) fn write(&self, line: &Value) -> Result<()> {
        let failed = || format!("{} cannot be written", self.path.display());
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(&self.path).with_context(failed)?;
        writeln!(file, "{line}").with_context(failed)
    }

    pub(super) fn all(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The date of a moment, seconds since 1970, in UTC (the days of 400 years are always as many).
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Counted from March, so that February comes last.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let days = [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ];
        for (seconds, want) in days {
            assert_eq!(date(seconds), want);
        }
    }
}
