//! Pick and Route over vectors: of a unit's rows the first with the largest x, several columns at a time.

use super::vector::{MOST_LANES, Vector};
use crate::formula;
use crate::program::{Mat, Op};

/// Pick and Route.
///
/// # Safety
/// The op was checked for an arena that begins at `arena`.
#[inline(always)]
pub(super) unsafe fn run<V: Vector>(op: &Op, arena: *mut f32) {
    // SAFETY: as promised by the caller.
    unsafe {
        match *op {
            Op::Pick { x, v, out } => each_part(out, V::N, |u, c, count| {
                pick::<V>(arena, [x, v, out], u, c, count);
            }),
            Op::Route { x, v, out } => each_part(v, V::N, |u, c, count| {
                route::<V>(arena, [x, v, out], u, c, count);
            }),
            _ => unreachable!("not of maxout: {op:?}"),
        }
    }
}

/// Row, first column and number of columns of what one vector holds of these units.
#[inline(always)]
fn each_part(units: Mat, lanes: usize, f: impl Fn(u32, u32, usize)) {
    for u in 0..units.rows {
        for c in (0..units.cols).step_by(lanes) {
            f(u, c, lanes.min((units.cols - c) as usize));
        }
    }
}

#[inline(always)]
unsafe fn pick<V: Vector>(arena: *mut f32, [x, v, out]: [Mat; 3], u: u32, c: u32, count: usize) {
    let pieces = x.rows / out.rows;
    let first = u * pieces;
    // SAFETY: row u and the unit's rows lie in the arena, with `count` columns from c on.
    unsafe {
        let part = |m: Mat, row: u32| load::<V>(arena.add(m.index(row, c)), count);
        let (mut best, mut value) = (part(x, first), part(v, first));
        for row in first + 1..first + pieces {
            let other = part(x, row);
            value = formula::ahead(best, other, part(v, row), value);
            best = formula::ahead(best, other, other, best);
        }
        store(value, arena.add(out.index(u, c)), count);
    }
}

#[inline(always)]
unsafe fn route<V: Vector>(arena: *mut f32, [x, v, out]: [Mat; 3], u: u32, c: u32, count: usize) {
    let pieces = x.rows / v.rows;
    let first = u * pieces;
    let number = |piece: u32| V::splat(piece as f32);
    // SAFETY: as in `pick`.
    unsafe {
        let part = |m: Mat, row: u32| load::<V>(arena.add(m.index(row, c)), count);
        let (mut best, mut index) = (part(x, first), number(0));
        for piece in 1..pieces {
            let other = part(x, first + piece);
            index = formula::ahead(best, other, number(piece), index);
            best = formula::ahead(best, other, other, best);
        }
        let handed = part(v, u);
        for piece in 0..pieces {
            let off = index - number(piece);
            // Positive where the index is this piece, and else at most −½.
            let here = V::splat(0.5) - off * off;
            let value = here.if_positive(handed, V::splat(0.0));
            store(value, arena.add(out.index(first + piece, c)), count);
        }
    }
}

/// `count` numbers from `p` on, zeros behind.
#[inline(always)]
unsafe fn load<V: Vector>(p: *const f32, count: usize) -> V {
    // SAFETY: as promised by the caller; the copy holds as many as any vector.
    unsafe {
        if count == V::N {
            return V::load(p);
        }
        let mut copy = [0.0_f32; MOST_LANES];
        copy.as_mut_ptr().copy_from_nonoverlapping(p, count);
        V::load(copy.as_ptr())
    }
}

#[inline(always)]
unsafe fn store<V: Vector>(x: V, p: *mut f32, count: usize) {
    // SAFETY: as above.
    unsafe {
        if count == V::N {
            return x.store(p);
        }
        let mut copy = [0.0_f32; MOST_LANES];
        x.store(copy.as_mut_ptr());
        p.copy_from_nonoverlapping(copy.as_ptr(), count);
    }
}
