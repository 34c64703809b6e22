//! What executors run: one arena of f32 words and a list of ops over views of it.
//!
//! A batch is stored feature-major: a matrix `[features, batch]` whose columns are the samples, padded to a
//! multiple of [`LANES`]. The padding holds finite values that no gradient reaches: [`Op::PointGrad`] writes zeros
//! there, and every backward op keeps them zero. Weights are `[out, in]`, row-major, unpadded.

/// Columns of a batch matrix are padded to a multiple of this many.
pub const LANES: u32 = 8;

/// A matrix inside the arena: element `(r, c)` is word `at + r * stride + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mat {
    /// First word.
    pub at: u32,
    /// Rows (features, or outputs of a layer).
    pub rows: u32,
    /// Columns, padding included (samples, or inputs of a layer).
    pub cols: u32,
    /// Words from one row to the next.
    pub stride: u32,
}

impl Mat {
    /// A matrix whose rows follow each other without a gap.
    #[must_use]
    pub const fn dense(at: u32, rows: u32, cols: u32) -> Self {
        Self { at, rows, cols, stride: cols }
    }

    /// The view of `cols` columns from column `from` on.
    #[must_use]
    pub const fn columns(self, from: u32, cols: u32) -> Self {
        Self { at: self.at + from, cols, ..self }
    }

    /// The view of `rows` rows from row `from` on.
    #[must_use]
    pub const fn band(self, from: u32, rows: u32) -> Self {
        Self { at: self.at + from * self.stride, rows, ..self }
    }
}

/// A run of words: `len` from `at` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// First word.
    pub at: u32,
    /// Number of words.
    pub len: u32,
}

/// An elementwise function f with its first two derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// x
    Identity,
    /// max(0, x); the derivative at 0 is 0.
    Relu,
    /// x for x > 0, else slope · x.
    Leaky(f32),
    /// tanh x
    Tanh,
    /// 1 / (1 + e^−x)
    Sigmoid,
    /// x for x > 0, else e^x − 1.
    Elu,
    /// ln(1 + e^x)
    Softplus,
    /// sin x
    Sine,
    /// 1 / √x, and 0 for x ≤ 0 (as are its derivatives): for norms, where what has no length gets no direction.
    InvSqrt,
}

impl Act {
    /// Whether f′(x) follows from y = f(x) without loss of precision, so that x need not be kept.
    #[must_use]
    pub const fn grad_from_output(self) -> bool {
        !matches!(self, Self::Softplus | Self::Sine | Self::InvSqrt)
    }
}

/// A per-sample function φ of one scalar a, for losses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phi {
    /// ln(1 + e^a)
    Softplus,
    /// ln(1 + e^−a)
    SoftplusNeg,
    /// a
    Linear,
    /// ½ (a − t)²
    Square(f32),
    /// max(0, 1 − a)
    HingeBelow,
    /// max(0, 1 + a)
    HingeAbove,
}

/// What happens to a product before it is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epilogue {
    /// Nothing.
    None,
    /// f(product + bias), the bias being one word per row of the result.
    BiasAct {
        /// Where the bias vector begins.
        bias: u32,
        /// The function f.
        act: Act,
    },
    /// product ∘ f′, f′ expressed by the layer's output `y` (not for [`Act::Sine`] and [`Act::Softplus`], whose
    /// derivative needs the input: see [`Act::grad_from_output`]).
    ActGrad {
        /// The layer's output y = f(x), of the shape of the result.
        y: Mat,
        /// The function f.
        act: Act,
    },
}

/// The distribution of a random draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Uniform on [lo, hi). The same bits on every executor where hi − lo is a power of two; elsewhere the product with it is
    /// rounded before the sum is, and a GPU may round both once.
    Uniform {
        /// Lower end.
        lo: f32,
        /// Upper end.
        hi: f32,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f32,
        /// Standard deviation.
        std: f32,
    },
}

/// Where a draw's random numbers come from: Threefry-2x32-20 with the key (seed, stream), and a counter made of the
/// update number (an integer word in the arena) and the index within the draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// First key word.
    pub seed: u32,
    /// Second key word: what the numbers are for.
    pub stream: u32,
    /// The arena word that holds the update number, as an integer.
    pub counter: u32,
}

