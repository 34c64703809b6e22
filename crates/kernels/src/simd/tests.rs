//! The fast ops against the scalar twin, on a ladder of sizes. Outputs begin as NaN and everything else is guarded:
//! a word left out, a word too many or a value beyond the stated tolerance fails. Every check is also run with faults
//! planted in the op that the fast side gets, and must then fail.

use adversaria_core::rng::Draw;

use super::{Level, Ready, run};
use crate::check::check;
use crate::program::{Act, Epilogue, Join, Law, Mat, Op, Phi, Source, Span, Table, TableValues};
use crate::scalar;

/// 1, around the lanes of both widths, a prime, and sizes of real batches and layers.
const LADDER: [u32; 12] = [1, 3, 4, 5, 7, 8, 9, 24, 25, 31, 64, 152];

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

/// An op in an arena, what it writes, and how far from the twin it may be.
struct Case {
    op: Op,
    words: u32,
    /// Written without being read: NaN before.
    fresh: Vec<Mat>,
    /// Read and written.
    updated: Vec<Mat>,
    /// How many roundings of size 2⁻²³ relative to `scale` the two sides may differ by; 0: the same bits.
    roundings: f32,
    /// The largest that a sum of the absolute terms can be.
    scale: f32,
    /// The op with one thing wrong, for the fast side.
    faults: Vec<Op>,
}

impl Case {
    fn exact(op: Op, words: u32, fresh: Vec<Mat>, faults: Vec<Op>) -> Self {
        Self { op, words, fresh, updated: Vec::new(), roundings: 0.0, scale: 0.0, faults }
    }

    /// Numbers in [−1, 1) everywhere, a count of 3 in word 0, NaN in what is to be written.
    fn arena(&self) -> Vec<f32> {
        let draw = Draw { seed: 5, stream: 6, update: 7 };
        let mut arena: Vec<f32> =
            (0..self.words).map(|i| draw.uniform(0, i, self.words) * 2.0 - 1.0).collect();
        arena[0] = f32::from_bits(3);
        for &mat in &self.fresh {
            indices(mat).for_each(|i| arena[i] = f32::NAN);
        }
        arena
    }

    /// Runs `op` the fast way, and says where the arena then differs from `want`.
    fn compare(&self, level: Level, op: &Op, want: &[f32]) -> Result<(), String> {
        let (mut got, table) = (self.arena(), table());
        let ready = Ready::new(check(op, self.words)?);
        let mut scratch = vec![f32::NAN; ready.scratch_words()];
        run(level, &ready, &mut got, &mut scratch, Some(&table));
        let mut written = vec![false; want.len()];
        for &mat in self.fresh.iter().chain(&self.updated) {
            indices(mat).for_each(|i| written[i] = true);
        }
        let bound = self.roundings * self.scale / (1 << 23) as f32;
        for (i, (&want, &got)) in want.iter().zip(&got).enumerate() {
            let same = if written[i] && want.is_finite() && got.is_finite() {
                (want - got).abs() <= bound
            } else {
                !written[i] && want.to_bits() == got.to_bits()
            };
            if !same {
                return Err(format!("word {i}: {got} for {want}, bound {bound}"));
            }
        }
        Ok(())
    }

    /// The arena's bits after `op`.
    fn bits(&self, level: Level, op: &Op) -> Vec<u32> {
        let ready = Ready::new(check(op, self.words).expect("well formed"));
        let (mut arena, mut scratch) = (self.arena(), vec![f32::NAN; ready.scratch_words()]);
        run(level, &ready, &mut arena, &mut scratch, None);
        arena.into_iter().map(f32::to_bits).collect()
    }

    fn check(&self) {
        let mut want = self.arena();
        scalar::run_op(&self.op, &mut want, Some(&table()));
        for level in Level::all() {
            let verdict = self.compare(level, &self.op, &want);
            assert_eq!(verdict, Ok(()), "{}: {:?}", level.name(), self.op);
            for fault in &self.faults {
                assert!(
                    self.compare(level, fault, &want).is_err(),
                    "{}: passes with {fault:?}",
                    level.name()
                );
            }
        }
    }
}

