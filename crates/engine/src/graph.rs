//! The computation of an update as a graph, and its derivative by reverse mode over the same nodes.
//!
//! Because [`Graph::gradient`] only adds nodes of the kinds it understands, it can be applied to its own result.

use adversaria_kernels::program::{Act, Law, Mat, Phi, Source};

/// A node of a [`Graph`]; operands always come before what uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) usize);

/// What a node computes, matrices `[rows, columns]` throughout.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// Words that are there already.
    Leaf(Mat),
    /// The same number everywhere.
    Constant { value: f32 },
    /// Random numbers.
    Draw { live: u32, source: Source, law: Law },
    /// Random rows of the table, as columns.
    Gather { live: u32, source: Source },
    /// op(A) · op(B)
    MatMul { a: NodeId, ta: bool, b: NodeId, tb: bool },
    /// x + b in every column; b is `[rows, 1]`.
    AddBias { x: NodeId, b: NodeId },
    /// f⁽ᵒʳᵈᵉʳ⁾(x)
    Act { x: NodeId, act: Act, order: u32 },
    /// a ∘ b
    Mul { a: NodeId, b: NodeId },
    /// a + b
    Add { a: NodeId, b: NodeId },
    /// factor · x
    Scale { x: NodeId, factor: f32 },
    /// Σ over the first `live` columns, `[rows, 1]`.
    RowSum { x: NodeId, live: u32 },
    /// A column `[rows, 1]`, repeated in the first `live` columns, zeros in the rest.
    Spread { v: NodeId, live: u32 },
    /// Of each unit's rows of v the one where x is largest: maxout of x where v is x.
    Pick { x: NodeId, v: NodeId },
    /// v's rows at the row of each unit where x is largest, zeros in its other rows.
    Route { x: NodeId, v: NodeId },
    /// Some columns of x (a view).
    Columns { x: NodeId, from: u32 },
    /// x, to which no gradient goes (a view).
    Held { x: NodeId },
    /// Some rows of x (a view).
    Band { x: NodeId, from: u32 },
    /// a and b side by side (a view of one buffer that both are computed into).
    Beside { a: NodeId, b: NodeId },
    /// weight / live · φ⁽ᵒʳᵈᵉʳ⁾(a), zero in the padding.
    PointGrad { a: NodeId, live: u32, phi: Phi, weight: f32, order: u32 },
    /// Word `out` (+)= weight · mean φ(a); computes no matrix.
    Loss { a: NodeId, live: u32, phi: Phi, weight: f32, out: u32, accumulate: bool },
}

/// Nodes in an order in which they can be computed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    shapes: Vec<(u32, u32)>,
}

impl Graph {
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Rows and columns.
    pub(crate) fn shape(&self, id: NodeId) -> (u32, u32) {
        self.shapes[id.0]
    }

    /// What the node is computed from.
    pub(crate) fn operands(&self, id: NodeId) -> Vec<NodeId> {
        match *self.node(id) {
            Node::Leaf(_) | Node::Constant { .. } | Node::Draw { .. } | Node::Gather { .. } => {
                vec![]
            }
            Node::Pick { x, v } | Node::Route { x, v } => vec![x, v],
            Node::MatMul { a, b, .. }
            | Node::Mul { a, b }
            | Node::Add { a, b }
            | Node::Beside { a, b } => vec![a, b],
            Node::AddBias { x, b } => vec![x, b],
            Node::Act { x, .. }
            | Node::Scale { x, .. }
            | Node::RowSum { x, .. }
            | Node::Columns { x, .. }
            | Node::Held { x }
            | Node::Band { x, .. } => vec![x],
            Node::Spread { v, .. } => vec![v],
            Node::PointGrad { a, .. } | Node::Loss { a, .. } => vec![a],
        }
    }

    fn push(&mut self, node: Node, rows: u32, cols: u32) -> NodeId {
        self.nodes.push(node);
        self.shapes.push((rows, cols));
        NodeId(self.nodes.len() - 1)
    }

