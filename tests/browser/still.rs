//! What does not move, and what is not there: no layout shifts without input, large letters fit the screen, an embedded page
//! is the stage and its transport alone.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browse, scenes::stage};

/// Writes down what moves up or down without input, and how much all that moves counts. Figures that are set to the right or in
/// the middle begin elsewhere along their line when they get a digit more.
const WATCH: &str = "window.moved = [];
    window.shifted = 0;
    const named = ({ node, previousRect: a, currentRect: b }) =>
        `${node?.outerHTML?.slice(0, 70) ?? node?.textContent} from ${[a.x, a.y, a.width, a.height]} to ${[b.x, b.y, b.width, b.height]}`;
    const falls = ({ previousRect: a, currentRect: b }) => Math.abs(a.y - b.y) > 0.5;
    new PerformanceObserver((list) => list.getEntries().filter((shift) => !shift.hadRecentInput).forEach((shift) => {
        window.shifted += shift.value;
        window.moved.push(...shift.sources.filter(falls).map(named));
    })).observe({ type: 'layout-shift', buffered: true })";

#[test]
fn nothing_shifts_while_it_loads_and_trains() {
    browse(async |page| {
        page.prepare(WATCH).await?;
        for (width, height) in [(1280, 720), (360, 800)] {
            page.resize(width, height).await?;
            for scene in ["#data=ring8&play=1&backend=cpu", "#data=bimodal&play=1&backend=cpu"] {
                page.open(scene).await?;
                page.until("what comes later is there", async || page.has("export-png").await)
                    .await?;
                page.until_iteration(50.0).await?;
                tokio::time::sleep(Duration::from_secs(5)).await;
                let moved = page.run("return window.moved", &[]).await?;
                ensure!(moved == json!([]), "{scene} at {width}: {moved:#}");
                let shifted = page.run("return window.shifted", &[]).await?;
                ensure!(shifted.as_f64() < Some(0.01), "{scene} at {width}: {shifted}");
            }
        }
        // The watch sees what it is there to see.
        page.run("document.querySelector('main, .screen').style.marginTop = '80px'", &[]).await?;
        page.until("a planted shift is seen", async || {
            Ok(page.run("return window.moved.length > 0", &[]).await? == json!(true))
        })
        .await
    });
}

#[test]
fn a_projector_shows_the_game_without_scrolling() {
    browse(async |page| {
        page.resize(1280, 720).await?;
        for scene in ["#data=ring8&backend=cpu&present=1", "#data=bimodal&backend=cpu&present=1"] {
            stage(&page, scene).await?;
            page.until("what comes later is there", async || page.has("history").await).await?;
            let script = "const bottom = (of) => document.querySelector(of).getBoundingClientRect().bottom - innerHeight;
                return [bottom('.screen'), bottom('[data-testid=stage]'), bottom('[data-testid=play]'),
                    document.scrollingElement.scrollWidth - innerWidth].map(Math.round)";
            let over = page.run(script, &[]).await?;
            let most = over.as_array().into_iter().flatten().filter_map(serde_json::Value::as_f64);
            ensure!(
                most.fold(f64::NEG_INFINITY, f64::max) <= 1.0,
                "{scene} goes beyond the edges by {over}"
            );
        }
        Ok(())
    });
}

#[test]
fn an_embedded_page_is_stage_and_transport_alone() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu&embed=1").await?;
        let seen = async |id: &str| -> Result<bool> {
            let script = "return !!document.querySelector(`[data-testid='${arguments[0]}']`)?.checkVisibility()";
            Ok(page.run(script, &[json!(id)]).await? == json!(true))
        };
        for id in ["stage", "play", "reset", "step-d", "step-g", "step-both", "iteration"] {
            ensure!(seen(id).await?, "{id} is missing");
        }
        for id in ["slow", "share", "history", "preset", "loss", "value", "data-ring8"] {
            ensure!(!seen(id).await?, "{id} is there");
        }
        page.click("play").await?;
        page.until_iteration(20.0).await
    });
}
