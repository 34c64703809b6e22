//! The plain twin of every op: its formula as a loop over single numbers, for f32 and f64 alike.
//!
//! Tolerances of the fast paths against these loops follow from the length n of a reduction: both sides add n
//! products with a rounding error of at most n · 2⁻²⁴ relative to Σ|terms|, so they differ by at most n · 2⁻²³ Σ|terms|.
//! Elementwise ops call the same formulas in the same order and give the same bits; random words are the same bits.

use adversaria_core::rng;

use crate::formula;
use crate::program::{Decay, Epilogue, Law, Mat, Op, Phi, Source, Span, Table, TableValues, tick};
use crate::real::{Real, Scalar};

/// Numbers of a long sum are first added up in blocks of this many, so that rounding errors stay small.
pub const SUM_BLOCK: usize = 256;

impl Mat {
    /// The arena index of element `(r, c)`.
    #[inline(always)]
    #[must_use]
    pub const fn index(&self, r: u32, c: u32) -> usize {
        self.at as usize + r as usize * self.stride as usize + c as usize
    }
}

impl Span {
    /// The arena indices.
    #[must_use]
    pub const fn range(&self) -> std::ops::Range<usize> {
        self.at as usize..self.at as usize + self.len as usize
    }
}

impl Table {
    /// Value `column` of row `row`.
    ///
    /// # Panics
    /// When there is none.
    #[inline]
    #[must_use]
    pub fn value(&self, row: u32, column: u32) -> f32 {
        let i = row as usize * self.dim as usize + column as usize;
        match &self.values {
            TableValues::Words(words) => words[i],
            TableValues::Bytes { bytes, scale, offset } => f32::from(bytes[i]) * scale + offset,
        }
    }
}

/// Runs one op over the arena.
///
/// # Panics
/// When a view reaches outside the arena, or an op gathers and there is no table: executors check both beforehand.
pub fn run_op<T: Scalar>(op: &Op, arena: &mut [T], table: Option<&Table>) {
    match *op {
        Op::Tick { .. } | Op::Spread { .. } | Op::Tally { .. } => run_small(op, arena),
        Op::Draw { out, live, source, law } => draw(arena, out, live, source, law),
        Op::Gather { out, live, source } => {
            let Some(table) = table else {
                unreachable!("executors check that a gather has a table")
            };
            gather(arena, out, live, source, table);
        }
        Op::Gemm { a, ta, b, tb, c, accumulate, epilogue } => {
            gemm(arena, (a, ta), (b, tb), c, accumulate, epilogue);
        }
        Op::RowSum { x, out, accumulate } => row_sum(arena, x, out, accumulate),
        Op::Pick { x, v, out } => {
            each_unit(x, out.rows, arena, |arena, u, c, w| {
                arena[out.index(u, c)] = arena[v.index(w, c)];
            });
        }
        Op::Route { x, v, out } => each_unit(x, v.rows, arena, |arena, u, c, w| {
            let pieces = x.rows / v.rows;
            for row in u * pieces..(u + 1) * pieces {
                arena[out.index(row, c)] = if row == w { arena[v.index(u, c)] } else { T::of(0.0) };
            }
        }),
        Op::Map { x, y, act, order } => {
            pairs(x, y, |i, o| arena[o] = formula::act(act, order, arena[i]));
        }
        Op::Zip { a, b, out, join } => {
            for r in 0..out.rows {
                for c in 0..out.cols {
                    arena[out.index(r, c)] =
                        formula::join(join, arena[a.index(r, c)], arena[b.index(r, c)]);
                }
            }
        }
        Op::Scale { x, out, factor } => {
            pairs(x, out, |i, o| arena[o] = T::of_f32(factor) * arena[i]);
        }
        Op::PointLoss { a, live, phi, weight, out, accumulate } => {
            point_loss(arena, a, live, (phi, weight), out, accumulate);
        }
        Op::PointGrad { a, live, phi, weight, order, out } => {
            point_grad(arena, a, live, (phi, weight, order), out);
        }
        Op::SumSquares { x, out } => {
            arena[out as usize] = sum(arena[x.range()].iter().map(|&x| x * x));
        }
        Op::Clamp { p, limit } => {
            let limit = T::of_f32(limit);
            arena[p.range()].iter_mut().for_each(|p| *p = p.pmax(-limit).pmin(limit));
        }
        Op::Average { avg, p, keep } => {
            let (keep, rest) = (T::of(keep), T::of(1.0 - keep));
            for i in 0..p.len {
                let at = (avg + i) as usize;
                arena[at] = keep * arena[at] + rest * arena[(p.at + i) as usize];
            }
        }
        Op::Sgd { .. } | Op::Momentum { .. } | Op::Adam { .. } | Op::RmsProp { .. } => {
            optimise(op, arena);
        }
    }
}

