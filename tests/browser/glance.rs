//! What is seen is also said: values under the pointer on the thumbnails, and every view in a sentence that follows the
//! run.

use adversaria_tests::browser::Page;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{browse, scenes::stage};

const PLANE: &str = "#data=ring8&backend=cpu&g=16,16&d=16,16&batch=64";

/// Moves a pointer over a thumbnail or a chart, to a place from 0 to 1 from its left and its top; over the title where there is none.
const POINT: &str = "const [of, x, y] = arguments;
    const on = document.querySelector(of ? `canvas:is([data-of=${of}], [data-testid=${of}])` : 'h1'), room = on.getBoundingClientRect();
    on.dispatchEvent(new PointerEvent('pointermove',
        { clientX: room.left + x * room.width, clientY: room.top + y * room.height, bubbles: true, pointerType: 'mouse' }));";
/// The readout, if it is seen inside the window.
const READ: &str = "const said = document.querySelector('[data-testid=glance]');
    if (!said?.checkVisibility()) return '';
    const room = said.getBoundingClientRect();
    return room.left >= 0 && room.top >= 0 && room.right <= innerWidth && room.bottom <= innerHeight ? said.textContent : ''";

async fn point(page: &Page, of: &str, (x, y): (f64, f64)) -> Result<()> {
    page.run(POINT, &[json!(of), json!(x), json!(y)]).await.map(drop)
}

async fn read(page: &Page) -> Result<String> {
    Ok(page.run(READ, &[]).await?.as_str().unwrap_or_default().to_owned())
}

/// The numbers in a text, whose minus signs are true ones.
fn numbers(text: &str) -> Vec<f64> {
    let plain = text.replace('\u{2212}', "-").replace(',', " ");
    let words = plain.split(|c: char| !(c.is_ascii_digit() || ".-".contains(c)));
    words.filter_map(|word| word.trim_end_matches('.').parse().ok()).collect()
}

/// Opens a scene, trains a little and waits until thumbnails have names.
async fn trained(page: &Page, scene: &str, iterations: u32) -> Result<()> {
    stage(page, scene).await?;
    page.api(&format!("await a.advance({iterations}); return 0")).await?;
    named(page).await
}

async fn named(page: &Page) -> Result<()> {
    let script = "return document.querySelectorAll('.graph canvas[role=img][aria-label]').length";
    page.until("the thumbnails have names", async || Ok(page.run(script, &[]).await? == json!(6)))
        .await
}

/// A finger on an element.
const TOUCH: &str =
    "const on = document.querySelector(arguments[0]), room = on.getBoundingClientRect();
    on.scrollIntoView({ block: 'center' });
    on.dispatchEvent(new PointerEvent('pointerdown',
        { clientX: room.left + 1, clientY: room.top + 1, bubbles: true, pointerType: 'touch' }));";

#[test]
fn a_figure_tells_a_finger_what_it_is() {
    browse(async |page| {
        page.resize(360, 800).await?;
        trained(&page, PLANE, 50).await?;
        for (of, says) in [
            (".norm.to-d", "gradient of D's loss"),
            (".scores > :last-child", "on generated samples"),
            ("[data-testid=jsd]", "Jensen-Shannon"),
        ] {
            page.until(&format!("{of} says what it is"), async || {
                page.run(TOUCH, &[json!(of)]).await?;
                Ok(read(&page).await?.contains(says))
            })
            .await?;
        }
        point(&page, "", (0.5, 0.5)).await?;
        page.until("and is quiet again", async || Ok(read(&page).await?.is_empty())).await
    });
}

