//! What a preset's sentence says, as bounds on figures that a program can measure.

/// That a figure keeps a bound from one iteration to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// What is measured.
    pub figure: Figure,
    /// The first and the last iteration at which it is looked at; every [`Claim::EVERY`] between them.
    pub span: (u32, u32),
    /// What must be true of it.
    pub bound: Bound,
}

/// What can be measured of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// JSD(p_data ‖ p_g), nats.
    Jsd,
    /// Modes with a good sample.
    Modes,
    /// Share of good samples.
    Quality,
    /// V(D,G), nats.
    Value,
    /// V(D*,G) − V(D,G), nats: what D lacks of its best.
    Gap,
    /// ‖∇ of G's loss‖.
    GradientG,
    /// How far the mean of G's samples lies from that of the data.
    MeanOffset,
    /// The first coordinate of the mean of G's samples: where on a ring most of them are.
    MeanX,
    /// Share of G's samples with a coordinate beyond ±0.99, where a tanh is flat.
    AtTheEdge,
    /// Mean D(x) of real samples minus mean D(G(z)).
    Advantage,
    /// Share of pixels of G's samples that are nearer to black or white than to grey.
    Contrast,
}

/// What must be true of a figure at all looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// It is never above this.
    Most(f32),
    /// It is never below this.
    Least(f32),
    /// Its mean is not above this.
    MeanMost(f32),
    /// Its mean is not below this.
    MeanLeast(f32),
    /// Its largest and its smallest value are at least this far apart.
    Swings(f32),
}

impl Claim {
    /// Iterations from one look to the next.
    pub const EVERY: u32 = 100;

    pub(super) const fn new(figure: Figure, span: (u32, u32), bound: Bound) -> Self {
        Self { figure, span, bound }
    }

    /// The iterations at which the figure is looked at.
    pub fn looks(&self) -> impl Iterator<Item = u32> {
        (self.span.0..=self.span.1).step_by(Self::EVERY as usize)
    }

    /// Whether what was seen, one value for each look, is as claimed. What is no number is not.
    #[must_use]
    pub fn holds(&self, seen: &[f32]) -> bool {
        let least = seen.iter().copied().fold(f32::INFINITY, f32::min);
        let most = seen.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sound = seen.len() == self.looks().count() && seen.iter().all(|x| !x.is_nan());
        sound
            && match self.bound {
                Bound::Most(bound) => most <= bound,
                Bound::Least(bound) => least >= bound,
                Bound::MeanMost(bound) => mean(seen) <= bound,
                Bound::MeanLeast(bound) => mean(seen) >= bound,
                Bound::Swings(by) => most - least >= by,
            }
    }
}

fn mean(seen: &[f32]) -> f32 {
    seen.iter().sum::<f32>() / seen.len() as f32
}
