//! Files from beside the page, with progress, decompressed.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DedicatedWorkerGlobalScope, ReadableStreamDefaultReader, ReadableWritablePair, Response,
};

#[wasm_bindgen]
extern "C" {
    /// Every browser since 2023 has it; web-sys still counts it as unstable.
    #[wasm_bindgen(extends = ReadableWritablePair)]
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// The bytes of a file, decompressed when they are gzip; `progress` hears bytes so far and in all (0: unknown).
pub(crate) async fn bytes(path: &str, progress: impl Fn(u64, u64)) -> Result<Vec<u8>, String> {
    let scope: DedicatedWorkerGlobalScope =
        js_sys::global().dyn_into().map_err(|_| "not in a worker".to_string())?;
    let response = JsFuture::from(scope.fetch_with_str(path))
        .await
        .map_err(|_| format!("{path} cannot be reached"))?;
    let response: Response = response.dyn_into().map_err(|_| format!("{path} cannot be read"))?;
    if !response.ok() {
        return Err(format!("{path} answered {}", response.status()));
    }
    let raw = stream(&response, progress).await.map_err(|error| sentence(path, &error))?;
    // Some servers decompress on the way.
    if raw.starts_with(&[0x1f, 0x8b]) {
        gunzip(&raw).await.map_err(|error| sentence(path, &error))
    } else {
        Ok(raw)
    }
}

async fn stream(response: &Response, progress: impl Fn(u64, u64)) -> Result<Vec<u8>, JsValue> {
    let total = response
        .headers()
        .get("content-length")?
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let Some(body) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    let mut bytes = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await?;
        if Reflect::get(&part, &"done".into())?.is_truthy() {
            return Ok(bytes);
        }
        let chunk = Uint8Array::new(&Reflect::get(&part, &"value".into())?);
        let begin = bytes.len();
        bytes.resize(begin + chunk.length() as usize, 0);
        chunk.copy_to(&mut bytes[begin..]);
        progress(bytes.len() as u64, total);
    }
}

async fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, JsValue> {
    let packed = Uint8Array::from(bytes);
    let Some(body) = Response::new_with_opt_buffer_source(Some(&packed))?.body() else {
        return Ok(Vec::new());
    };
    let unpacker = DecompressionStream::new("gzip")?;
    let whole = Response::new_with_opt_readable_stream(Some(&body.pipe_through(&unpacker)))?;
    let buffer = JsFuture::from(whole.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn sentence(path: &str, error: &JsValue) -> String {
    let why = error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| "unknown".into(), |e| String::from(e.message()));
    format!("{path} is damaged ({why})")
}
