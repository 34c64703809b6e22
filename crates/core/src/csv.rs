//! Rows of numbers out of the text of a file or of the clipboard, scaled to the view.
//!
//! Cells are separated by commas, semicolons, tabs or blanks, whichever the first line has; a first line without a number
//! is a header. What is not a number is named by its row and column.

use std::fmt::Write as _;

use crate::spec::{Cloud, MOST_ROWS, decimal};

/// Cells that a sentence names; the others are counted.
const NAMED: usize = 3;
/// Characters of a cell that are shown.
const SHOWN: usize = 20;
/// The view's share that the rows take, from its middle to its edge.
const SHARE: f64 = 0.9;

/// Why a text is not rows of numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// No row at all.
    #[error("there is no row of numbers")]
    Empty,
    /// More than [`MOST_ROWS`].
    #[error("there are {rows} rows, and at most {} are taken", MOST_ROWS)]
    TooMany {
        /// Rows.
        rows: usize,
    },
    /// Cells without a number: the first ones by row and column, counted from 1 as an editor counts lines.
    #[error("{}", bad_cells(.first, *.more))]
    BadCells {
        /// Row, column and text of each.
        first: Vec<(usize, usize, String)>,
        /// How many more.
        more: usize,
    },
}

fn bad_cells(first: &[(usize, usize, String)], more: usize) -> String {
    let mut out = String::new();
    for (at, (row, column, text)) in first.iter().enumerate() {
        let joint = if at == 0 { "" } else { ", " };
        let text = if text.is_empty() { "empty".into() } else { format!("\"{text}\"") };
        // Writing to a string cannot fail.
        let _done = write!(out, "{joint}row {row} column {column} ({text})");
    }
    match (first.len(), more) {
        (1, 0) => out + " is not a number",
        (_, 0) => out + " are not numbers",
        _ => format!("{out} and {more} more cells are not numbers"),
    }
}

/// Rows of one or two numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Numbers of a row that are taken: 1 or 2.
    pub dim: u32,
    /// `[n]`; the second number is 0 where there is one.
    pub rows: Vec<[f64; 2]>,
    /// Columns of the first row, of which the first two are taken.
    pub columns: usize,
}

/// Reads rows of numbers. Blank lines, and those that begin with `#`, are passed over; a byte-order mark, quotes and
/// line ends of any kind are taken off.
///
/// # Errors
/// [`CsvError`].
pub fn read(bytes: &[u8]) -> Result<Rows, CsvError> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let full = |(_, line): &(usize, &str)| !line.trim().is_empty() && !line.starts_with('#');
    // A lone \r ends a line, too; before \n it is white space.
    let lines =
        || text.split(['\n', '\r']).zip(line_numbers(text)).map(|(l, n)| (n, l)).filter(full);
    let Some((_, first)) = lines().next() else { return Err(CsvError::Empty) };
    let mark = separator(first);
    let columns = cells(first, mark).count();
    let dim = columns.min(2);
    let header = cells(first, mark).take(dim).all(|cell| number(&cell, mark).is_none());
    let count = lines().count() - usize::from(header);
    match count {
        0 => return Err(CsvError::Empty),
        rows if rows > MOST_ROWS => return Err(CsvError::TooMany { rows }),
        _ => {}
    }
    let mut rows = Vec::with_capacity(count);
    let (mut bad, mut more) = (Vec::new(), 0);
    for (line_number, line) in lines().skip(usize::from(header)) {
        let mut row = [0.0; 2];
        let mut found = cells(line, mark);
        for (column, value) in row.iter_mut().take(dim).enumerate() {
            let cell = found.next().unwrap_or_default();
            match number(&cell, mark) {
                Some(number) => *value = number,
                None if bad.len() < NAMED => {
                    bad.push((line_number, column + 1, cell.chars().take(SHOWN).collect()));
                }
                None => more += 1,
            }
        }
        rows.push(row);
    }
    if bad.is_empty() {
        Ok(Rows { dim: dim as u32, rows, columns })
    } else {
        Err(CsvError::BadCells { first: bad, more })
    }
}

/// The numbers of the pieces between `\n` and `\r`, in which `\r\n` is one line end.
fn line_numbers(text: &str) -> impl Iterator<Item = usize> + '_ {
    let ends = text.char_indices().filter(|(_, c)| matches!(c, '\n' | '\r'));
    let counts = ends.map(|(at, c)| !(c == '\r' && text[at + 1..].starts_with('\n')));
    let numbers = counts.scan(1, |line, counts| {
        *line += usize::from(counts);
        Some(*line)
    });
    core::iter::once(1).chain(numbers)
}

