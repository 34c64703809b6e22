//! Where everything that outlives an update stands in the arena: counters and figures, parameters, optimiser state,
//! gradients.

use adversaria_core::spec::{Activation, Fittings, Net, Optimiser, RunSpec, Weights};
use adversaria_kernels::program::{Act, Mat, Span, tick};

use crate::dirac;
use crate::lower::align;
use crate::vocabulary::{act_of, output_act};

/// Words of counters and figures, one set a player.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slots {
    /// Updates made, an integer.
    pub(crate) counter: u32,
    /// The rate before decay.
    pub(crate) rate: u32,
    /// See [`tick`].
    pub(crate) tick: u32,
    /// The last update's loss.
    pub(crate) loss: u32,
    /// Sum of losses since the last frame.
    pub(crate) loss_sum: u32,
    /// How many those were.
    pub(crate) loss_count: u32,
    /// ‖gradient‖² of the last update.
    pub(crate) grad_square: u32,
}

impl Slots {
    const WORDS: u32 = 16;

    const fn at(base: u32) -> Self {
        let figures = base + 4 + tick::WORDS;
        Self {
            counter: base,
            rate: base + 1,
            tick: base + 4,
            loss: figures,
            loss_sum: figures + 1,
            loss_count: figures + 2,
            grad_square: figures + 3,
        }
    }
}

/// One dense layer: y = f(W x + b), or f of the BatchNorm of W x, or the largest of each unit's pieces of W x + b;
/// of x dropout may have kept some.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layer {
    /// `[pieces · units, in]`: the rows of a unit follow each other.
    pub(crate) weight: Mat,
    /// `[pieces · units, 1]`
    pub(crate) bias: Option<Mat>,
    /// In the place of the bias.
    pub(crate) norm: Option<Norm>,
    /// Linear pieces of a unit of maxout; 1 where f is applied to W x + b as it is.
    pub(crate) pieces: u32,
    /// f
    pub(crate) act: Act,
    /// Which of its tensors never moves.
    pub(crate) held: Option<Held>,
    /// The share of x that dropout keeps in updates.
    pub(crate) keep: Option<f64>,
    /// The number of the linear map among the modules of the `torch.nn.Sequential`; dropout comes before, BatchNorm after.
    pub(crate) module: u32,
}

/// A tensor of a layer that stays as it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// W.
    Weight,
    /// b.
    Bias,
}

impl Layer {
    /// How many numbers it gives.
    pub(crate) fn units(&self) -> u32 {
        self.weight.rows / self.pieces
    }

    /// The trained tensors, in their order in the arena.
    pub(crate) fn trained(&self) -> Vec<Tensor> {
        let vector = |module: u32, name, mat| Tensor {
            name: format!("{module}.{name}"),
            mat,
            is_vector: true,
        };
        let name = format!("{}.weight", self.module);
        let mut all = vec![Tensor { name, mat: self.weight, is_vector: false }];
        all.extend(self.bias.map(|bias| vector(self.module, "bias", bias)));
        if let Some(norm) = self.norm {
            all.push(vector(self.module + 1, "weight", norm.weight));
            all.push(vector(self.module + 1, "bias", norm.bias));
        }
        all
    }

    /// The running mean and variance of its BatchNorm.
    pub(crate) fn statistics(&self) -> Vec<Tensor> {
        let tensor = |norm: Norm| {
            let [mean, var] = norm.statistics();
            [("running_mean", mean), ("running_var", var)].map(|(name, mat)| Tensor {
                name: format!("{}.{name}", self.module + 1),
                mat,
                is_vector: true,
            })
        };
        self.norm.into_iter().flat_map(tensor).collect()
    }
}

/// A tensor of a layer.
pub(crate) struct Tensor {
    /// Number of its module and its name there.
    pub(crate) name: String,
    /// Its words.
    pub(crate) mat: Mat,
    /// `[out]` instead of `[out, in]`.
    pub(crate) is_vector: bool,
}

/// BatchNorm (Ioffe & Szegedy 2015) over the batch: y = γ (x − mean) / √(var + ε) + β.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Norm {
    /// γ, `[units, 1]`
    pub(crate) weight: Mat,
    /// β, `[units, 1]`
    pub(crate) bias: Mat,
    /// First word of the running means, after which come the running variances.
    pub(crate) running: u32,
    /// First word of the last batch's means and (unbiased) variances.
    pub(crate) batch: u32,
}

