//! Plain geometry of figures: scales, ticks, contours, clipping, dashes.

use crate::mark::{Point, Rect};

/// A straight map from a range of values to a range of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    from: f32,
    to: f32,
    start: f32,
    end: f32,
}

impl Scale {
    /// Maps `from` to `start` and `to` to `end`. A range that is empty or not finite is widened to one unit, so that
    /// every value has a place.
    #[must_use]
    pub fn new(from: f32, to: f32, start: f32, end: f32) -> Self {
        let from = if from.is_finite() { from } else { 0.0 };
        let to = if to.is_finite() && (to - from).abs() > f32::EPSILON * from.abs().max(1.0) {
            to
        } else {
            from + 1.0
        };
        Self { from, to, start, end }
    }

    /// The pixel of a value.
    #[must_use]
    pub fn pixel(&self, value: f32) -> f32 {
        self.start + (value - self.from) / (self.to - self.from) * (self.end - self.start)
    }

    /// The value at a pixel.
    #[must_use]
    pub fn value(&self, pixel: f32) -> f32 {
        let span = self.end - self.start;
        let t = if span == 0.0 { 0.0 } else { (pixel - self.start) / span };
        self.from + t * (self.to - self.from)
    }
}

/// Round values (1, 2 or 5 times a power of ten apart) in \[low, high\], about `count` of them.
#[must_use]
pub fn ticks(low: f32, high: f32, count: usize) -> Vec<f32> {
    let (low, high) = (f64::from(low), f64::from(high));
    if !(low.is_finite() && high.is_finite() && high > low) || count == 0 {
        return Vec::new();
    }
    let raw = (high - low) / count as f64;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|s| *s >= raw * 0.97)
        .unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
    (first..=last).map(|i| (i as f64 * step) as f32).collect()
}

/// The segments where the field crosses `level`, by marching squares with linear interpolation.
///
/// `field` is `[side, side]`, row-major; positions are in cells, (column, row), with the first value at (0, 0). Cells
/// with a corner that is not finite are left out. In a saddle the mean of the corners decides what is joined.
#[must_use]
pub fn contour(field: &[f32], side: usize, level: f32) -> Vec<(Point, Point)> {
    let mut segments = Vec::new();
    if side < 2 || field.len() != side * side {
        return segments;
    }
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            let at = row * side + column;
            let corners = [field[at], field[at + 1], field[at + side + 1], field[at + side]]
                .map(|v| v - level);
            cell(&mut segments, corners, column as f32, row as f32);
        }
    }
    segments
}

/// The field with `finer` values for each of its steps, `[(side − 1) finer + 1]` a side, by cubic interpolation along
/// rows and then columns (Catmull and Rom 1974); its own values stay, and beyond the border it is held.
///
/// `field` is `[side, side]`, row-major.
#[must_use]
pub(crate) fn refine(field: &[f32], side: usize, finer: usize) -> Vec<f32> {
    if side < 2 || finer < 1 || field.len() != side * side {
        return Vec::new();
    }
    let fine = (side - 1) * finer + 1;
    let along: Vec<f32> = field
        .chunks_exact(side)
        .flat_map(|row| (0..fine).map(move |i| cubic(|j| row[j], side, i, finer)))
        .collect();
    let column = |c: usize| {
        let along = &along;
        move |j: usize| along[j * fine + c]
    };
    (0..fine * fine).map(|i| cubic(column(i % fine), side, i / fine, finer)).collect()
}

/// The value `i` steps of 1/`finer` along a row of `side` values.
fn cubic(value: impl Fn(usize) -> f32, side: usize, i: usize, finer: usize) -> f32 {
    let (from, t) = (i / finer, (i % finer) as f32 / finer as f32);
    if i.is_multiple_of(finer) {
        return value(from);
    }
    let last = side - 1;
    let [a, b, c, d] =
        [from.saturating_sub(1), from, (from + 1).min(last), (from + 2).min(last)].map(value);
    b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
}

