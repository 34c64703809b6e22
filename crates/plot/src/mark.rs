//! A figure as plain data: what is drawn where, in pixels, for whichever canvas comes to paint it.

use crate::theme::Rgb;

/// A place in the figure, pixels from its top left corner.
pub type Point = (f32, f32);

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Rect {
    /// Whether the point lies in it, edges included.
    #[must_use]
    pub fn contains(&self, (x, y): Point) -> bool {
        x >= self.x && x <= self.x + self.w && y >= self.y && y <= self.y + self.h
    }
}

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Strokes.
    Dashed,
    /// Round dots.
    Dotted,
    /// Strokes and short strokes by turns.
    DashDot,
}

impl Dash {
    /// Lengths of strokes and gaps by turns, pixels; empty for a solid line. A dot is a stroke of no length with round
    /// ends.
    #[must_use]
    pub fn pattern(self) -> &'static [f32] {
        match self {
            Self::Solid => &[],
            Self::Dashed => &[7.0, 4.5],
            Self::Dotted => &[0.01, 4.6],
            Self::DashDot => &[10.0, 4.0, 2.5, 4.0],
        }
    }
}

/// A line's look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub colour: Rgb,
    /// 0 invisible to 1 opaque.
    pub alpha: f32,
    /// Pixels.
    pub width: f32,
    /// Solid or broken.
    pub dash: Dash,
}

impl Stroke {
    /// A solid opaque line.
    #[must_use]
    pub fn solid(colour: Rgb, width: f32) -> Self {
        Self { colour, alpha: 1.0, width, dash: Dash::Solid }
    }

    /// The same line, see-through.
    #[must_use]
    pub fn alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// The same line, broken.
    #[must_use]
    pub fn dash(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }
}

/// Which point of a text lies at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The middle of its left edge.
    Left,
    /// Its centre.
    Centre,
    /// The middle of its right edge.
    Right,
}

/// Pixels, each opaque or not there, row 0 at the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `[height, width, 4]`, red, green, blue, and 255 or 0.
    pub rgba: Vec<u8>,
}

/// One thing to draw. Later ones lie over earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// An open line through the points.
    Line {
        /// Where it goes.
        points: Vec<Point>,
        /// Its look.
        stroke: Stroke,
    },
    /// Many short lines of one look.
    Segments {
        /// Both ends of each.
        ends: Vec<(Point, Point)>,
        /// Their look.
        stroke: Stroke,
    },
    /// A filled polygon.
    Area {
        /// Its corners.
        points: Vec<Point>,
        /// Colour.
        colour: Rgb,
        /// 0 invisible to 1 opaque.
        alpha: f32,
    },
    /// Filled circles.
    Dots {
        /// Centres.
        at: Vec<Point>,
        /// Pixels.
        radius: f32,
        /// Colour.
        colour: Rgb,
        /// 0 invisible to 1 opaque.
        alpha: f32,
    },
    /// A rectangle, filled, with an optional border.
    Box {
        /// Where.
        rect: Rect,
        /// Fill.
        fill: Option<Rgb>,
        /// Border.
        stroke: Option<Stroke>,
    },
    /// Pixels stretched over a rectangle.
    Image {
        /// The pixels.
        raster: Raster,
        /// Where.
        rect: Rect,
        /// Whether to blend between pixels.
        smooth: bool,
    },
    /// A line of text.
    Text {
        /// Where.
        at: Point,
        /// What.
        text: String,
        /// Pixels.
        size: f32,
        /// Colour.
        colour: Rgb,
        /// Which point of it lies at `at`.
        anchor: Anchor,
        /// The ground's colour around the letters, where lines may run under them.
        halo: Option<Rgb>,
    },
}
