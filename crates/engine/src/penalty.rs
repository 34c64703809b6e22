//! What is added to D's loss for its gradient by its input.

use adversaria_kernels::program::{Act, Phi};

use crate::graph::{Graph, NodeId};
use crate::nets::{Half, Net};

/// Where a penalty looks, and what it adds its value to.
pub(crate) struct Place<'a> {
    /// D's inputs, `[rows, padded batch]` each: the samples, and what else D is told.
    pub(crate) inputs: &'a [NodeId],
    /// Those of them that are samples.
    pub(crate) samples: &'a [NodeId],
    /// What the gradient is taken by.
    pub(crate) trained: &'a [NodeId],
    /// Columns that hold samples.
    pub(crate) live: u32,
    /// The word of D's loss.
    pub(crate) loss: u32,
}

/// γ/2 · mean ‖∇ₓ a(x)‖²: its gradient by what D trains; none where it does not depend on it.
pub(crate) fn r1(graph: &mut Graph, d: &Net, place: &Place, gamma: f32) -> Vec<Option<NodeId>> {
    let square = squared_slope(graph, d, place);
    graph.loss(square, place.live, Phi::Linear, 0.5 * gamma, place.loss, true);
    let seed = graph.point_grad(square, place.live, Phi::Linear, 0.5 * gamma, 1);
    graph.gradient(square, seed, place.trained)
}

/// λ · mean (‖∇ a(x̂)‖ − 1)², the norm's derivative at 0 being 0.
pub(crate) fn gp(graph: &mut Graph, d: &Net, place: &Place, lambda: f32) -> Vec<Option<NodeId>> {
    let square = squared_slope(graph, d, place);
    let inverse = graph.act(square, Act::InvSqrt, 0);
    let norm = graph.mul(square, inverse);
    // Square(1) is half of what is asked for.
    graph.loss(norm, place.live, Phi::Square(1.0), 2.0 * lambda, place.loss, true);
    let seed = graph.point_grad(norm, place.live, Phi::Square(1.0), 2.0 * lambda, 1);
    graph.gradient(norm, seed, place.trained)
}

/// x̂ = G(z) + ε (x − G(z)), ε `[1, padded batch]`.
pub(crate) fn between(graph: &mut Graph, eps: NodeId, x: NodeId, fake: NodeId) -> NodeId {
    let way = graph.minus(x, fake);
    let share = graph.in_each_row(eps, way);
    let part = graph.mul(share, way);
    graph.add(fake, part)
}

/// ‖∇ a‖² of each sample, `[1, padded batch]`, 0 in the padding.
fn squared_slope(graph: &mut Graph, d: &Net, place: &Place) -> NodeId {
    let a = d.pass(graph, place.inputs, Half::Real).out(place.inputs);
    #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
    let ones = graph.point_grad(a, place.live, Phi::Linear, place.live as f32, 1);
    let slopes = graph.gradient(a, ones, place.samples);
    let squares: Vec<NodeId> = slopes
        .into_iter()
        .flatten()
        .map(|slope| {
            let square = graph.mul(slope, slope);
            let first = graph.columns(slope, 0, 1);
            let ones = graph.ones_like(first);
            graph.matmul(ones, true, square, false)
        })
        .collect();
    graph.sum(&squares)
}
