//! The address is the experiment: written as it changes, enough to have it back.

use std::collections::BTreeMap;

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browse, scenes::stage};

async fn fields(page: &Page) -> Result<BTreeMap<String, String>> {
    let hash = page.hash().await?;
    let pairs = hash.split('&').filter_map(|pair| pair.split_once('='));
    Ok(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

#[test]
fn what_is_changed_is_in_the_address_and_comes_back() {
    browse(async |page| {
        stage(&page, "#data=ring8&loss=leastsquares&seed=7&g=32,16&backend=cpu").await?;
        page.api("await a.set('kd', '4'); await a.set('loss', 'hinge'); return 0").await?;
        let follows = async || {
            let fields = fields(&page).await?;
            Ok(fields.get("kd").is_some_and(|kd| kd == "4")
                && fields.get("loss").is_some_and(|loss| loss == "hinge"))
        };
        page.until("the address follows", follows).await?;
        let before = page.api("return a.spec()").await?;
        ensure!(before["seed"] == "7" && before["g"] == "32,16" && before["kd"] == "4", "{before}");
        page.reload().await?;
        let after = page.api("return a.spec()").await?;
        ensure!(before == after, "{before} came back as {after}");
        ensure!(!fields(&page).await?.contains_key("batch"), "defaults are left out");
        page.expect_quiet().await
    });
}

#[test]
fn a_new_hash_changes_the_scene_without_a_reload() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu").await?;
        page.run("window.mark = 1; location.hash = '#data=trimodal&backend=cpu'", &[]).await?;
        let staged = async || Ok(page.api("return a.spec().data").await? == json!("trimodal"));
        page.until("trimodal is on stage", staged).await?;
        ensure!(page.run("return window.mark", &[]).await? == json!(1));
        Ok(())
    });
}
