//! A player's net as nodes: what it makes of a batch in an update, and of points in a probe.

use adversaria_kernels::program::{Act, Law, Mat, Source};

use crate::graph::{Graph, NodeId};
use crate::layout::{Held, Layer, Norm, Player};
use crate::vocabulary::stream;

/// What updates know of their batches. Probes have none: they drop nothing, and normalise by the running statistics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    /// Samples.
    pub(crate) live: u32,
    /// Columns that hold them.
    pub(crate) padded: u32,
    /// The run's seed.
    pub(crate) seed: u32,
    /// The words that count D's and G's updates.
    pub(crate) counters: [u32; 2],
}

/// Which half of a D-update a net runs on, for the dropout that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// Real samples beside generated ones.
    Both,
    /// Real samples, or ones between real and generated.
    Real,
    /// Generated samples of a D-update.
    Fake,
    /// Those of a G-update.
    OfG,
}

/// A layer and its leaves.
#[derive(Clone)]
struct Nodes {
    /// W as it is trained: its columns for each thing that the layer is given, of which only a first layer has several.
    raw: Vec<NodeId>,
    /// The same as it is applied.
    used: Vec<NodeId>,
    bias: Option<NodeId>,
    /// γ and β.
    norm: Option<[NodeId; 2]>,
    layer: Layer,
    /// The running mean and variance.
    statistics: Option<[Mat; 2]>,
}

/// A player's parameters as nodes. D may be given several samples at once, and both players a class: each has columns of
/// its own in the first weight.
#[derive(Clone)]
pub(crate) struct Net {
    layers: Vec<Nodes>,
    batch: Option<Batch>,
}

/// The multipliers of a dropout, `[features, padded batch]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask {
    /// Its number in the `torch.nn.Sequential`.
    pub(crate) module: u32,
    /// Whether they are those of generated samples.
    pub(crate) fake: bool,
    /// The multipliers.
    pub(crate) node: NodeId,
}

/// What a net gives, and what it drew and measured on the way.
#[derive(Default)]
pub(crate) struct Pass {
    /// What each layer gives.
    pub(crate) outputs: Vec<NodeId>,
    /// The dropouts'.
    pub(crate) masks: Vec<Mask>,
    /// Means and unbiased variances of the batch, and where they go.
    pub(crate) moments: Vec<(NodeId, Mat)>,
}

impl Net {
    /// Leaves for the layers, their words moved to where a copy of the parameters begins; `widths` are the rows of each of
    /// the net's inputs.
    pub(crate) fn new(
        graph: &mut Graph,
        player: &Player,
        (parameters, widths): (u32, &[u32]),
        batch: Option<Batch>,
    ) -> Self {
        let mut leaf = |mat: Mat| graph.leaf(moved(mat, player, parameters));
        let nodes = |(number, layer): (usize, &Layer)| {
            let raw: Vec<NodeId> =
                columns(layer, number, widths).into_iter().map(&mut leaf).collect();
            Nodes {
                used: raw.clone(),
                raw,
                bias: layer.bias.map(&mut leaf),
                norm: layer.norm.map(|norm| [norm.weight, norm.bias].map(&mut leaf)),
                layer: *layer,
                statistics: layer.norm.map(|norm| norm.statistics()),
            }
        };
        Self { layers: player.layers.iter().enumerate().map(nodes).collect(), batch }
    }

    /// The last layer's output, in a probe or where there is no dropout.
    pub(crate) fn apply(&self, graph: &mut Graph, inputs: &[NodeId]) -> NodeId {
        self.pass(graph, inputs, Half::OfG).out(inputs)
    }

    /// Layer by layer, of batches or for D of real samples beside generated ones.
    pub(crate) fn pass(&self, graph: &mut Graph, inputs: &[NodeId], half: Half) -> Pass {
        let (mut pass, mut given) = (Pass::default(), inputs.to_vec());
        for nodes in &self.layers {
            let h = self.step(graph, nodes, &given, (half, &mut pass));
            pass.outputs.push(h);
            given = vec![h];
        }
        pass
    }

    fn step(
        &self,
        graph: &mut Graph,
        nodes: &Nodes,
        given: &[NodeId],
        (half, pass): (Half, &mut Pass),
    ) -> NodeId {
        let layer = nodes.layer;
        let kept = |graph: &mut Graph, pass: &mut Pass, x| match (self.batch, layer.keep) {
            (Some(batch), Some(keep)) => {
                dropout(graph, &batch, (layer.module - 1, keep, half), x, pass)
            }
            _ => x,
        };
        let mut products = Vec::new();
        for (&weight, &x) in nodes.used.iter().zip(given) {
            let x = kept(graph, pass, x);
            products.push(graph.matmul(weight, false, x, false));
        }
        let mut h = products[0];
        if let Some(bias) = nodes.bias {
            h = graph.add_bias(h, bias);
        }
        for &product in &products[1..] {
            h = graph.add(h, product);
        }
        if let (Some(norm), Some(leaves), Some(running)) =
            (layer.norm, nodes.norm, nodes.statistics)
        {
            h = match self.batch {
                Some(batch) => by_batch(graph, h, (norm, leaves), batch.live, pass),
                None => by_running(graph, h, leaves, running),
            };
        }
        if layer.pieces > 1 {
            h = graph.pick(h, h, layer.pieces);
        }
        graph.act(h, layer.act, 0)
    }

