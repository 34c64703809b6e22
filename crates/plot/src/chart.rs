//! The score's charts over iterations.

use crate::figure1::plain;
use crate::geometry::{Scale, ticks};
use crate::mark::{Anchor, Dash, Mark, Point, Rect, Stroke};
use crate::theme::{Rgb, Theme};

/// −log 4, the value of the game when p_g = p_data and D is at its best (Theorem 1), nats.
pub const MINUS_LOG_4: f64 = -1.386_294_361_119_890_6;

/// Pixels left and right of a chart's plot.
const MARGINS: (f32, f32) = (34.0, 15.0);

/// Pixels of text.
const LABEL: f32 = 10.0;

/// A line of a chart: (iteration, value), iterations ascending.
pub type Points = [(f64, f32)];

pub(crate) struct Curve<'a> {
    pub(crate) points: &'a Points,
    pub(crate) colour: Rgb,
}

pub(crate) struct Level {
    value: f32,
    name: &'static str,
}

/// Both losses over iterations in `size` (width, height) pixels: D's in its colour, G's in that of what it generates. A
/// line stands at the iteration `here` where that is not the end.
#[must_use]
pub fn losses(
    d: &Points,
    g: &Points,
    here: Option<u64>,
    size: (f32, f32),
    theme: &Theme,
) -> Vec<Mark> {
    let curves = [Curve { points: g, colour: theme.fake }, Curve { points: d, colour: theme.d }];
    trend(&curves, None, here, size, theme)
}

/// V(D,G) and V(D*,G) over iterations in `size` (width, height) pixels, with −log 4 as a dotted line, and `here` as in
/// [`losses`].
#[must_use]
pub fn value(
    value: &Points,
    optimal: &Points,
    here: Option<u64>,
    size: (f32, f32),
    theme: &Theme,
) -> Vec<Mark> {
    let curves =
        [Curve { points: value, colour: theme.d }, Curve { points: optimal, colour: theme.muted }];
    let level = Level { value: MINUS_LOG_4 as f32, name: "\u{2212}log 4" };
    trend(&curves, Some(&level), here, size, theme)
}

/// A chart's axes.
struct Axes {
    plot: Rect,
    x: Scale,
    y: Scale,
}