/// The ops over a few words, which have no fast form: nothing to gain.
///
/// # Panics
/// When a view reaches outside the arena.
pub(crate) fn run_small<T: Scalar>(op: &Op, arena: &mut [T]) {
    match *op {
        Op::Tick { counter, rate, out, decay, beta1, beta2 } => {
            run_tick(arena, counter, [rate, out], decay, [beta1, beta2]);
        }
        Op::Spread { v, out } => {
            for r in 0..out.rows {
                let value = arena[(v + r) as usize];
                let at = out.index(r, 0);
                arena[at..at + out.cols as usize].fill(value);
            }
        }
        Op::Tally { from, sum, count } => {
            arena[sum as usize] = arena[sum as usize] + arena[from as usize];
            arena[count as usize] = arena[count as usize] + T::of(1.0);
        }
        _ => unreachable!("not small: {op:?}"),
    }
}

/// Calls `f` with the arena indices of the corresponding elements of two matrices.
fn pairs(x: Mat, y: Mat, mut f: impl FnMut(usize, usize)) {
    for r in 0..y.rows {
        for c in 0..y.cols {
            f(x.index(r, c), y.index(r, c));
        }
    }
}

/// Calls `f` for each unit u and column c of maxout, with the first of the unit's rows whose x is largest.
fn each_unit<T: Scalar>(x: Mat, units: u32, arena: &mut [T], f: impl Fn(&mut [T], u32, u32, u32)) {
    let pieces = x.rows / units;
    for u in 0..units {
        for c in 0..x.cols {
            let (mut best, mut index) = (arena[x.index(u * pieces, c)], T::of(0.0));
            for piece in 1..pieces {
                let other = arena[x.index(u * pieces + piece, c)];
                index = formula::ahead(best, other, T::of(piece.into()), index);
                best = formula::ahead(best, other, other, best);
            }
            #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "a piece")]
            let winner = u * pieces + index.to_f64() as u32;
            f(arena, u, c, winner);
        }
    }
}

/// Σ terms, in blocks of [`SUM_BLOCK`].
fn sum<T: Real>(mut terms: impl Iterator<Item = T>) -> T {
    let mut total = T::of(0.0);
    loop {
        let mut block = terms.by_ref().take(SUM_BLOCK).peekable();
        if block.peek().is_none() {
            return total;
        }
        total = total + block.fold(T::of(0.0), |sum, x| sum + x);
    }
}

/// out = value, or out += value.
fn store<T: Real>(out: &mut T, value: T, accumulate: bool) {
    *out = if accumulate { *out + value } else { value };
}

/// t = counter + 1; rate · decay(t − 1), 1 / (1 − β1^t), 1 / (1 − β2^t): in f64, each rounded once.
pub(crate) fn run_tick<T: Scalar>(
    arena: &mut [T],
    counter: u32,
    [rate, out]: [u32; 2],
    decay: Decay,
    betas: [f64; 2],
) {
    let t = arena[counter as usize].word().wrapping_add(1);
    arena[counter as usize] = T::from_word(t);
    let correction = |beta: f64| T::of(1.0 / (1.0 - beta.powf(f64::from(t))));
    let rate = T::of(arena[rate as usize].to_f64() * formula::decay(decay, t.wrapping_sub(1)));
    arena[(out + tick::RATE) as usize] = rate;
    arena[(out + tick::CORRECTION1) as usize] = correction(betas[0]);
    arena[(out + tick::CORRECTION2) as usize] = correction(betas[1]);
}

impl Source {
    /// The draw that this source stands for now.
    pub(crate) fn draw<T: Scalar>(&self, arena: &[T]) -> rng::Draw {
        rng::Draw {
            seed: self.seed,
            stream: self.stream,
            update: arena[self.counter as usize].word(),
        }
    }
}

/// lo + (hi − lo) u, or mean + std n, with u and n as in [`rng::Draw::uniform`] and [`rng::Draw::normal`].
fn draw<T: Scalar>(arena: &mut [T], out: Mat, live: u32, source: Source, law: Law) {
    let draw = source.draw(arena);
    for r in 0..out.rows {
        for c in 0..out.cols {
            arena[out.index(r, c)] = if c >= live {
                T::of(0.0)
            } else {
                match law {
                    Law::Uniform { lo, hi } => {
                        T::of_f32(lo) + T::of_f32(hi - lo) * T::of_f32(draw.uniform(r, c, live))
                    }
                    Law::Normal { mean, std } => {
                        T::of_f32(mean) + T::of_f32(std) * T::of_f32(draw.normal(r, c, live))
                    }
                }
            };
        }
    }
}

/// Column c is the table's row [`rng::Draw::index`] (c, rows).
fn gather<T: Scalar>(arena: &mut [T], out: Mat, live: u32, source: Source, table: &Table) {
    let draw = source.draw(arena);
    for c in 0..out.cols {
        let row = draw.index(c, table.rows);
        for r in 0..out.rows {
            arena[out.index(r, c)] =
                if c < live { T::of_f32(table.value(row, r)) } else { T::of(0.0) };
        }
    }
}

