//! Earlier moments of a run: copies of its state, thinned so that they stay within a bound, and the branches that its
//! changes have made of it. A run is a function of its spec and its log of changes, so a moment is a log and an iteration.

use std::sync::Arc;

use adversaria_protocol::{Branch as Told, Trail};

use crate::owed::Snapshot;
use crate::run::Change;

/// Bytes of all copies together; the first and the latest of a large run may need more.
pub(crate) const MOST_BYTES: usize = 64 << 20;
/// The most copies: more would not make a way back shorter that anybody notices.
const MOST_SNAPSHOTS: usize = 512;
/// The most branches.
const MOST_BRANCHES: usize = 12;

/// A way that the run has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Branch {
    /// Numbers are never used again.
    number: u32,
    /// The branch it left, and at which iteration.
    parent: Option<(u32, u64)>,
    /// Everything that was changed on it, from the run's beginning.
    log: Vec<Change>,
    /// The iteration it has come to.
    end: u64,
}

impl Branch {
    /// Whether a run that has come to this iteration with this log is on this way. Not yet where the next change was made, it
    /// may still become what it was.
    fn leads(&self, iteration: u64, log: &[Change]) -> bool {
        let before = log.len() < self.log.len()
            && self.log.starts_with(log)
            && iteration <= self.log[log.len()].iteration;
        before || log == self.log
    }
}

/// A moment to go to, and what leads there from the copy that is nearest.
pub(crate) struct Way {
    pub(crate) from: Arc<Snapshot>,
    /// What is still to be changed, in order.
    pub(crate) changes: Vec<Change>,
    pub(crate) to: u64,
}

/// All that is kept of a run's past.
pub(crate) struct History {
    most_bytes: usize,
    branches: Vec<Branch>,
    current: u32,
    next: u32,
    snapshots: Vec<Arc<Snapshot>>,
    /// The branches have changed since they were last told.
    news: bool,
    /// The branches that were given up since then.
    forgotten: Vec<Branch>,
}

impl History {
    /// Of a run that stands at this iteration, with this log.
    pub(crate) fn new(iteration: u64, log: &[Change]) -> Self {
        let branch = Branch { number: 0, parent: None, log: log.to_vec(), end: iteration };
        Self {
            most_bytes: MOST_BYTES,
            branches: vec![branch],
            current: 0,
            next: 1,
            snapshots: vec![],
            news: true,
            forgotten: vec![],
        }
    }

    /// The run has come to this iteration with this log: on the branch it was on, or on a new one when it went on in another
    /// way than it did before.
    pub(crate) fn follow(&mut self, iteration: u64, log: &[Change]) {
        let Some(branch) = self.branches.iter_mut().find(|it| it.number == self.current) else {
            return;
        };
        if branch.leads(iteration, log) {
            branch.end = branch.end.max(iteration);
            return;
        }
        if log.starts_with(&branch.log) && log[branch.log.len()].iteration >= branch.end {
            branch.log = log.to_vec();
            branch.end = branch.end.max(iteration);
            return;
        }
        // The way of another branch, taken again, is no new one.
        if let Some(other) = self.branches.iter_mut().find(|it| it.leads(iteration, log)) {
            other.end = other.end.max(iteration);
            self.current = other.number;
            self.news = true;
            return;
        }
        self.fork(iteration, log);
    }

    fn fork(&mut self, iteration: u64, log: &[Change]) {
        let Some(parent) = self.branches.iter().find(|it| it.number == self.current) else {
            return;
        };
        let shared = log.iter().zip(&parent.log).take_while(|(a, b)| a == b).count();
        let next = |log: &[Change]| log.get(shared).map(|change| change.iteration);
        let at = next(log).into_iter().chain(next(&parent.log)).min().unwrap_or(iteration);
        let number = self.next;
        self.next += 1;
        self.branches.push(Branch {
            number,
            parent: Some((self.current, at.min(iteration))),
            log: log.to_vec(),
            end: iteration,
        });
        self.current = number;
        if self.branches.len() > MOST_BRANCHES {
            self.forget();
        }
        self.news = true;
    }

    /// Gives up the oldest branch that the present one did not come from, or else the oldest.
    fn forget(&mut self) {
        let mut line = vec![];
        let mut next = Some(self.current);
        while let Some(number) = next {
            line.push(number);
            let branch = self.branches.iter().find(|it| it.number == number);
            next = branch.and_then(|it| it.parent).map(|(parent, _)| parent);
        }
        let aside = self.branches.iter().position(|it| !line.contains(&it.number));
        self.forgotten.push(self.branches.remove(aside.unwrap_or_default()));
    }