/// What separates the cells of a file with this line; a blank stands for any white space.
fn separator(line: &str) -> char {
    ['\t', ';', ','].into_iter().find(|mark| line.contains(*mark)).unwrap_or(' ')
}

/// The cells of a line without white space and quotes around them; separators between quotes separate nothing.
fn cells(line: &str, mark: char) -> impl Iterator<Item = String> + '_ {
    let mut quoted = false;
    let split = line.trim().split(move |c: char| {
        quoted ^= c == '"';
        !quoted && (c == mark || (mark == ' ' && c.is_whitespace()))
    });
    split
        .filter(move |cell| mark != ' ' || !cell.is_empty())
        .map(|cell| cell.trim().trim_matches('"').trim().to_owned())
}

/// A finite number; between semicolons and tabs with a decimal comma, too.
fn number(cell: &str, mark: char) -> Option<f64> {
    let point = cell.replace(',', ".");
    let cell = if mark == ';' || mark == '\t' { &point } else { cell };
    let (sign, size) = match cell.as_bytes().first()? {
        b'-' => (-1.0, &cell[1..]),
        b'+' => (1.0, &cell[1..]),
        _ => (1.0, cell),
    };
    if size.len() > 40 {
        return None;
    }
    short(size).or_else(|| decimal(size)).map(|size| sign * size)
}

/// A decimal of at most 15 digits without an exponent, which one division rounds right (Clinger 1990).
fn short(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !(1..=15).contains(&(whole.len() + fraction.len())) {
        return None;
    }
    let mut digits = 0_u64;
    for digit in whole.chars().chain(fraction.chars()) {
        digits = 10 * digits + u64::from(digit.to_digit(10)?);
    }
    let unit = (0..fraction.len()).fold(1.0, |unit, _| 10.0 * unit);
    Some(digits as f64 / unit)
}

/// How values became coordinates: x = (value − middle) · factor, with one factor for both axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The middle between the least and the greatest value of each column.
    pub middle: [f64; 2],
    /// So that the longer range takes 0.9 of its axis; 0 where all rows are equal.
    pub factor: f64,
}

impl Rows {
    /// The rows in the view: moved to its middle, and scaled until the longer range takes 0.9 of it.
    #[must_use]
    pub fn fit(&self) -> (Cloud, Scale) {
        let reach = Cloud::reach(self.dim);
        let ends = |axis: usize| {
            let least = self.rows.iter().map(|row| row[axis]).fold(f64::INFINITY, f64::min);
            let most = self.rows.iter().map(|row| row[axis]).fold(f64::NEG_INFINITY, f64::max);
            // Halves first: the sum of two numbers may be too large.
            (0.5 * least + 0.5 * most, 0.5 * most - 0.5 * least)
        };
        let ((x, half_x), (y, half_y)) = (ends(0), ends(1));
        let factor = SHARE * reach / half_x.max(half_y);
        let scale = Scale { middle: [x, y], factor: if factor.is_finite() { factor } else { 0.0 } };
        let at = |value: f64, axis: usize| ((value - scale.middle[axis]) * scale.factor) as f32;
        let dim = self.dim as usize;
        let values: Vec<f32> =
            self.rows.iter().flat_map(|row| (0..dim).map(|axis| at(row[axis], axis))).collect();
        (Cloud::of_values(self.dim, &values), scale)
    }

    /// What was taken and how it was scaled, in a sentence.
    #[must_use]
    pub fn told(&self, scale: &Scale) -> String {
        let rows = self.rows.len();
        let of = match (self.columns, self.dim) {
            (1, _) => "one column".to_owned(),
            (2, _) => "two columns".to_owned(),
            (many, _) => format!("the first two of {many} columns"),
        };
        let [x, y] = scale.middle.map(brief);
        let middle = if self.dim == 1 { x } else { format!("({x}, {y})") };
        let factor = brief(scale.factor);
        let plural = if rows == 1 { "row" } else { "rows" };
        format!("{rows} {plural} of {of} are on stage, as (value − {middle}) · {factor}.")
    }
}

/// Four significant digits or so.
fn brief(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.4}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".into() } else { short.into() }
}
