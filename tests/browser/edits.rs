//! Nets, optimisers and scenes are changed in place, by the panel's own fields.

use adversaria_core::presets::PRESETS;
use adversaria_tests::browser::Page;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    browse,
    scenes::stage,
    steps::{give, until_is},
};

async fn until_field(
    page: &Page,
    key: &str,
    holds: impl Fn(&str) -> bool,
    why: &str,
) -> Result<()> {
    page.until(&format!("{key} is as {why} says"), async || {
        let now = page.api(&format!("return a.spec()['{key}'] ?? ''")).await?;
        Ok(holds(now.as_str().unwrap_or_default()))
    })
    .await
}

#[test]
fn layers_activations_and_optimisers_are_edited_in_the_panel() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu&g=8&d=8&batch=32").await?;
        page.run("window.mark = 'the same page'", &[]).await?;
        for key in ["g", "d"] {
            let of = |name: &str| format!("{key}-{name}");
            page.run(
                "document.querySelector(arguments[0]).click()",
                &[json!(format!(".node.{key}"))],
            )
            .await?;
            page.element(&of("layer-1")).await?;
            give(&page, &of("layer-1"), "12").await?;
            until_field(&page, key, |now| now == "12", "the width").await?;
            page.click(&of("add-layer")).await?;
            until_field(&page, key, |now| now == "12,12", "the new layer").await?;
            page.run(
                "document.querySelector(`[data-testid=${arguments[0]}-layer-2] + button`).click()",
                &[json!(key)],
            )
            .await?;
            until_field(&page, key, |now| now == "12", "the layer that is gone").await?;
            let act = format!("{key}act");
            give(&page, &act, "tanh").await?;
            until_field(&page, &act, |now| now == "tanh", "the activation").await?;
            let opt = format!("opt{key}");
            give(&page, &format!("{opt}-kind"), "rmsprop").await?;
            until_field(&page, &opt, |now| now.starts_with("rmsprop:"), "the optimiser").await?;
            give(&page, &format!("{opt}-rate"), "0.0005").await?;
            until_field(&page, &opt, |now| now.starts_with("rmsprop:0.0005"), "the rate").await?;
        }
        let drawn = "return document.querySelector('.node.d small').textContent";
        until_is(&page, "the node says so", drawn, json!("12")).await?;
        page.click("play").await?;
        page.until_iteration(50.0).await?;
        let marked = page.run("return window.mark", &[]).await?;
        ensure!(marked == json!("the same page"), "the page was loaded anew");
        ensure!(!page.has("fault").await?, "{}", page.text("fault").await?);
        page.expect_quiet().await
    });
}

#[test]
fn each_scene_of_the_list_says_what_to_watch() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu&g=8&d=8").await?;
        let options = "return [...document.querySelectorAll('[data-testid=preset] option')].map((option) => option.value)";
        let listed = page.run(options, &[]).await?;
        let listed = listed.as_array().context("a list")?;
        ensure!(PRESETS.iter().all(|preset| listed.contains(&json!(preset.name))), "{listed:?}");
        let names =
            listed.iter().filter_map(Value::as_str).collect::<std::collections::BTreeSet<_>>();
        ensure!(names.len() == listed.len(), "two scenes have one name: {listed:?}");
        for preset in PRESETS.iter().filter(|preset| !preset.address.contains("mnist")).step_by(3) {
            give(&page, "preset", preset.name).await?;
            let watch = "return document.querySelector('[data-testid=watch]').textContent";
            until_is(&page, &format!("{} is on stage", preset.name), watch, json!(preset.watch))
                .await?;
        }
        page.api("await a.set('kd', '7')").await?;
        page.until("a run of one's own has another sentence", async || {
            Ok(page.text("watch").await?.starts_with("D learns to tell"))
        })
        .await
    });
}