fn indices(mat: Mat) -> impl Iterator<Item = usize> {
    (0..mat.rows).flat_map(move |r| (0..mat.cols).map(move |c| mat.index(r, c)))
}

fn table() -> Table {
    let bytes = (0..7 * 5).map(|i| (i * 37 % 256) as u8).collect();
    Table {
        rows: 7,
        dim: 5,
        values: TableValues::Bytes { bytes, scale: 2.0 / 255.0, offset: -1.0 },
    }
}

/// A matrix with a gap of `gap` words after each row, and where it ends.
fn mat(at: u32, rows: u32, cols: u32, gap: u32) -> (Mat, u32) {
    let m = Mat { at, rows, cols, stride: cols + gap };
    (m, at + rows * (cols + gap))
}

/// A view of one row or column less, where that is left with something.
fn shorter(m: Mat) -> Mat {
    if m.cols > 1 { Mat { cols: m.cols - 1, ..m } } else { Mat { rows: m.rows - 1, ..m } }
}

/// Whether a fault by [`shorter`] leaves a matrix.
fn can_shorten(m: Mat) -> bool {
    m.rows * m.cols > 1
}

#[test]
fn map_scale_and_zip() {
    for cols in LADDER {
        for gap in [0, 3] {
            let (x, end) = mat(1, 3, cols, gap);
            let (y, words) = mat(end, 3, cols, gap);
            let shorten = |op: &dyn Fn(Mat, Mat) -> Op| {
                if can_shorten(x) { vec![op(shorter(x), shorter(y))] } else { Vec::new() }
            };
            for act in ACTS {
                for order in 0..3 {
                    let map = |x, y| Op::Map { x, y, act, order };
                    let mut faults = shorten(&map);
                    faults.push(Op::Map { x, y, act, order: (order + 1) % 3 });
                    if matches!(act, Act::Identity | Act::Relu | Act::Leaky(_)) && order == 1 {
                        faults.push(Op::Scale { x, out: y, factor: -1.0 });
                    }
                    Case::exact(map(x, y), words + 9, vec![y], faults).check();
                }
            }
            let scale = |x, out| Op::Scale { x, out, factor: 0.3 };
            let mut faults = shorten(&scale);
            faults.push(Op::Scale { x, out: y, factor: -0.3 });
            Case::exact(scale(x, y), words + 9, vec![y], faults).check();
            let (out, end) = mat(words, 3, cols, gap);
            for (join, wrong) in [(Join::Add, Join::Mul), (Join::Mul, Join::Add)] {
                let op = Op::Zip { a: x, b: y, out, join };
                let fault = Op::Zip { a: x, b: y, out, join: wrong };
                Case::exact(op, end + 9, vec![out], vec![fault]).check();
                // In place.
                let op = Op::Zip { a: x, b: y, out: x, join };
                let fault = Op::Zip { a: x, b: x, out: x, join };
                let mut case = Case::exact(op, end + 9, Vec::new(), vec![fault]);
                case.updated = vec![x];
                case.check();
            }
        }
    }
}

#[test]
fn powers_of_positive_numbers() {
    for cols in LADDER {
        let x = Mat::dense(1, 1, cols);
        let y = Mat::dense(1 + cols, 1, cols);
        let square = Op::Zip { a: x, b: x, out: x, join: Join::Mul };
        for order in 0..3 {
            let mut want = Case::exact(square, 2 * cols + 1, vec![], vec![]).arena();
            scalar::run_op(&square, &mut want, None);
            let before = want.clone();
            let op = |order| Op::Map { x, y, act: Act::InvSqrt, order };
            scalar::run_op(&op(order), &mut want, None);
            assert!(want[1..].iter().all(|x| x.is_finite()), "{want:?}");
            for level in Level::all() {
                for (order, right) in [(order, true), ((order + 1) % 3, false)] {
                    let mut got = before.clone();
                    let ready = Ready::new(check(&op(order), 2 * cols + 1).expect("well formed"));
                    run(level, &ready, &mut got, &mut [], None);
                    assert_eq!(got == want, right, "{}: order {order}", level.name());
                }
            }
        }
    }
}

