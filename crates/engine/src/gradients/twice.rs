//! Reverse mode applied to its own result, as gradient penalties need it, against central differences.

use adversaria_core::rng::CounterRng;
use adversaria_kernels::program::{Act, Mat, Op, Phi, Program};

use super::{Case, Claim, fill, fill_columns, plant};
use crate::graph::{Graph, Node, NodeId};
use crate::lower::{Wanted, lower};

/// Leaves for an MLP 3 → 4 → 1 and five points of its input, laid out one after another.
struct Small {
    graph: Graph,
    /// First weights, first bias, second weights, second bias.
    leaves: [NodeId; 4],
    x: NodeId,
    /// `[1, 1]`, `[1, 3]` and `[1, 4]`
    ones: [NodeId; 3],
    gradient: u32,
    loss: u32,
    end: u32,
}

const PARAMETERS: u32 = 12 + 4 + 4 + 1;
const LIVE: u32 = 5;

impl Small {
    fn new() -> Self {
        let mut graph = Graph::default();
        let mut at = 0;
        let mut leaf = |rows, cols| {
            let id = graph.leaf(Mat::dense(at, rows, cols));
            at += rows * cols;
            id
        };
        let leaves = [leaf(4, 3), leaf(4, 1), leaf(1, 4), leaf(1, 1)];
        let x = leaf(3, 8);
        let ones = [leaf(1, 1), leaf(1, 3), leaf(1, 4)];
        let gradient = at.next_multiple_of(8);
        let loss = gradient + PARAMETERS;
        Self { graph, leaves, x, ones, gradient, loss, end: (loss + 1).next_multiple_of(8) }
    }

    /// a(x) of the MLP.
    fn score(&mut self, act: Act) -> NodeId {
        let [w1, b1, w2, b2] = self.leaves;
        let graph = &mut self.graph;
        let product = graph.matmul(w1, false, self.x, false);
        let sum = graph.add_bias(product, b1);
        let hidden = graph.act(sum, act, 0);
        let product = graph.matmul(w2, false, hidden, false);
        graph.add_bias(product, b2)
    }

    /// Σ of the squares of a matrix of 3 or 4 rows, as a loss.
    fn sum_of_squares(&mut self, m: NodeId) -> NodeId {
        let graph = &mut self.graph;
        let ones = self.ones[if graph.shape(m).0 == 3 { 1 } else { 2 }];
        let square = graph.mul(m, m);
        let rows = graph.row_sum(square);
        let sum = graph.matmul(ones, false, rows, false);
        graph.loss(sum, 1, Phi::Linear, 1.0, self.loss, false);
        sum
    }

    /// The program that leaves Σ and its derivative, and random numbers to start from.
    fn finish(mut self, sum: NodeId) -> (Case, Claim) {
        let gradient = self.graph.gradient(sum, self.ones[0], &self.leaves);
        let mut at = self.gradient;
        let mut place = Vec::new();
        for (id, leaf) in gradient.into_iter().zip(self.leaves) {
            let (rows, cols) = self.graph.shape(leaf);
            place.extend(id.map(|id| (id, Mat::dense(at, rows, cols))));
            at += rows * cols;
        }
        let lowered = lower(&self.graph, &Wanted { place: &place, keep: &[], base: self.end });
        let mut arena = vec![f64::NAN; lowered.end as usize];
        // Where nothing depends on a parameter, no gradient is written.
        arena[self.gradient as usize..self.loss as usize].fill(0.0);
        fill(&mut arena, 0..self.gradient, &mut CounterRng::new(3, 77, 0));
        let shape_at = |graph: &Graph, id| match graph.node(id) {
            Node::Leaf(mat) => *mat,
            _ => unreachable!("leaves only"),
        };
        for ones in self.ones {
            fill_columns(&mut arena, shape_at(&self.graph, ones), 0, 1.0);
        }
        let program = Program { name: "twice".into(), ops: lowered.ops };
        let claim = Claim { loss: self.loss, parameters: 0..PARAMETERS, gradient: self.gradient };
        (Case { program, arena, table: None, padding: None }, claim)
    }
}