impl Norm {
    /// ε of the root.
    pub(crate) const EPSILON: f32 = 1e-5;
    /// The share of the old running statistics that stays: torch's momentum of 0.1.
    pub(crate) const KEEP: f64 = 0.9;

    /// The running means and variances, `[units, 1]` each.
    pub(crate) fn statistics(&self) -> [Mat; 2] {
        let units = self.weight.rows;
        [0, units].map(|off| Mat::dense(self.running + off, units, 1))
    }
}

/// A player's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Player {
    pub(crate) slots: Slots,
    pub(crate) layers: Vec<Layer>,
    /// The law of initial weights.
    pub(crate) weights: Weights,
    /// All weights and biases, in the order of the layers.
    pub(crate) parameters: Span,
    /// First word of the gradient, laid out as the parameters.
    pub(crate) gradient: u32,
    /// First words of the optimiser's buffers, each laid out as the parameters, with torch's names.
    pub(crate) buffers: Vec<(&'static str, u32)>,
    /// Each layer's left singular vector `[rows of its weight, 1]`, for when weights are divided by their norms; D's alone.
    pub(crate) singular: Vec<Mat>,
    /// First word of the running average, laid out as the parameters.
    pub(crate) average: Option<u32>,
}

/// The arena's lasting part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) generator: Player,
    pub(crate) discriminator: Player,
    /// Where the words that a checkpoint keeps end (they begin at 0).
    pub(crate) state_end: u32,
    /// Input of the probes that take one: z or x.
    pub(crate) probe_input: u32,
    /// The update number of probe draws, an integer.
    pub(crate) probe_counter: u32,
    /// An update number that stays 0.
    pub(crate) still_counter: u32,
    /// Columns of a probe.
    pub(crate) probe_columns: u32,
    /// Where transient buffers begin.
    pub(crate) transient: u32,
}

/// Columns of a probe of an image run: a wall of pictures, for each of which the nets are wide.
pub(crate) const PICTURES: u32 = 64;

/// The words before the parameters: two sets of slots and the probes' counter.
const HEAD: u32 = 2 * Slots::WORDS + 8;

/// The words that hold counters and figures.
pub(crate) const FIGURES: std::ops::Range<u32> = 0..2 * Slots::WORDS;

impl Layout {
    pub(crate) fn new(spec: &RunSpec) -> Self {
        Self::fitted(spec, [spec.generator(), spec.discriminator()].map(Net::fittings))
    }

    /// With these fittings of G and of D.
    pub(crate) fn fitted(spec: &RunSpec, [of_g, of_d]: [Fittings; 2]) -> Self {
        let (dim, told) = (spec.dim(), spec.told_classes());
        let latent = spec.latent().dim + told;
        let mut cursor = Cursor(HEAD);
        let generator_layers =
            sizes((spec.generator(), of_g), latent, dim, output_act(spec.output()));
        let given = (dim + told) * spec.pack();
        let discriminator_layers = sizes((spec.discriminator(), of_d), given, 1, Act::Identity);
        let mut generator = cursor.player(
            (&generator_layers, of_g.weights),
            Slots::at(Slots::WORDS),
            spec.optimiser_g(),
            spec.ema().is_some(),
        );
        let mut discriminator = cursor.player(
            (&discriminator_layers, of_d.weights),
            Slots::at(0),
            spec.optimiser_d(),
            false,
        );
        for (player, held) in
            [&mut generator, &mut discriminator].into_iter().zip(dirac::held(spec))
        {
            player.layers.iter_mut().for_each(|layer| layer.held = held);
        }
        discriminator.singular = cursor.columns(&discriminator_layers);
        let state_end = cursor.0;
        generator.gradient = cursor.take(generator.parameters.len);
        discriminator.gradient = cursor.take(discriminator.parameters.len);
        for layer in generator.layers.iter_mut().chain(&mut discriminator.layers) {
            let units = layer.units();
            layer.norm.iter_mut().for_each(|norm| norm.batch = cursor.take(2 * units));
        }
        let all = generator_layers.iter().chain(&discriminator_layers);
        let widest = all.map(|size| size.from.max(size.rows())).max().unwrap_or(1);
        let probe_columns = if dim > 2 {
            PICTURES
        } else {
            (1024 * 256 / widest.max(1)).clamp(64, 1024).next_multiple_of(8)
        };
        let probe_input = cursor.take(probe_columns * latent.max(dim + told));
        let transient = cursor.0;
        let probe_counter = 2 * Slots::WORDS;
        let still_counter = probe_counter + 1;
        Self {
            generator,
            discriminator,
            state_end,
            probe_input,
            probe_counter,
            still_counter,
            probe_columns,
            transient,
        }
    }

