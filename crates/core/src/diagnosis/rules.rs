//! The rules: what must have been measured for a phenomenon to be named, and why at those bounds.

use super::window::{Judged, LEAST_LOOKS, Look, SETTLED, WARM_UP};
use super::{Bound, Evidence, Phenomenon};
use crate::spec::{Loss, Net, Reg, RunSpec};

/// A run's settings, since when it has had them, and the looks at it.
pub(super) struct Case<'a> {
    pub(super) spec: &'a RunSpec,
    pub(super) since: u64,
    pub(super) looks: &'a [Look],
}

/// Two standard errors of V(D,G) in the plane, where it is a mean over 1,024 samples of each kind, whose logarithms spread by ½
/// or less while D is near its best: 2 · √2 · ½ / √1,024. On the line it is an integral, and errs by less.
const VALUE_ERROR: f64 = 0.045;

const fn most(what: &'static str, seen: f64, bound: f64) -> Evidence {
    Evidence { what, seen, bound: Some(Bound::Most(bound)) }
}

const fn least(what: &'static str, seen: f64, bound: f64) -> Evidence {
    Evidence { what, seen, bound: Some(Bound::Least(bound)) }
}

const fn told(what: &'static str, seen: f64) -> Evidence {
    Evidence { what, seen, bound: None }
}

