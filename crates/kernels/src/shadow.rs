//! How far two executors may be apart: the scalar twins run, and beside every word goes the variance that rounding
//! errors give it.
//!
//! First-order error analysis with independent roundings (Higham & Mary 2019, "A new approach to probabilistic rounding
//! error analysis"): each op adds the variance of its own roundings to what its operands bring along. A sum of n terms
//! makes n roundings of partial sums, which are √n and not n times as large as one. Where a derivative jumps and an
//! operand is closer to the jump than its error, the jump is part of the error.

use crate::formula::{self, EPSILON};
use crate::program::{
    Act, Decay, Epilogue, Join, Law, Mat, Op, Phi, Span, Table, TableValues, tick,
};
use crate::scalar::{run_op, share};

/// Half a unit in the last place of 1.
const U: f64 = 1.0 / 16_777_216.0;
/// Two words agree when they are no more standard deviations apart than this.
const DEVIATIONS: f64 = 8.0;
/// Moments of an optimiser below this are rounded to a multiple of it or flushed to 0, as the executor likes.
const FLOOR: f64 = 1e-36;
/// The standard deviation of an elementary function, relative to its value and to 1, in units of [`U`]: times
/// [`DEVIATIONS`] that is what WGSL's division and square root and about ten roundings may do.
const RELATIVE: f64 = 2.5;
const ABSOLUTE: f64 = 0.5;

/// An arena, and the variance of each word between executors that began with the same words.
#[derive(Clone, Debug, Default)]
pub struct Shadow {
    arena: Vec<f32>,
    variance: Vec<f64>,
    scratch: Vec<[f64; 2]>,
}

impl Op {
    /// The views whose words it writes.
    #[must_use]
    pub fn writes(&self) -> Vec<Mat> {
        let word = |at| Mat::dense(at, 1, 1);
        let long = |at, p: Span| Mat::dense(at, 1, p.len);
        match *self {
            Self::Tick { counter, out, .. } => vec![word(counter), Mat::dense(out, 1, 3)],
            Self::Draw { out, .. }
            | Self::Gather { out, .. }
            | Self::Pick { out, .. }
            | Self::Route { out, .. }
            | Self::Spread { out, .. }
            | Self::Zip { out, .. }
            | Self::Scale { out, .. }
            | Self::PointGrad { out, .. } => vec![out],
            Self::Gemm { c, .. } => vec![c],
            Self::Map { y, .. } => vec![y],
            Self::RowSum { x, out, .. } => vec![Mat::dense(out, 1, x.rows)],
            Self::PointLoss { out, .. } | Self::SumSquares { out, .. } => vec![word(out)],
            Self::Tally { sum, count, .. } => vec![word(sum), word(count)],
            Self::Sgd { p, .. } | Self::Clamp { p, .. } => vec![long(p.at, p)],
            Self::Momentum { p, buf, .. } => vec![long(p.at, p), long(buf, p)],
            Self::Adam { p, m, v, .. } => vec![long(p.at, p), long(m, p), long(v, p)],
            Self::RmsProp { p, v, .. } => vec![long(p.at, p), long(v, p)],
            Self::Average { avg, p, .. } => vec![long(avg, p)],
        }
    }
}

impl Mat {
    /// The arena indices of its elements, row by row.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.rows).flat_map(move |r| (0..self.cols).map(move |c| self.index(r, c)))
    }
}

impl Shadow {
    /// Begins with these words, which every executor has; what lies behind them up to `words` is 0.
    pub fn begin(&mut self, state: &[f32], words: u32) {
        let words = words as usize;
        self.arena.clear();
        self.arena.extend_from_slice(&state[..state.len().min(words)]);
        self.arena.resize(words, 0.0);
        self.variance.clear();
        self.variance.resize(words, 0.0);
    }

    /// The words as the scalar twins have them.
    #[must_use]
    pub fn words(&self) -> &[f32] {
        &self.arena
    }

