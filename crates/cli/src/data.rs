//! The training table of a run; MNIST from where `cargo xtask data` puts it.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adversaria_core::images::ImageSet;
use adversaria_core::spec::{DataKind, RunSpec};
use adversaria_engine::build_table;
use adversaria_kernels::program::Table;
use anyhow::{Context as _, Result, bail};
use flate2::read::GzDecoder;

/// The first 10,000 training images, and the other 50,000.
const PACKS: [&str; 2] = ["mnist-train-a.bin.gz", "mnist-train-b.bin.gz"];

const TEST_PACK: &str = "mnist-test.bin.gz";

/// More than a pack of the largest set that is allowed.
const MOST_BYTES: u64 = 1 << 29;

/// The table of a run, with images only where it wants them.
pub(crate) fn table(spec: &RunSpec) -> Result<Arc<Table>> {
    let images = match spec.data().kind() {
        DataKind::Images => Some(training_images(spec.rows())?),
        DataKind::Line | DataKind::Plane => None,
    };
    Ok(build_table(spec, images.as_ref())?)
}

/// MNIST's 10,000 test images.
pub(crate) fn test_images() -> Result<ImageSet> {
    read(&folder_with(TEST_PACK)?.join(TEST_PACK))
}

/// The first folder that holds this pack.
fn folder_with(pack: &str) -> Result<PathBuf> {
    let folders = folders();
    let Some(folder) = folders.iter().find(|folder| folder.join(pack).is_file()) else {
        let looked: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
        bail!(
            "the images of MNIST are not here: run `cargo xtask data` first (looked in {})",
            looked.join(", ")
        );
    };
    Ok(folder.clone())
}

/// At least `rows` training images of MNIST.
pub(crate) fn training_images(rows: u32) -> Result<ImageSet> {
    let folder = folder_with(PACKS[0])?;
    let first = read(&folder.join(PACKS[0]))?;
    if rows as usize <= first.count() {
        return Ok(first);
    }
    Ok(first.followed_by(&read(&folder.join(PACKS[1]))?)?)
}

/// Whether the images can be had.
pub(crate) fn has_mnist() -> bool {
    folders().iter().any(|folder| folder.join(PACKS[0]).is_file())
}

fn read(file: &Path) -> Result<ImageSet> {
    let damaged =
        || format!("{} is damaged: remove it and run `cargo xtask data` again", file.display());
    let mut bytes = Vec::new();
    let packed = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    GzDecoder::new(packed).take(MOST_BYTES).read_to_end(&mut bytes).with_context(damaged)?;
    ImageSet::unpack(&bytes).with_context(damaged)
}

/// `$ADVERSARIA_DATA` alone where it is set; else `data` here, and the per-user cache.
fn folders() -> Vec<PathBuf> {
    let folder =
        |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(given) = folder("ADVERSARIA_DATA") {
        return vec![given];
    }
    let home = || env::home_dir().map(|home| home.join(".cache"));
    let cache = folder("XDG_CACHE_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(home);
    let mut all = vec![PathBuf::from("data")];
    all.extend(cache.map(|cache| cache.join("adversaria").join("data")));
    all
}
