//! From a graph to a program: fuses what one op can do, gives every buffer its place, and lets buffers that are
//! never alive together share it.

use std::collections::{BTreeMap, HashMap, HashSet};

use adversaria_kernels::program::{Act, Epilogue, Join, Law, Mat, Op, Source};

use crate::graph::{Graph, Node, NodeId};

/// Buffers begin at multiples of this many words.
const ALIGN: u32 = 8;

/// Rounds up to where a buffer may begin.
pub(crate) fn align(words: u32) -> u32 {
    words.next_multiple_of(ALIGN)
}

/// A lowered graph.
pub(crate) struct Lowered {
    /// The ops, in order.
    pub(crate) ops: Vec<Op>,
    /// Where each kept node ends up.
    pub(crate) kept: HashMap<NodeId, Mat>,
    /// The first word after the buffers.
    pub(crate) end: u32,
}

/// What to make of a graph.
pub(crate) struct Wanted<'a> {
    /// Nodes whose results go to a given place.
    pub(crate) place: &'a [(NodeId, Mat)],
    /// Nodes whose results must survive the program.
    pub(crate) keep: &'a [NodeId],
    /// Where buffers may begin.
    pub(crate) base: u32,
}

/// Lowers what the losses, the placed and the kept nodes need; nothing else is computed.
pub(crate) fn lower(graph: &Graph, wanted: &Wanted) -> Lowered {
    let plan = Plan::new(graph, wanted);
    let steps = plan.steps();
    let storage = plan.allocate(&steps, wanted);
    let ops = steps.iter().flat_map(|step| plan.emit(step, &storage)).collect();
    let kept = wanted.keep.iter().map(|&id| (id, plan.view(id, &storage))).collect();
    Lowered { ops, kept, end: storage.end }
}

/// One op to come: the node it computes and the nodes it reads.
struct StepPlan {
    node: NodeId,
    reads: Vec<NodeId>,
}

struct Storage {
    roots: HashMap<NodeId, u32>,
    end: u32,
}

/// Which nodes are needed, which are computed within another's op, and which are views of another's buffer.
struct Plan<'a> {
    graph: &'a Graph,
    needed: Vec<NodeId>,
    placed: HashMap<NodeId, Mat>,
    /// A part of a [`Node::Beside`]: the whole, and the column it begins at.
    part_of: HashMap<NodeId, (NodeId, u32)>,
    /// `Mul(MatMul, f′(x))` computed by the product's epilogue from y = f(x): its product and y.
    grad_fused: HashMap<NodeId, (NodeId, NodeId)>,
    /// `f(MatMul + bias)` or `MatMul + bias`, by the node that is stored: product, bias and f.
    bias_fused: HashMap<NodeId, (NodeId, NodeId, Act)>,
    /// Computed inside another's op.
    absorbed: HashSet<NodeId>,
}

impl<'a> Plan<'a> {
    fn new(graph: &'a Graph, wanted: &Wanted) -> Self {
        let needed = needed(graph, wanted);
        let mut plan = Self {
            graph,
            placed: wanted.place.iter().copied().collect(),
            part_of: HashMap::new(),
            grad_fused: HashMap::new(),
            bias_fused: HashMap::new(),
            absorbed: HashSet::new(),
            needed,
        };
        plan.find_parts();
        let kept: HashSet<NodeId> = wanted.keep.iter().copied().collect();
        plan.fuse_slopes(&kept);
        plan.fuse_biases(&kept);
        plan
    }

    fn find_parts(&mut self) {
        for &id in &self.needed {
            if let Node::Beside { a, b } = *self.graph.node(id) {
                let left = self.graph.shape(a).1;
                for (part, from) in [(a, 0), (b, left)] {
                    let first = self.part_of.insert(part, (id, from)).is_none();
                    debug_assert!(
                        first && !self.placed.contains_key(&part),
                        "a part lies in one whole"
                    );
                }
            }
        }
    }

    /// The needed nodes that use each node, leaving absorbed ones out.
    fn users(&self) -> HashMap<NodeId, Vec<NodeId>> {
        let mut users: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for &id in self.needed.iter().filter(|id| !self.absorbed.contains(id)) {
            for operand in self.reads(id) {
                users.entry(operand).or_default().push(id);
            }
        }
        users
    }

    fn fuse_slopes(&mut self, kept: &HashSet<NodeId>) {
        let users = self.users();
        let once = |id: NodeId| users.get(&id).is_some_and(|u| u.len() == 1) && !kept.contains(&id);
        let outputs: HashMap<NodeId, NodeId> = self
            .needed
            .iter()
            .filter_map(|&id| match *self.graph.node(id) {
                Node::Act { x, order: 0, .. } => Some((x, id)),
                _ => None,
            })
            .collect();
        for &id in &self.needed {
            let Node::Mul { a: product, b: slope } = *self.graph.node(id) else { continue };
            let Node::Act { x, act, order: 1 } = *self.graph.node(slope) else { continue };
            let Some(&y) = outputs.get(&x) else { continue };
            let Node::MatMul { .. } = self.graph.node(product) else { continue };
            let free = once(product) && once(slope) && !self.placed.contains_key(&product);
            if free && act.grad_from_output() && !self.part_of.contains_key(&product) {
                self.grad_fused.insert(id, (product, y));
                self.absorbed.extend([product, slope]);
            }
        }
    }

