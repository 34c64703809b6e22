//! A team of threads that goes over a list of steps together: the parts of a step to whoever is free, the next step
//! once the last part is done. A thread that the machine puts aside between two parts holds up nobody; where one is put
//! aside within a part, the machine has other things to do, and the team leaves the rest of the list to one thread.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use rayon_core::{ThreadPool, ThreadPoolBuilder};

use super::{Level, Step, run_at};
use crate::program::Table;

/// Rounds of looking after which a part under way counts as put aside, beyond what its work takes: half a millisecond.
const PATIENCE: u64 = 1 << 15;

/// Multiply-adds that take no longer than a round of looking, even if four parts in a row are slow.
const WORK_OF_A_ROUND: u64 = 150;

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

    /// Runs steps one after the other, the parts of each at the same time. False when a thread was put aside, so that it
    /// would be better to work alone for a while.
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
    ) -> bool {
        assert!(scratch.len() >= scratch_words * self.pool.current_num_threads());
        let words = arena.len();
        let place =
            Place { level, arena: arena.as_mut_ptr(), scratch: scratch.as_mut_ptr(), table };
        let progress = Progress::new();
        self.pool.broadcast(|thread| {
            let place = &place;
            for (turn, step) in (0..).zip(steps.clone()) {
                let patience = PATIENCE + step.work / WORK_OF_A_ROUND;
                let stays =
                    progress.take_part(thread.index(), turn, step.width(), patience, |part| {
                        for op in &step.parts[part] {
                            let (needed, own) = (op.op.words() as usize, op.scratch_words());
                            assert!(needed <= words && own <= scratch_words);
                            // SAFETY: the arena has the words that the op was checked for, and this stretch of scratch is
                            // this thread's own. What runs at the same time are parts of the same step, of which none
                            // writes what another one touches.
                            unsafe {
                                let scratch = place.scratch.add(thread.index() * scratch_words);
                                run_at(place.level, op, place.arena, scratch, place.table);
                            }
                        }
                    });
                if !stays {
                    break;
                }
            }
        });
        progress.alone.into_inner() == NOBODY
    }
}

/// No thread's number.
const NOBODY: usize = usize::MAX;

/// How far a team is.
struct Progress {
    /// The step under way, and how many of its parts are taken.
    claim: AtomicU64,
    /// Parts of it that are done.
    done: AtomicUsize,
    /// The thread that does the rest, once one lost its patience.
    alone: AtomicUsize,
}

impl Progress {
    fn new() -> Self {
        Self { claim: 0.into(), done: 0.into(), alone: NOBODY.into() }
    }

    /// Does parts of step `turn` until none is left to take, and returns when all are done: true; or false when the rest
    /// is another thread's alone.
    fn take_part(
        &self,
        me: usize,
        turn: u64,
        parts: usize,
        patience: u64,
        run: impl Fn(usize),
    ) -> bool {
        let mut rounds = 0;
        loop {
            let seen = self.claim.load(Ordering::Acquire);
            if seen >> PART_BITS > turn {
                return true;
            }
            if ![NOBODY, me].contains(&self.alone.load(Ordering::Relaxed)) {
                return false;
            }
            let part = (seen & ((1 << PART_BITS) - 1)) as usize;
            if part < parts {
                if self.take(seen) {
                    let gone = Gone(self);
                    run(part);
                    std::mem::forget(gone);
                    self.count(turn, parts);
                }
                continue;
            }
            rounds += 1;
            if rounds < patience {
                spin_loop();
                continue;
            }
            // Where several lose theirs, the lowest number stays.
            if rounds == patience {
                self.alone.fetch_min(me, Ordering::Relaxed);
            }
            thread::yield_now();
        }
    }

    /// Whether the next part is ours.
    fn take(&self, seen: u64) -> bool {
        let taken =
            self.claim.compare_exchange(seen, seen + 1, Ordering::AcqRel, Ordering::Relaxed);
        taken.is_ok()
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
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::{NOBODY, PATIENCE, Progress};

    /// Parts of each step; more threads than the machine has, so that some are put aside.
    const PARTS: [usize; 6] = [3, 1, 7, 1, 2, 5];
    const THREADS: usize = 4;
    const TURNS: usize = 3000;

    /// Calls `part(thread, turn, part)` as a team would; gives the thread that was left alone.
    fn work(patience: u64, part: impl Fn(usize, usize, usize) + Sync) -> usize {
        let progress = Progress::new();
        let pool = rayon_core::ThreadPoolBuilder::new().num_threads(THREADS).build();
        pool.expect("threads").broadcast(|thread| {
            let me = thread.index();
            let stays = |turn: usize| {
                let parts = PARTS[turn % PARTS.len()];
                progress.take_part(me, turn as u64, parts, patience, |p| part(me, turn, p))
            };
            (0..TURNS).all(stays)
        });
        progress.alone.into_inner()
    }

    /// Parts of all steps before this one.
    fn before(turn: usize) -> usize {
        let whole: usize = PARTS.iter().sum();
        turn / PARTS.len() * whole + PARTS[..turn % PARTS.len()].iter().sum::<usize>()
    }

    /// Runs all steps, and holds each part to come once, after all that was before.
    fn check_order(patience: u64, part: impl Fn(usize, usize, usize) + Sync) -> usize {
        let done: Vec<_> = (0..before(TURNS)).map(|_| AtomicUsize::new(0)).collect();
        let alone = work(patience, |me, turn, p| {
            let earlier = &done[before(turn).saturating_sub(20)..before(turn)];
            assert!(earlier.iter().all(|n| n.load(Ordering::Relaxed) == 1), "step {turn}");
            part(me, turn, p);
            done[before(turn) + p].fetch_add(1, Ordering::Relaxed);
        });
        assert!(done.iter().all(|n| n.load(Ordering::Relaxed) == 1));
        alone
    }

    #[test]
    fn each_part_is_done_once_and_steps_keep_their_order() {
        check_order(PATIENCE, |_, _, _| {});
        check_order(3, |_, _, _| {});
    }

    #[test]
    fn who_waits_for_a_thread_put_aside_does_the_rest() {
        let after = Mutex::new(Vec::new());
        let alone = check_order(1000, |me, turn, part| {
            if (turn, part) == (20, 3) {
                thread::sleep(Duration::from_millis(300));
            }
            // The sleeper itself may have been the last to find a part of its step.
            if turn > 20 {
                after.lock().expect("no panic").push(me);
            }
        });
        let after = after.into_inner().expect("no panic");
        assert!(alone != NOBODY, "nobody lost patience");
        assert!(after.iter().all(|me| *me == alone), "others went on");
        assert_eq!(after.len(), before(TURNS) - before(21));
    }

    #[test]
    fn a_panic_ends_the_work_of_all() {
        let late = AtomicUsize::new(0);
        let result = catch_unwind(AssertUnwindSafe(|| {
            work(PATIENCE, |_, turn, part| {
                assert!((turn, part) != (20, 1), "planted");
                late.fetch_add(usize::from(turn > 20), Ordering::Relaxed);
            })
        }));
        assert!(result.is_err(), "the panic was lost");
        assert_eq!(late.into_inner(), 0, "steps went on after one that was never finished");
    }
}
