//! Figure 1 of Goodfellow et al. (2014), live: the densities, D, and the arrows from z to x.

use crate::geometry::{Scale, clip, clip_line, finite_runs, ticks};
use crate::judge::Judge;
use crate::mark::{Anchor, Dash, Mark, Point, Rect, Stroke};
use crate::theme::Theme;
use adversaria_protocol::Line;

/// What the figure shows.
#[derive(Clone, Copy, Debug)]
pub struct LineData<'a> {
    /// Abscissae, ascending.
    pub x: &'a [f32],
    /// p_data there.
    pub p_data: &'a [f32],
    /// p_g, that of the average of G, D and the arrows; empty parts are not drawn.
    pub line: &'a Line,
    /// How D is to be read.
    pub judge: Judge,
}

impl LineData<'_> {
    /// D*(x) = p_data / (p_data + p_g) at an abscissa (Proposition 1); NaN where both vanish or p_g is not known.
    #[must_use]
    pub fn optimal(&self, index: usize) -> f32 {
        match (self.p_data.get(index), self.line.p_g.get(index)) {
            (Some(data), Some(model)) if data + model > 0.0 => data / (data + model),
            _ => f32::NAN,
        }
    }

    fn peak(values: &[f32]) -> f32 {
        values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max)
    }

    /// The top of the density axis: room above p_data, doubled once when p_g needs it, so that the axis moves seldom and
    /// a spike of p_g does not flatten p_data; the spike leaves the figure through its top.
    fn density_top(&self) -> f32 {
        let data = Self::peak(self.p_data);
        let model = Self::peak(&self.line.p_g).max(Self::peak(&self.line.average));
        let top = if data > 0.0 { 1.25 * data } else { 1.0 };
        if model > top { 2.0 * top } else { top }
    }
}

/// D* is drawn where p_data + p_g has at least this share of p_data's peak.
const SEEN: f32 = 0.01;

/// Which curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineLayers {
    /// p_data.
    pub data: bool,
    /// p_g.
    pub model: bool,
    /// D.
    pub d: bool,
    /// D*.
    pub optimal: bool,
    /// z → G(z).
    pub arrows: bool,
    /// p_g of the average of G.
    pub average: bool,
    /// D − D*, about the neutral level.
    pub difference: bool,
}

impl Default for LineLayers {
    fn default() -> Self {
        let difference = false;
        Self {
            data: true,
            model: true,
            d: true,
            optimal: true,
            arrows: true,
            average: true,
            difference,
        }
    }
}

/// How each curve looks, here and in legends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStrokes {
    /// p_data.
    pub data: Stroke,
    /// p_g.
    pub model: Stroke,
    /// D.
    pub d: Stroke,
    /// D*.
    pub optimal: Stroke,
    /// p_g of the average of G.
    pub average: Stroke,
    /// From z to G(z).
    pub arrows: Stroke,
    /// D − D*.
    pub difference: Stroke,
}

impl LineStrokes {
    /// In the theme's colours.
    #[must_use]
    pub fn of(theme: &Theme) -> Self {
        Self {
            data: Stroke::solid(theme.real, 2.4).dash(Dash::Dotted),
            model: Stroke::solid(theme.fake, 2.4),
            d: Stroke::solid(theme.d, 2.0).dash(Dash::Dashed),
            optimal: Stroke::solid(theme.d, 1.0).alpha(0.85),
            average: Stroke::solid(theme.fake, 1.8).dash(Dash::DashDot),
            arrows: Stroke::solid(theme.fake, 1.0).alpha(0.6),
            difference: Stroke::solid(theme.d, 1.4).dash(Dash::DashDot),
        }
    }
}

/// Where things lie, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineAxes {
    /// The curves' rectangle; its lower edge is density 0 and D = 0.
    pub plot: Rect,
    /// The rectangle between the x axis (above) and the z axis (below).
    pub arrows: Rect,
    /// x to pixels.
    pub x: Scale,
    /// Density to pixels.
    pub density: Scale,
    /// D to pixels: 0 below, 1 near the top.
    pub d: Scale,
    /// z to pixels.
    pub z: Scale,
    x_range: (f32, f32),
    z_range: (f32, f32),
    density_top: f32,
}

