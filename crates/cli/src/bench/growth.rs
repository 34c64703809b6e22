//! How iterations per second change with the size of a run: one axis at a time, from one run in the middle.

use adversaria_plot::{Figure, Growth, Theme};
use anyhow::Result;
use serde_json::json;

use super::measure::{Measured, measure};
use crate::args::Bench;
use crate::{files, say};

/// The run in the middle.
const BATCH: u32 = 256;
const WIDTH: u32 = 64;
const DEPTH: u32 = 2;

/// The chart, pixels.
const SIZE: (u32, u32) = (960, 360);

/// What grows.
struct Axis {
    name: &'static str,
    values: &'static [u32],
    /// Batch, width and depth at a value.
    sizes: fn(u32) -> [u32; 3],
}

const AXES: [Axis; 3] = [
    Axis {
        name: "batch",
        values: &[64, 128, 256, 512, 1024, 2048, 4096],
        sizes: |batch| [batch, WIDTH, DEPTH],
    },
    Axis {
        name: "width",
        values: &[8, 16, 32, 64, 128, 256, 512],
        sizes: |width| [BATCH, width, DEPTH],
    },
    Axis { name: "depth", values: &[1, 2, 3, 4, 6, 8], sizes: |depth| [BATCH, WIDTH, depth] },
];

/// Two-dimensional data, G and D alike: `depth` hidden layers of `width`.
fn address([batch, width, depth]: [u32; 3]) -> String {
    let widths = vec![width.to_string(); depth as usize].join(",");
    format!("v=1&data=gaussians&z=gaussian:2&g={widths}&d={widths}&batch={batch}")
}

/// Measures every size, and draws the chart where one is wanted.
///
/// # Errors
/// When the request is wrong, a run fails or the chart cannot be written.
pub(super) fn growth(request: &Bench) -> Result<()> {
    let mut panels = Vec::new();
    let mut backend = "";
    for axis in AXES {
        let mut points = Vec::new();
        for &value in axis.values {
            let measured = measure(&address((axis.sizes)(value)), request)?;
            say(&told(&axis, value, &measured, request.json))?;
            points.push((f64::from(value), measured.median()));
            backend = measured.backend;
        }
        panels.push((axis.name, points));
    }
    let Some(file) = &request.chart else { return Ok(()) };
    let growths: Vec<Growth> = panels
        .iter()
        .map(|(over, points)| Growth { over, series: vec![(backend, points.as_slice())] })
        .collect();
    let svg = Figure::Growth { panels: &growths }.svg(SIZE, &Theme::LIGHT)?;
    files::write(file, svg.as_bytes())
}

fn told(axis: &Axis, value: u32, measured: &Measured, as_json: bool) -> String {
    if as_json {
        measured.json(&json!({ "growth": axis.name, "value": value })).to_string()
    } else {
        measured.line(&format!("{} {value}", axis.name))
    }
}

#[cfg(test)]
mod tests {
    use super::{AXES, address};
    use adversaria_core::spec::Address;

    #[test]
    fn every_size_is_a_run_and_the_axes_cross_in_one() {
        let middle = address([super::BATCH, super::WIDTH, super::DEPTH]);
        for axis in AXES {
            let addresses: Vec<String> =
                axis.values.iter().map(|&value| address((axis.sizes)(value))).collect();
            for address in &addresses {
                assert!(Address::parse(address).is_ok(), "{}: {address}", axis.name);
            }
            assert!(addresses.contains(&middle), "{} passes by the middle", axis.name);
        }
    }
}
