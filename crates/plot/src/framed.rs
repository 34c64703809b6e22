//! Figures for files: what the page shows, above a legend, since a file has nothing beside it that names what is drawn.

use crate::chart::{Points, losses, value};
use crate::figure1::{LineAxes, LineData, LineLayers, LineStrokes, figure1};
use crate::images::{ImagesAxes, ImagesData, images};
use crate::judge::Judge;
use crate::legend::{self, Entry, LEAST, Swatch, legend};
use crate::mark::{Mark, Stroke};
use crate::plane::{Ground, PlaneAxes, PlaneData, PlaneLayers, PlaneStrokes, plane};
use crate::theme::{Rgb, Theme};
use adversaria_protocol::{Picture, Stage};

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
    let draw = |height: f32| drawn(stage, picture, judge, shown, (size.0, height), theme);
    let room = |legend: f32| (size.1 - legend).max(1.0);
    let (mut marks, mut entries) = draw(room(LEAST))?;
    // Many names beside a narrow picture: it is drawn once more, smaller.
    let needed = legend::height(&entries, size.0);
    if needed > LEAST {
        (marks, entries) = draw(room(needed))?;
    }
    legend(&mut marks, &entries, size.0, room(needed), theme);
    Some(marks)
}

/// The stage, and the names of all that it shows.
fn drawn(
    stage: &Stage,
    picture: &Picture,
    judge: Judge,
    shown: Shown,
    (width, height): (f32, f32),
    theme: &Theme,
) -> Option<(Vec<Mark>, Vec<Entry>)> {
    let (marks, mut entries) = match (stage, picture) {
        (Stage::Line { x, p_data }, Picture::Line(line)) => {
            let data = LineData { x, p_data, line, judge };
            let axes = LineAxes::new(&data, width, height);
            (figure1(&data, shown.line, &axes, theme), line_legend(theme, judge))
        }
        (Stage::Plane { real, p_data, side }, Picture::Plane(moment)) => {
            let data = PlaneData { real, p_data, side: *side as usize, plane: moment, judge };
            let axes = PlaneAxes::new(width, height);
            let entries = plane_legend(theme, judge, Ground::of(&data, shown.plane));
            (plane(&data, shown.plane, &axes, theme), entries)
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
    Some((marks, entries))
}

/// Both losses over iterations.
#[must_use]
pub fn framed_losses(d: &Points, g: &Points, size: (f32, f32), theme: &Theme) -> Vec<Mark> {
    let curves = [(d, theme.d, "loss of D"), (g, theme.fake, "loss of G")];
    with_legend(losses(d, g, None, above(size), theme), curves, size, theme)
}

/// V(D,G) and V(D*,G) over iterations.
#[must_use]
pub fn framed_value(v: &Points, optimal: &Points, size: (f32, f32), theme: &Theme) -> Vec<Mark> {
    let best = "V(D*, G) = \u{2212}log 4 + 2 JSD";
    let curves = [(v, theme.d, "V(D, G)"), (optimal, theme.muted, best)];
    with_legend(value(v, optimal, None, above(size), theme), curves, size, theme)
}

/// What is left above the legend.
fn above((width, height): (f32, f32)) -> (f32, f32) {
    (width, (height - LEAST).max(1.0))
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

fn line_legend(theme: &Theme, judge: Judge) -> Vec<Entry> {
    let strokes = LineStrokes::of(theme);
    let (d, best, difference) = match judge {
        Judge::Probability => {
            ("D(x)", "D*(x) = p_data / (p_data + p_g)", "D \u{2212} D*, about \u{bd}")
        }
        Judge::Target => (
            judge.name(),
            "\u{3c3}(a*), a* = p_data / (p_data + p_g)",
            "\u{3c3}(a) \u{2212} \u{3c3}(a*), about a = \u{bd}",
        ),
        Judge::Joint => ("D(x)", "", ""),
        // There is no best one to draw.
        Judge::Critic | Judge::JointTarget => (judge.name(), "", ""),
    };
    vec![
        (Swatch::Line(strokes.data), "p_data"),
        (Swatch::Line(strokes.model), "p_g"),
        (Swatch::Line(strokes.average), "p_g, average of G"),
        (Swatch::Line(strokes.d), d),
        (Swatch::Line(strokes.optimal), best),
        (Swatch::Line(strokes.difference), difference),
        (Swatch::Segment(strokes.arrows), "z \u{2192} G(z)"),
    ]
}

fn plane_legend(theme: &Theme, judge: Judge, ground: Option<Ground>) -> Vec<Entry> {
    let strokes = PlaneStrokes::of(theme);
    let fills = match (ground, judge) {
        (None, _) => None,
        (Some(Ground::Score), _) => Some(["D says real", "D says fake"]),
        (Some(Ground::Optimal), Judge::Target) => Some(["a* says real", "a* says fake"]),
        (Some(Ground::Optimal), _) => Some(["D* says real", "D* says fake"]),
        (Some(Ground::Difference), Judge::Target) => Some(["a above a*", "a below a*"]),
        (Some(Ground::Difference), _) => Some(["D above D*", "D below D*"]),
    };
    let mut entries = vec![
        (Swatch::Dot(theme.real), "real"),
        (Swatch::Cross(strokes.fake), "generated"),
        (Swatch::Triangle(strokes.average), "average of G"),
        (Swatch::Segment(strokes.contour), judge.level()),
    ];
    if let Some([above, below]) = fills {
        entries.push((Swatch::Fill(theme.verdict(1.0, 0.5)), above));
        entries.push((Swatch::Fill(theme.verdict(0.0, 0.5)), below));
    }
    entries.extend([
        (Swatch::Rings(strokes.density), "p_data"),
        (Swatch::Rings(strokes.model), "p_g"),
        (Swatch::Segment(strokes.pulls), "pull"),
        (Swatch::Segment(strokes.grid), "G's grid"),
    ]);
    entries
}

fn images_legend(theme: &Theme, scored: bool) -> Vec<Entry> {
    let entries = [
        (Swatch::Fill(theme.verdict(1.0, 1.0)), "framed blue: D says real"),
        (Swatch::Fill(theme.verdict(0.0, 1.0)), "framed orange: D says fake"),
    ];
    entries.into_iter().filter(|_| scored).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::Rect;
    use adversaria_protocol::{Line, Plane};

    const NONE: PlaneLayers = PlaneLayers {
        real: false,
        fake: false,
        average: false,
        field: false,
        contour: false,
        pulls: false,
        grid: false,
        density: false,
        model: false,
        optimal: false,
        difference: false,
    };
    const WIDE: (f32, f32) = (900.0, 700.0);

    /// The names in the legend, which stand at the one size that nothing else has.
    fn names(marks: &[Mark]) -> Vec<String> {
        let name = |mark: &Mark| match mark {
            Mark::Text { text, size, .. } if *size == 11.5 => Some(text.clone()),
            _ => None,
        };
        marks.iter().filter_map(name).collect()
    }

    fn plane_in(layers: PlaneLayers, judge: Judge, size: (f32, f32)) -> Vec<Mark> {
        let side = 16;
        let bump = |at: usize| {
            let (x, y) = ((at % side) as f32 - 7.5, (at / side) as f32 - 7.5);
            (-(x * x + y * y) / 20.0).exp()
        };
        let cells = || (0..side * side).map(bump);
        let samples: Vec<f32> = (0..128).map(|i| 0.4 * (i as f32).sin()).collect();
        let stage =
            Stage::Plane { real: samples.clone(), p_data: cells().collect(), side: side as u32 };
        let picture = Picture::Plane(Plane {
            average: samples.clone(),
            pulls: vec![0.5; samples.len()],
            fake: samples,
            field: cells().collect(),
            grid: vec![-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5],
        });
        let shown = Shown { plane: layers, ..Shown::default() };
        framed_moment(&stage, &picture, judge, shown, size, &Theme::LIGHT).expect("of one kind")
    }

    fn plane_names(layers: PlaneLayers, judge: Judge) -> Vec<String> {
        names(&plane_in(layers, judge, WIDE))
    }

    #[test]
    fn each_layer_of_the_plane_is_named_when_it_is_shown_and_no_other() {
        let each: [(PlaneLayers, &[&str]); 12] = [
            (NONE, &[]),
            (PlaneLayers { real: true, ..NONE }, &["real"]),
            (PlaneLayers { fake: true, ..NONE }, &["generated"]),
            (PlaneLayers { average: true, ..NONE }, &["average of G"]),
            (PlaneLayers { field: true, ..NONE }, &["D says real", "D says fake"]),
            (PlaneLayers { contour: true, ..NONE }, &["D = ½"]),
            (PlaneLayers { pulls: true, ..NONE }, &["pull"]),
            (PlaneLayers { grid: true, ..NONE }, &["G's grid"]),
            (PlaneLayers { density: true, ..NONE }, &["p_data"]),
            (PlaneLayers { model: true, ..NONE }, &["p_g"]),
            (PlaneLayers { optimal: true, ..NONE }, &["D* says real", "D* says fake"]),
            (PlaneLayers { difference: true, ..NONE }, &["D above D*", "D below D*"]),
        ];
        for (layers, wanted) in each {
            assert_eq!(plane_names(layers, Judge::Probability), wanted, "{layers:?}");
        }
    }

    #[test]
    fn what_takes_the_place_of_d_takes_its_name_too() {
        let all = PlaneLayers { field: true, optimal: true, difference: true, ..NONE };
        assert_eq!(plane_names(all, Judge::Probability), ["D above D*", "D below D*"]);
        let both = PlaneLayers { difference: false, ..all };
        assert_eq!(plane_names(both, Judge::Probability), ["D* says real", "D* says fake"]);
        assert_eq!(plane_names(both, Judge::Critic), ["D says real", "D says fake"]);
        let level = PlaneLayers { contour: true, ..NONE };
        assert_eq!(plane_names(level, Judge::Critic), ["a = 0"]);
    }

    #[test]
    fn a_narrow_picture_has_room_for_every_name() {
        let all = PlaneLayers {
            real: true,
            fake: true,
            average: true,
            field: true,
            contour: true,
            pulls: true,
            grid: true,
            density: true,
            model: true,
            ..NONE
        };
        let size = (320.0, 400.0);
        let marks = plane_in(all, Judge::Probability, size);
        assert_eq!(names(&marks).len(), 10);
        let foot = marks.iter().filter_map(|mark| match mark {
            Mark::Image { rect: Rect { y, h, .. }, .. } => Some(y + h),
            _ => None,
        });
        let foot = foot.fold(0.0, f32::max);
        for mark in &marks {
            if let Mark::Text { at, text, size: 11.5, .. } = mark {
                let end = at.0 + 6.4 * text.chars().count() as f32;
                assert!(end <= size.0 && at.1 > foot && at.1 < size.1 - 5.0, "{text} at {at:?}");
            }
        }
    }

    #[test]
    fn each_curve_of_the_line_is_named_when_it_is_shown_and_no_other() {
        let x: Vec<f32> = (0..61).map(|i| -3.0 + 0.1 * i as f32).collect();
        let bell: Vec<f32> = x.iter().map(|x| (-x * x).exp()).collect();
        let stage = Stage::Line { x: x.clone(), p_data: bell.clone() };
        let picture = Picture::Line(Line {
            p_g: bell.clone(),
            average: bell.clone(),
            d: bell,
            arrows: vec![(-1.0, -1.0), (1.0, 1.0)],
        });
        let none = LineLayers {
            data: false,
            model: false,
            d: false,
            optimal: false,
            arrows: false,
            average: false,
            difference: false,
        };
        let of = |line: LineLayers, judge: Judge| {
            let shown = Shown { line, ..Shown::default() };
            let marks = framed_moment(&stage, &picture, judge, shown, WIDE, &Theme::LIGHT);
            names(&marks.expect("of one kind"))
        };
        let best = "D*(x) = p_data / (p_data + p_g)";
        let each: [(LineLayers, &[&str]); 8] = [
            (none, &[]),
            (LineLayers { data: true, ..none }, &["p_data"]),
            (LineLayers { model: true, ..none }, &["p_g"]),
            (LineLayers { d: true, ..none }, &["D(x)"]),
            (LineLayers { optimal: true, ..none }, &[best]),
            (LineLayers { difference: true, ..none }, &["D − D*, about ½"]),
            (LineLayers { arrows: true, ..none }, &["z → G(z)"]),
            (LineLayers { average: true, ..none }, &["p_g, average of G"]),
        ];
        for (layers, wanted) in each {
            assert_eq!(of(layers, Judge::Probability), wanted, "{layers:?}");
        }
        let critic = of(LineLayers::default(), Judge::Critic);
        assert_eq!(critic, ["p_data", "p_g", "p_g, average of G", "critic, σ(a)", "z → G(z)"]);
    }
}
