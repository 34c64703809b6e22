//! Marks on a plotters backend, for files. (The page draws the same marks on its canvas itself, which knows dashes and
//! parts of pixels; plotters knows neither.)

use crate::PlotError;
use crate::geometry::dashes;
use crate::mark::{Anchor, Dash, Mark, Point, Raster, Rect, Stroke};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The steps from a letter's place to its halo.
const AROUND: [(f32, f32); 8] = [
    (1.0, 0.0),
    (0.7, 0.7),
    (0.0, 1.0),
    (-0.7, 0.7),
    (-1.0, 0.0),
    (-0.7, -0.7),
    (0.0, -1.0),
    (0.7, -0.7),
];

/// plotters' text is this much smaller than its size says, on SVG and with `ab_glyph` alike.
const TEXT: f32 = 1.24;

/// Draws the marks in order, `scale` pixels of the area for each of theirs.
///
/// # Errors
/// When the backend cannot draw.
pub fn paint<DB: DrawingBackend>(
    marks: &[Mark],
    area: &DrawingArea<DB, Shift>,
    scale: f32,
) -> Result<(), PlotError> {
    let painter = Painter { area, scale };
    marks.iter().try_for_each(|mark| painter.mark(mark))
}

pub(crate) fn colour(c: crate::Rgb) -> RGBColor {
    RGBColor(c.0, c.1, c.2)
}

struct Painter<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    scale: f32,
}

impl<DB: DrawingBackend> Painter<'_, DB> {
    fn mark(&self, mark: &Mark) -> Result<(), PlotError> {
        match mark {
            Mark::Line { points, stroke } => self.line(points, *stroke),
            Mark::Segments { ends, stroke } => {
                ends.iter().try_for_each(|(a, b)| self.line(&[*a, *b], *stroke))
            }
            Mark::Area { points, colour: c, alpha } => {
                let corners: Vec<_> = points.iter().map(|p| self.at(*p)).collect();
                self.draw(&Polygon::new(corners, colour(*c).mix(f64::from(*alpha))))
            }
            Mark::Dots { at, radius, colour: c, alpha } => {
                let style = colour(*c).mix(f64::from(*alpha)).filled();
                at.iter().try_for_each(|p| {
                    self.draw(&Circle::new(self.at(*p), self.length(*radius), style))
                })
            }
            Mark::Box { rect, fill, stroke } => self.rect(*rect, *fill, *stroke),
            Mark::Image { raster, rect, .. } => self.image(raster, *rect),
            Mark::Text { at, text, size, colour: c, anchor, halo } => {
                let across = match anchor {
                    Anchor::Left => HPos::Left,
                    Anchor::Centre => HPos::Center,
                    Anchor::Right => HPos::Right,
                };
                let place = Pos::new(across, VPos::Center);
                let write = |c: crate::Rgb, at: Point| {
                    let fill = colour(c);
                    let style =
                        TextStyle::from(("sans-serif", f64::from(TEXT * size * self.scale)))
                            .color(&fill)
                            .pos(place);
                    self.area.draw_text(text, &style, self.at(at)).map_err(PlotError::backend)
                };
                if let Some(ground) = halo {
                    AROUND
                        .iter()
                        .try_for_each(|(x, y)| write(*ground, (at.0 + 1.5 * x, at.1 + 1.5 * y)))?;
                }
                write(*c, *at)
            }
        }
    }

    fn at(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn length(&self, v: f32) -> u32 {
        (v * self.scale).round().max(1.0) as u32
    }

    fn draw<E>(&self, element: &E) -> Result<(), PlotError>
    where
        for<'b> &'b E: plotters::element::PointCollection<'b, (i32, i32)>,
        E: plotters::element::Drawable<DB>,
    {
        self.area.draw(element).map_err(PlotError::backend)
    }

    fn line(&self, points: &[Point], stroke: Stroke) -> Result<(), PlotError> {
        let colour = colour(stroke.colour).mix(f64::from(stroke.alpha));
        let style =
            ShapeStyle { color: colour, filled: false, stroke_width: self.length(stroke.width) };
        let path = |points: &[Point]| {
            PathElement::new(points.iter().map(|p| self.at(*p)).collect::<Vec<_>>(), style)
        };
        let pattern = stroke.dash.pattern();
        if pattern.is_empty() {
            return self.draw(&path(points));
        }
        for piece in dashes(points, pattern) {
            match (stroke.dash, piece.first()) {
                (Dash::Dotted, Some(p)) => {
                    self.draw(&Circle::new(
                        self.at(*p),
                        self.length(stroke.width / 2.0),
                        colour.filled(),
                    ))?;
                }
                _ => self.draw(&path(&piece))?,
            }
        }
        Ok(())
    }

    fn rect(
        &self,
        rect: Rect,
        fill: Option<crate::Rgb>,
        stroke: Option<Stroke>,
    ) -> Result<(), PlotError> {
        let corners = [self.at((rect.x, rect.y)), self.at((rect.x + rect.w, rect.y + rect.h))];
        if let Some(fill) = fill {
            self.draw(&Rectangle::new(corners, colour(fill).filled()))?;
        }
        if let Some(stroke) = stroke {
            let colour = colour(stroke.colour).mix(f64::from(stroke.alpha));
            self.draw(&Rectangle::new(corners, colour.stroke_width(self.length(stroke.width))))?;
        }
        Ok(())
    }

    /// Each run of equal pixels of a row as one rectangle; vector files know no better, and stay sharp.
    fn image(&self, raster: &Raster, rect: Rect) -> Result<(), PlotError> {
        let (w, h) = (raster.width as usize, raster.height as usize);
        let step = (rect.w / w.max(1) as f32, rect.h / h.max(1) as f32);
        for (y, row) in raster.rgba.chunks_exact(4 * w.max(1)).enumerate() {
            let pixels: Vec<&[u8]> = row.chunks_exact(4).collect();
            let mut x = 0;
            for run in pixels.chunk_by(|a, b| a == b) {
                let place = |i: usize, j: usize| {
                    self.at((rect.x + i as f32 * step.0, rect.y + j as f32 * step.1))
                };
                let corners = [place(x, y), place(x + run.len(), y + 1)];
                let fill = RGBColor(run[0][0], run[0][1], run[0][2]).filled();
                if run[0][3] != 0 {
                    self.draw(&Rectangle::new(corners, fill))?;
                }
                x += run.len();
            }
        }
        Ok(())
    }
}
