//! How many iterations a slice has on a device that answers later: measured from the arrival of one slice's words to
//! the arrival of the next, of which the part that does not grow with the slice is told apart.

/// A slice of training is meant to keep the device this long.
pub(crate) const SLICE_MILLIS: f64 = 8.0;
/// Most iterations in a slice.
pub(crate) const MOST: f64 = 65_536.0;
/// What comes back later than this has not merely travelled long: the device was at work.
const LONGEST_JOURNEY: f64 = 60.0;

/// Iterations under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slice {
    pub(crate) iterations: u32,
    /// Milliseconds that the executor expected of them before anything was measured; 0 where it expects nothing.
    pub(crate) expected: f64,
    /// When they were submitted, milliseconds.
    pub(crate) begun: f64,
    /// Nothing else was submitted between the slice before and this one.
    pub(crate) alone: bool,
}

/// What slices cost: `overhead` milliseconds each, whatever their size, and `each` for every iteration.
#[derive(Clone, Debug)]
pub(crate) struct Gauge {
    overhead: Option<f64>,
    each: f64,
    /// Milliseconds that an iteration was expected to take.
    expected: f64,
    /// Iterations and milliseconds of the slice before.
    last: Option<(f64, f64)>,
    /// When words last came from the device.
    came: f64,
    /// What has come in this turn: slices, and whether anything else.
    arrived: Vec<Slice>,
    looked: bool,
}

impl Default for Gauge {
    fn default() -> Self {
        Self {
            overhead: None,
            each: 0.0,
            expected: 0.0,
            last: None,
            came: f64::NEG_INFINITY,
            arrived: vec![],
            looked: false,
        }
    }
}

impl Gauge {
    /// The words of a look at the players have come, asked for at `begun`: gives how long the device was busy with
    /// them, as far as can be told from slices that have come in the same turn. [`Gauge::reckon`] follows.
    pub(crate) fn look(&mut self, begun: f64, now: f64) -> f64 {
        let before = self.arrived.first().map_or(begun, |slice| slice.begun.min(begun));
        let training: f64 =
            self.arrived.iter().map(|slice| self.each * f64::from(slice.iterations)).sum();
        self.looked = true;
        (now - before.max(self.came) - training).max(0.0)
    }

    /// The words of a slice have come; [`Gauge::reckon`] follows.
    pub(crate) fn arrive(&mut self, slice: Slice) {
        self.arrived.push(slice);
    }

    /// Learns from what has come in this turn.
    pub(crate) fn reckon(&mut self, now: f64) {
        let looked = std::mem::take(&mut self.looked);
        let slices = std::mem::take(&mut self.arrived);
        if let Some(first) = slices.first().filter(|_| !looked)
            && slices.iter().all(|slice| slice.alone)
        {
            // Several that were seen at once count as one of their mean size.
            let iterations: f64 = slices.iter().map(|slice| f64::from(slice.iterations)).sum();
            #[expect(clippy::cast_precision_loss, reason = "a few")]
            let count = slices.len() as f64;
            self.expected = slices.iter().map(|slice| slice.expected).sum::<f64>() / iterations;
            self.learn(iterations / count, (now - first.begun.max(self.came)) / count);
        }
        if looked || !slices.is_empty() {
            self.came = now;
        }
    }

    fn learn(&mut self, iterations: f64, millis: f64) {
        // Sizes that are nearly the same tell no more than the clock's noise.
        let apart = |n: f64| n.max(iterations) >= 1.5 * n.min(iterations);
        if let Some((n, t)) = self.last.filter(|(n, _)| apart(*n)) {
            let slope = ((millis - t) / (iterations - n)).max(0.0);
            let overhead = (millis - slope * iterations).clamp(0.0, LONGEST_JOURNEY);
            self.overhead = Some(self.overhead.map_or(overhead, |o| 0.5 * (o + overhead)));
        }
        let each = (millis - self.overhead.unwrap_or(0.0)).max(0.0) / iterations;
        self.each = if self.last.is_some() { 0.5 * (each + self.each) } else { each };
        self.last = Some((iterations, millis));
    }