impl LineAxes {
    /// Lays the figure out in `width` × `height` pixels.
    #[must_use]
    pub fn new(data: &LineData<'_>, width: f32, height: f32) -> Self {
        let side = if width < 420.0 { 28.0 } else { 40.0 };
        let band = (0.17 * height).clamp(36.0, 110.0);
        let (left, inner) = (side, (width - 2.0 * side).max(10.0));
        let plot =
            Rect { x: left, y: 18.0, w: inner, h: (height - 18.0 - 26.0 - band - 24.0).max(10.0) };
        let arrows = Rect { x: left, y: plot.y + plot.h + 26.0, w: inner, h: band };
        let x_range = match (data.x.first(), data.x.last()) {
            // Abscissae are centres of steps; the axis holds whole steps.
            (Some(a), Some(b)) if a < b => {
                let half = 0.5 * (b - a) / (data.x.len() - 1) as f32;
                (a - half, b + half)
            }
            _ => (-3.0, 3.0),
        };
        let reach = data
            .line
            .arrows
            .iter()
            .map(|a| a.0.abs())
            .filter(|z| z.is_finite())
            .fold(0.0, f32::max);
        let reach = if reach > 0.0 { 1.08 * reach } else { 1.0 };
        let (base, top, density_top) = (plot.y + plot.h, plot.y, data.density_top());
        Self {
            plot,
            arrows,
            x: Scale::new(x_range.0, x_range.1, left, left + inner),
            density: Scale::new(0.0, density_top, base, top),
            d: Scale::new(0.0, 1.0, base, top + 0.04 * plot.h),
            z: Scale::new(-reach, reach, left, left + inner),
            x_range,
            z_range: (-reach, reach),
            density_top,
        }
    }
}

/// The whole figure.
#[must_use]
pub fn figure1(
    data: &LineData<'_>,
    layers: LineLayers,
    axes: &LineAxes,
    theme: &Theme,
) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(48);
    let strokes = LineStrokes::of(theme);
    ground(&mut marks, data.judge, axes, theme);
    if layers.model {
        model(&mut marks, data, axes, theme);
    }
    if layers.average {
        curve(&mut marks, data.x, &data.line.average, axes, axes.density, strokes.average);
    }
    if layers.optimal || layers.difference {
        let peak = LineData::peak(data.p_data);
        // Where neither density can be seen, their ratio is noise of the sweep and rounding.
        let seen = |i: usize| data.p_data[i] + data.line.p_g[i] >= SEEN * peak;
        let count = data.x.len().min(data.p_data.len()).min(data.line.p_g.len());
        let best = |i| if seen(i) { data.judge.best(data.optimal(i)) } else { f32::NAN };
        let at = |i: usize, value| (axes.x.pixel(data.x[i]), axes.d.pixel(value));
        if layers.optimal {
            lines(&mut marks, (0..count).map(|i| at(i, best(i))), strokes.optimal);
        }
        if layers.difference {
            let count = count.min(data.line.d.len());
            let off = |i| data.judge.neutral() + data.line.d[i] - best(i);
            lines(&mut marks, (0..count).map(|i| at(i, off(i))), strokes.difference);
        }
    }
    if layers.data {
        curve(&mut marks, data.x, data.p_data, axes, axes.density, strokes.data);
    }
    if layers.d {
        curve(&mut marks, data.x, &data.line.d, axes, axes.d, strokes.d);
    }
    if layers.arrows {
        arrows(&mut marks, data, axes, strokes.arrows);
    }
    // Curves run under the name of the level.
    marks.push(Mark::Text {
        at: (axes.plot.x + 4.0, axes.d.pixel(data.judge.neutral()) - 8.0),
        text: data.judge.level().into(),
        size: 11.0,
        colour: theme.muted,
        anchor: Anchor::Left,
        halo: Some(theme.paper),
    });
    marks
}

