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
        // A device that is lost refuses everything afterwards, and what it refused first explains more; one whose memory is
        // full may be lost for that.
        let lost = matches!(error, BackendError::Lost { .. });
        if slot.is_none() || lost && *slot != Some(BackendError::Exhausted) {
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
    quads: bool,
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
        let info = adapter.get_info();
        let descriptor = wgpu::DeviceDescriptor {
            required_features: wanted(&info) & adapter.features(),
            required_limits: limits,
            ..Default::default()
        };
        let (device, queue) = adapter
            .request_device(&descriptor)
            .await
            .map_err(|error| GpuError::NoDevice(error.to_string()))?;
        let names = names(&info, &device);
        let quads = info.subgroup_min_size >= QUAD && has_subgroups(&device);
        let gpu = Self {
            device,
            queue,
            trouble: Trouble::default(),
            wake,
            software: info.device_type == wgpu::DeviceType::Cpu || is_software(&names),
            quads,
            name: name_of(names),
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

    /// Whether four threads of a workgroup can hand each other numbers without its memory.
    #[must_use]
    pub const fn has_quads(&self) -> bool {
        self.quads
    }

    /// Whether the device can still be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.trouble().is_none()
    }

    /// Why the device can no longer be used.
    #[must_use]
    pub fn trouble(&self) -> Option<BackendError> {
        self.trouble.check().err()
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
            trouble.note(trouble_of(&error));
            wake();
        }));
    }
}

/// Threads of a quad.
const QUAD: u32 = 4;

/// Features beyond WebGPU's first ones: a clock natively (`clock.rs`), and subgroups for kernels in software. wgpu asks
/// browsers for no subgroups: worker.js does.
fn wanted(info: &wgpu::AdapterInfo) -> wgpu::Features {
    if cfg!(target_arch = "wasm32") {
        wgpu::Features::empty()
    } else if info.device_type == wgpu::DeviceType::Cpu {
        wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::SUBGROUP
    } else {
        wgpu::Features::TIMESTAMP_QUERY
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn has_subgroups(device: &wgpu::Device) -> bool {
    device.features().contains(wgpu::Features::SUBGROUP)
}

#[cfg(target_arch = "wasm32")]
fn has_subgroups(device: &wgpu::Device) -> bool {
    use wasm_bindgen::JsCast as _;

    let features = device.as_webgpu().and_then(|device| get(device, "features"));
    let has = |features: wasm_bindgen::JsValue| {
        let has = get(&features, "has")?.dyn_into::<js_sys::Function>().ok()?;
        has.call1(&features, &"subgroups".into()).ok()?.as_bool()
    };
    features.and_then(has).unwrap_or(false)
}

#[cfg(target_arch = "wasm32")]
fn get(of: &wasm_bindgen::JsValue, key: &str) -> Option<wasm_bindgen::JsValue> {
    js_sys::Reflect::get(of, &key.into()).ok()
}

fn trouble_of(error: &wgpu::Error) -> BackendError {
    let why = match error {
        wgpu::Error::OutOfMemory { .. } => return BackendError::Exhausted,
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
            description.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    };
    BackendError::Refused { why }
}

/// What the driver or browser calls the adapter, the best name first.
fn names(info: &wgpu::AdapterInfo, device: &wgpu::Device) -> Vec<String> {
    let mut names = vec![info.name.clone(), info.driver.clone(), info.driver_info.clone()];
    names.extend(browser_names(device));
    names.retain(|name| !name.trim().is_empty());
    names
}

/// Browsers seldom describe an adapter, and name its architecture and vendor instead.
#[cfg(target_arch = "wasm32")]
fn browser_names(device: &wgpu::Device) -> Vec<String> {
    let Some(info) = device.as_webgpu().and_then(|device| get(device, "adapterInfo")) else {
        return vec![];
    };
    let text = |key: &str| get(&info, key).and_then(|text| text.as_string());
    let [vendor, architecture] =
        ["vendor", "architecture"].map(|key| text(key).unwrap_or_default());
    vec![text("device").unwrap_or_default(), format!("{vendor} {architecture}").trim().to_owned()]
}

#[cfg(not(target_arch = "wasm32"))]
fn browser_names(_: &wgpu::Device) -> Vec<String> {
    vec![]
}

fn name_of(names: Vec<String>) -> String {
    names.into_iter().next().unwrap_or_else(|| "GPU".to_owned())
}

/// Whether an adapter is a CPU in disguise; browsers do not always call theirs a fallback.
fn is_software(names: &[String]) -> bool {
    let text = names.join(" ").to_lowercase();
    ["swiftshader", "llvmpipe", "lavapipe", "software", "basic render"]
        .iter()
        .any(|name| text.contains(name))
}
