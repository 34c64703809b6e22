//! Every op against its scalar twin on a GPU: the cases, how far the two may be apart, and faults to plant in the WGSL.
//! Outputs begin as NaN and all else is guarded: a word left out, a word too many or a value out of bounds fails.

use adversaria_core::rng::Draw;
use adversaria_gpu::{Form, Large};
use adversaria_kernels::program::{
    Act, Decay, Epilogue, Join, Law, Mat, Op, Phi, Program, Source, Span, Table, TableValues,
};
use adversaria_kernels::scalar;

/// One op in an arena.
#[derive(Clone, Debug)]
pub struct Case {
    /// The op.
    pub op: Op,
    /// Words of the arena.
    pub words: u32,
    /// What the op writes.
    written: Vec<Mat>,
    /// Whether what is written is also read.
    updates: bool,
    /// Words that must not be negative.
    positive: Option<Span>,
    bound: Bound,
}

/// How far a GPU may be from the twin: |got − want| ≤ absolute + ulps · 2⁻²³ · |want|.
#[derive(Clone, Copy, Debug)]
struct Bound {
    absolute: f32,
    ulps: f32,
}

/// The same number.
const EXACT: Bound = Bound { absolute: 0.0, ulps: 0.0 };
/// One multiplication and one addition, which a GPU may round once: the sum may lose all but the rounding of numbers
/// of size 1. (A flushed denormal is below 2⁻¹²⁶ and lost in it.)
const FUSED: Bound = fused(1.0);
/// Elementary functions: WGSL's division is good to 2.5 ulp and its square root to about as much, and polynomials may be
/// fused; about ten such roundings follow each other, of numbers of size 1.
const ELEMENTARY: Bound = Bound { absolute: 2e-7, ulps: 10.0 };
/// Normals: an independent bound, from the contract.
const NORMAL: Bound = Bound { absolute: 0.0, ulps: 4.0 };

/// As [`FUSED`], of a product of this size.
const fn fused(size: f32) -> Bound {
    Bound { absolute: 1.2e-7 * size, ulps: 1.0 }
}

/// A sum of n terms no larger than `size`: n roundings of the running sum on either side, which is at most n · size and
/// hardly ever above √n · size for terms of both signs.
fn sum(terms: u32, size: f32) -> Bound {
    let n = terms as f32;
    Bound { absolute: 1.2e-7 * size * (0.2 * n * n.sqrt() + 4.0), ulps: 4.0 }
}

impl Case {
    fn new(op: Op, words: u32, written: Vec<Mat>, bound: Bound) -> Self {
        Self { op, words, written, updates: false, positive: None, bound }
    }

    /// The op as a program.
    #[must_use]
    pub fn program(&self) -> Program {
        Program { name: "case".into(), ops: vec![self.op] }
    }

    /// Numbers in [−1, 1) everywhere, a count of 3 in word 0, positive ones where asked, NaN in what is to be written.
    #[must_use]
    pub fn arena(&self) -> Vec<f32> {
        let draw = Draw { seed: 5, stream: 6, update: 7 };
        let mut arena: Vec<f32> =
            (0..self.words).map(|i| draw.uniform(0, i, self.words) * 2.0 - 1.0).collect();
        arena[0] = f32::from_bits(3);
        if let Some(span) = self.positive {
            arena[1..5].iter_mut().for_each(|x| *x = x.abs());
            arena[span.range()].iter_mut().for_each(|x| *x = x.abs());
        }
        if !self.updates {
            self.written().for_each(|i| arena[i] = f32::NAN);
        }
        arena
    }

    /// The words that the op writes.
    pub fn written(&self) -> impl Iterator<Item = usize> {
        self.written.iter().flat_map(|&mat| {
            (0..mat.rows).flat_map(move |r| (0..mat.cols).map(move |c| mat.index(r, c)))
        })
    }

    /// What the twin makes of the arena.
    #[must_use]
    pub fn want(&self) -> Vec<f32> {
        let mut want = self.arena();
        scalar::run_op(&self.op, &mut want, Some(&table()));
        want
    }

