//! Ops as words, for executors that read them from a buffer. The fields of each op stand here in the order in which the
//! WGSL reads them.

use crate::check::Checked;
use crate::program::{
    Act, Decay, Epilogue, Join, Law, Mat, Op, Phi, Source, Span, Table, TableValues,
};
use crate::scalar::share;

/// Words of a record: 256 bytes, to which WebGPU lets a binding be moved.
pub const RECORD_WORDS: usize = 64;

/// One op as words.
pub type Record = [u32; RECORD_WORDS];

/// Words before a table's values: kind (0 words, 1 bytes), rows, row length, scale, offset.
pub const TABLE_HEAD: usize = 8;

/// The logarithm of a β of 0: so small that e^(t ln β) is 0.
const LN_ZERO: f64 = -1e4;

struct Writer {
    record: Record,
    next: usize,
}

impl Writer {
    fn words(mut self, words: &[u32]) -> Self {
        self.record[self.next..self.next + words.len()].copy_from_slice(words);
        self.next += words.len();
        self
    }

    fn word(self, word: u32) -> Self {
        self.words(&[word])
    }

    fn flag(self, flag: bool) -> Self {
        self.word(flag.into())
    }

    fn float(self, x: f32) -> Self {
        self.word(x.to_bits())
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounded once, as the twin does")]
    fn double(self, x: f64) -> Self {
        self.float(x as f32)
    }

    fn mat(self, m: Mat) -> Self {
        self.words(&[m.at, m.rows, m.cols, m.stride])
    }

    fn span(self, s: Span) -> Self {
        self.words(&[s.at, s.len])
    }

    fn source(self, s: Source) -> Self {
        self.words(&[s.seed, s.stream, s.counter])
    }

    fn act(self, act: Act) -> Self {
        let slope = if let Act::Leaky(slope) = act { slope } else { 0.0 };
        self.word(act.code()).float(slope)
    }

    fn phi(self, phi: Phi) -> Self {
        let target = if let Phi::Square(target) = phi { target } else { 0.0 };
        self.word(phi.code()).float(target)
    }
}

impl Act {
    /// The number by which the WGSL knows it.
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Identity => 0,
            Self::Relu => 1,
            Self::Leaky(_) => 2,
            Self::Tanh => 3,
            Self::Sigmoid => 4,
            Self::Elu => 5,
            Self::Softplus => 6,
            Self::Sine => 7,
            Self::InvSqrt => 8,
        }
    }
}

impl Phi {
    /// The number by which the WGSL knows it.
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Softplus => 0,
            Self::SoftplusNeg => 1,
            Self::Linear => 2,
            Self::Square(_) => 3,
            Self::HingeBelow => 4,
            Self::HingeAbove => 5,
        }
    }
}

/// What a kernel must be able to do: bits by the numbers of ops, activations, φ and epilogues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Uses {
    /// Ops.
    pub ops: u32,
    /// Activations.
    pub acts: u32,
    /// φ of losses.
    pub phis: u32,
    /// What is done to products before they are stored.
    pub epilogues: u32,
}

impl Uses {
    /// Of one op.
    #[must_use]
    pub fn of(op: &Op) -> Self {
        let act = match op {
            Op::Map { act, .. } => Some(act),
            Op::Gemm { epilogue: Epilogue::BiasAct { act, .. }, .. }
            | Op::Gemm { epilogue: Epilogue::ActGrad { act, .. }, .. } => Some(act),
            _ => None,
        };
        let phi = match op {
            Op::PointLoss { phi, .. } => Some(phi),
            _ => None,
        };
        let epilogues = match *op {
            Op::Gemm { epilogue, accumulate, .. } => 1 << ending(epilogue, accumulate),
            _ => 0,
        };
        Self {
            epilogues,
            ops: 1 << op.code(),
            acts: act.map_or(0, |act| 1 << act.code()),
            phis: phi.map_or(0, |phi| 1 << phi.code()),
        }
    }

