//! Every op's gradient path against central differences, in f64, to 1e-4 relative. Each comparison is made again with
//! a fault planted in the analytic side, and must then fail.

mod common;

use adversaria_kernels::program::{Act, Epilogue, Mat, Op, Phi, Span};
use adversaria_kernels::scalar::run_op;
use common::{LIVE, LOSS, Net};

const ACTS: [Act; 8] = [
    Act::Identity,
    Act::Relu,
    Act::Leaky(0.2),
    Act::Tanh,
    Act::Sigmoid,
    Act::Elu,
    Act::Softplus,
    Act::Sine,
];

const PHIS: [Phi; 6] = [
    Phi::Softplus,
    Phi::SoftplusNeg,
    Phi::Linear,
    Phi::Square(0.7),
    Phi::HingeBelow,
    Phi::HingeAbove,
];

fn run(ops: &[Op], arena: &mut [f64]) {
    ops.iter().for_each(|op| run_op(op, arena, None));
}

/// Numbers in (−2, 2) that stay clear of 0 and ±1, where some functions have kinks.
fn numbers(words: u32) -> Vec<f64> {
    (0..words).map(|i| f64::from((i * 7919 + 13) % 401) / 100.0 - 2.0 + 0.003).collect()
}

/// (f(x + h) − f(x − h)) / 2h with respect to word `at`.
fn difference(arena: &[f64], at: usize, value: impl Fn(&mut Vec<f64>) -> f64) -> f64 {
    const H: f64 = 1e-5;
    let moved = |by: f64| {
        let mut arena = arena.to_vec();
        arena[at] += by;
        value(&mut arena)
    };
    (moved(H) - moved(-H)) / (2.0 * H)
}

/// Agreement to 1e-4 relative; differences of 1e-9 are rounding.
fn agree(analytic: &[f64], numeric: &[f64]) -> bool {
    let close = |(a, n): (&f64, &f64)| (a - n).abs() <= 1e-4 * a.abs().max(n.abs()) + 1e-9;
    analytic.len() == numeric.len() && analytic.iter().zip(numeric).all(close)
}

#[test]
fn derivatives_of_activations() {
    let (x, y) = (Mat::dense(0, 3, 40), Mat::dense(120, 3, 40));
    let map = |act, order| Op::Map { x, y, act, order };
    for act in ACTS.into_iter().chain([Act::InvSqrt]) {
        let mut start = numbers(240);
        if act == Act::InvSqrt {
            start.iter_mut().for_each(|x| *x = x.abs() + 0.1);
        }
        let values = |op| {
            let mut arena = start.clone();
            run(&[op], &mut arena);
            arena.split_off(120)
        };
        for order in [1, 2] {
            let numeric: Vec<f64> = (0..120)
                .map(|i| {
                    difference(&start, i, |arena| {
                        run(&[map(act, order - 1)], arena);
                        arena[120 + i]
                    })
                })
                .collect();
            assert!(agree(&values(map(act, order)), &numeric), "{act:?}, order {order}");
            assert!(
                !agree(&values(map(act, order - 1)), &numeric),
                "{act:?}: the order below passes as {order}"
            );
        }
    }
}

#[test]
fn derivatives_of_losses() {
    let (a, out) = (Mat::dense(0, 1, 16), Mat::dense(16, 1, 16));
    let start = numbers(33);
    let grad = |phi, order, weight| Op::PointGrad { a, live: LIVE, phi, weight, order, out };
    let values = |op| {
        let mut arena = start.clone();
        run(&[op], &mut arena);
        arena[16..32].to_vec()
    };
    for phi in PHIS {
        let loss = Op::PointLoss { a, live: LIVE, phi, weight: 0.7, out: 32, accumulate: false };
        let first: Vec<f64> = (0..16)
            .map(|i| {
                difference(&start, i, |arena| {
                    run(&[loss], arena);
                    arena[32]
                })
            })
            .collect();
        assert!(agree(&values(grad(phi, 1, 0.7)), &first), "{phi:?}, order 1");
        assert!(!agree(&values(grad(phi, 1, -0.7)), &first), "{phi:?}: the wrong sign passes");
        let second: Vec<f64> = (0..16)
            .map(|i| {
                difference(&start, i, |arena| {
                    run(&[grad(phi, 1, 0.7)], arena);
                    arena[16 + i]
                })
            })
            .collect();
        assert!(agree(&values(grad(phi, 2, 0.7)), &second), "{phi:?}, order 2");
        assert!(!agree(&values(grad(phi, 1, 0.7)), &second), "{phi:?}: order 1 passes as 2");
    }
}

