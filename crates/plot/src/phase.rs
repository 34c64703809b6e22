//! A game of two numbers: the plane of its states with the field and the ways through it, and eigenvalues in theirs.

use crate::geometry::{Scale, clip_line, ticks};
use crate::mark::{Anchor, Mark, Point, Rect, Stroke};
use crate::theme::Theme;

/// A state, or a direction, of the two players.
pub type State = (f64, f64);

/// A way through the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// The states, in order.
    pub states: Vec<State>,
    /// Its look.
    pub stroke: Stroke,
    /// Which state is now, marked by a dot.
    pub now: Option<usize>,
}

/// What the plane shows.
pub struct Phase<'a> {
    /// Where a state would go.
    pub field: &'a dyn Fn(State) -> State,
    /// The ways, the first below the others.
    pub ways: &'a [Way],
    /// The axes reach from −`reach` to `reach`.
    pub reach: f64,
    /// The names of both axes.
    pub names: (&'static str, &'static str),
}

/// Arrows on a side.
const ARROWS: i32 = 15;
const TEXT: f32 = 12.0;

/// The largest square in the middle, and its axes.
fn square((width, height): Point, reach: f64) -> (Rect, Scale, Scale) {
    let side = (width.min(height) - 44.0).max(20.0);
    let rect =
        Rect { x: 0.5 * (width - side) + 8.0, y: 0.5 * (height - side) - 8.0, w: side, h: side };
    let reach = reach as f32;
    let across = Scale::new(-reach, reach, rect.x, rect.x + rect.w);
    (rect, across, Scale::new(-reach, reach, rect.y + rect.h, rect.y))
}

fn axes(rect: Rect, (x, y): (Scale, Scale), reach: f64, theme: &Theme) -> Vec<Mark> {
    let reach = reach as f32;
    let mut marks = vec![Mark::Box {
        rect,
        fill: Some(theme.panel),
        stroke: Some(Stroke::solid(theme.rule, 1.0)),
    }];
    let middle = [
        vec![(x.pixel(-reach), y.pixel(0.0)), (x.pixel(reach), y.pixel(0.0))],
        vec![(x.pixel(0.0), y.pixel(-reach)), (x.pixel(0.0), y.pixel(reach))],
    ];
    marks
        .extend(middle.map(|points| Mark::Line { points, stroke: Stroke::solid(theme.rule, 1.0) }));
    let label = |at: Point, text: String, anchor: Anchor| Mark::Text {
        at,
        text,
        size: TEXT,
        colour: theme.muted,
        anchor,
        halo: None,
    };
    for tick in ticks(-reach, reach, 4) {
        let text = format!("{tick}").replace('-', "\u{2212}");
        marks.push(label((x.pixel(tick), rect.y + rect.h + 10.0), text.clone(), Anchor::Centre));
        marks.push(label((rect.x - 5.0, y.pixel(tick)), text, Anchor::Right));
    }
    marks
}

/// Short arrows that show where the field points; the longer, the stronger, up to a cell.
fn arrows(phase: &Phase<'_>, x: Scale, y: Scale, theme: &Theme) -> Mark {
    let cell = 2.0 * phase.reach / f64::from(ARROWS);
    let mut ends = Vec::new();
    for k in 0..ARROWS * ARROWS {
        let centre = |i: i32| (f64::from(i) + 0.5) * cell - phase.reach;
        let at = (centre(k % ARROWS), centre(k / ARROWS));
        let way = (phase.field)(at);
        let size = way.0.hypot(way.1);
        if !(size.is_finite() && size > 1e-9) {
            continue;
        }
        let long = 0.9 * cell * (size / (size + 0.5));
        let (dx, dy) = (way.0 / size * long, way.1 / size * long);
        let place = |a: f64, b: f64| (x.pixel(a as f32), y.pixel(b as f32));
        let tip = (at.0 + 0.5 * dx, at.1 + 0.5 * dy);
        ends.push((place(at.0 - 0.5 * dx, at.1 - 0.5 * dy), place(tip.0, tip.1)));
        for side in [0.16, -0.16] {
            let barb = (tip.0 - 0.3 * dx - side * dy, tip.1 - 0.3 * dy + side * dx);
            ends.push((place(tip.0, tip.1), place(barb.0, barb.1)));
        }
    }
    Mark::Segments { ends, stroke: Stroke::solid(theme.muted, 1.0).alpha(0.55) }
}

/// The plane, `size` pixels wide and high.
#[must_use]
pub fn phase(phase: &Phase<'_>, size: Point, theme: &Theme) -> Vec<Mark> {
    let (rect, x, y) = square(size, phase.reach);
    let mut marks = axes(rect, (x, y), phase.reach, theme);
    marks.push(arrows(phase, x, y, theme));
    let place = |state: &State| (x.pixel(state.0 as f32), y.pixel(state.1 as f32));
    for way in phase.ways {
        let pieces = clip_line(way.states.iter().map(place), rect);
        marks.extend(pieces.into_iter().map(|points| Mark::Line { points, stroke: way.stroke }));
        let now = way.now.and_then(|now| way.states.get(now)).map(place);
        marks.extend(now.filter(|at| rect.contains(*at)).map(|at| Mark::Dots {
            at: vec![at],
            radius: 2.0 + way.stroke.width,
            colour: way.stroke.colour,
            alpha: 1.0,
        }));
    }
    let rest = place(&(0.0, 0.0));
    marks.push(Mark::Dots { at: vec![rest], radius: 3.0, colour: theme.ink, alpha: 1.0 });
    let name = |at: Point, text: &str| Mark::Text {
        at,
        text: text.into(),
        size: TEXT + 2.0,
        colour: theme.ink,
        anchor: Anchor::Centre,
        halo: Some(theme.panel),
    };
    marks.push(name((rect.x + rect.w - 12.0, y.pixel(0.0) - 10.0), phase.names.0));
    marks.push(name((x.pixel(0.0) + 12.0, rect.y + 12.0), phase.names.1));
    marks
}

