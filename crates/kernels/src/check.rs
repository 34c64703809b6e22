//! What must hold of an op before it may run: shapes that fit, views inside the arena, no harmful overlap.

use crate::backend::BackendError;
use crate::program::{Act, Decay, Epilogue, Mat, Op, Program, Span, Table, TableValues, tick};

/// An op known to be well formed for arenas of at least [`Checked::words`] words. Only [`check`] makes one, so
/// executors need no bounds checks of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checked {
    op: Op,
    words: u32,
}

impl Checked {
    /// The op.
    #[must_use]
    pub fn op(&self) -> &Op {
        &self.op
    }

    /// How large the arena must be.
    #[must_use]
    pub fn words(&self) -> u32 {
        self.words
    }
}

/// A program whose ops are all checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedProgram {
    /// What it is for.
    pub name: String,
    /// The steps.
    pub ops: Vec<Checked>,
}

/// Checks every op of a program against an arena of `words`.
///
/// # Errors
/// When an op is malformed.
pub fn check_program(program: Program, words: u32) -> Result<CheckedProgram, BackendError> {
    let check_op = |(index, op): (usize, &Op)| {
        check(op, words).map_err(|why| bad_op(&program.name, index, op, why))
    };
    let ops = program.ops.iter().enumerate().map(check_op).collect::<Result<_, _>>()?;
    Ok(CheckedProgram { name: program.name, ops })
}

impl CheckedProgram {
    /// Checks that what the program gathers fits the table.
    ///
    /// # Errors
    /// When it does not, or there is no table.
    pub fn check_table(&self, table: Option<&Table>) -> Result<(), BackendError> {
        for (index, op) in self.ops.iter().enumerate() {
            let Op::Gather { out, .. } = *op.op() else { continue };
            let table = table.ok_or(BackendError::NoTable)?;
            if table.dim != out.rows {
                let (dim, rows) = (table.dim, out.rows);
                let why = format!("the table's rows have {dim} words, and out has {rows} rows");
                return Err(bad_op(&self.name, index, op.op(), why));
            }
        }
        Ok(())
    }
}

/// Checks that a table has as many values as it says.
///
/// # Errors
/// When it has not, or too many rows.
pub fn check_table(table: &Table) -> Result<(), BackendError> {
    let held = match &table.values {
        TableValues::Words(words) => words.len(),
        TableValues::Bytes { bytes, .. } => bytes.len(),
    };
    let whole = held as u64 == u64::from(table.rows) * u64::from(table.dim);
    if whole && table.rows > 0 && table.rows < 1 << 24 {
        return Ok(());
    }
    let (rows, dim) = (table.rows, table.dim);
    Err(BackendError::Unknown {
        what: format!("table of {rows} rows of {dim} words in {held} values"),
    })
}

fn bad_op(program: &str, index: usize, op: &Op, why: String) -> BackendError {
    BackendError::BadOp { program: program.to_owned(), index, op: format!("{op:?}"), why }
}

