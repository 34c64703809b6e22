//! Where everything that outlives an update stands in the arena: counters and figures, parameters, optimiser state,
//! gradients.

use adversaria_core::spec::{Optimiser, RunSpec};
use adversaria_kernels::program::{Act, Mat, Span, tick};

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

/// One dense layer: y = f(W x + b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layer {
    /// `[out, in]`
    pub(crate) weight: Mat,
    /// `[out, 1]`
    pub(crate) bias: Mat,
    /// f
    pub(crate) act: Act,
}

/// A player's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Player {
    pub(crate) slots: Slots,
    pub(crate) layers: Vec<Layer>,
    /// All weights and biases, in the order of the layers.
    pub(crate) parameters: Span,
    /// First word of the gradient, laid out as the parameters.
    pub(crate) gradient: u32,
    /// First words of the optimiser's buffers, each laid out as the parameters, with torch's names.
    pub(crate) buffers: Vec<(&'static str, u32)>,
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
        let dim = spec.dim();
        let latent = spec.latent().dim;
        let mut cursor = Cursor(HEAD);
        let generator_layers = Sizes::new(
            latent,
            spec.generator().hidden(),
            dim,
            act_of(spec.generator().activation()),
            output_act(spec.output()),
        );
        let discriminator_layers = Sizes::new(
            dim,
            spec.discriminator().hidden(),
            1,
            act_of(spec.discriminator().activation()),
            Act::Identity,
        );
        let mut generator = cursor.player(
            &generator_layers,
            Slots::at(Slots::WORDS),
            spec.optimiser_g(),
            spec.ema().is_some(),
        );
        let mut discriminator =
            cursor.player(&discriminator_layers, Slots::at(0), spec.optimiser_d(), false);
        let state_end = cursor.0;
        generator.gradient = cursor.take(generator.parameters.len);
        discriminator.gradient = cursor.take(discriminator.parameters.len);
        let widest = generator_layers.widest().max(discriminator_layers.widest());
        let probe_columns = if dim > 2 {
            PICTURES
        } else {
            (1024 * 256 / widest.max(1)).clamp(64, 1024).next_multiple_of(8)
        };
        let probe_input = cursor.take(probe_columns * latent.max(dim));
        let transient = cursor.0;
        let probe_counter = 2 * Slots::WORDS;
        Self {
            generator,
            discriminator,
            state_end,
            probe_input,
            probe_counter,
            probe_columns,
            transient,
        }
    }

    /// G and D with the names that files use.
    pub(crate) fn players(&self) -> [(&'static str, &'static str, &Player); 2] {
        [("generator", "g", &self.generator), ("discriminator", "d", &self.discriminator)]
    }
}

/// Inputs and outputs of each layer of an MLP.
struct Sizes(Vec<(u32, u32, Act)>);

impl Sizes {
    fn new(input: u32, hidden: &[u32], output: u32, act: Act, last: Act) -> Self {
        let mut layers = Vec::new();
        let mut from = input;
        for &to in hidden {
            layers.push((from, to, act));
            from = to;
        }
        layers.push((from, output, last));
        Self(layers)
    }

    fn widest(&self) -> u32 {
        self.0.iter().map(|&(from, to, _)| from.max(to)).max().unwrap_or(1)
    }
}

struct Cursor(u32);

impl Cursor {
    fn take(&mut self, words: u32) -> u32 {
        let at = self.0;
        self.0 += align(words);
        at
    }

    fn player(
        &mut self,
        sizes: &Sizes,
        slots: Slots,
        optimiser: Optimiser,
        averaged: bool,
    ) -> Player {
        let len = sizes.0.iter().map(|&(from, to, _)| from * to + to).sum();
        let at = self.take(len);
        let mut next = at;
        let layers = sizes
            .0
            .iter()
            .map(|&(from, to, act)| {
                let weight = Mat::dense(next, to, from);
                let bias = Mat::dense(next + from * to, to, 1);
                next += from * to + to;
                Layer { weight, bias, act }
            })
            .collect();
        let average = averaged.then(|| self.take(len));
        let buffers = buffer_names(optimiser).iter().map(|&name| (name, self.take(len))).collect();
        Player { slots, layers, parameters: Span { at, len }, gradient: 0, buffers, average }
    }
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