#[test]
fn a_thumbnail_tells_the_value_under_the_pointer() {
    browse(async |page| {
        let one = "#data=bimodal&backend=cpu";
        let images = "#data=mnist&rows=1000&backend=cpu&g=16&d=16";
        let scenes: [(&str, u32, [&str; 4]); 3] = [
            (one, 200, ["G(z) = ", "D = ", "p_g = ", "p_data = "]),
            (PLANE, 200, ["G(z) = (", "D = ", "generated sample: (", "real sample: ("]),
            (
                images,
                5,
                ["generated no. 1: D = ", "of real", "generated no. 4: D", "real no. 4: D"],
            ),
        ];
        for (scene, iterations, said) in scenes {
            trained(&page, scene, iterations).await?;
            for (of, what) in ["g", "d", "fake", "real"].into_iter().zip(said) {
                point(&page, of, (0.7, 0.6)).await?;
                page.until(&format!("{of} of {scene} says {what}"), async || {
                    Ok(read(&page).await?.contains(what))
                })
                .await?;
            }
            for of in ["loss-d", "loss-g"] {
                point(&page, of, (0.99, 0.5)).await?;
                let last = format!("at iteration {iterations}");
                page.until(&format!("{of} says {last}"), async || {
                    let said = read(&page).await?;
                    Ok(said.starts_with("loss ") && said.ends_with(&last))
                })
                .await?;
            }
            for (chart, curve) in [("chart-value", "V(D, G) = "), ("chart-losses", "of G = ")] {
                point(&page, chart, (0.99, 0.5)).await?;
                let last = format!("iteration {iterations}: ");
                page.until(&format!("{chart} says {last}{curve}"), async || {
                    let said = read(&page).await?;
                    Ok(said.starts_with(&last) && said.contains(curve))
                })
                .await?;
            }
            point(&page, "", (0.5, 0.5)).await?;
            page.until("it is gone", async || Ok(read(&page).await?.is_empty())).await?;
        }
        page.expect_quiet().await
    });
}

#[test]
fn what_a_thumbnail_tells_is_so() {
    browse(async |page| {
        trained(&page, PLANE, 300).await?;
        for at in [(0.2, 0.3), (0.5, 0.5), (0.8, 0.9)] {
            point(&page, "d", at).await?;
            let place = [2.0 * at.0 - 1.0, 1.0 - 2.0 * at.1];
            page.until("D is told there", async || {
                let told = numbers(&read(&page).await?);
                let [x, y, d] = told[..] else { return Ok(false) };
                let truly = page.api(&format!("return (await a.score([{x}, {y}]))[0]")).await?;
                let near = |a: f64, b: f64, by: f64| (a - b).abs() < by;
                let there = near(x, place[0], 0.05) && near(y, place[1], 0.05);
                Ok(there && near(truly.as_f64().context("a score")?, d, 0.01))
            })
            .await?;
        }
        page.expect_quiet().await
    });
}

/// Every canvas that is seen and its name; test ids or what the thumbnails are of.
const NAMES: &str = "const names = {};
    for (const canvas of document.querySelectorAll('canvas')) {
        if (!canvas.checkVisibility()) continue;
        const units = canvas.closest('.network')?.dataset.testid;
        const id = canvas.dataset.testid ?? canvas.dataset.of ?? units ?? canvas.className;
        names[id] = canvas.getAttribute('role') === 'img' ? canvas.getAttribute('aria-label') : null;
    }
    return names";

