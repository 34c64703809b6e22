//! The 2D view on \[−1, 1\]²: D as a field, its ½ contour, dots, crosses and triangles, pulls and G's warped lattice.

use crate::estimate::{model_density, optimal};
use crate::figure1::{head, plain};
use crate::geometry::{Scale, clip, contour, refine};
use crate::judge::Judge;
use crate::mark::{Anchor, Mark, Point, Raster, Rect, Stroke};
use crate::theme::Theme;
use adversaria_protocol::Plane;

/// What the figure shows.
#[derive(Clone, Copy, Debug)]
pub struct PlaneData<'a> {
    /// Real samples `[n, 2]`.
    pub real: &'a [f32],
    /// p_data `[side, side]`, row 0 at the lowest y.
    pub p_data: &'a [f32],
    /// Values on a side of each field.
    pub side: usize,
    /// The moment's samples and fields; empty parts are not drawn.
    pub plane: &'a Plane,
    /// How D is to be read.
    pub judge: Judge,
}

/// Which layers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneLayers {
    /// Real dots.
    pub real: bool,
    /// Generated crosses.
    pub fake: bool,
    /// Triangles of the average of G.
    pub average: bool,
    /// D as colour.
    pub field: bool,
    /// Where D is neutral: D = ½ when it is a probability.
    pub contour: bool,
    /// The pull on each fake.
    pub pulls: bool,
    /// G's warped latent lattice.
    pub grid: bool,
    /// p_data as contours.
    pub density: bool,
    /// p_g as contours, estimated.
    pub model: bool,
    /// D* in D's place, from the estimate of p_g.
    pub optimal: bool,
    /// D − D* in D's place.
    pub difference: bool,
}

impl Default for PlaneLayers {
    fn default() -> Self {
        Self {
            real: true,
            fake: true,
            average: true,
            field: true,
            contour: true,
            pulls: true,
            grid: false,
            density: false,
            model: false,
            optimal: false,
            difference: false,
        }
    }
}

/// How each set of lines looks, here and in legends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaneStrokes {
    /// Crosses.
    pub fake: Stroke,
    /// Triangles.
    pub average: Stroke,
    /// Where D = ½.
    pub contour: Stroke,
    /// Pulls.
    pub pulls: Stroke,
    /// G's warped latent lattice.
    pub grid: Stroke,
    /// The innermost contour of p_data; the outer ones are paler.
    pub density: Stroke,
    /// The same of p_g.
    pub model: Stroke,
}

impl PlaneStrokes {
    /// In the theme's colours.
    #[must_use]
    pub fn of(theme: &Theme) -> Self {
        Self {
            fake: Stroke::solid(theme.fake, 1.5),
            average: Stroke::solid(theme.average, 1.2),
            contour: Stroke::solid(theme.d, 1.6),
            pulls: Stroke::solid(theme.pull, 1.2).alpha(0.8),
            grid: Stroke::solid(theme.fake, 1.0).alpha(0.7),
            density: Stroke::solid(theme.real, 1.2),
            model: Stroke::solid(theme.fake, 1.2),
        }
    }
}

/// Where things lie, in pixels: a square in the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaneAxes {
    /// The view \[−1, 1\]².
    pub view: Rect,
    /// x to pixels.
    pub x: Scale,
    /// y to pixels, upwards.
    pub y: Scale,
}

impl PlaneAxes {
    /// Lays the figure out in `width` × `height` pixels.
    #[must_use]
    pub fn new(width: f32, height: f32) -> Self {
        let side = (width - 48.0).min(height - 34.0).max(10.0).floor();
        let view = Rect { x: ((width - side) / 2.0).floor(), y: 8.0, w: side, h: side };
        Self {
            view,
            x: Scale::new(-1.0, 1.0, view.x, view.x + side),
            y: Scale::new(-1.0, 1.0, view.y + side, view.y),
        }
    }

    fn at(&self, p: &[f32]) -> Point {
        (self.x.pixel(p[0]), self.y.pixel(p[1]))
    }

    fn of_cell(&self, (column, row): Point, side: usize) -> Point {
        (self.x.pixel(lattice(column, side)), self.y.pixel(lattice(row, side)))
    }
}