/// Σ ‖∇ₓ a‖², as in a gradient penalty.
fn penalty(act: Act) -> (Case, Claim) {
    let mut small = Small::new();
    let a = small.score(act);
    #[expect(clippy::cast_precision_loss, reason = "five")]
    let ones = small.graph.point_grad(a, LIVE, Phi::Linear, LIVE as f32, 1);
    let gradient = small.graph.gradient(a, ones, &[small.x])[0].expect("a depends on x");
    let sum = small.sum_of_squares(gradient);
    small.finish(sum)
}

/// ‖∂L/∂W₁‖² of a loss L, whose own derivative needs φ″.
fn steepness(act: Act, phi: Phi) -> (Case, Claim) {
    let mut small = Small::new();
    let a = small.score(act);
    let seed = small.graph.point_grad(a, LIVE, phi, 1.0, 1);
    let gradient = small.graph.gradient(a, seed, &[small.leaves[0]])[0].expect("L depends on W");
    let sum = small.sum_of_squares(gradient);
    small.finish(sum)
}

/// Σ ‖∇ₓ a‖² of a = w₂ · (of each two units of tanh(W₁ x + b₁) the larger one, the other put to 0).
fn penalty_of_maxout() -> (Case, Claim) {
    let mut small = Small::new();
    let [w1, b1, w2, _] = small.leaves;
    let graph = &mut small.graph;
    let product = graph.matmul(w1, false, small.x, false);
    let sum = graph.add_bias(product, b1);
    let hidden = graph.act(sum, Act::Tanh, 0);
    let winners = graph.pick(hidden, hidden, 2);
    let routed = graph.route(hidden, winners);
    let a = graph.matmul(w2, false, routed, false);
    #[expect(clippy::cast_precision_loss, reason = "five")]
    let ones = graph.point_grad(a, LIVE, Phi::Linear, LIVE as f32, 1);
    let gradient = graph.gradient(a, ones, &[small.x])[0].expect("a depends on x");
    let sum = small.sum_of_squares(gradient);
    small.finish(sum)
}

#[test]
fn the_gradient_of_a_gradient_through_maxout() {
    let (case, claim) = penalty_of_maxout();
    case.check(&claim).unwrap_or_else(|why| panic!("{why}"));
    for number in 0..2 {
        let (mut case, claim) = penalty_of_maxout();
        let mut left = number;
        let mut wrong = |op: &mut Op| match op {
            Op::Pick { v, x, .. } if v != x => {
                left -= 1;
                if left < 0 {
                    v.at = x.at;
                }
                left < 0
            }
            _ => false,
        };
        if case.program.ops.iter_mut().any(&mut wrong) {
            assert!(case.check(&claim).is_err(), "Pick number {number}");
        } else {
            assert!(number > 0, "no Pick with another v");
        }
    }
}

const SMOOTH: [Act; 5] = [Act::Tanh, Act::Sigmoid, Act::Softplus, Act::Sine, Act::Elu];

#[test]
fn the_gradient_of_a_gradient() {
    for act in SMOOTH {
        let (case, claim) = penalty(act);
        case.check(&claim).unwrap_or_else(|why| panic!("penalty with {act:?}: {why}"));
        for phi in [Phi::Softplus, Phi::SoftplusNeg, Phi::Square(1.0)] {
            let (case, claim) = steepness(act, phi);
            case.check(&claim).unwrap_or_else(|why| panic!("{phi:?} with {act:?}: {why}"));
        }
    }
}

#[test]
fn a_wrong_second_derivative_is_found() {
    let second_slope = |op: &mut Op| match op {
        Op::Map { order: order @ 2, .. } => {
            *order = 1;
            true
        }
        _ => false,
    };
    let (mut case, claim) = penalty(Act::Softplus);
    plant(&mut case.program, "f″", second_slope);
    assert!(case.check(&claim).is_err());
    let second_phi = |op: &mut Op| match op {
        Op::PointGrad { order: order @ 2, .. } => {
            *order = 1;
            true
        }
        _ => false,
    };
    let (mut case, claim) = steepness(Act::Tanh, Phi::Softplus);
    plant(&mut case.program, "φ″", second_phi);
    assert!(case.check(&claim).is_err());
}