    /// Keeps a copy.
    pub(crate) fn keep(&mut self, snapshot: Arc<Snapshot>) {
        let same =
            |old: &Arc<Snapshot>| old.iteration == snapshot.iteration && old.log == snapshot.log;
        if self.snapshots.iter().any(same) {
            return;
        }
        self.snapshots.push(snapshot);
        while self.is_too_much() && self.thin() {}
    }

    fn is_too_much(&self) -> bool {
        self.bytes() > self.most_bytes || self.snapshots.len() > MOST_SNAPSHOTS
    }

    /// Bytes of all copies.
    fn bytes(&self) -> usize {
        self.snapshots.iter().map(|snapshot| size_of_val(snapshot.state.as_slice())).sum()
    }

    /// Drops the copy whose neighbours in time are closest; never the first nor the latest.
    fn thin(&mut self) -> bool {
        let mut order: Vec<usize> = (0..self.snapshots.len()).collect();
        order.sort_by_key(|&at| self.snapshots[at].iteration);
        let latest = self.snapshots.len() - 1;
        let at = |k: usize| self.snapshots[order[k]].iteration;
        let inner = (1..order.len().saturating_sub(1)).filter(|&k| order[k] != latest);
        let Some(least) = inner.min_by_key(|&k| at(k + 1) - at(k - 1)) else { return false };
        self.snapshots.remove(order[least]);
        true
    }

    /// How to get to an iteration of a branch: with the changes made before it, and at its end with all of them. None
    /// where the branch or its beginning is forgotten.
    pub(crate) fn way(&self, branch: u32, to: u64) -> Option<Way> {
        let branch = self.branches.iter().find(|it| it.number == branch)?;
        let to = to.min(branch.end);
        let made = |change: &&Change| change.iteration < to || to == branch.end;
        let log = &branch.log[..branch.log.iter().take_while(made).count()];
        let leads = |snapshot: &&Arc<Snapshot>| {
            let next = log.get(snapshot.log.len());
            log.starts_with(&snapshot.log)
                && snapshot.iteration <= next.map_or(to, |change| change.iteration)
        };
        let nearest = |it: &&Arc<Snapshot>| (it.iteration, it.log.len());
        let from = self.snapshots.iter().filter(leads).max_by_key(nearest)?;
        let changes = log[from.log.len()..].to_vec();
        Some(Way { from: Arc::clone(from), changes, to })
    }

    /// The run is on this branch now.
    pub(crate) fn enter(&mut self, branch: u32) {
        self.current = branch;
        self.news = true;
    }

    /// The branches, when they have changed since this was last asked.
    pub(crate) fn news(&mut self) -> Option<Trail> {
        std::mem::take(&mut self.news).then(|| self.trail())
    }

