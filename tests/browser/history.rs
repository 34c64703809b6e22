//! Going back: any earlier moment exactly, on from there, and branches.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    browse, browse_webgpu,
    scenes::stage,
    steps::{give, state, until_is},
};

const SCENE: &str = "#data=ring8&backend=cpu&g=16,16&d=16,16";

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
        let options = "return [...document.querySelectorAll('[data-testid=branch] option')].map((option) => option.textContent)";
        let two = json!(["as it began", "from 150: k of D 4"]);
        until_is(&page, "there are two branches", options, two).await?;
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