    /// How many times what was expected an iteration takes; nothing while its time cannot be told from the words' journey.
    pub(crate) fn times_expected(&self) -> Option<f64> {
        let (_, millis) = self.last?;
        let is_known = self.overhead.is_some() || millis > LONGEST_JOURNEY;
        (is_known && self.expected > 0.0).then(|| self.each / self.expected)
    }

    /// Most iterations of the next slice.
    pub(crate) fn most(&self) -> f64 {
        let Some((n, t)) = self.last else { return 1.0 };
        let affordable = if self.each > 0.0 { SLICE_MILLIS / self.each } else { MOST };
        // From one size alone nobody knows what part of the time is the journey.
        let probe = self.overhead.is_none() && t <= LONGEST_JOURNEY;
        affordable.max(if probe { 2.0 } else { 1.0 }).min(2.0 * n.ceil()).min(MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::{Gauge, Slice};

    /// Milliseconds that an iteration is expected to take.
    const EXPECTED: f64 = 0.1;

    /// The sizes of slices on a device where a slice takes `overhead + each · n`, of which the device works `each · n`.
    fn sizes(overhead: f64, each: f64, noise: f64) -> Vec<f64> {
        gauged(overhead, each, noise).0
    }

    /// The same, and what is known at the end.
    fn gauged(overhead: f64, each: f64, noise: f64) -> (Vec<f64>, Gauge) {
        let mut gauge = Gauge::default();
        let mut now = 0.0;
        let mut sizes = vec![];
        for number in 0..200_u32 {
            let n = gauge.most().floor();
            sizes.push(n);
            let begun = now;
            let wobble = 1.0 + noise * f64::from(number * 7919 % 13) / 13.0;
            now += (overhead + each * n) * wobble;
            let expected = EXPECTED * n;
            gauge.arrive(Slice { iterations: n as u32, expected, begun, alone: number % 4 != 0 });
            gauge.reckon(now);
        }
        (sizes, gauge)
    }

    #[test]
    fn slices_take_what_they_should_whatever_the_journey() {
        for overhead in [0.0, 0.3, 5.0, 20.0, 50.0] {
            for each in [0.001, 0.05, 0.7, 3.0] {
                let late = &sizes(overhead, each, 0.0)[40..];
                let work = late.iter().map(|n| n * each);
                assert!(work.clone().all(|t| t <= 10.0), "{overhead} + {each} n: {late:?}");
                let mean = work.sum::<f64>() / 160.0;
                assert!(mean >= 4.0, "{overhead} + {each} n: {mean} ms of work, {late:?}");
            }
        }
    }

    #[test]
    fn how_slow_a_device_is_becomes_known_whatever_the_journey() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.times_expected(), None);
        gauge.arrive(Slice { iterations: 1, expected: EXPECTED, begun: 0.0, alone: true });
        gauge.reckon(50.0 + EXPECTED);
        assert_eq!(gauge.times_expected(), None, "of one slice most may be the journey");
        for overhead in [0.0, 5.0, 50.0] {
            for each in [0.05, 3.0, 200.0] {
                let times = gauged(overhead, each, 0.0).1.times_expected();
                // One iteration of 200 ms at a time: nobody can tell the journey of its words from work.
                let most = if each > 100.0 { each + overhead } else { 1.01 * each };
                let (least, most) = (0.99 * each / EXPECTED, most / EXPECTED);
                assert!(
                    times.is_some_and(|times| (least..=most).contains(&times)),
                    "{overhead} + {each} n: {times:?}"
                );
            }
        }
    }

    #[test]
    fn an_iteration_longer_than_a_slice_stays_alone() {
        for each in [12.0, 70.0, 900.0] {
            let all = sizes(1.0, each, 0.3);
            assert!(all.iter().filter(|n| **n > 1.0).count() <= 4, "{each}: {all:?}");
        }
    }

    #[test]
    fn noise_neither_stops_training_nor_runs_away() {
        for overhead in [0.3, 5.0, 20.0] {
            let late = &sizes(overhead, 0.05, 0.3)[60..];
            let worst = late.iter().fold(0.0_f64, |a, n| a.max(n * 0.05));
            let mean = late.iter().sum::<f64>() * 0.05 / 140.0;
            assert!(worst <= 40.0 && mean >= 3.0, "{overhead}: {worst}, {mean}, {late:?}");
        }
    }
}
