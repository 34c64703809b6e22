//! The browser's GPU as the worker sees it. What speaks to it is fetched only where there is one.

use std::{future::Future, pin::Pin, rc::Rc};

use adversaria_core::spec::Exec;
use adversaria_gpu::{Form, Gpu, GpuBackend, GpuError};
use adversaria_kernels::backend::{Backend, BackendError};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// A device and what can be had of it. A trait, so that the page's first file holds none of its code.
pub(super) trait Card {
    /// What to call the adapter.
    fn name(&self) -> &str;
    /// Whether the adapter computes on the CPU.
    fn is_software(&self) -> bool;
    /// Why the device can no longer be used.
    fn trouble(&self) -> Option<BackendError>;
    /// An executor on it.
    fn backend(&self, exec: Exec) -> Box<dyn Backend>;
}

impl Card for Gpu {
    fn name(&self) -> &str {
        Self::name(self)
    }

    fn is_software(&self) -> bool {
        Self::is_software(self)
    }

    fn trouble(&self) -> Option<BackendError> {
        Self::trouble(self)
    }

    fn backend(&self, exec: Exec) -> Box<dyn Backend> {
        let form = match exec {
            Exec::Auto => None,
            Exec::Dispatch => Some(Form::Dispatch),
            Exec::Resident => Some(Form::Resident),
        };
        Box::new(GpuBackend::new(self, form))
    }
}

/// Why there is no card, as the beginning of a sentence.
#[derive(Debug)]
pub(super) struct NoCard(pub(super) &'static str);

impl From<SplitLoaderError> for NoCard {
    fn from(_: SplitLoaderError) -> Self {
        Self("The part of this page that computes on a GPU could not be loaded")
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Rc<dyn Card>, NoCard>>>>;

/// Asks the browser; `wake` is called whenever the device has something to say.
///
/// # Errors
/// When there is none, or it cannot be had.
pub(super) async fn request(wake: fn()) -> Result<Rc<dyn Card>, NoCard> {
    if has_adapter().await { open(wake).await?.await } else { Err(NO_ADAPTER) }
}

const NO_ADAPTER: NoCard = NoCard("This browser has no GPU to offer");

#[wasm_split(gpu, fallible)]
fn open(wake: fn()) -> Result<Answer, NoCard> {
    Ok(Box::pin(async move {
        match Gpu::request(wake).await {
            Ok(gpu) => Ok(Rc::new(gpu) as Rc<dyn Card>),
            Err(GpuError::NoAdapter) => Err(NO_ADAPTER),
            Err(GpuError::NoDevice(_)) => Err(NoCard("This browser's GPU cannot be had just now")),
        }
    }))
}

/// Whether the browser knows WebGPU (asking one that does not would fail with noise) and has an adapter for it.
async fn has_adapter() -> bool {
    let get = |of: &JsValue, key: &str| Reflect::get(of, &key.into()).ok();
    let navigator = get(&js_sys::global(), "navigator");
    let Some(gpu) = navigator.and_then(|navigator| get(&navigator, "gpu")) else { return false };
    let Some(ask) = get(&gpu, "requestAdapter").and_then(|ask| ask.dyn_into::<Function>().ok())
    else {
        return false;
    };
    let Some(promise) = ask.call0(&gpu).ok().and_then(|said| said.dyn_into::<Promise>().ok())
    else {
        return false;
    };
    JsFuture::from(promise).await.is_ok_and(|adapter| adapter.is_object())
}
