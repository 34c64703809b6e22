//! One page in a real, headless Chromium. Each visit is a fresh profile; a failed one leaves a screenshot and prints
//! what the console said.

use std::{
    collections::HashMap,
    fmt::Debug,
    fs,
    future::Future,
    path::PathBuf,
    sync::{PoisonError, RwLock},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    elements::Element,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::task::{LocalSet, spawn_local};

use crate::{
    driver::{Driver, Own},
    picture::Picture,
};

/// As many browsers at a time as there are threads of tests, which wait for their pages most of the time; one alone where
/// milliseconds are measured.
static TURN: RwLock<()> = RwLock::new(());

/// Headless, and silent towards the network.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--window-size=1280,860",
];

/// How Chromium draws. Both ways are in software here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphics {
    /// By the processor, without WebGPU, as in most browsers of today's phones.
    Plain,
    /// By a GPU in software, which WebGPU needs: a page takes five times as long. Other sets of flags are known to draw
    /// nothing without a word.
    WebGpu,
}

impl Graphics {
    const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["--disable-gpu"],
            Self::WebGpu => &[
                "--enable-unsafe-webgpu",
                "--enable-features=Vulkan",
                "--use-vulkan=swiftshader",
                "--use-angle=swiftshader",
            ],
        }
    }
}

/// How long a page may take to do what a person asked for, on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where screenshots go: `target/screenshots`.
///
/// # Errors
/// When the folder cannot be made.
pub fn screenshots() -> Result<PathBuf> {
    let folder = xtask::paths::root().join("target/screenshots");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}

/// A window on the page; clones are the same window.
#[derive(Clone)]
pub struct Page {
    client: Client,
    base: String,
}

/// Runs `body` in a browser of its own whose pages come from `base` (an address without a slash at its end).
///
/// # Panics
/// When the body fails, with its error; the console and a screenshot are left behind.
pub fn visit<F, Fut, T>(base: &str, body: F) -> T
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    visit_with(base, Graphics::Plain, body)
}

/// As [`visit`], drawn in this way.
///
/// # Panics
/// As [`visit`].
pub fn visit_with<F, Fut, T>(base: &str, graphics: Graphics, body: F) -> T
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    let _turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
    visit_now(base, graphics, body)
}

/// As [`visit`], while no other visit is under way: for what measures time.
///
/// # Panics
/// As [`visit`].
pub fn visit_alone<F, Fut, T>(base: &str, body: F) -> T
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    let _turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
    visit_now(base, Graphics::Plain, body)
}

fn visit_now<F, Fut, T>(base: &str, graphics: Graphics, body: F) -> T
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    match LocalSet::new().block_on(&runtime, visit_async(base.to_owned(), graphics, body)) {
        Ok(value) => value,
        Err(error) => panic!("{error:#}"),
    }
}

async fn visit_async<F, Fut, T>(base: String, graphics: Graphics, body: F) -> Result<T>
where
    F: FnOnce(Page) -> Fut,
    Fut: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    let browser = xtask::browser::locate()
        .context("Chromium and chromedriver are missing: cargo xtask setup")?;
    let driver = Driver::start(&browser.driver)?;
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities(&browser.chromium.to_string_lossy(), graphics))
        .connect(driver.address())
        .await
        .context("Chromium could not be started")?;
    let page = Page { client: client.clone(), base };
    // The window's size above counts the bars that a headless window does not show.
    page.resize(1280, 720).await?;
    // As a task of its own, so that a failed assertion still ends Chromium.
    let outcome = match spawn_local(body(page.clone())).await {
        Ok(outcome) => outcome,
        Err(panic) => Err(anyhow::anyhow!("{panic}")),
    };
    if outcome.is_err() {
        page.bear_witness().await;
    }
    client.close().await.context("Chromium could not be ended")?;
    outcome
}

fn capabilities(chromium: &str, graphics: Graphics) -> serde_json::Map<String, Value> {
    let flags: Vec<&str> = FLAGS.iter().chain(graphics.flags()).copied().collect();
    let all = json!({
        "browserName": "chrome",
        "timeouts": { "script": 600_000, "pageLoad": 120_000 },
        "goog:chromeOptions": { "binary": chromium, "args": flags, "perfLoggingPrefs": { "enableNetwork": true } },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    });
    all.as_object().cloned().unwrap_or_default()
}