    fn trail(&mut self) -> Trail {
        let told = |branch: &Branch| Told {
            number: branch.number,
            parent: branch.parent,
            end: branch.end,
            changes: branch
                .log
                .iter()
                .map(|change| (change.iteration, format!("{}={}", change.field, change.value)))
                .collect(),
        };
        let begin = self.snapshots.iter().map(|snapshot| snapshot.iteration).min();
        Trail {
            branches: self.branches.iter().map(told).collect(),
            current: self.current,
            begin: begin.unwrap_or_default(),
            most_bytes: self.most_bytes as u64,
            forgotten: self.forgotten.drain(..).map(|branch| told(&branch)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_core::spec::RunSpec;

    fn change(iteration: u64, value: &str) -> Change {
        Change { iteration, field: "kd".into(), value: value.into() }
    }

    fn snapshot(iteration: u64, log: &[Change], words: usize) -> Arc<Snapshot> {
        let (spec, state) = (RunSpec::default(), vec![0.0; words]);
        Arc::new(Snapshot { iteration, spec, log: log.to_vec(), state })
    }

    /// Where a way begins, how many changes it makes, where it ends.
    fn way(history: &History, branch: u32, to: u64) -> Option<(u64, usize, u64)> {
        history.way(branch, to).map(|way| (way.from.iteration, way.changes.len(), way.to))
    }

    #[test]
    fn going_on_unchanged_is_no_branch() {
        let mut history = History::new(0, &[]);
        history.follow(500, &[]);
        // Back at 100, and on again.
        history.follow(101, &[]);
        history.follow(700, &[]);
        assert_eq!(history.branches.len(), 1);
        assert_eq!(history.branches[0].end, 700);
    }

    #[test]
    fn a_change_at_the_end_goes_on_and_an_earlier_one_makes_a_branch() {
        let mut history = History::new(0, &[]);
        history.follow(500, &[]);
        let first = [change(500, "2")];
        history.follow(500, &first);
        history.follow(900, &first);
        assert_eq!(history.branches.len(), 1);
        let other = [change(300, "5")];
        history.follow(300, &other);
        assert_eq!(history.branches[1].parent, Some((0, 300)));
        assert_eq!((history.branches[0].end, history.current), (900, 1));
    }

    #[test]
    fn leaving_out_a_change_that_was_made_is_a_branch_too() {
        let log = [change(500, "2")];
        let mut history = History::new(0, &[]);
        history.follow(500, &log);
        history.follow(900, &log);
        // Back at 100; up to 500 it is the same run.
        history.follow(500, &[]);
        assert_eq!(history.current, 0);
        history.follow(501, &[]);
        assert_eq!((history.current, history.branches[1].parent), (1, Some((0, 500))));
    }

    #[test]
    fn the_way_of_another_branch_is_that_branch() {
        let log = [change(300, "4")];
        let mut history = History::new(0, &[]);
        history.follow(500, &[]);
        history.follow(300, &log);
        history.follow(600, &log);
        // Back where it began, before the change, and on without it: the old branch.
        history.follow(301, &[]);
        assert_eq!((history.branches.len(), history.current), (2, 0));
        history.follow(700, &[]);
        assert_eq!((history.branches[0].end, history.branches[1].end), (700, 600));
        // And the same change again at the same moment: the new one.
        history.follow(300, &log);
        assert_eq!((history.branches.len(), history.current), (2, 1));
    }

    #[test]
    fn the_way_begins_at_the_nearest_copy_that_leads_there() {
        let log = [change(500, "2"), change(800, "3")];
        let mut history = History::new(0, &[]);
        history.keep(snapshot(0, &[], 1));
        history.keep(snapshot(400, &[], 1));
        // On a branch that passed 500 without the change.
        history.keep(snapshot(600, &[], 1));
        history.keep(snapshot(700, &log[..1], 1));
        history.follow(500, &log[..1]);
        history.follow(800, &log);
        history.follow(1000, &log);
        assert_eq!(way(&history, 0, 399), Some((0, 0, 399)));
        assert_eq!(way(&history, 0, 500), Some((400, 0, 500)), "before the change made there");
        assert_eq!(way(&history, 0, 650), Some((400, 1, 650)));
        assert_eq!(way(&history, 0, 900), Some((700, 1, 900)));
        assert_eq!(way(&history, 0, 5000), Some((700, 1, 1000)), "its end");
        assert!(way(&history, 7, 0).is_none());
    }

    #[test]
    fn copies_stay_within_the_bound_and_evenly_spread() {
        let mut history = History::new(0, &[]);
        history.most_bytes = 4 * 10 * 100;
        for at in 0..100 {
            history.keep(snapshot(at * 10, &[], 100));
            assert!(history.bytes() <= history.most_bytes);
        }
        let mut kept: Vec<u64> = history.snapshots.iter().map(|s| s.iteration).collect();
        kept.sort_unstable();
        assert_eq!((kept.first(), kept.last()), (Some(&0), Some(&990)));
        let widest = kept.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(widest.is_some_and(|gap| gap <= 330), "{kept:?}");
    }

    #[test]
    fn branches_are_bounded_too() {
        let mut history = History::new(0, &[]);
        history.follow(1000, &[]);
        for fork in 1..100 {
            history.follow(fork, &[change(fork, "9")]);
        }
        assert_eq!(history.branches.len(), MOST_BRANCHES);
        assert_eq!(history.trail().branches.last().map(|branch| branch.number), Some(99));
    }

    #[test]
    fn a_branch_that_is_given_up_is_told_once_and_is_none_that_the_present_one_came_from() {
        let numbers = |all: &[Told]| all.iter().map(|it| it.number).collect::<Vec<_>>();
        let mut history = History::new(0, &[]);
        history.follow(1000, &[]);
        // 1 leaves 0, and 2 to 12 leave it in turn.
        history.follow(100, &[change(100, "2")]);
        history.follow(900, &[change(100, "2")]);
        for k in 2..=12 {
            history.enter(1);
            history.follow(500, &[change(100, "2"), change(500, &k.to_string())]);
        }
        let trail = history.news().unwrap();
        assert_eq!(numbers(&trail.forgotten), [2]);
        assert_eq!(numbers(&trail.branches), [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        history.enter(12);
        assert_eq!(history.news().unwrap().forgotten, [], "said once");
        // Each leaves the one before: there is none aside, and the oldest goes.
        let mut line = History::new(0, &[]);
        let mut log = vec![];
        for at in (1..=12).rev() {
            line.follow(100 * at + 50, &log);
            log = vec![change(100 * at, "2")];
            line.follow(100 * at, &log);
        }
        assert_eq!(numbers(&line.news().unwrap().forgotten), [0]);
    }
}
