//! Data of the user's own in an address: what was drawn, as a short text, and the rows of a file, by count and digest.

use std::sync::Arc;

use super::data_set::Data;
use super::error::Why;
use super::number::whole32;

/// Levels of a coordinate over its view: two letters of an address.
pub const LEVELS: u16 = 4096;
/// The most points that ride along in an address.
pub const MOST_POINTS: usize = 2000;
/// The most rows of a file.
pub const MOST_ROWS: usize = 100_000;
/// Heights of a drawn curve, from −3 to 3, a letter each.
pub const HEIGHTS: usize = 64;
/// The greatest of them.
pub const MOST_HEIGHT: u8 = 63;

/// The alphabet of base64url (RFC 4648, section 5), which addresses leave as it is.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What `data=drawn` shows before anything is drawn: sixty points along a heart.
const HEART: &str = "gAqZgksxhru8jMw3lEycnOzmpm0PsC0Wucz6wtzAywxq0fv711t42trm3CpL20mv2GkZ0_iNzngMyCeUwUcjuha4srZQq0Xro9WFnIUd\
                     lVSxjpQ_iGPGgyNBgAKufNNBd6PGcXQ_aqSxY4UcXCWEVLXqTUZQRea4PrcjN-eTMZgLLAiMJ5kYJLmuI9pKJSrlKJt4Lfv7NOxpPRzA\
                     Riz6T80VWZ0PYwzma7ydczw4eUu9fbsx";

/// What `data=curve` shows before anything is drawn: two bells, and a shoulder.
const BELLS: &str = "AAAAAAAABCDGKQXgqy352woeWOJFDBBAABCFLUiw7_6ugTKJLQVaZUPJEAAAAAAA";

/// A sample on the lattice of [`LEVELS`] over each axis of the view, `[x, y]`; y is 0 on the line.
pub type Cell = [u16; 2];

/// The level that is nearest to a coordinate of [−reach, reach]; what lies outside is moved to the edge.
#[must_use]
pub fn level(x: f64, reach: f64) -> u16 {
    let half = f64::from(LEVELS / 2);
    // Casts of floats saturate, and take NaN to 0.
    ((x / reach + 1.0) * half).clamp(0.0, f64::from(LEVELS - 1)) as u16
}

/// The middle of a level.
#[must_use]
pub fn coordinate(level: u16, reach: f64) -> f64 {
    reach * ((f64::from(level) + 0.5) / f64::from(LEVELS / 2) - 1.0)
}

/// Samples of the user's own, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cloud {
    /// Coordinates of each: 1 or 2.
    pub dim: u32,
    /// `[n]`
    pub cells: Vec<Cell>,
}

impl Cloud {
    /// How far the view of samples of `dim` coordinates reaches from 0.
    #[must_use]
    pub const fn reach(dim: u32) -> f64 {
        if dim == 1 { 3.0 } else { 1.0 }
    }

    /// Values `[n, dim]`, each moved to its level.
    #[must_use]
    pub fn of_values(dim: u32, values: &[f32]) -> Self {
        let at = |x: f32| level(x.into(), Self::reach(dim));
        let cell = |row: &[f32]| [at(row[0]), row.get(1).map_or(0, |y| at(*y))];
        Self { dim, cells: values.chunks_exact(dim.max(1) as usize).map(cell).collect() }
    }

    /// The values, `[n, dim]`.
    #[must_use]
    pub fn values(&self) -> Vec<f32> {
        let reach = Self::reach(self.dim);
        let row = |cell: &Cell| cell.map(|level| coordinate(level, reach) as f32);
        self.cells.iter().flat_map(|cell| row(cell).into_iter().take(self.dim as usize)).collect()
    }

    /// Points in the plane as an address has them: four letters each.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(4 * self.cells.len());
        for level in self.cells.iter().flatten() {
            out.push(LETTERS[usize::from(level / 64)].into());
            out.push(LETTERS[usize::from(level % 64)].into());
        }
        out
    }

    fn parse(text: &str) -> Option<Self> {
        let (letters, rest) = text.as_bytes().as_chunks::<4>();
        if !rest.is_empty() || letters.is_empty() || letters.len() > MOST_POINTS {
            return None;
        }
        let level = |a, b| Some(64 * u16::from(digit(a)?) + u16::from(digit(b)?));
        let cell = |&[a, b, c, d]: &[u8; 4]| Some([level(a, b)?, level(c, d)?]);
        Some(Self { dim: 2, cells: letters.iter().map(cell).collect::<Option<_>>()? })
    }

    /// What tells these rows from others.
    #[must_use]
    pub fn mark(&self) -> Mark {
        // FNV-1a, 64 bits: another file by accident is as likely as 2⁻⁶⁴.
        let bytes = self.cells.iter().flatten().flat_map(|level| level.to_le_bytes());
        let step =
            |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        Mark {
            rows: u32::try_from(self.cells.len()).unwrap_or(u32::MAX),
            digest: bytes.fold(0xCBF2_9CE4_8422_2325, step),
        }
    }
}