    fn fuse_biases(&mut self, kept: &HashSet<NodeId>) {
        let users = self.users();
        let hidden = |plan: &Self, id: NodeId| {
            users.get(&id).is_some_and(|u| u.len() == 1)
                && !kept.contains(&id)
                && !plan.placed.contains_key(&id)
                && !plan.part_of.contains_key(&id)
        };
        for id in self.needed.clone() {
            let Node::AddBias { x: product, b } = *self.graph.node(id) else { continue };
            let Node::MatMul { .. } = self.graph.node(product) else { continue };
            if !hidden(self, product) {
                continue;
            }
            self.absorbed.insert(product);
            let user = users.get(&id).and_then(|u| u.first().copied());
            match user.map(|u| (u, self.graph.node(u))) {
                Some((y, &Node::Act { act, order: 0, .. }))
                    if hidden(self, id) && act.grad_from_output() =>
                {
                    self.absorbed.insert(id);
                    self.bias_fused.insert(y, (product, b, act));
                }
                _ => {
                    self.bias_fused.insert(id, (product, b, Act::Identity));
                }
            }
        }
    }

    /// What the op that computes `id` reads, fusion considered.
    fn reads(&self, id: NodeId) -> Vec<NodeId> {
        if let Some(&(product, y)) = self.grad_fused.get(&id) {
            let mut reads = self.graph.operands(product);
            reads.push(y);
            return reads;
        }
        if let Some(&(product, bias, _)) = self.bias_fused.get(&id) {
            let mut reads = self.graph.operands(product);
            reads.push(bias);
            return reads;
        }
        self.graph.operands(id)
    }

    fn steps(&self) -> Vec<StepPlan> {
        self.needed
            .iter()
            .filter(|id| !self.absorbed.contains(id))
            .map(|&node| StepPlan { node, reads: self.reads(node) })
            .collect()
    }

    /// The node whose buffer `id` lives in, and the row and column it begins at.
    fn root(&self, id: NodeId) -> (NodeId, u32, u32) {
        if let Some(&(whole, from)) = self.part_of.get(&id) {
            let (root, row, column) = self.root(whole);
            return (root, row, column + from);
        }
        match *self.graph.node(id) {
            Node::Columns { x, from } if !self.placed.contains_key(&id) => {
                let (root, row, column) = self.root(x);
                (root, row, column + from)
            }
            Node::Held { x } => self.root(x),
            Node::Band { x, from } if !self.placed.contains_key(&id) => {
                let (root, row, column) = self.root(x);
                (root, row + from, column)
            }
            _ => (id, 0, 0),
        }
    }

    fn view(&self, id: NodeId, storage: &Storage) -> Mat {
        let (root, row, column) = self.root(id);
        let (rows, cols) = self.graph.shape(root);
        let whole = match (self.placed.get(&root), self.graph.node(root)) {
            (Some(&mat), _) | (None, &Node::Leaf(mat)) => mat,
            _ => Mat::dense(storage.roots.get(&root).copied().unwrap_or(0), rows, cols),
        };
        let (rows, cols) = self.graph.shape(id);
        whole.band(row, rows).columns(column, cols)
    }

    fn owns_buffer(&self, root: NodeId) -> bool {
        !self.placed.contains_key(&root)
            && !matches!(self.graph.node(root), Node::Leaf(_) | Node::Loss { .. })
    }

