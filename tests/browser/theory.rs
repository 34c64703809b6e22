//! What theory says of the run on stage: distances with what chance makes of them, and players sent to their optimum.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{browse, scenes::stage};

const LINE: &str = "#data=bimodal&g=16,16&d=16,16&gact=tanh&dact=tanh&batch=64&optg=adam:0.002&optd=adam:0.005&backend=cpu";

#[test]
fn distances_stand_beside_what_chance_makes_of_them() {
    browse(async |page| {
        stage(&page, LINE).await?;
        page.click("play").await?;
        // Sixteen comparisons, one a second or so.
        page.until("chance is measured", async || {
            Ok(page.api("return a.metrics().chance !== undefined").await? == json!(true))
        })
        .await?;
        page.click("play").await?;
        let seen = page
            .api("const m = a.metrics(); return [m.totalVariation, m.wasserstein, m.mmd2, ...m.chance.wasserstein]")
            .await?;
        let seen: Vec<f64> = serde_json::from_value(seen)?;
        ensure!(seen[0] > 0.0 && seen[0] <= 1.0 && seen[1] > 0.0, "{seen:?}");
        // ∫ √(2 F (1 − F) / π n) of bimodal at n = 10,000.
        ensure!((0.003..0.02).contains(&seen[3]) && seen[4] > 0.0, "{seen:?}");
        for id in ["tv", "w1", "mmd"] {
            page.until(id, async || Ok(page.number(id).await?.is_finite())).await?;
        }
        page.click("distances").await?;
        let told = page.text("chance").await?;
        ensure!(told.contains("Where p_g = p_data"), "{told}");
        page.expect_quiet().await
    });
}

#[test]
fn a_player_goes_to_its_optimum_by_button_and_by_call() {
    browse(async |page| {
        stage(&page, LINE).await?;
        let script = "const before = await a.advance(300), after = await a.optimum('d');
            return [before.updatesD, before.updatesG, before.valueOptimal - before.value,
                after.updatesD, after.updatesG, after.valueOptimal - after.value]";
        let seen: Vec<f64> = serde_json::from_value(page.api(script).await?)?;
        ensure!(seen[3] >= seen[0] + 1000.0 && seen[4] == seen[1], "{seen:?}");
        ensure!(seen[5] < 0.7 * seen[2], "the gap does not close: {seen:?}");
        page.until("it is told", async || {
            Ok(page.has("notice").await? && page.text("notice").await?.contains("D trained alone"))
        })
        .await?;
        let of_d = page.text("notice").await?;
        page.click("optimum-g").await?;
        page.until("G trains alone", async || {
            let now = page.api("return a.metrics().updatesG").await?;
            Ok(now.as_f64().context("a number")? > seen[4])
        })
        .await?;
        let now: Result<f64> =
            async { page.api("return a.metrics().updatesD").await?.as_f64().context("a number") }
                .await;
        ensure!(now? == seen[3], "D moved");
        // The button stops the other's training, and a new D begins far from where the old one stood.
        page.click("optimum-fresh").await?;
        page.until("a detector's hits are told", async || {
            let told = page.text("notice").await?;
            Ok(told != of_d && told.contains("It tells ") && told.contains("\u{bd} + TV/2"))
        })
        .await?;
        let refused = page.api("try { a.optimum('x'); return '' } catch (e) { return e.message }");
        ensure!(
            refused.await?.to_string().contains("takes \\\"d\\\", \\\"g\\\" or"),
            "no sentence"
        );
        Ok(())
    });
}
