//! The folder that a run writes to: its files, and what they hold.

use std::fs;
use std::path::{Path, PathBuf};

use adversaria_plot::{Figure, Theme};
use adversaria_protocol::{Picture, Stage};
use anyhow::{Context as _, Result, bail};

use crate::fault::usage;
use crate::files;
use crate::series::Series;

const CHECKPOINT: &str = "checkpoint.safetensors";
const METRICS: &str = "metrics.csv";
const SAMPLES_PNG: &str = "samples.png";
const SAMPLES_SVG: &str = "samples.svg";
const REPORT: &str = "report.html";

/// Pixels of a figure, before the ratio of the PNG.
pub(crate) const FIGURE: (u32, u32) = (720, 540);
const PRINT_RATIO: u32 = 2;

/// The folder of a run.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder where it is not there yet.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if fs::metadata(path).is_ok_and(|there| !there.is_dir()) {
            return Err(usage(format!("--out takes a folder, and {} is a file", path.display())));
        }
        fs::create_dir_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// Removes the files of an earlier run, so that none of them stands beside those of this one.
    pub(crate) fn clear(&self) -> Result<()> {
        for name in [CHECKPOINT, METRICS, SAMPLES_PNG, SAMPLES_SVG, REPORT] {
            let file = self.0.join(name);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error)
                        .with_context(|| format!("{} cannot be replaced", file.display()));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The checkpoint, where there is one.
    pub(crate) fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        self.read(CHECKPOINT)
    }

    /// The figures so far; empty where the file is not there.
    pub(crate) fn series(&self) -> Result<Series> {
        let Some(bytes) = self.read(METRICS)? else { return Ok(Series::default()) };
        match Series::parse(&String::from_utf8_lossy(&bytes)) {
            Ok(series) => Ok(series),
            Err(line) => bail!(
                "line {line} of {} is not as it was written: remove the file, and its figures begin anew",
                self.0.join(METRICS).display()
            ),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let file = self.0.join(name);
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
        }
    }

    /// Writes what the run goes on from.
    pub(crate) fn keep(&self, checkpoint: &[u8], series: &Series) -> Result<()> {
        files::write(&self.0.join(METRICS), series.csv().as_bytes())?;
        files::write(&self.0.join(CHECKPOINT), checkpoint)
    }

    /// Writes the figure of the samples.
    pub(crate) fn figure(&self, stage: &Stage, picture: &Picture) -> Result<()> {
        let figure = Figure::Moment { stage, picture };
        let png = figure.png(FIGURE, &Theme::LIGHT, PRINT_RATIO)?;
        files::write(&self.0.join(SAMPLES_PNG), &png)?;
        if !matches!(stage, Stage::Images { .. }) {
            let svg = figure.svg(FIGURE, &Theme::LIGHT)?;
            files::write(&self.0.join(SAMPLES_SVG), svg.as_bytes())?;
        }
        Ok(())
    }

    /// Writes the report.
    pub(crate) fn report(&self, html: &str) -> Result<()> {
        files::write(&self.0.join(REPORT), html.as_bytes())
    }

    /// A file of raw numbers.
    pub(crate) fn numbers(&self, name: &str, text: &str) -> Result<()> {
        self.bytes(name, text.as_bytes())
    }

    /// A file of another kind.
    pub(crate) fn bytes(&self, name: &str, bytes: &[u8]) -> Result<()> {
        files::write(&self.0.join(name), bytes)
    }

    /// The checkpoint's place, for sentences.
    pub(crate) fn display(&self) -> std::path::Display<'_> {
        self.0.display()
    }
}
