//! After one visit the page needs no network.

use adversaria_tests::wire::Wire;
use anyhow::ensure;
use serde_json::json;

use crate::{SITE, browse, scenes::stage};

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
        Ok(())
    });
}
