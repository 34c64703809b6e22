//! How an op falls into parts for several threads: each part writes words of its own, and every word comes out as from
//! the whole op, bit for bit, because no sum is ever cut.

use super::gemm::{MOST_COLS, ROWS, Way};
use super::vector::MOST_LANES;
use crate::program::{Act, Epilogue, Mat, Op, Span};

/// Work below which a part costs more to hand over than it saves, in multiply-adds of a product: some 20 µs of one core.
const PART: u64 = 1 << 20;

/// Columns of a part are a multiple of a panel's width, so that the same columns share a vector as in the whole.
const COLS: u32 = MOST_COLS as u32;

/// Words of a part of a stretch: the same reason.
const WORDS: u32 = MOST_LANES as u32;

/// How many parts an op is worth, at most `most`; sums over everything, and what depends on its place in the whole, are
/// worth none.
pub(super) fn worth(op: &Op, most: usize) -> usize {
    let whole = matches!(
        op,
        Op::Draw { .. } | Op::Gather { .. } | Op::SumSquares { .. } | Op::Spread { .. }
    );
    if whole { 0 } else { most.min((work(op) / PART) as usize) }
}

/// An op in at most `count` parts: itself alone where its words depend on each other.
pub(super) fn split(op: &Op, way: Way, count: usize) -> Vec<Op> {
    if count < 2 {
        return vec![*op];
    }
    match *op {
        Op::Gemm { .. } => product(op, way, count),
        Op::RowSum { x, out, accumulate } => by_rows(x.rows, count, |first, rows| Op::RowSum {
            x: rows_of(x, first, rows),
            out: out + first,
            accumulate,
        }),
        Op::Map { x, y, act, order } => by_rows(x.rows, count, |first, rows| Op::Map {
            x: rows_of(x, first, rows),
            y: rows_of(y, first, rows),
            act,
            order,
        }),
        Op::Zip { a, b, out, join } => by_rows(out.rows, count, |first, rows| Op::Zip {
            a: rows_of(a, first, rows),
            b: rows_of(b, first, rows),
            out: rows_of(out, first, rows),
            join,
        }),
        Op::Pick { x, v, out } => by_rows(out.rows, count, |first, rows| {
            let pieces = x.rows / out.rows;
            let of_units = |m| rows_of(m, first * pieces, rows * pieces);
            Op::Pick { x: of_units(x), v: of_units(v), out: rows_of(out, first, rows) }
        }),
        Op::Route { x, v, out } => by_rows(v.rows, count, |first, rows| {
            let pieces = x.rows / v.rows;
            let of_units = |m| rows_of(m, first * pieces, rows * pieces);
            Op::Route { x: of_units(x), v: rows_of(v, first, rows), out: of_units(out) }
        }),
        Op::Scale { x, out, factor } => by_rows(x.rows, count, |first, rows| Op::Scale {
            x: rows_of(x, first, rows),
            out: rows_of(out, first, rows),
            factor,
        }),
        _ => stretch(op, count),
    }
}

/// About how long an op takes, in multiply-adds of a product; 0 for what is always short.
pub(super) fn work(op: &Op) -> u64 {
    let map = |act| match act {
        Act::Identity | Act::Relu | Act::Leaky(_) => 4,
        Act::InvSqrt => 8,
        Act::Tanh | Act::Sigmoid | Act::Elu | Act::Softplus | Act::Sine => 64,
    };
    match *op {
        Op::Gemm { a, b, tb, .. } => words(a) * u64::from(if tb { b.rows } else { b.cols }),
        Op::Draw { out, .. } => 100 * words(out),
        Op::Gather { out, .. } => 32 * words(out),
        Op::RowSum { x, .. } => 4 * words(x),
        Op::Spread { out, .. } => 4 * words(out),
        Op::SumSquares { x, .. } => 4 * u64::from(x.len),
        Op::Pick { x, .. } | Op::Route { x, .. } => 6 * words(x),
        Op::Map { y, act, .. } => map(act) * words(y),
        Op::Zip { out, .. } | Op::Scale { out, .. } => 4 * words(out),
        Op::Sgd { p, .. } | Op::Clamp { p, .. } | Op::Average { p, .. } => 5 * u64::from(p.len),
        Op::Momentum { p, .. } => 8 * u64::from(p.len),
        Op::Adam { p, .. } | Op::RmsProp { p, .. } => 24 * u64::from(p.len),
        _ => 0,
    }
}