    pub(crate) fn leaf(&mut self, mat: Mat) -> NodeId {
        self.push(Node::Leaf(mat), mat.rows, mat.cols)
    }

    /// `value` in a column `[rows, 1]`.
    pub(crate) fn constant(&mut self, rows: u32, value: f32) -> NodeId {
        self.push(Node::Constant { value }, rows, 1)
    }

    pub(crate) fn draw(
        &mut self,
        rows: u32,
        cols: u32,
        live: u32,
        source: Source,
        law: Law,
    ) -> NodeId {
        self.push(Node::Draw { live, source, law }, rows, cols)
    }

    pub(crate) fn gather(&mut self, rows: u32, cols: u32, live: u32, source: Source) -> NodeId {
        self.push(Node::Gather { live, source }, rows, cols)
    }

    pub(crate) fn matmul(&mut self, a: NodeId, ta: bool, b: NodeId, tb: bool) -> NodeId {
        let rows = if ta { self.shape(a).1 } else { self.shape(a).0 };
        let cols = if tb { self.shape(b).0 } else { self.shape(b).1 };
        self.push(Node::MatMul { a, ta, b, tb }, rows, cols)
    }

    pub(crate) fn add_bias(&mut self, x: NodeId, b: NodeId) -> NodeId {
        let (rows, cols) = self.shape(x);
        self.push(Node::AddBias { x, b }, rows, cols)
    }

    /// f⁽ᵒʳᵈᵉʳ⁾(x); the identity itself adds no node.
    pub(crate) fn act(&mut self, x: NodeId, act: Act, order: u32) -> NodeId {
        if act == Act::Identity && order == 0 {
            return x;
        }
        let (rows, cols) = self.shape(x);
        self.push(Node::Act { x, act, order }, rows, cols)
    }

