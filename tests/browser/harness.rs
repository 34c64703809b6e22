//! The harness itself: it must see what it is there to see.

use std::{cell::RefCell, fs, path::PathBuf};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{serve, visit};

const PAGE: &str = r##"<!doctype html><meta name="viewport" content="width=device-width"><title>t</title><link rel="icon" href="data:,">
<body style="margin:0;background:#fff">
<button data-testid="play" onclick="n=0;setInterval(()=>{it.dataset.value=++n;draw()},5)">play</button>
<output id="it" data-testid="iteration" data-value="0">0</output>
<canvas data-testid="stage" width="200" height="100"></canvas>
<canvas data-testid="blank" width="200" height="100"></canvas>
<input type="file" data-testid="file">
<script>
onkeydown = (e) => { document.title = e.key };
window.adversaria = { ready: Promise.resolve(), later: (x) => new Promise((done) => setTimeout(() => done(x), 20)) };
function draw() { const c = document.querySelector("canvas").getContext("2d"); c.fillStyle = "#0072b2"; c.fillRect(0, 0, 100, 100); }
</script>"##;

fn folder(name: &str, page: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("adversaria-harness-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("index.html"), page).unwrap();
    folder
}

#[test]
fn it_clicks_reads_and_sees() {
    let folder = folder("sees", PAGE);
    let server = serve(&folder);
    visit(&server.address(), async |page| {
        page.open("#a=1").await?;
        ensure!(
            page.hash().await? == "a=1" && page.has("play").await? && !page.has("fault").await?
        );
        let before = page.picture("stage").await?;
        ensure!(before.ink() == 0.0, "a blank canvas has no ink");
        page.click("play").await?;
        page.until_iteration(5.0).await?;
        let after = page.picture("stage").await?;
        ensure!(
            (0.49..0.51).contains(&before.difference(&after)?)
                && after.count(|r, g, b| (r, g, b) == (0, 114, 178)) == 10_000
        );
        ensure!(page.picture("blank").await?.ink() == 0.0);
        page.press("g").await?;
        ensure!(page.run("return document.title", &[]).await? == json!("g"));
        ensure!(page.api("return await a.later(7)").await? == json!(7));
        ensure!(page.api("throw new Error('no')").await.is_err());
        page.resize(360, 800).await?;
        ensure!(page.run("return innerWidth", &[]).await? == json!(360));
        page.prefer("prefers-color-scheme", "dark").await?;
        ensure!(
            page.run("return matchMedia('(prefers-color-scheme: dark)').matches", &[]).await?
                == json!(true)
        );
        page.give_file("file", &xtask::paths::root().join("Cargo.toml")).await?;
        ensure!(
            page.run("return document.querySelector('input').files[0].name", &[]).await?
                == json!("Cargo.toml")
        );
        page.expect_quiet().await
    });
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn it_hears_errors_and_missing_files() {
    let noisy = "<!doctype html><title>t</title><link rel=icon href=nothing.svg><script>console.error('planted')</script>
        <script>setTimeout(() => { throw new Error('thrown') })</script>";
    let folder = folder("hears", noisy);
    let server = serve(&folder);
    let (requests, console, verdict) = visit(&server.address(), async |page| -> Result<_> {
        page.open("").await?;
        let requests = RefCell::new(Vec::new());
        page.until("the favicon was asked for", async || {
            let failed = page.failed_requests().await?;
            requests.borrow_mut().extend(failed);
            Ok(!requests.borrow().is_empty())
        })
        .await?;
        let console = page.console_errors().await?.join("\n");
        page.open("#again").await?;
        Ok((requests.into_inner().join("\n"), console, page.expect_quiet().await))
    });
    assert!(requests.contains("404") && requests.contains("nothing.svg"), "{requests}");
    assert!(
        console.contains("planted")
            && console.contains("thrown")
            && console.contains("nothing.svg"),
        "{console}"
    );
    assert!(verdict.is_err_and(|why| why.to_string().contains("planted")));
    fs::remove_dir_all(folder).unwrap();
}