pub(crate) fn trend(
    curves: &[Curve<'_>],
    level: Option<&Level>,
    here: Option<u64>,
    (width, height): (f32, f32),
    theme: &Theme,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    if width < 80.0 || height < 40.0 {
        return marks;
    }
    let (left, right) = MARGINS;
    let plot = Rect { x: left, y: 6.0, w: width - left - right, h: height - 24.0 };
    let (begin, end) = span(&curves.iter().map(|curve| curve.points).collect::<Vec<_>>());
    let values = curves.iter().flat_map(|c| c.points.iter().map(|p| p.1));
    let (low, high) = range(values.collect(), level.map(|l| l.value));
    let axes = Axes {
        plot,
        x: Scale::new(begin, end, plot.x, plot.x + plot.w),
        y: Scale::new(low, high, plot.y + plot.h, plot.y),
    };
    ground(&mut marks, &axes, (begin, end), (low, high), theme);
    if let Some(level) = level {
        let dots = Stroke::solid(theme.muted, 1.6).dash(Dash::Dotted);
        let y = axes.y.pixel(level.value);
        marks.push(Mark::Line { points: vec![(plot.x, y), (plot.x + plot.w, y)], stroke: dots });
    }
    let here = here.map(|here| here as f32).filter(|here| (begin..end).contains(here));
    marks.extend(here.map(|here| {
        let x = axes.x.pixel(here);
        let points = vec![(x, plot.y), (x, plot.y + plot.h)];
        Mark::Line { points, stroke: Stroke::solid(theme.muted, 1.0) }
    }));
    for curve in curves {
        let place = |p: &(f64, f32)| (axes.x.pixel(p.0 as f32), axes.y.pixel(p.1.clamp(low, high)));
        let points: Vec<Point> = curve.points.iter().map(place).collect();
        marks.push(match points[..] {
            // No line goes through a single point.
            [only] => Mark::Dots { at: vec![only], radius: 2.0, colour: curve.colour, alpha: 1.0 },
            _ => Mark::Line { points, stroke: Stroke::solid(curve.colour, 1.6) },
        });
    }
    // Below its line's right end, over the curves.
    marks.extend(level.map(|level| Mark::Text {
        at: (plot.x + plot.w, axes.y.pixel(level.value) + 9.0),
        text: level.name.into(),
        size: LABEL,
        colour: theme.muted,
        anchor: Anchor::Right,
        halo: Some(theme.paper),
    }));
    marks
}

/// The axes, a level line at each of y's ticks, and the numbers.
fn ground(
    marks: &mut Vec<Mark>,
    axes: &Axes,
    (begin, end): (f32, f32),
    (low, high): (f32, f32),
    theme: &Theme,
) {
    let rule = Stroke::solid(theme.rule, 1.0);
    let mut line =
        |a: Point, b: Point, stroke| marks.push(Mark::Line { points: vec![a, b], stroke });
    let (left, right, base) = (axes.plot.x, axes.plot.x + axes.plot.w, axes.plot.y + axes.plot.h);
    let (mut across, up) = (ticks(begin, end, 4), ticks(low, high, 5));
    // There are no halves of iterations.
    across.retain(|x| x.fract() == 0.0);
    for y in up.iter().map(|value| axes.y.pixel(*value)) {
        line((left - 3.0, y), (right, y), rule.alpha(0.7));
    }
    for x in across.iter().map(|value| axes.x.pixel(*value)) {
        line((x, base), (x, base + 3.0), rule);
    }
    line((left, axes.plot.y), (left, base), rule);
    line((left, base), (right, base), rule);
    let mut label = |at: Point, text: String, anchor| {
        let (size, colour) = (LABEL, theme.muted);
        marks.push(Mark::Text { at, text, size, colour, anchor, halo: None });
    };
    for value in up {
        label((left - 6.0, axes.y.pixel(value)), plain(value), Anchor::Right);
    }
    for value in across {
        label((axes.x.pixel(value), base + 11.0), count(value), Anchor::Centre);
    }
}

/// The iterations of a chart: from where its run was first seen, which is not 0 for one that was trained before.
fn span(curves: &[&Points]) -> (f32, f32) {
    let all = || curves.iter().flat_map(|points| [points.first(), points.last()]);
    let begin = all().flatten().map(|p| p.0).reduce(f64::min).unwrap_or_default();
    let end = all().flatten().map(|p| p.0).fold(begin + 1.0, f64::max);
    // The first figures of a new run come an update or a few later.
    let begin = if begin < 0.1 * end { 0.0 } else { begin };
    (begin as f32, end as f32)
}

/// The iteration that lies `x` pixels from the left in a chart of these curves that is so wide.
#[must_use]
pub fn iteration_at(curves: &[&Points], x: f32, width: f32) -> f32 {
    let (begin, end) = span(curves);
    let share = (x - MARGINS.0) / (width - MARGINS.0 - MARGINS.1).max(1.0);
    begin + share.clamp(0.0, 1.0) * (end - begin)
}

/// The range of a chart's values: all of them, unless a few spikes would flatten the rest; those are cut at the edge.
fn range(values: Vec<f32>, level: Option<f32>) -> (f32, f32) {
    let finite = values.into_iter().filter(|v| v.is_finite());
    // The page has one sort of numbers, which is of f64.
    let mut values: Vec<f64> = finite.map(f64::from).collect();
    values.sort_unstable_by(f64::total_cmp);
    let place = |share: f32| ((values.len() as f32 - 1.0) * share).round() as usize;
    let at = |share: f32| values.get(place(share)).map(|v| *v as f32);
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
fn count(x: f32) -> String {
    let short = |v: f32| format!("{}", (v * 10.0).round() / 10.0);
    if x >= 1e6 {
        format!("{}M", short(x / 1e6))
    } else if x >= 1e4 {
        format!("{}k", short(x / 1e3))
    } else {
        short(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_holds_what_matters_and_is_never_empty() {
        for values in [vec![], vec![0.7], vec![f32::NAN, 0.7], vec![0.7; 100]] {
            let (low, high) = range(values, None);
            assert!(low.is_finite() && high - low > 0.01, "{low} to {high}");
        }
        let (low, high) = range(vec![-1.2, -1.1, -1.0], Some(MINUS_LOG_4 as f32));
        assert!(low < MINUS_LOG_4 as f32 && high > -1.0);
    }

    #[test]
    fn a_run_that_was_trained_before_fills_its_chart() {
        let run = [(10_000.0, 0.7), (10_500.0, 0.6), (12_000.0, 0.5)];
        assert_eq!(span(&[&run]), (10_000.0, 12_000.0));
        assert_eq!(span(&[&[]]), (0.0, 1.0));
        assert_eq!(span(&[&[(3.0, 0.7), (900.0, 0.5)]]), (0.0, 900.0));
        let marks = losses(&run, &[], None, (300.0, 120.0), &Theme::LIGHT);
        let line = marks.iter().find_map(|mark| match mark {
            Mark::Line { points, .. } if points.len() == 3 => Some(points.clone()),
            _ => None,
        });
        let line = line.expect("the curve");
        for (point, at) in run.iter().zip(&line) {
            assert!((iteration_at(&[&run], at.0, 300.0) - point.0 as f32).abs() < 0.5, "{at:?}");
        }
        assert!(line[2].0 - line[0].0 > 240.0, "{line:?}");
    }

    #[test]
    fn a_line_stands_where_the_run_is_until_that_is_the_end() {
        let run = [(0.0, 0.7), (500.0, 0.6), (1000.0, 0.5)];
        let upright = |here| {
            let marks = losses(&run, &[], Some(here), (300.0, 120.0), &Theme::LIGHT);
            let tall = |mark: &Mark| match mark {
                Mark::Line { points, .. }
                    if points.len() == 2 && (points[0].1 - points[1].1).abs() > 60.0 =>
                {
                    Some(iteration_at(&[&run], points[0].0, 300.0).round() as u64)
                }
                _ => None,
            };
            marks.iter().filter_map(tall).collect::<Vec<_>>()
        };
        // The first is the axis.
        assert_eq!(upright(500), [0, 500]);
        assert_eq!(upright(250), [0, 250]);
        assert_eq!(upright(1000), [0]);
    }

    #[test]
    fn a_single_point_is_seen_at_a_whole_iteration() {
        let marks = losses(&[(800.0, 1.3)], &[], None, (300.0, 120.0), &Theme::LIGHT);
        let dots =
            marks.iter().filter(|mark| matches!(mark, Mark::Dots { at, .. } if at.len() == 1));
        assert_eq!(dots.count(), 1);
        let halves = marks
            .iter()
            .filter(|mark| matches!(mark, Mark::Text { text, .. } if text.contains("00.")));
        assert_eq!(halves.count(), 0);
    }

    #[test]
    fn a_lone_spike_does_not_flatten_the_rest() {
        let mut values: Vec<f32> = (0..1000_u16).map(|i| f32::from(i) / 1000.0).collect();
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