    /// Runs an op.
    ///
    /// # Panics
    /// As [`run_op`].
    pub fn run(&mut self, op: &Op, table: Option<&Table>) {
        if let Op::Gemm { .. } = op {
            return self.gemm(op);
        }
        let fresh = self.variances(op, table);
        run_op(op, &mut self.arena, table);
        let mut fresh = fresh.into_iter();
        for (index, inherited) in op.writes().into_iter().flat_map(Mat::indices).zip(&mut fresh) {
            self.variance[index] = inherited + rounding(f64::from(self.arena[index]), op);
        }
    }

    /// How far apart two executors may be in this word.
    #[must_use]
    pub fn tolerance(&self, index: usize) -> f64 {
        let variance = self.variance[index];
        if variance > 0.0 { (DEVIATIONS * variance.sqrt()).max(FLOOR) } else { 0.0 }
    }

    fn value(&self, index: usize) -> f64 {
        f64::from(self.arena[index])
    }

    fn word(&self, at: u32) -> (f64, f64) {
        (self.value(at as usize), self.variance[at as usize])
    }

    /// Value and variance of the elements of a view.
    fn of(&self, m: Mat) -> impl Iterator<Item = (f64, f64)> {
        m.indices().map(|i| (self.value(i), self.variance[i]))
    }

    /// Value and variance of the words of a vector.
    fn along(&self, at: u32, p: Span) -> impl Iterator<Item = (f64, f64)> {
        self.of(Mat::dense(at, 1, p.len))
    }

    /// The variance that each written word has from the operands and from inner roundings, in the order of
    /// [`Op::writes`]; the rounding of the result itself comes on top.
    fn variances(&self, op: &Op, table: Option<&Table>) -> Vec<f64> {
        match *op {
            Op::Tick { counter, rate, decay, beta1, beta2, .. } => {
                let t = self.arena[counter as usize].to_bits().wrapping_add(1);
                let rate = self.word(rate).0;
                let of_rate = match decay {
                    Decay::None => 0.0,
                    Decay::Cosine(_) | Decay::Exponential(_) => {
                        let value = rate * formula::decay(decay, t.wrapping_sub(1));
                        square(RELATIVE * U * value) + square(ABSOLUTE * U * rate)
                    }
                };
                let correction = |beta: f64| match beta > 0.0 {
                    true => square(RELATIVE * U / (1.0 - beta.powf(f64::from(t)))),
                    false => 0.0,
                };
                vec![0.0, of_rate, correction(beta1), correction(beta2)]
            }
            Op::Draw { out, live, law, .. } => {
                let each = match law {
                    Law::Uniform { lo, hi } => f64::from(lo.abs() + hi.abs()) / 4.0,
                    Law::Normal { mean, .. } => f64::from(mean.abs()),
                };
                drawn(out, live, square(U * each))
            }
            Op::Gather { out, live, .. } => {
                let each = match table.map(|table| &table.values) {
                    Some(TableValues::Bytes { scale, offset, .. }) => {
                        f64::from(255.0 * scale.abs() + offset.abs()) / 4.0
                    }
                    Some(TableValues::Words(_)) | None => 0.0,
                };
                drawn(out, live, square(U * each))
            }
            Op::RowSum { x, out, accumulate } => (0..x.rows)
                .map(|r| {
                    let row = Mat { at: x.at + r * x.stride, rows: 1, ..x };
                    let before = if accumulate { self.word(out + r).1 } else { 0.0 };
                    before + sum(self.of(row))
                })
                .collect(),
            Op::Pick { x, v, out } => self.picked(x, v, out),
            Op::Route { x, v, out } => self.routed(x, v, out),
            Op::Spread { v, out } => out
                .indices()
                .enumerate()
                .map(|(i, _)| self.word(v + i as u32 / out.cols).1)
                .collect(),
            Op::Map { x, act, order, .. } => self.of(x).map(|x| mapped(act, order, x)).collect(),
            Op::Zip { a, b, join, .. } => {
                let joined = |((a, va), (b, vb)): ((f64, f64), (f64, f64))| match join {
                    Join::Add => va + vb,
                    Join::Mul => a * a * vb + b * b * va + va * vb,
                };
                self.of(a).zip(self.of(b)).map(joined).collect()
            }
            Op::Scale { x, factor, .. } => {
                self.of(x).map(|(_, v)| square(factor.into()) * v).collect()
            }
            Op::PointLoss { a, live, phi, weight, out, accumulate } => {
                let terms = self.of(a).take(live as usize).map(|a| loss_term(phi, 0, a));
                let before = if accumulate { self.word(out).1 } else { 0.0 };
                vec![before + square(share(weight, live)) * sum(terms)]
            }
            Op::PointGrad { a, live, phi, weight, order, .. } => {
                let share = square(share(weight, live));
                let each = |(c, a)| {
                    if c < live as usize { share * loss_term(phi, order, a).1 } else { 0.0 }
                };
                self.of(a).enumerate().map(each).collect()
            }
            Op::Tally { from, sum, .. } => vec![self.word(sum).1 + self.word(from).1, 0.0],
            Op::SumSquares { x, .. } => vec![sum(self.along(x.at, x).map(squared))],
            Op::Clamp { p, limit } => {
                let inside = |(x, v): (f64, f64)| {
                    let near = x.abs() <= f64::from(limit) + DEVIATIONS * v.sqrt();
                    if near { v } else { 0.0 }
                };
                self.along(p.at, p).map(inside).collect()
            }
            Op::Average { avg, p, keep } => {
                let mixed = |(a, b)| mixed(a, keep, b);
                self.along(avg, p).zip(self.along(p.at, p)).map(mixed).collect()
            }
            Op::Sgd { .. } | Op::Momentum { .. } | Op::Adam { .. } | Op::RmsProp { .. } => {
                self.stepped(op)
            }
            Op::Gemm { .. } => unreachable!("has its own loop"),
        }
    }

