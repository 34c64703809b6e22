//! Going back: any earlier moment exactly, on from there, and branches.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{browse, scenes::stage};

const SCENE: &str = "#data=ring8&backend=cpu&g=16,16&d=16,16";

/// A digest of the run's checkpoint: parameters, moments, counters and the log of changes.
async fn state(page: &Page) -> Result<Value> {
    page.api(
        "const bytes = await crypto.subtle.digest('SHA-256', await a.checkpoint());
        return [...new Uint8Array(bytes)].join()",
    )
    .await
}

async fn until_moment(page: &Page, iteration: u32) -> Result<()> {
    let moment = "return document.querySelector('[data-testid=moment]')?.dataset.value";
    let there = json!(iteration.to_string());
    page.until(&format!("the moment is {iteration}"), async || {
        Ok(page.run(moment, &[]).await? == there)
    })
    .await
}

/// Drags the slider there.
async fn drag(page: &Page, iteration: u32) -> Result<()> {
    let script = "const slider = document.querySelector('[data-testid=history]');
        slider.value = arguments[0]; slider.dispatchEvent(new Event('input', { bubbles: true }))";
    page.run(script, &[json!(iteration)]).await?;
    until_moment(page, iteration).await
}

#[test]
fn an_earlier_moment_comes_back_exactly_and_goes_on_as_it_did() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        page.api("await a.advance(300)").await?;
        until_moment(&page, 300).await?;
        let early = state(&page).await?;
        page.api("await a.advance(200)").await?;
        until_moment(&page, 500).await?;
        let late = state(&page).await?;
        drag(&page, 300).await?;
        ensure!(state(&page).await? == early, "300 is not what it was");
        // By the keyboard: one iteration a press.
        page.element("history").await?.send_keys("\u{e012}").await?;
        until_moment(&page, 299).await?;
        page.api("await a.advance(201)").await?;
        ensure!(state(&page).await? == late, "500 is not what it was");
        let branches = "return document.querySelectorAll('[data-testid=branch] option').length";
        ensure!(page.run(branches, &[]).await? == json!(1), "going on unchanged made a branch");
        Ok(())
    });
}

#[test]
fn going_on_with_another_k_is_a_branch_and_the_old_one_stays() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        page.api("await a.advance(400)").await?;
        until_moment(&page, 400).await?;
        let old = state(&page).await?;
        drag(&page, 150).await?;
        page.api("await a.set('kd', '4'); await a.advance(100)").await?;
        let new = state(&page).await?;
        let options = "return [...document.querySelectorAll('[data-testid=branch] option')].map((option) => option.textContent)";
        page.until("there are two branches", async || {
            Ok(page.run(options, &[]).await? == json!(["as it began", "from 150: k of D 4"]))
        })
        .await?;
        let choose = "const list = document.querySelector('[data-testid=branch]');
            list.value = arguments[0]; list.dispatchEvent(new Event('change', { bubbles: true }))";
        page.run(choose, &[json!("0")]).await?;
        until_moment(&page, 400).await?;
        ensure!(state(&page).await? == old, "the old branch is not what it was");
        ensure!(page.api("return a.spec().kd").await? == json!("1"), "its k is not what it was");
        page.run(choose, &[json!("1")]).await?;
        until_moment(&page, 250).await?;
        ensure!(state(&page).await? == new, "the new branch is not what it was");
        // The branch's log makes the same run from its start.
        let replayed = "await a.load('SCENE'); await a.advance(150); await a.set('kd', '4'); await a.advance(100)";
        page.api(&replayed.replace("SCENE", SCENE)).await?;
        ensure!(state(&page).await? == new, "the branch does not replay");
        Ok(())
    });
}
