//! The controls: at once, while it trains as fast as it can; by button, by key, by call.

use adversaria_tests::browser::Page;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{browse, browse_alone, scenes::stage};

const SCENE: &str = "#data=ring8&backend=cpu";

/// The middle one of several measurements in the page, milliseconds: the machine may be busy with something else.
async fn median_millis(page: &Page, script: &str) -> Result<f64> {
    let mut millis = Vec::new();
    for _ in 0..5 {
        millis.push(page.api(script).await?.as_f64().context("the measurement is not a number")?);
    }
    millis.sort_by(f64::total_cmp);
    println!("milliseconds: {millis:?}");
    Ok(millis[millis.len() / 2])
}

#[test]
fn pause_takes_effect_within_a_tenth_of_a_second() {
    browse_alone(async |page| {
        stage(&page, SCENE).await?;
        let script = "const from = a.metrics().iteration; a.play();
            while (a.metrics().iteration < from + 10) await new Promise((go) => setTimeout(go, 20));
            const start = performance.now(); a.pause();
            while (a.metrics().standing === 'playing') await new Promise((go) => setTimeout(go, 1));
            const took = performance.now() - start, at = a.metrics().iteration;
            await new Promise((go) => setTimeout(go, 300));
            if (a.metrics().iteration !== at) throw new Error('it trains on');
            return took";
        let millis = median_millis(&page, script).await?;
        ensure!(millis <= 100.0, "a pause takes {millis} ms");
        Ok(())
    });
}

#[test]
fn k_changes_within_a_fifth_of_a_second_while_it_trains() {
    browse_alone(async |page| {
        stage(&page, SCENE).await?;
        // A frame may be under way while k changes: only the one after it is sure to be later.
        let script = "const next = async () => {
                const at = a.metrics().iteration;
                while (a.metrics().iteration === at) await new Promise((go) => setTimeout(go, 20));
                return a.metrics();
            };
            a.play(); await next();
            const kd = 2 + Number(a.spec().kd) % 8, start = performance.now();
            await a.set('kd', String(kd));
            const took = performance.now() - start;
            if (a.spec().kd !== String(kd)) throw new Error('kd is ' + a.spec().kd);
            await next();
            const from = await next();
            await new Promise((go) => setTimeout(go, 500));
            const to = await next(), ratio = (to.updatesD - from.updatesD) / (to.iteration - from.iteration);
            if (to.standing !== 'playing') throw new Error('it stopped');
            if (Math.abs(ratio - kd) > 0.5) throw new Error(`k_D is ${kd}, and D was updated ${ratio} times an iteration`);
            return took";
        let millis = median_millis(&page, script).await?;
        ensure!(millis <= 200.0, "a change of k_D takes {millis} ms");
        Ok(())
    });
}

/// Updates of D, of G, and whole iterations.
async fn counts(page: &Page) -> Result<Value> {
    page.api("const m = a.metrics(); return [m.updatesD, m.updatesG, m.iteration]").await
}

async fn until_counts(page: &Page, want: [u32; 3]) -> Result<()> {
    page.until(&format!("the counts are {want:?}"), async || Ok(counts(page).await? == json!(want)))
        .await
}

#[test]
fn keys_play_step_and_reset() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        page.press("d").await?;
        until_counts(&page, [1, 0, 0]).await?;
        page.press("g").await?;
        until_counts(&page, [1, 1, 0]).await?;
        page.press("r").await?;
        until_counts(&page, [0, 0, 0]).await?;
        page.press("s").await?;
        until_counts(&page, [1, 1, 1]).await?;
        page.press(" ").await?;
        page.until_iteration(10.0).await?;
        page.press(" ").await?;
        page.until("it pauses", async || {
            Ok(page.api("return a.metrics().standing").await? == json!("paused"))
        })
        .await?;
        page.press("r").await?;
        until_counts(&page, [0, 0, 0]).await?;
        page.press("?").await?;
        page.until("there is a list of keys", async || {
            Ok(page.run("return !!document.querySelector('dialog[open]')", &[]).await?
                == json!(true))
        })
        .await?;
        page.expect_quiet().await
    });
}

/// At every turn of the page's loop, from before a run comes on stage until after its first frame.
#[test]
fn a_run_on_stage_has_figures_from_the_first_moment() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        let script = "await a.advance(7);
            while (a.metrics().iteration !== 7) await new Promise((go) => setTimeout(go, 20));
            const kept = await a.checkpoint(), seen = new Set(), turns = new MessageChannel();
            const turn = () => new Promise((go) => { turns.port1.onmessage = go; turns.port2.postMessage(0); });
            const watch = async (doing) => {
                let done = false;
                doing?.then(() => { done = true; });
                for (const start = performance.now(); !done && performance.now() < start + 1000; await turn()) {
                    const m = a.metrics();
                    seen.add(m === null ? 'nothing' : `${m.iteration} ${m.updatesD} ${m.updatesG}`);
                }
            };
            a.reset(); await watch(null);
            await watch(a.load('data=moons&backend=cpu'));
            await watch(a.restore(kept));
            return [...seen].sort()";
        let seen = page.api(script).await?;
        ensure!(seen == json!(["0 0 0", "7 7 7"]), "the figures were {seen}");
        let at = page.api("return a.metrics().iteration").await?;
        ensure!(at == json!(7), "the restored run is at {at}");
        page.expect_quiet().await
    });
}

#[test]
fn buttons_step_and_reset() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        page.click("step-d").await?;
        until_counts(&page, [1, 0, 0]).await?;
        page.click("step-g").await?;
        until_counts(&page, [1, 1, 0]).await?;
        page.click("reset").await?;
        until_counts(&page, [0, 0, 0]).await?;
        page.click("step-both").await?;
        until_counts(&page, [1, 1, 1]).await
    });
}

#[test]
fn another_data_set_takes_the_stage_by_its_button() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        for data in ["laplace", "moons", "mnist"] {
            page.click(&format!("data-{data}")).await?;
            let staged = async || Ok(page.api("return a.spec().data").await? == json!(data));
            page.until(&format!("{data} is on stage"), staged).await?;
        }
        page.expect_quiet().await
    });
}

#[test]
fn until_stops_there_exactly() {
    browse(async |page| {
        stage(&page, "#data=bimodal&backend=cpu&until=250&play=1").await?;
        let arrived =
            async || Ok(page.api("return a.metrics().standing").await? == json!("arrived"));
        page.until("it arrives", arrived).await?;
        ensure!(page.api("return a.metrics().iteration").await? == json!(250));
        // What people read follows ten times a second.
        page.until("the page says so", async || Ok(page.number("iteration").await? == 250.0)).await
    });
}