    /// Whether what a GPU made of the arena is right.
    ///
    /// # Errors
    /// The first word that is wrong.
    pub fn judge(&self, got: &[f32]) -> Result<(), String> {
        let want = self.want();
        let mut written = vec![false; want.len()];
        self.written().for_each(|i| written[i] = true);
        for (i, (&want, &got)) in want.iter().zip(got).enumerate() {
            let bound = self.bound.absolute + self.bound.ulps * want.abs() / 8_388_608.0;
            // Counters are integers, which look like denormal numbers.
            let same = want.to_bits() == got.to_bits();
            let near = want.is_finite() && got.is_finite() && (want - got).abs() <= bound;
            if !(same && (!written[i] || want.is_finite()) || written[i] && near) {
                let op = self.op;
                return Err(format!("word {i}: {got:e} for {want:e}, bound {bound:e}, {op:?}"));
            }
        }
        Ok(())
    }

    /// The op's name, as in its Debug form.
    #[must_use]
    pub fn op_name(&self) -> String {
        let text = format!("{:?}", self.op);
        text.split([' ', '{']).next().unwrap_or_default().to_owned()
    }

    /// Whether sums are short enough for their bound to be narrow. By the op and not by the bound, which could be wrong.
    #[must_use]
    pub fn is_small(&self) -> bool {
        let terms = match self.op {
            Op::Gemm { a, ta, .. } => {
                if ta {
                    a.rows
                } else {
                    a.cols
                }
            }
            Op::RowSum { x, .. } => x.cols,
            Op::PointLoss { live, .. } => live,
            Op::SumSquares { x, .. } => x.len,
            _ => 1,
        };
        terms <= 64
    }
}

/// A change to the WGSL that must make a case of these ops fail.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// An op's name.
    pub op: &'static str,
    /// Text of the WGSL.
    pub find: &'static str,
    /// What is put in its first place.
    pub put: &'static str,
    /// How large products are made where it shows; with tiles come large workgroups.
    pub large: Large,
    /// Whether it shows only in the resident form.
    pub resident: bool,
}

impl Fault {
    const fn new(op: &'static str, find: &'static str, put: &'static str) -> Self {
        Self { op, find, put, large: Large::Blocks, resident: false }
    }

    const fn wide(op: &'static str, find: &'static str, put: &'static str) -> Self {
        Self { op, find, put, large: Large::Tiles, resident: false }
    }

    const fn quad(op: &'static str, find: &'static str, put: &'static str) -> Self {
        Self { op, find, put, large: Large::Quads, resident: false }
    }

    const fn resident(op: &'static str, find: &'static str, put: &'static str) -> Self {
        Self { op, find, put, large: Large::Tiles, resident: true }
    }

    /// Whether a case could show it.
    #[must_use]
    pub fn touches(&self, case: &Case) -> bool {
        case.op_name() == self.op
    }

    /// The form in which it shows.
    #[must_use]
    pub const fn form(&self) -> Form {
        if self.resident { Form::Resident } else { Form::Dispatch }
    }
}

