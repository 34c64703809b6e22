//! What a first visit loads before anything trains, as hosts send it.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use adversaria_tests::wire::Wire;
use anyhow::{Context as _, Result, ensure};
use brotli::enc::BrotliEncoderParams;

use crate::{SITE, browse, built};

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
    "ServiceWorkerContainer.prototype.register = async (script) => { await fetch(script) }";

/// Whether a file is a part of the program that is fetched when it is needed.
fn is_later(path: &str) -> bool {
    path.contains("/split_") || path.contains("/chunk_")
}

/// The paths of what the page, its worker and the browser ask for until a toy scene trains.
fn loaded() -> BTreeSet<String> {
    browse(async |page| {
        let wire = Wire::to(&SITE.address()).await?;
        let page = page.at(wire.address());
        page.prepare(ALONE).await?;
        page.open("#data=ring8&backend=cpu&play=1").await?;
        page.until_iteration(0.0).await?;
        let until_then = wire.asked();
        ensure!(until_then.iter().all(|path| !is_later(path)), "it waits for more: {until_then:?}");
        // Icons and the like come before or after, by chance.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let paths: BTreeSet<String> = wire.asked().into_iter().collect();
        let script = "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)";
        let known = page.run(script, &[]).await?;
        for path in known.as_array().context("the page knows no resources")? {
            let heard = |path: &str| is_later(path) || paths.contains(path);
            ensure!(path.as_str().is_some_and(heard), "{path} was not heard: {paths:?}");
        }
        Ok(paths.into_iter().filter(|path| !is_later(path)).collect())
    })
}

#[test]
fn page_and_worker_weigh_at_most_400_kb_of_brotli() {
    let paths = loaded();
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
    assert!(sum <= MOST, "{sum} bytes of brotli, {} too many:{list}", sum.saturating_sub(MOST));
}
