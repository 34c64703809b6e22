//! What a GAN run is: its description, its data with their densities, its random numbers, and how to judge it.
//!
//! No files, network, clock or threads: the same code runs in the page's worker and on the command line.

pub mod csv;
pub mod data;
pub mod diagnosis;
pub mod dirac;
pub mod images;
pub mod latent;
pub mod math;
pub mod metrics;
pub mod parzen;
pub mod presets;
pub mod rng;
pub mod spec;
pub mod theory;