/// A hair line at one abscissa, and a dot on each curve that is shown.
#[must_use]
pub fn figure1_cursor(
    data: &LineData<'_>,
    layers: LineLayers,
    axes: &LineAxes,
    index: usize,
    theme: &Theme,
) -> Vec<Mark> {
    let Some(x) = data.x.get(index).map(|x| axes.x.pixel(*x)) else { return Vec::new() };
    let foot = axes.arrows.y;
    let mut marks = vec![Mark::Line {
        points: vec![(x, axes.plot.y), (x, foot)],
        stroke: Stroke::solid(theme.ink, 1.0).alpha(0.45),
    }];
    let values = [
        (layers.data, data.p_data.get(index), axes.density, theme.real),
        (layers.model, data.line.p_g.get(index), axes.density, theme.fake),
        (layers.average, data.line.average.get(index), axes.density, theme.fake),
        (layers.d, data.line.d.get(index), axes.d, theme.d),
    ];
    for (shown, value, scale, colour) in values {
        let Some(y) =
            value.map(|v| scale.pixel(*v)).filter(|y| shown && y.is_finite() && *y >= axes.plot.y)
        else {
            continue;
        };
        marks.push(Mark::Dots { at: vec![(x, y)], radius: 5.5, colour: theme.paper, alpha: 1.0 });
        marks.push(Mark::Dots { at: vec![(x, y)], radius: 3.8, colour, alpha: 1.0 });
    }
    marks
}

fn ground(marks: &mut Vec<Mark>, judge: Judge, axes: &LineAxes, theme: &Theme) {
    let (left, right) = (axes.plot.x, axes.plot.x + axes.plot.w);
    let base = axes.plot.y + axes.plot.h;
    let across =
        |y: f32, stroke: Stroke| Mark::Line { points: vec![(left, y), (right, y)], stroke };
    let label = |at: Point, text: String, colour, anchor| Mark::Text {
        at,
        text,
        size: 11.0,
        colour,
        anchor,
        halo: None,
    };
    let rule = Stroke::solid(theme.rule, 1.0);
    for value in ticks(0.0, axes.density_top, 5).into_iter().filter(|v| *v > 0.0) {
        let y = axes.density.pixel(value);
        marks.push(label((left - 7.0, y), plain(value), theme.muted, Anchor::Right));
        marks.push(Mark::Line { points: vec![(left - 4.0, y), (left, y)], stroke: rule });
    }
    marks.push(label(
        (left - 34.0_f32.min(left), 7.0),
        "density".into(),
        theme.muted,
        Anchor::Left,
    ));
    let (edge, anchor) = match judge {
        Judge::Probability | Judge::Joint => (right + 7.0, Anchor::Left),
        // Longer than the margin is wide.
        Judge::Target | Judge::JointTarget | Judge::Critic => (right + left - 2.0, Anchor::Right),
    };
    marks.push(label((edge, 7.0), judge.name().into(), theme.d, anchor));
    for (value, text) in [(0.0, "0"), (0.5, "½"), (1.0, "1")] {
        marks.push(label((right + 7.0, axes.d.pixel(value)), text.into(), theme.d, Anchor::Left));
    }
    marks.push(across(axes.d.pixel(judge.neutral()), rule));
    marks.push(across(axes.d.pixel(1.0), rule.alpha(0.5)));
    marks.push(across(base, rule));
    for value in ticks(axes.x_range.0, axes.x_range.1, 6) {
        let x = axes.x.pixel(value);
        marks.push(Mark::Line { points: vec![(x, base), (x, base + 4.0)], stroke: rule });
        marks.push(label((x, base + 14.0), plain(value), theme.muted, Anchor::Centre));
    }
    let strong = Stroke::solid(theme.ink, 1.3).alpha(0.75);
    let (x_axis, z_axis) = (axes.arrows.y, axes.arrows.y + axes.arrows.h);
    marks.push(across(x_axis, strong));
    marks.push(across(z_axis, strong));
    marks.push(label((right + 8.0, x_axis), "x".into(), theme.ink, Anchor::Left));
    marks.push(label((right + 8.0, z_axis), "z".into(), theme.ink, Anchor::Left));
    for value in ticks(axes.z_range.0, axes.z_range.1, 5) {
        let at = (axes.z.pixel(value), z_axis + 13.0);
        marks.push(label(at, plain(value), theme.muted, Anchor::Centre));
    }
}