    /// Of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            ops: self.ops | other.ops,
            acts: self.acts | other.acts,
            phis: self.phis | other.phis,
            epilogues: self.epilogues | other.epilogues,
        }
    }
}

impl Op {
    /// The number by which the WGSL knows the op.
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Tick { .. } => 0,
            Self::Draw { .. } => 1,
            Self::Gather { .. } => 2,
            Self::Gemm { .. } => 3,
            Self::RowSum { .. } => 4,
            Self::Spread { .. } => 5,
            Self::Map { .. } => 6,
            Self::Zip { .. } => 7,
            Self::Scale { .. } => 8,
            Self::PointLoss { .. } => 9,
            Self::PointGrad { .. } => 10,
            Self::Tally { .. } => 11,
            Self::SumSquares { .. } => 12,
            Self::Sgd { .. } => 13,
            Self::Momentum { .. } => 14,
            Self::Adam { .. } => 15,
            Self::RmsProp { .. } => 16,
            Self::Clamp { .. } => 17,
            Self::Average { .. } => 18,
            Self::Pick { .. } => 19,
            Self::Route { .. } => 20,
        }
    }
}

/// How many threads work on an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crew {
    /// Threads of a workgroup, a power of two.
    pub threads: u32,
    /// Workgroups that may run side by side.
    pub groups: u32,
}

/// The record of an op for this crew.
#[must_use]
pub fn encode(op: &Checked, crew: Crew) -> Record {
    let op = op.op();
    let w = Writer { record: [0; RECORD_WORDS], next: 0 }.word(op.code());
    let written = match *op {
        Op::Tick { counter, rate, out, decay, beta1, beta2 } => {
            tick(w.words(&[counter, rate, out]), decay, [beta1, beta2])
        }
        Op::Draw { out, live, source, law } => {
            let w = w.mat(out).word(live).source(source);
            match law {
                Law::Uniform { lo, hi } => w.word(0).float(lo).float(hi - lo),
                Law::Normal { mean, std } => w.word(1).float(mean).float(std),
            }
        }
        Op::Gather { out, live, source } => w.mat(out).word(live).source(source),
        Op::Gemm { .. } => gemm(w, op, crew),
        Op::RowSum { x, out, accumulate } => {
            w.mat(x).word(out).flag(accumulate).word(crew.team(x.rows, x.cols))
        }
        Op::Spread { v, out } => w.word(v).mat(out),
        Op::Pick { x, v, out } | Op::Route { x, v, out } => w.mat(x).mat(v).mat(out),
        Op::Map { x, y, act, order } => w.mat(x).mat(y).act(act).word(order),
        Op::Zip { a, b, out, join } => w.mat(a).mat(b).mat(out).flag(join == Join::Mul),
        Op::Scale { x, out, factor } => w.mat(x).mat(out).float(factor),
        Op::PointLoss { a, live, phi, weight, out, accumulate } => {
            w.mat(a).word(live).phi(phi).double(share(weight, live)).word(out).flag(accumulate)
        }
        Op::PointGrad { a, live, phi, weight, order, out } => {
            w.mat(a).word(live).phi(phi).double(share(weight, live)).word(order).mat(out)
        }
        Op::Tally { from, sum, count } => w.words(&[from, sum, count]),
        Op::SumSquares { x, out } => w.span(x).word(out),
        Op::Clamp { p, limit } => w.span(p).float(limit),
        Op::Average { avg, p, keep } => w.span(p).word(avg).double(keep).double(1.0 - keep),
        Op::Sgd { .. } | Op::Momentum { .. } | Op::Adam { .. } | Op::RmsProp { .. } => step(w, op),
    };
    written.record
}

fn tick(w: Writer, decay: Decay, betas: [f64; 2]) -> Writer {
    let ln = |x: f64| x.ln().max(LN_ZERO);
    let w = match decay {
        Decay::None => w.word(0).double(0.0),
        Decay::Cosine(updates) => w.word(1).double(updates),
        Decay::Exponential(factor) => w.word(2).double(ln(factor)),
    };
    w.double(ln(betas[0])).double(ln(betas[1]))
}

