//! Files in, checkpoints and images, and the link to share.

use adversaria_protocol::Command;
use js_sys::{Array, Function, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, FileList, ReadableStream, ReadableWritablePair, Response};

use adversaria_core::presets::Warm;
use adversaria_core::spec::{Own, RunSpec};

use crate::{
    address,
    page::{OwnWish, Page},
    view::header::grouped,
};

/// No file that the page takes is larger: the training images of MNIST have 45 MiB.
const MOST_BYTES: f64 = 256.0 * 1024.0 * 1024.0;

/// Characters that every program takes for a link.
const SHORT_LINK: usize = 2000;

/// Puts a run on stage that was trained before; it waits there.
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

/// End of the names of files that are unpacked as they are read.
const PACKED: &str = ".gz";

/// Takes files as they come, by picker or drop: a checkpoint or rows go on stage, anything else must be images.
pub fn take(page: Page, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|at| files.item(at)).collect();
    let checkpoint = files.iter().find(|file| file.name().ends_with(".safetensors")).cloned();
    let table = files.iter().find(|file| is_table(&file.name())).cloned();
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

/// Whether a file of this name holds rows of numbers, packed or not.
fn is_table(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(PACKED).unwrap_or(&name);
    TABLES.iter().any(|end| name.ends_with(end))
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
        read_files.push((name.strip_suffix(PACKED).unwrap_or(&name).to_owned(), read(file).await?));
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
    let stream = if name.to_ascii_lowercase().ends_with(PACKED) {
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
    let lacks = page.spec.with_untracked(|spec| spec.as_ref().and_then(|spec| lacks(spec, &link)));
    spawn_local(async move {
        if copy(&link).await {
            let copied = "The link to this experiment is copied.";
            page.tell(lacks.map_or_else(|| copied.into(), |lacks| format!("{copied} {lacks}")));
        } else {
            page.shared.set(Some(link));
            if let Some(lacks) = lacks {
                page.tell(lacks);
            }
        }
    });
}

/// What whoever opens a link may lack.
fn lacks(spec: &RunSpec, link: &str) -> Option<String> {
    let letters = link.len();
    match spec.own() {
        Own::File(..) => Some(
            "It names the rows of your file and does not hold them: whoever opens it needs that file, or the checkpoint \
             of this run, which holds them."
                .into(),
        ),
        _ if letters > SHORT_LINK => Some(format!(
            "With what was drawn it has {} characters, more than some programs pass on; the checkpoint of this run and \
             its TOML hold the same.",
            grouped(letters as u64)
        )),
        _ => None,
    }
}

async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Absent where the page is not served securely.
    let there = Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|c| !c.is_undefined());
    there && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_core::spec::{Address, Cloud};

    #[test]
    fn rows_are_known_by_their_names_packed_or_not() {
        for name in ["a.csv", "B.TSV", "c.txt", "d.csv.gz", "e.CSV.GZ"] {
            assert!(is_table(name), "{name}");
        }
        for name in ["train-images-idx3-ubyte.gz", "a.safetensors", "csv", "a.gz"] {
            assert!(!is_table(name), "{name}");
        }
    }

    #[test]
    fn a_link_says_what_it_does_not_hold() {
        let spec = |address: &str| Address::parse(address).expect("an address").spec;
        let said = |spec: &RunSpec| lacks(spec, &spec.address());
        assert_eq!(said(&spec("data=ring8")), None);
        let cloud = Cloud::of_values(2, &[0.5; 2 * 900]);
        let drawn = spec("data=drawn").with("points", &cloud.text()).expect("points");
        assert!(said(&drawn).is_some_and(|said| said.contains("characters")));
        let mark = cloud.mark().text();
        let file = spec(&format!("data=file&file={mark}"));
        assert!(said(&file).is_some_and(|said| said.contains("needs that file")));
    }
}
