//! The game panel and the layers: live thumbnails, the players from the inside, slow motion, and G unfolding its lattice.

use std::time::Duration;

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    browse,
    scenes::stage,
    steps::{give, pixels, state, until_is},
};

const SCENE: &str = "#data=ring8&backend=cpu&g=16,16&d=16,16&batch=64";

/// How many pixels of each canvas in the graph are painted.
const PAINTED: &str = "return [...document.querySelectorAll('.graph canvas')].map((canvas) => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let painted = 0;
    for (let at = 3; at < pixels.length; at += 4) painted += pixels[at] > 0;
    return painted; })";

/// How many pixels of the fakes' thumbnail have the colour of a pull, in either theme redder than green and bluer than orange.
const PULLED: &str = "const canvas = document.querySelector('canvas[data-of=fake]');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let pulled = 0;
    for (let at = 0; at < pixels.length; at += 4) {
        const [r, g, b, a] = pixels.slice(at, at + 4);
        pulled += a > 128 && r > g + 60 && b > g + 30;
    }
    return pulled";

#[test]
fn every_thumbnail_of_the_game_is_live() {
    browse(async |page| {
        for (scene, kind) in [(SCENE, "2D"), ("#data=bimodal&backend=cpu", "1D")] {
            stage(&page, scene).await?;
            page.click("play").await?;
            page.until_iteration(200.0).await?;
            page.click("play").await?;
            // G, fakes, real, D, and both losses, all but the data follow the run.
            page.until(&format!("six thumbnails are painted in {kind}"), async || {
                let painted = page.run(PAINTED, &[]).await?;
                let counts = painted.as_array().map(Vec::as_slice).unwrap_or_default();
                Ok(counts.len() == 6 && counts.iter().all(|n| n.as_f64() > Some(20.0)))
            })
            .await?;
            if kind == "2D" {
                page.until("the fakes are pulled", async || {
                    Ok(page.run(PULLED, &[]).await?.as_f64() > Some(10.0))
                })
                .await?;
            }
            let of = ["g", "fake", "d", "loss-d", "loss-g"];
            let looks = async || {
                let mut all = vec![];
                for of in of {
                    all.push(pixels(&page, &format!("canvas[data-of={of}]")).await?);
                }
                anyhow::Ok(all)
            };
            let before = looks().await?;
            page.api("await a.advance(400)").await?;
            page.until(&format!("each has changed in {kind}"), async || {
                Ok(looks().await?.iter().zip(&before).all(|(now, then)| now != then))
            })
            .await?;
        }
        Ok(())
    });
}

/// Puts a scene on stage whose canvas is drawn by the processor: browsers go over to that once a canvas has been read a
/// few times, and what they draw then differs in its last bits.
async fn stage_to_read(page: &Page, scene: &str) -> Result<()> {
    stage(page, scene).await?;
    for _ in 0..8 {
        pixels(page, "[data-testid=stage]").await?;
    }
    Ok(())
}

#[test]
fn the_thumbnail_of_z_shows_the_latents_of_this_run() {
    browse(async |page| {
        let dots = "return document.querySelector('.node.z path').getAttribute('d')";
        let mut seen = Vec::new();
        for scene in [SCENE.to_owned(), format!("{SCENE}&seed=7"), format!("{SCENE}&z=uniform:3")] {
            stage(&page, &scene).await?;
            let known = seen.clone();
            page.until(&format!("its own dots for {scene}"), async || {
                let now = page.run(dots, &[]).await?;
                Ok(now.as_str().is_some_and(|d| d.matches('M').count() == 60)
                    && !known.contains(&now))
            })
            .await?;
            seen.push(page.run(dots, &[]).await?);
        }
        Ok(())
    });
}

#[test]
fn units_are_seen_by_pointer_and_keyboard_and_follow_the_run() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        for (node, id) in [(".node.d", "units-d"), (".node.g", "units-g")] {
            page.run("document.querySelector(arguments[0]).click()", &[json!(node)]).await?;
            let (canvas, text) =
                (format!("[data-testid={id}] canvas"), format!("[data-testid={id}] p"));
            let says = "return document.querySelector(arguments[0])?.textContent ?? ''";
            let until = async |what: &str| {
                page.until(&format!("{id} says {what}"), async || {
                    let said = page.run(says, &[json!(text)]).await?;
                    Ok(said.as_str().is_some_and(|said| said.contains(what)))
                })
                .await
            };
            until("layers of 16, 16").await?;
            let before = pixels(&page, &canvas).await?;
            page.api("await a.advance(300)").await?;
            page.until("the fields have changed", async || {
                Ok(pixels(&page, &canvas).await? != before)
            })
            .await?;
            let press = "const canvas = document.querySelector(arguments[0]); canvas.focus();
                for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight'])
                    canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))";
            page.run(press, &[json!(canvas)]).await?;
            until("layer 2, unit 2").await?;
        }
        Ok(())
    });
}

