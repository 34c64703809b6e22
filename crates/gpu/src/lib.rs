//! Runs Programs on a wgpu device. The only crate that knows wgpu; the WGSL stands in `adversaria-kernels`.

mod backend;
mod clock;
mod cost;
mod device;
mod kernels;
mod launch;
mod transfer;
mod turns;

pub use backend::GpuBackend;
pub use cost::{Form, choose};
pub use device::{Gpu, GpuError};
pub use kernels::{Large, Sources, Tuning};
