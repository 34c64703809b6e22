//! The probes: programs that look at a run and change nothing but buffers of their own.

use adversaria_core::spec::Loss;
use adversaria_kernels::program::{LANES, Mat, Op, Program, Span};

use crate::compile::{Compiler, Part, Side};
use crate::graph::{Graph, NodeId};
use crate::lower::{Wanted, align, lower};
use crate::nets::{Half, Net};
use crate::units::SHOWN;
use crate::update::placed;
use crate::vocabulary::{Term, generator_term, stream};

/// A point of the data or of the latent space, and its class where classes are told.
type Point = (NodeId, Option<NodeId>);

impl Compiler<'_> {
    /// The rows that a probe is given, each point followed by its class.
    fn probe_input(&self, graph: &mut Graph, rows: u32) -> Point {
        let told = self.spec.told_classes();
        let whole = Mat::dense(self.layout.probe_input, rows + told, self.layout.probe_columns);
        let class = (told > 0).then(|| graph.leaf(whole.band(rows, told)));
        (graph.leaf(whole.band(0, rows)), class)
    }

    /// Rows of the table, `[rows, columns]`, of which the first `live` are drawn, with their classes.
    fn probe_rows(
        &self,
        graph: &mut Graph,
        (stream, counter): (u32, u32),
        live: u32,
        columns: u32,
    ) -> Point {
        let (dim, told) = (self.spec.dim(), self.spec.told_classes());
        let rows = graph.gather(dim + told, columns, live, self.source(stream, counter));
        let class = (told > 0).then(|| graph.band(rows, dim, told));
        (graph.band(rows, 0, dim), class)
    }

    /// What D is given to judge x: packed, the same companions of x's own kind for every x.
    fn inputs_to_judge(&self, graph: &mut Graph, x: Point, generated: bool) -> Vec<NodeId> {
        let mut inputs: Vec<NodeId> = [x.0].into_iter().chain(x.1).collect();
        for place in 1..self.spec.pack() {
            let stream = stream::at_place(stream::COMPANION, place);
            let counter = self.layout.still_counter;
            let (mut one, class) = self.probe_rows(graph, (stream, counter), 1, LANES);
            if generated {
                let law = self.law();
                let source = self.source(stream::at_place(stream::SAMPLE, place), counter);
                let z = graph.draw(self.spec.latent().dim, LANES, 1, source, law);
                let g = self.generator(graph, self.layout.generator.parameters.at);
                let told: Vec<NodeId> = [z].into_iter().chain(class).collect();
                one = g.apply(graph, &told);
            }
            inputs.extend([one].into_iter().chain(class).map(|rows| everywhere(graph, rows, x.0)));
        }
        inputs
    }

    /// a(x)
    fn judged(&self, graph: &mut Graph, x: Point, generated: bool) -> NodeId {
        let inputs = self.inputs_to_judge(graph, x, generated);
        self.discriminator(graph).apply(graph, &inputs)
    }

    /// G(z)
    fn image(&self, graph: &mut Graph, base: u32, (z, class): Point) -> Point {
        let g = self.generator(graph, base);
        let inputs: Vec<NodeId> = [z].into_iter().chain(class).collect();
        (g.apply(graph, &inputs), class)
    }

    pub(crate) fn generate(&self, name: &str, parameters: u32, draw: bool) -> Part {
        let mut graph = Graph::default();
        let (rows, columns) = (self.spec.latent().dim, self.layout.probe_columns);
        if draw {
            let counter = self.layout.probe_counter;
            let source = self.source(stream::SAMPLE, counter);
            let z = graph.draw(rows, columns, columns, source, self.law());
            let of_class = self.spec.conditional();
            let class = of_class.then(|| {
                self.probe_rows(&mut graph, (stream::SAMPLE, counter), columns, columns).1
            });
            let x = self.image(&mut graph, parameters, (z, class.flatten())).0;
            return self.probe(name, &graph, &[x]);
        }
        let z = self.probe_input(&mut graph, rows);
        let x = self.image(&mut graph, parameters, z);
        let a = self.judged(&mut graph, x, true);
        self.probe(name, &graph, &[x.0, a])
    }

    pub(crate) fn score(&self) -> Part {
        let mut graph = Graph::default();
        let x = self.probe_input(&mut graph, self.spec.dim());
        let a = self.judged(&mut graph, x, false);
        self.probe("score", &graph, &[a])
    }

    pub(crate) fn pull(&self) -> Part {
        let mut graph = Graph::default();
        let z = self.probe_input(&mut graph, self.spec.latent().dim);
        let x = self.image(&mut graph, self.layout.generator.parameters.at, z);
        let a = self.judged(&mut graph, x, true);
        let Term { phi, weight } = generator_term(self.spec.loss());
        let columns = self.layout.probe_columns;
        // Per sample, not per batch: the mean's 1/columns is undone.
        #[expect(clippy::cast_precision_loss, reason = "at most 1024 columns")]
        let seed = graph.point_grad(a, columns, phi, weight * columns as f32, 1);
        let gradient = graph.gradient(a, seed, &[x.0]);
        let gradient = gradient[0].unwrap_or(x.0);
        self.probe("pull", &graph, &[x.0, a, gradient])
    }

    /// Both of G's losses at one point: their gradients by G's parameters stand where nothing else is kept, and all that is
    /// left of them are the squares of their norms, minimax first.
    pub(crate) fn steepness(&self) -> (Part, u32) {
        let mut graph = Graph::default();
        let player = &self.layout.generator;
        let (z, class) = self.probe_input(&mut graph, self.spec.latent().dim);
        let g = self.generator(&mut graph, player.parameters.at);
        let inputs: Vec<NodeId> = [z].into_iter().chain(class).collect();
        let x = (g.apply(&mut graph, &inputs), class);
        let a = self.judged(&mut graph, x, true);
        let len = align(player.parameters.len);
        let out = self.layout.transient + 2 * len;
        let columns = self.layout.probe_columns;
        let (mut place, mut sums) = (Vec::new(), Vec::new());
        for (at, loss) in (0..).zip([Loss::Minimax, Loss::NonSaturating]) {
            let Term { phi, weight } = generator_term(loss);
            let seed = graph.point_grad(a, columns, phi, weight, 1);
            let gradient = graph.gradient(a, seed, &g.trained());
            let begin = self.layout.transient + at * len;
            let places = Net::places(player, begin, &self.inputs_of_g());
            place.extend(placed(&gradient, &places));
            // Where a parameter is held, nothing is written: the words that count are those that were placed.
            let words =
                places.iter().map(|mat| (mat.at, mat.at + (mat.rows - 1) * mat.stride + mat.cols));
            let from = words.clone().map(|(from, _)| from).min().unwrap_or(begin);
            let to = words.map(|(_, to)| to).max().unwrap_or(begin);
            let x = Span { at: from, len: to - from };
            sums.push(Op::SumSquares { x, out: out + at });
        }
        let base = align(out + 2);
        let mut lowered = lower(&graph, &Wanted { place: &place, keep: &[], base });
        lowered.ops.extend(sums);
        let program = Program { name: "steepness".into(), ops: lowered.ops };
        (Part { program, results: vec![], end: lowered.end }, out)
    }

    pub(crate) fn units(&self, side: Side) -> Part {
        let mut graph = Graph::default();
        let layers = if self.spec.dim() > 2 { vec![] } else { self.unit_layers(&mut graph, side) };
        let name = match side {
            Side::Discriminator => "units of D",
            Side::Generator => "units of G",
        };
        let mut part = self.probe(name, &graph, &layers);
        for mat in &mut part.results {
            mat.rows = mat.rows.min(SHOWN);
        }
        part
    }

    fn unit_layers(&self, graph: &mut Graph, side: Side) -> Vec<NodeId> {
        match side {
            Side::Discriminator => {
                let x = self.probe_input(graph, self.spec.dim());
                let inputs = self.inputs_to_judge(graph, x, false);
                self.discriminator(graph).pass(graph, &inputs, Half::Real).outputs
            }
            Side::Generator => {
                let (z, class) = self.probe_input(graph, self.spec.latent().dim);
                let inputs: Vec<NodeId> = [z].into_iter().chain(class).collect();
                let g = self.generator(graph, self.layout.generator.parameters.at);
                g.pass(graph, &inputs, Half::OfG).outputs
            }
        }
    }

    fn probe(&self, name: &str, graph: &Graph, keep: &[NodeId]) -> Part {
        let lowered = lower(graph, &Wanted { place: &[], keep, base: self.layout.transient });
        let results = keep.iter().map(|id| lowered.kept[id]).collect();
        Part { program: Program { name: name.into(), ops: lowered.ops }, results, end: lowered.end }
    }
}

/// The first column of `rows`, as many times as `like` has columns.
fn everywhere(graph: &mut Graph, rows: NodeId, like: NodeId) -> NodeId {
    let first = graph.columns(rows, 0, 1);
    let row = graph.band(like, 0, 1);
    let ones = graph.ones_like(row);
    graph.matmul(first, false, ones, false)
}
