//! Labelled pictures: the IDX files that MNIST comes in, and the pack that the page loads.

use crate::spec::{Classes, OutputAct};

/// The first bytes of a pack.
pub const PACK_MAGIC: [u8; 4] = *b"ADVP";

/// The version of the pack format.
pub const PACK_VERSION: u32 = 1;

/// The most pictures in a set, above MNIST's 60,000.
pub const MAX_COUNT: usize = 100_000;

/// The most pixels along a side.
pub const MAX_SIDE: usize = 64;

/// Bytes of a pack before its labels: magic, version, count, rows, columns.
const PACK_HEAD: usize = 20;

/// Why bytes are not pictures or labels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The first bytes are not those of this kind of file.
    #[error("this is not {expected}: it begins with {found}, and {expected} begins with {magic}.")]
    Magic {
        /// The kind of file.
        expected: &'static str,
        /// How that begins, in hexadecimal.
        magic: String,
        /// How this begins, in hexadecimal.
        found: String,
    },
    /// Another version of the pack.
    #[error(
        "this pack of pictures has version {found}, and {PACK_VERSION} is needed: run the set-up again."
    )]
    Version {
        /// Its version.
        found: u32,
    },
    /// Too few or too many bytes for what the header says.
    #[error(
        "{what} should have {expected} bytes by its header and has {found}: it is cut short or damaged."
    )]
    Length {
        /// The kind of file.
        what: &'static str,
        /// By the header.
        expected: u64,
        /// In truth.
        found: usize,
    },
    /// No pictures, too many, too large, or of no size.
    #[error(
        "{what} says that it holds {count} pictures of {width}×{height} pixels, and 1 to {MAX_COUNT} of 1×1 to \
         {MAX_SIDE}×{MAX_SIDE} are allowed."
    )]
    Shape {
        /// The kind of file.
        what: &'static str,
        /// Pictures.
        count: u32,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// No labels, or too many.
    #[error(
        "an IDX file of labels says that it holds {count} of them, and 1 to {MAX_COUNT} are allowed."
    )]
    LabelCount {
        /// By the header.
        count: u32,
    },
    /// As many labels as pictures there must be.
    #[error(
        "there are {images} pictures and {labels} labels: the two files do not belong together."
    )]
    Counts {
        /// Pictures.
        images: usize,
        /// Labels.
        labels: usize,
    },
    /// Labels are digits.
    #[error("label number {index} is {label}, and labels are from 0 to 9.")]
    Label {
        /// Which, from 0.
        index: usize,
        /// Its value.
        label: u8,
    },
    /// None of the classes that were asked for.
    #[error("there is no picture of the classes asked for among the first {rows}.")]
    Empty {
        /// How many were looked at.
        rows: usize,
    },
}

/// Labelled grey pictures of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSet {
    width: usize,
    height: usize,
    labels: Vec<u8>,
    pixels: Vec<u8>,
}

/// The pictures of an IDX file of dimension 3, before they have labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdxImages {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl IdxImages {
    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pixels.len() / (self.width * self.height)
    }
}

/// What an IDX file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Idx {
    /// Pictures.
    Images(IdxImages),
    /// Labels.
    Labels(Vec<u8>),
}

const IMAGES_MAGIC: [u8; 4] = [0, 0, 8, 3];
const LABELS_MAGIC: [u8; 4] = [0, 0, 8, 1];

/// Reads an IDX file of either kind, told apart by its first bytes.
///
/// # Errors
/// As [`idx_images`] and [`idx_labels`].
pub fn idx(bytes: &[u8]) -> Result<Idx, ImageError> {
    if bytes.starts_with(&LABELS_MAGIC) {
        idx_labels(bytes).map(Idx::Labels)
    } else {
        idx_images(bytes).map(Idx::Images)
    }
}

/// Reads an IDX file of pictures: magic 0x00000803, count, rows, columns (big-endian), then one byte a pixel.
///
/// # Errors
/// When the magic, the shape or the length is not right.
pub fn idx_images(bytes: &[u8]) -> Result<IdxImages, ImageError> {
    const WHAT: &str = "an IDX file of pictures";
    let [count, height, width] = header(bytes, WHAT, IMAGES_MAGIC, u32::from_be_bytes)?;
    let pixels = check_shape(WHAT, count, width, height)?;
    let body = body(bytes, WHAT, 16, pixels)?;
    Ok(IdxImages { width: width as usize, height: height as usize, pixels: body.to_vec() })
}