/// At least one for every kernel: a sign, a bound, a barrier.
pub const FAULTS: &[Fault] = &[
    Fault::new("Tick", "let t = arena[counter] + 1u;", "let t = arena[counter] + 2u;"),
    Fault::new("Tick", "return s * s;", "return s;"),
    Fault::new(
        "Draw",
        "x = base + spread * normal_pair(words);",
        "x = base - spread * normal_pair(words);",
    ),
    Fault::new("Draw", "block(origin, pair * live + c)", "block(origin, pair * live + c + 1u)"),
    Fault::new("Draw", "vec4<u32>(17u, 29u, 16u, 24u)", "vec4<u32>(17u, 29u, 16u, 25u)"),
    Fault::new("Draw", "2u * pair + 1u < out.rows", "2u * pair < out.rows"),
    Fault::new("Gather", "row * dim + r", "row * dim + r + 1u"),
    Fault::new("Gather", "c < live {\n            let row", "c <= live {\n            let row"),
    Fault::new("Gemm", "s.r3 += left.w * right;", "s.r3 -= left.w * right;"),
    Fault::new("Gemm", "k < o.depth", "k + 1u < o.depth"),
    Fault::new("Gemm", "x + load(f.bias + i + r)", "x - load(f.bias + i + r)"),
    Fault::new("Gemm", "x *= slope4(f.act", "x += slope4(f.act"),
    Fault::new("Gemm", "x += load4(at);", "x -= load4(at);"),
    Fault::new("Gemm", "min(first + NEXT, vec4<u32>(count - 1u))", "first + NEXT"),
    Fault::new("Gemm", "j + 4u, bias, right[", "j + 4u, bias, left["),
    Fault::new("Gemm", "rows_of_a(a + 12u * a_row", "rows_of_a(a + 11u * a_row"),
    Fault::new("Gemm", "transpose(slice(at, row, step, A_DEEP))", "slice(at, row, step, A_DEEP)"),
    Fault::quad("Gemm", "h3 += high * a3;", "h3 += low * a3;"),
    Fault::quad("Gemm", "quadBroadcast(mine, 2u)", "quadBroadcast(mine, 1u)"),
    Fault::quad("Gemm", "lane * select(step, row, A_DEEP)", "lane * select(row, step, A_DEEP)"),
    Fault::wide("Gemm", "if k >= depth || q >= most", "if k > depth || q >= most"),
    Fault::wide("Gemm", "sum[3] += a.w * b;", "sum[3] += a.z * b;"),
    Fault::wide(
        "Gemm",
        "case 2u: { return vec4<f32>(v.zw, w.xy); }",
        "case 2u: { return vec4<f32>(v.zw, w.yx); }",
    ),
    Fault::wide(
        "Gemm",
        "        workgroupBarrier();\n        for (var k = 0u; k < DEEP; k++)",
        "        for (var k = 0u; k < DEEP; k++)",
    ),
    Fault::new("RowSum", "c < x.cols; c += team", "c + 1u < x.cols; c += team"),
    Fault::wide(
        "RowSum",
        "    partial[tid] = x;\n    workgroupBarrier();",
        "    partial[tid] = x;",
    ),
    Fault::new("Spread", "load(v + i / out.cols)", "load(v + i / out.cols + 1u)"),
    Fault::new("Map", "1.0 / (exp4(-x) + 1.0)", "1.0 / (exp4(x) + 1.0)"),
    Fault::new("Map", "case SINE: { return sin_cos(x).y; }", "case SINE: { return sin_cos(x).x; }"),
    Fault::new(
        "Map",
        "case SINE: { return -sin_cos(x).x; }",
        "case SINE: { return sin_cos(x).x; }",
    ),
    Fault::new("Map", "1.0 / sqrt(x), x > vec4", "1.0 / sqrt(x), x < vec4"),
    Fault::new("Map", "return -0.5 * (y * y * y);", "return 0.5 * (y * y * y);"),
    Fault::new("Map", "return 0.75 * (y * y * y)", "return 0.75 * (y * y)"),
    Fault::new("Pick", "if other - best > 0.0 {", "if other - best < 0.0 {"),
    Fault::new("Pick", "load(v.at + row * v.stride + c)", "load(x.at + row * x.stride + c)"),
    Fault::new("Route", "select(0.0, g, r == row)", "select(g, 0.0, r == row)"),
    Fault::new("Route", "r < (u + 1u) * pieces; r++", "r + 1u < (u + 1u) * pieces; r++"),
    Fault::new("Zip", "select(x + y, x * y, product)", "select(x * y, x + y, product)"),
    Fault::new("Scale", "factor * load", "factor + load"),
    Fault::new("PointLoss", "number(op, 8u) * total", "total"),
    Fault::new("PointGrad", "x = share * select", "x = -share * select"),
    Fault::new("Tally", "load(count) + 1.0", "load(count) + 2.0"),
    Fault::new("SumSquares", "sum.x += one * one;", "sum.x += one;"),
    Fault::new("Sgd", "load(p + i) - rate * load(g + i)", "load(p + i) + rate * load(g + i)"),
    Fault::new("Momentum", "arena[field(op, 7u)] == 1u", "arena[field(op, 7u)] == 3u"),
    Fault::new("Adam", "sqrt(vi * correct) + EPSILON", "vi * correct + EPSILON"),
    Fault::new(
        "Adam",
        "keep.z * load(v + i) + keep.w * (x * x)",
        "keep.z * load(v + i) + keep.w * x",
    ),
    Fault::new(
        "RmsProp",
        "load(p + i) - rate * x / (sqrt(vi)",
        "load(p + i) + rate * x / (sqrt(vi)",
    ),
    Fault::new("Clamp", "pmin(pmax(load(p + i), -limit), limit)", "pmin(load(p + i), limit)"),
    Fault::new("Average", "rest * load(p + i)", "keep * load(p + i)"),
    Fault::resident("Zip", "run_zip(op, tid, WG);", "run_zip(op, tid + 1u, WG);"),
    Fault::resident("Scale", "op < run.y; op += RECORD", "op + RECORD < run.y; op += RECORD"),
];