/// Units of 1, 2 and 5 pieces; columns in which pieces are equal too.
#[test]
fn maxout() {
    for (cols, pieces) in LADDER.into_iter().flat_map(|cols| [1, 2, 5].map(|k| (cols, k))) {
        let (x, end) = mat(1, 3 * pieces, cols, 3);
        let (v, end) = mat(end, 3 * pieces, cols, 3);
        let (units, end) = mat(end, 3, cols, 3);
        let (out, words) = mat(end, 3 * pieces, cols, 3);
        let pick = |x, v| Op::Pick { x, v, out: units };
        let route = |x, out| Op::Route { x, v: units, out };
        let mut faults = vec![pick(x, x)];
        if pieces > 1 {
            faults.push(pick(v, v));
        }
        Case::exact(pick(x, v), words + 9, vec![units], faults).check();
        Case::exact(pick(x, x), words + 9, vec![units], vec![pick(v, v)]).check();
        let faults = if pieces == 1 { vec![] } else { vec![Op::Pick { x, v, out: units }] };
        let case = Case::exact(route(x, out), words + 9, vec![out], faults);
        case.check();
        if pieces > 1 && cols > 8 {
            let other = Case { faults: vec![route(v, out)], ..case };
            other.check();
        }
    }
}

#[test]
fn the_first_of_equal_pieces_wins() {
    let (x, v) = (Mat::dense(0, 3, 16), Mat::dense(48, 1, 16));
    let out = Mat::dense(64, 3, 16);
    let mut arena = vec![1.0; 112];
    for c in 0..8 {
        arena[x.index(1, c)] = 2.0;
        arena[x.index(2, c)] = 2.0;
    }
    let op = Op::Route { x, v, out };
    let mut twin = arena.clone();
    scalar::run_op(&op, &mut twin, None);
    for level in Level::all() {
        let mut got = arena.clone();
        run(level, &Ready::new(check(&op, 112).expect("well formed")), &mut got, &mut [], None);
        assert_eq!(got, twin, "{}", level.name());
    }
    for c in 0..16 {
        let column: Vec<f32> = (0..3).map(|row| twin[out.index(row, c)]).collect();
        assert_eq!(column, if c < 8 { [0.0, 1.0, 0.0] } else { [1.0, 0.0, 0.0] });
    }
}

#[test]
fn saturated_arguments_and_nan_come_out_alike() {
    let x = Mat::dense(0, 1, 16);
    let y = Mat::dense(16, 1, 16);
    let extremes = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 200.0, -200.0, 0.0];
    for act in ACTS {
        for order in 0..3 {
            let op = Op::Map { x, y, act, order };
            let mut want: Vec<f32> = extremes.iter().copied().cycle().take(32).collect();
            let mut got = want.clone();
            scalar::run_op(&op, &mut want, None);
            let ready = Ready::new(check(&op, 32).expect("well formed"));
            run(Level::detect(), &ready, &mut got, &mut [], None);
            // The sine of what is too large to reduce is whatever it is; NaN has many patterns.
            let told = |x: f32| if x.is_nan() { u32::MAX } else { x.to_bits() };
            let alike = |i: usize| told(want[i]) == told(got[i]) || (act == Act::Sine && i % 8 > 2);
            assert!((16..32).all(alike), "{act:?}, order {order}: {got:?} for {want:?}");
            assert!(act != Act::Tanh || order != 0 || want[16].is_nan(), "NaN was lost");
        }
    }
}

#[test]
fn random_numbers_are_the_same_bits() {
    let laws = [Law::Uniform { lo: -1.0, hi: 1.0 }, Law::Normal { mean: 0.5, std: 2.0 }];
    for cols in LADDER {
        for rows in [1, 2, 5] {
            for live in [cols, cols.div_ceil(2)] {
                let (out, words) = mat(1, rows, cols, 3);
                let source = Source { seed: 3, stream: 4, counter: 0 };
                for law in laws {
                    let draw = |live, source| Op::Draw { out, live, source, law };
                    let faults = vec![
                        draw(live, Source { stream: 5, ..source }),
                        draw(if live > 1 { live - 1 } else { live }, Source { seed: 2, ..source }),
                    ];
                    Case::exact(draw(live, source), words + 9, vec![out], faults).check();
                }
            }
        }
        let (out, words) = mat(1, 5, cols, 3);
        for live in [cols, cols.div_ceil(2)] {
            let gather = |live, seed| Op::Gather {
                out,
                live,
                source: Source { seed, stream: 4, counter: 0 },
            };
            let mut faults = Vec::new();
            if live >= 8 {
                faults = vec![gather(live - 1, 3), gather(live, 4)];
            }
            Case::exact(gather(live, 3), words + 9, vec![out], faults).check();
        }
    }
}

