//! The legend of figures in files: a swatch and a name for each look.

use crate::mark::{Anchor, Mark, Point, Rect, Stroke};
use crate::plane::triangle;
use crate::theme::{Rgb, Theme};

/// Between the middles of two rows, pixels.
const ROW: f32 = 14.0;
/// The height of a legend of one row or two, pixels.
pub(crate) const LEAST: f32 = 30.0;

/// How an entry of the legend is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Swatch {
    /// A curve.
    Line(Stroke),
    /// A line that the figure draws piece by piece.
    Segment(Stroke),
    /// A filled circle.
    Dot(Rgb),
    /// A cross.
    Cross(Stroke),
    /// A hollow triangle.
    Triangle(Stroke),
    /// Nested contours, the inner one in this stroke and the outer ones paler.
    Rings(Stroke),
    /// A colour among the pixels of an image.
    Fill(Rgb),
}

/// A look and its name.
pub(crate) type Entry = (Swatch, &'static str);

impl Swatch {
    /// Whether a mark of a figure has this look and shows anything.
    pub(crate) fn stands_for(&self, mark: &Mark) -> bool {
        match (self, mark) {
            (Self::Line(wanted), Mark::Line { stroke, points }) => {
                wanted == stroke && points.len() > 1
            }
            (
                Self::Segment(wanted) | Self::Cross(wanted) | Self::Triangle(wanted),
                Mark::Segments { stroke, ends },
            ) => wanted == stroke && !ends.is_empty(),
            (Self::Rings(wanted), Mark::Segments { stroke, ends }) => {
                *wanted == stroke.alpha(wanted.alpha) && !ends.is_empty()
            }
            (Self::Dot(wanted), Mark::Dots { colour, at, .. }) => {
                wanted == colour && !at.is_empty()
            }
            // Between the ends of a ramp any colour may be there.
            (Self::Fill(_), Mark::Image { .. }) => true,
            _ => false,
        }
    }

    fn mark(&self, (x, y): Point) -> Mark {
        match *self {
            Self::Line(stroke) | Self::Segment(stroke) => {
                Mark::Line { points: vec![(x, y), (x + 20.0, y)], stroke }
            }
            Self::Dot(colour) => {
                Mark::Dots { at: vec![(x + 12.0, y)], radius: 3.0, colour, alpha: 1.0 }
            }
            Self::Cross(stroke) => {
                let (cx, r) = (x + 12.0, 3.5);
                let ends =
                    vec![((cx - r, y - r), (cx + r, y + r)), ((cx - r, y + r), (cx + r, y - r))];
                Mark::Segments { ends, stroke }
            }
            Self::Triangle(stroke) => {
                Mark::Segments { ends: triangle((x + 12.0, y + 1.0), 4.5).to_vec(), stroke }
            }
            Self::Rings(stroke) => {
                let centre = (x + 12.0, y);
                let ends = [(9.0, 5.5), (4.0, 2.4)].iter().flat_map(|r| ring(centre, *r)).collect();
                Mark::Segments { ends, stroke }
            }
            Self::Fill(fill) => Mark::Box {
                rect: Rect { x: x + 4.0, y: y - 5.0, w: 16.0, h: 10.0 },
                fill: Some(fill),
                stroke: None,
            },
        }
    }
}

/// The sides of an ellipse with these half axes.
fn ring((x, y): Point, r: Point) -> impl Iterator<Item = (Point, Point)> {
    const SIDES: u16 = 16;
    let corner = move |i: u16| {
        let turn = std::f32::consts::TAU * f32::from(i) / f32::from(SIDES);
        (x + r.0 * turn.cos(), y + r.1 * turn.sin())
    };
    (0..SIDES).map(move |i| (corner(i), corner(i + 1)))
}

/// What an entry takes, pixels; a letter counts as 6.4.
fn room((_, name): &Entry) -> f32 {
    26.0 + 6.4 * name.chars().count() as f32 + 16.0
}

fn total(entries: &[Entry]) -> f32 {
    entries.iter().map(room).sum()
}

/// Rows of about as many entries each: as few as fit into `width` pixels.
fn rows(entries: &[Entry], width: f32) -> Vec<&[Entry]> {
    let count = entries.len().max(1);
    let of = |rows: usize| entries.chunks(count.div_ceil(rows));
    let fits = |rows: &usize| of(*rows).all(|row| total(row) <= width);
    of((1..count).find(fits).unwrap_or(count)).collect()
}

/// What a legend takes, pixels: two rows have room in any case.
pub(crate) fn height(entries: &[Entry], width: f32) -> f32 {
    LEAST + ROW * rows(entries, width).len().saturating_sub(2) as f32
}

/// Centred swatches and names below `top`, in as many rows as [`height`] has room for.
pub(crate) fn legend(
    marks: &mut Vec<Mark>,
    entries: &[Entry],
    width: f32,
    top: f32,
    theme: &Theme,
) {
    let rows = rows(entries, width);
    let middle = top + height(entries, width) / 2.0;
    for (row, entries) in rows.iter().enumerate() {
        let y = middle + ROW * (row as f32 - 0.5 * (rows.len() - 1) as f32);
        let mut x = ((width - total(entries)) / 2.0).max(4.0);
        for entry in *entries {
            marks.push(entry.0.mark((x, y)));
            marks.push(Mark::Text {
                at: (x + 26.0, y),
                text: entry.1.into(),
                size: 11.5,
                colour: theme.ink,
                anchor: Anchor::Left,
                halo: None,
            });
            x += room(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_into_one_row_takes_two() {
        let entries = [(Swatch::Dot(Theme::LIGHT.real), "a name of 20 letters"); 4];
        let places = |width: f32| -> Vec<Point> {
            let mut marks = Vec::new();
            legend(&mut marks, &entries, width, 100.0, &Theme::LIGHT);
            let place = |m: &Mark| if let Mark::Text { at, .. } = m { Some(*at) } else { None };
            marks.iter().filter_map(place).collect()
        };
        assert!(places(700.0).iter().all(|p| p.1 == 115.0));
        let narrow = places(400.0);
        assert_eq!(narrow.iter().map(|p| p.1).collect::<Vec<_>>(), [108.0, 108.0, 122.0, 122.0]);
        assert!(narrow.iter().all(|p| p.0 + 128.0 <= 400.0), "{narrow:?}");
        // More rows go further down.
        let column = places(180.0);
        assert_eq!(column.iter().map(|p| p.1).collect::<Vec<_>>(), [108.0, 122.0, 136.0, 150.0]);
        assert_eq!(height(&entries, 180.0), 58.0);
    }

    #[test]
    fn a_swatch_stands_for_its_own_look_alone() {
        let stroke = Stroke::solid(Theme::LIGHT.fake, 1.5);
        let cross = Swatch::Cross(stroke);
        let segments =
            |stroke, ends: &[(Point, Point)]| Mark::Segments { ends: ends.to_vec(), stroke };
        let one = [((0.0, 0.0), (1.0, 1.0))];
        assert!(cross.stands_for(&segments(stroke, &one)));
        assert!(!cross.stands_for(&segments(stroke, &[])), "nothing is drawn");
        assert!(!cross.stands_for(&segments(stroke.alpha(0.5), &one)), "another look");
        assert!(!Swatch::Line(stroke).stands_for(&segments(stroke, &one)), "no curve");
        assert!(
            Swatch::Rings(stroke).stands_for(&segments(stroke.alpha(0.4), &one)),
            "an outer one"
        );
        assert!(
            !Swatch::Rings(stroke).stands_for(&segments(Stroke { width: 1.0, ..stroke }, &one))
        );
    }
}