/// As many stretches as wanted, each but the last a multiple of `grain` long: where each begins, and its length.
fn stretches(len: u32, count: usize, grain: u32) -> impl Iterator<Item = (u32, u32)> {
    let grains = len.div_ceil(grain);
    let count = (count as u32).min(grains);
    let cut = move |i: u32| {
        ((u64::from(grains) * u64::from(i) / u64::from(count)) as u32 * grain).min(len)
    };
    (0..count).map(move |i| (cut(i), cut(i + 1) - cut(i)))
}

fn by_rows(rows: u32, count: usize, part: impl Fn(u32, u32) -> Op) -> Vec<Op> {
    stretches(rows, count, 1).map(|(first, rows)| part(first, rows)).collect()
}

fn rows_of(m: Mat, first: u32, rows: u32) -> Mat {
    Mat { at: m.at + first * m.stride, rows, ..m }
}

fn product(op: &Op, way: Way, count: usize) -> Vec<Op> {
    let Op::Gemm { a, ta, b, tb, c, accumulate, epilogue } = *op else {
        unreachable!("called for a product")
    };
    let columns = |(first, cols)| Op::Gemm {
        a,
        ta,
        b: if tb { rows_of(b, first, cols) } else { b.columns(first, cols) },
        tb,
        c: c.columns(first, cols),
        accumulate,
        epilogue: match epilogue {
            Epilogue::ActGrad { y, act } => Epilogue::ActGrad { y: y.columns(first, cols), act },
            other => other,
        },
    };
    let rows = |(first, rows)| Op::Gemm {
        a: if ta { a.columns(first, rows) } else { rows_of(a, first, rows) },
        ta,
        b,
        tb,
        c: rows_of(c, first, rows),
        accumulate,
        epilogue: match epilogue {
            Epilogue::None => Epilogue::None,
            Epilogue::BiasAct { bias, act } => Epilogue::BiasAct { bias: bias + first, act },
            Epilogue::ActGrad { y, act } => Epilogue::ActGrad { y: rows_of(y, first, rows), act },
        },
    };
    if better_by_columns([a, b, c], [ta, tb], way, count) {
        stretches(c.cols, count, COLS).map(columns).collect()
    } else {
        stretches(c.rows, count, ROWS as u32).map(rows).collect()
    }
}

/// Whether a product is better cut along its columns: where less is then packed more than once, if both sides are long
/// enough; else where there are more parts.
fn better_by_columns([a, b, c]: [Mat; 3], [ta, tb]: [bool; 2], way: Way, count: usize) -> bool {
    let columns = c.cols.div_ceil(COLS) as usize;
    let rows = c.rows.div_ceil(ROWS as u32) as usize;
    if columns.min(rows) < count {
        return columns > rows;
    }
    // For each part A is read again, and packed where it is transposed; or B is packed, which is dearer transposed.
    let again_a = if ta { 4 } else { 1 };
    let again_b = match (way, tb) {
        (Way::Packed, true) => 6,
        (Way::Packed, false) => 4,
        _ => 1,
    };
    words(a) * again_a <= words(b) * again_b
}

fn words(m: Mat) -> u64 {
    u64::from(m.rows) * u64::from(m.cols)
}