    /// Of the rows of a unit of maxout in column c: the one with the largest x, and those that other roundings may make it.
    fn rivals(&self, x: Mat, pieces: u32, u: u32, c: u32) -> (u32, Vec<u32>) {
        let rows = u * pieces..(u + 1) * pieces;
        let at = |row: u32| (self.value(x.index(row, c)), self.variance[x.index(row, c)]);
        let first = rows.start;
        let winner = rows.clone().fold(first, |w, row| if at(row).0 > at(w).0 { row } else { w });
        let (best, of_best) = at(winner);
        let near = |&row: &u32| {
            let (other, v) = at(row);
            row != winner && v + of_best > 0.0 && is_near(best, (other, v + of_best))
        };
        (winner, rows.filter(near).collect())
    }

    fn picked(&self, x: Mat, v: Mat, out: Mat) -> Vec<f64> {
        let pieces = x.rows / out.rows;
        let unit = |u, c| {
            let (winner, rivals) = self.rivals(x, pieces, u, c);
            let value = |row: u32| self.value(v.index(row, c));
            let other =
                |row: u32| self.variance[v.index(row, c)] + jump(value(row) - value(winner));
            rivals.into_iter().map(other).fold(self.variance[v.index(winner, c)], f64::max)
        };
        (0..out.rows)
            .flat_map(|u| (0..out.cols).map(move |c| (u, c)))
            .map(|(u, c)| unit(u, c))
            .collect()
    }

    fn routed(&self, x: Mat, v: Mat, out: Mat) -> Vec<f64> {
        let pieces = x.rows / v.rows;
        let each = |(row, c): (u32, u32)| {
            let (winner, rivals) = self.rivals(x, pieces, row / pieces, c);
            let at = v.index(row / pieces, c);
            let inherited = if row == winner { self.variance[at] } else { 0.0 };
            let doubtful = rivals.contains(&row) || row == winner && !rivals.is_empty();
            inherited + if doubtful { jump(self.value(at)) + self.variance[at] } else { 0.0 }
        };
        (0..out.rows).flat_map(|row| (0..out.cols).map(move |c| (row, c))).map(each).collect()
    }