/// Checks one op against an arena of `words`.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check(op: &Op, words: u32) -> Result<Checked, String> {
    let arena = Arena { words };
    match *op {
        Op::Tick { counter, rate, out, decay, .. } => {
            arena.word("counter", counter)?;
            arena.word("rate", rate)?;
            arena.span("out", Span { at: out, len: tick::WORDS })?;
            match decay {
                Decay::Cosine(n) => ensure(n > 0.0, || format!("cosine decay over {n} updates")),
                Decay::Exponential(r) => ensure(r > 0.0, || format!("exponential decay by {r}")),
                Decay::None => Ok(()),
            }?;
        }
        Op::Draw { out, live, source, .. } | Op::Gather { out, live, source } => {
            arena.mat("out", out)?;
            arena.word("counter", source.counter)?;
            live_columns(live, out)?;
            ensure(!out.holds(source.counter), || "out holds the counter".to_owned())?;
        }
        Op::Gemm { .. } => gemm(op, arena)?,
        Op::RowSum { x, out, .. } => {
            arena.mat("x", x)?;
            arena.span("out", Span { at: out, len: x.rows })?;
            apart("x", x, "out", Mat::dense(out, 1, x.rows))?;
        }
        Op::Pick { x, v, out } => {
            same_shape("v", v, x)?;
            arena.pieces(x, out)?;
            arena.mat("v", v)?;
            apart("x", x, "out", out)?;
            apart("v", v, "out", out)?;
        }
        Op::Route { x, v, out } => {
            same_shape("x", x, out)?;
            arena.pieces(x, v)?;
            arena.mat("out", out)?;
            apart("x", x, "out", out)?;
            apart("v", v, "out", out)?;
        }
        Op::Spread { v, out } => {
            arena.mat("out", out)?;
            arena.span("v", Span { at: v, len: out.rows })?;
            apart("v", Mat::dense(v, 1, out.rows), "out", out)?;
        }
        Op::Map { x, y, order, .. } => {
            ensure(order <= 2, || format!("derivative of order {order}"))?;
            arena.elementwise("x", x, y)?;
        }
        Op::Zip { a, b, out, .. } => {
            arena.elementwise("a", a, out)?;
            arena.elementwise("b", b, out)?;
        }
        Op::Scale { x, out, .. } => arena.elementwise("x", x, out)?,
        Op::PointLoss { a, live, out, .. } => {
            arena.mat("a", a)?;
            arena.word("out", out)?;
            row(a)?;
            live_columns(live, a)?;
        }
        Op::PointGrad { a, live, order, out, .. } => {
            ensure(order == 1 || order == 2, || format!("derivative of order {order}"))?;
            arena.elementwise("a", a, out)?;
            row(a)?;
            live_columns(live, a)?;
        }
        Op::Tally { from, sum, count } => {
            for (name, at) in [("from", from), ("sum", sum), ("count", count)] {
                arena.word(name, at)?;
            }
        }
        Op::SumSquares { x, out } => {
            arena.span("x", x)?;
            arena.word("out", out)?;
        }
        Op::Clamp { p, limit } => {
            arena.span("p", p)?;
            ensure(limit >= 0.0, || format!("limit {limit} is negative"))?;
        }
        Op::Average { avg, p, .. } => arena.vectors(p, &[("avg", avg)])?,
        Op::Sgd { p, g, tick } => arena.step(p, &[("g", g)], tick)?,
        Op::Momentum { p, g, buf, tick, counter, .. } => {
            arena.word("counter", counter)?;
            arena.step(p, &[("g", g), ("buf", buf)], tick)?;
        }
        Op::Adam { p, g, m, v, tick, .. } => {
            arena.step(p, &[("g", g), ("m", m), ("v", v)], tick)?;
        }
        Op::RmsProp { p, g, v, tick, .. } => arena.step(p, &[("g", g), ("v", v)], tick)?,
    }
    Ok(Checked { op: *op, words })
}

/// Inner lengths, result shape, and a result apart from all that is read.
fn gemm(op: &Op, arena: Arena) -> Result<(), String> {
    let Op::Gemm { a, ta, b, tb, c, accumulate, epilogue } = *op else {
        unreachable!("called for a gemm")
    };
    for (name, m) in [("a", a), ("b", b), ("c", c)] {
        arena.mat(name, m)?;
    }
    let (rows, depth) = if ta { (a.cols, a.rows) } else { (a.rows, a.cols) };
    let (inner, cols) = if tb { (b.cols, b.rows) } else { (b.rows, b.cols) };
    ensure(depth == inner, || format!("A has {depth} columns and B {inner} rows"))?;
    ensure((rows, cols) == (c.rows, c.cols), || {
        format!("the product is {rows} × {cols} and c is {} × {}", c.rows, c.cols)
    })?;
    apart("a", a, "c", c)?;
    apart("b", b, "c", c)?;
    ensure(!accumulate || epilogue == Epilogue::None, || {
        "an epilogue cannot accumulate".to_owned()
    })?;
    match epilogue {
        Epilogue::None => Ok(()),
        Epilogue::BiasAct { bias, .. } => {
            arena.span("bias", Span { at: bias, len: c.rows })?;
            apart("bias", Mat::dense(bias, 1, c.rows), "c", c)
        }
        Epilogue::ActGrad { y, act } => {
            let tells_sides_apart = !matches!(act, Act::Leaky(slope) if slope < 0.0);
            ensure(act.grad_from_output() && tells_sides_apart, || {
                format!("the derivative of {act:?} needs its input")
            })?;
            arena.mat("y", y)?;
            same_shape("y", y, c)?;
            apart("y", y, "c", c)
        }
    }
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

fn row(a: Mat) -> Result<(), String> {
    ensure(a.rows == 1, || format!("a has {} rows instead of one", a.rows))
}

fn live_columns(live: u32, m: Mat) -> Result<(), String> {
    ensure(live >= 1 && live <= m.cols, || format!("{live} live columns of {}", m.cols))
}

fn same_shape(name: &str, m: Mat, out: Mat) -> Result<(), String> {
    ensure((m.rows, m.cols) == (out.rows, out.cols), || {
        format!("{name} is {} × {} and the result {} × {}", m.rows, m.cols, out.rows, out.cols)
    })
}

fn apart(name: &str, m: Mat, other: &str, out: Mat) -> Result<(), String> {
    ensure(!m.overlaps(out), || format!("{name} overlaps {other}"))
}

impl Mat {
    /// One past the last word.
    pub(crate) fn end(&self) -> u64 {
        u64::from(self.at)
            + u64::from(self.rows - 1) * u64::from(self.stride)
            + u64::from(self.cols)
    }

    /// Whether the two may share a word. Views whose rows interleave are told apart where their strides agree.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        let (low, high) = if self.at <= other.at { (self, other) } else { (other, self) };
        if low.end() <= u64::from(high.at) {
            return false;
        }
        let gap = (high.at - low.at) % low.stride;
        !(low.stride == high.stride && gap >= low.cols && gap + high.cols <= low.stride)
    }

    fn holds(self, word: u32) -> bool {
        self.overlaps(Self { at: word, rows: 1, cols: 1, stride: self.stride })
    }
}

