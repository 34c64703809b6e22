//! The training table of a run: the rows that D-updates choose from.

use std::sync::Arc;

use adversaria_core::data;
use adversaria_core::images::ImageSet;
use adversaria_core::spec::{DataKind, OutputAct, Own, RunSpec};
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
    let values = data::rows(spec).map(TableValues::Words);
    let named = match spec.own() {
        Own::File(mark, _) => mark.map(|mark| mark.rows),
        _ => None,
    };
    let values = values.ok_or(EngineError::NoRows { named })?;
    Ok(Table { rows: spec.rows(), dim: spec.dim(), values })
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

/// Bytes to numbers: [0, 1] where G ends in a sigmoid, else [−1, 1].
pub(crate) fn pixel_scale(output: OutputAct) -> (f32, f32) {
    match output {
        OutputAct::Sigmoid => (1.0 / 255.0, 0.0),
        OutputAct::Tanh | OutputAct::Linear => (2.0 / 255.0, -1.0),
    }
}

/// Numbers of G back to bytes, 0 black to 255 white, clipped.
#[must_use]
pub fn to_bytes(values: &[f32], output: OutputAct) -> Vec<u8> {
    let (scale, offset) = pixel_scale(output);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    values.iter().map(|v| ((v - offset) / scale).round().clamp(0.0, 255.0) as u8).collect()
}