/// The optimisers and their kin, which go over parameters word by word.
fn stretch(op: &Op, count: usize) -> Vec<Op> {
    let part = |p: Span, (first, len)| {
        let p = Span { at: p.at + first, len };
        match *op {
            Op::Sgd { g, tick, .. } => Op::Sgd { p, g: g + first, tick },
            Op::Momentum { g, buf, tick, momentum, counter, .. } => {
                Op::Momentum { p, g: g + first, buf: buf + first, tick, momentum, counter }
            }
            Op::Adam { g, m, v, tick, beta1, beta2, .. } => {
                Op::Adam { p, g: g + first, m: m + first, v: v + first, tick, beta1, beta2 }
            }
            Op::RmsProp { g, v, tick, alpha, .. } => {
                Op::RmsProp { p, g: g + first, v: v + first, tick, alpha }
            }
            Op::Clamp { limit, .. } => Op::Clamp { p, limit },
            Op::Average { avg, keep, .. } => Op::Average { avg: avg + first, p, keep },
            other => other,
        }
    };
    match *op {
        Op::Sgd { p, .. }
        | Op::Momentum { p, .. }
        | Op::Adam { p, .. }
        | Op::RmsProp { p, .. }
        | Op::Clamp { p, .. }
        | Op::Average { p, .. } => stretches(p.len, count, WORDS).map(|s| part(p, s)).collect(),
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use adversaria_core::rng::Draw;

    use crate::check::check;
    use crate::program::{Act, Epilogue, Join, Law, Mat, Op, Phi, Source, Span};
    use crate::simd::{Level, Ready, run};

    /// Rows, depth, columns of products that go each way, with edges.
    const SHAPES: [[u32; 3]; 6] =
        [[8, 8, 152], [13, 40, 31], [64, 33, 40], [131, 257, 72], [30, 70, 403], [33, 1003, 17]];

    const WORDS: u32 = 180_000;

    fn arena() -> Vec<f32> {
        let draw = Draw { seed: 5, stream: 6, update: 7 };
        (0..WORDS).map(|i| draw.uniform(0, i, WORDS) + 0.5).collect()
    }

    /// The words that ops change in an arena, each run alone, and what to.
    fn changes(ops: &[Ready], arena: &[f32]) -> Vec<(usize, u32)> {
        let mut changes = Vec::new();
        for op in ops {
            let (mut after, mut scratch) = (arena.to_vec(), vec![f32::NAN; op.scratch_words()]);
            run(Level::detect(), op, &mut after, &mut scratch, None);
            let pairs = after.iter().map(|x| x.to_bits()).zip(arena.iter().map(|x| x.to_bits()));
            let changed = pairs.enumerate().filter(|(_, (now, before))| now != before);
            changes.extend(changed.map(|(i, (now, _))| (i, now)));
        }
        changes.sort_unstable();
        changes
    }

    fn ready(op: &Op) -> Ready {
        Ready::new(check(op, WORDS).expect("well formed"))
    }

    /// Parts of an op change what the whole changes, every word by one part, to the same bits; a part less, a part
    /// twice, or the parts of another op do not.
    fn check_split(arena: &[f32], op: &Op, fault: &Op) {
        let whole = ready(op);
        let wanted = changes(&[whole], arena);
        let make_up = |parts: &[Ready]| changes(parts, arena) == wanted;
        for most in [2, 7] {
            let parts = whole.in_parts(most);
            assert!((2..=most).contains(&parts.len()), "{} parts of {op:?}", parts.len());
            assert!(make_up(&parts), "{op:?} in {most}");
        }
        let mut parts = whole.in_parts(2);
        assert!(!make_up(&parts[1..]), "a part less: {op:?}");
        parts.push(parts[0]);
        assert!(!make_up(&parts), "a part twice: {op:?}");
        assert!(!make_up(&ready(fault).in_parts(2)), "{op:?} passes with {fault:?}");
    }

    /// A matrix with gaps, and where it ends.
    fn mat(at: u32, rows: u32, cols: u32) -> (Mat, u32) {
        (Mat { at, rows, cols, stride: cols + 3 }, at + rows * (cols + 3))
    }

    #[test]
    fn products() {
        let arena = arena();
        for [rows, depth, cols] in SHAPES {
            for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
                let (a, end) = if ta { mat(0, depth, rows) } else { mat(0, rows, depth) };
                let (b, end) = if tb { mat(end, cols, depth) } else { mat(end, depth, cols) };
                let (y, end) = mat(end, rows, cols);
                let (c, bias) = mat(end, rows, cols);
                let gemm =
                    |accumulate, epilogue| Op::Gemm { a, ta, b, tb, c, accumulate, epilogue };
                let biased = |bias, act| gemm(false, Epilogue::BiasAct { bias, act });
                let backward =
                    |at| gemm(false, Epilogue::ActGrad { y: Mat { at, ..y }, act: Act::Tanh });
                check_split(&arena, &gemm(false, Epilogue::None), &gemm(true, Epilogue::None));
                check_split(&arena, &gemm(true, Epilogue::None), &gemm(false, Epilogue::None));
                check_split(&arena, &biased(bias, Act::Relu), &biased(bias + 1, Act::Relu));
                check_split(&arena, &biased(bias, Act::Softplus), &biased(bias + 1, Act::Softplus));
                check_split(&arena, &backward(y.at), &backward(y.at + 1));
            }
        }
    }

    #[test]
    fn matrices() {
        let arena = arena();
        for (rows, cols) in [(7, 33), (64, 40)] {
            let (x, end) = mat(0, rows, cols);
            let (y, end) = mat(end, rows, cols);
            let (z, end) = mat(end, rows, cols);
            let sums = |x, accumulate| Op::RowSum { x, out: end, accumulate };
            let map = |x, y, act| Op::Map { x, y, act, order: 0 };
            let zip = |b, out| Op::Zip { a: x, b, out, join: Join::Mul };
            let scale = |factor| Op::Scale { x, out: y, factor };
            let tall = |at| mat(at, 3 * rows, cols);
            let (three, _) = tall(end);
            let pick = |v, out| Op::Pick { x: three, v, out };
            let route = |v, out| Op::Route { x: three, v, out };
            let (other, last) = tall(tall(end).1);
            let (to, _) = tall(last);
            check_split(&arena, &pick(three, x), &pick(other, x));
            check_split(&arena, &pick(other, x), &pick(three, x));
            check_split(&arena, &route(x, to), &route(y, to));
            check_split(&arena, &sums(x, false), &sums(y, false));
            check_split(&arena, &sums(x, true), &sums(x, false));
            check_split(&arena, &map(x, y, Act::Softplus), &map(x, z, Act::Softplus));
            check_split(&arena, &map(x, x, Act::Tanh), &map(x, x, Act::Sigmoid));
            check_split(&arena, &zip(y, z), &zip(x, z));
            check_split(&arena, &zip(y, x), &zip(z, x));
            check_split(&arena, &scale(0.3), &scale(-0.3));
        }
    }

    #[test]
    fn parameters() {
        let arena = arena();
        for len in [19, 1021] {
            let [p, g, m, v, tick] = [0, 1, 2, 3, 4].map(|i| i * (len + 3));
            let p = Span { at: p, len };
            let (beta1, beta2) = (0.9, 0.999);
            let momentum = |buf| Op::Momentum { p, g, buf, tick, momentum: 0.5, counter: tick + 9 };
            let adam = |g, m, v| Op::Adam { p, g, m, v, tick, beta1, beta2 };
            let rmsprop = |g, alpha| Op::RmsProp { p, g, v, tick, alpha };
            let average = |keep| Op::Average { avg: g, p, keep };
            check_split(&arena, &Op::Sgd { p, g, tick }, &Op::Sgd { p, g: m, tick });
            check_split(&arena, &momentum(m), &momentum(v));
            check_split(&arena, &adam(g, m, v), &adam(g, v, m));
            check_split(&arena, &rmsprop(g, 0.9), &rmsprop(g, 0.8));
            check_split(&arena, &Op::Clamp { p, limit: 0.7 }, &Op::Clamp { p, limit: 0.8 });
            check_split(&arena, &average(0.9), &average(0.1));
        }
    }

    /// Sums over everything, and what depends on its place in the whole, stay whole.
    #[test]
    fn what_cannot_be_split_stays_whole() {
        let a = Mat::dense(0, 1, 4096);
        let loss = Op::PointLoss {
            a,
            live: 4096,
            phi: Phi::Softplus,
            weight: 1.0,
            out: 5000,
            accumulate: false,
        };
        let norm = Op::SumSquares { x: Span { at: 0, len: 100_000 }, out: 150_000 };
        let (source, law) =
            (Source { seed: 1, stream: 1, counter: 0 }, Law::Uniform { lo: 0.0, hi: 1.0 });
        let draw = Op::Draw { out: Mat::dense(1, 300, 300), live: 300, source, law };
        for op in [loss, norm, draw] {
            assert_eq!(ready(&op).in_parts(4).len(), 1, "{op:?}");
            assert!(super::worth(&op, 4) < 2, "{op:?}");
        }
    }
}
