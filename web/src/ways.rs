//! What is remembered of each way that a run has taken: going back forgets nothing, and another way begins with what both
//! have in common.

use adversaria_protocol::Trail;

/// What grows with the iterations of a run.
pub trait Memory: Clone + Default {
    /// Forgets what came after an iteration.
    fn cut(&mut self, iteration: u64);
}

/// A memory for each branch of a run, as many as its trail has.
#[derive(Clone, Debug, Default)]
pub struct Ways<T> {
    branch: u32,
    now: T,
    others: Vec<(u32, T)>,
}

impl<T: Memory> Ways<T> {
    /// The number of the branch that the run is on.
    pub const fn branch(&self) -> u32 {
        self.branch
    }

    /// What is remembered of the branch that the run is on.
    pub const fn now(&self) -> &T {
        &self.now
    }

    /// The same, to add to.
    pub const fn now_mut(&mut self) -> &mut T {
        &mut self.now
    }

    /// The run is on this branch of the trail from now on.
    pub fn enter(&mut self, branch: u32, trail: &Trail) {
        if branch != self.branch {
            let next = match self.others.iter().position(|(other, _)| *other == branch) {
                Some(at) => self.others.swap_remove(at).1,
                None => self.beginning(branch, trail),
            };
            let left = std::mem::replace(&mut self.now, next);
            self.others.push((std::mem::replace(&mut self.branch, branch), left));
        }
        self.others.retain(|(other, _)| trail.branches.iter().any(|it| it.number == *other));
    }

    /// What a branch has in common with the one that it left.
    fn beginning(&self, branch: u32, trail: &Trail) -> T {
        let parent = trail.branches.iter().find(|it| it.number == branch).and_then(|it| it.parent);
        let Some((parent, at)) = parent else { return T::default() };
        let other = || self.others.iter().find(|(other, _)| *other == parent).map(|(_, it)| it);
        let known = if parent == self.branch { Some(&self.now) } else { other() };
        let mut memory = known.cloned().unwrap_or_default();
        memory.cut(at);
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_protocol::Branch;

    impl Memory for Vec<u64> {
        fn cut(&mut self, iteration: u64) {
            self.retain(|at| *at <= iteration);
        }
    }

    fn trail(parents: &[Option<(u32, u64)>]) -> Trail {
        let branch = |(number, parent): (u32, &Option<(u32, u64)>)| Branch {
            number,
            parent: *parent,
            end: 0,
            changes: vec![],
        };
        Trail { branches: (0..).zip(parents).map(branch).collect(), ..Trail::default() }
    }

    #[test]
    fn a_new_way_begins_where_it_left_and_the_old_one_is_kept() {
        let mut ways = Ways::<Vec<u64>>::default();
        ways.now_mut().extend([1, 5, 9]);
        let two = trail(&[None, Some((0, 5))]);
        ways.enter(1, &two);
        assert_eq!(ways.now(), &[1, 5]);
        ways.now_mut().push(6);
        ways.enter(0, &two);
        assert_eq!(ways.now(), &[1, 5, 9]);
        let three = trail(&[None, Some((0, 5)), Some((1, 5))]);
        ways.enter(2, &three);
        assert_eq!((ways.now().as_slice(), ways.branch()), (&[1, 5][..], 2), "what 1 was at 5");
        ways.enter(1, &three);
        assert_eq!(ways.now(), &[1, 5, 6]);
    }

    #[test]
    fn a_way_that_is_forgotten_takes_its_memory_along() {
        let mut ways = Ways::<Vec<u64>>::default();
        ways.now_mut().push(3);
        let mut two = trail(&[None, Some((0, 4))]);
        ways.enter(1, &two);
        two.branches.remove(0);
        ways.enter(1, &two);
        assert_eq!((ways.now().as_slice(), ways.others.len()), (&[3][..], 0));
    }
}
