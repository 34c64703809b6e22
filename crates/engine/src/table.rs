//! The training table of a run: the rows that D-updates choose from.

use std::sync::Arc;

use adversaria_core::data::{self, Distribution, Modes};
use adversaria_core::images::{ImageSet, pixel_scale};
use adversaria_core::spec::{DataKind, Own, RunSpec};
use adversaria_kernels::program::{Table, TableValues};

use crate::error::EngineError;

/// The table of a run. Images come from `images`, the first `rows` of the training set; a toy's rows are drawn.
///
/// # Errors
/// When images are needed and too few are there, or none is of the wanted classes; or the rows of a file are not there.
pub fn build_table(spec: &RunSpec, images: Option<&ImageSet>) -> Result<Arc<Table>, EngineError> {
    let table = if spec.data().kind() == DataKind::Images {
        image_table(spec, images)?
    } else {
        toy_table(spec)?
    };
    Ok(Arc::new(table))
}

fn toy_table(spec: &RunSpec) -> Result<Table, EngineError> {
    let values = data::rows(spec).map(|rows| TableValues::Words(told(spec, rows)));
    let named = match spec.own() {
        Own::File(mark, _) => mark.map(|mark| mark.rows),
        _ => None,
    };
    let values = values.ok_or(EngineError::NoRows { named })?;
    Ok(Table { rows: spec.rows(), dim: spec.dim() + spec.told_classes(), values })
}

/// Rows with the class of each behind it, one-hot, where classes are told.
fn told(spec: &RunSpec, rows: Vec<f32>) -> Vec<f32> {
    match class_law(spec) {
        Some(modes) => {
            with_classes(&rows, modes.dim, modes.weights.len(), |_, x| modes.class_of(x))
        }
        None => rows,
    }
}

/// The modes whose numbers G and D are told; none where they are told nothing.
pub(crate) fn class_law(spec: &RunSpec) -> Option<Modes> {
    Distribution::of(spec).filter(|_| spec.conditional())?.modes().cloned()
}

/// Points `[n, dim]`, each followed by its class, one-hot.
pub(crate) fn with_classes(
    points: &[f32],
    dim: usize,
    classes: usize,
    class: impl Fn(usize, &[f32]) -> usize,
) -> Vec<f32> {
    let mut out = Vec::with_capacity(points.len() / dim * (dim + classes));
    for (i, point) in points.chunks_exact(dim).enumerate() {
        let class = class(i, point);
        out.extend_from_slice(point);
        out.extend((0..classes).map(|c| if c == class { 1.0 } else { 0.0 }));
    }
    out
}

fn image_table(spec: &RunSpec, images: Option<&ImageSet>) -> Result<Table, EngineError> {
    let chosen = training_images(spec, images)?;
    let (scale, offset) = pixel_scale(spec.output());
    let rows = count(&chosen);
    let values = TableValues::Bytes { bytes: chosen.pixels().to_vec(), scale, offset };
    Ok(Table { rows, dim: spec.dim(), values })
}

/// The images that a run trains on: the first `rows`, of the wanted classes.
///
/// # Errors
/// As [`build_table`].
fn training_images(spec: &RunSpec, images: Option<&ImageSet>) -> Result<ImageSet, EngineError> {
    let there = images.map_or(0, count);
    let Some(set) = images.filter(|_| there >= spec.rows()) else {
        return Err(EngineError::NoImages { needed: spec.rows(), there });
    };
    Ok(set.select(spec.classes(), spec.rows() as usize)?)
}

/// How many images there are.
pub(crate) fn count(set: &ImageSet) -> u32 {
    u32::try_from(set.count()).unwrap_or(u32::MAX)
}

/// The classes of the images of a run's table, `[rows]`; none for a toy.
pub(crate) fn classes(spec: &RunSpec, images: Option<&ImageSet>) -> Vec<u8> {
    let Some(set) = images.filter(|_| spec.data().kind() == DataKind::Images) else {
        return Vec::new();
    };
    let all = set.labels().iter().take(spec.rows() as usize);
    all.copied().filter(|class| spec.classes().contains(*class)).collect()
}