/// The coordinate of (fractional) field index `i`: values stand at cell centres, −1 + (2 i + 1) / side.
#[must_use]
pub fn lattice(i: f32, side: usize) -> f32 {
    (2.0 * i + 1.0) / side as f32 - 1.0
}

/// The field index whose cell holds a coordinate, if any does.
#[must_use]
pub fn cell_of(value: f32, side: usize) -> Option<usize> {
    let i = ((value + 1.0) / 2.0 * side as f32).floor();
    (i >= 0.0 && i < side as f32).then_some(i as usize)
}

/// How long a pull of this magnitude is drawn, pixels: in proportion while small, never beyond 30. The scale is fixed,
/// so that vanishing pulls are seen to vanish.
#[must_use]
pub fn pull_length(magnitude: f32) -> f32 {
    30.0 * magnitude / (magnitude + 1.5)
}

/// The whole figure.
#[must_use]
pub fn plane(
    data: &PlaneData<'_>,
    layers: PlaneLayers,
    axes: &PlaneAxes,
    theme: &Theme,
) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(24);
    let strokes = PlaneStrokes::of(theme);
    marks.push(Mark::Box { rect: axes.view, fill: Some(theme.panel), stroke: None });
    let estimated = layers.model || layers.optimal || layers.difference;
    let p_g = if estimated { model_density(&data.plane.fake, data.side) } else { Vec::new() };
    if let Some(raster) = ground(data, layers, &p_g, theme) {
        marks.push(Mark::Image { raster, rect: axes.view, smooth: true });
    }
    if layers.density {
        densities(&mut marks, data.p_data, data.side, axes, strokes.density);
    }
    if layers.model {
        densities(&mut marks, &p_g, data.side, axes, strokes.model);
    }
    if layers.contour {
        neutral(&mut marks, data, axes, strokes.contour);
    }
    if layers.grid {
        warped(&mut marks, &data.plane.grid, axes, strokes.grid);
    }
    if layers.real {
        dots(&mut marks, data.real, axes, theme);
    }
    if layers.pulls {
        pulls(&mut marks, data.plane, axes, strokes.pulls);
    }
    if layers.average {
        triangles(&mut marks, &data.plane.average, axes, strokes.average);
    }
    if layers.fake {
        crosses(&mut marks, &data.plane.fake, axes, strokes.fake);
    }
    frame(&mut marks, axes, theme);
    if layers.fake {
        missing(&mut marks, &data.plane.fake, axes, theme);
    }
    marks
}

/// How many of the samples lie outside the view.
#[must_use]
pub fn outside(samples: &[f32]) -> usize {
    samples.chunks_exact(2).filter(|p| !(p[0].abs() <= 1.0 && p[1].abs() <= 1.0)).count()
}

fn is_field(field: &[f32], side: usize) -> bool {
    side > 0 && field.len() == side * side
}

/// What colours the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// D.
    Score,
    /// D*.
    Optimal,
    /// D − D*.
    Difference,
}

impl Ground {
    /// D − D*, or D*, or D: a loss without a best D shows D in the place of both.
    pub(crate) fn of(data: &PlaneData<'_>, layers: PlaneLayers) -> Option<Self> {
        let known = data.judge.best_name().is_some();
        let has_score = is_field(&data.plane.field, data.side);
        if layers.difference && known && has_score {
            Some(Self::Difference)
        } else if layers.optimal && known {
            is_field(data.p_data, data.side).then_some(Self::Optimal)
        } else {
            let wanted = layers.field || layers.difference || layers.optimal;
            (wanted && has_score).then_some(Self::Score)
        }
    }
}

fn ground(data: &PlaneData<'_>, layers: PlaneLayers, p_g: &[f32], theme: &Theme) -> Option<Raster> {
    let (field, judge) = (&data.plane.field, data.judge);
    let best = || -> Vec<f32> {
        optimal(data.p_data, p_g, &data.plane.fake, data.side)
            .into_iter()
            .map(|best| judge.best(best))
            .collect()
    };
    let or_neutral = |value: f32| if value.is_nan() { judge.neutral() } else { value };
    let values = match Ground::of(data, layers)? {
        Ground::Difference => {
            let over = |(d, best): (&f32, f32)| or_neutral(judge.neutral() + d - best);
            field.iter().zip(best()).map(over).collect()
        }
        Ground::Optimal => best().into_iter().map(or_neutral).collect(),
        Ground::Score => field.clone(),
    };
    is_field(&values, data.side).then(|| field_raster(&values, data.side, judge, theme))
}