/// A tick's number, with a true minus sign.
pub(crate) fn plain(value: f32) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    let positive = format!("{}", rounded.abs());
    if rounded < 0.0 { format!("\u{2212}{positive}") } else { positive }
}

fn model(marks: &mut Vec<Mark>, data: &LineData<'_>, axes: &LineAxes, theme: &Theme) {
    let (top, base) = (axes.plot.y, axes.plot.y + axes.plot.h);
    for run in finite_runs(places(data.x, &data.line.p_g, axes, axes.density)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let feet = [(last.0, base), (first.0, base)];
        let points = run.iter().map(|p| (p.0, p.1.max(top))).chain(feet).collect();
        marks.push(Mark::Area { points, colour: theme.fake, alpha: 0.16 });
    }
    curve(marks, data.x, &data.line.p_g, axes, axes.density, LineStrokes::of(theme).model);
}

fn places(x: &[f32], values: &[f32], axes: &LineAxes, scale: Scale) -> impl Iterator<Item = Point> {
    x.iter().zip(values).map(move |(x, v)| (axes.x.pixel(*x), scale.pixel(*v)))
}

fn curve(
    marks: &mut Vec<Mark>,
    x: &[f32],
    values: &[f32],
    axes: &LineAxes,
    scale: Scale,
    stroke: Stroke,
) {
    let inside = Rect { h: axes.plot.h + 2.0, ..axes.plot };
    let pieces = clip_line(places(x, values, axes, scale), inside);
    marks.extend(pieces.into_iter().map(|points| Mark::Line { points, stroke }));
}

fn lines(marks: &mut Vec<Mark>, points: impl Iterator<Item = Point>, stroke: Stroke) {
    marks.extend(finite_runs(points).into_iter().map(|points| Mark::Line { points, stroke }));
}

fn arrows(marks: &mut Vec<Mark>, data: &LineData<'_>, axes: &LineAxes, stroke: Stroke) {
    let (x_axis, z_axis) = (axes.arrows.y, axes.arrows.y + axes.arrows.h);
    let (mut shafts, mut heads) = (Vec::new(), Vec::new());
    for &(z, x) in &data.line.arrows {
        let (tail, tip) = ((axes.z.pixel(z), z_axis), (axes.x.pixel(x), x_axis));
        let Some((from, to)) = clip(tail, tip, axes.arrows) else { continue };
        shafts.push((from, to));
        if to == tip {
            heads.extend(head(tail, tip, 6.0));
        }
    }
    marks.push(Mark::Segments { ends: shafts, stroke });
    let stroke = Stroke { alpha: 0.95, width: 1.2, ..stroke };
    marks.push(Mark::Segments { ends: heads, stroke });
}

