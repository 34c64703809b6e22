//! The counters and figures of a run, as read back from the arena.

use adversaria_protocol::Metrics;

use crate::layout::{Layout, Player};

/// One player's figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PlayerFigures {
    pub(crate) updates: u64,
    pub(crate) loss: f32,
    pub(crate) mean_loss: f32,
    pub(crate) grad_norm: f32,
}

/// Both players' figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figures {
    pub(crate) discriminator: PlayerFigures,
    pub(crate) generator: PlayerFigures,
}

impl Figures {
    /// From the words of [`crate::layout::FIGURES`].
    pub(crate) fn decode(layout: &Layout, words: &[f32]) -> Self {
        Self {
            discriminator: PlayerFigures::decode(&layout.discriminator, words),
            generator: PlayerFigures::decode(&layout.generator, words),
        }
    }

    /// What is no longer finite, in words.
    pub(crate) fn diverged(&self) -> Option<&'static str> {
        let bad = |x: f32| !x.is_finite();
        let (d, g) = (&self.discriminator, &self.generator);
        if d.updates > 0 && bad(d.loss) {
            Some("D's loss")
        } else if g.updates > 0 && bad(g.loss) {
            Some("G's loss")
        } else if d.updates > 0 && bad(d.grad_norm) {
            Some("D's gradient")
        } else if g.updates > 0 && bad(g.grad_norm) {
            Some("G's gradient")
        } else {
            None
        }
    }

    /// The metrics that need no probe; the rest is NaN.
    pub(crate) fn metrics(&self, iteration: u64) -> Metrics {
        let (d, g) = (&self.discriminator, &self.generator);
        Metrics {
            iteration,
            updates_d: d.updates,
            updates_g: g.updates,
            loss_d: d.loss,
            loss_g: g.loss,
            mean_loss_d: d.mean_loss,
            mean_loss_g: g.mean_loss,
            grad_norm_d: d.grad_norm,
            grad_norm_g: g.grad_norm,
            ..Metrics::NEW
        }
    }
}

impl PlayerFigures {
    fn decode(player: &Player, words: &[f32]) -> Self {
        let slots = player.slots;
        let word = |at: u32| words[at as usize];
        let updates = u64::from(word(slots.counter).to_bits());
        let seen = |x: f32| if updates == 0 { f32::NAN } else { x };
        let count = word(slots.loss_count);
        Self {
            updates,
            loss: seen(word(slots.loss)),
            mean_loss: if count > 0.0 { word(slots.loss_sum) / count } else { f32::NAN },
            grad_norm: seen(word(slots.grad_square).sqrt()),
        }
    }
}
