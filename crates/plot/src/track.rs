//! A series that may grow for ever in bounded memory: neighbours are merged, extremes are kept.

/// The lowest and the highest of some neighbouring points, and the last of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    low: (f64, f32),
    high: (f64, f32),
    last: (f64, f32),
    count: u32,
}

impl Bucket {
    fn new(point: (f64, f32)) -> Self {
        Self { low: point, high: point, last: point, count: 1 }
    }

    /// `self` followed by `later`.
    fn merged(self, later: Self) -> Self {
        Self {
            low: if later.low.1 < self.low.1 { later.low } else { self.low },
            high: if later.high.1 > self.high.1 { later.high } else { self.high },
            last: later.last,
            count: self.count + later.count,
        }
    }
}

/// Points (x, y) with ascending x. When there are too many, each pair of neighbouring buckets becomes one, which
/// keeps its lowest, its highest and its last point exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    buckets: Vec<Bucket>,
    capacity: usize,
    per_bucket: u32,
}

impl Track {
    /// An empty series that never holds more than `capacity` buckets (at least 2) of at most three points each.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(2);
        Self { buckets: Vec::with_capacity(capacity), capacity, per_bucket: 1 }
    }

    /// Adds a point. A point that is not finite is left out. When x does not lie beyond the last point, what lies at or
    /// after x is dropped first: the run was taken back to there.
    pub fn push(&mut self, x: f64, y: f32) {
        if !x.is_finite() || !y.is_finite() {
            return;
        }
        self.buckets.retain(|b| b.low.0 < x && b.high.0 < x && b.last.0 < x);
        let point = Bucket::new((x, y));
        match self.buckets.last_mut() {
            Some(last) if last.count < self.per_bucket => *last = last.merged(point),
            _ => self.buckets.push(point),
        }
        if self.buckets.len() > self.capacity {
            self.halve();
        }
    }

    fn halve(&mut self) {
        let merged = self.buckets.chunks(2).map(|pair| pair.iter().copied().reduce(Bucket::merged));
        self.buckets = merged.flatten().collect();
        self.per_bucket = self.per_bucket.saturating_mul(2);
    }

    /// The points to draw a line through, in the order of x.
    #[must_use]
    pub fn points(&self) -> Vec<(f64, f32)> {
        let mut points = Vec::with_capacity(3 * self.buckets.len());
        for bucket in &self.buckets {
            let (first, second) = if bucket.low.0 <= bucket.high.0 {
                (bucket.low, bucket.high)
            } else {
                (bucket.high, bucket.low)
            };
            for point in [first, second, bucket.last] {
                if points.last() != Some(&point) {
                    points.push(point);
                }
            }
        }
        points
    }

    /// The latest point.
    #[must_use]
    pub fn last(&self) -> Option<(f64, f32)> {
        self.buckets.last().map(|b| b.last)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.buckets.clear();
        self.per_bucket = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_series_is_kept_as_it_is() {
        let mut track = Track::new(8);
        let given = [(1.0, 3.0), (2.0, -1.0), (5.0, 2.0)];
        given.iter().for_each(|&(x, y)| track.push(x, y));
        assert_eq!(track.points(), given);
    }

    #[test]
    fn a_long_series_stays_small_and_keeps_its_spikes() {
        let mut track = Track::new(64);
        for i in 0..100_000_u32 {
            let y = match i {
                31_337 => 50.0,
                77_777 => -50.0,
                _ => (f64::from(i) * 0.01).sin() as f32,
            };
            track.push(f64::from(i), y);
        }
        let points = track.points();
        assert!(points.len() <= 3 * 64, "{} points", points.len());
        assert!(points.contains(&(31_337.0, 50.0)) && points.contains(&(77_777.0, -50.0)));
        assert!(points.windows(2).all(|w| w[0].0 < w[1].0), "x must ascend");
        assert_eq!(track.last().map(|p| p.0), Some(99_999.0));
    }

    #[test]
    fn going_back_drops_what_came_after() {
        let mut track = Track::new(16);
        (0..10).for_each(|i| track.push(f64::from(i), 1.0));
        track.push(4.0, 9.0);
        assert_eq!(track.points(), [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 9.0)]);
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let mut track = Track::new(16);
        track.push(0.0, f32::NAN);
        track.push(1.0, f32::INFINITY);
        assert_eq!(track.points(), []);
    }
}
