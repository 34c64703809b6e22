//! The words of a RunSpec in the words of the kernels: activations, losses, streams of random numbers.

use adversaria_core::spec::{Activation, LatentLaw, Loss, OutputAct};
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
    /// Initial weights of G's layer i, at `INIT_G + i`.
    pub(crate) const INIT_G: u32 = 0x100;
    /// Initial weights of D's layer i, at `INIT_D + i`.
    pub(crate) const INIT_D: u32 = 0x200;
}

/// weight · mean φ(a)
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Term {
    pub(crate) phi: Phi,
    pub(crate) weight: f32,
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

/// The law of z.
pub(crate) fn latent_law(law: LatentLaw) -> Law {
    match law {
        LatentLaw::Uniform => Law::Uniform { lo: -1.0, hi: 1.0 },
        LatentLaw::Gaussian => Law::Normal { mean: 0.0, std: 1.0 },
    }
}
