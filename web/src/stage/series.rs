//! What the score's charts remember of a run.

use adversaria_plot::Track;
use adversaria_protocol::Metrics;

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
    /// The iteration where the run stands, which lies before the end of the curves when it was taken back.
    pub here: u64,
    /// Iteration and updates of the latest moment.
    latest: (u64, u64),
}

impl Default for Series {
    fn default() -> Self {
        let track = || Track::new(CAPACITY);
        Self {
            loss_d: track(),
            loss_g: track(),
            value: track(),
            value_optimal: track(),
            here: 0,
            latest: (0, 0),
        }
    }
}

impl Series {
    /// Adds a frame's figures; those that are not finite are left out. A run that was taken back makes the same again: what
    /// is known of a moment stays, its mean since another frame too. Updates within an iteration are seen.
    pub fn push(&mut self, m: &Metrics) {
        let (at, moment) = (m.iteration as f64, (m.iteration, m.updates_d + m.updates_g));
        let is_new = moment > self.latest;
        self.latest = self.latest.max(moment);
        self.here = m.iteration;
        let add = |track: &mut Track, y: f32| {
            if is_new || track.last().is_none_or(|(last, _)| last < at) {
                track.push(at, y);
            }
        };
        add(&mut self.loss_d, finite_or(m.mean_loss_d, m.loss_d));
        add(&mut self.loss_g, finite_or(m.mean_loss_g, m.loss_g));
        add(&mut self.value, m.value);
        if let Some(e) = &m.evaluation {
            self.value_optimal.push(e.iteration as f64, e.value_optimal);
        }
    }
}

impl Memory for Series {
    fn cut(&mut self, iteration: u64) {
        let Self { loss_d, loss_g, value, value_optimal, here: _, latest } = self;
        if latest.0 > iteration {
            *latest = (iteration, 0);
        }
        for track in [loss_d, loss_g, value, value_optimal] {
            track.cut(iteration as f64);
        }
    }
}

fn finite_or(first: f32, second: f32) -> f32 {
    if first.is_finite() { first } else { second }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(iteration: u64, updates_d: u64, value: f32) -> Metrics {
        Metrics { iteration, updates_d, value, ..Metrics::NEW }
    }

    #[test]
    fn what_is_known_of_a_moment_stays() {
        let mut series = Series::default();
        for moment in [at(10, 10, 1.0), at(20, 20, 2.0), at(15, 15, 9.0), at(20, 20, 9.0)] {
            series.push(&moment);
        }
        assert_eq!((series.value.points(), series.here), (vec![(10.0, 1.0), (20.0, 2.0)], 20));
        series.push(&at(12, 12, 9.0));
        assert_eq!((series.value.last(), series.here), (Some((20.0, 2.0)), 12));
        // A step of D by hand.
        series.push(&at(20, 21, 3.0));
        assert_eq!(series.value.last(), Some((20.0, 3.0)));
        series.cut(12);
        series.push(&at(15, 15, 4.0));
        assert_eq!(series.value.points(), [(10.0, 1.0), (15.0, 4.0)]);
    }
}