/// The part of an update that is shown.
const BEAT: &str = "return document.querySelector('.graph').dataset.beat";

async fn beat(page: &Page, class: &str) -> Result<()> {
    page.click("beat").await?;
    until_is(page, &format!("the part is {class}"), BEAT, json!(class)).await
}

async fn opacity(page: &Page, of: &str) -> Result<f64> {
    let script = "return +getComputedStyle(document.querySelector(arguments[0])).opacity";
    Ok(page.run(script, &[json!(of)]).await?.as_f64().unwrap_or(f64::NAN))
}

#[test]
fn slow_motion_shows_each_part_of_an_update_with_this_runs_numbers() {
    browse(async |page| {
        stage_to_read(&page, SCENE).await?;
        page.api("await a.advance(50)").await?;
        page.until_iteration(49.0).await?;
        page.click("slow").await?;
        beat(&page, "d0").await?;
        ensure!(opacity(&page, ".edges .real").await? > 0.9, "the data's edge is not lit");
        ensure!(opacity(&page, ".edges .score").await? < 0.5, "the score's edge is lit");
        ensure!(page.text("beat-numbers").await?.contains("m = 64"), "the batch is not named");
        let before = pixels(&page, "[data-testid=stage]").await?;
        beat(&page, "d1").await?;
        beat(&page, "d2").await?;
        beat(&page, "d3").await?;
        // The loss of the update under way, which the call gives too.
        let loss = page.api("return a.metrics().lossD.toFixed(4)").await?;
        let loss = loss.as_str().unwrap_or("none").to_owned();
        page.until("the loss is this batch's", async || {
            Ok(page.text("beat-numbers").await? == format!("= {loss} on this batch"))
        })
        .await?;
        beat(&page, "d4").await?;
        let held = pixels(&page, "[data-testid=stage]").await?;
        ensure!(held == before, "D has moved before its part");
        beat(&page, "d5").await?;
        page.until("D has moved", async || {
            Ok(pixels(&page, "[data-testid=stage]").await? != before)
        })
        .await?;
        for part in 0..6 {
            beat(&page, &format!("g{part}")).await?;
        }
        page.until("an iteration is made", async || Ok(page.number("iteration").await? == 51.0))
            .await?;
        // Watched or not, it is the same run.
        let watched = state(&page).await?;
        page.click("slow").await?;
        page.api(&format!("await a.load('{SCENE}'); await a.advance(51)")).await?;
        ensure!(state(&page).await? == watched, "slow motion is another run");
        Ok(())
    });
}

#[test]
fn slow_motion_goes_on_by_itself_and_by_key() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        page.click("slow").await?;
        page.until("there is a tempo", async || page.has("tempo").await).await?;
        give(&page, "tempo", "4").await?;
        page.click("play").await?;
        page.until("an iteration is made", async || Ok(page.number("iteration").await? >= 1.0))
            .await?;
        page.press(" ").await?;
        let rests = page.run(BEAT, &[]).await?;
        tokio::time::sleep(Duration::from_millis(600)).await;
        ensure!(page.run(BEAT, &[]).await? == rests, "it goes on after a pause");
        page.press("n").await?;
        page.until("a key goes on", async || Ok(page.run(BEAT, &[]).await? != rests)).await
    });
}

/// Milliseconds between parts of slow motion that goes on by itself, of eight of them.
const STEPS: &str = "return new Promise((done) => {
    const graph = document.querySelector('.graph'), times = [];
    const watcher = new MutationObserver(() => {
        times.push(performance.now());
        if (times.length === 9) { watcher.disconnect(); done((times[8] - times[0]) / 8); }
    });
    watcher.observe(graph, { attributeFilter: ['data-beat'] }); })";

