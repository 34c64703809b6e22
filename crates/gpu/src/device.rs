//! The device: asking for it, its name, and hearing that it is gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adversaria_kernels::backend::BackendError;

/// Why there is no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// Neither WebGPU here, nor a driver natively.
    #[error("there is no GPU adapter here")]
    NoAdapter,
    /// There is an adapter, and it gives no device.
    #[error("the GPU adapter gives no device ({0})")]
    NoDevice(String),
}

/// The first thing that went wrong on a device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<BackendError>>>);

impl Trouble {
    fn slot(&self) -> MutexGuard<'_, Option<BackendError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, error: BackendError) {
        let mut slot = self.slot();
        // A device that is lost refuses everything afterwards, and what it refused first explains more.
        if slot.is_none() || matches!(error, BackendError::Lost { .. }) {
            *slot = Some(error);
        }
    }

    pub(crate) fn check(&self) -> Result<(), BackendError> {
        self.slot().clone().map_or(Ok(()), Err)
    }
}

/// A device with its queue. Clones are the same device.
#[derive(Clone, Debug)]
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) trouble: Trouble,
    /// Called when words have come or the device is gone; from any thread.
    pub(crate) wake: fn(),
    name: String,
    software: bool,
}

impl Gpu {
    /// Asks for the fastest adapter and a device of it. `wake` is called when a read-back has come or the device is
    /// gone, so that a host need not ask again and again.
    ///
    /// # Errors
    /// When there is none.
    pub async fn request(wake: fn()) -> Result<Self, GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(|_| GpuError::NoAdapter)?;
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: adapter.limits().max_storage_buffer_binding_size,
            max_buffer_size: adapter.limits().max_buffer_size,
            ..wgpu::Limits::default()
        };
        let descriptor = wgpu::DeviceDescriptor { required_limits: limits, ..Default::default() };
        let (device, queue) = adapter
            .request_device(&descriptor)
            .await
            .map_err(|error| GpuError::NoDevice(error.to_string()))?;
        let info = adapter.get_info();
        let gpu = Self {
            device,
            queue,
            trouble: Trouble::default(),
            wake,
            name: name_of(&info),
            software: is_software(&info),
        };
        gpu.hear();
        Ok(gpu)
    }

    /// What to call the adapter.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the adapter computes on the CPU.
    #[must_use]
    pub const fn is_software(&self) -> bool {
        self.software
    }

    /// Whether the device can still be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.trouble.check().is_ok()
    }

    /// Destroys the device, as if it had been lost: for tests.
    pub fn destroy(&self) {
        self.device.destroy();
    }

    /// Lets the driver call back where nothing else does: natively, for up to a millisecond; browsers do it themselves.
    pub(crate) fn progress(&self) {
        #[cfg(not(target_arch = "wasm32"))]
        {
            let wait = wgpu::PollType::Wait {
                submission_index: None,
                timeout: Some(std::time::Duration::from_millis(1)),
            };
            match self.device.poll(wait) {
                Ok(_) | Err(wgpu::PollError::Timeout) => {}
                Err(error) => self.trouble.note(BackendError::Lost { why: error.to_string() }),
            }
        }
    }

    fn hear(&self) {
        let (trouble, wake) = (self.trouble.clone(), self.wake);
        self.device.set_device_lost_callback(move |reason, message| {
            let why = if message.is_empty() { format!("{reason:?}") } else { message };
            trouble.note(BackendError::Lost { why });
            wake();
        });
        let (trouble, wake) = (self.trouble.clone(), self.wake);
        self.device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            trouble.note(sentence(&error));
            wake();
        }));
    }
}

fn sentence(error: &wgpu::Error) -> BackendError {
    let why = match error {
        wgpu::Error::OutOfMemory { .. } => "it is out of memory".to_owned(),
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
            description.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    };
    BackendError::Refused { why }
}

fn name_of(info: &wgpu::AdapterInfo) -> String {
    let parts = [info.name.as_str(), info.driver.as_str()];
    let named = parts.into_iter().find(|part| !part.is_empty()).unwrap_or("GPU");
    named.to_owned()
}

/// Whether an adapter is a CPU in disguise; browsers do not always call theirs a fallback.
fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let text = format!("{} {} {}", info.name, info.driver, info.driver_info).to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu
        || ["swiftshader", "llvmpipe", "lavapipe", "software", "basic render"]
            .iter()
            .any(|name| text.contains(name))
}
