//! The formats that samples are written in: CSV, NumPy's npy and greyscale PNG; writing a file whole or not at all; and
//! reading one that may not be too long.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::fault::usage;

/// The bytes of what the user named, which is to hold `what`.
///
/// # Errors
/// When it cannot be read or has more bytes than `most`: exit code 2.
pub(crate) fn read_within(file: &Path, most: u64, what: &str) -> Result<Vec<u8>> {
    let refuse = |why: String| usage(format!("{}: {why}", file.display()));
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|error| refuse(format!("the file cannot be read ({error})")))?;
    if bytes.len() as u64 > most {
        return Err(refuse(format!("the file has more than {most} bytes, the most for {what}")));
    }
    Ok(bytes)
}

/// Writes beside and renames, so that nothing interrupted leaves half a file.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, bytes)
        .and_then(|()| fs::rename(&part, file))
        .with_context(|| format!("{} cannot be written", file.display()))
}

/// Values `[n, dim]` as CSV, one sample a line, under the names of the columns.
pub(crate) fn csv(values: &[f32], columns: &[String]) -> Result<String> {
    let mut text = columns.join(",") + "\n";
    for sample in values.chunks_exact(columns.len()) {
        for (i, value) in sample.iter().enumerate() {
            write!(text, "{}{value}", if i > 0 { "," } else { "" })?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// Values `[n, dim]` as NumPy's format, version 1.0: magic, a header padded so that the data begin at a multiple of 64,
/// and little-endian f32 in C order.
pub(crate) fn npy(values: &[f32], dim: usize) -> Result<Vec<u8>> {
    const FIXED: usize = 10;
    let shape = format!("({}, {dim})", values.len() / dim.max(1));
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let length = (FIXED + header.len() + 1).next_multiple_of(64) - FIXED;
    header.extend(std::iter::repeat_n(' ', length - header.len() - 1));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(length)?.to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    Ok(bytes)
}

/// Pictures `[n, side, side]` as one grey PNG, row by row in a grid about as wide as high, black where none is left.
pub(crate) fn picture_grid(pixels: &[u8], side: usize) -> Result<Vec<u8>> {
    let count = pixels.len() / (side * side);
    let columns = (1..).find(|c| c * c >= count).unwrap_or(1);
    let rows = count.div_ceil(columns);
    let (width, height) = (columns * side, rows * side);
    let mut grid = vec![0; width * height];
    for (number, line) in pixels.chunks_exact(side).enumerate() {
        let (picture, y) = (number / side, number % side);
        let at = (picture / columns * side + y) * width + picture % columns * side;
        grid[at..at + side].copy_from_slice(line);
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&grid)?;
    writer.finish()?;
    Ok(file)
}
