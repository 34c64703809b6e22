//! The three kinds of scene train before one's eyes, on the CPU, and the console stays silent.

use adversaria_tests::{browser::Page, picture::Picture};
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    browse,
    steps::{give, until_is},
};

/// Less than this share of the stage in ink is as good as blank.
const BLANK: f64 = 0.005;

/// Opens the scene and waits until it is drawn, and until the pieces of the page that come after the first frame are there.
pub(crate) async fn stage(page: &Page, hash: &str) -> Result<Picture> {
    page.open(hash).await?;
    page.api("return 0").await?;
    page.until("the stage is drawn", async || Ok(page.picture("stage").await?.ink() > BLANK))
        .await?;
    page.until("what comes later is there", async || page.has("export-png").await).await?;
    // The first picture may still be coming in.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    page.picture("stage").await
}

/// Trains to past this iteration by the play button, and looks again. At least this share of the stage must change.
async fn trains(page: &Page, hash: &str, past: f64, share: f64) -> Result<Picture> {
    let before = stage(page, hash).await?;
    ensure!(page.number("iteration").await? == 0.0, "it trains before it is told to");
    page.click("play").await?;
    page.until_iteration(past).await?;
    page.until("it says how fast it is", async || {
        Ok(page.number("iterations-per-second").await? > 0.0)
    })
    .await?;
    for loss in ["loss-d", "loss-g"] {
        let value = page.number(loss).await?;
        ensure!(value.is_finite(), "{loss} is {value}");
    }
    page.click("play").await?;
    let after = page.picture("stage").await?;
    ensure!(after.ink() > BLANK, "the stage has gone blank");
    let changed = before.difference(&after)?;
    ensure!(changed > share, "only {:.2} % of the stage has changed", 100.0 * changed);
    ensure!(page.element("backend").await?.attr("data-value").await?.as_deref() == Some("cpu"));
    ensure!(!page.has("fault").await?, "{}", page.text("fault").await?);
    page.expect_quiet().await?;
    Ok(after)
}

/// Real is blue and generated is orange; both are drawn a little transparent, over a field of the same hues but paler.
fn shows_both(picture: &Picture) -> Result<()> {
    let real = picture.count(|red, _, blue| blue > red + 90);
    let fake = picture.count(|red, green, blue| red > blue + 120 && red > green + 40);
    ensure!(real > 300 && fake > 300, "{real} blue pixels, {fake} orange ones");
    Ok(())
}

#[test]
fn bimodal_trains() {
    browse(async |page| {
        shows_both(&trains(&page, "#data=bimodal&backend=cpu", 300.0, 0.01).await?)
    });
}

#[test]
fn ring8_trains() {
    browse(async |page| shows_both(&trains(&page, "#data=ring8&backend=cpu", 300.0, 0.03).await?));
}

#[test]
fn mnist_trains() {
    browse(async |page| trains(&page, "#data=mnist&backend=cpu", 20.0, 0.03).await.map(drop));
}

#[test]
fn the_opening_scene_plays_by_itself_without_an_address() {
    browse(async |page| {
        page.open("").await?;
        page.until_iteration(100.0).await?;
        page.click("play").await?;
        ensure!(page.picture("stage").await?.ink() > BLANK, "the stage is blank");
        page.expect_quiet().await
    });
}

#[test]
fn who_wants_less_motion_presses_play() {
    browse(async |page| {
        page.prefer("prefers-reduced-motion", "reduce").await?;
        trains(&page, "", 100.0, 0.01).await.map(drop)
    });
}

#[test]
fn a_density_is_learned() {
    browse(async |page| {
        let preset = "#data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5&optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256&backend=cpu";
        stage(&page, preset).await?;
        let jsd = async |n: u32| page.api(&format!("return (await a.advance({n})).jsd")).await;
        let (early, late) = (jsd(20).await?, jsd(4000).await?);
        let (Some(early), Some(late)) = (early.as_f64(), late.as_f64()) else {
            anyhow::bail!("the divergences are {early} and {late}");
        };
        ensure!(early > 0.2 && late < 0.08, "JSD went from {early} to {late} nats");
        // What the panel says is what the engine found.
        page.until("the panel follows", async || {
            Ok((page.number("jsd").await? - late).abs() < 1e-6)
        })
        .await?;
        let optimal = page.number("value-optimal").await?;
        ensure!(
            (optimal - (2.0 * late - 4.0_f64.ln())).abs() < 1e-5,
            "V(D*, G) is {optimal} at a JSD of {late}"
        );
        page.expect_quiet().await
    });
}

#[test]
fn samples_and_scores_come_as_numbers() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu").await?;
        let script = "const s = await a.sample(100), d = await a.score(s);
            return [s.constructor.name, s.length, d.length, s.every(Number.isFinite), d.every((p) => p > 0 && p < 1)]";
        ensure!(page.api(script).await? == json!(["Float32Array", 200, 100, true, true]));
        Ok(())
    });
}

#[test]
fn a_scene_that_was_trained_before_is_there_at_once() {
    browse(async |page| {
        stage(&page, "#data=bimodal&backend=cpu").await?;
        for (name, modes) in [("ring8", 8.0), ("gaussians", 2.0), ("bimodal", 2.0)] {
            give(&page, "preset", &format!("warm:{name}")).await?;
            page.until(&format!("{name} is on stage"), async || {
                let spec = page.api("return a.spec().data").await?;
                Ok(spec == json!(name) && page.number("iteration").await? == 10_000.0)
            })
            .await?;
            page.until(&format!("{name} has its modes"), async || {
                Ok(page.api("return a.metrics().modes").await?.as_f64() == Some(modes))
            })
            .await?;
            let named = "return document.querySelector('[data-testid=preset]').value";
            until_is(&page, "the list names it", named, json!(format!("warm:{name}"))).await?;
            ensure!(page.text("watch").await?.contains("10,000 iterations"), "nothing to watch");
        }
        // The same run untrained is the preset.
        page.click("reset").await?;
        let named = "return document.querySelector('[data-testid=preset]').value";
        until_is(&page, "the list names it", named, json!("bimodal")).await?;
        page.until("its sentence is there", async || {
            Ok(page.text("watch").await?.contains("by iteration 4,000"))
        })
        .await
    });
}