impl Case<'_> {
    /// What the rule of this phenomenon asks, with what was seen; none where it does not apply.
    pub(super) fn evidence(&self, phenomenon: Phenomenon) -> Option<Vec<Evidence>> {
        if phenomenon == Phenomenon::Divergence {
            return self.divergence();
        }
        let lasted = self.looks.last()?.iteration.saturating_sub(self.since);
        if lasted < WARM_UP || self.looks.len() < LEAST_LOOKS {
            return None;
        }
        let slow = !matches!(
            phenomenon,
            Phenomenon::VanishingGradient | Phenomenon::Saturated | Phenomenon::ModeCollapse
        );
        if slow && lasted < SETTLED {
            return None;
        }
        match phenomenon {
            Phenomenon::Divergence => None,
            Phenomenon::VanishingGradient => self.vanishing(),
            Phenomenon::Saturated => self.saturated(),
            Phenomenon::DiscriminatorTooSmall => self.discriminator_too_small(),
            Phenomenon::ModeCollapse => self.mode_collapse(),
            Phenomenon::Oscillation => self.oscillation(),
            Phenomenon::FarFromOptimal => self.far_from_optimal(),
            Phenomenon::GeneratorTooSmall => self.generator_too_small(),
            Phenomenon::Converged => self.converged(),
        }
    }

    /// D's output is a probability, and V and the gap mean what the theorem says.
    fn is_of_probabilities(&self) -> bool {
        matches!(self.spec.loss(), Loss::Minimax | Loss::NonSaturating)
    }

    fn median(&self, of: impl Fn(&Look) -> f64) -> f64 {
        median(self.looks.iter().map(of).collect())
    }

    /// All comparisons of the window; none where one is missing.
    fn judged(&self) -> Option<Vec<Judged>> {
        self.looks.iter().map(|look| look.judged).collect()
    }

    /// A loss of probabilities starts near log 4 and grows by logarithms: 100 nats say that D's output is in the hundreds.
    /// Other losses have no scale of their own, so those must have grown as well.
    fn divergence(&self) -> Option<Vec<Evidence>> {
        let last = self.looks.last()?;
        let size = |look: &Look| look.loss_d.abs().max(look.loss_g.abs());
        let grown = size(last) / self.looks.first().map_or(f64::NAN, size);
        Some(vec![
            least("the larger loss, by magnitude", size(last), 100.0),
            least("as a multiple of what it was at the window's begin", grown, 1.5),
        ])
    }

    /// ∂ log(1 − D)/∂a = −D and ∂ log D/∂a = 1 − D, so the ratio of both norms is about D / (1 − D) at the fakes: a tenth
    /// is where D gives them 9 % and less.
    fn vanishing(&self) -> Option<Vec<Evidence>> {
        if self.spec.loss() != Loss::Minimax {
            return None;
        }
        let ratio = self.median(|look| look.norm_minimax / look.norm_nonsaturating);
        Some(vec![
            most("‖∇ minimax‖ / ‖∇ non-saturating‖ of G's losses", ratio, 0.1),
            told("‖∇ minimax‖", self.median(|look| look.norm_minimax)),
            // Where this vanishes as well, as when G stands in the flat part of its tanh, no other loss helps.
            least("‖∇ non-saturating‖", self.median(|look| look.norm_nonsaturating), 0.01),
        ])
    }

    /// V = 0 is certainty. −0.1 is reached at best where D gives 0.95 to every real sample and 0.05 to every fake.
    fn saturated(&self) -> Option<Vec<Evidence>> {
        self.is_of_probabilities().then(|| {
            vec![
                least("V(D, G), 0 at certainty", self.median(|look| look.value), -0.1),
                told("‖∇ minimax‖ of G's losses", self.median(|look| look.norm_minimax)),
                told("‖∇ non-saturating‖", self.median(|look| look.norm_nonsaturating)),
            ]
        })
    }

    /// D's own best is D*: what a regulariser keeps D from is no fault of D.
    fn strives_for_the_optimum(&self) -> bool {
        self.is_of_probabilities() && self.spec.reg() == Reg::default()
    }

    /// The gap is large and does not fall, and D has so few units that more of its updates will not close it.
    fn discriminator_too_small(&self) -> Option<Vec<Evidence>> {
        let judged = self.judged().filter(|_| self.strives_for_the_optimum())?;
        let gaps: Vec<f64> = judged.iter().map(|j| j.gap).collect();
        let falls = later_over_earlier(&gaps);
        Some(vec![
            least("gap V(D*, G) − V(D, G)", median(gaps), 0.2),
            least("its mean, later half over earlier half", falls, 0.9),
            most("hidden units of D", units(self.spec.discriminator()), SMALL),
        ])
    }

    /// A mode counts as found by one good sample in ten thousand, so a missing one is missed indeed. A G that makes nothing
    /// good anywhere serves no mode, and is another matter.
    fn mode_collapse(&self) -> Option<Vec<Evidence>> {
        let judged = self.judged()?;
        let share = |j: &Judged| j.modes.map(|(found, all)| f64::from(found) / f64::from(all));
        let shares: Vec<f64> = judged.iter().map(share).collect::<Option<_>>()?;
        let now = judged.last().and_then(|j| j.modes)?;
        let jsd = median(judged.iter().map(|j| j.jsd).collect());
        Some(vec![
            most("share of modes found, at most in the window", largest(&shares), 0.5),
            told("modes found now", f64::from(now.0)),
            least("JSD", jsd, 0.2),
        ])
    }

    /// Whether the data are clusters in the plane, and G serves all of them with most of its samples at every look. What
    /// the JSD does then, and what D lacks, is about the shape of the clusters.
    fn is_served(&self, judged: &[Judged]) -> bool {
        let serves = |j: &Judged| {
            j.modes.is_some_and(|(found, all)| all >= 3 && found == all)
                && j.quality.is_some_and(|quality| quality >= 0.5)
        };
        self.spec.dim() == 2 && judged.iter().all(serves)
    }

    /// The JSD falls and rises again by more than chance and by a good part of itself, and its later half is no better than
    /// its earlier one.
    fn oscillation(&self) -> Option<Vec<Evidence>> {
        let judged = self.judged().filter(|j| j.len() >= 6 && !self.is_served(j))?;
        let jsd: Vec<f64> = judged.iter().map(|j| j.jsd).collect();
        let swing = largest(&jsd) - smallest(&jsd);
        Some(vec![
            least("JSD's largest less its smallest", swing, 0.06),
            least("turns of at least half of that", turns(&jsd, 0.5 * swing), 2.0),
            least("JSD's mean, later half over earlier half", later_over_earlier(&jsd), 0.8),
        ])
    }

    /// What D lacks of its best, beyond what the two estimates err by.
    fn far_from_optimal(&self) -> Option<Vec<Evidence>> {
        let judged =
            self.judged().filter(|j| self.strives_for_the_optimum() && !self.is_served(j))?;
        let gap = median(judged.iter().map(|j| j.gap).collect());
        let bias = judged.first().map_or(0.0, |j| j.bias);
        Some(vec![least("gap V(D*, G) − V(D, G)", gap, 0.07 + 2.0 * bias + VALUE_ERROR)])
    }

    /// D is near its best and p_g stays away from p_data all the same.
    fn generator_too_small(&self) -> Option<Vec<Evidence>> {
        let judged = self.judged()?;
        let jsd: Vec<f64> = judged.iter().map(|j| j.jsd).collect();
        let bias = judged.first().map_or(0.0, |j| j.bias);
        let mut evidence = vec![
            least("JSD, at least", smallest(&jsd), 0.05 + bias),
            least("JSD's mean, later half over earlier half", later_over_earlier(&jsd), 0.9),
            most("hidden units of G", units(self.spec.generator()), SMALL),
        ];
        if self.is_of_probabilities() {
            let gap = median(judged.iter().map(|j| j.gap).collect());
            evidence.push(most("gap V(D*, G) − V(D, G)", gap, 0.1));
        }
        Some(evidence)
    }

    /// The JSD reads what it reads by chance and little more, throughout, in bins that see the data, and no mode is missed.
    fn converged(&self) -> Option<Vec<Evidence>> {
        let judged = self.judged()?;
        let jsd: Vec<f64> = judged.iter().map(|j| j.jsd).collect();
        let bias = judged.first().map_or(0.0, |j| j.bias);
        let unseen = judged.first().map_or(f64::NAN, |j| j.unseen);
        let mut evidence = vec![
            most("JSD, at most", largest(&jsd), 0.03 + bias),
            most("JSD that may lie within bins", unseen, UNSEEN),
        ];
        let modes: Option<Vec<_>> = judged.iter().map(|j| j.modes).collect();
        if let Some(modes) = modes.filter(|modes| !modes.is_empty()) {
            let missed = modes.iter().map(|(found, all)| f64::from(all.saturating_sub(*found)));
            evidence.push(most("modes missed, at most", largest(&missed.collect::<Vec<_>>()), 0.0));
        }
        if self.is_of_probabilities() {
            let above = self.median(|look| look.value) + libm::log(4.0);
            evidence.push(most("V(D, G) above −log 4", above.abs(), 0.08));
        }
        Some(evidence)
    }
}