    /// What is trained, in its order in the arena, the first weight in its parts; what is held is left out.
    pub(crate) fn trained(&self) -> Vec<NodeId> {
        let of = |nodes: &Nodes| {
            let raw = nodes.raw.iter().copied().filter(|_| nodes.layer.held != Some(Held::Weight));
            let bias = nodes.bias.filter(|_| nodes.layer.held != Some(Held::Bias));
            let norm = nodes.norm.into_iter().flatten();
            raw.chain(bias).chain(norm).collect::<Vec<_>>()
        };
        self.layers.iter().flat_map(of).collect()
    }

    /// The same net with other values of what is trained, in the order of [`Self::trained`].
    pub(crate) fn with_trained(&self, values: &[NodeId]) -> Self {
        let mut values = values.iter().copied();
        let other = |nodes: &Nodes| {
            let held = nodes.layer.held;
            let raw: Vec<NodeId> = match held {
                Some(Held::Weight) => nodes.raw.clone(),
                _ => values.by_ref().take(nodes.raw.len()).collect(),
            };
            let bias = match held {
                Some(Held::Bias) => nodes.bias,
                _ => nodes.bias.and_then(|_| values.next()),
            };
            let norm = nodes.norm.map(|old| old.map(|leaf| values.next().unwrap_or(leaf)));
            Nodes { used: raw.clone(), raw, bias, norm, ..nodes.clone() }
        };
        Self { layers: self.layers.iter().map(other).collect(), batch: self.batch }
    }

    /// Where each of [`Self::trained`] stands in the copy of the parameters that begins at `base`.
    pub(crate) fn places(player: &Player, base: u32, widths: &[u32]) -> Vec<Mat> {
        let of = |(number, layer): (usize, &Layer)| {
            let weights = columns(layer, number, widths).into_iter();
            let weights = weights.filter(|_| layer.held != Some(Held::Weight));
            let rest = layer.trained().into_iter().skip(1).map(|tensor| tensor.mat);
            let rest = rest.filter(|_| layer.held != Some(Held::Bias));
            weights.chain(rest).collect::<Vec<_>>()
        };
        let all = player.layers.iter().enumerate().flat_map(of);
        all.map(|mat| moved(mat, player, base)).collect()
    }

    /// The same net with each weight divided by its largest singular value σ (Miyato et al. 2018), and each layer's next
    /// left singular vector u. From u, `[rows, 1]`: v = Wᵀu / ‖Wᵀu‖, u ← W v / ‖W v‖ where it moves, σ = uᵀ W v; to the
    /// gradient u and v are constants.
    pub(crate) fn of_norm_one(
        &self,
        graph: &mut Graph,
        us: &[NodeId],
        moves: bool,
    ) -> (Self, Vec<NodeId>) {
        let mut next = Vec::new();
        let divided = |(nodes, &u): (&Nodes, &NodeId)| {
            let fixed: Vec<NodeId> = nodes.raw.iter().map(|&w| graph.held(w)).collect();
            let v: Vec<NodeId> = fixed.iter().map(|&w| graph.matmul(w, true, u, false)).collect();
            let v = directions(graph, &v);
            let mut u = u;
            if moves {
                let along = image(graph, &fixed, &v);
                u = directions(graph, &[along])[0];
            }
            next.push(u);
            let along = image(graph, &nodes.raw, &v);
            let sigma = graph.matmul(u, true, along, false);
            let square = graph.mul(sigma, sigma);
            let inverse = graph.act(square, Act::InvSqrt, 0);
            let used = nodes.raw.iter().map(|&w| graph.scale_by(w, inverse)).collect();
            Nodes { used, ..nodes.clone() }
        };
        let layers = self.layers.iter().zip(us).map(divided).collect();
        (Self { layers, batch: self.batch }, next)
    }
}

/// A matrix among the parameters, in a copy of them that begins elsewhere.
fn moved(mat: Mat, player: &Player, base: u32) -> Mat {
    Mat { at: mat.at - player.parameters.at + base, ..mat }
}

/// The columns of a layer's weight for each thing that it is given.
fn columns(layer: &Layer, number: usize, widths: &[u32]) -> Vec<Mat> {
    if number > 0 || widths.len() == 1 {
        return vec![layer.weight];
    }
    let begin = |i: usize| widths[..i].iter().sum();
    widths.iter().enumerate().map(|(i, &width)| layer.weight.columns(begin(i), width)).collect()
}

