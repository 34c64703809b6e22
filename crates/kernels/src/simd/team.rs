//! A team of threads that goes over a list of steps together: the parts of a step to whoever is free, the next step
//! once the last part is done. Nobody waits for a thread that the machine has put aside between two parts.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use rayon_core::{ThreadPool, ThreadPoolBuilder};

use super::{Level, Step, run_at};
use crate::program::Table;

/// Rounds of looking before a thread lets others run: some microseconds.
const PATIENCE: u32 = 1 << 8;

/// Bits of the claim that count parts.
const PART_BITS: u32 = 16;

/// What a team works on.
#[derive(Clone, Copy)]
struct Place<'a> {
    level: Level,
    arena: *mut f32,
    scratch: *mut f32,
    table: Option<&'a Table>,
}

// SAFETY: the pointers come from exclusive borrows that outlive the work, and `Team::run` says who touches what when.
unsafe impl Sync for Place<'_> {}

/// Threads that wait for work.
pub(crate) struct Team {
    pool: ThreadPool,
}

impl Team {
    /// A team of this many threads, or `None` where the system gives none.
    pub(crate) fn new(threads: usize) -> Option<Self> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().ok()?;
        Some(Self { pool })
    }

    /// How many there are.
    pub(crate) fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Runs steps one after the other, the parts of each at the same time.
    ///
    /// # Panics
    /// When an op was checked for a larger arena, or the scratch is less than `scratch_words` for each thread.
    pub(crate) fn run<'a>(
        &self,
        level: Level,
        steps: &(impl Iterator<Item = &'a Step> + Clone + Sync),
        [arena, scratch]: [&mut [f32]; 2],
        scratch_words: usize,
        table: Option<&Table>,
    ) {
        assert!(scratch.len() >= scratch_words * self.pool.current_num_threads());
        let words = arena.len();
        let place =
            Place { level, arena: arena.as_mut_ptr(), scratch: scratch.as_mut_ptr(), table };
        let progress = Progress::default();
        self.pool.broadcast(|thread| {
            let place = &place;
            for (turn, step) in (0..).zip(steps.clone()) {
                progress.take_part(turn, step.len(), |part| {
                    for op in &step[part] {
                        assert!(
                            op.op.words() as usize <= words && op.scratch_words() <= scratch_words
                        );
                        // SAFETY: the arena has the words that the op was checked for, and this stretch of scratch is
                        // this thread's own. What runs at the same time are parts of the same step, of which none
                        // writes what another one touches.
                        unsafe {
                            let scratch = place.scratch.add(thread.index() * scratch_words);
                            run_at(place.level, op, place.arena, scratch, place.table);
                        }
                    }
                });
            }
        });
    }
}

/// How far a team is.
#[derive(Default)]
struct Progress {
    /// The step under way, and how many of its parts are taken.
    claim: AtomicU64,
    /// Parts of it that are done.
    done: AtomicUsize,
}

impl Progress {
    /// Does parts of step `turn` until none is left to take, and returns when all are done.
    fn take_part(&self, turn: u64, parts: usize, run: impl Fn(usize)) {
        let (mut seen, mut rounds) = (self.claim.load(Ordering::Acquire), 0);
        while seen >> PART_BITS <= turn {
            let part = (seen & ((1 << PART_BITS) - 1)) as usize;
            if part == parts {
                rounds += 1;
                if rounds % PATIENCE == 0 {
                    thread::yield_now();
                } else {
                    spin_loop();
                }
                seen = self.claim.load(Ordering::Acquire);
                continue;
            }
            let taken = self.claim.compare_exchange_weak(
                seen,
                seen + 1,
                Ordering::AcqRel,
                Ordering::Acquire,
            );
            if taken.is_ok() {
                let gone = Gone(self);
                run(part);
                std::mem::forget(gone);
                self.count(turn, parts);
            }
            seen = self.claim.load(Ordering::Acquire);
        }
    }

    /// One part more is done; the last one opens the next step.
    fn count(&self, turn: u64, parts: usize) {
        if self.done.fetch_add(1, Ordering::AcqRel) + 1 == parts {
            self.done.store(0, Ordering::Relaxed);
            self.claim.store((turn + 1) << PART_BITS, Ordering::Release);
        }
    }
}

/// Dropped by a panic alone: then the others must not wait for the part that nobody finishes.
struct Gone<'a>(&'a Progress);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.claim.store(u64::MAX, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Progress;

    /// Parts of each step; more threads than the machine has, so that some are put aside.
    const PARTS: [usize; 6] = [3, 1, 7, 1, 2, 5];
    const THREADS: usize = 4;
    const ROUNDS: usize = 500;

    /// Calls `part(turn, part)` as a team would.
    fn work(part: impl Fn(usize, usize) + Sync) {
        let progress = Progress::default();
        let pool = rayon_core::ThreadPoolBuilder::new().num_threads(THREADS).build();
        pool.expect("threads").broadcast(|_| {
            for turn in 0..ROUNDS * PARTS.len() {
                let parts = PARTS[turn % PARTS.len()];
                progress.take_part(turn as u64, parts, |p| part(turn, p));
            }
        });
    }

    #[test]
    fn each_part_is_done_once_and_steps_keep_their_order() {
        let total: usize = PARTS.iter().sum();
        let done: Vec<_> = (0..ROUNDS * total).map(|_| AtomicUsize::new(0)).collect();
        let before = |turn: usize| {
            turn / PARTS.len() * total + PARTS[..turn % PARTS.len()].iter().sum::<usize>()
        };
        work(|turn, part| {
            let earlier = &done[..before(turn)];
            let last = earlier.len().saturating_sub(total);
            assert!(earlier[last..].iter().all(|n| n.load(Ordering::Relaxed) == 1), "step {turn}");
            done[before(turn) + part].fetch_add(1, Ordering::Relaxed);
        });
        assert!(done.iter().all(|n| n.load(Ordering::Relaxed) == 1));
    }

    #[test]
    fn a_panic_ends_the_work_of_all() {
        let late = AtomicUsize::new(0);
        let result = catch_unwind(AssertUnwindSafe(|| {
            work(|turn, part| {
                assert!((turn, part) != (20, 1), "planted");
                late.fetch_add(usize::from(turn > 20), Ordering::Relaxed);
            });
        }));
        assert!(result.is_err(), "the panic was lost");
        assert_eq!(late.into_inner(), 0, "steps went on after one that was never finished");
    }
}