/// One thing wrong in a backward pass.
fn faulty(ops: &[Op]) -> Vec<Vec<Op>> {
    let with = |i: usize, op: Op| {
        let mut ops = ops.to_vec();
        ops[i] = op;
        ops
    };
    let mut list = Vec::new();
    for (i, &op) in ops.iter().enumerate() {
        match op {
            Op::PointGrad { a, live, phi, weight, order, out } => {
                list.push(with(i, Op::PointGrad { a, live, phi, weight: -weight, order, out }));
                list.push(with(i, Op::PointGrad { a, live: live - 1, phi, weight, order, out }));
            }
            Op::Gemm { a, ta, b, tb, c, accumulate, epilogue: Epilogue::ActGrad { y, act } } => {
                let epilogue = Epilogue::ActGrad {
                    y,
                    act: if act == Act::Tanh { Act::Sigmoid } else { Act::Tanh },
                };
                list.push(with(i, Op::Gemm { a, ta, b, tb, c, accumulate, epilogue }));
            }
            Op::Gemm { a, ta, b, tb, c, epilogue, .. } => {
                list.push(with(i, Op::Gemm { a, ta, b, tb, c, accumulate: true, epilogue }));
            }
            Op::RowSum { x, out, .. } => {
                list.push(with(
                    i,
                    Op::RowSum { x: Mat { cols: LIVE - 1, ..x }, out, accumulate: false },
                ));
            }
            _ => {}
        }
    }
    list
}

/// Gemm in its three forms, BiasAct, ActGrad, RowSum and PointGrad together: the gradient of a network's loss with
/// respect to every parameter and every input.
#[test]
fn gradients_of_a_network() {
    let phis = [Phi::SoftplusNeg, Phi::Square(0.3)];
    for (act, phi) in
        ACTS.into_iter().filter(|a| a.grad_from_output()).flat_map(|a| phis.map(|p| (a, p)))
    {
        let net = Net::new(act, phi);
        let start = numbers(net.words);
        let places = |p: Span, m: Mat| {
            p.range().chain(m.index(0, 0)..m.index(m.rows, 0)).collect::<Vec<_>>()
        };
        let numeric: Vec<f64> = places(net.parameters, net.x)
            .into_iter()
            .map(|i| {
                difference(&start, i, |arena| {
                    run(&net.forward(), arena);
                    arena[LOSS as usize]
                })
            })
            .collect();
        let analytic = |backward: &[Op]| {
            let mut arena = start.clone();
            run(&net.forward(), &mut arena);
            run(backward, &mut arena);
            let gradients = Span { at: net.gradients, ..net.parameters };
            places(gradients, net.dx).into_iter().map(|i| arena[i]).collect::<Vec<_>>()
        };
        assert!(agree(&analytic(&net.backward()), &numeric), "{act:?}, {phi:?}");
        let faults = faulty(&net.backward());
        assert!(faults.len() >= 8, "{} faults", faults.len());
        for fault in faults {
            assert!(!agree(&analytic(&fault), &numeric), "{act:?}: {fault:?} passes");
        }
    }
}

/// ⟨RowSum X, v⟩ = ⟨X, Spread v⟩.
#[test]
fn row_sum_and_spread_are_adjoint() {
    let (x, spread) = (Mat { stride: 9, ..Mat::dense(0, 5, 7) }, Mat::dense(60, 5, 7));
    let (v, sums) = (50_u32, 55_u32);
    let products = |x: Mat| {
        let mut arena = numbers(95);
        run(
            &[Op::RowSum { x, out: sums, accumulate: false }, Op::Spread { v, out: spread }],
            &mut arena,
        );
        let left: f64 = (0..5).map(|r| arena[(sums + r) as usize] * arena[(v + r) as usize]).sum();
        let right: f64 = (0..5)
            .flat_map(|r| (0..7).map(move |c| (r, c)))
            .map(|(r, c)| arena[spread.index(r, c)] * numbers(95)[(r * 9 + c) as usize])
            .sum();
        (left, right)
    };
    let (left, right) = products(x);
    assert!((left - right).abs() < 1e-12, "{left} and {right}");
    let (left, right) = products(Mat { cols: 6, ..x });
    assert!((left - right).abs() > 1e-3, "a column less passes");
}

/// d(a ∘ b) and d(a + b), and d(factor · x).
#[test]
fn derivatives_of_joins() {
    use adversaria_kernels::program::Join;
    let (a, b, out) = (Mat::dense(0, 1, 8), Mat::dense(8, 1, 8), Mat::dense(16, 1, 8));
    let start = numbers(24);
    let slope = |op: Op, i: usize| {
        difference(&start, i, |arena| {
            run(&[op], arena);
            arena[16 + i]
        })
    };
    for i in 0..8 {
        let zip = |join| slope(Op::Zip { a, b, out, join }, i);
        assert!(agree(&[1.0, start[8 + i]], &[zip(Join::Add), zip(Join::Mul)]));
        assert!(
            !agree(&[1.0, start[i]], &[zip(Join::Add), zip(Join::Mul)]),
            "the wrong factor passes"
        );
        assert!(agree(&[f64::from(0.3_f32)], &[slope(Op::Scale { x: a, out, factor: 0.3 }, i)]));
    }
}
