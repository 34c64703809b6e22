//! That everybody can use it: axe-core finds nothing against WCAG 2.2 AA in what the page shows, and Tab reaches every
//! control.

use std::{fs, sync::LazyLock};

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browse, scenes::stage};

/// The rules of WCAG 2.2 at the levels A and AA; each violation in a line, with where it is.
const CHECK: &str = "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    const told = (one) => one.nodes.slice(0, 4).map((node) => node.target.join(' ') + ' (' + node.failureSummary.replace(/\\s+/g, ' ') + ')');
    return [found.passes.length, found.violations.map((one) => one.id + ': ' + told(one).join('; '))]";
/// Fetched by the first test that wants it.
static AXE: LazyLock<String> = LazyLock::new(|| {
    fs::read_to_string(xtask::npm::axe().expect("axe-core can be fetched")).expect("text")
});
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

/// The scene at both sizes, in this theme.
async fn scene(page: &Page, hash: &str, theme: &str) -> Result<()> {
    open(page, &format!("{hash}&backend=cpu&theme={theme}")).await?;
    page.api("await a.advance(20); return 0").await?;
    for (width, height) in SIZES {
        page.resize(width, height).await?;
        check(page, &format!("{hash}, {theme}, {width} × {height}")).await?;
    }
    Ok(())
}

#[test]
fn scenes_of_all_kinds() {
    browse(async |page| {
        for hash in ["#data=bimodal", "#data=ring8", "#data=mnist"] {
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
    return [window.controls.indexOf(here), !!(ringed(here) || ringed(here.closest('label, .button')))]";

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
            let count = page.run(CONTROLS, &[]).await?.as_u64().unwrap_or_default();
            ensure!(count > 30, "{node}: only {count} controls");
            let mut reached = std::collections::BTreeSet::new();
            page.run("window.controls[0].focus()", &[]).await?;
            for _ in 0..count + 5 {
                let focus = page.run(FOCUS, &[]).await?;
                if let Some(at) = focus[0].as_u64() {
                    ensure!(focus[1] == json!(true), "{node}: control {at} shows no focus");
                    reached.insert(at);
                }
                page.type_key("\u{e004}").await?;
            }
            let missed = format!(
                "return window.controls.filter((_, at) => !{:?}.includes(at)).map((control) => control.outerHTML.slice(0, 90))",
                reached.iter().collect::<Vec<_>>()
            );
            let missed = page.run(&missed, &[]).await?;
            ensure!(missed == json!([]), "{node}: not reached by Tab: {missed:#}");
        }
        Ok(())
    });
}