/// What gathers read: bytes, whose count is no multiple of four.
#[must_use]
pub fn table() -> Table {
    let bytes = (0..7 * 5).map(|i| (i * 37 % 256) as u8).collect();
    Table {
        rows: 7,
        dim: 5,
        values: TableValues::Bytes { bytes, scale: 2.0 / 255.0, offset: -1.0 },
    }
}

const ACTS: [Act; 9] = [
    Act::Identity,
    Act::Relu,
    Act::Leaky(0.2),
    Act::Tanh,
    Act::Sigmoid,
    Act::Elu,
    Act::Softplus,
    Act::Sine,
    Act::InvSqrt,
];

const PHIS: [Phi; 6] = [
    Phi::Softplus,
    Phi::SoftplusNeg,
    Phi::Linear,
    Phi::Square(0.7),
    Phi::HingeBelow,
    Phi::HingeAbove,
];

/// 1, around the size of a workgroup, a prime, and a real batch.
const COLUMNS: [u32; 7] = [1, 5, 63, 64, 65, 152, 257];

/// A matrix with a gap of `gap` words after each row, and where it ends.
fn mat(at: u32, rows: u32, cols: u32, gap: u32) -> (Mat, u32) {
    (Mat { at, rows, cols, stride: cols + gap }, at + rows * (cols + gap))
}

/// Every op on its ladder of sizes.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for cols in COLUMNS {
        cases.extend(elementwise(cols));
        cases.extend(random(cols));
        cases.extend(sums(cols));
        cases.extend(losses(cols));
        cases.extend(steps(cols));
    }
    cases.extend(steps(20_011));
    cases.extend(sums(5000));
    cases.extend(products());
    cases.extend(ticks());
    cases
}

fn elementwise(cols: u32) -> Vec<Case> {
    let (x, end) = mat(1, 3, cols, 2);
    let (y, middle) = mat(end, 3, cols, 2);
    let (out, words) = mat(middle, 3, cols, 2);
    let mut cases = Vec::new();
    for (act, order) in ACTS.into_iter().flat_map(|act| (0..3).map(move |order| (act, order))) {
        cases.push(Case::new(Op::Map { x, y, act, order }, end + 999, vec![y], ELEMENTARY));
    }
    for pieces in [1, 2, 5] {
        let (x, end) = mat(1, 3 * pieces, cols, 2);
        let (v, end) = mat(end, 3 * pieces, cols, 2);
        let (units, end) = mat(end, 3, cols, 2);
        let (out, words) = mat(end, 3 * pieces, cols, 2);
        for v in [x, v] {
            let op = Op::Pick { x, v, out: units };
            cases.push(Case::new(op, words + 9, vec![units], EXACT));
        }
        let op = Op::Route { x, v: units, out };
        cases.push(Case::new(op, words + 9, vec![out], EXACT));
    }
    for join in [Join::Add, Join::Mul] {
        let zip = Op::Zip { a: x, b: y, out, join };
        cases.push(Case::new(zip, words + 9, vec![out], EXACT));
        let zip = Op::Zip { a: x, b: y, out: x, join };
        cases.push(Case { updates: true, ..Case::new(zip, words + 9, vec![x], EXACT) });
    }
    cases.push(Case::new(Op::Scale { x, out: y, factor: 0.3 }, words, vec![y], EXACT));
    cases.push(Case::new(Op::Spread { v: 2, out: y }, words, vec![y], EXACT));
    cases
}