/// The value of a letter.
fn digit(letter: u8) -> Option<u8> {
    LETTERS.iter().position(|l| *l == letter).and_then(|at| u8::try_from(at).ok())
}

/// Heights of a density, of which only the ratios count.
pub type Heights = [u8; HEIGHTS];

/// Heights as an address has them: a letter each.
#[must_use]
pub fn heights_text(heights: &Heights) -> String {
    heights.iter().map(|h| char::from(LETTERS[usize::from((*h).min(MOST_HEIGHT))])).collect()
}

fn parse_heights(text: &str) -> Option<Heights> {
    let letters: &[u8; HEIGHTS] = text.as_bytes().try_into().ok()?;
    let mut heights = [0; HEIGHTS];
    for (height, letter) in heights.iter_mut().zip(letters) {
        *height = digit(*letter)?;
    }
    heights.iter().any(|h| *h > 0).then_some(heights)
}

/// Which rows a file has: how many, and the digest of their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Rows.
    pub rows: u32,
    /// Of the values, once scaled.
    pub digest: u64,
}

impl Mark {
    fn parse(text: &str) -> Option<Self> {
        let (rows, digest) = text.split_once('-')?;
        let plain = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if digest.len() != 16 || !digest.bytes().all(plain) {
            return None;
        }
        let digit = |b: u8| u64::from(char::from(b).to_digit(16).unwrap_or(0));
        let digest = digest.bytes().fold(0, |sum, b| sum << 4 | digit(b));
        Some(Self { rows: whole32(rows, 1, MOST_ROWS as u32).ok()?, digest })
    }

    /// As an address has it: `1000-0123456789abcdef`.
    #[must_use]
    pub fn text(self) -> String {
        format!("{}-{:016x}", self.rows, self.digest)
    }
}

/// Data of the user's own.
#[derive(Clone, Debug)]
pub enum Own {
    /// None: the set is one that the program knows.
    None,
    /// Points that were drawn.
    Points(Arc<Cloud>),
    /// A density that was drawn.
    Curve(Heights),
    /// The rows of a file: which, and themselves once the host has them. The address says only which.
    File(Option<Mark>, Option<Arc<Cloud>>),
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Points(a), Self::Points(b)) => a == b,
            (Self::Curve(a), Self::Curve(b)) => a == b,
            (Self::File(a, _), Self::File(b, _)) => a == b,
            _ => false,
        }
    }
}

impl Own {
    /// What there is before the user gave anything.
    pub(super) fn usual(data: Data) -> Self {
        match data {
            Data::Drawn => Self::Points(Arc::new(Cloud::parse(HEART).unwrap_or_default())),
            Data::Curve => Self::Curve(parse_heights(BELLS).unwrap_or([1; HEIGHTS])),
            Data::File | Data::Column => Self::File(None, None),
            _ => Self::None,
        }
    }

    /// The text of `points`.
    pub(super) fn points(&self) -> String {
        match self {
            Self::Points(cloud) => cloud.text(),
            Self::Curve(heights) => heights_text(heights),
            Self::None | Self::File(..) => String::new(),
        }
    }

    /// Reads `points`; nothing is what is usual.
    pub(super) fn parse_points(data: Data, text: &str) -> Result<Self, Why> {
        match data {
            _ if text.is_empty() => Ok(Self::usual(data)),
            Data::Drawn => {
                Cloud::parse(text).map(|cloud| Self::Points(Arc::new(cloud))).ok_or(Why::Invalid)
            }
            Data::Curve => parse_heights(text).map(Self::Curve).ok_or(Why::Invalid),
            _ => Err(clash(data, "points", "drawn and data=curve")),
        }
    }

    /// The text of `file`.
    pub(super) fn file(&self) -> String {
        match self {
            Self::File(Some(mark), _) => mark.text(),
            _ => String::new(),
        }
    }

    /// Reads `file`.
    pub(super) fn parse_file(&self, data: Data, text: &str) -> Result<Self, Why> {
        match self {
            _ if text.is_empty() => Ok(self.clone()),
            Self::File(..) => {
                Mark::parse(text).map(|mark| Self::File(Some(mark), None)).ok_or(Why::Invalid)
            }
            _ => Err(clash(data, "rows of a file", "file and data=column")),
        }
    }

    /// With the rows of a file, where they are the ones that are meant.
    pub(super) fn supplied(&self, rows: &Arc<Cloud>) -> Option<Self> {
        match self {
            Self::File(Some(mark), _) if *mark == rows.mark() => {
                Some(Self::File(Some(*mark), Some(Arc::clone(rows))))
            }
            _ => None,
        }
    }

    /// The samples, where there are some.
    #[must_use]
    pub fn cloud(&self) -> Option<&Arc<Cloud>> {
        match self {
            Self::Points(cloud) | Self::File(_, Some(cloud)) => Some(cloud),
            Self::None | Self::Curve(_) | Self::File(_, None) => None,
        }
    }
}

fn clash(data: Data, what: &str, those: &str) -> Why {
    Why::Conflict(
        format!("data={} takes no {what}, which belong to data={those}", data.name()).into(),
    )
}