/// The corners run around the cell: (0,0), (1,0), (1,1), (0,1); edge i joins corner i to the next.
fn cell(segments: &mut Vec<(Point, Point)>, v: [f32; 4], x: f32, y: f32) {
    if v.iter().any(|c| !c.is_finite()) {
        return;
    }
    const CORNER: [Point; 4] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let crossing = |edge: usize| {
        let (a, b) = (edge, (edge + 1) % 4);
        let t = v[a] / (v[a] - v[b]);
        (
            x + CORNER[a].0 + t * (CORNER[b].0 - CORNER[a].0),
            y + CORNER[a].1 + t * (CORNER[b].1 - CORNER[a].1),
        )
    };
    let above = v.map(|c| c >= 0.0);
    let crossed: Vec<usize> = (0..4).filter(|&e| above[e] != above[(e + 1) % 4]).collect();
    match crossed[..] {
        [a, b] => segments.push((crossing(a), crossing(b))),
        [..] if crossed.len() == 4 => {
            let middle_above = v.iter().sum::<f32>() >= 0.0;
            // The corner that the middle does not go with is cut off: corner 0 lies between edges 3 and 0.
            let pairs = if above[0] == middle_above { [(0, 1), (2, 3)] } else { [(3, 0), (1, 2)] };
            segments.extend(pairs.map(|(a, b)| (crossing(a), crossing(b))));
        }
        _ => {}
    }
}

/// The part of a segment inside the rectangle (Liang and Barsky), if any.
#[must_use]
pub fn clip(a: Point, b: Point, rect: Rect) -> Option<(Point, Point)> {
    if !(a.0.is_finite() && a.1.is_finite() && b.0.is_finite() && b.1.is_finite()) {
        return None;
    }
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let bounds = [
        (-dx, a.0 - rect.x),
        (dx, rect.x + rect.w - a.0),
        (-dy, a.1 - rect.y),
        (dy, rect.y + rect.h - a.1),
    ];
    let (mut enter, mut leave) = (0.0_f32, 1.0_f32);
    for (p, q) in bounds {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            enter = enter.max(q / p);
        } else {
            leave = leave.min(q / p);
        }
    }
    // The ends themselves come back exactly, so that the pieces of a line join.
    let at = |t: f32| match t {
        0.0 => a,
        1.0 => b,
        _ => (a.0 + t * dx, a.1 + t * dy),
    };
    (enter <= leave).then(|| (at(enter), at(leave)))
}

/// The parts of a line inside the rectangle; where a point is not finite the line is broken.
#[must_use]
pub fn clip_line(points: impl Iterator<Item = Point>, rect: Rect) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut last: Option<Point> = None;
    for point in points {
        if let Some((from, to)) = last.and_then(|last| clip(last, point, rect)) {
            match pieces.last_mut() {
                Some(piece) if piece.last() == Some(&from) => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
        }
        last = Some(point);
    }
    pieces
}

/// The strokes of a broken line along the points: `pattern` holds the lengths of strokes and gaps by turns, pixels, and
/// begins anew at its end. Without a length above 0 there are none.
#[must_use]
pub fn dashes(points: &[Point], pattern: &[f32]) -> Vec<Vec<Point>> {
    let (mut pieces, mut piece) = (Vec::new(), Vec::new());
    if !pattern.iter().any(|length| *length > 0.0) {
        return pieces;
    }
    // An odd pattern is gone through twice, as canvases do, so that strokes have even places.
    let turns = pattern.len() * (1 + pattern.len() % 2);
    let (mut turn, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        if !length.is_finite() || length == 0.0 {
            continue;
        }
        let at = |s: f32| (a.0 + s / length * (b.0 - a.0), a.1 + s / length * (b.1 - a.1));
        let mut done = 0.0;
        if turn % 2 == 0 && piece.is_empty() {
            piece.push(a);
        }
        while length - done >= left {
            done += left;
            piece.push(at(done));
            if turn % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![at(done)];
            }
            turn = (turn + 1) % turns;
            left = pattern[turn % pattern.len()];
        }
        left -= length - done;
        if turn % 2 == 0 {
            piece.push(b);
        }
    }
    if turn % 2 == 0 && left < pattern[turn % pattern.len()] && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// The runs of finite points, each at least two long.