/// Reads an IDX file of labels: magic 0x00000801, count (big-endian), then one byte a label, 0 to 9.
///
/// # Errors
/// When the magic, the count, the length or a label is not right.
pub fn idx_labels(bytes: &[u8]) -> Result<Vec<u8>, ImageError> {
    const WHAT: &str = "an IDX file of labels";
    let [count] = header(bytes, WHAT, LABELS_MAGIC, u32::from_be_bytes)?;
    if !(1..=MAX_COUNT).contains(&(count as usize)) {
        return Err(ImageError::LabelCount { count });
    }
    let labels = body(bytes, WHAT, 8, count as usize)?;
    check_labels(labels)?;
    Ok(labels.to_vec())
}

impl ImageSet {
    /// Pictures with their labels.
    ///
    /// # Errors
    /// [`ImageError::Counts`] when their numbers differ, [`ImageError::Label`] for a label above 9.
    pub fn new(images: IdxImages, labels: Vec<u8>) -> Result<Self, ImageError> {
        check_labels(&labels)?;
        if images.count() != labels.len() {
            return Err(ImageError::Counts { images: images.count(), labels: labels.len() });
        }
        Ok(Self { width: images.width, height: images.height, labels, pixels: images.pixels })
    }

    /// Pixels from left to right.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// How many pictures.
    #[must_use]
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// `[count]`
    #[must_use]
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// `[count, height, width]`, 0 black to 255 white.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// One picture, `[height, width]`; none past the end.
    #[must_use]
    pub fn picture(&self, index: usize) -> Option<&[u8]> {
        self.pixels.chunks_exact(self.width * self.height).nth(index)
    }

    /// The pictures of these classes among the first `rows`.
    ///
    /// # Errors
    /// [`ImageError::Empty`] when there is none.
    pub fn select(&self, classes: &Classes, rows: usize) -> Result<Self, ImageError> {
        let rows = rows.min(self.count());
        let (mut labels, mut pixels) = (Vec::new(), Vec::new());
        let pictures = self.pixels.chunks_exact(self.width * self.height);
        for (label, picture) in
            self.labels[..rows].iter().zip(pictures).filter(|(label, _)| classes.contains(**label))
        {
            labels.push(*label);
            pixels.extend_from_slice(picture);
        }
        if labels.is_empty() {
            return Err(ImageError::Empty { rows });
        }
        Ok(Self { width: self.width, height: self.height, labels, pixels })
    }

    /// This set followed by another of the same size.
    ///
    /// # Errors
    /// [`ImageError::Shape`] when the sizes differ or there are too many together.
    pub fn followed_by(mut self, other: &Self) -> Result<Self, ImageError> {
        let count = self.count() + other.count();
        if (self.width, self.height) != (other.width, other.height) || count > MAX_COUNT {
            let [count, width, height] = [count, other.width, other.height].map(|n| n as u32);
            return Err(ImageError::Shape {
                what: "the second part of a set",
                count,
                width,
                height,
            });
        }
        self.labels.extend_from_slice(&other.labels);
        self.pixels.extend_from_slice(&other.pixels);
        Ok(self)
    }

    /// The pack: `ADVP`, version, count, rows, columns (little-endian, 4 bytes each), labels, pixels.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(PACK_HEAD + self.labels.len() + self.pixels.len());
        out.extend_from_slice(&PACK_MAGIC);
        for n in [PACK_VERSION, self.count() as u32, self.height as u32, self.width as u32] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        out.extend_from_slice(&self.labels);
        out.extend_from_slice(&self.pixels);
        out
    }

    /// The set in a [`Self::pack`].
    ///
    /// # Errors
    /// When the magic, the version, the shape, the length or a label is not right.
    pub fn unpack(bytes: &[u8]) -> Result<Self, ImageError> {
        const WHAT: &str = "a pack of pictures";
        let [version, count, height, width] = header(bytes, WHAT, PACK_MAGIC, u32::from_le_bytes)?;
        if version != PACK_VERSION {
            return Err(ImageError::Version { found: version });
        }
        let pixels = check_shape(WHAT, count, width, height)?;
        let (labels, pixels) =
            body(bytes, WHAT, PACK_HEAD, count as usize + pixels)?.split_at(count as usize);
        check_labels(labels)?;
        Ok(Self {
            width: width as usize,
            height: height as usize,
            labels: labels.to_vec(),
            pixels: pixels.to_vec(),
        })
    }
}