/// Sums of n terms: n roundings on either side.
#[test]
fn sums() {
    for cols in LADDER.into_iter().chain([5000]) {
        for accumulate in [false, true] {
            let (x, end) = mat(1, 3, cols, 2);
            let out = Mat::dense(end, 1, 3);
            let op = |x| Op::RowSum { x, out: end, accumulate };
            let mut case = Case::exact(op(x), end + 12, vec![out], Vec::new());
            (case.roundings, case.scale) = (cols as f32, cols as f32);
            if accumulate {
                (case.updated, case.fresh) = (vec![out], Vec::new());
            }
            // A missing last term shows while the bound is below any likely term.
            if (2..200).contains(&cols) {
                case.faults = vec![op(Mat { cols: cols - 1, ..x }), op(Mat { at: x.at + 1, ..x })];
            }
            if cols < 200 {
                case.faults.push(Op::RowSum { x, out: end, accumulate: !accumulate });
            }
            case.check();
            for phi in PHIS {
                let out = Mat::dense(end, 1, 1);
                let op = |live, weight| Op::PointLoss {
                    a: Mat { rows: 1, ..x },
                    live,
                    phi,
                    weight,
                    out: end,
                    accumulate,
                };
                let mut case = Case::exact(op(cols, 0.5), end + 12, vec![out], Vec::new());
                // φ of numbers in [−1, 1] is at most 2; the mean is taken.
                (case.roundings, case.scale) = (cols as f32, 1.0);
                if accumulate {
                    (case.updated, case.fresh) = (vec![out], Vec::new());
                }
                case.faults = vec![op(cols, -0.5)];
                if (2..40).contains(&cols) {
                    case.faults.push(op(cols - 1, 0.5));
                }
                if cols == 5000 && phi == Phi::Linear {
                    // A mean of nearly nothing: its sign is within the bound.
                    case.faults.clear();
                }
                case.check();
            }
        }
        let (x, out) = (Span { at: 1, len: cols }, cols + 1);
        let op = |x| Op::SumSquares { x, out };
        let mut case = Case::exact(op(x), cols + 9, vec![Mat::dense(out, 1, 1)], Vec::new());
        (case.roundings, case.scale) = (cols as f32, cols as f32);
        if cols < 40 {
            case.faults = vec![op(Span { at: 1, len: cols - 1 }), op(Span { at: 2, ..x })];
        }
        case.check();
    }
}

#[test]
fn gradients_of_losses() {
    for cols in LADDER {
        for live in [cols, cols.div_ceil(2)] {
            let (a, end) = mat(1, 1, cols, 0);
            let (out, words) = mat(end, 1, cols, 0);
            for phi in PHIS {
                for order in [1, 2] {
                    let op = |live, weight, phi| Op::PointGrad { a, live, phi, weight, order, out };
                    let curved = order == 1
                        || !matches!(phi, Phi::Linear | Phi::HingeAbove | Phi::HingeBelow);
                    let mut faults = Vec::new();
                    if curved {
                        faults.push(op(live, -0.5, phi));
                    }
                    if curved && live > 1 {
                        faults.push(op(live - 1, 0.5, phi));
                    }
                    Case::exact(op(live, 0.5, phi), words + 9, vec![out], faults).check();
                }
            }
        }
    }
}