    /// The variances of what an optimiser writes: parameters, then its buffers.
    fn stepped(&self, op: &Op) -> Vec<f64> {
        let (mut moved, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
        match *op {
            Op::Sgd { p, g, tick } => {
                let rate = self.word(tick + tick::RATE);
                for (p, g) in self.along(p.at, p).zip(self.along(g, p)) {
                    moved.push(p.1 + product(rate, g));
                }
            }
            Op::Momentum { p, g, buf, tick, momentum, counter } => {
                let rate = self.word(tick + tick::RATE);
                let is_first = self.arena[counter as usize].to_bits() == 1;
                let keep = if is_first { 0.0 } else { f64::from(momentum) };
                let words = self.along(p.at, p).zip(self.along(g, p)).zip(self.along(buf, p));
                for ((p, g), (b, vb)) in words {
                    let (b, vb) = if is_first { (0.0, 0.0) } else { (b, vb) };
                    let next = keep * b + g.0;
                    let variance = square(keep) * vb + g.1 + square(U * keep * b);
                    first.push(variance);
                    moved.push(p.1 + product(rate, (next, variance + square(U * next))));
                }
            }
            Op::Adam { p, g, m, v, tick, beta1, beta2 } => {
                let word = |k: u32| self.word(tick + k);
                let rate = word(tick::RATE).0 * word(tick::CORRECTION1).0;
                let of_rate = relative(word(tick::RATE)) + relative(word(tick::CORRECTION1));
                let correct = word(tick::CORRECTION2);
                let moments = self.along(m, p).zip(self.along(v, p));
                for ((p, g), (m, v)) in self.along(p.at, p).zip(self.along(g, p)).zip(moments) {
                    let m = moment(m, beta1, g);
                    let v = moment(v, beta2, squared(g));
                    let root = root((v.0 * correct.0, product(v, correct)));
                    moved.push(p.1 + quotient(rate * m.0, rate, m.1, of_rate, root));
                    first.push(m.1);
                    second.push(v.1);
                }
            }
            Op::RmsProp { p, g, v, tick, alpha } => {
                let rate = self.word(tick + tick::RATE);
                for ((p, g), v) in self.along(p.at, p).zip(self.along(g, p)).zip(self.along(v, p)) {
                    let v = moment(v, alpha, squared(g));
                    let (numerator, root) = (rate.0 * g.0, root(v));
                    moved.push(p.1 + quotient(numerator, rate.0, g.1, relative(rate), root));
                    first.push(v.1);
                }
            }
            _ => unreachable!("not an optimiser: {op:?}"),
        }
        [moved, first, second].concat()
    }

    /// c and its variance: Σ a² var b + b² var a, the sum's own roundings, and what the epilogue makes of it.
    fn gemm(&mut self, op: &Op) {
        let Op::Gemm { a, ta, b, tb, c, accumulate, epilogue } = *op else {
            unreachable!("called for a gemm")
        };
        let (depth, cols) = (if ta { a.rows } else { a.cols }, c.cols as usize);
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        for k in 0..depth {
            scratch.extend((0..c.cols).map(|j| {
                let i = if tb { b.index(j, k) } else { b.index(k, j) };
                [self.value(i), self.variance[i]]
            }));
        }
        let mut sums = vec![[0.0; 4]; cols];
        for i in 0..c.rows {
            sums.fill([0.0; 4]);
            for (k, right) in (0..depth).zip(scratch.chunks_exact(cols)) {
                let left = if ta { a.index(k, i) } else { a.index(i, k) };
                add_products(&mut sums, (self.value(left), self.variance[left]), right);
            }
            for (j, &[total, squares, trail, variance]) in (0..c.cols).zip(&sums) {
                let variance = variance + partial_sums(depth, squares, trail);
                let at = c.index(i, j);
                let (value, variance) = match epilogue {
                    Epilogue::None if accumulate => {
                        (self.value(at) + total, self.variance[at] + variance)
                    }
                    Epilogue::None => (total, variance),
                    Epilogue::BiasAct { bias, act } => {
                        let (b, of_b) = self.word(bias + i);
                        let x = (total + b, variance + of_b + square(U * (total + b)));
                        (formula::act(act, 0, x.0), mapped(act, 0, x))
                    }
                    Epilogue::ActGrad { y, act } => {
                        let y = y.index(i, j);
                        let y = (self.value(y), self.variance[y]);
                        let slope = formula::grad_from_output(act, y.0);
                        let of_slope = slope_by_output(act, y);
                        (total * slope, square(slope) * variance + square(total) * of_slope)
                    }
                };
                #[expect(clippy::cast_possible_truncation, reason = "the arena is f32")]
                let rounded = value as f32;
                self.arena[at] = rounded;
                self.variance[at] = variance + square(U * value);
            }
        }
        self.scratch = scratch;
    }
}

fn square(x: f64) -> f64 {
    x * x
}

/// Adds left · right to each column's Σ, Σ of squares, Σ of squared partial sums and variance.
fn add_products(sums: &mut [[f64; 4]], (a, va): (f64, f64), right: &[[f64; 2]]) {
    let aa = a * a;
    for (sum, &[b, vb]) in sums.iter_mut().zip(right) {
        let bb = b * b;
        sum[0] += a * b;
        sum[1] += aa * bb;
        sum[2] += sum[0] * sum[0];
        sum[3] += aa * vb + va * (bb + vb);
    }
}

/// The rounding of a result when it is stored. What moves words without arithmetic does not round.
fn rounding(value: f64, op: &Op) -> f64 {
    match op {
        Op::Spread { .. } | Op::Clamp { .. } | Op::Gather { .. } | Op::Map { .. } => 0.0,
        Op::Pick { .. } | Op::Route { .. } => 0.0,
        Op::Draw { law: Law::Uniform { .. }, .. } | Op::Tick { .. } => 0.0,
        _ => square(U * value),
    }
}

/// The roundings of n partial sums: those of terms in their own order (`trail` is their Σ of squares), or such as terms
/// of both signs have in any other order.
fn partial_sums(n: u32, squares: f64, trail: f64) -> f64 {
    square(U) * trail.max(squares * f64::from(n) / 2.0)
}

/// The variance of a sum.
fn sum(terms: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut n, mut total, mut squares, mut trail, mut variance) = (0, 0.0, 0.0, 0.0, 0.0);
    for (x, v) in terms {
        n += 1;
        total += x;
        squares += x * x;
        trail += total * total;
        variance += v;
    }
    variance + partial_sums(n, squares, trail)
}