/// How a learning rate falls with the number t of updates already made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// rate
    None,
    /// rate · ½ (1 + cos(π min(t, n) / n))
    Cosine(f64),
    /// rate · r^t
    Exponential(f64),
}

/// How [`Op::Zip`] joins two matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// a + b
    Add,
    /// a ∘ b
    Mul,
}

/// The words that [`Op::Tick`] writes, from its `out` on.
pub mod tick {
    /// The rate of this update, decay included.
    pub const RATE: u32 = 0;
    /// 1 / (1 − β1^t)
    pub const CORRECTION1: u32 = 1;
    /// 1 / (1 − β2^t)
    pub const CORRECTION2: u32 = 2;
    /// How many words there are.
    pub const WORDS: u32 = 4;
}

/// One step of a program. Every op has a scalar twin in [`crate::scalar`], where its formula stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// counter ← counter + 1 (= t, from 1 on), then this update's rate and Adam's bias corrections.
    Tick {
        /// The integer word that counts updates.
        counter: u32,
        /// The word that holds the rate before decay.
        rate: u32,
        /// The first of [`tick::WORDS`] words written.
        out: u32,
        /// How the rate falls.
        decay: Decay,
        /// Adam's β1, else 0.
        beta1: f64,
        /// Adam's β2, else 0.
        beta2: f64,
    },
    /// Independent draws in the first `live` columns, zeros in the rest.
    Draw {
        /// Filled whole.
        out: Mat,
        /// Columns that hold samples.
        live: u32,
        /// The randomness.
        source: Source,
        /// The distribution.
        law: Law,
    },
    /// `live` rows of the table, chosen at random with replacement, each becoming a column; zeros in the rest.
    Gather {
        /// `[row length of the table, padded batch]`
        out: Mat,
        /// Columns that hold samples.
        live: u32,
        /// The randomness.
        source: Source,
    },
    /// c = epilogue(A · B), or c += A · B when `accumulate`; A is `a`, or its transpose when `ta`, B likewise.
    Gemm {
        /// Left operand as stored.
        a: Mat,
        /// Whether A is the transpose of `a`.
        ta: bool,
        /// Right operand as stored.
        b: Mat,
        /// Whether B is the transpose of `b`.
        tb: bool,
        /// The result; overlaps neither operand.
        c: Mat,
        /// Adds to c; only with [`Epilogue::None`].
        accumulate: bool,
        /// What happens before the store.
        epilogue: Epilogue,
    },
    /// out[r] = Σ_c x[r, c], or added to it.
    RowSum {
        /// Summed over columns.
        x: Mat,
        /// The first of `x.rows` words.
        out: u32,
        /// Adds to `out`.
        accumulate: bool,
    },
    /// out[u, c] = v[w, c], where w is the first of the k rows from u · k on whose x[w, c] is largest: with v = x the maxout
    /// units of Goodfellow et al. 2013, with another v the derivative of [`Op::Route`].
    Pick {
        /// `[k · units, batch]`: what is compared.
        x: Mat,
        /// `[k · units, batch]`: what is taken; may be x.
        v: Mat,
        /// `[units, batch]`; overlaps neither.
        out: Mat,
    },
    /// out[w, c] = v[u, c], where w is as in [`Op::Pick`], and 0 in the other rows of each k: the derivative of maxout.
    Route {
        /// `[k · units, batch]`: what is compared.
        x: Mat,
        /// `[units, batch]`: what is handed on.
        v: Mat,
        /// `[k · units, batch]`; overlaps neither.
        out: Mat,
    },
    /// out[r, c] = v[r] in every column.
    Spread {
        /// The first of `out.rows` words.
        v: u32,
        /// Filled whole.
        out: Mat,
    },
    /// y = f⁽ᵒʳᵈᵉʳ⁾(x), order 0, 1 or 2; x and y may be the same.
    Map {
        /// Argument.
        x: Mat,
        /// Result.
        y: Mat,
        /// f
        act: Act,
        /// Which derivative.
        order: u32,
    },
    /// out = a + b or a ∘ b; out may be a or b.
    Zip {
        /// Left.
        a: Mat,
        /// Right.
        b: Mat,
        /// Result.
        out: Mat,
        /// Which.
        join: Join,
    },
    /// out = factor · x; out may be x.
    Scale {
        /// Argument.
        x: Mat,
        /// Result.
        out: Mat,
        /// Factor.
        factor: f32,
    },
    /// Word `out` = weight · mean of φ over the first `live` columns of the row `a`, or added to it.
    PointLoss {
        /// `[1, padded batch]`
        a: Mat,
        /// Columns that hold samples.
        live: u32,
        /// φ
        phi: Phi,
        /// Factor.
        weight: f32,
        /// The word written.
        out: u32,
        /// Adds to it.
        accumulate: bool,
    },
    /// out[c] = weight / live · φ⁽ᵒʳᵈᵉʳ⁾(a[c]) for the first `live` columns (order 1 or 2), 0 in the rest.
    PointGrad {
        /// `[1, padded batch]`
        a: Mat,
        /// Columns that hold samples.
        live: u32,
        /// φ
        phi: Phi,
        /// Factor.
        weight: f32,
        /// Which derivative.
        order: u32,
        /// `[1, padded batch]`
        out: Mat,
    },
    /// Adds word `from` to word `sum`, and 1 to word `count`.
    Tally {
        /// Read.
        from: u32,
        /// Added to.
        sum: u32,
        /// Added to.
        count: u32,
    },
    /// Word `out` = Σ x².
    SumSquares {
        /// Read.
        x: Span,
        /// Written.
        out: u32,
    },
    /// p ← p − rate · g (torch.optim.SGD).
    Sgd {
        /// Parameters.
        p: Span,
        /// First word of the gradient.
        g: u32,
        /// The words of this update's [`Op::Tick`].
        tick: u32,
    },
    /// buf ← μ buf + g (buf ← g at the first update, when the counter is 1); p ← p − rate · buf.
    Momentum {
        /// Parameters.
        p: Span,
        /// First word of the gradient.
        g: u32,
        /// First word of the buffer.
        buf: u32,
        /// The words of this update's [`Op::Tick`].
        tick: u32,
        /// μ
        momentum: f32,
        /// The integer word that counts updates.
        counter: u32,
    },
    /// m ← β1 m + (1 − β1) g; v ← β2 v + (1 − β2) g²; p ← p − rate · m̂ / (√v̂ + ε), ε = 1e-8 (Kingma & Ba 2015).
    Adam {
        /// Parameters.
        p: Span,
        /// First word of the gradient.
        g: u32,
        /// First word of m.
        m: u32,
        /// First word of v.
        v: u32,
        /// The words of this update's [`Op::Tick`].
        tick: u32,
        /// β1
        beta1: f64,
        /// β2
        beta2: f64,
    },
    /// v ← α v + (1 − α) g²; p ← p − rate · g / (√v + ε), ε = 1e-8 (torch.optim.RMSprop).
    RmsProp {
        /// Parameters.
        p: Span,
        /// First word of the gradient.
        g: u32,
        /// First word of v.
        v: u32,
        /// The words of this update's [`Op::Tick`].
        tick: u32,
        /// α
        alpha: f64,
    },
    /// p ← min(max(p, −c), c).
    Clamp {
        /// Parameters.
        p: Span,
        /// c
        limit: f32,
    },
    /// avg ← keep · avg + (1 − keep) · p.
    Average {
        /// First word of the average.
        avg: u32,
        /// What is averaged.
        p: Span,
        /// The share of the old average that stays.
        keep: f64,
    },
}

/// A list of ops, run in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// What it is for, in a word, for error messages.
    pub name: String,
    /// The steps.
    pub ops: Vec<Op>,
}

/// The rows that [`Op::Gather`] chooses from, `[rows, dim]` row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Number of rows, at least 1 and below 2²⁴.
    pub rows: u32,
    /// Words of a row.
    pub dim: u32,
    /// The values.
    pub values: TableValues,
}

/// The values of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
pub enum TableValues {
    /// As they are.
    Words(Vec<f32>),
    /// value = byte · scale + offset, each operation rounded to f32.
    Bytes {
        /// One byte a value.
        bytes: Vec<u8>,
        /// Factor.
        scale: f32,
        /// Summand.
        offset: f32,
    },
}
