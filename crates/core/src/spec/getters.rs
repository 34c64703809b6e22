//! What a run says about itself, field by field.

use super::data_set::Data;
use super::net::{Net, OutputAct};
use super::optimiser::{Decay, Optimiser};
use super::own::Own;
use super::reg::Reg;
use super::run::RunSpec;
use super::value::{BackendChoice, Classes, Exec, Latent, Loss, Order};

impl RunSpec {
    /// The data set.
    #[must_use]
    pub fn data(&self) -> Data {
        self.data
    }

    /// The noise level of the data; 0 where the set has none.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// What the user drew, or which rows of a file the data are.
    #[must_use]
    pub fn own(&self) -> &Own {
        &self.own
    }

    /// Which classes of an image set are used.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Rows of the training table; for images before classes are picked.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Numbers in a sample of the data.
    #[must_use]
    pub fn dim(&self) -> u32 {
        self.data.dim()
    }

    /// Where z comes from.
    #[must_use]
    pub fn latent(&self) -> Latent {
        self.latent
    }

    /// G's hidden layers.
    #[must_use]
    pub fn generator(&self) -> &Net {
        &self.generator
    }

    /// D's hidden layers.
    #[must_use]
    pub fn discriminator(&self) -> &Net {
        &self.discriminator
    }

    /// What G ends in.
    #[must_use]
    pub fn output(&self) -> OutputAct {
        self.output
    }

    /// What D and G minimise.
    #[must_use]
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// What keeps D in bounds.
    #[must_use]
    pub fn reg(&self) -> Reg {
        self.reg
    }

    /// D-steps that a G-update looks ahead.
    #[must_use]
    pub fn unroll(&self) -> u32 {
        self.unroll
    }

    /// Samples in one input of D.
    #[must_use]
    pub fn pack(&self) -> u32 {
        self.pack
    }

    /// Classes that G and D are told; 0 where they are told none.
    #[must_use]
    pub fn told_classes(&self) -> u32 {
        if self.conditional { self.data.classes() } else { 0 }
    }

    /// Whether G and D are told the class of a sample.
    #[must_use]
    pub fn conditional(&self) -> bool {
        self.conditional
    }

    /// D-updates in an iteration.
    #[must_use]
    pub fn k_d(&self) -> u32 {
        self.k_d
    }

    /// G-updates in an iteration.
    #[must_use]
    pub fn k_g(&self) -> u32 {
        self.k_g
    }

    /// D's optimiser.
    #[must_use]
    pub fn optimiser_d(&self) -> Optimiser {
        self.optimiser_d
    }

    /// G's optimiser.
    #[must_use]
    pub fn optimiser_g(&self) -> Optimiser {
        self.optimiser_g
    }

    /// How both rates fall.
    #[must_use]
    pub fn decay(&self) -> Decay {
        self.decay
    }

    /// The share of the old average of G's parameters that stays, if an average is kept.
    #[must_use]
    pub fn ema(&self) -> Option<f64> {
        self.ema
    }

    /// The order of updates.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// Whether G's updates come before D's where they alternate: in the Dirac-GAN alone, as in its paper. In Algorithm 1 of
    /// Goodfellow et al. 2014, and so in all else, D moves first.
    #[must_use]
    pub fn generator_first(&self) -> bool {
        self.data == Data::Dirac
    }

    /// Samples in a batch.
    #[must_use]
    pub fn batch(&self) -> u32 {
        self.batch
    }

    /// What all random numbers follow from.
    #[must_use]
    pub fn seed(&self) -> u32 {
        self.seed
    }

    /// Where the arithmetic happens.
    #[must_use]
    pub fn backend(&self) -> BackendChoice {
        self.backend
    }

    /// How a GPU runs the programs.
    #[must_use]
    pub fn exec(&self) -> Exec {
        self.exec
    }
}