/// Bytes to numbers, scale and offset: to [0, 1] where G ends in a sigmoid, else to [−1, 1].
#[must_use]
pub fn pixel_scale(output: OutputAct) -> (f32, f32) {
    match output {
        OutputAct::Sigmoid => (1.0 / 255.0, 0.0),
        OutputAct::Tanh | OutputAct::Linear => (2.0 / 255.0, -1.0),
    }
}

/// Numbers of G to bytes, 0 black to 255 white, clipped.
#[must_use]
pub fn to_bytes(values: &[f32], output: OutputAct) -> Vec<u8> {
    let (scale, offset) = pixel_scale(output);
    values.iter().map(|v| ((v - offset) / scale).round().clamp(0.0, 255.0) as u8).collect()
}

/// Bytes to numbers, as D is given them.
#[must_use]
pub fn to_values(bytes: &[u8], output: OutputAct) -> Vec<f32> {
    let (scale, offset) = pixel_scale(output);
    bytes.iter().map(|b| f32::from(*b) * scale + offset).collect()
}

/// A picture of a set, by how far another is from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Its place in the set, from 0.
    pub row: usize,
    /// Root mean square of the differences of their pixels, 0 for a copy to 1 for black against white.
    pub distance: f32,
}

/// Pixels that are compared before it is asked whether a picture can still be among the nearest.
const STRETCH: usize = 112;

/// Those `most` pictures of a set `[n, size]` that are nearest to one `[size]`, the nearest first; of two as near the earlier
/// one. Exact: every picture is looked at until it is too far.
#[must_use]
pub fn nearest(set: &[u8], picture: &[u8], most: usize) -> Vec<Near> {
    let mut best: Vec<(u32, usize)> = Vec::with_capacity(most + 1);
    if picture.is_empty() || most == 0 {
        return Vec::new();
    }
    for (row, other) in set.chunks_exact(picture.len()).enumerate() {
        let bound = if best.len() < most { u32::MAX } else { best[most - 1].0 };
        let mut sum = 0;
        for (a, b) in other.chunks(STRETCH).zip(picture.chunks(STRETCH)) {
            sum += squares(a, b);
            if sum >= bound {
                break;
            }
        }
        if sum < bound {
            let at = best.partition_point(|(distance, _)| *distance <= sum);
            best.insert(at, (sum, row));
            best.truncate(most);
        }
    }
    let scale = 1.0 / (255.0 * 255.0 * picture.len() as f32);
    best.into_iter().map(|(sum, row)| Near { row, distance: (sum as f32 * scale).sqrt() }).collect()
}

/// The sum of the squared differences; of 64 × 64 pixels it has 28 bits.
fn squares(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
}

/// The `N` numbers after the magic.
fn header<const N: usize>(
    bytes: &[u8],
    what: &'static str,
    magic: [u8; 4],
    read: fn([u8; 4]) -> u32,
) -> Result<[u32; N], ImageError> {
    if !bytes.starts_with(&magic) {
        let start = &bytes[..bytes.len().min(4)];
        return Err(ImageError::Magic { expected: what, magic: hex(&magic), found: hex(start) });
    }
    let mut numbers = [0; N];
    let words = bytes[4..].as_chunks::<4>().0;
    if words.len() < N {
        return Err(ImageError::Length { what, expected: 4 + 4 * N as u64, found: bytes.len() });
    }
    for (number, word) in numbers.iter_mut().zip(words) {
        *number = read(*word);
    }
    Ok(numbers)
}

/// The number of pixels, when all is within bounds: nothing is allocated for what a header only claims.
fn check_shape(
    what: &'static str,
    count: u32,
    width: u32,
    height: u32,
) -> Result<usize, ImageError> {
    let side = 1..=MAX_SIDE;
    let fits = (1..=MAX_COUNT).contains(&(count as usize))
        && side.contains(&(width as usize))
        && side.contains(&(height as usize));
    if !fits {
        return Err(ImageError::Shape { what, count, width, height });
    }
    Ok(count as usize * width as usize * height as usize)
}

/// What follows the header, when it is exactly as long as it should be.
fn body<'a>(
    bytes: &'a [u8],
    what: &'static str,
    head: usize,
    length: usize,
) -> Result<&'a [u8], ImageError> {
    if bytes.len() != head + length {
        return Err(ImageError::Length {
            what,
            expected: (head + length) as u64,
            found: bytes.len(),
        });
    }
    Ok(&bytes[head..])
}

fn check_labels(labels: &[u8]) -> Result<(), ImageError> {
    match labels.iter().position(|label| *label > 9) {
        Some(index) => Err(ImageError::Label { index, label: labels[index] }),
        None => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".into();
    }
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
