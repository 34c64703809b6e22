//! Optimisers and the decay of their rates.

use super::TINY;
use super::error::Why;
use super::number::{print, real, whole};

/// How learning rates fall with the number t of updates made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// rate
    None,
    /// rate · ½ (1 + cos(π min(t, n) / n)), n a whole number.
    Cosine(f64),
    /// rate · r^t
    Exponential(f64),
}

impl Decay {
    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("cosine", n)) => Ok(Self::Cosine(whole(n, 1, 1_000_000_000)? as f64)),
            Some(("exp", r)) => Ok(Self::Exponential(real(r, 0.5, 1.0)?)),
            _ => Err(Why::Invalid),
        }
    }

    /// What the rate is multiplied by after t updates.
    #[must_use]
    pub fn factor(self, t: u64) -> f64 {
        let t = t as f64;
        match self {
            Self::None => 1.0,
            Self::Cosine(n) => 0.5 * (1.0 + (std::f64::consts::PI * t.min(n) / n).cos()),
            Self::Exponential(r) => r.powf(t),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Cosine(n) => format!("cosine:{}", print(n)),
            Self::Exponential(r) => format!("exp:{}", print(r)),
        }
    }
}

/// How a gradient becomes a step; the formulas stand with the ops that do it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimiser {
    /// torch.optim.SGD.
    Sgd {
        /// Learning rate.
        lr: f64,
        /// μ in [0, 1).
        momentum: f64,
    },
    /// Kingma & Ba 2015.
    Adam {
        /// Learning rate.
        lr: f64,
        /// β1 in [0, 1).
        beta1: f64,
        /// β2 in [0, 1).
        beta2: f64,
    },
    /// torch.optim.RMSprop.
    RmsProp {
        /// Learning rate.
        lr: f64,
        /// α in [0, 1).
        alpha: f64,
    },
}

impl Optimiser {
    /// The learning rate.
    #[must_use]
    pub const fn lr(self) -> f64 {
        match self {
            Self::Sgd { lr, .. } | Self::Adam { lr, .. } | Self::RmsProp { lr, .. } => lr,
        }
    }

    /// The same with what of `next` it may take over while a run goes on: the rate, and the momentum where it has one.
    pub(super) fn moved_to(self, next: Self) -> Self {
        let lr = next.lr();
        match (self, next) {
            (Self::Sgd { momentum: now, .. }, Self::Sgd { momentum, .. })
                if now > 0.0 && momentum > 0.0 =>
            {
                next
            }
            _ => self.at_rate(lr),
        }
    }

    const fn at_rate(self, lr: f64) -> Self {
        match self {
            Self::Sgd { momentum, .. } => Self::Sgd { lr, momentum },
            Self::Adam { beta1, beta2, .. } => Self::Adam { lr, beta1, beta2 },
            Self::RmsProp { alpha, .. } => Self::RmsProp { lr, alpha },
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        let mut parts = text.split(':');
        let mut next = || parts.next();
        let kind = next();
        let lr = next().map_or(Err(Why::Invalid), |t| real(t, TINY, 100.0))?;
        let (one, two, more) = (next(), next(), next());
        let keep = |t: &str| {
            real(t, 0.0, 1.0).and_then(|x| if x < 1.0 { Ok(x) } else { Err(Why::Invalid) })
        };
        match (kind, one, two, more) {
            (Some("sgd"), momentum, None, None) => {
                Ok(Self::Sgd { lr, momentum: momentum.map_or(Ok(0.0), keep)? })
            }
            (Some("rmsprop"), alpha, None, None) => {
                Ok(Self::RmsProp { lr, alpha: alpha.map_or(Ok(0.99), keep)? })
            }
            (Some("adam"), None, None, None) => Ok(Self::Adam { lr, beta1: 0.9, beta2: 0.999 }),
            (Some("adam"), Some(b1), Some(b2), None) => {
                Ok(Self::Adam { lr, beta1: keep(b1)?, beta2: keep(b2)? })
            }
            _ => Err(Why::Invalid),
        }
    }

    /// Optional parts are left out where they stand at their default.
    pub(super) fn text(self) -> String {
        let lr = print(self.lr());
        match self {
            Self::Sgd { momentum: 0.0, .. } => format!("sgd:{lr}"),
            Self::Sgd { momentum, .. } => format!("sgd:{lr}:{}", print(momentum)),
            Self::Adam { beta1: 0.9, beta2: 0.999, .. } => format!("adam:{lr}"),
            Self::Adam { beta1, beta2, .. } => {
                format!("adam:{lr}:{}:{}", print(beta1), print(beta2))
            }
            Self::RmsProp { alpha: 0.99, .. } => format!("rmsprop:{lr}"),
            Self::RmsProp { alpha, .. } => format!("rmsprop:{lr}:{}", print(alpha)),
        }
    }
}
