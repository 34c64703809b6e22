//! What can be asked about images: their neighbours, the latent space between them, a drawing, and the score of digits.

use adversaria_tests::browser::Page;
use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{
    browse,
    scenes::stage,
    steps::{drag, pixels},
};

const SCENE: &str =
    "#data=mnist&backend=cpu&optd=adam:0.0002:0.5:0.999&optg=adam:0.0002:0.5:0.999&batch=64";

/// The scene, trained a little, with its gallery.
async fn gallery(page: &Page) -> Result<()> {
    stage(page, SCENE).await?;
    page.api("await a.advance(60)").await?;
    page.until("the gallery is there", async || page.has("gallery").await).await
}

async fn label(page: &Page, id: &str) -> Result<String> {
    let name = page.element(id).await?.attr("aria-label").await?;
    name.with_context(|| format!("{id} has no name"))
}

/// Waits until the name of a picture says this.
async fn until_told(page: &Page, id: &str, what: &str) -> Result<()> {
    page.until(&format!("{id} says “{what}”"), async || {
        Ok(page.has(id).await? && label(page, id).await?.contains(what))
    })
    .await
}

/// Clicks the generated image at this place from the left and from the top of its wall.
async fn choose(page: &Page, column: u32, row: u32) -> Result<()> {
    // Below the wall's name; tiles are 68 CSS pixels wide at one device pixel each, after a margin.
    let script = "const [column, row] = arguments, on = document.querySelector('[data-testid=stage]'), room = on.getBoundingClientRect();
        const at = { clientX: room.left + 40 + 68 * column, clientY: room.top + 60 + 68 * row, bubbles: true, pointerId: 1 };
        for (const kind of ['pointermove', 'pointerdown']) on.dispatchEvent(new PointerEvent(kind, at));
        on.dispatchEvent(new MouseEvent('click', at))";
    page.run(script, &[json!(column), json!(row)]).await.map(|_| ())
}

#[test]
fn a_clicked_image_has_its_nearest_training_images() {
    browse(async |page| {
        gallery(&page).await?;
        until_told(&page, "nearest", "Generated image 1,").await?;
        let first = label(&page, "nearest").await?;
        let distances: Vec<f64> = first
            .split(" at ")
            .skip(1)
            .filter_map(|text| text.split(',').next()?.trim().parse().ok())
            .collect();
        ensure!(distances.len() == 4, "{first}");
        ensure!(distances.windows(2).all(|pair| pair[0] <= pair[1]), "{first}");
        ensure!(distances[0] > 0.02 && distances[3] < 0.9, "{first}");
        choose(&page, 1, 0).await?;
        until_told(&page, "nearest", "Generated image 2,").await?;
        // By the keyboard too.
        page.element("stage").await?.send_keys("\u{e014}\u{e007}").await?;
        until_told(&page, "nearest", "Generated image 3,").await?;
        page.expect_quiet().await
    });
}

#[test]
fn the_pad_leads_through_latent_space_by_pointer_and_keys() {
    browse(async |page| {
        gallery(&page).await?;
        page.click("gallery-pad").await?;
        until_told(&page, "pad", "images 1, 2, 3, 4; cross at 0.50").await?;
        until_told(&page, "pad-one", "G there: D = ").await?;
        drag(&page, "pad", json!([[0.5, 0.5], [0.0, 0.0]])).await?;
        // At the corner it is the chosen image itself.
        let score = page.run(
            "return new Promise((done) => setTimeout(() => done(document.querySelector('[data-testid=pad-score]').textContent), 1500))",
            &[],
        );
        let corner = score.await?;
        page.click("gallery-nearest").await?;
        until_told(&page, "nearest", "Generated image 1, D = ").await?;
        let chosen = label(&page, "nearest").await?;
        let said = chosen.split(". Nearest").next().and_then(|text| text.split_once(", "));
        let said = said.context("a score")?.1;
        ensure!(corner == json!(format!("G there: {said}")), "{corner}, and {chosen}");
        page.click("gallery-pad").await?;
        until_told(&page, "pad-one", "G there: D = ").await?;
        let before = pixels(&page, "[data-testid=pad-one]").await?;
        page.element("pad").await?.send_keys("\u{e014}\u{e014}\u{e015}").await?;
        until_told(&page, "pad", "cross at 0.70 from the left, 0.60").await?;
        page.until("another picture is made", async || {
            Ok(pixels(&page, "[data-testid=pad-one]").await? != before)
        })
        .await
    });
}