    /// G and D with the names that files use.
    pub(crate) fn players(&self) -> [(&'static str, &'static str, &Player); 2] {
        [("generator", "g", &self.generator), ("discriminator", "d", &self.discriminator)]
    }
}

/// The shape of one layer.
struct Size {
    from: u32,
    units: u32,
    pieces: u32,
    act: Act,
    norm: bool,
    keep: Option<f64>,
}

impl Size {
    const fn rows(&self) -> u32 {
        self.units * self.pieces
    }

    /// Words of its trained tensors: weights, and biases or the two of a BatchNorm.
    const fn words(&self) -> u32 {
        let vectors = if self.norm { 2 } else { 1 };
        self.rows() * (self.from + vectors)
    }
}

/// The layers of a net, the last of which ends in `last`.
fn sizes((net, fittings): (&Net, Fittings), input: u32, output: u32, last: Act) -> Vec<Size> {
    let Fittings { batch_norm, keep_input, keep_hidden, .. } = fittings;
    let act = act_of(net.activation());
    let pieces = if let Activation::Maxout(pieces) = net.activation() { pieces } else { 1 };
    let (mut from, mut keep) = (input, keep_input);
    let mut layers = Vec::new();
    let mut dropout = || {
        let here = (keep < 1.0).then_some(keep);
        keep = keep_hidden;
        here
    };
    for &units in net.hidden() {
        layers.push(Size { from, units, pieces, act, norm: batch_norm, keep: dropout() });
        from = units;
    }
    let keep = dropout();
    layers.push(Size { from, units: output, pieces: 1, act: last, norm: false, keep });
    layers
}

struct Cursor(u32);

impl Cursor {
    fn take(&mut self, words: u32) -> u32 {
        let at = self.0;
        self.0 += align(words);
        at
    }

    /// A column of each layer's rows.
    fn columns(&mut self, sizes: &[Size]) -> Vec<Mat> {
        sizes.iter().map(|size| Mat::dense(self.take(size.rows()), size.rows(), 1)).collect()
    }

    fn player(
        &mut self,
        (sizes, weights): (&[Size], Weights),
        slots: Slots,
        optimiser: Optimiser,
        averaged: bool,
    ) -> Player {
        let len = sizes.iter().map(Size::words).sum();
        let at = self.take(len);
        let (mut next, mut module) = (at, 0);
        let mut layers: Vec<Layer> =
            sizes.iter().map(|size| layer(size, &mut next, &mut module)).collect();
        let average = averaged.then(|| self.take(len));
        let buffers = buffer_names(optimiser).iter().map(|&name| (name, self.take(len))).collect();
        for layer in &mut layers {
            let units = layer.units();
            layer.norm.iter_mut().for_each(|norm| norm.running = self.take(2 * units));
        }
        let parameters = Span { at, len };
        Player {
            slots,
            layers,
            weights,
            parameters,
            gradient: 0,
            buffers,
            singular: vec![],
            average,
        }
    }
}

/// A layer whose tensors begin at word `next`, its linear map being module number `module` or the one after a dropout.
fn layer(size: &Size, next: &mut u32, module: &mut u32) -> Layer {
    let rows = size.rows();
    let mut take = |cols| {
        let mat = Mat::dense(*next, rows, cols);
        *next += rows * cols;
        mat
    };
    let weight = take(size.from);
    let bias = (!size.norm).then(|| take(1));
    let norm = size.norm.then(|| Norm { weight: take(1), bias: take(1), running: 0, batch: 0 });
    let linear = *module + u32::from(size.keep.is_some());
    // Behind it comes an activation module, and before that the BatchNorm.
    *module = linear + 2 + u32::from(size.norm);
    let Size { pieces, act, keep, .. } = *size;
    Layer { weight, bias, norm, pieces, act, held: None, keep, module: linear }
}

/// The buffers of an optimiser, by torch's names.
fn buffer_names(optimiser: Optimiser) -> &'static [&'static str] {
    match optimiser {
        Optimiser::Sgd { momentum, .. } if momentum > 0.0 => &["momentum_buffer"],
        Optimiser::Sgd { .. } => &[],
        Optimiser::Adam { .. } => &["exp_avg", "exp_avg_sq"],
        Optimiser::RmsProp { .. } => &["square_avg"],
    }
}