/// The state at a place from 0 to 1 from the left and from the top of a plane of `size` pixels that reaches so far; none
/// outside its square.
#[must_use]
pub fn state_at((right, down): State, size: Point, reach: f64) -> Option<State> {
    let (rect, x, y) = square(size, reach);
    let at = (right as f32 * size.0, down as f32 * size.1);
    rect.contains(at).then(|| (f64::from(x.value(at.0)), f64::from(y.value(at.1))))
}

/// Eigenvalues (real, imaginary) in the complex plane; left of the upright axis the game comes to rest.
#[must_use]
pub fn spectrum(values: &[State], reach: f64, size: Point, theme: &Theme) -> Vec<Mark> {
    let (rect, x, y) = square(size, reach);
    let mut marks = axes(rect, (x, y), reach, theme);
    let at = values.iter().map(|v| (x.pixel(v.0 as f32), y.pixel(v.1 as f32)));
    let at = at.filter(|at| rect.contains(*at)).collect();
    marks.push(Mark::Dots { at, radius: 4.5, colour: theme.d, alpha: 1.0 });
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::Dash;

    const SIZE: Point = (360.0, 320.0);

    fn way(states: Vec<State>) -> Way {
        let stroke =
            Stroke { colour: Theme::LIGHT.pull, alpha: 1.0, width: 2.0, dash: Dash::Solid };
        Way { now: Some(states.len() - 1), states, stroke }
    }

    #[test]
    fn the_state_under_a_place_is_the_one_that_is_drawn_there() {
        let marks = spectrum(&[(0.5, -1.25)], 2.0, SIZE, &Theme::LIGHT);
        let dot = marks.iter().find_map(|mark| match mark {
            Mark::Dots { at, .. } => at.first().copied(),
            _ => None,
        });
        let dot = dot.expect("a dot");
        let place = (f64::from(dot.0 / SIZE.0), f64::from(dot.1 / SIZE.1));
        let state = state_at(place, SIZE, 2.0).expect("within the square");
        assert!((state.0 - 0.5).abs() < 1e-3 && (state.1 + 1.25).abs() < 1e-3, "{state:?}");
        assert_eq!(state_at((0.001, 0.5), SIZE, 2.0), None);
    }

    fn drawn(field: &dyn Fn(State) -> State, ways: &[Way]) -> Vec<Mark> {
        let plane = Phase { field, ways, reach: 2.0, names: ("θ", "ψ") };
        phase(&plane, SIZE, &Theme::LIGHT)
    }

    #[test]
    fn arrows_point_where_the_field_does() {
        let marks = drawn(&|_| (1.0, 0.0), &[]);
        let found = marks.iter().find_map(|mark| match mark {
            Mark::Segments { ends, .. } => Some(ends),
            _ => None,
        });
        let ends = found.expect("arrows");
        assert_eq!(ends.len(), 3 * 15 * 15);
        assert!(ends.iter().step_by(3).all(|(a, b)| b.0 > a.0 + 1.0 && (b.1 - a.1).abs() < 1e-3));
        let none = drawn(&|_| (0.0, f64::NAN), &[]);
        assert!(none.iter().any(|m| matches!(m, Mark::Segments { ends, .. } if ends.is_empty())));
    }

    #[test]
    fn a_way_out_of_the_plane_is_cut_and_its_dot_left_out() {
        let dots = |marks: &[Mark]| {
            marks
                .iter()
                .filter(|m| matches!(m, Mark::Dots { colour, .. } if *colour == Theme::LIGHT.pull))
                .count()
        };
        let inside = drawn(&|_| (0.0, 0.0), &[way(vec![(1.0, 1.0), (0.5, 1.0)])]);
        let outside = drawn(&|_| (0.0, 0.0), &[way(vec![(1.0, 1.0), (9.0, 1.0)])]);
        assert_eq!((dots(&inside), dots(&outside)), (1, 0));
        let (rect, x, _) = square(SIZE, 2.0);
        let ends = outside.iter().find_map(|mark| match mark {
            Mark::Line { points, stroke } if stroke.colour == Theme::LIGHT.pull => points.last(),
            _ => None,
        });
        assert!(ends.is_some_and(|end| (end.0 - rect.x - rect.w).abs() < 0.5));
        assert!((x.pixel(2.0) - rect.x - rect.w).abs() < 1e-3);
    }

    #[test]
    fn eigenvalues_lie_where_they_are() {
        let marks = spectrum(&[(-0.5, 0.5), (-0.5, -0.5)], 1.0, (140.0, 140.0), &Theme::DARK);
        let Some(Mark::Dots { at, .. }) = marks.last() else { panic!("dots") };
        assert!(at[0].0 < 78.0 && at[0].1 < at[1].1 && at[0].0 == at[1].0, "{at:?}");
    }
}