#[test]
fn steps_over_parameters() {
    for len in LADDER.into_iter().chain([1021]) {
        let at = |i: u32| 8 + i * (len + 3);
        let p = Span { at: at(0), len };
        let (g, m, v, words) = (at(1), at(2), at(3), at(4) + 9);
        let vector = |at| Mat::dense(at, 1, len);
        let (tick, beta1, beta2) = (1, 0.9, 0.999);
        // v must not be negative: squares of g come first.
        let adam = |len, beta1| Op::Adam { p: Span { len, ..p }, g, m, v, tick, beta1, beta2 };
        let momentum = |momentum, counter| Op::Momentum { p, g, buf: m, tick, momentum, counter };
        let cases = [
            (Op::Sgd { p, g, tick }, vec![at(0)], vec![Op::Sgd { p, g: g + 1, tick }]),
            (momentum(0.5, 0), vec![at(0), m], vec![momentum(-0.5, 0)]),
            (adam(len, beta1), vec![at(0), m, v], vec![adam(len - 1, beta1), adam(len, 0.8)]),
            (
                Op::RmsProp { p, g, v, tick, alpha: 0.9 },
                vec![at(0), v],
                vec![Op::RmsProp { p, g, v, tick, alpha: 0.8 }],
            ),
            (Op::Clamp { p, limit: 0.01 }, vec![at(0)], vec![Op::Clamp { p, limit: 0.02 }]),
            (
                Op::Average { avg: g, p, keep: 0.9 },
                vec![g],
                vec![Op::Average { avg: g, p, keep: 0.1 }],
            ),
        ];
        for (op, written, faults) in cases {
            let mut case = Case::exact(op, words, Vec::new(), faults);
            case.updated = written.into_iter().map(vector).collect();
            case.check_with_positive(v, len);
        }
    }
}

impl Case {
    /// As [`Case::check`], bit by bit, for ops that take roots of the words from `v` on and of a tick's words: these
    /// are made positive first.
    fn check_with_positive(&self, v: u32, len: u32) {
        for level in Level::all() {
            let verdict = self.compare_from(level, &self.op, v, len);
            assert_eq!(verdict, Ok(()), "{}: {:?}", level.name(), self.op);
            for fault in &self.faults {
                let verdict = self.compare_from(level, fault, v, len);
                assert!(verdict.is_err(), "{}: passes with {fault:?}", level.name());
            }
        }
    }

    fn compare_from(&self, level: Level, op: &Op, v: u32, len: u32) -> Result<(), String> {
        let mut want = self.arena();
        for range in [1..4, v as usize..(v + len) as usize] {
            want[range].iter_mut().for_each(|x| *x = x.abs());
        }
        let mut got = want.clone();
        scalar::run_op(&self.op, &mut want, None);
        run(level, &Ready::new(check(op, self.words)?), &mut got, &mut [], None);
        let differ =
            want.iter().zip(&got).position(|(a, b)| a.to_bits() != b.to_bits() || a.is_nan());
        differ.map_or(Ok(()), |i| Err(format!("word {i}: {} for {}", got[i], want[i])))
    }
}

/// Shapes of a product: rows, depth, columns. The last ones are packed, with every kind of edge.
const SHAPES: [[u32; 3]; 15] = [
    [1, 1, 1],
    [2, 3, 5],
    [3, 8, 24],
    [4, 2, 8],
    [5, 7, 9],
    [8, 8, 152],
    [8, 152, 2],
    [13, 17, 31],
    [1, 64, 128],
    [64, 33, 40],
    [33, 40, 65],
    [20, 300, 31],
    [131, 257, 64],
    [17, 520, 33],
    [19, 270, 491],
];

/// Products of depth n: n products and sums on either side, of numbers below 1.
#[test]
fn products() {
    for [rows, depth, cols] in SHAPES {
        for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
            let (a, end) = if ta { mat(1, depth, rows, 1) } else { mat(1, rows, depth, 1) };
            let (b, end) = if tb { mat(end, cols, depth, 2) } else { mat(end, depth, cols, 2) };
            let (y, end) = mat(end, rows, cols, 1);
            let (c, end) = mat(end, rows, cols, 3);
            let bias = end;
            for (accumulate, epilogue) in epilogues(y, bias, rows * depth * cols < 50_000) {
                let op = |a, b, c| Op::Gemm { a, ta, b, tb, c, accumulate, epilogue };
                let mut case = Case::exact(op(a, b, c), end + rows + 9, vec![c], Vec::new());
                if accumulate {
                    (case.updated, case.fresh) = (vec![c], Vec::new());
                }
                // Σ|terms| is about a quarter of the depth; the product of a fault is far off even so.
                (case.roundings, case.scale) = (depth as f32 + 4.0, depth as f32 / 3.0 + 2.0);
                case.faults = product_faults(&case.op);
                case.check();
            }
        }
    }
}

