//! What is happening in a run, told from what was measured of it: rules over a window of [`Look`]s, without a clock.
//!
//! A rule is a list of [`Evidence`], each a measured quantity with the bound that it keeps. It fires when all of them
//! hold, and the first that fires is the diagnosis. Its advice is the first change that the spec takes.

mod advice;
mod rules;
mod window;

use core::fmt;

pub use window::{Judged, LEAST_LOOKS, Look, SETTLED, WARM_UP, remember, since, window};

use crate::spec::RunSpec;

/// What can be the matter, the first that holds before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phenomenon {
    /// Losses or gradients grow without bound, or are numbers no more.
    Divergence,
    /// G's minimax loss is flat where its samples lie, and its other loss is not.
    VanishingGradient,
    /// D is sure of nearly every sample, real and generated.
    Saturated,
    /// D has too few units to tell what could be told.
    DiscriminatorTooSmall,
    /// G serves few of the modes.
    ModeCollapse,
    /// p_g comes and goes.
    Oscillation,
    /// D lags behind the best D against this G.
    FarFromOptimal,
    /// G has too few units to make what D asks for.
    GeneratorTooSmall,
    /// p_g is p_data as far as can be measured.
    Converged,
}

impl Phenomenon {
    /// All of them, the first that holds before the others.
    pub const ALL: [Self; 9] = [
        Self::Divergence,
        Self::VanishingGradient,
        Self::Saturated,
        Self::DiscriminatorTooSmall,
        Self::ModeCollapse,
        Self::Oscillation,
        Self::FarFromOptimal,
        Self::GeneratorTooSmall,
        Self::Converged,
    ];

    /// For machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Divergence => "divergence",
            Self::VanishingGradient => "vanishing-gradient",
            Self::Saturated => "saturated",
            Self::DiscriminatorTooSmall => "d-too-small",
            Self::ModeCollapse => "mode-collapse",
            Self::Oscillation => "oscillation",
            Self::FarFromOptimal => "d-far-from-optimal",
            Self::GeneratorTooSmall => "g-too-small",
            Self::Converged => "converged",
        }
    }

    /// For people, in one short sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Divergence => "It diverges: losses or gradients grow without bound.",
            Self::VanishingGradient => {
                "D is saturated: the minimax gradient of G vanishes beside the non-saturating one."
            }
            Self::Saturated => "D is saturated: it is sure of nearly every sample.",
            Self::DiscriminatorTooSmall => {
                "D may be too small: it does not tell G's samples from the data, though they differ."
            }
            Self::ModeCollapse => "Mode collapse: G serves few of the modes.",
            Self::Oscillation => "It oscillates: the match of G and data comes and goes.",
            Self::FarFromOptimal => "D is far from optimal: it lags behind G.",
            Self::GeneratorTooSmall => "G may be too small to make what D asks for.",
            Self::Converged => {
                "Converged: G's samples differ from the data by little more than chance."
            }
        }
    }
}

/// A bound on what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Not above this.
    Most(f64),
    /// Not below this.
    Least(f64),
}

/// Something that was measured, and the bound that a rule sets it; without one it is only told.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What was measured.
    pub what: &'static str,
    /// How much.
    pub seen: f64,
    /// What the rule asks.
    pub bound: Option<Bound>,
}

impl Evidence {
    /// Whether the bound is kept. What is no number keeps none.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self.bound {
            Some(Bound::Most(most)) => self.seen <= most,
            Some(Bound::Least(least)) => self.seen >= least,
            None => true,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.what, figure(self.seen))?;
        match self.bound {
            Some(Bound::Most(most)) => write!(f, " (at most {})", figure(most)),
            Some(Bound::Least(least)) => write!(f, " (at least {})", figure(least)),
            None => Ok(()),
        }
    }
}

/// Three significant digits or so, with a true minus sign.
fn figure(x: f64) -> String {
    let size = x.abs();
    let text = if x.fract() == 0.0 && size < 1e6 {
        format!("{x}")
    } else if !(1e-3..1e5).contains(&size) {
        format!("{x:.1e}")
    } else if size < 1.0 {
        format!("{x:.4}")
    } else {
        format!("{x:.2}")
    };
    text.replace('-', "\u{2212}")
}

/// One change of a run: field and value, as the address has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The address key.
    pub field: &'static str,
    /// Its value.
    pub value: String,
}

/// What is the matter, why that is said, and what might help.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// What is the matter.
    pub phenomenon: Phenomenon,
    /// The rule that fired, with what was measured.
    pub evidence: Vec<Evidence>,
    /// One change that may help.
    pub advice: Option<Advice>,
    /// The first and the last iteration that were looked at.
    pub span: (u64, u64),
}

/// What is happening in a run with these settings, which it has had since iteration `since`; nothing where no rule fires,
/// or too little has been seen. `looks` ascend in iterations.
#[must_use]
pub fn diagnose(spec: &RunSpec, since: u64, looks: &[Look]) -> Option<Diagnosis> {
    let looks = window(since, looks);
    let (first, last) = (looks.first()?, looks.last()?);
    let case = rules::Case { spec, since, looks };
    let found = Phenomenon::ALL.into_iter().find_map(|phenomenon| {
        let evidence = case.evidence(phenomenon)?;
        evidence.iter().all(Evidence::holds).then_some((phenomenon, evidence))
    });
    let (phenomenon, evidence) = found?;
    let advice = advice::of(phenomenon, spec, looks);
    Some(Diagnosis { phenomenon, evidence, advice, span: (first.iteration, last.iteration) })
}

/// The diagnosis of a run that has stopped at this iteration because something is no number any more.
#[must_use]
pub fn stopped(spec: &RunSpec, iteration: u64) -> Diagnosis {
    Diagnosis {
        phenomenon: Phenomenon::Divergence,
        evidence: vec![Evidence {
            what: "a loss, a gradient or a weight",
            seen: f64::NAN,
            bound: None,
        }],
        advice: advice::of(Phenomenon::Divergence, spec, &[]),
        span: (iteration, iteration),
    }
}
