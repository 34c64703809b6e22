//! The score's charts over iterations, drawn by plotters on any of its backends.

use crate::PlotError;
use crate::theme::{Rgb, Theme};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// −log 4, the value of the game when p_g = p_data and D is at its best (Theorem 1), nats.
pub const MINUS_LOG_4: f64 = -1.386_294_361_119_890_6;

/// The page's own font where there is a page, the built-in one elsewhere.
const FONT: FontFamily<'static> = if cfg!(target_arch = "wasm32") {
    FontFamily::Name("system-ui")
} else {
    FontFamily::SansSerif
};

/// Labels in CSS pixels; plotters writes them smaller by this share in files.
const LABEL: f64 = if cfg!(target_arch = "wasm32") { 10.0 } else { 10.0 * 1.24 };

/// The steps from a letter's place to its halo.
pub(crate) const AROUND: [(f64, f64); 8] = [
    (1.0, 0.0),
    (0.7, 0.7),
    (0.0, 1.0),
    (-0.7, 0.7),
    (-1.0, 0.0),
    (-0.7, -0.7),
    (0.0, -1.0),
    (0.7, -0.7),
];

/// A line of a chart: (iteration, value), iterations ascending.
pub type Points = [(f64, f32)];

struct Curve<'a> {
    points: &'a Points,
    colour: Rgb,
    width: f64,
}

struct Level {
    value: f64,
    colour: Rgb,
    name: &'static str,
}

/// Both losses over iterations: D's in its colour, G's in that of what it generates. `scale` is pixels of the area for
/// each CSS pixel. The ground is left as it is.
///
/// # Errors
/// When the backend cannot draw.
pub fn losses<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    d: &Points,
    g: &Points,
    theme: &Theme,
    scale: f64,
) -> Result<(), PlotError> {
    let curves = [
        Curve { points: g, colour: theme.fake, width: 1.6 },
        Curve { points: d, colour: theme.d, width: 1.6 },
    ];
    trend(area, &curves, None, theme, scale)
}

/// V(D,G) and V(D*,G) over iterations, with −log 4 as a dotted line.
///
/// # Errors
/// When the backend cannot draw.
pub fn value<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    value: &Points,
    optimal: &Points,
    theme: &Theme,
    scale: f64,
) -> Result<(), PlotError> {
    let curves = [
        Curve { points: value, colour: theme.d, width: 1.6 },
        Curve { points: optimal, colour: theme.muted, width: 1.6 },
    ];
    let level = Level { value: MINUS_LOG_4, colour: theme.muted, name: "\u{2212}log 4" };
    trend(area, &curves, Some(&level), theme, scale)
}

fn trend<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    curves: &[Curve<'_>],
    level: Option<&Level>,
    theme: &Theme,
    scale: f64,
) -> Result<(), PlotError> {
    let pixels = |v: f64| (v * scale).round() as i32;
    let (width, height) = area.dim_in_pixel();
    if (width as i32) < pixels(80.0) || (height as i32) < pixels(40.0) {
        return Ok(());
    }
    let end = curves.iter().filter_map(|c| c.points.last()).map(|p| p.0).fold(1.0, f64::max);
    let values = curves.iter().flat_map(|c| c.points.iter().map(|p| f64::from(p.1)));
    let (low, high) = range(values.collect(), level.map(|l| l.value));
    let mut chart = ChartBuilder::on(area)
        .margin_top(pixels(6.0))
        .margin_right(pixels(15.0))
        .x_label_area_size(pixels(18.0))
        .y_label_area_size(pixels(34.0))
        .build_cartesian_2d(0.0..end, low..high)
        .map_err(PlotError::backend)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(4)
        .y_labels(6)
        .max_light_lines(0)
        .bold_line_style(colour(theme.rule).mix(0.7))
        .axis_style(colour(theme.rule))
        .set_all_tick_mark_size(pixels(3.0))
        .label_style((FONT, LABEL * scale, &colour(theme.muted)))
        .x_label_formatter(&|x| count(*x))
        .y_label_formatter(&|y| crate::figure1::plain(*y as f32))
        .draw()
        .map_err(PlotError::backend)?;
    if let Some(level) = level {
        dotted(&mut chart, level, end, scale)?;
    }
    for curve in curves {
        let style = ShapeStyle {
            color: colour(curve.colour).to_rgba(),
            filled: false,
            stroke_width: pixels(curve.width).max(1) as u32,
        };
        let points = curve.points.iter().map(|p| (p.0, f64::from(p.1).clamp(low, high)));
        chart.draw_series(LineSeries::new(points, style)).map_err(PlotError::backend)?;
    }
    level.map_or(Ok(()), |level| level_name(area, &chart, level, end, theme.paper, scale))
}

