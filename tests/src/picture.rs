//! Screenshots as pixels, so that a test can say what a person would see.

use anyhow::{Context, Result, ensure};

/// A screenshot, RGBA.
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 4]>,
}

/// Channels that differ by less are the same to the eye: antialiasing and colour rounding.
const NOTICEABLE: u8 = 24;

impl Picture {
    /// Reads a PNG of 8 bits a channel.
    ///
    /// # Errors
    /// When the bytes are not such a file.
    pub fn from_png(bytes: &[u8]) -> Result<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(
            png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
        );
        let mut reader = decoder.read_info().context("the screenshot is not a PNG")?;
        let mut buffer =
            vec![0; reader.output_buffer_size().context("the screenshot is too large")?];
        let info = reader.next_frame(&mut buffer)?;
        ensure!(info.color_type == png::ColorType::Rgba, "the screenshot is {:?}", info.color_type);
        let (width, height) = (info.width as usize, info.height as usize);
        let pixels = buffer[..info.buffer_size()].as_chunks().0.to_vec();
        Ok(Self { width, height, pixels })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The share of pixels that are visibly not the most frequent colour: 0 for a blank picture.
    #[must_use]
    pub fn ink(&self) -> f64 {
        let mut counts = std::collections::HashMap::new();
        for pixel in &self.pixels {
            *counts.entry(*pixel).or_insert(0_usize) += 1;
        }
        let ground =
            counts.into_iter().max_by_key(|(_, count)| *count).map_or([0; 4], |(pixel, _)| pixel);
        share(self.pixels.iter().map(|pixel| differ(*pixel, ground)))
    }

    /// The share of pixels that visibly differ, of pictures of one size.
    ///
    /// # Errors
    /// When the sizes differ.
    pub fn difference(&self, other: &Self) -> Result<f64> {
        ensure!(
            self.size() == other.size(),
            "the stage changed its size: {:?}, {:?}",
            self.size(),
            other.size()
        );
        Ok(share(self.pixels.iter().zip(&other.pixels).map(|(a, b)| differ(*a, *b))))
    }

    /// How many pixels are of this kind; the closure is given red, green and blue.
    #[must_use]
    pub fn count(&self, is: impl Fn(i32, i32, i32) -> bool) -> usize {
        let holds = |pixel: &&[u8; 4]| {
            let [red, green, blue, _] = pixel.map(i32::from);
            is(red, green, blue)
        };
        self.pixels.iter().filter(holds).count()
    }
}

fn differ(a: [u8; 4], b: [u8; 4]) -> bool {
    a.iter().zip(b).any(|(a, b)| a.abs_diff(b) >= NOTICEABLE)
}

fn share(which: impl ExactSizeIterator<Item = bool>) -> f64 {
    let all = which.len().max(1);
    which.filter(|is| *is).count() as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::Picture;

    fn picture(pixels: &[[u8; 4]]) -> Picture {
        Picture { width: pixels.len(), height: 1, pixels: pixels.to_vec() }
    }

    #[test]
    fn ink_is_what_stands_out_from_the_ground() {
        let (white, grey, blue) = ([255; 4], [245, 245, 245, 255], [0, 114, 178, 255]);
        assert_eq!(picture(&[white; 4]).ink(), 0.0);
        assert_eq!(picture(&[white, white, grey, blue]).ink(), 0.25);
        assert_eq!(picture(&[white, blue, grey]).count(|red, _, blue| blue > red + 90), 1);
    }

    #[test]
    fn pictures_of_two_sizes_are_not_compared() {
        let (one, two) = (picture(&[[0; 4]]), picture(&[[0; 4], [255; 4]]));
        assert!(one.difference(&two).is_err());
        assert_eq!(two.difference(&picture(&[[0; 4], [0; 4]])).unwrap(), 0.5);
    }

    #[test]
    fn a_png_becomes_its_pixels() {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 2, 1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[1, 2, 3, 4, 5, 6]).unwrap();
        let read = Picture::from_png(&file).unwrap();
        assert_eq!(
            (read.size(), &read.pixels[..]),
            ((2, 1), &[[1, 2, 3, 255], [4, 5, 6, 255]][..])
        );
        assert!(Picture::from_png(b"no").is_err());
    }
}
