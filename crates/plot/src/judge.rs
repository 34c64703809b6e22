//! How the D of the figures is to be read: they show σ(a) of D's output a, and losses differ in what they make of a.

/// What D's output a means under the loss that it is trained with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judge {
    /// D(x) = σ(a) is the probability that x is real (Goodfellow et al. 2014).
    #[default]
    Probability,
    /// a itself is drawn to 1 on real samples and to 0 on fakes (Mao et al. 2017); it is neutral at ½.
    Target,
    /// a is a score without bounds, which σ only brings into view.
    Critic,
    /// σ(a) is the probability that a pack is real, or x where its class is told: D* is a function of more than x.
    Joint,
    /// a as with [`Judge::Target`], of more than x as well.
    JointTarget,
}

impl Judge {
    /// σ(a) where the level named by [`Judge::level`] lies.
    #[must_use]
    pub fn neutral(self) -> f32 {
        match self {
            Self::Probability | Self::Joint | Self::Critic => 0.5,
            Self::Target | Self::JointTarget => sigmoid(0.5),
        }
    }

    /// The name of the neutral level.
    #[must_use]
    pub fn level(self) -> &'static str {
        match self {
            Self::Probability | Self::Joint => "D = ½",
            Self::Target | Self::JointTarget => "a = ½",
            Self::Critic => "a = 0",
        }
    }

    /// The name of the curve, the axis and the field.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Probability | Self::Joint => "D",
            Self::Target | Self::JointTarget => "σ(a)",
            Self::Critic => "critic, σ(a)",
        }
    }

    /// The name of the best D's curve, where the densities say what it is.
    #[must_use]
    pub fn best_name(self) -> Option<&'static str> {
        match self {
            Self::Probability => Some("D*"),
            Self::Target => Some("σ(a*)"),
            Self::Critic | Self::Joint | Self::JointTarget => None,
        }
    }

    /// What the figure shows of the best D, where p_data is this share of p_data + p_g: the share itself is D* (Goodfellow
    /// et al. 2014, Proposition 1) and a* (Mao et al. 2017, eq. 5). NaN where the ratio says nothing of the best D: of a critic, and of
    /// a D that sees more than x.
    #[must_use]
    pub fn best(self, share: f32) -> f32 {
        match self {
            Self::Probability => share,
            Self::Target => sigmoid(share),
            Self::Critic | Self::Joint | Self::JointTarget => f32::NAN,
        }
    }

    /// σ(a) moved so that the neutral level comes to ½, and 0 and 1 stay: what [`crate::Theme::verdict`] takes.
    #[must_use]
    pub fn centred(self, d: f32) -> f32 {
        let neutral = self.neutral();
        if d < neutral {
            0.5 * d / neutral
        } else {
            // NaN stays what it is.
            0.5 + 0.5 * (d - neutral) / (1.0 - neutral)
        }
    }
}

fn sigmoid(a: f32) -> f32 {
    1.0 / (1.0 + (-a).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_is_shown_as_it_is() {
        for d in [0.0, 0.25, 0.5, 0.75, 1.0] {
            assert_eq!(Judge::Probability.centred(d), d);
            assert_eq!(Judge::Probability.best(d), d);
        }
        assert!(Judge::Probability.centred(f32::NAN).is_nan());
    }

    #[test]
    fn a_target_is_neutral_at_one_half_of_the_output() {
        let judge = Judge::Target;
        assert!((judge.neutral() - 0.622_459).abs() < 1e-6);
        assert!((judge.centred(judge.neutral()) - 0.5).abs() < 1e-6);
        assert_eq!((judge.centred(0.0), judge.centred(1.0)), (0.0, 1.0));
        assert!(judge.centred(0.6) < 0.5, "a below ½ looks fake though σ(a) is above ½");
        assert_eq!(judge.best(0.5), judge.neutral(), "equal densities are neutral");
    }

    #[test]
    fn the_ratio_of_densities_says_nothing_of_a_critic() {
        for judge in [Judge::Critic, Judge::Joint, Judge::JointTarget] {
            assert!(judge.best(0.5).is_nan() && judge.best_name().is_none());
        }
    }
}
