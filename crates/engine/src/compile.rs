//! From a RunSpec to programs: Algorithm 1 of Goodfellow et al. 2014 as data.

use std::collections::HashMap;

use adversaria_core::spec::{self, Optimiser, Order, RunSpec};
use adversaria_kernels::program::{Decay, Law, Mat, Op, Program, Source, Span};

use crate::graph::{Graph, NodeId};
use crate::layout::{Layer, Layout, Player};
use crate::lower::{Lowered, Wanted, lower};
use crate::units::SHOWN;
use crate::vocabulary::{Term, discriminator_terms, generator_term, latent_law, stream};

/// Which program is which, in the order that [`Compiled::programs`] lists them.
pub(crate) mod index {
    /// One D-update.
    pub(crate) const UPDATE_D: usize = 0;
    /// One G-update.
    pub(crate) const UPDATE_G: usize = 1;
    /// Both at once, from one point (simultaneous order).
    pub(crate) const UPDATE_BOTH: usize = 2;
    /// z given → G(z) and a(G(z)).
    pub(crate) const GENERATE: usize = 3;
    /// z drawn → G(z).
    pub(crate) const SAMPLE: usize = 4;
    /// x given → a(x).
    pub(crate) const SCORE: usize = 5;
    /// z given → G(z), a(G(z)) and ∂ loss_G / ∂x of each sample.
    pub(crate) const PULL: usize = 6;
    /// As `GENERATE`, with the average of G.
    pub(crate) const GENERATE_AVERAGE: usize = 7;
    /// As `SAMPLE`, with the average of G.
    pub(crate) const SAMPLE_AVERAGE: usize = 8;
    /// x given → the first units of each layer of D; nothing for images.
    pub(crate) const UNITS_D: usize = 9;
    /// z given → the first units of each layer of G; nothing for images.
    pub(crate) const UNITS_G: usize = 10;
}

/// The random inputs of an update, for audits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Drawn {
    /// The rows given to D, `[dim, padded batch]`.
    pub(crate) x: Option<Mat>,
    /// The latent points, `[latent, padded batch]`.
    pub(crate) z: Mat,
}

/// The programs of a run and where they leave their results.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub(crate) layout: Layout,
    pub(crate) programs: Vec<Program>,
    /// Words of the arena.
    pub(crate) words: u32,
    /// What each program leaves, by program index: matrices `[rows, probe columns]`; nothing for updates.
    pub(crate) results: Vec<Vec<Mat>>,
    /// What each update draws, by program index.
    pub(crate) drawn: [Drawn; 3],
}

/// Compiles a run. With `record`, the random inputs of each update survive it, to be read.
pub(crate) fn compile(spec: &RunSpec, record: bool) -> Compiled {
    let compiler = Compiler { spec, layout: Layout::new(spec), record };
    let [(d, drawn_d), (g, drawn_g), (both, drawn_both)] =
        [compiler.update_d(), compiler.update_g(), compiler.update_both()];
    let given = compiler.generate("generate", compiler.layout.generator.parameters.at, false);
    let sample = compiler.generate("sample", compiler.layout.generator.parameters.at, true);
    let average =
        compiler.layout.generator.average.unwrap_or(compiler.layout.generator.parameters.at);
    let given_average = compiler.generate("generate by the average", average, false);
    let sample_average = compiler.generate("sample by the average", average, true);
    let score = compiler.score();
    let pull = compiler.pull();
    let units_d = compiler.units(Side::Discriminator);
    let units_g = compiler.units(Side::Generator);
    let parts =
        [d, g, both, given, sample, score, pull, given_average, sample_average, units_d, units_g];
    let words = parts.iter().map(|part| part.end).max().unwrap_or(0);
    let results = parts.iter().map(|part| part.results.clone()).collect();
    Compiled {
        words,
        results,
        drawn: [drawn_d, drawn_g, drawn_both],
        programs: parts.into_iter().map(|part| part.program).collect(),
        layout: compiler.layout,
    }
}

struct Part {
    program: Program,
    results: Vec<Mat>,
    end: u32,
}

/// Who is updated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Discriminator,
    Generator,
}

struct Compiler<'a> {
    spec: &'a RunSpec,
    layout: Layout,
    record: bool,
}

/// An MLP's parameters as nodes.
struct Net {
    layers: Vec<(NodeId, NodeId, Layer)>,
}

impl Net {
    /// Leaves for the layers, their words moved to where a copy of the parameters begins.
    fn new(graph: &mut Graph, player: &Player, parameters: u32) -> Self {
        let moved = |mat: Mat| Mat { at: mat.at - player.parameters.at + parameters, ..mat };
        let layers = player
            .layers
            .iter()
            .map(|layer| (graph.leaf(moved(layer.weight)), graph.leaf(moved(layer.bias)), *layer))
            .collect();
        Self { layers }
    }

