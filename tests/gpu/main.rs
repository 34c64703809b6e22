//! Programs on a GPU against the CPU, natively. Where there is no adapter, the tests say so and pass, unless `GPU=require`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cost;
mod device;
mod kernels;
mod memory;
mod submissions;
mod updates;
mod watched;
