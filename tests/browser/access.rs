//! That everybody can use it: axe-core finds nothing against WCAG 2.2 AA in what the page shows, and Tab reaches every
//! control.

use std::{fs, sync::LazyLock};

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    browse,
    scenes::stage,
    steps::{give, until_is},
};

/// The rules of WCAG 2.2 at the levels A and AA; each violation in a line, with where it is.
const CHECK: &str = "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    const told = (one) => one.nodes.slice(0, 4).map((node) => node.target.join(' ') + ' (' + node.failureSummary.replace(/\\s+/g, ' ') + ')');
    return [found.passes.length, found.violations.map((one) => one.id + ': ' + told(one).join('; '))]";
/// Fetched by the first test that wants it.
static AXE: LazyLock<String> = LazyLock::new(|| {
    fs::read_to_string(xtask::npm::axe().expect("axe-core can be fetched")).expect("text")
});
const MOMENT: &str = "return document.querySelector('[data-testid=moment]').dataset.value";
const SIZES: [(u32, u32); 2] = [(1280, 720), (360, 800)];

/// Looks at what is shown now.
async fn check(page: &Page, what: &str) -> Result<()> {
    let result = page.api(CHECK).await?;
    ensure!(result[0].as_u64() >= Some(10), "{what}: only {} rules were held", result[0]);
    ensure!(result[1] == json!([]), "{what}: {:#}", result[1]);
    Ok(())
}

/// Opens a scene with axe in it.
async fn open(page: &Page, hash: &str) -> Result<()> {
    stage(page, hash).await?;
    page.until("what comes later is there", async || page.has("export-png").await).await?;
    page.run(&AXE, &[]).await?;
    ensure!(page.run("return typeof axe.run", &[]).await? == json!("function"), "axe is not there");
    Ok(())
}

/// The scene at each size, on a projector too, in this theme, with all that can be unfolded unfolded.
async fn scene(page: &Page, hash: &str, theme: &str) -> Result<()> {
    open(page, &format!("{hash}&backend=cpu&theme={theme}")).await?;
    page.api("await a.advance(20); return 0").await?;
    let unfold = "for (const one of document.querySelectorAll('details')) one.open = true";
    page.run(unfold, &[]).await?;
    for (width, height) in SIZES.into_iter().chain([(1920, 1080)]) {
        page.resize(width, height).await?;
        check(page, &format!("{hash}, {theme}, {width} × {height}")).await?;
    }
    Ok(())
}

#[test]
fn scenes_of_all_kinds() {
    browse(async |page| {
        for hash in ["#data=bimodal", "#data=ring8", "#data=dirac", "#data=mnist"] {
            for theme in ["light", "dark"] {
                scene(&page, hash, theme).await?;
            }
        }
        Ok(())
    });
}

#[test]
fn every_editor() {
    browse(async |page| {
        for (hash, theme) in
            [("#data=ring8", "light"), ("#data=ring8", "dark"), ("#data=mnist", "light")]
        {
            open(&page, &format!("{hash}&backend=cpu&theme={theme}")).await?;
            for node in 0..5 {
                let script = "const node = document.querySelectorAll('.graph .node')[arguments[0]];
                    if (node.getAttribute('aria-expanded') !== 'true') { node.click(); } return node.textContent";
                let name = page.run(script, &[json!(node)]).await?;
                for (width, height) in SIZES {
                    page.resize(width, height).await?;
                    check(&page, &format!("{hash}, {theme}, editor of {name}, {width}")).await?;
                }
            }
        }
        Ok(())
    });
}

/// MNIST with the gallery under it.
async fn open_gallery(page: &Page, theme: &str) -> Result<()> {
    open(page, &format!("#data=mnist&backend=cpu&theme={theme}")).await?;
    page.api("await a.advance(5); return 0").await?;
    page.until("the gallery is there", async || {
        Ok(page.has("gallery-draw").await? && page.has("tally").await?)
    })
    .await
}

const GALLERY: [&str; 4] = ["gallery-nearest", "gallery-pad", "gallery-between", "gallery-draw"];

#[test]
fn the_gallery_of_images() {
    browse(async |page| {
        for theme in ["light", "dark"] {
            open_gallery(&page, theme).await?;
            for tab in GALLERY {
                page.run(
                    "document.querySelector(`[data-testid=${arguments[0]}]`).click()",
                    &[json!(tab)],
                )
                .await?;
                for (width, height) in SIZES {
                    page.resize(width, height).await?;
                    check(&page, &format!("{tab}, {theme}, {width}")).await?;
                }
            }
        }
        Ok(())
    });
}

#[test]
fn help_menu_and_messages() {
    browse(async |page| {
        for theme in ["light", "dark"] {
            open(&page, &format!("#data=ring8&backend=cpu&theme={theme}")).await?;
            for (width, height) in SIZES {
                page.resize(width, height).await?;
                page.run("document.querySelector('[data-testid=help]').click()", &[]).await?;
                check(&page, &format!("help, {theme}, {width}")).await?;
                page.run("document.querySelector('dialog[open]').close()", &[]).await?;
                page.run("document.getElementById('keep').showPopover()", &[]).await?;
                check(&page, &format!("export, {theme}, {width}")).await?;
                page.run("document.getElementById('keep').hidePopover()", &[]).await?;
                page.api("await a.load('#kd=99').catch(() => 0); return 0").await?;
                check(&page, &format!("a fault, {theme}, {width}")).await?;
            }
        }
        Ok(())
    });
}

