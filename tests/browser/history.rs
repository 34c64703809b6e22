//! Going back: any earlier moment exactly, on from there, and branches.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    browse, browse_webgpu,
    keep::{CATCH, keep_text},
    scenes::stage,
    steps::{give, state, until_is},
};

const SCENE: &str = "#data=ring8&backend=cpu&g=16,16&d=16,16";

/// The names of the branches there are.
const BRANCHES: &str = "return [...document.querySelectorAll('[data-testid=branch] option')].map((option) => option.textContent)";

async fn until_moment(page: &Page, iteration: u32) -> Result<()> {
    let moment = "return document.querySelector('[data-testid=moment]')?.dataset.value";
    until_is(page, &format!("the moment is {iteration}"), moment, json!(iteration.to_string()))
        .await
}

/// Trains by that many iterations, to this one.
async fn train(page: &Page, by: u32, to: u32) -> Result<()> {
    page.api(&format!("await a.advance({by})")).await?;
    until_moment(page, to).await
}

/// Drags the slider there.
async fn drag(page: &Page, iteration: u32) -> Result<()> {
    give(page, "history", &iteration.to_string()).await?;
    until_moment(page, iteration).await
}

/// To 500, back to 300 and 299, and on to 500 again: each moment is what it was.
async fn come_back(page: &Page, scene: &str) -> Result<()> {
    stage(page, scene).await?;
    train(page, 300, 300).await?;
    let early = state(page).await?;
    train(page, 200, 500).await?;
    let late = state(page).await?;
    drag(page, 300).await?;
    ensure!(state(page).await? == early, "300 is not what it was");
    // By the keyboard: one iteration a press.
    page.element("history").await?.send_keys("\u{e012}").await?;
    until_moment(page, 299).await?;
    page.api("await a.advance(201)").await?;
    ensure!(state(page).await? == late, "500 is not what it was");
    let branches = "return document.querySelectorAll('[data-testid=branch] option').length";
    ensure!(page.run(branches, &[]).await? == json!(1), "going on unchanged made a branch");
    page.expect_quiet().await
}

#[test]
fn an_earlier_moment_comes_back_exactly_and_goes_on_as_it_did() {
    browse(async |page| come_back(&page, SCENE).await);
}

#[test]
fn so_it_does_on_webgpu() {
    browse_webgpu(async |page| come_back(&page, &SCENE.replace("=cpu", "=webgpu")).await);
}

/// Where the slider stands, and how far it goes.
async fn slider(page: &Page) -> Result<(f64, f64)> {
    let script = "const slider = document.querySelector('[data-testid=history]'); return [+slider.value, +slider.max]";
    let seen = page.run(script, &[]).await?;
    Ok((seen[0].as_f64().unwrap_or(f64::NAN), seen[1].as_f64().unwrap_or(f64::NAN)))
}

/// The value chart's and the losses' words: from where to where each curve goes does not change by going back.
async fn curves(page: &Page) -> Result<serde_json::Value> {
    let script = "const read = async (x) => {
            const on = document.querySelector('[data-testid=chart-losses]'), room = on.getBoundingClientRect();
            on.dispatchEvent(new PointerEvent('pointermove',
                { clientX: room.left + x * room.width, clientY: room.top + room.height / 2, bubbles: true, pointerType: 'mouse' }));
            await new Promise((go) => setTimeout(go, 150));
            return document.querySelector('[data-testid=glance]')?.textContent ?? null;
        };
        return [await read(0.3), await read(0.6), await read(0.99)]";
    page.api(script).await
}

/// The iterations of the table's rows.
async fn rows(page: &Page) -> Result<Vec<u64>> {
    let csv = keep_text(page, "export-csv", ".csv").await?;
    Ok(csv.lines().skip(1).filter_map(|line| line.split(',').next()?.parse().ok()).collect())
}

