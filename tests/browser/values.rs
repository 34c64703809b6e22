//! Every figure gives its value under the pointer, and Escape takes it away.

use std::time::Duration;

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{browse, scenes::stage, steps::until_is};

const PLANE: &str = "#data=ring8&backend=cpu&g=16,16&d=16,16&batch=64";

/// Moves a pointer over what a selector finds, to a place from 0 to 1 from its left and its top.
const MOVE: &str = "const [of, x, y] = arguments, on = document.querySelector(of), room = on.getBoundingClientRect();
    on.dispatchEvent(new PointerEvent('pointermove',
        { clientX: room.left + x * room.width, clientY: room.top + y * room.height, bubbles: true, pointerType: 'mouse' }))";
const SAID: &str = "return document.querySelector('[data-testid=glance]')?.textContent ?? ''";

async fn hover(page: &Page, of: &str, (x, y): (f64, f64)) -> Result<()> {
    page.run(MOVE, &[json!(of), json!(x), json!(y)]).await.map(drop)
}

/// The value under the pointer begins so, and has numbers after that.
async fn tells(page: &Page, of: &str, at: (f64, f64), begin: &str) -> Result<()> {
    page.until(&format!("{of} at {at:?} tells “{begin} …”"), async || {
        if !page
            .run("return !!document.querySelector(arguments[0])", &[json!(of)])
            .await?
            .eq(&json!(true))
        {
            return Ok(false);
        }
        hover(page, of, at).await?;
        let said = page.run(SAID, &[]).await?;
        let rest = said.as_str().and_then(|said| said.strip_prefix(begin));
        Ok(rest.is_some_and(|rest| rest.contains(|c: char| c.is_ascii_digit())))
    })
    .await
}

#[test]
fn every_figure_tells_its_value() {
    browse(async |page| {
        stage(&page, PLANE).await?;
        tells(&page, "svg.latent", (0.5, 0.5), "z₁ = ").await?;
        stage(&page, "#data=mnist&rows=1000&backend=cpu&g=16&d=16").await?;
        page.api("await a.advance(20)").await?;
        let canvas = |id: &str| format!("canvas[data-testid={id}]");
        tells(&page, &canvas("scores"), (0.72, 0.5), "D from 0.70 to 0.75: ").await?;
        tells(&page, &canvas("digits"), (0.55, 0.5), "digit 5: ").await?;
        tells(&page, &canvas("nearest"), (0.5, 0.5), "Generated image 1, D = ").await?;
        page.click("gallery-between").await?;
        tells(&page, &canvas("between"), (0.4, 0.5), "4 of 9: D = ").await?;
        page.click("gallery-pad").await?;
        tells(&page, &canvas("pad-map"), (0.7, 0.3), "column 4, row 2: D = ").await?;
        tells(&page, &canvas("pad-one"), (0.5, 0.5), "G there: D = ").await?;
        page.open("#data=dirac&loss=minimax&batch=1&backend=cpu").await?;
        page.until("the plane is there", async || page.has("dirac-gamma").await).await?;
        tells(&page, ".dirac-plane canvas", (0.5, 0.5), "θ = ").await?;
        page.expect_quiet().await
    });
}

#[test]
fn a_value_on_stage_comes_by_pointer_and_goes_by_escape() {
    browse(async |page| {
        let read = "const readout = document.querySelector('[data-testid=readout]');
            return readout.checkVisibility() && /[0-9]/.test(readout.textContent)";
        let open = "return document.querySelector('.node.d').getAttribute('aria-expanded')";
        for scene in [PLANE, "#data=bimodal&backend=cpu&g=16&d=16"] {
            stage(&page, scene).await?;
            page.run("document.querySelector('.node.d').click()", &[]).await?;
            until_is(&page, "nothing is told", read, json!(false)).await?;
            hover(&page, "[data-testid=stage]", (0.4, 0.4)).await?;
            until_is(&page, "a value is told", read, json!(true)).await?;
            // The focus is elsewhere: no pointer moves, and the editor stays.
            page.press("\u{e00c}").await?;
            until_is(&page, "it is gone", read, json!(false)).await?;
            ensure!(page.run(open, &[]).await? == json!("true"), "the editor went, too");
            tells(
                &page,
                "canvas[data-of=d]",
                (0.5, 0.5),
                if scene == PLANE { "(" } else { "x = " },
            )
            .await?;
            page.press("\u{e00c}").await?;
            until_is(&page, "and so is this one", SAID, json!("")).await?;
            ensure!(page.run(open, &[]).await? == json!("true"), "the editor went, too");
            page.press("\u{e00c}").await?;
            until_is(&page, "then the editor goes", open, json!("false")).await?;
        }
        page.expect_quiet().await
    });
}

/// Two changes, the second too soon after the first to be drawn at once; how many pictures the chart shows before the next
/// comparison, which may have everything drawn anew.
const TWO_CHANGES: &str = "
    const chart = document.querySelector('[data-testid=chart-losses]');
    const rest = millis => new Promise(next => setTimeout(next, millis));
    const last = a.metrics().iteration + 80;
    const pictures = new Set([chart.toDataURL()]);
    await a.advance(40);
    await rest(60);
    await a.advance(40);
    while (a.metrics().iteration !== last) await rest(10);
    for (let i = 0; i < 30; i += 1) {
        await rest(20);
        pictures.add(chart.toDataURL());
    }
    return pictures.size";

/// The charts of the score are drawn a few times a second; what changed last is drawn all the same.
#[test]
fn a_chart_shows_the_last_change_too() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu&g=8&d=8&batch=32").await?;
        page.until("the chart is there", async || page.has("chart-losses").await).await?;
        let mut shown = vec![];
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            shown.push(page.api(TWO_CHANGES).await?);
        }
        // A slow machine may see one picture only.
        let both = shown.iter().filter(|pictures| **pictures == json!(3)).count();
        ensure!(both >= 3, "before, after the first change, after the last: {shown:?} pictures");
        // A narrower page and back: it is drawn anew, with all there is.
        let chart = async || -> Result<Value> {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let script = "return document.querySelector('[data-testid=chart-losses]').toDataURL()";
            page.run(script, &[]).await
        };
        let last = chart().await?;
        page.resize(1000, 720).await?;
        ensure!(chart().await? != last, "it is not drawn anew");
        page.resize(1280, 720).await?;
        ensure!(chart().await? == last, "the last change was not drawn");
        page.expect_quiet().await
    });
}
