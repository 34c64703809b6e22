//! The words of a RunSpec in the words of the kernels: activations, losses, streams of random numbers.

use adversaria_core::spec::{Activation, LatentLaw, Loss, OutputAct, RunSpec};
use adversaria_kernels::formula;
use adversaria_kernels::program::{Act, Law, Phi};

/// What random numbers are for: the second word of the generator's key. Each is drawn by its own counter.
pub(crate) mod stream {
    /// Which rows a D-update sees.
    pub(crate) const DATA: u32 = 0x10;
    /// z of a D-update.
    pub(crate) const LATENT_D: u32 = 0x11;
    /// z of a G-update.
    pub(crate) const LATENT_G: u32 = 0x12;
    /// z of samples drawn from a trained G.
    pub(crate) const SAMPLE: u32 = 0x13;
    /// z of the fixed samples on stage.
    pub(crate) const STAGE: u32 = 0x14;
    /// Noise on real samples, and on generated ones.
    pub(crate) const NOISE_REAL: u32 = 0x15;
    pub(crate) const NOISE_FAKE: u32 = 0x16;
    /// Where between a real and a generated sample a gradient penalty looks.
    pub(crate) const BETWEEN: u32 = 0x17;
    /// Rows that a G-update sees: their classes, and what D looks ahead on.
    pub(crate) const DATA_G: u32 = 0x18;
    /// The noise of a G-update, on real and on generated samples.
    pub(crate) const NOISE_REAL_G: u32 = 0x19;
    pub(crate) const NOISE_FAKE_G: u32 = 0x1a;
    /// What a sample is packed with when D is asked about it alone.
    pub(crate) const COMPANION: u32 = 0x1b;
    /// Samples of p_data that probes look at.
    pub(crate) const REAL: u32 = 0x1c;
    /// Initial left singular vectors of D's layer i, at `SINGULAR + i`.
    pub(crate) const SINGULAR: u32 = 0x600;
    /// The stream for the sample at this place of a pack.
    pub(crate) const fn at_place(stream: u32, place: u32) -> u32 {
        stream + (place << 12)
    }
    /// Dropout before module i in a D-update, on real samples, at `MASK_REAL + i`.
    pub(crate) const MASK_REAL: u32 = 0x300;
    /// The same on generated samples.
    pub(crate) const MASK_FAKE: u32 = 0x400;
    /// Dropout before module i of D in a G-update.
    pub(crate) const MASK_G: u32 = 0x500;
    /// Initial weights of G's layer i, at `INIT_G + i`.
    pub(crate) const INIT_G: u32 = 0x100;
    /// Initial weights of D's layer i, at `INIT_D + i`.
    pub(crate) const INIT_D: u32 = 0x200;
    /// The same of a D that is drawn afresh, at `FRESH_D + i`.
    pub(crate) const FRESH_D: u32 = 0x700;
}

/// weight · mean φ(a)
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Term {
    pub(crate) phi: Phi,
    pub(crate) weight: f32,
}

impl Term {
    /// weight · φ(a)
    pub(crate) fn at(self, a: f32) -> f32 {
        self.weight * formula::phi(self.phi, 0, a)
    }
}

/// What D minimises: its terms on real and on generated samples.
pub(crate) fn discriminator_terms(loss: Loss) -> [Term; 2] {
    let (real, fake) = match loss {
        Loss::Minimax | Loss::NonSaturating => ((Phi::SoftplusNeg, 1.0), (Phi::Softplus, 1.0)),
        Loss::LeastSquares => ((Phi::Square(1.0), 1.0), (Phi::Square(0.0), 1.0)),
        Loss::Wasserstein => ((Phi::Linear, -1.0), (Phi::Linear, 1.0)),
        Loss::Hinge => ((Phi::HingeBelow, 1.0), (Phi::HingeAbove, 1.0)),
    };
    [real, fake].map(|(phi, weight)| Term { phi, weight })
}

/// What G minimises.
pub(crate) fn generator_term(loss: Loss) -> Term {
    let (phi, weight) = match loss {
        Loss::Minimax => (Phi::Softplus, -1.0),
        Loss::NonSaturating => (Phi::SoftplusNeg, 1.0),
        Loss::LeastSquares => (Phi::Square(1.0), 1.0),
        Loss::Wasserstein | Loss::Hinge => (Phi::Linear, -1.0),
    };
    Term { phi, weight }
}

/// The kernel of an activation.
#[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
pub(crate) fn act_of(activation: Activation) -> Act {
    match activation {
        Activation::Relu => Act::Relu,
        Activation::Leaky(slope) => Act::Leaky(slope as f32),
        Activation::Tanh => Act::Tanh,
        Activation::Sigmoid => Act::Sigmoid,
        Activation::Elu => Act::Elu,
        Activation::Softplus => Act::Softplus,
        Activation::Sine => Act::Sine,
        // What it is of stands in the layer's pieces.
        Activation::Maxout(_) => Act::Identity,
    }
}

/// The kernel of G's output.
pub(crate) fn output_act(output: OutputAct) -> Act {
    match output {
        OutputAct::Linear => Act::Identity,
        OutputAct::Tanh => Act::Tanh,
        OutputAct::Sigmoid => Act::Sigmoid,
    }
}

/// How far z goes under a uniform law: √3 for the net of Goodfellow et al. 2014, else 1.
#[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
pub(crate) fn latent_reach(spec: &RunSpec) -> f32 {
    spec.generator().fittings().reach as f32
}

/// The law of z, uniform on ± `reach`.
pub(crate) fn latent_law(law: LatentLaw, reach: f32) -> Law {
    match law {
        LatentLaw::Uniform => Law::Uniform { lo: -reach, hi: reach },
        LatentLaw::Gaussian => Law::Normal { mean: 0.0, std: 1.0 },
    }
}