/// c[i, j] = epilogue(Σ_k A[i, k] B[k, j]), the sum in the order of k; or added to c.
fn gemm<T: Scalar>(
    arena: &mut [T],
    (a, ta): (Mat, bool),
    (b, tb): (Mat, bool),
    c: Mat,
    accumulate: bool,
    epilogue: Epilogue,
) {
    let depth = if ta { a.rows } else { a.cols };
    for i in 0..c.rows {
        for j in 0..c.cols {
            let mut product = T::of(0.0);
            for k in 0..depth {
                let left = arena[if ta { a.index(k, i) } else { a.index(i, k) }];
                let right = arena[if tb { b.index(j, k) } else { b.index(k, j) }];
                product = product + left * right;
            }
            let value = match epilogue {
                Epilogue::None => product,
                Epilogue::BiasAct { bias, act } => {
                    formula::act(act, 0, product + arena[(bias + i) as usize])
                }
                Epilogue::ActGrad { y, act } => {
                    product * formula::grad_from_output(act, arena[y.index(i, j)])
                }
            };
            store(&mut arena[c.index(i, j)], value, accumulate);
        }
    }
}

/// out[r] = Σ_c x[r, c].
fn row_sum<T: Scalar>(arena: &mut [T], x: Mat, out: u32, accumulate: bool) {
    for r in 0..x.rows {
        let total = sum((0..x.cols).map(|c| arena[x.index(r, c)]));
        store(&mut arena[(out + r) as usize], total, accumulate);
    }
}

/// out = weight / live · Σ_c φ(a[c]) over the live columns.
fn point_loss<T: Scalar>(
    arena: &mut [T],
    a: Mat,
    live: u32,
    (phi, weight): (Phi, f32),
    out: u32,
    accumulate: bool,
) {
    let total = sum((0..live).map(|c| formula::phi(phi, 0, arena[a.index(0, c)])));
    store(&mut arena[out as usize], T::of(share(weight, live)) * total, accumulate);
}

/// weight / live, to be rounded once.
pub(crate) fn share(weight: f32, live: u32) -> f64 {
    f64::from(weight) / f64::from(live)
}

/// out[c] = weight / live · φ⁽ᵒʳᵈᵉʳ⁾(a[c]) in the live columns, 0 in the rest.
fn point_grad<T: Scalar>(
    arena: &mut [T],
    a: Mat,
    live: u32,
    (phi, weight, order): (Phi, f32, u32),
    out: Mat,
) {
    let factor = T::of(share(weight, live));
    for c in 0..out.cols {
        arena[out.index(0, c)] = if c < live {
            factor * formula::phi(phi, order, arena[a.index(0, c)])
        } else {
            T::of(0.0)
        };
    }
}

/// The step of an optimiser, element by element; the formulas stand at the ops and in [`formula`].
fn optimise<T: Scalar>(op: &Op, arena: &mut [T]) {
    let rate = |arena: &[T], tick: u32| arena[(tick + tick::RATE) as usize];
    match *op {
        Op::Sgd { p, g, tick } => {
            let rate = rate(arena, tick);
            for i in 0..p.len {
                let at = (p.at + i) as usize;
                arena[at] = arena[at] - rate * arena[(g + i) as usize];
            }
        }
        Op::Momentum { p, g, buf, tick, momentum, counter } => {
            let rate = rate(arena, tick);
            let first = arena[counter as usize].word() == 1;
            for i in 0..p.len {
                let (at, buf) = ((p.at + i) as usize, (buf + i) as usize);
                let g = arena[(g + i) as usize];
                arena[buf] =
                    if first { g } else { formula::momentum(T::of_f32(momentum), arena[buf], g) };
                arena[at] = arena[at] - rate * arena[buf];
            }
        }
        Op::Adam { p, g, m, v, tick, beta1, beta2 } => {
            let keep = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(T::of);
            let step = adam_step(arena, tick);
            for i in 0..p.len {
                let [p, g, m, v] = [p.at, g, m, v].map(|at| (at + i) as usize);
                [arena[p], arena[m], arena[v]] =
                    formula::adam(arena[p], arena[g], arena[m], arena[v], keep, step);
            }
        }
        Op::RmsProp { p, g, v, tick, alpha } => {
            let (keep, rate) = ([alpha, 1.0 - alpha].map(T::of), rate(arena, tick));
            for i in 0..p.len {
                let [p, g, v] = [p.at, g, v].map(|at| (at + i) as usize);
                [arena[p], arena[v]] = formula::rmsprop(arena[p], arena[g], arena[v], keep, rate);
            }
        }
        _ => unreachable!("not an optimiser: {op:?}"),
    }
}

/// (rate / (1 − β1^t), 1 / (1 − β2^t)) of the tick's words.
pub(crate) fn adam_step<T: Scalar>(arena: &[T], tick: u32) -> [T; 2] {
    let word = |k: u32| arena[(tick + k) as usize];
    [word(tick::RATE) * word(tick::CORRECTION1), word(tick::CORRECTION2)]
}
