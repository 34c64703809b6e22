//! How far D is from its optimum, for several ways of training beside each other.

use crate::chart::{Curve, Points, trend};
use crate::legend::{Entry, LEAST, Swatch, legend};
use crate::mark::{Anchor, Mark, Stroke};
use crate::theme::{Rgb, Theme};

/// The curves over D-updates in `size` (width, height) pixels, above a legend.
pub(crate) fn gaps(
    curves: &[(&'static str, &Points)],
    (width, height): (f32, f32),
    theme: &Theme,
) -> Vec<Mark> {
    let room = (height - LEAST).max(1.0);
    let coloured = curves.iter().enumerate();
    let drawn: Vec<Curve<'_>> =
        coloured.map(|(i, (_, points))| Curve { points, colour: colour(theme, i) }).collect();
    let mut marks = trend(&drawn, None, None, (width, room), theme);
    // Gaps fall, so there is room above the end.
    marks.push(Mark::Text {
        at: (width - 15.0, 14.0),
        text: "gap V(D*, G) \u{2212} V(D, G), nats, over D-updates".into(),
        size: 11.0,
        colour: theme.muted,
        anchor: Anchor::Right,
        halo: Some(theme.paper),
    });
    let entry = |(i, (name, _)): (usize, &(&'static str, _))| {
        (Swatch::Line(Stroke::solid(colour(theme, i), 1.6)), *name)
    };
    let entries: Vec<Entry> = curves.iter().enumerate().map(entry).collect();
    legend(&mut marks, &entries, width, room, theme);
    marks
}

fn colour(theme: &Theme, number: usize) -> Rgb {
    [theme.real, theme.fake, theme.d, theme.pull][number % 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_has_its_colour_and_its_name() {
        let falling = [(0.0, 0.4), (100.0, 0.2), (200.0, 0.1)];
        let flat = [(0.0, 0.1), (100.0, 0.1), (200.0, 0.1)];
        let curves: [(&str, &Points); 2] = [("k = 1", &falling), ("k = 5", &flat)];
        let marks = gaps(&curves, (500.0, 300.0), &Theme::LIGHT);
        for (number, (name, _)) in curves.iter().enumerate() {
            let own = colour(&Theme::LIGHT, number);
            let is_curve = |m: &&Mark| matches!(m, Mark::Line { points, stroke } if points.len() == 3 && stroke.colour == own);
            assert_eq!(marks.iter().filter(is_curve).count(), 1, "{name}");
            let is_name = |m: &&Mark| matches!(m, Mark::Text { text, .. } if text == name);
            assert_eq!(marks.iter().filter(is_name).count(), 1, "{name}");
        }
    }
}