/// What bins 2.5 σ wide, the coarsest where finer ones can be had, do not see of round clusters.
const UNSEEN: f64 = 0.13;

/// Hidden units that are few for the scenes here; GAN Lab's own nets have 16.
const SMALL: f64 = 16.0;

fn units(net: &Net) -> f64 {
    f64::from(net.hidden().iter().sum::<u32>())
}

/// The mean of the later half over that of the earlier one.
fn later_over_earlier(values: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (earlier, later) = values.split_at(values.len() / 2);
    mean(later) / mean(earlier)
}

/// NaN where one of them is, so that no bound holds.
fn median(mut values: Vec<f64>) -> f64 {
    if values.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

fn smallest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

/// How often the series turns round by at least `by`: from a top down to a bottom, or up again.
fn turns(values: &[f64], by: f64) -> f64 {
    let Some(&first) = values.first() else { return 0.0 };
    let (mut top, mut bottom, mut way, mut turns) = (first, first, 0_i8, 0.0);
    for &x in values {
        (top, bottom) = (top.max(x), bottom.min(x));
        let (falls, rises) = (top - x >= by && way != -1, x - bottom >= by && way != 1);
        if falls || rises {
            // The first way that is taken is no turn.
            turns += f64::from(u8::from(way != 0));
            way = if falls { -1 } else { 1 };
            (top, bottom) = (x, x);
        }
    }
    turns
}
