//! What a first visit loads before anything trains, as hosts send it.

use std::{collections::BTreeSet, fs, path::Path};

use adversaria_tests::{browser::Page, wire::Wire};
use anyhow::{Context as _, Result, ensure};
use brotli::enc::BrotliEncoderParams;

use crate::{SITE, browse, browse_webgpu, built};

/// Page and worker together, bytes of brotli.
const MOST: usize = 400_000;
/// What any such page has: without these, something was not heard.
const KINDS: [&str; 6] = ["/", ".wasm", ".js", ".css", "/worker.js", "/sw.js"];

/// Bytes that a file has at brotli's best quality, with a window of 4 MiB.
fn weigh(file: &Path) -> Result<usize> {
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let best = BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut packed, &best)?;
    Ok(packed.len())
}

/// A service worker would answer in the network's place; its script is fetched all the same.
const ALONE: &str =
    "ServiceWorkerContainer.prototype.register = async (script) => { await fetch(script) };
    const watch = () => {
        if (+document.querySelector('[data-testid=iteration]')?.dataset.value > 0) window.begun = performance.now();
        else setTimeout(watch, 5);
    };
    watch();";

/// Whether a file is a part of the program that is fetched when it is needed.
fn is_later(path: &str) -> bool {
    path.contains("/split_") || path.contains("/chunk_")
}

/// The paths of what the page, its worker and the browser ask for until this toy scene trains. Of the parts of the program
/// those alone count that were asked for by then: the worker's are heard on the wire, the page's own it remembers.
async fn loaded(page: Page, hash: &str) -> Result<BTreeSet<String>> {
    let wire = Wire::to(&SITE.address()).await?;
    let page = page.at(wire.address());
    page.prepare(ALONE).await?;
    page.open(hash).await?;
    page.until_iteration(0.0).await?;
    let early: BTreeSet<String> = wire.asked().into_iter().collect();
    page.until("what comes later is there", async || page.has("past").await).await?;
    let mut paths: BTreeSet<String> = wire.asked().into_iter().collect();
    paths.retain(|path| early.contains(path) || !is_later(path));
    let begun = page.run("return window.begun", &[]).await?.as_f64().context("it trains")?;
    let script = "return performance.getEntriesByType('resource').map((entry) => [new URL(entry.name).pathname, entry.startTime])";
    let asked = page.run(script, &[]).await?;
    let mut after = BTreeSet::new();
    for entry in asked.as_array().context("the page knows no resources")? {
        let path = entry[0].as_str().context("a resource has no path")?;
        ensure!(is_later(path) || paths.contains(path), "{path} was not heard: {paths:?}");
        if is_later(path) && entry[1].as_f64() > Some(begun) {
            after.insert(path.to_owned());
        }
    }
    ensure!(!after.is_empty(), "nothing comes later: {paths:?}");
    Ok(&paths - &after)
}

#[test]
fn page_and_worker_weigh_at_most_400_kb_of_brotli() {
    let paths = browse(async |page| loaded(page, "#data=ring8&backend=cpu&play=1").await);
    let has = |part: &str| paths.iter().any(|path| path.contains(part));
    assert!(has("/split_cpu") && !has("/split_gpu"), "training waits for another part: {paths:?}");
    hold(&paths, MOST);
}

/// Most visitors' browsers have an adapter: then the part that speaks to it is loaded before anything trains, and the one
/// that computes on the CPU is not.
#[test]
fn so_they_do_on_a_gpu() {
    let paths = browse_webgpu(async |page| loaded(page, "#data=ring8&backend=webgpu&play=1").await);
    let has = |part: &str| paths.iter().any(|path| path.contains(part));
    assert!(has("/split_gpu") && !has("/split_cpu"), "training waits for another part: {paths:?}");
    hold(&paths, MOST);
}

/// Everything is among the paths, and not too heavy.
fn hold(paths: &BTreeSet<String>, most: usize) {
    for kind in KINDS {
        assert!(paths.iter().any(|path| path.ends_with(kind)), "there is no {kind}: {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.starts_with("/data/")), "a toy needs no data: {paths:?}");
    let folder = built();
    let file = |path: &str| folder.join(if path == "/" { "index.html" } else { &path[1..] });
    let files: Vec<(usize, &String)> =
        paths.iter().map(|path| (weigh(&file(path)).unwrap(), path)).collect();
    let sum: usize = files.iter().map(|(bytes, _)| bytes).sum();
    let list: String = files.iter().map(|(bytes, path)| format!("\n{bytes:>9} {path}")).collect();
    println!("{sum} bytes of brotli:{list}");
    assert!(sum <= most, "{sum} bytes of brotli, {} too many:{list}", sum.saturating_sub(most));
}
