//! The address is the experiment: written as it changes, enough to have it back.

use std::collections::BTreeMap;

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browse, scenes::stage, steps::give};

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
fn of_changes_given_at_once_none_is_lost() {
    browse(async |page| {
        stage(&page, "#data=ring8&g=8&d=8&backend=cpu").await?;
        // Two that start afresh, and one that could be made while the run goes on.
        let script = "await Promise.all([a.set('batch', '64'), a.set('seed', '5'), a.set('kd', '3')]); return 0";
        page.api(script).await?;
        page.until("all three hold", async || {
            let fields = fields(&page).await?;
            let has = |key: &str, value: &str| fields.get(key).is_some_and(|v| v == value);
            Ok(has("batch", "64") && has("seed", "5") && has("kd", "3"))
        })
        .await?;
        page.expect_quiet().await
    });
}

#[test]
fn nets_of_papers_are_chosen_by_name_and_left_again() {
    browse(async |page| {
        stage(&page, "#data=ring8&g=8&d=8&batch=16&backend=cpu").await?;
        let choose = async |net: &str, value: &str| {
            page.until("the editor is there", async || page.has(net).await).await?;
            let script = "const e = document.querySelector(`[data-testid=${arguments[0]}]`);
                e.value = arguments[1]; e.dispatchEvent(new Event('change', { bubbles: true })); return 0";
            page.run(script, &[json!(net), json!(value)]).await.map(|_| ())
        };
        let holds = async |key: &str, value: &str| {
            page.until(&format!("{key} is {value}"), async || {
                Ok(page.api(&format!("return a.spec().{key}")).await? == json!(value))
            })
            .await
        };
        page.run("document.querySelector('.node.d').click()", &[]).await?;
        choose("d-net", "pacgan-2d").await?;
        holds("d", "pacgan-2d").await?;
        choose("d-net", "layers").await?;
        holds("d", "200,200,200").await?;
        ensure!(page.api("return a.spec().dact").await? == "maxout:5", "its activation stays");
        page.expect_quiet().await
    });
}

#[test]
fn what_bounds_d_is_set_by_its_fields() {
    browse(async |page| {
        stage(&page, "#data=ring8&g=16,16&d=16,16&batch=64&backend=cpu").await?;
        page.api("await a.advance(50); return 0").await?;
        page.until("the fields are there", async || page.has("r1").await).await?;
        let reg = async |value: &str| {
            page.until(&format!("reg is {value}"), async || {
                Ok(page.api("return a.spec().reg").await? == json!(value))
            })
            .await
        };
        for (id, value, all) in [
            ("r1", "2", "r1:2"),
            ("noise", "0.1", "r1:2+noise:0.1"),
            ("spectral", "spectral", "r1:2+noise:0.1+spectral"),
            ("r1", "none", "noise:0.1+spectral"),
        ] {
            give(&page, id, value).await?;
            reg(all).await?;
        }
        give(&page, "unroll", "2").await?;
        page.until("it looks ahead", async || {
            Ok(page.api("return a.spec().unroll").await? == json!("2"))
        })
        .await?;
        let after = page.api("return (await a.advance(20)).iteration").await?;
        ensure!(after == json!(70), "the run went on: {after}");
        for (id, value) in [("pack", "3"), ("cond", "1")] {
            give(&page, id, value).await?;
            page.until(&format!("{id} is {value}"), async || {
                Ok(page.api("return a.spec()").await?[id] == json!(value))
            })
            .await?;
        }
        let seen = page.api("const m = await a.advance(20); return [m.iteration, m.lossD]").await?;
        ensure!(seen[0] == 20 && seen[1].as_f64().is_some_and(f64::is_finite), "{seen}");
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