    pub(crate) fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let (rows, cols) = self.shape(a);
        self.push(Node::Mul { a, b }, rows, cols)
    }

    pub(crate) fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let (rows, cols) = self.shape(a);
        self.push(Node::Add { a, b }, rows, cols)
    }

    pub(crate) fn scale(&mut self, x: NodeId, factor: f32) -> NodeId {
        let (rows, cols) = self.shape(x);
        self.push(Node::Scale { x, factor }, rows, cols)
    }

    pub(crate) fn row_sum(&mut self, x: NodeId) -> NodeId {
        let cols = self.shape(x).1;
        self.row_sum_live(x, cols)
    }

    /// Σ over the columns that hold samples.
    pub(crate) fn row_sum_live(&mut self, x: NodeId, live: u32) -> NodeId {
        let rows = self.shape(x).0;
        self.push(Node::RowSum { x, live }, rows, 1)
    }

    pub(crate) fn spread(&mut self, v: NodeId, cols: u32) -> NodeId {
        self.spread_live(v, cols, cols)
    }

    /// v in the columns that hold samples.
    pub(crate) fn spread_live(&mut self, v: NodeId, cols: u32, live: u32) -> NodeId {
        let rows = self.shape(v).0;
        self.push(Node::Spread { v, live }, rows, cols)
    }

    /// The units of maxout: of every `pieces` rows of v the one where x is largest.
    pub(crate) fn pick(&mut self, x: NodeId, v: NodeId, pieces: u32) -> NodeId {
        let (rows, cols) = self.shape(v);
        self.push(Node::Pick { x, v }, rows / pieces, cols)
    }

    /// The derivative of [`Graph::pick`].
    pub(crate) fn route(&mut self, x: NodeId, v: NodeId) -> NodeId {
        let (rows, cols) = self.shape(x);
        self.push(Node::Route { x, v }, rows, cols)
    }

    pub(crate) fn columns(&mut self, x: NodeId, from: u32, cols: u32) -> NodeId {
        let rows = self.shape(x).0;
        self.push(Node::Columns { x, from }, rows, cols)
    }

    /// x as a constant.
    pub(crate) fn held(&mut self, x: NodeId) -> NodeId {
        let (rows, cols) = self.shape(x);
        self.push(Node::Held { x }, rows, cols)
    }

    pub(crate) fn band(&mut self, x: NodeId, from: u32, rows: u32) -> NodeId {
        let cols = self.shape(x).1;
        self.push(Node::Band { x, from }, rows, cols)
    }

    /// Ones in the shape of x: the derivative of the identity.
    pub(crate) fn ones_like(&mut self, x: NodeId) -> NodeId {
        self.act(x, Act::Identity, 1)
    }

    /// A row or a number, `[1, cols]`, in each of `like`'s rows, `[rows, cols]`.
    pub(crate) fn in_each_row(&mut self, row: NodeId, like: NodeId) -> NodeId {
        let first = self.columns(like, 0, 1);
        let ones = self.ones_like(first);
        self.matmul(ones, false, row, false)
    }

    /// s · x for a number s, `[1, 1]`.
    pub(crate) fn scale_by(&mut self, x: NodeId, s: NodeId) -> NodeId {
        let cols = self.shape(x).1;
        let column = self.in_each_row(s, x);
        let everywhere = if cols == 1 { column } else { self.spread(column, cols) };
        self.mul(x, everywhere)
    }

    /// a − b
    pub(crate) fn minus(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let b = self.scale(b, -1.0);
        self.add(a, b)
    }

    /// The sum of some matrices of one shape.
    pub(crate) fn sum(&mut self, parts: &[NodeId]) -> NodeId {
        let (first, rest) = parts.split_first().expect("something to add");
        rest.iter().fold(*first, |sum, part| self.add(sum, *part))
    }

    pub(crate) fn beside(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let ((rows, left), (_, right)) = (self.shape(a), self.shape(b));
        self.push(Node::Beside { a, b }, rows, left + right)
    }

    pub(crate) fn point_grad(
        &mut self,
        a: NodeId,
        live: u32,
        phi: Phi,
        weight: f32,
        order: u32,
    ) -> NodeId {
        let (rows, cols) = self.shape(a);
        self.push(Node::PointGrad { a, live, phi, weight, order }, rows, cols)
    }

    pub(crate) fn loss(
        &mut self,
        a: NodeId,
        live: u32,
        phi: Phi,
        weight: f32,
        out: u32,
        accumulate: bool,
    ) -> NodeId {
        self.push(Node::Loss { a, live, phi, weight, out, accumulate }, 0, 0)
    }

    /// Reverse mode: given `seed` = ∂L/∂`output`, the nodes ∂L/∂w for each w in `wrt`. `None` where L does not
    /// depend on w.
    pub(crate) fn gradient(
        &mut self,
        output: NodeId,
        seed: NodeId,
        wrt: &[NodeId],
    ) -> Vec<Option<NodeId>> {
        let reaches = self.depends_on(wrt);
        let mut grads: Vec<Option<NodeId>> = vec![None; output.0 + 1];
        grads[output.0] = Some(seed);
        for index in (0..=output.0).rev() {
            let Some(grad) = grads[index] else { continue };
            for (operand, part) in self.vector_jacobian(NodeId(index), grad, &reaches) {
                grads[operand.0] = Some(match grads[operand.0] {
                    Some(sum) => self.add(sum, part),
                    None => part,
                });
            }
        }
        wrt.iter().map(|w| grads.get(w.0).copied().flatten()).collect()
    }

    fn depends_on(&self, wrt: &[NodeId]) -> Vec<bool> {
        let mut reaches = vec![false; self.len()];
        for index in 0..self.len() {
            let id = NodeId(index);
            let through = !matches!(self.node(id), Node::Held { .. });
            reaches[index] =
                wrt.contains(&id) || through && self.operands(id).iter().any(|o| reaches[o.0]);
        }
        reaches
    }

    /// The parts of ∂L/∂operand that flow through one node whose own ∂L is `g`, for operands that matter.
    fn vector_jacobian(
        &mut self,
        id: NodeId,
        g: NodeId,
        reaches: &[bool],
    ) -> Vec<(NodeId, NodeId)> {
        let wanted = |o: NodeId| reaches[o.0];
        let mut parts = Vec::new();
        match *self.node(id) {
            Node::Leaf(_)
            | Node::Constant { .. }
            | Node::Draw { .. }
            | Node::Gather { .. }
            | Node::Held { .. }
            | Node::Loss { .. } => {}
            Node::MatMul { a, ta, b, tb } => {
                if wanted(a) {
                    let part = if ta {
                        self.matmul(b, tb, g, true)
                    } else {
                        self.matmul(g, false, b, !tb)
                    };
                    parts.push((a, part));
                }
                if wanted(b) {
                    let part = if tb {
                        self.matmul(g, true, a, ta)
                    } else {
                        self.matmul(a, !ta, g, false)
                    };
                    parts.push((b, part));
                }
            }
            Node::AddBias { x, b } => {
                if wanted(b) {
                    parts.push((b, self.row_sum(g)));
                }
                if wanted(x) {
                    parts.push((x, g));
                }
            }
            // A constant slope has no slope.
            Node::Act { act: Act::Identity | Act::Relu | Act::Leaky(_), order: 1.., .. } => {}
            Node::Act { x, act, order } if wanted(x) => {
                let slope = self.act(x, act, order + 1);
                parts.push((x, self.mul(g, slope)));
            }
            Node::Mul { a, b } => {
                if wanted(a) {
                    parts.push((a, self.mul(g, b)));
                }
                if wanted(b) {
                    parts.push((b, self.mul(g, a)));
                }
            }
            Node::Add { a, b } => {
                parts.extend([a, b].into_iter().filter(|&o| wanted(o)).map(|o| (o, g)));
            }
            Node::Scale { x, factor } if wanted(x) => parts.push((x, self.scale(g, factor))),
            Node::RowSum { x, live } if wanted(x) => {
                let cols = self.shape(x).1;
                parts.push((x, self.spread_live(g, cols, live)));
            }
            Node::Spread { v, live } if wanted(v) => parts.push((v, self.row_sum_live(g, live))),
            // Where x is largest does not change with x, but for where two pieces meet.
            Node::Pick { x, v } if wanted(v) => parts.push((v, self.route(x, g))),
            Node::Route { x, v } if wanted(v) => {
                let pieces = self.shape(x).0 / self.shape(v).0;
                parts.push((v, self.pick(x, g, pieces)));
            }
            Node::Beside { a, b } => {
                let (left, right) = (self.shape(a).1, self.shape(b).1);
                if wanted(a) {
                    parts.push((a, self.columns(g, 0, left)));
                }
                if wanted(b) {
                    parts.push((b, self.columns(g, left, right)));
                }
            }
            Node::PointGrad { phi: Phi::Linear | Phi::HingeBelow | Phi::HingeAbove, .. } => {}
            Node::PointGrad { a, live, phi, weight, order } if wanted(a) => {
                let slope = self.point_grad(a, live, phi, weight, order + 1);
                parts.push((a, self.mul(g, slope)));
            }
            // Losses look at views of columns, but their seeds are laid beside each other and enter at the whole;
            // bands are rows of the data.
            Node::Columns { x, .. } | Node::Band { x, .. } => {
                debug_assert!(!wanted(x), "no derivative goes through a view");
            }
            Node::Act { .. }
            | Node::Scale { .. }
            | Node::RowSum { .. }
            | Node::Spread { .. }
            | Node::Pick { .. }
            | Node::Route { .. }
            | Node::PointGrad { .. } => {}
        }
        parts
    }
}
