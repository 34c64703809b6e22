//! The data sets by name: their kind, noise level and table sizes. What they are stands in [`crate::data`].

use super::error::Why;
use super::number::real;

/// What kind of picture a data set makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Numbers, shown on [−3, 3].
    Line,
    /// Points, shown on [−1, 1]².
    Plane,
    /// Pictures.
    Images,
}

macro_rules! data_sets {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $kind:ident, $sigma:expr;)*) => {
        /// A data set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Data { $($(#[$doc])* $variant,)* }

        impl Data {
            /// All of them: 1D, then 2D, then images.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in the address.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What kind of picture it makes.
            #[must_use]
            pub const fn kind(self) -> DataKind {
                match self { $(Self::$variant => DataKind::$kind,)* }
            }

            /// The noise level that `sigma` changes; none where the set has no such thing.
            #[must_use]
            pub const fn default_sigma(self) -> Option<f64> {
                match self { $(Self::$variant => $sigma,)* }
            }
        }
    };
}

data_sets! {
    /// N(0.5, σ²).
    Gaussian1d, "gaussian1d", Line, Some(0.5);
    /// ½ N(−1, σ²) + ½ N(1, σ²).
    Bimodal, "bimodal", Line, Some(0.3);
    /// Three unequal Gaussians.
    Trimodal, "trimodal", Line, None;
    /// U(−1, 1).
    Uniform1d, "uniform1d", Line, None;
    /// Laplace(0, 0.5).
    Laplace, "laplace", Line, None;
    /// All 0: the data of the smallest GAN ([`crate::dirac`]), whose nets are `dirac`.
    Dirac, "dirac", Line, None;
    /// A density that the user drew, linear between its heights.
    Curve, "curve", Line, None;
    /// One column of the user's file; the noise is the bandwidth of its kernel density estimate.
    Column, "column", Line, Some(0.1);
    /// GAN Lab's noisy segment.
    Segment, "line", Plane, Some(0.02);
    /// GAN Lab's two unequal Gaussians.
    Gaussians, "gaussians", Plane, None;
    /// A circle of radius 0.6 with noise.
    Ring, "ring", Plane, Some(0.05);
    /// GAN Lab's three separated blobs.
    Disjoint, "disjoint", Plane, Some(0.06);
    /// 8 Gaussians on radius 0.7.
    Ring8, "ring8", Plane, Some(0.05);
    /// 5×5 Gaussians on {−0.8, …, 0.8}².
    Grid25, "grid25", Plane, Some(0.02);
    /// A roll of one and a half turns.
    SwissRoll, "swissroll", Plane, Some(0.03);
    /// Two interleaved half circles.
    Moons, "moons", Plane, Some(0.05);
    /// Two spiral arms.
    Spiral, "spiral", Plane, Some(0.02);
    /// The dark squares of a 4×4 board.
    Checkerboard, "checkerboard", Plane, Some(0.0);
    /// Points that the user drew; the noise is the bandwidth of their kernel density estimate.
    Drawn, "drawn", Plane, Some(0.03);
    /// Two columns of the user's file, likewise.
    File, "file", Plane, Some(0.03);
    /// Handwritten digits, 28×28.
    Mnist, "mnist", Images, None;
}

impl Data {
    /// Numbers in a sample.
    #[must_use]
    pub const fn dim(self) -> u32 {
        match self.kind() {
            DataKind::Line => 1,
            DataKind::Plane => 2,
            DataKind::Images => 28 * 28,
        }
    }

    /// Classes that G and D can be told: the modes of a mixture of separate ones; 0 where there are none.
    #[must_use]
    pub const fn classes(self) -> u32 {
        match self {
            Self::Bimodal | Self::Gaussians => 2,
            Self::Trimodal | Self::Disjoint => 3,
            Self::Ring8 => 8,
            Self::Grid25 => 25,
            _ => 0,
        }
    }

    /// Whether it is the user's own: drawn, or a file.
    #[must_use]
    pub const fn is_own(self) -> bool {
        matches!(self, Self::Drawn | Self::Curve | Self::File | Self::Column)
    }

    /// The fewest, the usual and the most rows of a training table.
    #[must_use]
    pub const fn rows_range(self) -> (u32, u32, u32) {
        match self.kind() {
            DataKind::Images => (1, 10_000, 60_000),
            DataKind::Line | DataKind::Plane => (1, 65_536, 1 << 20),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        if text == "fashion" {
            return Err(Why::Later);
        }
        Self::ALL.iter().copied().find(|d| d.name() == text).ok_or(Why::Invalid)
    }

    /// A noise level; the checkerboard alone may do without.
    pub(super) fn parse_sigma(self, text: &str) -> Result<f64, Why> {
        match self.default_sigma() {
            None if text == "none" => Ok(0.0),
            None => {
                Err(Why::Conflict(format!("data={} has no noise level to set", self.name()).into()))
            }
            Some(usual) => real(text, if usual == 0.0 { 0.0 } else { 1e-3 }, 2.0),
        }
    }
}
