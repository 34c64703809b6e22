//! Elementwise ops over vectors. The formulas are those of [`crate::formula`]; only the loops are here.

use adversaria_core::math::Lanes;

use super::gemm::Finish;
use super::maxout;
use super::vector::{Entries, MOST_LANES, Vector};
use crate::formula;
use crate::program::{Act, Epilogue, Join, Mat, Op, Phi, Span, tick};
use crate::real::Scalar;
use crate::scalar::share;

/// writes[w][i] = f(reads[·][i])[w] for i below `len`; the last vector goes through copies padded with zeros, in a
/// second round of the same loop: there are dozens of these loops, and each weighs.
///
/// # Safety
/// All pointers are good for `len` numbers; a written stretch equals a read one or is apart from all.
#[inline(always)]
pub(super) unsafe fn streams<V: Vector, const R: usize, const W: usize>(
    reads: [*const f32; R],
    writes: [*mut f32; W],
    len: usize,
    f: impl Fn([V; R]) -> [V; W],
) {
    let left = len % V::N;
    let (mut from, mut to) = ([[0.0_f32; MOST_LANES]; R], [[0.0_f32; MOST_LANES]; W]);
    let (mut sources, mut targets, mut end, mut more) = (reads, writes, len - left, left > 0);
    loop {
        let mut i = 0;
        while i < end {
            // SAFETY: i + N ≤ len in the first round; the copies of the second hold as many as any vector.
            unsafe { step(sources, targets, i, &f) };
            i += V::N;
        }
        if !more {
            break;
        }
        // SAFETY: `left` numbers are left.
        unsafe { copy_in(&mut from, reads, len - left, left) };
        sources.iter_mut().zip(&from).for_each(|(p, copy)| *p = copy.as_ptr());
        targets.iter_mut().zip(&mut to).for_each(|(p, copy)| *p = copy.as_mut_ptr());
        (end, more) = (V::N, false);
    }
    if left > 0 {
        for (p, copy) in writes.into_iter().zip(&to) {
            // SAFETY: as above.
            unsafe { p.add(len - left).copy_from_nonoverlapping(copy.as_ptr(), left) };
        }
    }
}

/// The `count` numbers from `at` on of each stream.
#[inline(never)]
unsafe fn copy_in<const R: usize>(
    copies: &mut [[f32; MOST_LANES]; R],
    reads: [*const f32; R],
    at: usize,
    count: usize,
) {
    for (copy, p) in copies.iter_mut().zip(reads) {
        // SAFETY: as promised by the caller; fewer are left than any vector holds.
        unsafe { copy.as_mut_ptr().copy_from_nonoverlapping(p.add(at), count) };
    }
}

/// One vector of each stream, `i` numbers in.
#[inline(always)]
unsafe fn step<V: Vector, const R: usize, const W: usize>(
    reads: [*const f32; R],
    writes: [*mut f32; W],
    i: usize,
    f: &impl Fn([V; R]) -> [V; W],
) {
    let mut arguments = [V::splat(0.0); R];
    for (x, p) in arguments.iter_mut().zip(reads) {
        // SAFETY: as promised by the caller.
        *x = unsafe { V::load(p.add(i)) };
    }
    for (y, p) in f(arguments).into_iter().zip(writes) {
        // SAFETY: as promised by the caller.
        unsafe { y.store(p.add(i)) };
    }
}

/// out = f(inputs…) for matrices of one shape; gapless ones are one long row.
#[inline(always)]
unsafe fn matrices<V: Vector, const R: usize>(
    arena: *mut f32,
    inputs: [Mat; R],
    out: Mat,
    f: impl Fn([V; R]) -> V,
) {
    let gapless = out.stride == out.cols && inputs.iter().all(|m| m.stride == m.cols);
    let (rows, cols) = if gapless { (1, out.rows * out.cols) } else { (out.rows, out.cols) };
    for r in 0..rows {
        let mut reads = [std::ptr::null(); R];
        for (p, m) in reads.iter_mut().zip(&inputs) {
            // SAFETY: the op was checked: row r lies in the arena.
            *p = unsafe { arena.add(m.index(r, 0)) }.cast_const();
        }
        // SAFETY: as above; inputs equal the output or are apart from it.
        unsafe {
            let writes = [arena.add(out.index(r, 0))];
            streams::<V, R, 1>(
                reads,
                writes,
                cols as usize,
                #[inline(always)]
                |x| [f(x)],
            );
        }
    }
}

