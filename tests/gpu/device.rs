//! The device of a test.

use adversaria_gpu::Gpu;

/// A device of the test's own (wgpu 30 panics when one thread polls a device to which another submits), or `None` where
/// there is no adapter and none is required.
pub(crate) fn gpu() -> Option<Gpu> {
    match pollster::block_on(Gpu::request(|| ())) {
        Ok(gpu) => {
            println!("on {}", gpu.name());
            Some(gpu)
        }
        Err(error) => {
            assert!(!is_required(), "{error}, and GPU=require");
            println!("skipped: {error}");
            None
        }
    }
}

/// Whether nothing may be left out.
pub(crate) fn is_required() -> bool {
    std::env::var("GPU").is_ok_and(|wish| wish == "require")
}