type Chart<'a, DB> = ChartContext<
    'a,
    DB,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn dotted<DB: DrawingBackend>(
    chart: &mut Chart<'_, DB>,
    level: &Level,
    end: f64,
    scale: f64,
) -> Result<(), PlotError> {
    let radius = (0.8 * scale).round().max(1.0) as i32;
    let spacing = 5.0 * scale;
    let (from, to) =
        (chart.backend_coord(&(0.0, level.value)), chart.backend_coord(&(end, level.value)));
    let dots = (f64::from(to.0 - from.0) / spacing).floor().max(1.0) as usize;
    let at = |i: usize| (end * i as f64 / dots as f64, level.value);
    let style = colour(level.colour).filled();
    chart
        .draw_series((0..=dots).map(|i| Circle::new(at(i), radius, style)))
        .map_err(PlotError::backend)?;
    Ok(())
}

/// The level's name below its right end, over the curves, on a halo of the ground's colour.
fn level_name<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    chart: &Chart<'_, DB>,
    level: &Level,
    end: f64,
    ground: Rgb,
    scale: f64,
) -> Result<(), PlotError> {
    let to = chart.backend_coord(&(end, level.value));
    let at = (to.0, to.1 + (3.0 * scale).round() as i32);
    let write = |c: Rgb, (x, y): (i32, i32)| {
        let fill = colour(c);
        let place = Pos::new(HPos::Right, VPos::Top);
        let text = TextStyle::from((FONT, LABEL * scale)).color(&fill).pos(place);
        area.draw_text(level.name, &text, (at.0 + x, at.1 + y)).map_err(PlotError::backend)
    };
    for (x, y) in AROUND {
        let by = |v: f64| (1.5 * scale * v).round() as i32;
        write(ground, (by(x), by(y)))?;
    }
    write(level.colour, (0, 0))
}

/// The range of a chart's values: all of them, unless a few spikes would flatten the rest; those are cut at the edge.
fn range(mut values: Vec<f64>, level: Option<f64>) -> (f64, f64) {
    values.retain(|v| v.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let at =
        |share: f64| values.get(((values.len() as f64 - 1.0) * share).round() as usize).copied();
    let (Some(least), Some(most), Some(few), Some(many)) = (at(0.0), at(1.0), at(0.02), at(0.98))
    else {
        let around = level.unwrap_or(0.5);
        return (around - 0.5, around + 0.5);
    };
    let room = (many - few).max(0.05);
    let (mut low, mut high) = (least.max(few - room), most.min(many + room));
    if let Some(level) = level {
        (low, high) = (low.min(level), high.max(level));
    }
    let pad = (0.08 * (high - low)).max(0.02 * high.abs().max(low.abs())).max(0.02);
    // The name of the level stands below it.
    let name = if level.is_some() { 0.16 * (high - low) } else { 0.0 };
    (low - pad - name, high + pad)
}

/// A count of iterations, short.
fn count(x: f64) -> String {
    let short = |v: f64| format!("{}", (v * 10.0).round() / 10.0);
    if x >= 1e6 {
        format!("{}M", short(x / 1e6))
    } else if x >= 1e4 {
        format!("{}k", short(x / 1e3))
    } else {
        short(x)
    }
}

pub(crate) fn colour(c: Rgb) -> RGBColor {
    RGBColor(c.0, c.1, c.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_holds_what_matters_and_is_never_empty() {
        for values in [vec![], vec![0.7], vec![f64::NAN, 0.7], vec![0.7; 100]] {
            let (low, high) = range(values, None);
            assert!(low.is_finite() && high - low > 0.01, "{low} to {high}");
        }
        let (low, high) = range(vec![-1.2, -1.1, -1.0], Some(MINUS_LOG_4));
        assert!(low < MINUS_LOG_4 && high > -1.0);
    }

    #[test]
    fn a_lone_spike_does_not_flatten_the_rest() {
        let mut values: Vec<f64> = (0..1000).map(|i| f64::from(i) / 1000.0).collect();
        values.push(1e6);
        let (_, high) = range(values, None);
        assert!(high < 3.0, "{high}");
    }

    #[test]
    fn minus_log_4_is_that() {
        assert!((MINUS_LOG_4 + 4.0_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([0.0, 500.0, 12_500.0, 2e6].map(count), ["0", "500", "12.5k", "2M"]);
    }
}