/// The two barbs of an arrow that ends at `tip`, each reaching `back` pixels along its shaft.
pub(crate) fn head(tail: Point, tip: Point, back: f32) -> [(Point, Point); 2] {
    let length = (tip.0 - tail.0).hypot(tip.1 - tail.1).max(1e-3);
    let (ux, uy) = ((tail.0 - tip.0) / length, (tail.1 - tip.1) / length);
    let out = 0.43 * back;
    let barb = |side: f32| {
        (tip, (tip.0 + back * ux - side * out * uy, tip.1 + back * uy + side * out * ux))
    };
    [barb(1.0), barb(-1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<f32>, Vec<f32>, Line) {
        let x: Vec<f32> = (0..121).map(|i| -3.0 + 0.05 * i as f32).collect();
        let bell = |m: f32| move |x: &f32| (-0.5 * (x - m) * (x - m)).exp() * 0.4;
        let (p_data, p_g): (Vec<f32>, Vec<f32>) =
            (x.iter().map(bell(-1.0)).collect(), x.iter().map(bell(1.0)).collect());
        let d = vec![0.25; x.len()];
        (
            x,
            p_data,
            Line { p_g, d, average: vec![], arrows: vec![(-1.0, -2.0), (0.0, 0.5), (1.0, 40.0)] },
        )
    }

    fn drawn(line: &Line, x: &[f32], p_data: &[f32]) -> (LineAxes, Vec<Mark>) {
        let data = LineData { x, p_data, line, judge: Judge::Probability };
        let axes = LineAxes::new(&data, 640.0, 480.0);
        (axes, figure1(&data, LineLayers::default(), &axes, &Theme::LIGHT))
    }

    fn line_of(marks: &[Mark], wanted: Stroke) -> Vec<Point> {
        let found = marks.iter().find_map(|m| match m {
            Mark::Line { points, stroke } if *stroke == wanted => Some(points.clone()),
            _ => None,
        });
        found.expect("the line is drawn")
    }

    #[test]
    fn each_curve_has_its_style_and_passes_through_its_values() {
        let (x, p_data, line) = sample();
        let (axes, marks) = drawn(&line, &x, &p_data);
        let theme = Theme::LIGHT;
        let data = line_of(&marks, Stroke::solid(theme.real, 2.4).dash(Dash::Dotted));
        assert_eq!(data[40], (axes.x.pixel(-1.0), axes.density.pixel(0.4)), "p_data peaks at −1");
        let model = line_of(&marks, Stroke::solid(theme.fake, 2.4));
        assert!(
            (model[80].0 - axes.x.pixel(1.0)).abs() < 0.01
                && (model[80].1 - axes.density.pixel(0.4)).abs() < 0.01
        );
        let d = line_of(&marks, Stroke::solid(theme.d, 2.0).dash(Dash::Dashed));
        assert!(d.iter().all(|p| p.1 == axes.d.pixel(0.25)));
        let optimal = line_of(&marks, Stroke::solid(theme.d, 1.0).alpha(0.85));
        let middle =
            optimal.iter().find(|p| (p.0 - axes.x.pixel(0.0)).abs() < 0.5).expect("x = 0 is drawn");
        assert!(
            (middle.1 - axes.d.pixel(0.5)).abs() < 0.1,
            "both densities are equal at 0, so D* is ½ there"
        );
    }

    #[test]
    fn arrows_run_from_z_to_x_and_stay_inside() {
        let (x, p_data, line) = sample();
        let (axes, marks) = drawn(&line, &x, &p_data);
        let shafts = marks.iter().find_map(|m| match m {
            Mark::Segments { ends, .. } => Some(ends.clone()),
            _ => None,
        });
        let shafts = shafts.expect("arrows are drawn");
        assert_eq!(shafts.len(), 3);
        let expected = (
            (axes.z.pixel(0.0), axes.arrows.y + axes.arrows.h),
            (axes.x.pixel(0.5), axes.arrows.y),
        );
        assert_eq!(shafts[1], expected);
        let right = axes.arrows.x + axes.arrows.w + 0.01;
        assert!(
            shafts.iter().all(|(a, b)| a.0 <= right && b.0 <= right),
            "the one that leaves the view is cut"
        );
    }

    #[test]
    fn nothing_known_yet_draws_axes_and_does_not_panic() {
        let empty = Line { p_g: vec![], average: vec![], d: vec![], arrows: vec![] };
        let (_, marks) = drawn(&empty, &[], &[]);
        assert!(marks.iter().any(|m| matches!(m, Mark::Text { text, .. } if text == "D = ½")));
        let broken = Line {
            average: vec![],
            p_g: vec![f32::NAN; 3],
            d: vec![f32::INFINITY, 0.5, 0.5],
            arrows: vec![(f32::NAN, 1.0)],
        };
        let (_, marks) = drawn(&broken, &[0.0, 1.0, 2.0], &[0.1, 0.2, f32::NAN]);
        let finite = |p: &Point| p.0.is_finite() && p.1.is_finite();
        assert!(
            marks
                .iter()
                .all(|m| !matches!(m, Mark::Line { points, .. } if !points.iter().all(finite)))
        );
    }

    #[test]
    fn the_best_d_is_drawn_where_a_density_is_seen_and_the_loss_has_one() {
        let (x, p_data, line) = sample();
        let theme = Theme::LIGHT;
        let wanted = LineStrokes::of(&theme).optimal;
        let best = |p_g: Vec<f32>, judge| {
            let line = Line { p_g, ..line.clone() };
            let data = LineData { x: &x, p_data: &p_data, line: &line, judge };
            let axes = LineAxes::new(&data, 640.0, 480.0);
            let marks = figure1(&data, LineLayers::default(), &axes, &theme);
            let all = marks.into_iter().filter_map(|m| match m {
                Mark::Line { points, stroke } if stroke == wanted => Some(points),
                _ => None,
            });
            (axes, all.flatten().collect::<Vec<_>>())
        };
        // p_data peaks at 0.4; it falls to 0.004 at |x + 1| = 3.03, so that with no p_g the right end is left out.
        let (axes, alone) = best(vec![0.0; x.len()], Judge::Probability);
        let reach = alone.iter().map(|p| axes.x.value(p.0)).fold(f32::MIN, f32::max);
        assert!((1.95..=2.05).contains(&reach), "{reach}");
        let (axes, target) = best(p_data.clone(), Judge::Target);
        assert!(!target.is_empty());
        assert!(target.iter().all(|p| (p.1 - axes.d.pixel(0.622_459)).abs() < 0.01));
        assert!(best(p_data.clone(), Judge::Critic).1.is_empty(), "a critic has no such curve");
    }

    #[test]
    fn the_difference_is_drawn_about_the_neutral_level() {
        let (x, p_data, line) = sample();
        let theme = Theme::LIGHT;
        let data = LineData { x: &x, p_data: &p_data, line: &line, judge: Judge::Probability };
        let axes = LineAxes::new(&data, 640.0, 480.0);
        let layers = LineLayers { difference: true, ..LineLayers::default() };
        let marks = figure1(&data, layers, &axes, &theme);
        let drawn = line_of(&marks, LineStrokes::of(&theme).difference);
        let middle = drawn.iter().find(|p| (p.0 - axes.x.pixel(0.0)).abs() < 0.5).expect("x = 0");
        // D is ¼ everywhere, and D* is ½ where both densities are equal.
        assert!((middle.1 - axes.d.pixel(0.5 + 0.25 - 0.5)).abs() < 0.1, "{middle:?}");
    }

    #[test]
    fn the_density_axis_doubles_once() {
        let (x, p_data, mut line) = sample();
        let top = |line: &Line| {
            LineData { x: &x, p_data: &p_data, line, judge: Judge::Probability }.density_top()
        };
        assert_eq!(top(&line), 0.5);
        line.p_g[60] = 0.6;
        assert_eq!(top(&line), 1.0);
        line.p_g[60] = 1e9;
        assert_eq!(top(&line), 1.0, "a spike does not flatten p_data");
    }

    #[test]
    fn the_average_is_one_more_curve_without_an_area() {
        let (x, p_data, mut line) = sample();
        let theme = Theme::LIGHT;
        let wanted = Stroke::solid(theme.fake, 1.8).dash(Dash::DashDot);
        let (_, plain) = drawn(&line, &x, &p_data);
        assert!(!plain.iter().any(|m| matches!(m, Mark::Line { stroke, .. } if *stroke == wanted)));
        line.average = p_data.clone();
        let (axes, marks) = drawn(&line, &x, &p_data);
        assert_eq!(marks.len(), plain.len() + 1, "one curve, and no area under it");
        let average = line_of(&marks, wanted);
        assert_eq!(average[40], (axes.x.pixel(-1.0), axes.density.pixel(0.4)), "it peaks at −1");
        let data = LineData { x: &x, p_data: &p_data, line: &line, judge: Judge::Probability };
        let hidden = LineLayers { average: false, ..LineLayers::default() };
        assert_eq!(figure1(&data, hidden, &axes, &theme), plain);
        let dots = |layers| figure1_cursor(&data, layers, &axes, 40, &theme).len();
        assert_eq!(dots(LineLayers::default()), dots(hidden) + 2, "and a dot under the cursor");
    }
}
