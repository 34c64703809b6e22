//! The user's own IDX files as a training set.

use adversaria_core::images::{Idx, ImageSet, idx};

use crate::error::EngineError;

/// Pixels on a side that the nets are made for.
const SIDE: usize = 28;

/// The larger pair of pictures and labels among the files: of MNIST's four files, the training set.
///
/// # Errors
/// When a file is not IDX, or no pictures come with as many labels, or they are not 28 by 28.
pub(crate) fn training_set(files: Vec<(String, Vec<u8>)>) -> Result<ImageSet, EngineError> {
    let (mut pictures, mut labels) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        match idx(&bytes).map_err(|error| EngineError::BadFiles(format!("{name}: {error}")))? {
            Idx::Images(images) => pictures.push(images),
            Idx::Labels(list) => labels.push(list),
        }
    }
    while let Some(most) = (0..pictures.len()).max_by_key(|&at| pictures[at].count()) {
        let images = pictures.remove(most);
        if let Some(place) = labels.iter().position(|list| list.len() == images.count()) {
            return sized(ImageSet::new(images, labels.swap_remove(place))?);
        }
    }
    let why = "the files hold no pictures that come with as many labels; give both the images and the labels file";
    Err(EngineError::BadFiles(why.into()))
}

fn sized(set: ImageSet) -> Result<ImageSet, EngineError> {
    if (set.width(), set.height()) == (SIDE, SIDE) {
        return Ok(set);
    }
    let why = format!(
        "the pictures are {} by {} pixels, and must be {SIDE} by {SIDE}",
        set.width(),
        set.height()
    );
    Err(EngineError::BadFiles(why))
}