#[test]
fn slow_motion_that_was_paused_and_played_twice_walks_once() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        page.click("slow").await?;
        page.until("there is a tempo", async || page.has("tempo").await).await?;
        give(&page, "tempo", "4").await?;
        let walk = "document.querySelector('[data-testid=play]').click()";
        for _ in 0..5 {
            page.run(walk, &[]).await?;
        }
        let step = page.run(STEPS, &[]).await?.as_f64().unwrap_or_default();
        ensure!((200.0..450.0).contains(&step), "a part every {step} ms at four a second");
        Ok(())
    });
}

#[test]
fn a_node_says_that_it_is_open_only_while_its_editor_is_seen() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        let open = "return [document.querySelector('.node.d').getAttribute('aria-expanded'),
            document.querySelector('#panel-d').checkVisibility()]";
        page.run("document.querySelector('.node.d').click()", &[]).await?;
        until_is(&page, "its editor is open", open, json!(["true", true])).await?;
        page.click("slow").await?;
        until_is(&page, "slow motion has its room", open, json!(["false", false])).await?;
        page.run("document.querySelector('.node.d').click()", &[]).await?;
        until_is(&page, "who asks for it gets it", open, json!(["true", true])).await?;
        ensure!(
            !page.has("slow-panel").await?
                || !page.element("slow-panel").await?.is_displayed().await?
        );
        Ok(())
    });
}

#[test]
fn each_layer_is_seen_and_hidden() {
    browse(async |page| {
        page.prefer("prefers-reduced-motion", "reduce").await?;
        let plane = [
            "model",
            "density",
            "d-optimal",
            "difference",
            "pulls",
            "grid",
            "average",
            "contour",
            "field",
            "real",
            "fake",
        ];
        let line = ["data", "model", "average", "d", "d-optimal", "arrows"];
        let scenes = [
            (format!("{SCENE}&ema=0.9"), &plane[..]),
            ("#data=bimodal&backend=cpu&g=16&d=16&ema=0.9".to_owned(), &line[..]),
        ];
        for (scene, layers) in scenes {
            each_layer(&page, &scene, layers).await?;
        }
        Ok(())
    });
}

async fn each_layer(page: &Page, scene: &str, layers: &[&str]) -> Result<()> {
    stage_to_read(page, scene).await?;
    page.api("await a.advance(300)").await?;
    page.until_iteration(299.0).await?;
    // The usual frame after an advance.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let look = async || pixels(page, "[data-testid=stage]").await;
    for layer in layers {
        let before = look().await?;
        page.click(&format!("layer-{layer}")).await?;
        page.until(&format!("{layer} makes a difference"), async || Ok(look().await? != before))
            .await?;
        // The lattice comes out of z a while after it was asked for.
        if *layer == "grid" {
            tokio::time::sleep(Duration::from_millis(1200)).await;
        }
        let with = look().await?;
        page.click(&format!("layer-{layer}")).await?;
        page.until(&format!("without {layer} it is gone"), async || Ok(look().await? != with))
            .await?;
    }
    Ok(())
}

#[test]
fn the_lattice_unfolds_unless_motion_is_unwelcome() {
    browse(async |page| {
        page.prefer("prefers-reduced-motion", "no-preference").await?;
        stage_to_read(&page, SCENE).await?;
        page.api("await a.advance(300)").await?;
        page.until_iteration(299.0).await?;
        let pictures = "return new Promise((done) => {
            const canvas = document.querySelector('[data-testid=stage]'), seen = new Set(), begun = performance.now();
            document.querySelector('[data-testid=unfold]').click();
            const look = () => {
                const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                let sum = 7;
                for (let at = 0; at < data.length; at += 16) sum = (31 * sum + data[at]) | 0;
                seen.add(sum);
                performance.now() - begun < 2600 ? setTimeout(look, 60) : done(seen.size);
            };
            look(); })";
        page.click("layer-grid").await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        // A busy machine draws few of them; both ends and one between must be seen.
        let mut moving = 0.0;
        for _ in 0..5 {
            moving = page.run(pictures, &[]).await?.as_f64().unwrap_or_default().max(moving);
        }
        ensure!(moving >= 3.0, "only {moving} pictures between z and x");
        page.prefer("prefers-reduced-motion", "reduce").await?;
        let still = page.run(pictures, &[]).await?.as_f64().unwrap_or_default();
        ensure!(still <= 2.0, "{still} pictures, though motion is unwelcome");
        Ok(())
    });
}