    /// First-fit over the intervals in which buffers are alive.
    fn allocate(&self, steps: &[StepPlan], wanted: &Wanted) -> Storage {
        let mut last: HashMap<NodeId, usize> = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            for id in step.reads.iter().chain([&step.node]) {
                last.insert(self.root(*id).0, at);
            }
        }
        for id in wanted.keep {
            last.insert(self.root(*id).0, usize::MAX);
        }
        let mut storage = Storage { roots: HashMap::new(), end: wanted.base };
        // Buffers alive now: begin → (end, root).
        let mut alive: BTreeMap<u32, (u32, NodeId)> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            let root = self.root(step.node).0;
            if self.owns_buffer(root) && !storage.roots.contains_key(&root) {
                let (rows, cols) = self.graph.shape(root);
                let size = align(rows * cols);
                let begin = first_gap(&alive, wanted.base, size);
                alive.insert(begin, (begin + size, root));
                storage.roots.insert(root, begin);
                storage.end = storage.end.max(begin + size);
            }
            alive.retain(|_, (_, root)| last.get(root).is_some_and(|&end| end > at));
        }
        storage
    }

    fn emit(&self, step: &StepPlan, storage: &Storage) -> Vec<Op> {
        let id = step.node;
        let at = |id: NodeId| self.view(id, storage);
        if let Some(&(product, y)) = self.grad_fused.get(&id) {
            let act = self.act_of(y);
            return vec![self.gemm(product, at(id), Epilogue::ActGrad { y: at(y), act }, storage)];
        }
        if let Some(&(product, bias, act)) = self.bias_fused.get(&id) {
            return vec![self.gemm(
                product,
                at(id),
                Epilogue::BiasAct { bias: at(bias).at, act },
                storage,
            )];
        }
        vec![match *self.graph.node(id) {
            Node::Leaf(_)
            | Node::Columns { .. }
            | Node::Held { .. }
            | Node::Band { .. }
            | Node::Beside { .. } => return vec![],
            Node::AddBias { x, b } => {
                let spread = Op::Spread { v: at(b).at, out: at(id) };
                return vec![spread, Op::Zip { a: at(x), b: at(id), out: at(id), join: Join::Add }];
            }
            Node::Constant { value } => filled(at(id), value),
            Node::Draw { live, source, law } => Op::Draw { out: at(id), live, source, law },
            Node::Gather { live, source } => Op::Gather { out: at(id), live, source },
            Node::MatMul { .. } => self.gemm(id, at(id), Epilogue::None, storage),
            Node::Act { x, act, order } => Op::Map { x: at(x), y: at(id), act, order },
            Node::Mul { a, b } => Op::Zip { a: at(a), b: at(b), out: at(id), join: Join::Mul },
            Node::Add { a, b } => Op::Zip { a: at(a), b: at(b), out: at(id), join: Join::Add },
            Node::Scale { x, factor } => Op::Scale { x: at(x), out: at(id), factor },
            Node::RowSum { x, live } => {
                Op::RowSum { x: at(x).columns(0, live), out: at(id).at, accumulate: false }
            }
            Node::Spread { v, live } => return spread(at(v).at, at(id), live),
            Node::Pick { x, v } => Op::Pick { x: at(x), v: at(v), out: at(id) },
            Node::Route { x, v } => Op::Route { x: at(x), v: at(v), out: at(id) },
            Node::PointGrad { a, live, phi, weight, order } => {
                Op::PointGrad { a: at(a), live, phi, weight, order, out: at(id) }
            }
            Node::Loss { a, live, phi, weight, out, accumulate } => {
                Op::PointLoss { a: at(a), live, phi, weight, out, accumulate }
            }
        }]
    }

    fn act_of(&self, y: NodeId) -> Act {
        match *self.graph.node(y) {
            Node::Act { act, .. } => act,
            _ => Act::Identity,
        }
    }

    fn gemm(&self, product: NodeId, c: Mat, epilogue: Epilogue, storage: &Storage) -> Op {
        let Node::MatMul { a, ta, b, tb } = *self.graph.node(product) else {
            unreachable!("only products are lowered to Gemm");
        };
        let (a, b) = (self.view(a, storage), self.view(b, storage));
        Op::Gemm { a, ta, b, tb, c, accumulate: false, epilogue }
    }
}

/// A number in every word: what is drawn between it and itself.
fn filled(out: Mat, value: f32) -> Op {
    let source = Source { seed: 0, stream: 0, counter: 0 };
    Op::Draw { out, live: out.cols, source, law: Law::Uniform { lo: value, hi: value } }
}

/// v in the first `live` columns, zeros in the rest.
fn spread(v: u32, out: Mat, live: u32) -> Vec<Op> {
    let mut ops = vec![Op::Spread { v, out: out.columns(0, live) }];
    if live < out.cols {
        ops.push(filled(out.columns(live, out.cols - live), 0.0));
    }
    ops
}

fn needed(graph: &Graph, wanted: &Wanted) -> Vec<NodeId> {
    let mut needed = vec![false; graph.len()];
    for &id in wanted.keep.iter().chain(wanted.place.iter().map(|(id, _)| id)) {
        needed[id.0] = true;
    }
    for index in (0..graph.len()).rev() {
        let id = NodeId(index);
        needed[index] |= matches!(graph.node(id), Node::Loss { .. });
        if needed[index] {
            for operand in graph.operands(id) {
                needed[operand.0] = true;
            }
        }
    }
    (0..graph.len()).map(NodeId).filter(|id| needed[id.0]).collect()
}

fn first_gap(alive: &BTreeMap<u32, (u32, NodeId)>, base: u32, size: u32) -> u32 {
    let mut begin = base;
    for (&from, &(to, _)) in alive {
        if begin + size <= from {
            break;
        }
        begin = begin.max(to);
    }
    begin
}
