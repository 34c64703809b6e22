//! How it looks: both themes, a desktop, a projector and phones, saved for eyes; what a machine can see of it is asserted.

use adversaria_tests::browser::Page;
use anyhow::{Context, Result, ensure};

use crate::{browse, scenes::stage};

const SCENES: [(&str, &str, u32); 3] = [
    (
        "bimodal",
        "#data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5&optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256&backend=cpu",
        2000,
    ),
    (
        "ring8",
        "#data=ring8&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256&backend=cpu",
        2000,
    ),
    (
        "mnist",
        "#data=mnist&backend=cpu&optd=adam:0.0002:0.5:0.999&optg=adam:0.0002:0.5:0.999&batch=64",
        400,
    ),
];

async fn number(page: &Page, script: &str) -> Result<f64> {
    page.run(script, &[]).await?.as_f64().with_context(|| format!("{script} is no number"))
}

/// The lightness of the page's ground, 0 to 255.
async fn ground(page: &Page) -> Result<f64> {
    let script = "const of = (e) => getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number);
        const colour = [document.body, document.documentElement].map(of).find((c) => c.length === 3 || c[3] > 0) ?? [255];
        return colour.slice(0, 3).reduce((a, b) => a + b) / Math.min(3, colour.length)";
    number(page, script).await
}

async fn fits(page: &Page, width: u32) -> Result<()> {
    let overflow =
        number(page, "return document.scrollingElement.scrollWidth - innerWidth").await?;
    ensure!(overflow <= 0.0, "at {width} pixels the page is {overflow} too wide");
    Ok(())
}

#[test]
fn both_themes_from_phone_to_projector() {
    browse(async |page| {
        for (name, hash, iterations) in SCENES {
            stage(&page, hash).await?;
            page.api(&format!("await a.advance({iterations}); return 0")).await?;
            let mut grounds = Vec::new();
            for theme in ["light", "dark"] {
                page.prefer("prefers-color-scheme", theme).await?;
                for (width, height) in [(1280, 720), (1920, 1080), (360, 800), (320, 640)] {
                    page.resize(width, height).await?;
                    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
                    fits(&page, width).await?;
                    page.until(
                        &format!("{name}, {theme}, {width}: the stage is drawn"),
                        async || {
                            let picture = page.picture("stage").await?;
                            Ok(picture.ink() > 0.005 && picture.size().0 > 200)
                        },
                    )
                    .await?;
                    page.save(&format!("{name}-{theme}-{width}")).await?;
                }
                grounds.push(ground(&page).await?);
            }
            ensure!(
                grounds[0] > 200.0 && grounds[1] < 60.0,
                "light and dark grounds are {grounds:?}"
            );
        }
        page.expect_quiet().await
    });
}

#[test]
fn a_desktop_shows_the_game_without_scrolling() {
    browse(async |page| {
        stage(&page, "#data=ring8&backend=cpu").await?;
        page.resize(1280, 720).await?;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        for id in ["play", "stage", "loss-d", "loss-g", "k-d", "iteration", "backend"] {
            let script = format!(
                "return document.querySelector(\"[data-testid='{id}']\").getBoundingClientRect().bottom"
            );
            let bottom = number(&page, &script).await?;
            ensure!(bottom > 0.0 && bottom <= 720.0, "{id} ends at {bottom}");
        }
        fits(&page, 1280).await
    });
}

#[test]
fn the_page_has_its_icon_and_a_name() {
    browse(async |page| {
        page.open("").await?;
        let script = "const icon = document.querySelector('link[rel=icon]').href;
            const got = await fetch(icon), picture = new Image();
            picture.src = icon;
            await picture.decode();
            return got.ok && got.headers.get('content-type') === 'image/svg+xml' && document.title";
        ensure!(page.api(script).await? == "Adversaria");
        page.expect_quiet().await
    });
}