fn random(cols: u32) -> Vec<Case> {
    let source = Source { seed: 3, stream: 4, counter: 0 };
    let mut cases = Vec::new();
    for live in [cols, cols.div_ceil(2)] {
        for rows in [1, 2, 5] {
            let (out, words) = mat(1, rows, cols, 3);
            let laws = [
                (Law::Uniform { lo: 0.0, hi: 1.0 }, EXACT),
                (Law::Uniform { lo: -1.0, hi: 1.0 }, EXACT),
                // Products that are rounded before the sum is: fused, they are not.
                (Law::Uniform { lo: -5.0, hi: 5.0 }, fused(10.0)),
                (Law::Normal { mean: 0.0, std: 1.0 }, NORMAL),
                (Law::Normal { mean: 0.5, std: 2.0 }, ELEMENTARY),
            ];
            for (law, bound) in laws {
                let op = Op::Draw { out, live, source, law };
                cases.push(Case::new(op, words + 9, vec![out], bound));
            }
        }
        let (out, words) = mat(1, 5, cols, 3);
        let op = Op::Gather { out, live, source };
        cases.push(Case::new(op, words + 9, vec![out], FUSED));
    }
    cases
}

fn sums(cols: u32) -> Vec<Case> {
    let mut cases = Vec::new();
    for accumulate in [false, true] {
        for rows in [1, 3, 70] {
            let (x, end) = mat(1, rows, cols, 2);
            let op = Op::RowSum { x, out: end, accumulate };
            let out = Mat::dense(end, 1, rows);
            let case = Case::new(op, end + rows + 9, vec![out], sum(cols, 1.0));
            cases.push(Case { updates: accumulate, ..case });
        }
        let (a, end) = mat(1, 1, cols, 0);
        for phi in PHIS {
            let op = Op::PointLoss { a, live: cols, phi, weight: 0.5, out: end, accumulate };
            let out = Mat::dense(end, 1, 1);
            let bound = sum(cols, 2.0 / cols as f32);
            let case = Case::new(op, end + 9, vec![out], bound);
            cases.push(Case { updates: accumulate, ..case });
        }
    }
    let op = Op::SumSquares { x: Span { at: 1, len: cols }, out: cols + 1 };
    cases.push(Case::new(op, cols + 9, vec![Mat::dense(cols + 1, 1, 1)], sum(cols, 1.0)));
    cases
}

fn losses(cols: u32) -> Vec<Case> {
    let (a, end) = mat(1, 1, cols, 0);
    let (out, words) = mat(end, 1, cols, 0);
    let mut cases = Vec::new();
    for live in [cols, cols.div_ceil(2)] {
        for (phi, order) in PHIS.into_iter().flat_map(|phi| [(phi, 1), (phi, 2)]) {
            let op = Op::PointGrad { a, live, phi, weight: 0.5, order, out };
            cases.push(Case::new(op, words + 9, vec![out], ELEMENTARY));
        }
    }
    cases
}