    /// h ← f(W h + b), layer by layer.
    fn apply(&self, graph: &mut Graph, x: NodeId) -> NodeId {
        self.outputs(graph, x).pop().unwrap_or(x)
    }

    /// What each layer gives.
    fn outputs(&self, graph: &mut Graph, x: NodeId) -> Vec<NodeId> {
        let layers = self.layers.iter().scan(x, |h, &(weight, bias, layer)| {
            let product = graph.matmul(weight, false, *h, false);
            let sum = graph.add_bias(product, bias);
            *h = graph.act(sum, layer.act, 0);
            Some(*h)
        });
        layers.collect()
    }

    fn leaves(&self) -> Vec<NodeId> {
        self.layers.iter().flat_map(|&(weight, bias, _)| [weight, bias]).collect()
    }

    /// Where each leaf's gradient goes.
    fn gradient_places(&self, player: &Player) -> Vec<Mat> {
        let moved = |mat: Mat| Mat { at: mat.at - player.parameters.at + player.gradient, ..mat };
        self.layers
            .iter()
            .flat_map(|(_, _, layer)| [moved(layer.weight), moved(layer.bias)])
            .collect()
    }
}

impl Compiler<'_> {
    fn live(&self) -> u32 {
        self.spec.batch()
    }

    fn padded(&self) -> u32 {
        self.live().next_multiple_of(adversaria_kernels::program::LANES)
    }

    fn law(&self) -> Law {
        latent_law(self.spec.latent().law)
    }

    fn source(&self, stream: u32, counter: u32) -> Source {
        Source { seed: self.spec.seed(), stream, counter }
    }

    fn latent(&self, graph: &mut Graph, stream: u32, counter: u32) -> NodeId {
        let rows = self.spec.latent().dim;
        graph.draw(rows, self.padded(), self.live(), self.source(stream, counter), self.law())
    }

    fn real(&self, graph: &mut Graph) -> NodeId {
        let counter = self.layout.discriminator.slots.counter;
        graph.gather(
            self.spec.dim(),
            self.padded(),
            self.live(),
            self.source(stream::DATA, counter),
        )
    }

    fn nets(&self, graph: &mut Graph) -> (Net, Net) {
        let (g, d) = (&self.layout.generator, &self.layout.discriminator);
        (Net::new(graph, g, g.parameters.at), Net::new(graph, d, d.parameters.at))
    }

    /// D's loss on real beside generated samples, and where its gradient goes.
    fn discriminator_loss(
        &self,
        graph: &mut Graph,
        d: &Net,
        x: NodeId,
        fake: NodeId,
    ) -> Vec<(NodeId, Mat)> {
        let both = graph.beside(x, fake);
        let a = d.apply(graph, both);
        let out = self.layout.discriminator.slots.loss;
        let mut seeds = Vec::new();
        for (half, term) in (0..).zip(discriminator_terms(self.spec.loss())) {
            let part = graph.columns(a, half * self.padded(), self.padded());
            graph.loss(part, self.live(), term.phi, term.weight, out, half > 0);
            seeds.push(graph.point_grad(part, self.live(), term.phi, term.weight, 1));
        }
        let seed = graph.beside(seeds[0], seeds[1]);
        let gradient = graph.gradient(a, seed, &d.leaves());
        placed(&gradient, &d.gradient_places(&self.layout.discriminator))
    }

    /// G's loss, and where its gradient goes.
    fn generator_loss(
        &self,
        graph: &mut Graph,
        g: &Net,
        d: &Net,
        fake: NodeId,
    ) -> Vec<(NodeId, Mat)> {
        let a = d.apply(graph, fake);
        let Term { phi, weight } = generator_term(self.spec.loss());
        graph.loss(a, self.live(), phi, weight, self.layout.generator.slots.loss, false);
        let seed = graph.point_grad(a, self.live(), phi, weight, 1);
        let gradient = graph.gradient(a, seed, &g.leaves());
        placed(&gradient, &g.gradient_places(&self.layout.generator))
    }

    fn update_d(&self) -> (Part, Drawn) {
        let mut graph = Graph::default();
        let (g, d) = self.nets(&mut graph);
        let x = self.real(&mut graph);
        let z = self.latent(&mut graph, stream::LATENT_D, self.layout.discriminator.slots.counter);
        let fake = g.apply(&mut graph, z);
        let place = self.discriminator_loss(&mut graph, &d, x, fake);
        let lowered = self.lower_update(&graph, &place, &[x, z]);
        let drawn = Drawn { x: Some(lowered.kept[&x]), z: lowered.kept[&z] };
        (self.update("D-update", lowered, &[Side::Discriminator]), drawn)
    }

    fn update_g(&self) -> (Part, Drawn) {
        let mut graph = Graph::default();
        let (g, d) = self.nets(&mut graph);
        let z = self.latent(&mut graph, stream::LATENT_G, self.layout.generator.slots.counter);
        let fake = g.apply(&mut graph, z);
        let place = self.generator_loss(&mut graph, &g, &d, fake);
        let lowered = self.lower_update(&graph, &place, &[z]);
        let drawn = Drawn { x: None, z: lowered.kept[&z] };
        (self.update("G-update", lowered, &[Side::Generator]), drawn)
    }

    /// One x and one z, both gradients at the same point, then both updates.
    fn update_both(&self) -> (Part, Drawn) {
        let mut graph = Graph::default();
        let (g, d) = self.nets(&mut graph);
        let x = self.real(&mut graph);
        let z = self.latent(&mut graph, stream::LATENT_D, self.layout.discriminator.slots.counter);
        let for_d = g.apply(&mut graph, z);
        let for_g = g.apply(&mut graph, z);
        let mut place = self.discriminator_loss(&mut graph, &d, x, for_d);
        place.extend(self.generator_loss(&mut graph, &g, &d, for_g));
        let lowered = self.lower_update(&graph, &place, &[x, z]);
        let drawn = Drawn { x: Some(lowered.kept[&x]), z: lowered.kept[&z] };
        (
            self.update("simultaneous update", lowered, &[Side::Discriminator, Side::Generator]),
            drawn,
        )
    }

    /// Inputs that only audits read are kept only for them: a buffer kept alive costs cache.
    fn lower_update(&self, graph: &Graph, place: &[(NodeId, Mat)], inputs: &[NodeId]) -> Lowered {
        let keep = if self.record { inputs } else { &[] };
        let mut lowered = lower(graph, &Wanted { place, keep, base: self.layout.transient });
        let nowhere = Mat::dense(0, 0, 0);
        lowered.kept.extend(
            inputs
                .iter()
                .filter(|_| !self.record)
                .map(|&id| (id, nowhere))
                .collect::<HashMap<_, _>>(),
        );
        lowered
    }

    /// Counters first (draws read them), then the gradients, then what is done with them.
    fn update(&self, name: &str, lowered: Lowered, sides: &[Side]) -> Part {
        let mut ops: Vec<Op> = sides.iter().map(|&side| self.tick(side)).collect();
        ops.extend(lowered.ops);
        for &side in sides {
            ops.extend(self.apply_gradient(side));
        }
        Part { program: Program { name: name.into(), ops }, results: vec![], end: lowered.end }
    }

    fn side(&self, side: Side) -> (&Player, Optimiser) {
        match side {
            Side::Discriminator => (&self.layout.discriminator, self.spec.optimiser_d()),
            Side::Generator => (&self.layout.generator, self.spec.optimiser_g()),
        }
    }

    fn tick(&self, side: Side) -> Op {
        let (player, optimiser) = self.side(side);
        let (beta1, beta2) = match optimiser {
            Optimiser::Adam { beta1, beta2, .. } => (beta1, beta2),
            Optimiser::Sgd { .. } | Optimiser::RmsProp { .. } => (0.0, 0.0),
        };
        let decay = match self.spec.decay() {
            spec::Decay::None => Decay::None,
            spec::Decay::Cosine(updates) => Decay::Cosine(updates),
            spec::Decay::Exponential(factor) => Decay::Exponential(factor),
        };
        let slots = player.slots;
        Op::Tick { counter: slots.counter, rate: slots.rate, out: slots.tick, decay, beta1, beta2 }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
    fn apply_gradient(&self, side: Side) -> Vec<Op> {
        let (player, optimiser) = self.side(side);
        let (p, g, slots) = (player.parameters, player.gradient, player.slots);
        let tick = slots.tick;
        let buffer = |i: usize| player.buffers[i].1;
        let gradient = Span { at: g, len: p.len };
        let mut ops = vec![Op::SumSquares { x: gradient, out: slots.grad_square }];
        ops.push(match optimiser {
            Optimiser::Sgd { momentum, .. } if momentum > 0.0 => Op::Momentum {
                p,
                g,
                buf: buffer(0),
                tick,
                momentum: momentum as f32,
                counter: slots.counter,
            },
            Optimiser::Sgd { .. } => Op::Sgd { p, g, tick },
            Optimiser::Adam { beta1, beta2, .. } => {
                Op::Adam { p, g, m: buffer(0), v: buffer(1), tick, beta1, beta2 }
            }
            Optimiser::RmsProp { alpha, .. } => Op::RmsProp { p, g, v: buffer(0), tick, alpha },
        });
        if let Some(limit) = self.spec.clip().filter(|_| side == Side::Discriminator) {
            ops.push(Op::Clamp { p, limit: limit as f32 });
        }
        if let (Some(avg), Some(keep)) = (player.average, self.spec.ema()) {
            ops.push(Op::Average { avg, p, keep });
        }
        ops.push(Op::Tally { from: slots.loss, sum: slots.loss_sum, count: slots.loss_count });
        ops
    }

    fn probe_input(&self, graph: &mut Graph, rows: u32) -> NodeId {
        graph.leaf(Mat::dense(self.layout.probe_input, rows, self.layout.probe_columns))
    }

    fn generate(&self, name: &str, parameters: u32, draw: bool) -> Part {
        let mut graph = Graph::default();
        let g = Net::new(&mut graph, &self.layout.generator, parameters);
        let (rows, columns) = (self.spec.latent().dim, self.layout.probe_columns);
        let z = if draw {
            let source = self.source(stream::SAMPLE, self.layout.probe_counter);
            graph.draw(rows, columns, columns, source, self.law())
        } else {
            self.probe_input(&mut graph, rows)
        };
        let x = g.apply(&mut graph, z);
        if draw {
            return self.probe(name, &graph, &[x]);
        }
        let (_, d) = self.nets(&mut graph);
        let a = d.apply(&mut graph, x);
        self.probe(name, &graph, &[x, a])
    }

    fn score(&self) -> Part {
        let mut graph = Graph::default();
        let (_, d) = self.nets(&mut graph);
        let x = self.probe_input(&mut graph, self.spec.dim());
        let a = d.apply(&mut graph, x);
        self.probe("score", &graph, &[a])
    }

    fn pull(&self) -> Part {
        let mut graph = Graph::default();
        let (g, d) = self.nets(&mut graph);
        let z = self.probe_input(&mut graph, self.spec.latent().dim);
        let x = g.apply(&mut graph, z);
        let a = d.apply(&mut graph, x);
        let Term { phi, weight } = generator_term(self.spec.loss());
        let columns = self.layout.probe_columns;
        // Per sample, not per batch: the mean's 1/columns is undone.
        #[expect(clippy::cast_precision_loss, reason = "at most 1024 columns")]
        let seed = graph.point_grad(a, columns, phi, weight * columns as f32, 1);
        let gradient = graph.gradient(a, seed, &[x]);
        let gradient = gradient[0].unwrap_or(x);
        self.probe("pull", &graph, &[x, a, gradient])
    }

    fn units(&self, side: Side) -> Part {
        let mut graph = Graph::default();
        let (g, d) = self.nets(&mut graph);
        let (name, net, rows) = match side {
            Side::Discriminator => ("units of D", d, self.spec.dim()),
            Side::Generator => ("units of G", g, self.spec.latent().dim),
        };
        let x = self.probe_input(&mut graph, rows);
        let layers = if self.spec.dim() > 2 { vec![] } else { net.outputs(&mut graph, x) };
        let mut part = self.probe(name, &graph, &layers);
        for mat in &mut part.results {
            mat.rows = mat.rows.min(SHOWN);
        }
        part
    }

    fn probe(&self, name: &str, graph: &Graph, keep: &[NodeId]) -> Part {
        let lowered = lower(graph, &Wanted { place: &[], keep, base: self.layout.transient });
        let results = keep.iter().map(|id| lowered.kept[id]).collect();
        Part { program: Program { name: name.into(), ops: lowered.ops }, results, end: lowered.end }
    }
}

/// Pairs gradients with their places. Every parameter of an MLP has one.
fn placed(gradient: &[Option<NodeId>], places: &[Mat]) -> Vec<(NodeId, Mat)> {
    gradient.iter().zip(places).filter_map(|(id, &mat)| id.map(|id| (id, mat))).collect()
}

/// The updates of one iteration, as (program, times).
pub(crate) fn schedule(spec: &RunSpec) -> Vec<(usize, u32)> {
    match spec.order() {
        Order::Simultaneous => vec![(index::UPDATE_BOTH, 1)],
        Order::Alternating => {
            let runs = [(index::UPDATE_D, spec.k_d()), (index::UPDATE_G, spec.k_g())];
            runs.into_iter().filter(|&(_, times)| times > 0).collect()
        }
    }
}