/// D as colours, the highest y at the top.
fn field_raster(field: &[f32], side: usize, judge: Judge, theme: &Theme) -> Raster {
    let mut rgba = Vec::with_capacity(4 * field.len());
    for row in field.chunks_exact(side).rev() {
        for &d in row {
            let c = theme.verdict(judge.centred(d), 0.5);
            rgba.extend([c.0, c.1, c.2, 255]);
        }
    }
    Raster { width: side as u32, height: side as u32, rgba }
}

/// Where D is neutral.
fn neutral(marks: &mut Vec<Mark>, data: &PlaneData<'_>, axes: &PlaneAxes, stroke: Stroke) {
    let (field, side) = (&data.plane.field, data.side);
    if is_field(field, side) {
        contours(marks, &widened(field, side), (side, 1), data.judge.neutral(), axes, stroke);
    }
}

/// Contours of a widened field of `side` cells a side, refined to `finer` values a cell. Values stand at cell centres; so
/// that a contour reaches the border, the outermost ones are held half a cell further.
fn contours(
    marks: &mut Vec<Mark>,
    wide: &[f32],
    (side, finer): (usize, usize),
    level: f32,
    axes: &PlaneAxes,
    stroke: Stroke,
) {
    let cell = |v: f32| v / finer as f32 - 1.0;
    let place = |p: Point| axes.of_cell((cell(p.0), cell(p.1)), side);
    let ends: Vec<_> = contour(wide, (side + 1) * finer + 1, level)
        .into_iter()
        .filter_map(|(a, b)| clip(place(a), place(b), axes.view))
        .collect();
    if !ends.is_empty() {
        marks.push(Mark::Segments { ends, stroke });
    }
}

/// The field with its border repeated once all around, `[side + 2, side + 2]`.
fn widened(field: &[f32], side: usize) -> Vec<f32> {
    let inner = |i: usize| i.saturating_sub(1).min(side - 1);
    let row = |r: usize| (0..side + 2).map(move |c| field[inner(r) * side + inner(c)]);
    (0..side + 2).flat_map(row).collect()
}

/// Values of p_data a cell for its contours, which a narrow mode of few cells would else make polygons.
const FINER: usize = 4;

fn densities(
    marks: &mut Vec<Mark>,
    density: &[f32],
    side: usize,
    axes: &PlaneAxes,
    stroke: Stroke,
) {
    let peak = density.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max);
    if peak <= 0.0 || !is_field(density, side) {
        return;
    }
    let fine = refine(&widened(density, side), side + 2, FINER);
    for (share, alpha) in [(0.05, 0.4), (0.2, 0.6), (0.5, 0.8), (0.8, 1.0)] {
        contours(marks, &fine, (side, FINER), share * peak, axes, stroke.alpha(alpha));
    }
}

fn warped(marks: &mut Vec<Mark>, grid: &[f32], axes: &PlaneAxes, stroke: Stroke) {
    let lines = ((grid.len() / 2) as f64).sqrt().round() as usize;
    if lines < 2 || grid.len() != 2 * lines * lines {
        return;
    }
    let node = |row: usize, column: usize| axes.at(&grid[2 * (row * lines + column)..]);
    let mut ends = Vec::with_capacity(2 * lines * lines);
    for i in 0..lines {
        for j in 1..lines {
            ends.extend(clip(node(i, j - 1), node(i, j), axes.view));
            ends.extend(clip(node(j - 1, i), node(j, i), axes.view));
        }
    }
    marks.push(Mark::Segments { ends, stroke });
}

fn visible(samples: &[f32], axes: &PlaneAxes) -> Vec<Point> {
    samples.chunks_exact(2).map(|p| axes.at(p)).filter(|p| axes.view.contains(*p)).collect()
}

/// Dots shrink with the figure.
fn dot_radius(axes: &PlaneAxes) -> f32 {
    (axes.view.w / 190.0).clamp(1.5, 2.6)
}