#[test]
fn own_data_slow_motion_and_a_branch() {
    browse(async |page| {
        let both = async |what: &str| {
            for (width, height) in SIZES {
                page.resize(width, height).await?;
                check(&page, &format!("{what}, {width}")).await?;
            }
            Ok::<_, anyhow::Error>(())
        };
        for theme in ["light", "dark"] {
            open(&page, &format!("#data=ring8&backend=cpu&theme={theme}")).await?;
            page.api("await a.advance(40); return 0").await?;
            until_is(&page, "it has come to 40", MOMENT, json!("40")).await?;
            for (data, part) in
                [("drawn", "own-plane"), ("curve", "own-curve"), ("file", "own-text")]
            {
                page.click(&format!("data-{data}")).await?;
                page.until(part, async || page.has(part).await).await?;
                both(&format!("{part}, {theme}")).await?;
                page.resize(1280, 720).await?;
                page.click("own-close").await?;
            }
            page.click("slow").await?;
            page.until("there is a part", async || page.has("beat").await).await?;
            page.click("beat").await?;
            both(&format!("slow motion, {theme}")).await?;
            page.resize(1280, 720).await?;
            page.click("slow").await?;
            give(&page, "history", "20").await?;
            until_is(&page, "it is back", MOMENT, json!("20")).await?;
            page.api("await a.set('kd', '3'); await a.advance(20); return 0").await?;
            let branches = "return document.querySelectorAll('.lanes path').length";
            until_is(&page, "there are two branches", branches, json!(2)).await?;
            both(&format!("a branch, {theme}")).await?;
        }
        Ok(())
    });
}

#[test]
fn a_planted_fault_is_found() {
    browse(async |page| {
        open(&page, "#data=ring8&backend=cpu").await?;
        check(&page, "as it is").await?;
        page.run("document.querySelector('[data-testid=share]').textContent = ''; document.querySelector('[data-testid=share]').removeAttribute('title')", &[])
            .await?;
        let found = check(&page, "as planted").await.map_err(|error| error.to_string());
        ensure!(found.as_ref().is_err_and(|why| why.contains("button-name")), "{found:?}");
        Ok(())
    });
}

/// What can be used now: what is seen, enabled and takes the focus by Tab; radio-like groups do not occur.
const CONTROLS: &str = "const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
    window.controls = [...document.querySelectorAll('button, input, select, textarea, a[href], [tabindex=\"0\"]')]
        .filter((element) => seen(element) && !element.disabled && element.tabIndex >= 0);
    return window.controls.length";
/// Which of them has the focus, and whether that is seen by a ring around it or around its label.
const FOCUS: &str = "const here = document.activeElement;
    const ringed = (element) => element && getComputedStyle(element).outlineStyle !== 'none';
    return [window.controls.indexOf(here), !!(ringed(here) || ringed(here.closest('label, .button'))), here.outerHTML.slice(0, 200)]";

#[test]
fn every_control_is_reached_by_tab_and_shows_it() {
    browse(async |page| {
        open(&page, "#data=ring8&backend=cpu").await?;
        // One state for each editor that a node opens.
        for node in ["z", "g", "data", "d", "loss"] {
            let click = format!(
                "document.querySelector('.node.{node}').click(); document.activeElement?.blur()"
            );
            page.run(&click, &[]).await?;
            reach_all(&page, node).await?;
        }
        open_gallery(&page, "light").await?;
        for tab in ["gallery-pad", "gallery-draw"] {
            // No pointer: after one browsers show no focus that a script sets.
            let open = "document.querySelector(`[data-testid=${arguments[0]}]`).click()";
            page.run(open, &[json!(tab)]).await?;
            page.until("it is there", async || {
                page.has(if tab == "gallery-pad" { "pad" } else { "draw" }).await
            })
            .await?;
            reach_all(&page, tab).await?;
        }
        Ok(())
    });
}

/// Tab reaches every control, and each shows the focus.
async fn reach_all(page: &Page, what: &str) -> Result<()> {
    let count = page.run(CONTROLS, &[]).await?.as_u64().unwrap_or_default();
    ensure!(count > 30, "{what}: only {count} controls");
    let mut reached = std::collections::BTreeSet::new();
    // A focus that a script sets is shown only where a key was pressed before.
    page.type_key("\u{e004}").await?;
    page.run("window.controls[0].focus()", &[]).await?;
    for _ in 0..count + 5 {
        let focus = page.run(FOCUS, &[]).await?;
        if let Some(at) = focus[0].as_u64() {
            ensure!(focus[1] == json!(true), "{what}: no focus is shown by {}", focus[2]);
            reached.insert(at);
        }
        page.type_key("\u{e004}").await?;
    }
    let missed = format!(
        "return window.controls.filter((_, at) => !{:?}.includes(at)).map((control) => control.outerHTML.slice(0, 90))",
        reached.iter().collect::<Vec<_>>()
    );
    let missed = page.run(&missed, &[]).await?;
    ensure!(missed == json!([]), "{what}: not reached by Tab: {missed:#}");
    Ok(())
}
