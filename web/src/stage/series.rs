//! What the score's charts remember of a run.

use adversaria_plot::Track;
use adversaria_protocol::Frame;

use crate::ways::Memory;

/// Buckets of each series; about two per pixel of a chart.
const CAPACITY: usize = 512;

/// The figures of a run over its iterations, in bounded memory; spikes are never lost to thinning.
#[derive(Clone, Debug)]
pub struct Series {
    /// D's loss, mean since the frame before.
    pub loss_d: Track,
    /// G's loss, mean since the frame before.
    pub loss_g: Track,
    /// V(D,G).
    pub value: Track,
    /// V(D*,G), at evaluations.
    pub value_optimal: Track,
}

impl Default for Series {
    fn default() -> Self {
        let track = || Track::new(CAPACITY);
        Self { loss_d: track(), loss_g: track(), value: track(), value_optimal: track() }
    }
}

impl Series {
    /// Adds a frame's figures; those that are not finite are left out, and so are those of a frame before the latest: the
    /// run was taken back, and makes the same again.
    pub fn push(&mut self, frame: &Frame) {
        let m = &frame.metrics;
        let at = m.iteration as f64;
        self.loss_d.push(at, finite_or(m.mean_loss_d, m.loss_d));
        self.loss_g.push(at, finite_or(m.mean_loss_g, m.loss_g));
        self.value.push(at, m.value);
        if let Some(e) = &m.evaluation {
            self.value_optimal.push(e.iteration as f64, e.value_optimal);
        }
    }
}

impl Memory for Series {
    fn cut(&mut self, iteration: u64) {
        let Self { loss_d, loss_g, value, value_optimal } = self;
        for track in [loss_d, loss_g, value, value_optimal] {
            track.cut(iteration as f64);
        }
    }
}

fn finite_or(first: f32, second: f32) -> f32 {
    if first.is_finite() { first } else { second }
}
