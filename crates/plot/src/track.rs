//! A series that may grow for ever in bounded memory: neighbours are merged, extremes are kept.

/// Some neighbouring points: the last of them, and the lowest and the highest of those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    ends: Option<[(f64, f32); 2]>,
    last: (f64, f32),
    count: u32,
}

impl Bucket {
    fn new(point: (f64, f32)) -> Self {
        Self { ends: None, last: point, count: 1 }
    }

    /// `self` followed by `later`.
    fn merged(self, later: Self) -> Self {
        let [low, high] = self.ends.unwrap_or([self.last; 2]);
        let lower = |a: (f64, f32), b: (f64, f32)| if b.1 < a.1 { b } else { a };
        let higher = |a: (f64, f32), b: (f64, f32)| if b.1 > a.1 { b } else { a };
        let [later_low, later_high] = later.ends.unwrap_or([self.last; 2]);
        let low = lower(lower(low, self.last), later_low);
        let high = higher(higher(high, self.last), later_high);
        Self { ends: Some([low, high]), last: later.last, count: self.count + later.count }
    }

    /// What it keeps, in the order of x.
    fn points(&self) -> impl Iterator<Item = (f64, f32)> {
        let mut ends = self.ends;
        if let Some([low, high]) = &mut ends
            && low.0 > high.0
        {
            std::mem::swap(low, high);
        }
        let same = ends.is_some_and(|[a, b]| a == b);
        ends.into_iter().flatten().skip(usize::from(same)).chain([self.last])
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

    /// Adds a point. A point that is not finite is left out; so is one that lies before the last: a run that was taken back
    /// makes the same again. One at the last x takes its place.
    pub fn push(&mut self, x: f64, y: f32) {
        if !x.is_finite() || !y.is_finite() {
            return;
        }
        let point = Bucket::new((x, y));
        match self.buckets.last_mut() {
            Some(last) if x < last.last.0 => return,
            Some(last) if x == last.last.0 => last.last = (x, y),
            Some(last) if last.count < self.per_bucket => *last = last.merged(point),
            _ => self.buckets.push(point),
        }
        if self.buckets.len() > self.capacity {
            self.halve();
        }
    }

    /// Drops what lies beyond x: from there on the run went another way.
    pub fn cut(&mut self, x: f64) {
        let whole = self.buckets.partition_point(|bucket| bucket.last.0 <= x);
        let parted = self.buckets.get(whole).copied();
        self.buckets.truncate(whole);
        let kept = parted.iter().flat_map(Bucket::points).filter(|point| point.0 <= x);
        self.buckets.extend(kept.map(Bucket::new).reduce(Bucket::merged));
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
        points.extend(self.buckets.iter().flat_map(Bucket::points));
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
    fn going_back_keeps_what_came_after_until_the_way_parts() {
        let mut track = Track::new(16);
        (0..10).for_each(|i| track.push(f64::from(i), 1.0));
        let whole = track.clone();
        (4..10).for_each(|i| track.push(f64::from(i), 1.0));
        assert_eq!(track, whole, "the same again");
        track.push(9.0, 2.0);
        assert_eq!(track.points()[8..], [(8.0, 1.0), (9.0, 2.0)]);
        track.cut(3.5);
        track.push(4.0, 9.0);
        assert_eq!(track.points(), [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 9.0)]);
    }

    #[test]
    fn a_way_that_parts_within_a_bucket_keeps_what_lies_before() {
        let mut track = Track::new(2);
        let given = [(0.0, 0.0), (1.0, 5.0), (2.0, -5.0), (3.0, 0.0), (4.0, 1.0)];
        given.iter().for_each(|&(x, y)| track.push(x, y));
        assert_eq!(track.points(), [(1.0, 5.0), (2.0, -5.0), (3.0, 0.0), (4.0, 1.0)]);
        track.cut(2.0);
        assert_eq!(track.points(), [(1.0, 5.0), (2.0, -5.0)]);
        track.cut(0.5);
        assert_eq!(track.points(), []);
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let mut track = Track::new(16);
        track.push(0.0, f32::NAN);
        track.push(1.0, f32::INFINITY);
        assert_eq!(track.points(), []);
    }
}
