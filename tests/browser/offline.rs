//! After one visit the page needs no network.

use adversaria_tests::{browser::Page, wire::Wire};
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{SITE, browse, browse_webgpu, scenes::stage};

#[test]
fn the_page_works_offline_after_the_first_visit() {
    browse(async |page| {
        let mut wire = Wire::to(&SITE.address()).await?;
        let page = page.at(wire.address());
        stage(&page, "#data=ring8&backend=cpu").await?;
        let kept = "await navigator.serviceWorker.ready;
            const names = (await (await caches.open('adversaria-1')).keys()).map((request) => new URL(request.url).pathname);
            const loaded = performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname);
            return ['/', '/worker.js', '/data/mnist-train-a.bin.gz', ...loaded].every((name) => names.includes(name))";
        page.until("the page is kept", async || Ok(page.api(kept).await? == json!(true))).await?;
        wire.cut().await;
        let gone =
            page.api("return await fetch('never-seen').then(() => false, () => true)").await?;
        ensure!(gone == json!(true), "the wire is not cut");
        for (hash, past) in
            [("#data=ring8&backend=cpu&seed=2", 50.0), ("#data=mnist&backend=cpu", 2.0)]
        {
            stage(&page, hash).await?;
            page.click("play").await?;
            page.until_iteration(past).await?;
        }
        // What the worker fetches only when it is needed is kept as well.
        let bytes = page.api("return (await a.checkpoint()).byteLength").await?;
        ensure!(bytes.as_f64().is_some_and(|bytes| bytes > 1000.0), "{bytes}");
        Ok(())
    });
}

/// A browser that keeps no page for later.
const KEEPS_NOTHING: &str =
    "Object.defineProperty(navigator, 'serviceWorker', { value: { register: async () => {} } })";

/// A run on stage in a page that has all its own parts and will get no others; the wire is the caller's to keep.
async fn cut_off(page: &Page, scene: &str) -> Result<(Wire, Page)> {
    let mut wire = Wire::to(&SITE.address()).await?;
    page.prepare(KEEPS_NOTHING).await?;
    let page = page.at(wire.address());
    stage(&page, scene).await?;
    page.until("the page has all its own parts", async || page.has("export-png").await).await?;
    wire.cut().await;
    Ok((wire, page))
}

#[test]
fn without_a_network_a_part_that_is_not_there_yet_is_told_and_the_run_goes_on() {
    browse(async |page| {
        let (_wire, page) = cut_off(&page, "#data=ring8&backend=cpu").await?;
        let refused = page
            .api("return await a.checkpoint().then(() => '', (e) => e.message)")
            .await?
            .to_string();
        ensure!(refused.contains("did not answer"), "no sentence: {refused}");
        let now = page.api("return (await a.advance(20)).iteration").await?;
        ensure!(now.as_f64().is_some_and(|now| now >= 20.0), "{now}");
        Ok(())
    });
}

/// On a GPU what computes on the CPU comes only after the first iterations, or when it is asked for.
#[test]
fn without_a_network_a_run_stays_on_the_gpu_and_says_why() {
    browse_webgpu(async |page| {
        let scene = "#data=ring8&g=8&d=8&batch=16&backend=webgpu";
        let (_wire, page) = cut_off(&page, scene).await?;
        let asked = "return await a.set('backend', 'cpu').then(() => '', (e) => e.message)";
        for _ in 0..2 {
            let refused = page.api(asked).await?.to_string();
            ensure!(
                refused.contains("computes on the CPU could not be loaded"),
                "no sentence: {refused}"
            );
        }
        let now = page.api("return (await a.advance(5)).iteration").await?;
        ensure!(now == json!(5), "{now}");
        let place = "return document.querySelector('[data-testid=backend]').dataset.value";
        ensure!(page.run(place, &[]).await? == json!("webgpu"), "it is elsewhere");
        Ok(())
    });
}
