//! By the keyboard alone: values on stage, the Dirac-GAN, slow motion, data of one's own, help and export.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browse, keep::CATCH, scenes::stage, steps::until_is};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const TAB: &str = "\u{e004}";
const RIGHT: &str = "\u{e014}";
const UP: &str = "\u{e013}";
const SPACE: &str = " ";

/// Presses Tab until the element with this test id has the focus.
async fn tab_to(page: &Page, id: &str) -> Result<()> {
    let here = "return document.activeElement?.dataset?.testid ?? ''";
    for _ in 0..150 {
        if page.run(here, &[]).await? == json!(id) {
            return Ok(());
        }
        page.type_key(TAB).await?;
    }
    anyhow::bail!("Tab does not lead to {id}")
}

async fn press(page: &Page, keys: &[&str]) -> Result<()> {
    for key in keys {
        page.type_key(key).await?;
    }
    Ok(())
}

/// Whether what a test id names is seen.
fn seen(id: &str) -> String {
    format!("return !!document.querySelector('[data-testid={id}]')?.checkVisibility()")
}

#[test]
fn values_are_read_in_one_dimension() {
    browse(async |page| {
        stage(&page, "#data=bimodal&backend=cpu&g=16&d=16").await?;
        tab_to(&page, "stage").await?;
        press(&page, &[RIGHT, RIGHT]).await?;
        let spoken = "return document.querySelector('.st-unseen[role=status]').textContent";
        page.until("the value is spoken", async || {
            let said = page.run(spoken, &[]).await?;
            Ok(said.as_str().is_some_and(|said| said.contains("p_data") && said.contains("D")))
        })
        .await?;
        let before = page.run(spoken, &[]).await?;
        press(&page, &[RIGHT]).await?;
        page.until("the next one, too", async || Ok(page.run(spoken, &[]).await? != before))
            .await?;
        press(&page, &[ESCAPE]).await?;
        until_is(&page, "Escape takes it away", &seen("readout"), json!(false)).await?;
        press(&page, &[SPACE]).await?;
        page.until_iteration(5.0).await
    });
}

#[test]
fn the_dirac_gan_is_played_and_damped() {
    browse(async |page| {
        page.open("#data=dirac&loss=minimax&batch=1&backend=cpu").await?;
        page.until("the plane is there", async || page.has("dirac-gamma").await).await?;
        page.until("what comes later is there", async || page.has("export-png").await).await?;
        // What takes the focus there can be used: the plane itself takes none.
        let idle = "return document.querySelectorAll('.dirac canvas[tabindex]').length";
        ensure!(page.run(idle, &[]).await? == json!(0), "a picture takes the focus for nothing");
        press(&page, &["s", "s"]).await?;
        page.until("two iterations are made", async || Ok(page.number("iteration").await? == 2.0))
            .await?;
        tab_to(&page, "dirac-gamma").await?;
        let said = "return document.querySelector('[data-testid=dirac-eigenvalues]').textContent";
        let before = page.run(said, &[]).await?;
        press(&page, &[UP, UP]).await?;
        page.until("the eigenvalues follow", async || Ok(page.run(said, &[]).await? != before))
            .await
    });
}

#[test]
fn slow_motion_is_walked_through() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu&g=16&d=16").await?;
        tab_to(&page, "slow").await?;
        press(&page, &[ENTER]).await?;
        page.until("it is there", async || page.has("beat").await).await?;
        let beat = "return document.querySelector('.graph').dataset.beat ?? ''";
        press(&page, &["n"]).await?;
        until_is(&page, "a key begins", beat, json!("d0")).await?;
        tab_to(&page, "beat").await?;
        press(&page, &[ENTER]).await?;
        until_is(&page, "so does the button", beat, json!("d1")).await
    });
}

#[test]
fn help_opens_and_gives_the_focus_back() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu&g=16&d=16").await?;
        tab_to(&page, "help").await?;
        press(&page, &[ENTER]).await?;
        let open = "return !!document.querySelector('dialog[open]')";
        until_is(&page, "the help is open", open, json!(true)).await?;
        page.until("it says what the keys do", async || {
            Ok(page
                .run("return document.querySelector('dialog[open]').textContent", &[])
                .await?
                .to_string()
                .contains("Space"))
        })
        .await?;
        tab_to(&page, "keys").await?;
        press(&page, &[SPACE, ESCAPE]).await?;
        until_is(&page, "Escape closes it", open, json!(false)).await?;
        let here = "return document.activeElement?.dataset?.testid ?? ''";
        until_is(&page, "the focus is where it was", here, json!("help")).await?;
        press(&page, &["s"]).await?;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        ensure!(page.number("iteration").await? == 0.0, "the keys are off, and S still steps");
        Ok(())
    });
}

#[test]
fn a_picture_is_exported() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        stage(&page, "#data=ring8&backend=cpu&g=16&d=16").await?;
        tab_to(&page, "export").await?;
        press(&page, &[ENTER]).await?;
        tab_to(&page, "export-png").await?;
        press(&page, &[ENTER]).await?;
        let kept = "return Object.keys(window.kept).some((name) => name.endsWith('-stage.png'))";
        until_is(&page, "the picture is saved", kept, json!(true)).await?;
        until_is(&page, "the menu is gone", &seen("export-png"), json!(false)).await
    });
}

#[test]
fn data_of_ones_own_are_pasted() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu&g=16&d=16").await?;
        tab_to(&page, "data-file").await?;
        press(&page, &[ENTER]).await?;
        page.until("rows can be pasted", async || page.has("own-text").await).await?;
        tab_to(&page, "own-text").await?;
        press(&page, &["x,y"]).await?;
        press(&page, &[ENTER, "1,2", ENTER, "3,4", ENTER, "5,2"]).await?;
        tab_to(&page, "own-paste").await?;
        press(&page, &[ENTER]).await?;
        page.until("they are on stage", async || {
            Ok(page.api("return a.spec().data").await? == json!("file"))
        })
        .await?;
        page.expect_quiet().await
    });
}
