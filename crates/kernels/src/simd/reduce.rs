//! Sums over vectors: two running sums a stretch, so that additions overlap.

use super::vector::{MOST_LANES, Vector};
use crate::formula;
use crate::program::{Op, Phi};
use crate::scalar::share;

/// Numbers of a long sum are first added up in blocks of this many.
const BLOCK: usize = 4096;

/// Σ f(x[i]) for i below `len`.
///
/// # Safety
/// `x` is good for `len` numbers.
#[inline(always)]
unsafe fn sum_of<V: Vector>(x: *const f32, len: usize, f: impl Fn(V) -> V) -> f32 {
    let whole = len - len % V::N;
    let (mut total, mut i) = (0.0, 0);
    while i < whole {
        let stop = whole.min(i + BLOCK);
        let mut sums = [V::splat(0.0); 2];
        // SAFETY: i + N ≤ stop ≤ len in both loops.
        unsafe {
            while i + 2 * V::N <= stop {
                sums[0] = sums[0] + f(V::load(x.add(i)));
                sums[1] = sums[1] + f(V::load(x.add(i + V::N)));
                i += 2 * V::N;
            }
            while i < stop {
                sums[0] = sums[0] + f(V::load(x.add(i)));
                i += V::N;
            }
        }
        total += (sums[0] + sums[1]).sum();
    }
    if whole < len {
        let mut last = [0.0_f32; MOST_LANES];
        // SAFETY: `last` holds as many numbers as any vector, and fewer are left.
        unsafe {
            last.as_mut_ptr().copy_from_nonoverlapping(x.add(whole), len - whole);
            f(V::load(last.as_ptr())).store(last.as_mut_ptr());
        }
        total += last[..len - whole].iter().sum::<f32>();
    }
    total
}

#[inline(always)]
unsafe fn put(out: *mut f32, value: f32, accumulate: bool) {
    // SAFETY: as promised by the caller: a word of the arena.
    unsafe { *out = if accumulate { *out + value } else { value } };
}

/// RowSum, PointLoss and SumSquares.
///
/// # Safety
/// The op was checked for an arena that begins at `arena`.
#[inline(always)]
pub(super) unsafe fn run<V: Vector>(op: &Op, arena: *mut f32) {
    // SAFETY: as promised by the caller.
    unsafe {
        match *op {
            Op::RowSum { x, out, accumulate } => {
                for r in 0..x.rows {
                    let sum = sum_of::<V>(
                        arena.add(x.index(r, 0)),
                        x.cols as usize,
                        #[inline(always)]
                        |x| x,
                    );
                    put(arena.add((out + r) as usize), sum, accumulate);
                }
            }
            Op::SumSquares { x, out } => {
                let sum = sum_of::<V>(
                    arena.add(x.at as usize),
                    x.len as usize,
                    #[inline(always)]
                    |x| x * x,
                );
                put(arena.add(out as usize), sum, false);
            }
            Op::PointLoss { a, live, phi, weight, out, accumulate } => {
                let sum = phi_sum::<V>(arena.add(a.at as usize), live as usize, phi);
                put(arena.add(out as usize), share(weight, live) as f32 * sum, accumulate);
            }
            _ => unreachable!("not a sum: {op:?}"),
        }
    }
}

/// Σ φ(a[c]), with one loop per function.
#[inline(always)]
unsafe fn phi_sum<V: Vector>(a: *const f32, live: usize, phi: Phi) -> f32 {
    macro_rules! known {
        ($($phi:pat => $known:expr,)*) => {
            match phi {
                $($phi => sum_of::<V>(a, live, #[inline(always)] |a| formula::phi($known, 0, a)),)*
            }
        };
    }
    // SAFETY: as promised by the caller.
    unsafe {
        known! {
            Phi::Softplus => Phi::Softplus,
            Phi::SoftplusNeg => Phi::SoftplusNeg,
            Phi::Linear => Phi::Linear,
            Phi::Square(t) => Phi::Square(t),
            Phi::HingeBelow => Phi::HingeBelow,
            Phi::HingeAbove => Phi::HingeAbove,
        }
    }
}