/// Parts of one vector, divided by its length.
fn directions(graph: &mut Graph, parts: &[NodeId]) -> Vec<NodeId> {
    let squares: Vec<NodeId> = parts.iter().map(|&v| graph.matmul(v, true, v, false)).collect();
    let square = graph.sum(&squares);
    let inverse = graph.act(square, Act::InvSqrt, 0);
    parts.iter().map(|&v| graph.scale_by(v, inverse)).collect()
}

/// W v, in parts.
fn image(graph: &mut Graph, weights: &[NodeId], v: &[NodeId]) -> NodeId {
    let products: Vec<NodeId> =
        weights.iter().zip(v).map(|(&w, &v)| graph.matmul(w, false, v, false)).collect();
    graph.sum(&products)
}

impl Pass {
    /// The last layer's output; of no layers the input.
    pub(crate) fn out(&self, inputs: &[NodeId]) -> NodeId {
        self.outputs.last().copied().unwrap_or(inputs[0])
    }
}

/// x ∘ mask, the mask 0 or 1 / keep, of module number `module` (Srivastava et al. 2014, scaled in training). D-updates draw
/// by their own count for real and for generated samples, G-updates by theirs.
fn dropout(
    graph: &mut Graph,
    batch: &Batch,
    (module, keep, half): (u32, f64, Half),
    x: NodeId,
    pass: &mut Pass,
) -> NodeId {
    let rows = graph.shape(x).0;
    let [of_d, of_g] = batch.counters;
    let mut draw = |fake, stream, counter| {
        let source = Source { seed: batch.seed, stream: stream + module, counter };
        let node = multipliers(graph, rows, batch, keep, source);
        pass.masks.push(Mask { module, fake, node });
        node
    };
    let mask = match half {
        Half::Both => {
            let real = draw(false, stream::MASK_REAL, of_d);
            let fake = draw(true, stream::MASK_FAKE, of_d);
            graph.beside(real, fake)
        }
        Half::Real => draw(false, stream::MASK_REAL, of_d),
        Half::Fake => draw(true, stream::MASK_FAKE, of_d),
        Half::OfG => draw(true, stream::MASK_G, of_g),
    };
    graph.mul(x, mask)
}

/// 1 / keep where a uniform number on [keep − 1, keep) is positive, else 0, and 0 in the padding.
#[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
fn multipliers(graph: &mut Graph, rows: u32, batch: &Batch, keep: f64, source: Source) -> NodeId {
    let lo = (keep - 1.0) as f32;
    let law = Law::Uniform { lo, hi: lo + 1.0 };
    let drawn = graph.draw(rows, batch.padded, batch.live, source, law);
    let ones = graph.act(drawn, Act::Relu, 1);
    graph.scale(ones, (1.0 / keep) as f32)
}

/// BatchNorm by the mean and variance of the batch's samples, which go where the running statistics take them up.
#[expect(clippy::cast_precision_loss, reason = "at most 4096 samples")]
fn by_batch(
    graph: &mut Graph,
    x: NodeId,
    (norm, leaves): (Norm, [NodeId; 2]),
    live: u32,
    pass: &mut Pass,
) -> NodeId {
    let n = live as f32;
    let sum = graph.row_sum_live(x, live);
    let less_mean = graph.scale(sum, -1.0 / n);
    let centred = graph.add_bias(x, less_mean);
    let squares = graph.mul(centred, centred);
    let squares = graph.row_sum_live(squares, live);
    let variance = graph.scale(squares, 1.0 / n);
    let measured = [graph.scale(sum, 1.0 / n), graph.scale(squares, 1.0 / (n - 1.0))];
    let units = graph.shape(x).0;
    let places = [0, units].map(|off| Mat::dense(norm.batch + off, units, 1));
    pass.moments.extend(measured.into_iter().zip(places));
    rescaled(graph, centred, variance, leaves)
}

/// BatchNorm by the running mean and variance.
fn by_running(graph: &mut Graph, x: NodeId, leaves: [NodeId; 2], running: [Mat; 2]) -> NodeId {
    let [mean, variance] = running.map(|mat| graph.leaf(mat));
    let less_mean = graph.scale(mean, -1.0);
    let centred = graph.add_bias(x, less_mean);
    rescaled(graph, centred, variance, leaves)
}

/// γ x / √(var + ε) + β
fn rescaled(graph: &mut Graph, x: NodeId, variance: NodeId, [gamma, beta]: [NodeId; 2]) -> NodeId {
    let (rows, cols) = graph.shape(x);
    let epsilon = graph.constant(rows, Norm::EPSILON);
    let safe = graph.add(variance, epsilon);
    let inverse = graph.act(safe, Act::InvSqrt, 0);
    let factor = graph.mul(inverse, gamma);
    let factors = graph.spread(factor, cols);
    let scaled = graph.mul(x, factors);
    graph.add_bias(scaled, beta)
}
