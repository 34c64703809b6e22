//! The diagnosis under the score, and the Dirac-GAN's stage.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browse, scenes::stage, steps::until_is};

const VANISHING: &str = "#data=ring8&loss=minimax&kd=10&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.0001&backend=cpu";

/// What an element of this test id has of this property.
async fn read(page: &Page, id: &str, what: &str) -> Result<String> {
    let script = format!(
        "const e = document.querySelector('[data-testid=\"{id}\"]'); return e ? String(e.{what}) : ''"
    );
    Ok(page.api(&script).await?.as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_vanishing_gradient_is_named_with_both_norms_and_the_advice_helps() {
    browse(async |page| {
        stage(&page, VANISHING).await?;
        page.api("for (let i = 0; i < 8; i++) { await a.advance(150); await new Promise((go) => setTimeout(go, 1200)); }").await?;
        page.until("the diagnosis names it", async || {
            Ok(read(&page, "diagnosis", "dataset.value").await? == "vanishing-gradient")
        })
        .await?;
        let sentence = read(&page, "diagnosis", "textContent").await?;
        ensure!(sentence.contains("minimax gradient of G vanishes"), "{sentence}");
        let rule = read(&page, "diagnosis-rule", "textContent").await?;
        ensure!(
            rule.contains("‖∇ minimax‖ / ‖∇ non-saturating‖") && rule.contains("at most 0.1"),
            "{rule}"
        );
        page.api("document.querySelector('[data-testid=\"diagnosis-try\"]').click()").await?;
        page.until("the loss is the other one", async || {
            Ok(page.api("return a.spec().loss").await?.as_str() == Some("nonsaturating"))
        })
        .await
    });
}

#[test]
fn the_dirac_gan_shows_its_plane_and_the_critical_gamma() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu").await?;
        page.api("document.querySelector('[data-testid=\"data-dirac\"]').click()").await?;
        page.until("its plane is there", async || {
            Ok(read(&page, "stage", "ariaLabel").await?.contains("plane of θ and ψ"))
        })
        .await?;
        let before = read(&page, "dirac-eigenvalues", "textContent").await?;
        ensure!(before.contains("complex"), "{before}");
        page.api(
            "const e = document.querySelector('[data-testid=\"dirac-gamma\"]'); e.value = 1.5;
             e.dispatchEvent(new Event('input', { bubbles: true }))",
        )
        .await?;
        page.until("the eigenvalues are real", async || {
            Ok(read(&page, "dirac-eigenvalues", "textContent").await?.contains("real"))
        })
        .await?;
        page.api("await a.advance(100)").await?;
        let theta = page.api("return (await a.sample(1))[0]").await?.as_f64().unwrap_or(f64::NAN);
        ensure!(theta.is_finite() && (theta - 1.0).abs() > 0.01, "θ has moved: {theta}");
        page.until("the name of the stage follows", async || {
            Ok(read(&page, "stage", "ariaLabel").await?.contains("Iteration 100"))
        })
        .await
    });
}

#[test]
fn the_dirac_gan_begins_slowly_and_what_follows_does_not() {
    browse(async |page| {
        page.open("#data=dirac&loss=minimax&batch=1&backend=cpu&play=1").await?;
        page.until("its stage is there", async || page.has("dirac-gamma").await).await?;
        page.until_iteration(1.0).await?;
        let first = page.number("iteration").await?;
        ensure!(first < 1000.0, "it was at {first} before its way could be seen");
        page.api("document.querySelector('[data-testid=data-ring8]').click()").await?;
        let speed = "return document.querySelector('.speed output').textContent";
        until_is(&page, "it is flat out again", speed, json!("flat out")).await
    });
}