#[test]
fn the_strip_leads_from_one_chosen_image_to_the_other() {
    browse(async |page| {
        gallery(&page).await?;
        choose(&page, 2, 0).await?;
        until_told(&page, "nearest", "Generated image 3,").await?;
        choose(&page, 0, 1).await?;
        page.click("gallery-between").await?;
        until_told(&page, "between", "From generated image 3 to ").await?;
        page.until("nine pictures are judged", async || {
            let told = label(&page, "between").await?;
            let scores = told.rsplit(": ").next().unwrap_or_default().to_owned();
            Ok(scores.split(", ").filter(|text| text.parse::<f64>().is_ok()).count() == 9)
        })
        .await?;
        // As the run goes on, so does the strip.
        let before = pixels(&page, "[data-testid=between]").await?;
        page.api("await a.advance(20)").await?;
        page.until("the strip follows", async || {
            Ok(pixels(&page, "[data-testid=between]").await? != before)
        })
        .await
    });
}

#[test]
fn a_drawn_digit_is_judged_by_d_and_has_its_neighbour() {
    browse(async |page| {
        gallery(&page).await?;
        page.click("gallery-draw").await?;
        ensure!(page.text("draw-verdict").await?.starts_with("Draw a digit"));
        // A one.
        drag(&page, "draw", json!([[0.5, 0.2], [0.5, 0.8]])).await?;
        page.until("D judges it", async || {
            Ok(page.text("draw-verdict").await?.starts_with("D = 0.")
                || page.text("draw-verdict").await?.starts_with("D = 1."))
        })
        .await?;
        until_told(&page, "draw-nearest", "is a 1").await?;
        let first = page.number("draw-verdict").await?;
        ensure!((0.0..=1.0).contains(&first), "{first}");
        page.click("draw-clear").await?;
        ensure!(page.text("draw-verdict").await?.starts_with("Draw a digit"), "nothing is judged");
        // By keys: a dash of four dots.
        page.element("draw").await?.send_keys(" \u{e014} \u{e014} \u{e014} ").await?;
        page.until("D judges what keys draw", async || {
            Ok(page.text("draw-verdict").await?.starts_with("D = "))
        })
        .await?;
        let pen = label(&page, "draw").await?;
        ensure!(pen.ends_with("column 18, row 23"), "{pen}");
        page.expect_quiet().await
    });
}

#[test]
fn the_score_counts_digits_and_spreads_ds_words() {
    browse(async |page| {
        gallery(&page).await?;
        until_told(&page, "scores", "in the mean on real images").await?;
        until_told(&page, "digits", "Generated images of each digit at iteration ").await?;
        page.until("the score has as many digits as the bars", async || {
            let told = label(&page, "digits").await?;
            let made: Vec<u32> = told
                .split(": ")
                .skip(2)
                .filter_map(|text| text.split(',').next()?.trim().parse().ok())
                .collect();
            ensure!(made.len() == 10 && made.iter().sum::<u32>() == 64, "{told}");
            let present = made.iter().filter(|count| **count > 0).count();
            Ok(page.number("digits-made").await? == present as f64)
        })
        .await?;
        // Of a run on two digits no other is counted.
        stage(&page, &format!("{SCENE}&class=0,1")).await?;
        page.until("two digits", async || {
            Ok(page.has("digits").await? && label(&page, "digits").await?.ends_with("1: 64")
                || label(&page, "digits").await?.matches(": ").count() == 3)
        })
        .await?;
        // A toy has none of it.
        stage(&page, "#data=ring8&backend=cpu").await?;
        page.until("it is gone", async || {
            Ok(!page.has("tally").await? && !page.has("gallery").await?)
        })
        .await
    });
}
