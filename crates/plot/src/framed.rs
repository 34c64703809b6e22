//! Figures for files: what the page shows, above a legend, since a file has nothing beside it that names what is drawn.

use crate::chart::{Points, losses, value};
use crate::figure1::{LineAxes, LineData, LineLayers, LineStrokes, figure1};
use crate::images::{ImagesAxes, ImagesData, images};
use crate::judge::Judge;
use crate::legend::{Entry, Swatch, legend};
use crate::mark::{Mark, Stroke};
use crate::plane::{PlaneAxes, PlaneData, PlaneLayers, PlaneStrokes, plane};
use crate::theme::{Rgb, Theme};
use adversaria_protocol::{Picture, Stage};

/// The height of the legend, which never has more rows, pixels.
pub(crate) const LEGEND: f32 = 30.0;

/// Which layers of a moment are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Of the 1D figure.
    pub line: LineLayers,
    /// Of the 2D figure.
    pub plane: PlaneLayers,
}

/// The stage at a moment, in `size` (width, height) pixels; layers that the moment does not hold are left out. None
/// where picture and stage are of different kinds.
#[must_use]
pub fn framed_moment(
    stage: &Stage,
    picture: &Picture,
    judge: Judge,
    shown: Shown,
    size: (f32, f32),
    theme: &Theme,
) -> Option<Vec<Mark>> {
    let (width, height) = above(size);
    let (mut marks, mut entries) = match (stage, picture) {
        (Stage::Line { x, p_data }, Picture::Line(line)) => {
            let data = LineData { x, p_data, line, judge };
            let axes = LineAxes::new(&data, width, height);
            (figure1(&data, shown.line, &axes, theme), line_legend(theme))
        }
        (Stage::Plane { real, p_data, side }, Picture::Plane(moment)) => {
            let data = PlaneData { real, p_data, side: *side as usize, plane: moment, judge };
            let axes = PlaneAxes::new(width, height);
            (plane(&data, shown.plane, &axes, theme), plane_legend(theme))
        }
        (Stage::Images { width: w, height: h, real }, Picture::Images(moment)) => {
            let (w, h) = (*w as usize, *h as usize);
            let data = ImagesData { width: w, height: h, real, images: moment, judge };
            let scored = !(moment.fake_score.is_empty() && moment.real_score.is_empty());
            let axes = ImagesAxes::new(&data, width, height, 1.0);
            (images(&data, &axes, theme), images_legend(theme, scored))
        }
        _ => return None,
    };
    entries.retain(|(swatch, _)| marks.iter().any(|mark| swatch.stands_for(mark)));
    legend(&mut marks, &entries, width, height, theme);
    Some(marks)
}

/// Both losses over iterations.
#[must_use]
pub fn framed_losses(d: &Points, g: &Points, size: (f32, f32), theme: &Theme) -> Vec<Mark> {
    let curves = [(d, theme.d, "loss of D"), (g, theme.fake, "loss of G")];
    with_legend(losses(d, g, above(size), theme), curves, size, theme)
}

/// V(D,G) and V(D*,G) over iterations.
#[must_use]
pub fn framed_value(v: &Points, optimal: &Points, size: (f32, f32), theme: &Theme) -> Vec<Mark> {
    let best = "V(D*, G) = \u{2212}log 4 + 2 JSD";
    let curves = [(v, theme.d, "V(D, G)"), (optimal, theme.muted, best)];
    with_legend(value(v, optimal, above(size), theme), curves, size, theme)
}

/// What is left above the legend.
fn above((width, height): (f32, f32)) -> (f32, f32) {
    (width, (height - LEGEND).max(1.0))
}

/// The entries of the curves that have points.
fn with_legend(
    mut marks: Vec<Mark>,
    curves: [(&Points, Rgb, &'static str); 2],
    size: (f32, f32),
    theme: &Theme,
) -> Vec<Mark> {
    let drawn = curves.into_iter().filter(|(points, ..)| !points.is_empty());
    let entry = |(_, colour, name)| (Swatch::Line(Stroke::solid(colour, 1.6)), name);
    let entries: Vec<Entry> = drawn.map(entry).collect();
    let (width, top) = above(size);
    legend(&mut marks, &entries, width, top, theme);
    marks
}

fn line_legend(theme: &Theme) -> Vec<Entry> {
    let strokes = LineStrokes::of(theme);
    vec![
        (Swatch::Line(strokes.data), "p_data"),
        (Swatch::Line(strokes.model), "p_g"),
        (Swatch::Line(strokes.average), "p_g, average of G"),
        (Swatch::Line(strokes.d), "D(x)"),
        (Swatch::Line(strokes.optimal), "D*(x) = p_data / (p_data + p_g)"),
    ]
}

fn plane_legend(theme: &Theme) -> Vec<Entry> {
    let strokes = PlaneStrokes::of(theme);
    vec![
        (Swatch::Dot(theme.real), "real"),
        (Swatch::Cross(strokes.fake), "generated"),
        (Swatch::Triangle(strokes.average), "average of G"),
        (Swatch::Segment(strokes.contour), "D = ½"),
        (Swatch::Fill(theme.verdict(1.0, 0.5)), "D says real"),
        (Swatch::Fill(theme.verdict(0.0, 0.5)), "D says fake"),
        (Swatch::Segment(strokes.pulls), "pull"),
        (Swatch::Segment(strokes.grid), "G's grid"),
    ]
}

fn images_legend(theme: &Theme, scored: bool) -> Vec<Entry> {
    let entries = [
        (Swatch::Fill(theme.verdict(1.0, 1.0)), "framed blue: D says real"),
        (Swatch::Fill(theme.verdict(0.0, 1.0)), "framed orange: D says fake"),
    ];
    entries.into_iter().filter(|_| scored).collect()
}
