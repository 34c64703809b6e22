//! Iterations per second against the size of a run, both logarithmic: a power law is a straight line.

use crate::geometry::Scale;
use crate::legend::{Entry, LEAST, Swatch, legend};
use crate::mark::{Anchor, Mark, Point, Rect, Stroke};
use crate::theme::{Rgb, Theme};

/// One size that grows.
#[derive(Clone, Debug)]
pub struct Growth<'a> {
    /// Its name.
    pub over: &'a str,
    /// Who was measured, and its points (size, iterations per second), sizes ascending.
    pub series: Vec<(&'static str, &'a [(f64, f64)])>,
}

/// Room for labels around a panel's box, pixels: left, top, right, bottom.
const ROOM: [f32; 4] = [52.0, 24.0, 10.0, 40.0];

/// Labels, pixels.
const TEXT: f32 = 11.0;

/// The panels side by side over one range of iterations per second, above a legend.
pub(crate) fn growth(panels: &[Growth<'_>], size: (u32, u32), theme: &Theme) -> Vec<Mark> {
    let (width, height) = (size.0 as f32, size.1 as f32 - LEAST);
    let rates = panels.iter().flat_map(|p| &p.series).flat_map(|(_, points)| points.iter());
    let (low, high) = decades(rates.map(|p| p.1));
    let each = width / panels.len().max(1) as f32;
    let [left, top, right, bottom] = ROOM;
    let mut marks = Vec::new();
    for (number, panel) in panels.iter().enumerate() {
        let x = number as f32 * each + left;
        let rect = Rect { x, y: top, w: each - left - right, h: height - top - bottom };
        Panel { rect, low, high, theme }.draw(panel, &mut marks);
    }
    legend(&mut marks, &entries(panels, theme), width, height, theme);
    marks
}

/// The whole powers of ten around all rates.
fn decades(rates: impl Iterator<Item = f64> + Clone) -> (i32, i32) {
    let logs = rates.filter(|rate| *rate > 0.0 && rate.is_finite()).map(f64::log10);
    let low = logs.clone().fold(f64::INFINITY, f64::min).floor();
    let high = logs.fold(f64::NEG_INFINITY, f64::max).ceil();
    if low < high { (low as i32, high as i32) } else { (0, 1) }
}

fn colour(theme: &Theme, number: usize) -> Rgb {
    [theme.real, theme.fake, theme.d, theme.pull][number % 4]
}

/// Each name once, in the order of its colour.
fn entries(panels: &[Growth<'_>], theme: &Theme) -> Vec<Entry> {
    let series = panels.first().map_or(&[][..], |panel| &panel.series);
    let entry = |(i, (name, _)): (usize, &(&'static str, _))| {
        (Swatch::Line(Stroke::solid(colour(theme, i), 1.8)), *name)
    };
    series.iter().enumerate().map(entry).collect()
}

struct Panel<'a> {
    rect: Rect,
    /// Powers of ten at the lower and the upper edge.
    low: i32,
    high: i32,
    theme: &'a Theme,
}

impl Panel<'_> {
    fn draw(&self, growth: &Growth<'_>, marks: &mut Vec<Mark>) {
        let Rect { x, y, w, h } = self.rect;
        let sizes: Vec<f64> =
            growth.series.first().map_or(vec![], |s| s.1.iter().map(|p| p.0).collect());
        let log = |x: f64| x.log2() as f32;
        let ends = [sizes.first(), sizes.last()].map(|size| log(size.copied().unwrap_or(1.0)));
        let across = Scale::new(ends[0], ends[1], x + 10.0, x + w - 10.0);
        let up = Scale::new(self.low as f32, self.high as f32, y + h, y);
        self.rates(&up, marks);
        for &size in &sizes {
            self.label(
                (across.pixel(log(size)), y + h + 12.0),
                &size.to_string(),
                Anchor::Centre,
                marks,
            );
        }
        self.label((x + w / 2.0, y + h + 29.0), growth.over, Anchor::Centre, marks);
        for (number, (_, points)) in growth.series.iter().enumerate() {
            let place = |&(size, rate): &(f64, f64)| -> Point {
                (across.pixel(log(size)), up.pixel(rate.log10() as f32))
            };
            let at: Vec<Point> = points.iter().filter(|p| p.1 > 0.0).map(place).collect();
            let colour = colour(self.theme, number);
            marks.push(Mark::Line { points: at.clone(), stroke: Stroke::solid(colour, 1.8) });
            marks.push(Mark::Dots { at, radius: 2.6, colour, alpha: 1.0 });
        }
    }

    /// A line at each power of ten, with its name, and thin ones at twice and five times that.
    fn rates(&self, up: &Scale, marks: &mut Vec<Mark>) {
        let Rect { x, w, .. } = self.rect;
        for power in self.low..=self.high {
            for (times, width) in [(1.0_f32, 1.0), (2.0, 0.4), (5.0, 0.4)] {
                let y = up.pixel(power as f32 + times.log10());
                if power == self.high && times > 1.0 {
                    continue;
                }
                let stroke = Stroke::solid(self.theme.rule, width);
                marks.push(Mark::Line { points: vec![(x, y), (x + w, y)], stroke });
                if times == 1.0 {
                    let name = rate(10_f64.powi(power));
                    self.label((x - 6.0, y), &name, Anchor::Right, marks);
                }
            }
        }
        if x < 2.0 * ROOM[0] {
            let title = (x - 40.0, self.rect.y - 14.0);
            self.label(title, "iterations per second", Anchor::Left, marks);
        }
    }

    fn label(&self, at: Point, text: &str, anchor: Anchor, marks: &mut Vec<Mark>) {
        let (text, colour) = (text.to_owned(), self.theme.muted);
        marks.push(Mark::Text { at, text, size: TEXT, colour, anchor, halo: None });
    }
}

/// A power of ten as people write it: 100, 10k, 0.1.
fn rate(x: f64) -> String {
    if x >= 1e6 {
        format!("{}M", x / 1e6)
    } else if x >= 1e3 {
        format!("{}k", x / 1e3)
    } else {
        format!("{x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[(f64, f64)]) -> Vec<Mark> {
        let panel = Growth { over: "width", series: vec![("cpu", points)] };
        growth(&[panel], (400, 300), &Theme::LIGHT)
    }

    /// The line through the points.
    fn curve(marks: &[Mark]) -> Vec<Point> {
        let of_series = |m: &Mark| match m {
            Mark::Line { points, stroke }
                if stroke.colour == Theme::LIGHT.real && points.len() > 2 =>
            {
                Some(points.clone())
            }
            _ => None,
        };
        marks.iter().find_map(of_series).expect("a curve")
    }

    #[test]
    fn a_power_law_is_a_straight_line() {
        let points: Vec<(f64, f64)> =
            [8.0, 16.0, 64.0].iter().map(|x| (*x, 5e5 / (x * x))).collect();
        let at = curve(&drawn(&points));
        let slope = |a: Point, b: Point| (b.1 - a.1) / (b.0 - a.0);
        assert!((slope(at[0], at[1]) - slope(at[1], at[2])).abs() < 1e-3, "{at:?}");
        assert!(slope(at[0], at[1]) > 0.1, "it does not fall: {at:?}");
        let bent = curve(&drawn(&[(8.0, 100.0), (16.0, 90.0), (64.0, 10.0)]));
        assert!((slope(bent[0], bent[1]) - slope(bent[1], bent[2])).abs() > 0.05, "{bent:?}");
    }

    #[test]
    fn the_axes_say_what_they_measure() {
        let marks = drawn(&[(8.0, 120.0), (16.0, 45_000.0)]);
        let texts: Vec<&str> = marks
            .iter()
            .filter_map(
                |m| if let Mark::Text { text, .. } = m { Some(text.as_str()) } else { None },
            )
            .collect();
        for wanted in ["8", "16", "width", "100", "1k", "100k", "iterations per second", "cpu"] {
            assert!(texts.contains(&wanted), "{wanted} is missing: {texts:?}");
        }
    }

    #[test]
    fn nothing_measured_is_no_reason_to_fail() {
        assert!(!drawn(&[]).is_empty() && !drawn(&[(8.0, 0.0)]).is_empty());
        assert!(growth(&[], (10, 10), &Theme::DARK).is_empty());
    }
}