/// Whether two machines of different width would make a checkpoint of the same bits.
#[test]
fn wider_tiles_give_the_same_bits() {
    for [rows, depth, cols] in SHAPES {
        for (ta, tb) in [(false, false), (true, false), (false, true)] {
            let (a, end) = if ta { mat(1, depth, rows, 1) } else { mat(1, rows, depth, 1) };
            let (b, end) = if tb { mat(end, cols, depth, 2) } else { mat(end, depth, cols, 2) };
            let (c, bias) = mat(end, rows, cols, 3);
            let epilogue = Epilogue::BiasAct { bias, act: Act::Leaky(0.2) };
            let op = |a| Op::Gemm { a, ta, b, tb, c, accumulate: false, epilogue };
            let case = Case::exact(op(a), bias + rows, vec![c], Vec::new());
            let bits = |level, op: &Op| case.bits(level, op);
            let fused: Vec<Level> = Level::all().filter(|l| l.name().starts_with("avx")).collect();
            for &level in &fused {
                assert!(bits(level, &case.op) == bits(fused[0], &case.op), "{:?}", case.op);
                let other = op(Mat { at: a.at - 1, ..a });
                assert!(bits(level, &other) != bits(level, &case.op), "{other:?} is no different");
            }
        }
    }
}

/// The epilogues to try, all of them for small products.
fn epilogues(y: Mat, bias: u32, all: bool) -> Vec<(bool, Epilogue)> {
    let mut list = vec![(false, Epilogue::None), (true, Epilogue::None)];
    let few = [Act::Leaky(0.2), Act::Tanh];
    // No layer ends in an inverse root, whose slope beside 0 would magnify the sums' roundings without bound.
    let (layers, _) = ACTS.split_at(ACTS.len() - 1);
    for act in if all { layers } else { &few[..] } {
        list.push((false, Epilogue::BiasAct { bias, act: *act }));
        if act.grad_from_output() {
            list.push((false, Epilogue::ActGrad { y, act: *act }));
        }
    }
    list
}

/// A term less, a column less, the wrong activation, not added where it should be.
fn product_faults(op: &Op) -> Vec<Op> {
    let Op::Gemm { a, ta, b, tb, c, accumulate, epilogue } = *op else { unreachable!("a product") };
    let less_deep = |m: Mat, along_rows: bool| {
        if along_rows { Mat { rows: m.rows - 1, ..m } } else { Mat { cols: m.cols - 1, ..m } }
    };
    let gemm = |a, b, c, accumulate, epilogue| Op::Gemm { a, ta, b, tb, c, accumulate, epilogue };
    let mut faults = Vec::new();
    let depth = if ta { a.rows } else { a.cols };
    if depth > 1 {
        faults.push(gemm(less_deep(a, ta), less_deep(b, !tb), c, accumulate, epilogue));
    }
    if c.cols > 1 {
        faults.push(gemm(a, less_deep(b, tb), less_deep(c, false), accumulate, epilogue));
    }
    let wrong = match epilogue {
        Epilogue::None => return [faults, vec![gemm(a, b, c, !accumulate, epilogue)]].concat(),
        Epilogue::BiasAct { bias, .. } => Epilogue::BiasAct { bias, act: Act::Sine },
        Epilogue::ActGrad { act: Act::Tanh, y } => Epilogue::ActGrad { y, act: Act::Sigmoid },
        Epilogue::ActGrad { y, .. } => Epilogue::ActGrad { y, act: Act::Tanh },
    };
    if wrong != epilogue {
        faults.push(gemm(a, b, c, accumulate, wrong));
    }
    faults
}
