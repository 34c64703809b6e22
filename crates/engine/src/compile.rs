//! From a RunSpec to programs: Algorithm 1 of Goodfellow et al. 2014 as data.

use adversaria_core::spec::{self, Optimiser, Order, RunSpec};
use adversaria_kernels::program::{Decay, Law, Mat, Op, Program, Source, Span};

use crate::graph::{Graph, NodeId};
use crate::layout::{Layout, Norm, Player};
use crate::lower::Lowered;
use crate::nets::{Batch, Net};
use crate::vocabulary::{latent_law, latent_reach};

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
    /// As `UPDATE_D`, at the rate as it stands, whatever `lrdecay` says.
    pub(crate) const ALONE_D: usize = 11;
    /// As `UPDATE_G`, likewise.
    pub(crate) const ALONE_G: usize = 12;
    /// z given → ‖∇ of both of G's losses‖², see [`super::Compiled::steepness`].
    pub(crate) const STEEPNESS: usize = 13;
}

/// A random input of an update, for audits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drawing<T> {
    /// In whose half of a simultaneous update it is told; none for both.
    pub(crate) side: Option<Side>,
    /// As in a trace.
    pub(crate) name: String,
    /// A matrix `[rows, padded batch]` for each sample of a pack, whose rows follow each other in a trace.
    pub(crate) places: Vec<T>,
}

/// All of them.
pub(crate) type Drawn = Vec<Drawing<Mat>>;

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
    /// The first of the words that [`index::STEEPNESS`] leaves.
    pub(crate) steepness: u32,
}

/// Compiles a run. With `record`, the random inputs of each update survive it, to be read.
pub(crate) fn compile(spec: &RunSpec, record: bool) -> Compiled {
    compile_at(spec, Layout::new(spec), record)
}

/// Compiles a run whose lasting words stand so.
pub(crate) fn compile_at(spec: &RunSpec, layout: Layout, record: bool) -> Compiled {
    let compiler = Compiler { spec, layout, record };
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
    let [alone_d, alone_g] = [&d, &g].map(Part::without_decay);
    let (steep, steepness) = compiler.steepness();
    let parts = [
        d,
        g,
        both,
        given,
        sample,
        score,
        pull,
        given_average,
        sample_average,
        units_d,
        units_g,
        alone_d,
        alone_g,
        steep,
    ];
    let words = parts.iter().map(|part| part.end).max().unwrap_or(0);
    let results = parts.iter().map(|part| part.results.clone()).collect();
    Compiled {
        words,
        results,
        drawn: [drawn_d, drawn_g, drawn_both],
        steepness,
        programs: parts.into_iter().map(|part| part.program).collect(),
        layout: compiler.layout,
    }
}

#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) program: Program,
    pub(crate) results: Vec<Mat>,
    pub(crate) end: u32,
}

impl Part {
    /// The same update at the rate as it stands.
    fn without_decay(&self) -> Self {
        let mut part = self.clone();
        part.program.name += " alone";
        for op in &mut part.program.ops {
            if let Op::Tick { decay, .. } = op {
                *decay = Decay::None;
            }
        }
        part
    }
}

/// Who is updated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Discriminator,
    Generator,
}

pub(crate) struct Compiler<'a> {
    pub(crate) spec: &'a RunSpec,
    pub(crate) layout: Layout,
    pub(crate) record: bool,
}

/// Rows of something, then of its class where it has one.
fn with_class(rows: u32, classes: u32) -> Vec<u32> {
    if classes > 0 { vec![rows, classes] } else { vec![rows] }
}

