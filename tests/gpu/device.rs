//! The device that the tests share.

use std::sync::OnceLock;

use adversaria_gpu::Gpu;

/// The adapter's device, or `None` where there is none and none is required.
pub(crate) fn gpu() -> Option<Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    GPU.get_or_init(|| match pollster::block_on(Gpu::request(|| ())) {
        Ok(gpu) => {
            println!("on {}", gpu.name());
            Some(gpu)
        }
        Err(error) => {
            let required = std::env::var("GPU").is_ok_and(|wish| wish == "require");
            assert!(!required, "{error}, and GPU=require");
            println!("skipped: {error}");
            None
        }
    })
    .clone()
}