#[test]
fn going_back_forgets_no_figure_and_each_branch_has_its_own() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        stage(&page, SCENE).await?;
        for step in 1..=6 {
            train(&page, 100, 100 * step).await?;
        }
        let (seen, table) = (curves(&page).await?, rows(&page).await?);
        let said = seen.to_string();
        ensure!(said.contains("iteration 600: ") && !said.contains("null"), "{seen}");
        ensure!(table.last() == Some(&600), "{table:?}");
        // Back, and on again as it was.
        drag(&page, 250).await?;
        ensure!(curves(&page).await? == seen, "the curves are not what they were");
        let here = page.element("chart-losses").await?.attr("aria-label").await?;
        ensure!(here.is_some(), "the chart has no name");
        train(&page, 100, 350).await?;
        page.click("history-end").await?;
        until_moment(&page, 600).await?;
        ensure!(curves(&page).await? == seen, "the curves have changed");
        let again = rows(&page).await?;
        ensure!(table.iter().all(|at| again.contains(at)), "{table:?} became {again:?}");
        ensure!(again.windows(2).all(|pair| pair[0] < pair[1]), "rows stand twice: {again:?}");
        // Another way has what both have in common, and then its own.
        drag(&page, 250).await?;
        page.api("await a.set('kd', '4'); await a.advance(50)").await?;
        until_moment(&page, 300).await?;
        page.until("the table is the branch's", async || {
            Ok(rows(&page).await?.last() == Some(&300))
        })
        .await?;
        let own = rows(&page).await?;
        ensure!(own.contains(&200) && own.contains(&250), "{own:?}");
        ensure!(curves(&page).await?.to_string().contains("iteration 300: "), "the curve goes on");
        // And the old one is as it was.
        give(&page, "branch", "0").await?;
        until_moment(&page, 600).await?;
        ensure!(curves(&page).await? == seen, "the old branch has lost its curves");
        ensure!(rows(&page).await?.last() == Some(&600), "the old branch has lost its rows");
        page.expect_quiet().await
    });
}

#[test]
fn a_branch_that_is_given_up_is_named() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        train(&page, 200, 200).await?;
        for k in 2..=10 {
            drag(&page, 100).await?;
            page.api(&format!("await a.set('kd', '{k}'); await a.advance(2)")).await?;
            until_moment(&page, 102).await?;
            give(&page, "branch", "0").await?;
            until_moment(&page, 200).await?;
        }
        for k in 2..=4 {
            ensure!(!page.text("notice").await?.contains("given up"), "there is room yet");
            drag(&page, 100).await?;
            page.api(&format!("await a.set('kg', '{k}'); await a.advance(2)")).await?;
            until_moment(&page, 102).await?;
            if k < 4 {
                give(&page, "branch", "0").await?;
                until_moment(&page, 200).await?;
            }
        }
        page.until("it is said", async || {
            Ok(page.text("notice").await?.contains("“from 100: k of D 2” was given up"))
        })
        .await?;
        let left = page.run(BRANCHES, &[]).await?;
        let left: Vec<&str> =
            left.as_array().into_iter().flatten().filter_map(|l| l.as_str()).collect();
        ensure!(left.len() == 12 && left[0] == "as it began", "{left:?}");
        Ok(())
    });
}

#[test]
fn going_elsewhere_from_slow_motion_shows_that_moment() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        train(&page, 300, 300).await?;
        page.click("slow").await?;
        page.until("slow motion is there", async || page.has("beat").await).await?;
        page.click("beat").await?;
        drag(&page, 299).await?;
        page.until("no part is under way", async || {
            let beat = page.run("return document.querySelector('.graph').dataset.beat ?? ''", &[]);
            Ok(beat.await? == json!(""))
        })
        .await?;
        ensure!(page.number("iteration").await? == 299.0, "the figures are of another moment");
        Ok(())
    });
}

#[test]
fn the_slider_stands_where_the_run_is() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        train(&page, 500, 500).await?;
        drag(&page, 200).await?;
        train(&page, 50, 250).await?;
        page.until("it has come on within what there is", async || {
            Ok(slider(&page).await? == (250.0, 500.0))
        })
        .await?;
        stage(&page, "#data=bimodal&backend=cpu").await?;
        train(&page, 20, 20).await?;
        page.until("another run's past is its own", async || {
            Ok(slider(&page).await? == (20.0, 20.0))
        })
        .await
    });
}

#[test]
fn going_on_with_another_k_is_a_branch_and_the_old_one_stays() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        train(&page, 400, 400).await?;
        let old = state(&page).await?;
        drag(&page, 150).await?;
        page.api("await a.set('kd', '4'); await a.advance(100)").await?;
        let new = state(&page).await?;
        let two = json!(["as it began", "from 150: k of D 4"]);
        until_is(&page, "there are two branches", BRANCHES, two).await?;
        give(&page, "branch", "0").await?;
        until_moment(&page, 400).await?;
        ensure!(state(&page).await? == old, "the old branch is not what it was");
        ensure!(page.api("return a.spec().kd").await? == json!("1"), "its k is not what it was");
        give(&page, "branch", "1").await?;
        until_moment(&page, 250).await?;
        ensure!(state(&page).await? == new, "the new branch is not what it was");
        // The branch's log makes the same run from its start.
        let replayed = "await a.load('SCENE'); await a.advance(150); await a.set('kd', '4'); await a.advance(100)";
        page.api(&replayed.replace("SCENE", SCENE)).await?;
        ensure!(state(&page).await? == new, "the branch does not replay");
        Ok(())
    });
}