impl Compiler<'_> {
    pub(crate) fn live(&self) -> u32 {
        self.spec.batch()
    }

    pub(crate) fn padded(&self) -> u32 {
        self.live().next_multiple_of(adversaria_kernels::program::LANES)
    }

    pub(crate) fn law(&self) -> Law {
        latent_law(self.spec.latent().law, latent_reach(self.spec))
    }

    pub(crate) fn source(&self, stream: u32, counter: u32) -> Source {
        Source { seed: self.spec.seed(), stream, counter }
    }

    /// Rows of G's inputs: z, and the class where it is told one.
    pub(crate) fn inputs_of_g(&self) -> Vec<u32> {
        with_class(self.spec.latent().dim, self.spec.told_classes())
    }

    /// Rows of D's inputs: each sample of a pack, followed by its class where D is told one.
    pub(crate) fn inputs_of_d(&self) -> Vec<u32> {
        with_class(self.spec.dim(), self.spec.told_classes()).repeat(self.spec.pack() as usize)
    }

    /// What updates know of their batches.
    fn batch(&self) -> Batch {
        Batch {
            live: self.live(),
            padded: self.padded(),
            seed: self.spec.seed(),
            counters: [&self.layout.discriminator, &self.layout.generator].map(|p| p.slots.counter),
        }
    }

    /// G and D as they are trained, as updates have them: BatchNorm by the batch, dropout.
    pub(crate) fn nets(&self, graph: &mut Graph) -> (Net, Net) {
        let (g, d) = (&self.layout.generator, &self.layout.discriminator);
        let (of_g, of_d) = (self.inputs_of_g(), self.inputs_of_d());
        (
            Net::new(graph, g, (g.parameters.at, &of_g), Some(self.batch())),
            Net::new(graph, d, (d.parameters.at, &of_d), Some(self.batch())),
        )
    }

    /// G as probes have it, from the copy of its parameters that begins at `base`: BatchNorm by running statistics.
    pub(crate) fn generator(&self, graph: &mut Graph, base: u32) -> Net {
        Net::new(graph, &self.layout.generator, (base, &self.inputs_of_g()), None)
    }

    /// D as probes apply it: no dropout.
    pub(crate) fn discriminator(&self, graph: &mut Graph) -> Net {
        let d = &self.layout.discriminator;
        let net = Net::new(graph, d, (d.parameters.at, &self.inputs_of_d()), None);
        self.bounded(graph, &net, false).0
    }

    /// D as it is applied, and its layers' next singular vectors with their places, where they move.
    pub(crate) fn bounded(
        &self,
        graph: &mut Graph,
        d: &Net,
        moves: bool,
    ) -> (Net, Vec<(NodeId, Mat)>) {
        if !self.spec.reg().spectral {
            return (d.clone(), vec![]);
        }
        let places = &self.layout.discriminator.singular;
        let us: Vec<NodeId> = places.iter().map(|&mat| graph.leaf(mat)).collect();
        let (net, next) = d.of_norm_one(graph, &us, moves);
        let placed = next.into_iter().zip(places.iter().copied());
        (net, if moves { placed.collect() } else { vec![] })
    }

    /// Counters first (draws read them), then the gradients, then what is done with them.
    pub(crate) fn update(&self, name: &str, lowered: Lowered, sides: &[Side]) -> Part {
        let mut ops: Vec<Op> = sides.iter().map(|&side| self.tick(side)).collect();
        ops.extend(lowered.ops);
        for &side in sides {
            ops.extend(self.apply_gradient(side));
            if side == Side::Generator {
                ops.extend(self.move_statistics());
            }
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
        if let Some(limit) = self.spec.reg().clip.filter(|_| side == Side::Discriminator) {
            ops.push(Op::Clamp { p, limit: limit as f32 });
        }
        if let (Some(avg), Some(keep)) = (player.average, self.spec.ema()) {
            ops.push(Op::Average { avg, p, keep });
        }
        ops.push(Op::Tally { from: slots.loss, sum: slots.loss_sum, count: slots.loss_count });
        ops
    }

    /// The running statistics of BatchNorm move in G-updates only.
    fn move_statistics(&self) -> Vec<Op> {
        let layers = self.layout.generator.layers.iter().filter_map(|layer| layer.norm);
        let average = |norm: Norm| Op::Average {
            avg: norm.running,
            p: Span { at: norm.batch, len: 2 * norm.weight.rows },
            keep: Norm::KEEP,
        };
        layers.map(average).collect()
    }
}

/// The updates of one iteration, as (program, times).
pub(crate) fn schedule(spec: &RunSpec) -> Vec<(usize, u32)> {
    match spec.order() {
        Order::Simultaneous => vec![(index::UPDATE_BOTH, 1)],
        Order::Alternating => {
            let mut runs = [(index::UPDATE_D, spec.k_d()), (index::UPDATE_G, spec.k_g())];
            if spec.generator_first() {
                runs.reverse();
            }
            runs.into_iter().filter(|&(_, times)| times > 0).collect()
        }
    }
}