/// y = f⁽ᵒʳᵈᵉʳ⁾(x), with one loop per function.
///
/// # Safety
/// Both matrices lie in the arena, and are equal or apart.
#[inline(always)]
pub(super) unsafe fn map<V: Vector>(arena: *mut f32, x: Mat, y: Mat, act: Act, order: u32) {
    /// One loop with the function known to the compiler.
    macro_rules! known {
        ($($act:pat => $known:expr,)*) => {
            match (act, order) {
                $(($act, 0) => matrices::<V, 1>(arena, [x], y, #[inline(always)] |[x]| formula::act($known, 0, x)),
                ($act, 1) => matrices::<V, 1>(arena, [x], y, #[inline(always)] |[x]| formula::act($known, 1, x)),
                ($act, _) => matrices::<V, 1>(arena, [x], y, #[inline(always)] |[x]| formula::act($known, 2, x)),)*
            }
        };
    }
    // SAFETY: as promised by the caller.
    unsafe {
        known! {
            Act::Identity => Act::Identity,
            Act::Relu => Act::Relu,
            Act::Leaky(slope) => Act::Leaky(slope),
            Act::Tanh => Act::Tanh,
            Act::Sigmoid => Act::Sigmoid,
            Act::Elu => Act::Elu,
            Act::Softplus => Act::Softplus,
            Act::Sine => Act::Sine,
            Act::InvSqrt => Act::InvSqrt,
        }
    }
}

/// c ∘= f′ by the output y, with one loop per function.
#[inline(always)]
unsafe fn act_grad<V: Vector>(arena: *mut f32, c: Mat, y: Mat, act: Act) {
    macro_rules! known {
        ($($act:pat => $known:expr,)*) => {
            match act {
                $($act => matrices::<V, 2>(arena, [c, y], c, #[inline(always)] |[c, y]| {
                    c * formula::grad_from_output($known, y)
                }),)*
                Act::Identity | Act::Softplus | Act::Sine | Act::InvSqrt => {}
            }
        };
    }
    // SAFETY: as promised by the caller.
    unsafe {
        known! {
            Act::Relu => Act::Relu,
            Act::Leaky(slope) => Act::Leaky(slope),
            Act::Tanh => Act::Tanh,
            Act::Sigmoid => Act::Sigmoid,
            Act::Elu => Act::Elu,
        }
    }
}

/// What is left of an epilogue once products, bias added, stand in some rows of c.
///
/// # Safety
/// The op was checked for an arena that begins at `rows.arena`.
#[inline(always)]
pub(super) unsafe fn finish<E: Entries>(rows: &Finish) {
    let part = |m: Mat| Mat { at: m.at + rows.first * m.stride, rows: rows.count, ..m };
    let c = part(rows.c);
    // SAFETY: as promised by the caller.
    unsafe {
        match rows.epilogue {
            Epilogue::None => {}
            Epilogue::BiasAct { act, .. } => E::map(rows.arena, c, c, act, 0),
            Epilogue::ActGrad { y, act } => act_grad::<E::Vector>(rows.arena, c, part(y), act),
        }
    }
}

/// Map, Zip, Scale, PointGrad, Clamp, Average and the optimisers.
///
/// # Safety
/// The op was checked for an arena that begins at `arena`.
#[inline(always)]
pub(super) unsafe fn run<E: Entries>(op: &Op, arena: *mut f32) {
    // SAFETY: as promised by the caller; vectors have the length of `p`.
    unsafe {
        let at = |word: u32| arena.add(word as usize);
        let read = |word: u32| at(word).cast_const();
        match *op {
            Op::Map { x, y, act, order } => E::map(arena, x, y, act, order),
            Op::Zip { a, b, out, join: Join::Add } => {
                matrices::<E::Vector, 2>(
                    arena,
                    [a, b],
                    out,
                    #[inline(always)]
                    |[a, b]| formula::join(Join::Add, a, b),
                );
            }
            Op::Zip { a, b, out, join: Join::Mul } => {
                matrices::<E::Vector, 2>(
                    arena,
                    [a, b],
                    out,
                    #[inline(always)]
                    |[a, b]| formula::join(Join::Mul, a, b),
                );
            }
            Op::Pick { .. } | Op::Route { .. } => maxout::run::<E::Vector>(op, arena),
            Op::Scale { x, out, factor } => {
                let factor = E::Vector::splat(factor);
                matrices::<E::Vector, 1>(
                    arena,
                    [x],
                    out,
                    #[inline(always)]
                    |[x]| factor * x,
                );
            }
            Op::PointGrad { a, live, phi, weight, order, out } => {
                point_grad::<E::Vector>(
                    [read(a.at).cast_mut(), at(out.at)],
                    (live, out.cols),
                    (phi, weight, order),
                );
            }
            Op::Clamp { p, limit } => {
                let limit = E::Vector::splat(limit);
                streams::<E::Vector, 1, 1>(
                    [read(p.at)],
                    [at(p.at)],
                    p.len as usize,
                    #[inline(always)]
                    |[p]: [E::Vector; 1]| [Lanes::pmin(Lanes::pmax(p, -limit), limit)],
                );
            }
            Op::Average { avg, p, keep } => {
                let (keep, rest) = (
                    <E::Vector as crate::real::Real>::of(keep),
                    <E::Vector as crate::real::Real>::of(1.0 - keep),
                );
                streams::<E::Vector, 2, 1>(
                    [read(avg), read(p.at)],
                    [at(avg)],
                    p.len as usize,
                    #[inline(always)]
                    |[avg, p]: [E::Vector; 2]| [keep * avg + rest * p],
                );
            }
            _ => optimise::<E::Vector>(op, arena),
        }
    }
}

/// weight / live · φ⁽ᵒʳᵈᵉʳ⁾ of the live columns, zeros in the rest.
#[inline(always)]
unsafe fn point_grad<V: Vector>(
    [a, out]: [*mut f32; 2],
    (live, cols): (u32, u32),
    (phi, weight, order): (Phi, f32, u32),
) {
    let factor = V::of(share(weight, live));
    let len = live as usize;
    macro_rules! known {
        ($($phi:pat => $known:expr,)*) => {
            match (phi, order) {
                $(($phi, 1) => streams::<V, 1, 1>([a.cast_const()], [out], len, #[inline(always)] |[a]| {
                    [factor * formula::phi($known, 1, a)]
                }),
                ($phi, _) => streams::<V, 1, 1>([a.cast_const()], [out], len, #[inline(always)] |[a]| {
                    [factor * formula::phi($known, 2, a)]
                }),)*
            }
        };
    }
    // SAFETY: as promised by the caller; live ≤ cols.
    unsafe {
        known! {
            Phi::Softplus => Phi::Softplus,
            Phi::SoftplusNeg => Phi::SoftplusNeg,
            Phi::Linear => Phi::Linear,
            Phi::Square(t) => Phi::Square(t),
            Phi::HingeBelow => Phi::HingeBelow,
            Phi::HingeAbove => Phi::HingeAbove,
        }
        out.add(len).write_bytes(0, (cols - live) as usize);
    }
}

/// One pass over the parameters and what goes with them.
#[inline(always)]
unsafe fn optimise<V: Vector>(op: &Op, arena: *mut f32) {
    // SAFETY: as promised by the caller.
    unsafe {
        let at = |word: u32| arena.add(word as usize);
        let read = |word: u32| at(word).cast_const();
        let len = |p: Span| p.len as usize;
        let rate = |tick: u32| V::splat(*at(tick + tick::RATE));
        match *op {
            Op::Sgd { p, g, tick } => {
                let rate = rate(tick);
                streams::<V, 2, 1>(
                    [read(p.at), read(g)],
                    [at(p.at)],
                    len(p),
                    #[inline(always)]
                    |[p, g]: [V; 2]| [p - rate * g],
                );
            }
            Op::Momentum { p, g, buf, tick, momentum, counter } => {
                let (rate, momentum) = (rate(tick), V::splat(momentum));
                let (pg, pb) = ([read(p.at), read(g)], [at(p.at), at(buf)]);
                if (*at(counter)).word() == 1 {
                    streams::<V, 2, 2>(
                        pg,
                        pb,
                        len(p),
                        #[inline(always)]
                        |[p, g]: [V; 2]| [p - rate * g, g],
                    );
                } else {
                    streams::<V, 3, 2>(
                        [pg[0], pg[1], read(buf)],
                        pb,
                        len(p),
                        #[inline(always)]
                        |[p, g, buf]: [V; 3]| {
                            let buf = formula::momentum(momentum, buf, g);
                            [p - rate * buf, buf]
                        },
                    );
                }
            }
            Op::Adam { p, g, m, v, tick, beta1, beta2 } => {
                let keep = [V::of(beta1), V::of(1.0 - beta1), V::of(beta2), V::of(1.0 - beta2)];
                let rate = *at(tick + tick::RATE) * *at(tick + tick::CORRECTION1);
                let step = [V::splat(rate), V::splat(*at(tick + tick::CORRECTION2))];
                let reads = [read(p.at), read(g), read(m), read(v)];
                streams::<V, 4, 3>(
                    reads,
                    [at(p.at), at(m), at(v)],
                    len(p),
                    #[inline(always)]
                    |[p, g, m, v]: [V; 4]| formula::adam(p, g, m, v, keep, step),
                );
            }
            Op::RmsProp { p, g, v, tick, alpha } => {
                let (keep, rate) = ([V::of(alpha), V::of(1.0 - alpha)], rate(tick));
                streams::<V, 3, 2>(
                    [read(p.at), read(g), read(v)],
                    [at(p.at), at(v)],
                    len(p),
                    #[inline(always)]
                    |[p, g, v]: [V; 3]| formula::rmsprop(p, g, v, keep, rate),
                );
            }
            _ => unreachable!("not elementwise: {op:?}"),
        }
    }
}
