//! `adversaria sample`: draws from the generator of a checkpoint, as numbers or as a figure.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use adversaria_core::images::to_bytes;
use adversaria_core::metrics::histogram_density;
use adversaria_core::spec::{DataKind, RunSpec};
use adversaria_engine::{Observer, Run, build_table};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::{Table, TableValues};
use adversaria_plot::{Figure, Theme};
use adversaria_protocol::{Line, Picture, Plane, Stage};
use anyhow::Result;

use crate::args::Sample;
use crate::fault::usage;
use crate::folder::FIGURE;
use crate::{files, say, train};

/// Most numbers drawn, and most pictures in one grid.
const MOST_NUMBERS: u32 = 1 << 28;
const MOST_PICTURES: u32 = 10_000;

/// The formats, by the file's ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Npy,
    Png,
}

/// Draws.
///
/// # Errors
/// When the request is wrong or a file cannot be written.
pub(crate) fn sample(request: &Sample) -> Result<()> {
    let format = format(&request.out)?;
    let name = request.checkpoint.display().to_string();
    let bytes = fs::read(&request.checkpoint)
        .map_err(|error| usage(format!("{name} cannot be read ({error})")))?;
    let checkpoint = train::parse(&bytes, &name)?;
    let start = checkpoint.start().clone();
    check(request, &start, format)?;
    let mut run = checkpoint.resume(table(&start)?, Box::new(CpuBackend::detect()))?;
    let values = run.sample(request.count as usize, request.average)?;
    let dim = start.dim() as usize;
    let file = match format {
        Format::Csv => files::csv(&values, &columns(&start))?.into_bytes(),
        Format::Npy => files::npy(&values, dim)?,
        Format::Png if start.data().kind() == DataKind::Images => {
            files::picture_grid(&to_bytes(&values, start.output()), dim.isqrt())?
        }
        Format::Png => figure(&run, values)?,
    };
    files::write(&request.out, &file)?;
    say(&format!("{} samples are in {}", request.count, request.out.display()))?;
    Ok(())
}

fn format(out: &Path) -> Result<Format> {
    let ending = out.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(Format::Csv),
        Some("npy") => Ok(Format::Npy),
        Some("png") => Ok(Format::Png),
        _ => Err(usage(format!(
            "--out {} is not possible: the file ends in .csv, .npy or .png",
            out.display()
        ))),
    }
}

fn check(request: &Sample, spec: &RunSpec, format: Format) -> Result<()> {
    let pictures = format == Format::Png && spec.data().kind() == DataKind::Images;
    let most = if pictures { MOST_PICTURES } else { MOST_NUMBERS / spec.dim() };
    if !(1..=most).contains(&request.count) {
        return Err(usage(format!(
            "-n {} is not possible: here it is a whole number from 1 to {most}",
            request.count
        )));
    }
    if request.average && spec.ema().is_none() {
        return Err(usage(
            "--average is not possible: this run keeps no average of G (its ema is none)",
        ));
    }
    Ok(())
}

/// Pictures are not trained on here, so a blank one does for all.
fn table(spec: &RunSpec) -> Result<Arc<Table>> {
    if spec.data().kind() != DataKind::Images {
        return Ok(build_table(spec, None)?);
    }
    let blank = TableValues::Words(vec![0.0; spec.dim() as usize]);
    Ok(Arc::new(Table { rows: 1, dim: spec.dim(), values: blank }))
}

fn columns(spec: &RunSpec) -> Vec<String> {
    match spec.data().kind() {
        DataKind::Line => vec!["x".into()],
        DataKind::Plane => vec!["x".into(), "y".into()],
        DataKind::Images => (0..spec.dim()).map(|pixel| format!("pixel{pixel}")).collect(),
    }
}

/// The samples over the data: a density on the line, crosses in the plane.
fn figure(run: &Run, samples: Vec<f32>) -> Result<Vec<u8>> {
    let stage = Observer::new(run).stage();
    let picture = match &stage {
        Stage::Line { x, .. } => Picture::Line(Line {
            p_g: density(&samples, x),
            average: vec![],
            d: vec![],
            arrows: vec![],
        }),
        Stage::Plane { .. } | Stage::Images { .. } => Picture::Plane(Plane {
            fake: samples,
            average: vec![],
            pulls: vec![],
            field: vec![],
            grid: vec![],
        }),
    };
    Ok(Figure::Moment { stage: &stage, picture: &picture }.png(FIGURE, &Theme::LIGHT, 2)?)
}

/// p_g on the cells whose centres are `x`, by counting.
#[expect(clippy::cast_possible_truncation, reason = "drawn")]
fn density(samples: &[f32], x: &[f32]) -> Vec<f32> {
    let (Some(first), Some(second), Some(last)) = (x.first(), x.get(1), x.last()) else {
        return vec![];
    };
    let half = f64::from(second - first) / 2.0;
    let view = (f64::from(*first) - half, f64::from(*last) + half);
    histogram_density(samples, view, x.len()).into_iter().map(|p| p as f32).collect()
}