fn drawn(out: Mat, live: u32, variance: f64) -> Vec<f64> {
    out.indices()
        .enumerate()
        .map(|(i, _)| if i as u32 % out.cols < live { variance } else { 0.0 })
        .collect()
}

/// The variance of x y, of which each is rounded, and the product too.
fn product((x, vx): (f64, f64), (y, vy): (f64, f64)) -> f64 {
    x * x * vy + y * y * vx + vx * vy + square(U * x * y)
}

/// x² with its variance, rounded.
fn squared((x, v): (f64, f64)) -> (f64, f64) {
    (x * x, 4.0 * x * x * v + 2.0 * v * v + square(U * x * x))
}

fn relative((x, v): (f64, f64)) -> f64 {
    if x == 0.0 { 0.0 } else { v / (x * x) }
}

/// The variance of keep · a + (1 − keep) · b, without the last rounding.
fn mixed((a, va): (f64, f64), keep: f64, (b, vb): (f64, f64)) -> f64 {
    let (left, right) = (keep * a, (1.0 - keep) * b);
    square(keep) * va + square(1.0 - keep) * vb + square(U) * (left * left + right * right)
}

/// A moment of an optimiser after its step.
fn moment(a: (f64, f64), keep: f64, b: (f64, f64)) -> (f64, f64) {
    let value = keep * a.0 + (1.0 - keep) * b.0;
    (value, mixed(a, keep, b) + square(U * value))
}

/// √x + ε with its variance.
fn root((x, v): (f64, f64)) -> (f64, f64) {
    let root = x.max(0.0).sqrt();
    // Beside 0 the root of the error, elsewhere error by derivative.
    let spread = v.sqrt();
    let variance = if x > spread { v / (4.0 * x) } else { spread };
    (root + EPSILON, variance + square(U * root))
}