fn dots(marks: &mut Vec<Mark>, real: &[f32], axes: &PlaneAxes, theme: &Theme) {
    marks.push(Mark::Dots {
        at: visible(real, axes),
        radius: dot_radius(axes),
        colour: theme.real,
        alpha: 0.8,
    });
}

fn crosses(marks: &mut Vec<Mark>, fake: &[f32], axes: &PlaneAxes, stroke: Stroke) {
    let r = 1.15 * dot_radius(axes);
    let ends = visible(fake, axes)
        .into_iter()
        .flat_map(|(x, y)| [((x - r, y - r), (x + r, y + r)), ((x - r, y + r), (x + r, y - r))])
        .collect();
    marks.push(Mark::Segments { ends, stroke });
}

/// Hollow, so that what lies under them is seen.
fn triangles(marks: &mut Vec<Mark>, average: &[f32], axes: &PlaneAxes, stroke: Stroke) {
    let r = 1.5 * dot_radius(axes);
    let ends: Vec<_> = visible(average, axes).into_iter().flat_map(|p| triangle(p, r)).collect();
    if !ends.is_empty() {
        marks.push(Mark::Segments { ends, stroke });
    }
}

/// The sides of a triangle that points up, its corners `r` pixels from its centre.
pub(crate) fn triangle((x, y): Point, r: f32) -> [(Point, Point); 3] {
    let (side, foot) = (0.866 * r, y + 0.5 * r);
    let corners = [(x, y - r), (x + side, foot), (x - side, foot)];
    [0, 1, 2].map(|i| (corners[i], corners[(i + 1) % 3]))
}

fn pulls(marks: &mut Vec<Mark>, plane: &Plane, axes: &PlaneAxes, stroke: Stroke) {
    let mut ends = Vec::with_capacity(plane.pulls.len() / 2);
    for (fake, pull) in plane.fake.chunks_exact(2).zip(plane.pulls.chunks_exact(2)) {
        let from = axes.at(fake);
        let magnitude = pull[0].hypot(pull[1]);
        if !magnitude.is_finite() || magnitude == 0.0 || !axes.view.contains(from) {
            continue;
        }
        let length = pull_length(magnitude) / magnitude;
        // Pixels run downwards, y upwards.
        let to = (from.0 + length * pull[0], from.1 - length * pull[1]);
        let Some(shaft) = clip(from, to, axes.view) else { continue };
        ends.push(shaft);
        let reach = pull_length(magnitude);
        if shaft.1 == to && reach >= 5.0 {
            ends.extend(head(from, to, (0.35 * reach).min(5.0)));
        }
    }
    if !ends.is_empty() {
        marks.push(Mark::Segments { ends, stroke });
    }
}

fn frame(marks: &mut Vec<Mark>, axes: &PlaneAxes, theme: &Theme) {
    let stroke = Stroke::solid(theme.rule, 1.0);
    marks.push(Mark::Box { rect: axes.view, fill: None, stroke: Some(stroke) });
    let foot = axes.view.y + axes.view.h;
    let text = |at: Point, value: f32, anchor| Mark::Text {
        at,
        text: plain(value),
        size: 11.0,
        colour: theme.muted,
        anchor,
        halo: None,
    };
    for value in [-1.0, 0.0, 1.0] {
        marks.push(text((axes.x.pixel(value), foot + 13.0), value, Anchor::Centre));
        marks.push(text((axes.view.x - 6.0, axes.y.pixel(value)), value, Anchor::Right));
    }
}

/// Says so when samples of G lie where the figure does not show them.
fn missing(marks: &mut Vec<Mark>, fake: &[f32], axes: &PlaneAxes, theme: &Theme) {
    let gone = outside(fake);
    if gone > 0 {
        let text = format!("{gone} of {} outside", fake.len() / 2);
        let at = (axes.x.pixel(0.5), axes.view.y + axes.view.h + 13.0);
        marks.push(Mark::Text {
            at,
            text,
            size: 11.0,
            colour: theme.fake,
            anchor: Anchor::Centre,
            halo: None,
        });
    }
}

#[cfg(test)]
mod tests;