fn steps(len: u32) -> Vec<Case> {
    let at = |i: u32| 8 + i * (len + 3);
    let p = Span { at: at(0), len };
    let (g, m, v, words) = (at(1), at(2), at(3), at(4) + 9);
    let (tick, beta1, beta2) = (1, 0.9, 0.999);
    let cases = [
        (Op::Sgd { p, g, tick }, vec![p.at], FUSED),
        (Op::Momentum { p, g, buf: m, tick, momentum: 0.5, counter: 0 }, vec![p.at, m], FUSED),
        (Op::Adam { p, g, m, v, tick, beta1, beta2 }, vec![p.at, m, v], ELEMENTARY),
        (Op::RmsProp { p, g, v, tick, alpha: 0.9 }, vec![p.at, v], ELEMENTARY),
        (Op::Clamp { p, limit: 0.01 }, vec![p.at], EXACT),
        (Op::Average { avg: g, p, keep: 0.9 }, vec![g], FUSED),
    ];
    let positive = Some(Span { at: v, len });
    cases
        .into_iter()
        .map(|(op, written, bound)| {
            let written = written.into_iter().map(|at| Mat::dense(at, 1, len)).collect();
            Case { updates: true, positive, ..Case::new(op, words, written, bound) }
        })
        .collect()
}

fn ticks() -> Vec<Case> {
    let mut cases = Vec::new();
    for decay in [Decay::None, Decay::Cosine(10.0), Decay::Cosine(3.0), Decay::Exponential(0.9)] {
        for betas in [[0.9, 0.999], [0.0, 0.0], [0.5, 0.9]] {
            let [beta1, beta2] = betas;
            let op = Op::Tick { counter: 0, rate: 2, out: 8, decay, beta1, beta2 };
            let written = vec![Mat::dense(0, 1, 1), Mat::dense(8, 1, 3)];
            cases.push(Case { updates: true, ..Case::new(op, 20, written, ELEMENTARY) });
        }
    }
    let tally = Op::Tally { from: 1, sum: 2, count: 3 };
    cases.push(Case { updates: true, ..Case::new(tally, 9, vec![Mat::dense(2, 1, 2)], EXACT) });
    cases
}

/// Shapes of a product: rows, depth, columns. Narrow ones, then ones for tiles, with every kind of edge.
const SHAPES: [[u32; 3]; 16] = [
    [1, 1, 1],
    [2, 3, 5],
    [3, 8, 24],
    [4, 2, 8],
    [5, 7, 9],
    [8, 8, 152],
    [8, 152, 2],
    [1, 304, 8],
    [13, 17, 31],
    [64, 16, 64],
    [64, 33, 40],
    [33, 40, 65],
    [131, 257, 64],
    [32, 1000, 128],
    [128, 64, 152],
    [65, 63, 129],
];

fn products() -> Vec<Case> {
    let mut cases = Vec::new();
    for [rows, depth, cols] in SHAPES {
        for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
            for gap in [0, 3] {
                cases.extend(product([rows, depth, cols], [ta, tb], [gap, gap]));
            }
            // Results in whole vectors, for tiles, of operands that are not: on two of the shapes, since it takes time.
            if rows == 64 && cols.is_multiple_of(4) {
                cases.extend(product([rows, depth, cols], [ta, tb], [3, 0]));
            }
        }
    }
    cases
}

/// With gaps after the rows of the operands, and of the result.
fn product(
    [rows, depth, cols]: [u32; 3],
    [ta, tb]: [bool; 2],
    [gap, gap_of_c]: [u32; 2],
) -> Vec<Case> {
    let (a, end) = if ta { mat(4, depth, rows, gap) } else { mat(4, rows, depth, gap) };
    let (b, end) = if tb { mat(end, cols, depth, gap) } else { mat(end, depth, cols, gap) };
    let begin = if gap == gap_of_c { end } else { end.next_multiple_of(4) };
    let (y, end) = mat(begin, rows, cols, gap_of_c);
    let (c, bias) = mat(end, rows, cols, gap_of_c);
    let mut kinds = vec![(false, Epilogue::None), (true, Epilogue::None)];
    for act in [Act::Leaky(0.2), Act::Tanh, Act::Relu] {
        kinds.push((false, Epilogue::BiasAct { bias, act }));
        kinds.push((false, Epilogue::ActGrad { y, act }));
    }
    kinds
        .into_iter()
        .map(|(accumulate, epilogue)| {
            let op = Op::Gemm { a, ta, b, tb, c, accumulate, epilogue };
            let case = Case::new(op, bias + rows + 9, vec![c], sum(depth, 1.0));
            Case { updates: accumulate, ..case }
        })
        .collect()
}
