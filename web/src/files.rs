//! Files in, checkpoints and images, and the link to share.

use adversaria_protocol::Command;
use js_sys::{Array, Function, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, FileList, ReadableStream, ReadableWritablePair, Response};

use adversaria_core::presets::Warm;

use crate::{
    address,
    page::{OwnWish, Page},
    view::header::grouped,
};

/// No file that the page takes is larger: the training images of MNIST have 45 MiB.
const MOST_BYTES: f64 = 256.0 * 1024.0 * 1024.0;

/// Puts a run on stage that was trained before, and plays on.
pub fn show_warm(page: Page, warm: &'static Warm) {
    spawn_local(async move {
        match fetched(&format!("warm/{}.safetensors", warm.name)).await {
            Ok(bytes) => page.ask(
                |id| Command::Restore { id, bytes },
                move |result| {
                    if result.is_ok() {
                        page.fault.set(None);
                        page.tell(format!(
                            "{}: trained for {} iterations.",
                            warm.title,
                            grouped(warm.steps.into())
                        ));
                    }
                },
            ),
            Err(_) => page.complain(format!(
                "{}: its file could not be loaded; the run goes on.",
                warm.title
            )),
        }
    });
}

/// The bytes of one of the page's own files.
async fn fetched(path: &str) -> Result<Vec<u8>, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(path)).await?.dyn_into()?;
    if !response.ok() {
        return Err(response.status_text().into());
    }
    Ok(Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?).to_vec())
}

/// Ends of the names of files that hold rows of numbers.
const TABLES: [&str; 3] = [".csv", ".tsv", ".txt"];

/// Takes files as they come, by picker or drop: a checkpoint or rows go on stage, anything else must be images.
pub fn take(page: Page, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|at| files.item(at)).collect();
    let checkpoint = files.iter().find(|file| file.name().ends_with(".safetensors")).cloned();
    let ends =
        |file: &&File| TABLES.iter().any(|end| file.name().to_ascii_lowercase().ends_with(end));
    let table = files.iter().find(ends).cloned();
    if !files.is_empty() {
        spawn_local(async move {
            let done = match (checkpoint, table) {
                (Some(file), _) => restore(page, &file).await,
                (_, Some(file)) => read(&file).await.map(|bytes| {
                    page.own.set(Some(OwnWish::Table(file.name(), bytes.into())));
                }),
                _ => images(page, &files).await,
            };
            if let Err(sentence) = done {
                page.complain(sentence);
            }
        });
    }
}

async fn restore(page: Page, file: &File) -> Result<(), String> {
    let (bytes, name) = (read(file).await?, file.name());
    page.ask(
        |id| Command::Restore { id, bytes },
        move |result| {
            if result.is_ok() {
                page.fault.set(None);
                page.tell(format!("The run of {name} is on stage."));
            }
        },
    );
    Ok(())
}

async fn images(page: Page, files: &[File]) -> Result<(), String> {
    let mut read_files = Vec::with_capacity(files.len());
    for file in files {
        let name = file.name();
        read_files.push((name.strip_suffix(".gz").unwrap_or(&name).to_owned(), read(file).await?));
    }
    let count = files.len();
    page.ask(
        |id| Command::Images { id, files: read_files },
        move |result| {
            if result.is_ok() {
                page.tell(if count == 1 {
                    "The file is taken.".into()
                } else {
                    format!("The {count} files are taken.")
                });
            }
        },
    );
    Ok(())
}

/// The bytes of a file, unpacked when its name ends in `.gz`.
pub async fn read(file: &File) -> Result<Vec<u8>, String> {
    let name = file.name();
    if file.size() > MOST_BYTES {
        return Err(format!(
            "{name} has {:.0} MiB; at most 256 are read, and the run goes on.",
            file.size() / 1_048_576.0
        ));
    }
    let stream = file.stream();
    let stream = if name.ends_with(".gz") {
        unpacked(&stream).map_err(|_| cannot_read(&name))?
    } else {
        stream
    };
    let bytes = bytes_of(&stream).await.map_err(|_| cannot_read(&name))?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

fn cannot_read(name: &str) -> String {
    format!("{name} could not be read or unpacked; the run goes on, please check the file.")
}

fn unpacked(stream: &ReadableStream) -> Result<ReadableStream, JsValue> {
    // web-sys counts this class as unstable; browsers have had it since 2023.
    let class: Function = Reflect::get(&window(), &"DecompressionStream".into())?.dyn_into()?;
    let unpack = Reflect::construct(&class, &Array::of1(&"gzip".into()))?;
    Ok(stream.pipe_through(unpack.unchecked_ref::<ReadableWritablePair>()))
}

async fn bytes_of(stream: &ReadableStream) -> Result<JsValue, JsValue> {
    let whole = Response::new_with_opt_readable_stream(Some(stream))?;
    JsFuture::from(whole.array_buffer()?).await
}

/// Copies the link to what is on stage; where the browser forbids that, shows it selected.
pub fn share(page: Page) {
    let link = address::link(page);
    spawn_local(async move {
        if copy(&link).await {
            page.tell("The link to this experiment is copied.");
        } else {
            page.shared.set(Some(link));
        }
    });
}

async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Absent where the page is not served securely.
    let there = Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|c| !c.is_undefined());
    there && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
