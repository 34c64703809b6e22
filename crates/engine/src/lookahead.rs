//! D as it will be after some more of its own steps, as nodes: what an unrolled G-update differentiates through
//! (Metz et al. 2017, eq. 3 to 5; their code unrolls the optimiser too).

use adversaria_core::spec::{Optimiser, RunSpec};
use adversaria_kernels::formula::EPSILON;
use adversaria_kernels::program::{Act, Mat, tick};

use crate::graph::{Graph, NodeId};
use crate::layout::Player;
use crate::nets::Net;

/// The optimiser of D from its present state on. The rate and the bias corrections stay those of D's last update (none was
/// made, none looks ahead), and ε stands inside the root.
pub(crate) struct Lookahead {
    optimiser: Optimiser,
    rate: NodeId,
    corrections: [NodeId; 2],
    /// For each thing trained, its words in each of the optimiser's buffers.
    state: Vec<Vec<NodeId>>,
}

impl Lookahead {
    pub(crate) fn new(graph: &mut Graph, spec: &RunSpec, d: &Player, widths: &[u32]) -> Self {
        let mut word = |offset| graph.leaf(Mat::dense(d.slots.tick + offset, 1, 1));
        let rate = word(tick::RATE);
        let corrections = [word(tick::CORRECTION1), word(tick::CORRECTION2)];
        let buffers: Vec<Vec<Mat>> =
            d.buffers.iter().map(|&(_, base)| Net::places(d, base, widths)).collect();
        let count = Net::places(d, d.parameters.at, widths).len();
        let state = (0..count)
            .map(|i| buffers.iter().map(|places| graph.leaf(places[i])).collect())
            .collect();
        Self { optimiser: spec.optimiser_d(), rate, corrections, state }
    }

    /// What is trained after one more step along `gradient`.
    pub(crate) fn step(
        &mut self,
        graph: &mut Graph,
        trained: &[NodeId],
        gradient: &[Option<NodeId>],
    ) -> Vec<NodeId> {
        let one = |(i, (&p, g)): (usize, (&NodeId, &Option<NodeId>))| match *g {
            Some(g) => self.step_one(graph, i, p, g),
            None => p,
        };
        trained.iter().zip(gradient).enumerate().map(one).collect()
    }

    fn step_one(&mut self, graph: &mut Graph, i: usize, p: NodeId, g: NodeId) -> NodeId {
        let way = match self.optimiser {
            Optimiser::Sgd { momentum, .. } if momentum > 0.0 => {
                let kept = graph.scale(self.state[i][0], single(momentum));
                self.state[i][0] = graph.add(kept, g);
                self.state[i][0]
            }
            Optimiser::Sgd { .. } => g,
            Optimiser::Adam { beta1, beta2, .. } => {
                self.state[i][0] = mixed(graph, self.state[i][0], beta1, g);
                let square = graph.mul(g, g);
                self.state[i][1] = mixed(graph, self.state[i][1], beta2, square);
                let m = graph.scale_by(self.state[i][0], self.corrections[0]);
                let v = graph.scale_by(self.state[i][1], self.corrections[1]);
                over_root(graph, m, v)
            }
            Optimiser::RmsProp { alpha, .. } => {
                let square = graph.mul(g, g);
                self.state[i][0] = mixed(graph, self.state[i][0], alpha, square);
                over_root(graph, g, self.state[i][0])
            }
        };
        let step = graph.scale_by(way, self.rate);
        graph.minus(p, step)
    }
}

/// keep · old + (1 − keep) · new
fn mixed(graph: &mut Graph, old: NodeId, keep: f64, new: NodeId) -> NodeId {
    let old = graph.scale(old, single(keep));
    let new = graph.scale(new, single(1.0 - keep));
    graph.add(old, new)
}

/// m / √(v + ε²)
fn over_root(graph: &mut Graph, m: NodeId, v: NodeId) -> NodeId {
    let ones = graph.ones_like(v);
    let least = graph.scale(ones, single(EPSILON * EPSILON));
    let v = graph.add(v, least);
    let inverse = graph.act(v, Act::InvSqrt, 0);
    graph.mul(m, inverse)
}

#[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
fn single(x: f64) -> f32 {
    x as f32
}