impl Page {
    /// The same window, on pages that come from elsewhere.
    #[must_use]
    pub fn at(&self, base: String) -> Self {
        Self { client: self.client.clone(), base }
    }

    /// Loads the page anew at this hash (`#…`, or empty).
    ///
    /// # Errors
    /// When the page does not load.
    pub async fn open(&self, hash: &str) -> Result<()> {
        self.client.goto("about:blank").await?;
        self.client.goto(&format!("{}/{hash}", self.base)).await?;
        Ok(())
    }

    /// Loads what the address bar holds once more.
    ///
    /// # Errors
    /// When the page does not load.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.client.refresh().await?)
    }

    /// The part of the address from `#` on, without it.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn hash(&self) -> Result<String> {
        Ok(self.client.current_url().await?.fragment().unwrap_or_default().to_owned())
    }

    /// The element with this `data-testid`, waited for.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn element(&self, id: &str) -> Result<Element> {
        let selector = format!("[data-testid='{id}']");
        let wait = self.client.wait().at_most(PATIENCE);
        wait.for_element(Locator::Css(&selector)).await.with_context(|| format!("there is no {id}"))
    }

    /// Whether the element is there now.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn has(&self, id: &str) -> Result<bool> {
        let script = "return !!document.querySelector(`[data-testid='${arguments[0]}']`)";
        Ok(self.run(script, &[json!(id)]).await? == json!(true))
    }

    /// Its visible text.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn text(&self, id: &str) -> Result<String> {
        Ok(self.element(id).await?.text().await?)
    }

    /// Its `data-value` as a number; NaN when that is no number.
    ///
    /// # Errors
    /// When the element does not appear, or has no such attribute.
    pub async fn number(&self, id: &str) -> Result<f64> {
        let value = self.element(id).await?.attr("data-value").await?;
        Ok(value.with_context(|| format!("{id} has no data-value"))?.parse().unwrap_or(f64::NAN))
    }

    /// Clicks it.
    ///
    /// # Errors
    /// When it cannot be clicked.
    pub async fn click(&self, id: &str) -> Result<()> {
        self.element(id).await?.click().await.with_context(|| format!("{id} cannot be clicked"))
    }

    /// Presses a key while nothing in particular has the focus.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn press(&self, key: &str) -> Result<()> {
        self.run("document.activeElement?.blur()", &[]).await?;
        Ok(self.client.find(Locator::Css("body")).await?.send_keys(key).await?)
    }

    /// Presses a key where the focus is.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn type_key(&self, key: &str) -> Result<()> {
        let mut keys = KeyActions::new("keyboard".into());
        for value in key.chars() {
            keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        Ok(self.client.perform_actions(keys).await?)
    }

    /// Gives a file to a file input.
    ///
    /// # Errors
    /// When there is no such input.
    pub async fn give_file(&self, id: &str, file: &std::path::Path) -> Result<()> {
        let selector =
            format!("input[type=file][data-testid='{id}'], [data-testid='{id}'] input[type=file]");
        let input = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&selector));
        let input = input.await.with_context(|| format!("there is no file input {id}"))?;
        Ok(input.send_keys(&file.to_string_lossy()).await?)
    }

    /// Runs the body of a function; a promise that it returns is awaited.
    ///
    /// # Errors
    /// When it throws or rejects.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Result<Value> {
        self.client
            .execute(script, arguments.to_vec())
            .await
            .with_context(|| format!("in the page: {script}"))
    }

    /// Runs the body of an async function with `adversaria` at hand.
    ///
    /// # Errors
    /// When it throws.
    pub async fn api(&self, script: &str) -> Result<Value> {
        self.until("window.adversaria is there", async || {
            Ok(self.run("return !!window.adversaria", &[]).await? == json!(true))
        })
        .await?;
        let script = format!(
            "return (async () => {{ const a = window.adversaria; await a.ready; {script} }})()"
        );
        self.run(&script, &[]).await
    }

    /// Asks again and again until it is so.
    ///
    /// # Errors
    /// When it is not so within [`PATIENCE`].
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let start = Instant::now();
        while !holds().await? {
            ensure!(start.elapsed() < PATIENCE, "after {PATIENCE:?} this is still not so: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Waits until `iteration` is past this.
    ///
    /// # Errors
    /// When it does not get there within [`PATIENCE`].
    pub async fn until_iteration(&self, past: f64) -> Result<()> {
        let what = format!("the iteration is past {past}");
        self.until(&what, async || Ok(self.number("iteration").await? > past)).await
    }

    /// What an element looks like.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn picture(&self, id: &str) -> Result<Picture> {
        Picture::from_png(&self.element(id).await?.screenshot().await?)
    }

    /// Saves what the window shows, under `target/screenshots`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save(&self, name: &str) -> Result<()> {
        let file = screenshots()?.join(format!("{name}.png"));
        fs::write(&file, self.client.screenshot().await?)
            .with_context(|| format!("{} cannot be written", file.display()))
    }

    /// Makes the window this large, also where a desktop would not allow it.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await.map(drop)
    }

    /// What the reader's system prefers, such as `prefers-color-scheme`.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn prefer(&self, feature: &str, value: &str) -> Result<()> {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features).await.map(drop)
    }

    /// Runs a script in every page that is loaded from now on, before the page's own.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn prepare(&self, script: &str) -> Result<()> {
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source).await.map(drop)
    }

    /// Seconds of a processor that the page's own thread has taken; what else runs on the machine does not count.
    ///
    /// # Errors
    /// When the browser does not say.
    pub async fn busy(&self) -> Result<f64> {
        let clock = json!({ "timeDomain": "threadTicks" });
        self.devtools("Performance.enable", clock).await?;
        let all = self.devtools("Performance.getMetrics", json!({})).await?;
        let mut all = all["metrics"].as_array().into_iter().flatten();
        let busy = all.find(|one| one["name"] == "TaskDuration");
        busy.and_then(|one| one["value"].as_f64()).context("Chromium tells no TaskDuration")
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        let done = self.client.issue_cmd(Own::devtools(command, &parameters)).await;
        done.with_context(|| format!("{command} {parameters}"))
    }

    /// Errors on the console since this was last asked.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        let entries = self.log("browser").await?;
        Ok(entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| said(&entry["message"]))
            .collect())
    }

    /// Requests that failed since this was last asked: no answer, or a status of 400 or more.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn failed_requests(&self) -> Result<Vec<String>> {
        let mut asked = HashMap::new();
        let mut failed = Vec::new();
        for entry in self.log("performance").await? {
            let event: Value = serde_json::from_str(&said(&entry["message"]))?;
            let (kind, of) = (&event["message"]["method"], &event["message"]["params"]);
            let id = said(&of["requestId"]);
            match kind.as_str() {
                Some("Network.requestWillBeSent") => {
                    asked.insert(id, said(&of["request"]["url"]));
                }
                Some("Network.responseReceived")
                    if of["response"]["status"].as_u64() >= Some(400) =>
                {
                    failed.push(format!(
                        "{} {}",
                        of["response"]["status"],
                        said(&of["response"]["url"])
                    ));
                }
                Some("Network.loadingFailed") if of["canceled"] != json!(true) => {
                    let url = asked.get(&id).map_or("?", String::as_str);
                    failed.push(format!("{} {url}", said(&of["errorText"])));
                }
                _ => {}
            }
        }
        Ok(failed)
    }

    /// Fails when anything went wrong that the reader of a console would see.
    ///
    /// # Errors
    /// With what went wrong.
    pub async fn expect_quiet(&self) -> Result<()> {
        let (console, requests) = (self.console_errors().await?, self.failed_requests().await?);
        ensure!(console.is_empty(), "the console shows {console:#?}");
        ensure!(requests.is_empty(), "requests failed: {requests:#?}");
        Ok(())
    }

    async fn log(&self, kind: &str) -> Result<Vec<Value>> {
        let log = self.client.issue_cmd(Own::log(kind)).await?;
        let Value::Array(entries) = log else { bail!("the {kind} log is {log}") };
        Ok(entries)
    }

    /// After a failure: the console and a screenshot.
    async fn bear_witness(&self) {
        let name = thread::current().name().unwrap_or("test").replace("::", "-");
        let log = self.log("browser").await;
        for entry in log.iter().flatten() {
            println!("console: {} {}", said(&entry["level"]), said(&entry["message"]));
        }
        let saved = self.save(&format!("failed-{name}")).await;
        report("the console could not be read", log);
        report("no screenshot", saved);
    }
}

fn report(what: &str, result: Result<impl Debug>) {
    if let Err(error) = result {
        println!("{what}: {error:#}");
    }
}

fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