/// The variance of rate · x / root: numerator, rate, var x, relative variance of the rate, the root.
fn quotient(numerator: f64, rate: f64, vx: f64, of_rate: f64, (root, v): (f64, f64)) -> f64 {
    let step = numerator / root;
    let rounding = square(RELATIVE * U) + of_rate + v / square(root);
    square(step) * rounding + square(rate / root) * vx
}

/// Whether x is within its error of `place`.
fn is_near(place: f64, (x, v): (f64, f64)) -> bool {
    v > 0.0 && square(x - place) <= square(DEVIATIONS) * v
}

/// The variance that a jump of this height counts for.
fn jump(height: f64) -> f64 {
    square(height) / 16.0
}

/// The variance of f⁽ᵒʳᵈᵉʳ⁾(x), roundings included.
fn mapped(act: Act, order: u32, x: (f64, f64)) -> f64 {
    let y = formula::act(act, order, x.0);
    let own = match act {
        Act::Identity | Act::Relu => 0.0,
        Act::Leaky(_) => square(U * y),
        _ => square(RELATIVE * U * y) + square(ABSOLUTE * U),
    };
    let kink = is_near(0.0, x);
    let slope = match (act, order) {
        (Act::Relu | Act::Leaky(_) | Act::Elu, 0) if kink => 1.0,
        // Steep beside 0: the slope where the error may have carried x.
        (Act::InvSqrt, _) => inverse_root_slope(order, x),
        (_, 0 | 1) => formula::act(act, order + 1, x.0),
        // No third derivative of these is larger.
        _ => 2.0,
    };
    let height = match (act, order) {
        (Act::Relu, 1) | (Act::Elu, 2) if kink => 1.0,
        (Act::Leaky(slope), 1) if kink => 1.0 - f64::from(slope),
        _ => 0.0,
    };
    square(slope) * x.1 + jump(height) + own
}

/// |d/dx x^(−½ − order)| at the end of x's error that is nearer to 0.
fn inverse_root_slope(order: u32, (x, v): (f64, f64)) -> f64 {
    let low = (x - v.sqrt()).max(0.5 * x);
    if low <= 0.0 {
        return 0.0;
    }
    let y = 1.0 / low.sqrt();
    match order {
        0 => 0.5 * y.powi(3),
        1 => 0.75 * y.powi(5),
        _ => 1.875 * y.powi(7),
    }
}

/// The variance of f′ by the output y.
fn slope_by_output(act: Act, y: (f64, f64)) -> f64 {
    let kink = is_near(0.0, y);
    match act {
        Act::Relu if kink => jump(1.0),
        Act::Leaky(slope) if kink => jump(1.0 - f64::from(slope)),
        Act::Tanh => 4.0 * y.0 * y.0 * y.1 + 2.0 * square(U),
        Act::Sigmoid => square(1.0 - 2.0 * y.0) * y.1 + square(U),
        Act::Elu if y.0 <= 0.0 || kink => y.1 + square(U),
        _ => 0.0,
    }
}

/// φ⁽ᵒʳᵈᵉʳ⁾(a) with its variance, order 0, 1 or 2.
fn loss_term(phi: Phi, order: u32, a: (f64, f64)) -> (f64, f64) {
    let value = formula::phi(phi, order, a.0);
    let own = match (phi, order) {
        (Phi::Softplus | Phi::SoftplusNeg, _) => {
            square(RELATIVE * U * value) + square(ABSOLUTE * U)
        }
        (Phi::Linear, _) | (Phi::HingeBelow | Phi::HingeAbove | Phi::Square(_), 1 | 2) => {
            square(U * value)
        }
        _ => square(2.0 * U * value) + square(U),
    };
    let kink = match phi {
        Phi::HingeBelow => is_near(1.0, a),
        Phi::HingeAbove => is_near(-1.0, a),
        _ => false,
    };
    let slope = match order {
        0 if kink => 1.0,
        0 | 1 => formula::phi(phi, order + 1, a.0),
        _ => 1.0,
    };
    let height = if kink && order == 1 { 1.0 } else { 0.0 };
    (value, square(slope) * a.1 + jump(height) + own)
}