/// Transposes become steps: element (i, k) of A is word `a + i · row step + k · depth step`, B likewise.
fn gemm(w: Writer, op: &Op, crew: Crew) -> Writer {
    let Op::Gemm { a, ta, b, tb, c, accumulate, epilogue } = *op else {
        unreachable!("called for a gemm")
    };
    let steps = |m: Mat, transposed: bool| if transposed { [1, m.stride] } else { [m.stride, 1] };
    let depth = if ta { a.rows } else { a.cols };
    let ([a_row, a_depth], [b_depth, b_col]) = (steps(a, ta), steps(b, tb));
    let w = w
        .words(&[a.at, a_row, a_depth, b.at, b_depth, b_col, depth])
        .words(&[c.at, c.rows, c.cols, c.stride])
        .word(ending(epilogue, accumulate));
    let w = match epilogue {
        Epilogue::None => w.words(&[0, 0, 0, 0, 0]),
        Epilogue::BiasAct { bias, act } => w.word(bias).act(act).words(&[0, 0]),
        Epilogue::ActGrad { y, act } => w.word(0).act(act).words(&[y.at, y.stride]),
    };
    w.word(crew.product_team(c, depth))
}

/// What is done to a product before it is stored.
const fn ending(epilogue: Epilogue, accumulate: bool) -> u32 {
    match epilogue {
        Epilogue::None => 3 * accumulate as u32,
        Epilogue::BiasAct { .. } => 1,
        Epilogue::ActGrad { .. } => 2,
    }
}

/// Elements of a product that a team makes: four rows of four columns.
#[must_use]
pub const fn blocks(c: Mat) -> u32 {
    c.rows.div_ceil(4) * c.cols.div_ceil(4)
}

/// Workgroups of no more threads share no product: so few have enough blocks, and need not hold the code.
const ALONE: u32 = 4;

impl Crew {
    /// How many threads share the depth of one block of a product.
    #[must_use]
    pub fn product_team(self, c: Mat, depth: u32) -> u32 {
        if self.threads <= ALONE { 1 } else { self.team(blocks(c), depth) }
    }

    /// How many threads of a workgroup share one of `results` sums of `terms`: no more than keep the crew busy, or have
    /// four terms each. A power of two.
    #[must_use]
    pub fn team(self, results: u32, terms: u32) -> u32 {
        let idle = (self.threads * self.groups / results.max(1)).min(self.threads);
        1 << idle.min(terms / 4).max(1).ilog2()
    }
}

fn step(w: Writer, op: &Op) -> Writer {
    match *op {
        Op::Sgd { p, g, tick } => w.span(p).words(&[g, tick]),
        Op::Momentum { p, g, buf, tick, momentum, counter } => {
            w.span(p).words(&[g, tick, buf]).float(momentum).word(counter)
        }
        Op::Adam { p, g, m, v, tick, beta1, beta2 } => w
            .span(p)
            .words(&[g, tick, m, v])
            .double(beta1)
            .double(1.0 - beta1)
            .double(beta2)
            .double(1.0 - beta2),
        Op::RmsProp { p, g, v, tick, alpha } => {
            w.span(p).words(&[g, tick, v]).double(alpha).double(1.0 - alpha)
        }
        _ => unreachable!("not an optimiser: {op:?}"),
    }
}

/// A table as words: its head, then its values, bytes four to a word (the first one lowest).
#[must_use]
pub fn encode_table(table: &Table) -> Vec<u32> {
    let mut words = vec![0; TABLE_HEAD];
    words[1..3].copy_from_slice(&[table.rows, table.dim]);
    match &table.values {
        TableValues::Words(values) => words.extend(values.iter().map(|x| x.to_bits())),
        TableValues::Bytes { bytes, scale, offset } => {
            words[0] = 1;
            words[3..5].copy_from_slice(&[scale.to_bits(), offset.to_bits()]);
            words.extend(
                bytes.chunks(4).map(|four| {
                    four.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte))
                }),
            );
        }
    }
    words
}