#[derive(Clone, Copy)]
struct Arena {
    words: u32,
}

impl Arena {
    fn word(self, name: &str, at: u32) -> Result<(), String> {
        self.span(name, Span { at, len: 1 })
    }

    fn span(self, name: &str, s: Span) -> Result<(), String> {
        let end = u64::from(s.at) + u64::from(s.len);
        ensure(end <= u64::from(self.words), || {
            format!("{name} ends at word {end} of {}", self.words)
        })
    }

    fn mat(self, name: &str, m: Mat) -> Result<(), String> {
        ensure(m.rows > 0 && m.cols > 0, || format!("{name} is empty"))?;
        ensure(m.stride >= m.cols, || {
            format!("{name} has {} columns and a stride of {}", m.cols, m.stride)
        })?;
        ensure(m.end() <= u64::from(self.words), || {
            format!("{name} ends at word {} of {}", m.end(), self.words)
        })
    }

    /// `x` has the shape of `out`, and is either the same view or apart from it.
    fn elementwise(self, name: &str, x: Mat, out: Mat) -> Result<(), String> {
        self.mat(name, x)?;
        self.mat("the result", out)?;
        same_shape(name, x, out)?;
        if x == out { Ok(()) } else { apart(name, x, "the result", out) }
    }

    /// `x` has some whole number of rows for each row of `units`.
    fn pieces(self, x: Mat, units: Mat) -> Result<(), String> {
        self.mat("x", x)?;
        self.mat("the units", units)?;
        ensure(x.rows.is_multiple_of(units.rows) && x.cols == units.cols, || {
            format!("x is {} × {} and the units {} × {}", x.rows, x.cols, units.rows, units.cols)
        })
    }

    /// Vectors as long as `p`, inside the arena and apart from each other.
    fn vectors(self, p: Span, others: &[(&str, u32)]) -> Result<(), String> {
        self.span("p", p)?;
        let mut seen = vec![("p", p.at)];
        for &(name, at) in others {
            self.span(name, Span { at, len: p.len })?;
            for &(before, start) in &seen {
                ensure(at.abs_diff(start) >= p.len, || format!("{name} overlaps {before}"))?;
            }
            seen.push((name, at));
        }
        Ok(())
    }