/// What each view is called, in a scene; the data and what images have not change with the run.
async fn follows(page: &Page, scene: &str, words: &[(&str, &str)], still: &[&str]) -> Result<()> {
    stage(page, scene).await?;
    for node in [".node.g", ".node.d"] {
        page.run("document.querySelector(arguments[0]).click()", &[json!(node)]).await?;
        let (id, name) = if node == ".node.g" {
            ("units-g", "Units of G: ")
        } else {
            ("units-d", "Units of D: ")
        };
        named(page).await?;
        // Units of nets for images have no plane to be drawn over, and are not shown.
        let units = usize::from(!scene.contains("mnist"));
        page.until(&format!("{id} are there as often as {units}"), async || {
            let said = &page.run(NAMES, &[]).await?[id];
            Ok(said.as_str().is_some_and(|said| said.starts_with(name)) == (units == 1))
        })
        .await?;
        for (view, word) in words {
            page.until(&format!("{view} of {scene} is called {word}"), async || {
                let names = page.run(NAMES, &[]).await?;
                Ok(names[view].as_str().is_some_and(|name| name.contains(word)))
            })
            .await?;
        }
        let before = page.run(NAMES, &[]).await?;
        let all = before.as_object().context("names")?;
        ensure!(all.len() == words.len() + units, "{scene} has the views {:?}", all.keys());
        for (view, name) in all {
            ensure!(
                name.as_str().is_some_and(|name| name.len() > 12),
                "{view} has no name: {name}"
            );
        }
        page.click("play").await?;
        let moving = |now: &Value, view: &&String| now[view.as_str()] != before[view.as_str()];
        page.until(&format!("every name of {scene} follows the run"), async || {
            let now = page.run(NAMES, &[]).await?;
            let views = all.keys().filter(|view| !still.contains(&view.as_str()));
            Ok(views.into_iter().all(|view| moving(&now, &view)))
        })
        .await?;
        page.click("play").await?;
    }
    Ok(())
}

#[test]
fn every_view_is_told_in_words_that_follow_the_run() {
    browse(async |page| {
        let charts = [("chart-value", "V(D, G) over the run"), ("chart-losses", "of D")];
        let losses = [("loss-d", "Loss of D: "), ("loss-g", "Loss of G: ")];
        let line = [
            ("stage", "Densities of the data and of the generator"),
            ("g", "curve from z to x"),
            ("d", "D over x"),
            ("fake", "p_g, highest at x = "),
            ("real", "p_data, highest at x = "),
        ];
        let plane = [
            ("stage", "points in the plane"),
            ("g", "lattice of z"),
            ("d", "D over the plane"),
            ("fake", "the gradient of G's loss has length"),
            ("real", "Real samples, x from"),
        ];
        let images = [
            ("stage", "Generated images beside real ones"),
            ("g", "An image that G makes"),
            ("d", "for generated ones"),
            ("fake", "Four images that G makes"),
            ("real", "Four real images"),
        ];
        let with =
            |views: [(&'static str, &'static str); 5]| [&views[..], &charts, &losses].concat();
        follows(&page, "#data=bimodal&backend=cpu", &with(line), &["real"]).await?;
        follows(&page, PLANE, &with(plane), &["real"]).await?;
        let gallery = [
            ("nearest", "Generated image 1, D = "),
            ("scores", "in the mean on real images"),
            ("digits", "Generated images of each digit at iteration"),
        ];
        let digits = "#data=mnist&rows=1000&backend=cpu&g=16&d=16";
        let images = [&with(images)[..], &gallery].concat();
        follows(&page, digits, &images, &["real"]).await?;
        page.expect_quiet().await
    });
}

/// How often each name changes in eleven seconds.
const CHANGES: &str = "const changes = {};
    const watcher = new MutationObserver((list) => list.forEach(({ target }) => {
        const id = target.dataset.testid ?? target.dataset.of ?? target.closest('.network').dataset.testid;
        changes[id] = (changes[id] ?? 0) + 1;
    }));
    for (const canvas of document.querySelectorAll('canvas')) watcher.observe(canvas, { attributeFilter: ['aria-label'] });
    return new Promise((done) => setTimeout(() => done(changes), 11000))";

#[test]
fn names_change_no_more_often_than_every_five_seconds() {
    browse(async |page| {
        stage(&page, PLANE).await?;
        page.run("document.querySelector('.node.g').click()", &[]).await?;
        named(&page).await?;
        page.click("play").await?;
        page.until_iteration(10.0).await?;
        let changes = page.run(CHANGES, &[]).await?;
        let counts = changes.as_object().context("changes")?;
        ensure!(counts.len() >= 9, "who has changed: {changes}");
        ensure!(counts.values().all(|count| count.as_u64() <= Some(3)), "too often: {changes}");
        Ok(())
    });
}
