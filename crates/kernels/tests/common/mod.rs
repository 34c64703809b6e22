//! A small network as a program, for the tests that need a whole one.
#![allow(dead_code, unreachable_pub)]

use adversaria_kernels::program::{Act, Decay, Epilogue, Law, Mat, Op, Phi, Source, Span};

/// Words that every program here uses first: the update counter, the rate, a loss, the tick.
pub const COUNTER: u32 = 0;
pub const RATE: u32 = 1;
pub const LOSS: u32 = 2;
pub const TICK: u32 = 4;

/// x `[3, 16]` (13 live) → W1 `[5, 3]`, b1, f → W2 `[1, 5]`, b2 → mean φ, and everything's gradient.
pub struct Net {
    pub act: Act,
    pub phi: Phi,
    pub x: Mat,
    pub dx: Mat,
    pub h: Mat,
    pub dh: Mat,
    pub a: Mat,
    pub da: Mat,
    pub parameters: Span,
    pub gradients: u32,
    pub m: u32,
    pub v: u32,
    pub words: u32,
}

pub const LIVE: u32 = 13;
const INPUTS: u32 = 3;
const HIDDEN: u32 = 5;
const COLS: u32 = 16;

impl Net {
    pub fn new(act: Act, phi: Phi) -> Self {
        let mut next = 8;
        let mut place = |words: u32| {
            next += words;
            next - words
        };
        let count = HIDDEN * INPUTS + HIDDEN + HIDDEN + 1;
        let parameters = Span { at: place(count), len: count };
        let [gradients, m, v] = [place(count), place(count), place(count)];
        let mut mat = |rows| Mat::dense(place(rows * COLS), rows, COLS);
        let [x, dx, h, dh, a, da] =
            [mat(INPUTS), mat(INPUTS), mat(HIDDEN), mat(HIDDEN), mat(1), mat(1)];
        Self { act, phi, x, dx, h, dh, a, da, parameters, gradients, m, v, words: next }
    }

    /// (W1, b1, W2, b2) in the vector that begins at `at`.
    fn split(at: u32) -> (Mat, u32, Mat, u32) {
        let b1 = at + HIDDEN * INPUTS;
        (Mat::dense(at, HIDDEN, INPUTS), b1, Mat::dense(b1 + HIDDEN, 1, HIDDEN), b1 + 2 * HIDDEN)
    }

    pub fn forward(&self) -> Vec<Op> {
        let (w1, b1, w2, b2) = Self::split(self.parameters.at);
        let layer = |a, b, c, bias, act| Op::Gemm {
            a,
            ta: false,
            b,
            tb: false,
            c,
            accumulate: false,
            epilogue: Epilogue::BiasAct { bias, act },
        };
        let loss = Op::PointLoss {
            a: self.a,
            live: LIVE,
            phi: self.phi,
            weight: 0.7,
            out: LOSS,
            accumulate: false,
        };
        vec![
            layer(w1, self.x, self.h, b1, self.act),
            layer(w2, self.h, self.a, b2, Act::Identity),
            loss,
        ]
    }

    pub fn backward(&self) -> Vec<Op> {
        let (w1, _, w2, _) = Self::split(self.parameters.at);
        let (dw1, db1, dw2, db2) = Self::split(self.gradients);
        let gemm =
            |a, ta, b, tb, c, epilogue| Op::Gemm { a, ta, b, tb, c, accumulate: false, epilogue };
        let sum = |x, out| Op::RowSum { x, out, accumulate: false };
        let slope = Epilogue::ActGrad { y: self.h, act: self.act };
        vec![
            Op::PointGrad {
                a: self.a,
                live: LIVE,
                phi: self.phi,
                weight: 0.7,
                order: 1,
                out: self.da,
            },
            gemm(self.da, false, self.h, true, dw2, Epilogue::None),
            sum(self.da, db2),
            gemm(w2, true, self.da, false, self.dh, slope),
            gemm(self.dh, false, self.x, true, dw1, Epilogue::None),
            sum(self.dh, db1),
            gemm(w1, true, self.dh, false, self.dx, Epilogue::None),
        ]
    }

    /// A whole update: draw x, forward, backward, Adam.
    pub fn update(&self) -> Vec<Op> {
        let source = Source { seed: 1, stream: 2, counter: COUNTER };
        let mut ops = vec![Op::Draw {
            out: self.x,
            live: LIVE,
            source,
            law: Law::Normal { mean: 0.0, std: 1.0 },
        }];
        ops.extend(self.forward());
        ops.extend(self.backward());
        let (decay, beta1, beta2) = (Decay::Cosine(100.0), 0.5, 0.9);
        ops.push(Op::Tick { counter: COUNTER, rate: RATE, out: TICK, decay, beta1, beta2 });
        let (p, g) = (self.parameters, self.gradients);
        ops.push(Op::Adam { p, g, m: self.m, v: self.v, tick: TICK, beta1, beta2 });
        ops
    }

    /// Parameters of either sign and a rate; zeros elsewhere.
    pub fn initial(&self) -> Vec<f32> {
        let mut arena = vec![0.0; self.words as usize];
        arena[RATE as usize] = 0.01;
        let at = self.parameters.at;
        for i in at..at + self.parameters.len {
            arena[i as usize] = ((i * 37 % 29) as f32 / 14.0 - 1.0) * 0.8;
        }
        arena
    }
}