#[must_use]
pub fn finite_runs(points: impl Iterator<Item = Point>) -> Vec<Vec<Point>> {
    let (mut runs, mut run) = (Vec::new(), Vec::new());
    for point in points {
        if point.0.is_finite() && point.1.is_finite() {
            run.push(point);
        } else if run.len() > 1 {
            runs.push(std::mem::take(&mut run));
        } else {
            run.clear();
        }
    }
    if run.len() > 1 {
        runs.push(run);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f32, b: f32, tolerance: f32) -> bool {
        (a - b).abs() <= tolerance
    }

    #[test]
    fn a_scale_goes_there_and_back_and_survives_empty_ranges() {
        let scale = Scale::new(-3.0, 3.0, 10.0, 610.0);
        assert_eq!(scale.pixel(0.0), 310.0);
        assert!(near(scale.value(scale.pixel(1.25)), 1.25, 1e-5));
        for (from, to) in [(2.0, 2.0), (f32::NAN, 1.0), (0.0, f32::INFINITY)] {
            assert!(Scale::new(from, to, 0.0, 100.0).pixel(0.5).is_finite(), "{from} to {to}");
        }
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(-3.0, 3.0, 6), [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(ticks(0.0, 0.9, 4), [0.0, 0.5]);
        assert_eq!(ticks(1.0, 1.0, 4), []);
        assert_eq!(ticks(f32::NAN, 1.0, 4), []);
    }

    #[test]
    fn a_refined_field_keeps_its_values_and_its_slopes() {
        let side = 5;
        let field: Vec<f32> =
            (0..side * side).map(|i| 2.0 * (i % side) as f32 - (i / side) as f32).collect();
        let fine = refine(&field, side, 4);
        let n = 4 * (side - 1) + 1;
        assert_eq!(fine.len(), n * n);
        for i in 0..side * side {
            assert_eq!(fine[4 * (i / side) * n + 4 * (i % side)], field[i]);
        }
        // One step of the inside, where nothing is held: a straight field stays straight.
        for (row, column) in [(5, 6), (6, 5), (7, 11)] {
            let wanted = 2.0 * column as f32 / 4.0 - row as f32 / 4.0;
            assert!(near(fine[row * n + column], wanted, 1e-5), "at {row}, {column}");
        }
        assert_eq!(refine(&field, 4, 4), [], "not a square of that side");
    }

    #[test]
    fn the_contour_of_a_plane_is_the_straight_line_where_it_must_be() {
        let side = 9;
        let field: Vec<f32> = (0..side * side).map(|i| (i % side) as f32 + 0.25).collect();
        let segments = contour(&field, side, 3.5);
        assert_eq!(segments.len(), side - 1, "one segment a row of cells");
        assert!(
            segments.iter().all(|(a, b)| near(a.0, 3.25, 1e-5) && near(b.0, 3.25, 1e-5)),
            "{segments:?}"
        );
    }

    #[test]
    fn the_contour_of_a_cone_is_its_circle() {
        let (side, centre, radius) = (41_usize, 20.0_f32, 12.3_f32);
        let field: Vec<f32> = (0..side * side)
            .map(|i| ((i % side) as f32 - centre).hypot((i / side) as f32 - centre))
            .collect();
        let segments = contour(&field, side, radius);
        let on_circle = |p: Point| near((p.0 - centre).hypot(p.1 - centre), radius, 0.03);
        assert!(segments.iter().all(|(a, b)| on_circle(*a) && on_circle(*b)));
        let length: f32 = segments.iter().map(|(a, b)| (b.0 - a.0).hypot(b.1 - a.1)).sum();
        assert!(near(length, std::f32::consts::TAU * radius, 0.2), "length {length}");
    }

    #[test]
    fn a_saddle_joins_what_its_middle_joins() {
        let high_middle = contour(&[1.0, -0.5, -0.5, 1.0], 2, 0.0);
        assert_eq!(high_middle.len(), 2);
        // The low corner (1, 0) is cut off: one segment runs from the top edge to the right edge.
        assert!(high_middle.iter().any(|(a, b)| a.1 == 0.0 && b.0 == 1.0), "{high_middle:?}");
        let low_middle = contour(&[0.5, -1.0, -1.0, 0.5], 2, 0.0);
        assert!(low_middle.iter().any(|(a, b)| a.0 == 0.0 && b.1 == 0.0), "{low_middle:?}");
    }

    #[test]
    fn a_broken_field_has_no_contour_and_does_not_panic() {
        assert!(contour(&[], 0, 0.5).is_empty() && contour(&[1.0; 5], 2, 0.5).is_empty());
        assert!(contour(&[0.0, 1.0, f32::NAN, 1.0], 2, 0.5).is_empty());
    }

    #[test]
    fn clipping_keeps_the_inside() {
        let rect = Rect { x: 0.0, y: 0.0, w: 10.0, h: 10.0 };
        assert_eq!(clip((-5.0, 5.0), (5.0, 5.0), rect), Some(((0.0, 5.0), (5.0, 5.0))));
        assert_eq!(clip((1.0, 1.0), (2.0, 3.0), rect), Some(((1.0, 1.0), (2.0, 3.0))));
        assert_eq!(clip((-5.0, -5.0), (-1.0, 20.0), rect), None);
        assert_eq!(clip((f32::NAN, 1.0), (2.0, 3.0), rect), None);
    }

    #[test]
    fn a_spike_is_cut_where_it_leaves() {
        let rect = Rect { x: 0.0, y: 0.0, w: 10.0, h: 10.0 };
        let points = [
            (0.0, 8.0),
            (2.0, 8.0),
            (4.0, -8.0),
            (6.0, 8.0),
            (7.0, f32::NAN),
            (8.0, 8.0),
            (9.0, 8.0),
        ];
        let pieces = clip_line(points.into_iter(), rect);
        let wanted = [
            vec![(0.0, 8.0), (2.0, 8.0), (3.0, 0.0)],
            vec![(5.0, 0.0), (6.0, 8.0)],
            vec![(8.0, 8.0), (9.0, 8.0)],
        ];
        assert_eq!(pieces, wanted);
    }

    #[test]
    fn dashes_have_their_length_also_around_corners() {
        let pieces = dashes(&[(0.0, 0.0), (3.0, 0.0), (3.0, 9.0)], &[4.0, 2.0]);
        let lengths: Vec<f32> = pieces
            .iter()
            .map(|p| p.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum())
            .collect();
        assert_eq!(lengths, [4.0, 4.0]);
        assert_eq!(pieces[0], [(0.0, 0.0), (3.0, 0.0), (3.0, 1.0)]);
        assert_eq!(pieces[1], [(3.0, 3.0), (3.0, 7.0)]);
    }

    #[test]
    fn a_longer_pattern_is_gone_through_in_turn() {
        let spans = |pattern: &[f32]| -> Vec<(f32, f32)> {
            let pieces = dashes(&[(0.0, 0.0), (20.0, 0.0)], pattern);
            pieces.iter().map(|p| (p[0].0, p[p.len() - 1].0)).collect()
        };
        assert_eq!(
            spans(&[5.0, 2.0, 1.0, 2.0]),
            [(0.0, 5.0), (7.0, 8.0), (10.0, 15.0), (17.0, 18.0)]
        );
        assert_eq!(spans(&[6.0]), [(0.0, 6.0), (12.0, 18.0)], "one length is stroke and gap");
        assert_eq!(spans(&[]), []);
        assert_eq!(spans(&[0.0, 0.0]), []);
    }

    #[test]
    fn runs_break_where_a_value_is_missing() {
        let points = [
            (0.0, 1.0),
            (1.0, 1.0),
            (2.0, f32::NAN),
            (3.0, 1.0),
            (4.0, f32::NAN),
            (5.0, 1.0),
            (6.0, 2.0),
        ];
        assert_eq!(
            finite_runs(points.into_iter()),
            [vec![(0.0, 1.0), (1.0, 1.0)], vec![(5.0, 1.0), (6.0, 2.0)]]
        );
    }
}