    fn step(self, p: Span, others: &[(&str, u32)], tick: u32) -> Result<(), String> {
        self.span("tick", Span { at: tick, len: tick::WORDS })?;
        self.vectors(p, others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Join, Source};

    fn mat(at: u32, rows: u32, cols: u32) -> Mat {
        Mat::dense(at, rows, cols)
    }

    fn gemm(a: Mat, b: Mat, c: Mat) -> Op {
        Op::Gemm { a, ta: false, b, tb: false, c, accumulate: false, epilogue: Epilogue::None }
    }

    /// Each pair: an op that is fine in 100 words, and the same with one thing wrong.
    #[test]
    fn malformed_ops_are_refused_with_the_reason() {
        let good_gemm = gemm(mat(0, 4, 3), mat(12, 3, 8), mat(36, 4, 8));
        let source = Source { seed: 1, stream: 1, counter: 99 };
        let draw = |live, out| Op::Gather { out, live, source };
        let zip = |a, b| Op::Zip { a, b, out: mat(0, 2, 8), join: Join::Add };
        let map = |x, order| Op::Map { x, y: mat(0, 2, 8), act: Act::Tanh, order };
        let adam = |g, v| Op::Adam {
            p: Span { at: 0, len: 10 },
            g,
            m: 20,
            v,
            tick: 90,
            beta1: 0.9,
            beta2: 0.9,
        };
        let pick = |x, out| Op::Pick { x, v: x, out };
        let route = |out| Op::Route { x: mat(0, 6, 4), v: mat(48, 2, 4), out };
        let epilogue = |act, y| Op::Gemm {
            a: mat(0, 4, 3),
            ta: false,
            b: mat(12, 3, 8),
            tb: false,
            c: mat(36, 4, 8),
            accumulate: false,
            epilogue: Epilogue::ActGrad { y, act },
        };
        let cases = [
            (good_gemm, gemm(mat(0, 4, 3), mat(12, 4, 8), mat(44, 4, 8)), "A has 3 columns"),
            (good_gemm, gemm(mat(0, 4, 3), mat(12, 3, 8), mat(36, 4, 7)), "the product is 4 × 8"),
            (good_gemm, gemm(mat(0, 4, 3), mat(12, 3, 8), mat(35, 4, 8)), "b overlaps c"),
            (
                good_gemm,
                gemm(mat(0, 4, 3), mat(12, 3, 8), mat(69, 4, 8)),
                "c ends at word 101 of 100",
            ),
            (draw(8, mat(0, 4, 8)), draw(9, mat(0, 4, 8)), "9 live columns of 8"),
            (draw(8, mat(0, 4, 8)), draw(0, mat(0, 4, 8)), "0 live columns"),
            (draw(8, mat(0, 4, 8)), draw(8, mat(68, 4, 8)), "out holds the counter"),
            (
                zip(mat(0, 2, 8), mat(16, 2, 8)),
                zip(mat(8, 2, 8), mat(16, 2, 8)),
                "a overlaps the result",
            ),
            (zip(mat(0, 2, 8), mat(16, 2, 8)), zip(mat(0, 2, 8), mat(16, 1, 8)), "b is 1 × 8"),
            (map(mat(0, 2, 8), 2), map(mat(0, 2, 8), 3), "order 3"),
            (map(mat(0, 2, 8), 2), map(Mat { stride: 7, ..mat(20, 2, 8) }, 2), "a stride of 7"),
            (map(mat(0, 2, 8), 2), map(mat(u32::MAX - 3, 2, 8), 2), "ends at word"),
            (map(mat(0, 2, 8), 2), map(mat(20, 0, 8), 2), "empty"),
            (
                pick(mat(0, 6, 8), mat(48, 2, 8)),
                pick(mat(0, 5, 8), mat(48, 2, 8)),
                "x is 5 × 8 and the units 2 × 8",
            ),
            (
                pick(mat(0, 6, 8), mat(48, 2, 8)),
                pick(mat(0, 6, 8), mat(47, 2, 8)),
                "x overlaps out",
            ),
            (route(mat(24, 6, 4)), route(mat(24, 8, 4)), "x is 6 × 4 and the result 8 × 4"),
            (route(mat(24, 6, 4)), route(mat(23, 6, 4)), "x overlaps out"),
            (adam(10, 30), adam(10, 29), "v overlaps m"),
            (adam(10, 30), adam(95, 30), "g ends at word 105"),
            (
                epilogue(Act::Tanh, mat(68, 4, 8)),
                epilogue(Act::Sine, mat(68, 4, 8)),
                "needs its input",
            ),
            (
                epilogue(Act::Tanh, mat(68, 4, 8)),
                epilogue(Act::Tanh, mat(67, 4, 8)),
                "y overlaps c",
            ),
            (epilogue(Act::Tanh, mat(68, 4, 8)), epilogue(Act::Tanh, mat(68, 2, 8)), "y is 2 × 8"),
        ];
        for (good, bad, reason) in cases {
            assert!(check(&good, 100).is_ok(), "{good:?}: {:?}", check(&good, 100));
            let why = check(&bad, 100).expect_err("malformed");
            assert!(why.contains(reason), "{why:?} does not say {reason:?}");
        }
    }

    #[test]
    fn interleaved_columns_do_not_overlap() {
        let whole = mat(0, 4, 32);
        assert!(!whole.columns(0, 16).overlaps(whole.columns(16, 16)));
        assert!(whole.columns(0, 17).overlaps(whole.columns(16, 16)));
        assert!(whole.columns(16, 16).overlaps(mat(31, 1, 8)));
        assert!(!whole.overlaps(mat(128, 1, 8)));
    }
}
