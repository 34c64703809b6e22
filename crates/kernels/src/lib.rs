//! Every op of a program once: its scalar twin, its SIMD path, and the CPU executor. Nothing here knows what is trained.

pub mod backend;
pub mod check;
pub mod cpu;
pub mod encode;
pub mod formula;
pub mod program;
pub mod real;
pub mod scalar;
pub mod shadow;
mod simd;
pub mod wgsl;
