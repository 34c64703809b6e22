//! Where a run computes: without WebGPU, with it in software, moving while it trains, and when the device is lost.

use adversaria_tests::browser::Page;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::{browse, browse_webgpu, scenes::stage, steps::give};

/// `webgpu` or `cpu`, and the text beside it.
async fn place(page: &Page) -> Result<(String, String)> {
    let value = page.element("backend").await?.attr("data-value").await?;
    Ok((value.context("backend has no value")?, page.text("backend").await?))
}

async fn until_at(page: &Page, backend: &str) -> Result<String> {
    let what = format!("it computes on {backend}");
    page.until(&what, async || Ok(place(page).await?.0 == backend)).await?;
    Ok(place(page).await?.1)
}

/// Keeps every sentence that the page shows: a notice goes after a while, and the machine may be busy meanwhile.
const LISTEN: &str = "window.said = [];
    const shown = (selector) => document.querySelector(selector)?.textContent ?? '';
    const last = { notice: '', fault: '' };
    new MutationObserver(() => {
        for (const id of ['notice', 'fault']) {
            const text = shown(id === 'fault' ? `[data-testid='fault'] p` : `[data-testid='notice']`);
            if (text && text !== last[id]) said.push([id, text]);
            last[id] = text;
        }
    }).observe(document, { subtree: true, childList: true, characterData: true });";

/// The sentences that the page has shown as `id`.
async fn said(page: &Page, id: &str) -> Result<Vec<String>> {
    let script = "return said.filter((one) => one[0] === arguments[0]).map((one) => one[1])";
    let all = page.run(script, &[json!(id)]).await?;
    let all = all.as_array().context("nothing was kept")?.iter();
    Ok(all.filter_map(|one| one.as_str().map(str::to_owned)).collect())
}

async fn until_told(page: &Page, id: &str, of: &str) -> Result<String> {
    let find = async || -> Result<Option<String>> {
        Ok(said(page, id).await?.into_iter().find(|one| one.contains(of)))
    };
    let what = format!("a {id} tells of {of}");
    page.until(&what, async || Ok(find().await?.is_some())).await?;
    find().await?.context("it is gone")
}

/// Trains by the play button to past this iteration; what there is to read must be numbers.
async fn trains(page: &Page, past: f64) -> Result<()> {
    page.click("play").await?;
    page.until_iteration(past).await?;
    page.until("it says how fast it is", async || {
        Ok(page.number("iterations-per-second").await? > 0.0)
    })
    .await?;
    for figure in ["loss-d", "loss-g", "value"] {
        let value = page.number(figure).await?;
        ensure!(value.is_finite(), "{figure} is {value}");
    }
    page.click("play").await?;
    ensure!(!page.has("fault").await?, "{}", page.text("fault").await?);
    page.expect_quiet().await
}

#[test]
fn without_webgpu_it_is_the_cpu_and_says_so() {
    browse(async |page| {
        page.prepare(LISTEN).await?;
        for scene in ["#data=ring8", "#data=ring8&backend=webgpu&seed=2"] {
            page.open(scene).await?;
            let said = until_told(&page, "notice", "GPU").await?;
            ensure!(said.ends_with("so the run computes on the CPU."), "{said}");
            let (backend, text) = place(&page).await?;
            ensure!(backend == "cpu" && text.contains("CPU"), "{backend}: {text}");
            trains(&page, 50.0).await?;
        }
        // What is still on the page could not be told from what is said again.
        let gone = "return !document.querySelector(`[data-testid='notice']`)?.textContent";
        page.until("the notice is gone", async || Ok(page.run(gone, &[]).await? == json!(true)))
            .await?;
        // Asked for by hand, it is said again, and the run goes on where it is.
        let script = "said.length = 0; const at = a.metrics().iteration;
            for (const backend of ['auto', 'gpu']) await a.set('backend', backend);
            return a.metrics().iteration >= at && a.spec().backend";
        let backend = page.api(script).await?;
        until_told(&page, "notice", "GPU").await?;
        ensure!(backend == json!("webgpu"), "{backend}");
        Ok(())
    });
}

#[test]
fn the_cpu_is_not_kept_waiting_by_a_gpu_that_never_answers() {
    browse(async |page| {
        let silent = silent_gpu();
        page.prepare(&silent).await?;
        page.prepare(LISTEN).await?;
        page.open("#data=ring8&backend=cpu").await?;
        let begun = page.api("return performance.now()").await?.as_f64().unwrap_or(f64::NAN);
        ensure!(begun < 4500.0, "the scene came after {begun} ms");
        ensure!(place(&page).await?.0 == "cpu", "it is not the CPU");
        let all = said(&page, "notice").await?;
        ensure!(!all.iter().any(|one| one.contains("GPU")), "{all:?}");
        // A run that leaves it open waits a few seconds, and is not kept waiting for ever either.
        page.open("#data=ring8").await?;
        until_told(&page, "notice", "does not answer").await?;
        trains(&page, 50.0).await
    });
}

#[test]
fn left_open_a_software_gpu_is_left_alone() {
    browse_webgpu(async |page| {
        page.prepare(LISTEN).await?;
        page.open("#data=ring8").await?;
        let said = until_told(&page, "notice", "software").await?;
        ensure!(said.to_lowercase().contains("swiftshader"), "{said}");
        ensure!(place(&page).await?.0 == "cpu", "{said}");
        trains(&page, 50.0).await
    });
}

async fn trains_on_webgpu(page: &Page, scene: &str, past: f64) -> Result<()> {
    stage(page, scene).await?;
    let text = until_at(page, "webgpu").await?.to_lowercase();
    for word in ["webgpu", "swiftshader", "software"] {
        ensure!(text.contains(word), "{text:?} does not say {word}");
    }
    ensure!(text.contains("resident") || text.contains("dispatch"), "{text:?} names no form");
    trains(page, past).await
}

#[test]
fn bimodal_trains_on_webgpu() {
    browse_webgpu(async |page| trains_on_webgpu(&page, "#data=bimodal&backend=webgpu", 30.0).await);
}

#[test]
fn ring8_trains_on_webgpu_in_both_forms() {
    browse_webgpu(async |page| {
        for form in ["dispatch", "resident"] {
            let scene = format!("#data=ring8&g=16,16&d=16,16&backend=webgpu&exec={form}");
            trains_on_webgpu(&page, &scene, 30.0).await?;
            ensure!(place(&page).await?.1.contains(form), "{form}");
        }
        Ok(())
    });
}

#[test]
fn mnist_trains_on_webgpu() {
    browse_webgpu(async |page| {
        trains_on_webgpu(&page, "#data=mnist&batch=16&backend=webgpu", 2.0).await
    });
}

#[test]
fn a_run_moves_there_and_back_without_losing_an_iteration() {
    browse_webgpu(async |page| {
        let scene = "#data=ring8&g=16&d=16&batch=32&backend=cpu";
        stage(&page, scene).await?;
        let script = "const m = async (n) => { const m = await a.advance(n); return [m.iteration, m.updatesD, m.lossD] };
            const first = await m(50);
            await a.set('backend', 'webgpu');
            const there = document.querySelector(`[data-testid='backend']`).dataset.value;
            const second = await m(20);
            await a.set('backend', 'cpu');
            const third = await m(30);
            return [first, there, second, third, new TextDecoder().decode(await a.checkpoint())
                .match(/50 backend webgpu\\n70 backend cpu\\n/) !== null]";
        let moved = page.api(script).await?;
        let straight = page
            .api(&format!("await a.load('{scene}'); return (await a.advance(100)).lossD"))
            .await?;
        ensure!(moved[0][0] == json!(50) && moved[1] == json!("webgpu"), "{moved}");
        ensure!(moved[2][0] == json!(70) && moved[2][1] == json!(70), "{moved}");
        ensure!(moved[3][0] == json!(100) && moved[3][1] == json!(100), "{moved}");
        ensure!(moved[4] == json!(true), "the moves are not in the log: {moved}");
        // Twenty iterations with other roundings are still the same game.
        let (moved, straight) = (moved[3][2].as_f64(), straight.as_f64());
        let apart = moved.zip(straight).map(|(a, b)| (a - b).abs());
        ensure!(apart.is_some_and(|apart| apart < 1e-2), "{moved:?} and {straight:?}");
        // By its control, while it plays.
        page.click("play").await?;
        for backend in ["webgpu", "cpu"] {
            let from = page.number("iteration").await?;
            give(&page, "backend-choice", backend).await?;
            until_at(&page, backend).await?;
            ensure!(page.number("iteration").await? >= from, "it went back");
            page.until_iteration(from + 5.0).await?;
            ensure!(page.hash().await?.contains("backend="), "the address");
        }
        ensure!(!page.has("fault").await?, "{}", page.text("fault").await?);
        page.expect_quiet().await
    });
}

/// Starts the page's worker with `code` before its own, the way a module begins with an import.
fn in_worker(code: &str) -> String {
    let code = Value::from(code);
    format!(
        "const Plain = window.Worker;
        window.Worker = class extends Plain {{
            constructor(url, options) {{
                const blob = (text) => URL.createObjectURL(new Blob([text], {{ type: 'text/javascript' }}));
                const own = new URL(url, location.href).href;
                super(blob(`import ${{JSON.stringify(blob({code}))}}; import ${{JSON.stringify(own)}};`), options);
            }}
        }};"
    )
}

/// A GPU that never answers.
fn silent_gpu() -> String {
    in_worker(
        "Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: () => new Promise(() => {}) } });",
    )
}

/// What comes ten seconds late, so that the other comes first on any machine: the second device, or what computes on the CPU.
#[derive(Clone, Copy)]
enum Late {
    Device,
    Cpu,
}

impl Late {
    /// For a worker, before its own code.
    fn code(self) -> &'static str {
        match self {
            Self::Device => {
                "{
                    let asked = 0;
                    const request = GPUAdapter.prototype.requestDevice;
                    GPUAdapter.prototype.requestDevice = async function (...given) {
                        asked += 1;
                        if (asked === 2) await new Promise((next) => setTimeout(next, 10000));
                        return request.apply(this, given);
                    };
                }"
            }
            Self::Cpu => {
                "{
                    const fetched = self.fetch;
                    self.fetch = async (...given) => {
                        const late = String(given[0]).includes('split_cpu');
                        if (late) await new Promise((next) => setTimeout(next, 10000));
                        return fetched(...given);
                    };
                }"
            }
        }
    }
}

/// Devices that are destroyed when the page says so, the second of which comes late.
fn mortal_gpu() -> String {
    let mortal = "const devices = [], request = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = async function (...given) {
            const device = await request.apply(this, given);
            devices.push(device);
            return device;
        };
        new BroadcastChannel('mortal').onmessage = () => devices.splice(0).forEach((device) => device.destroy());";
    in_worker(&format!("{}\n{mortal}", Late::Device.code()))
}

/// Counts the device buffers that have not been destroyed: what `buffers` is asked, it answers by how many and their bytes, and
/// how many of them words are read back through.
fn counted_buffers() -> String {
    in_worker(
        "const live = new Set(), create = GPUDevice.prototype.createBuffer, end = GPUBuffer.prototype.destroy;
        GPUDevice.prototype.createBuffer = function (what) {
            const buffer = create.call(this, what);
            live.add(buffer);
            return buffer;
        };
        GPUBuffer.prototype.destroy = function () {
            live.delete(this);
            end.call(this);
        };
        const channel = new BroadcastChannel('buffers');
        channel.onmessage = () => {
            const all = [...live], read = all.filter((buffer) => buffer.usage & GPUBufferUsage.MAP_READ);
            channel.postMessage([all.length, all.reduce((bytes, buffer) => bytes + buffer.size, 0), read.length]);
        };",
    )
}

/// Devices of which the next buffer is a mistake ('mistake' said on `faulty`), or none gets memory any more ('full').
/// Counts how many devices were asked for.
fn faulty_gpu(late: Late) -> String {
    let faulty = "let wish = '', asked = 0;
        const create = GPUDevice.prototype.createBuffer, request = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = function (...given) {
            asked += 1;
            return request.apply(this, given);
        };
        GPUDevice.prototype.createBuffer = function (what) {
            const { MAP_READ, STORAGE } = GPUBufferUsage;
            if (wish === 'full') {
                const error = new GPUOutOfMemoryError('no room');
                setTimeout(() => this.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error })));
            }
            if (wish !== 'mistake') return create.call(this, what);
            wish = '';
            return create.call(this, { ...what, usage: MAP_READ | STORAGE });
        };
        const channel = new BroadcastChannel('faulty');
        channel.onmessage = ({ data }) => {
            if (data !== 'asked') wish = data;
            channel.postMessage(asked);
        };";
    in_worker(&format!("{}\n{faulty}", late.code()))
}

/// What the worker answers on a channel.
async fn ask(page: &Page, channel: &str, what: &str) -> Result<Value> {
    page.api(&format!(
        "const channel = new BroadcastChannel('{channel}');
        const answer = new Promise((done) => (channel.onmessage = ({{ data }}) => done(data)));
        channel.postMessage('{what}');
        return await answer"
    ))
    .await
}

const DESTROY: &str = "new BroadcastChannel('mortal').postMessage(0)";

#[test]
fn a_lost_device_costs_a_sentence_and_little_else() {
    browse_webgpu(async |page| {
        page.prepare(&mortal_gpu()).await?;
        page.prepare(LISTEN).await?;
        stage(&page, "#data=ring8&g=16&d=16&batch=32&backend=webgpu").await?;
        until_at(&page, "webgpu").await?;
        page.click("play").await?;
        page.until_iteration(20.0).await?;
        // Somebody waits for iterations when it happens, and gets them.
        let script = format!("const all = a.advance(60); {DESTROY}; return (await all).iteration");
        let reached = page.api(&script).await?.as_f64().context("no iteration")?;
        let told = until_told(&page, "fault", "GPU was lost").await?;
        ensure!(
            told.contains("the run goes on from iteration") && told.contains("on the CPU."),
            "{told}"
        );
        ensure!(reached >= 80.0, "it reached {reached}");
        let all = said(&page, "fault").await?;
        ensure!(all.len() == 1, "one sentence would do: {all:?}");
        // The browser gives another device, and the run goes on there.
        until_at(&page, "webgpu").await?;
        let from = page.number("iteration").await?;
        page.until_iteration(from + 5.0).await?;
        // That one is lost at once too, so it is the last.
        page.run(DESTROY, &[]).await?;
        until_at(&page, "cpu").await?;
        let from = page.number("iteration").await?;
        page.until_iteration(from + 200.0).await?;
        ensure!(place(&page).await?.0 == "cpu", "it came back a second time");
        page.expect_quiet().await
    });
}

#[test]
fn buffers_that_are_replaced_are_given_back() {
    browse_webgpu(async |page| {
        page.prepare(&counted_buffers()).await?;
        stage(&page, "#data=ring8&g=16&d=16&batch=32&backend=webgpu").await?;
        until_at(&page, "webgpu").await?;
        let scenes = async |count: u32| {
            let script = format!(
                "for (let i = 0; i < {count}; i += 1) {{
                    await a.load('#data=ring8&g=16&d=16&batch=32&backend=webgpu&seed=' + (2 + i));
                    for (const k of [2, 3, 1]) {{ await a.set('kd', k); await a.advance(2); }}
                }}"
            );
            page.api(&script).await
        };
        let number = |value: &Value, at: usize| value[at].as_f64().context("no number");
        scenes(3).await?;
        let few = ask(&page, "buffers", "how many").await?;
        // One run's buffers, and some to read back through.
        let (count, bytes) = (number(&few, 0)?, number(&few, 1)?);
        ensure!((6.0..40.0).contains(&count), "{few}");
        scenes(6).await?;
        // What is on its way is given back when it has come. How many are read back through depends on how late words come.
        let read = number(&few, 2)?;
        page.until(&format!("no more live than after three scenes, {few}"), async || {
            let many = ask(&page, "buffers", "how many").await?;
            let (all, read_now) = (number(&many, 0)?, number(&many, 2)?);
            let others = all - read_now <= count - read;
            Ok(others && read_now <= read + 12.0 && number(&many, 1)? <= 1.5 * bytes)
        })
        .await
    });
}

/// A run that plays on WebGPU is changed while the device has this fault; gives the one sentence about it.
async fn after_a_fault(page: &Page, what: &str, late: Late) -> Result<String> {
    page.prepare(&faulty_gpu(late)).await?;
    page.prepare(LISTEN).await?;
    stage(page, "#data=ring8&g=16&d=16&batch=32&backend=webgpu").await?;
    until_at(page, "webgpu").await?;
    page.click("play").await?;
    page.until_iteration(20.0).await?;
    // The worker has heard of it before anything makes a buffer: one channel may overtake another.
    ask(page, "faulty", what).await?;
    page.api("await a.set('loss', 'minimax').catch(() => {})").await?;
    until_told(page, "fault", "the run goes on from iteration").await
}

/// A device has refused a command, and the run goes on in this place, and on another device, which makes no mistakes.
fn a_refused_command(late: Late, place: &'static str) {
    browse_webgpu(async move |page| {
        let told = after_a_fault(&page, "mistake", late).await?;
        let goes_on = told.ends_with(&format!(" on the {place}."));
        ensure!(told.contains("refused a command") && goes_on, "{told}");
        until_at(&page, "webgpu").await?;
        let from = page.number("iteration").await?;
        page.until_iteration(from + 5.0).await?;
        let all = said(&page, "fault").await?;
        ensure!(all.len() == 1, "one sentence would do: {all:?}");
        Ok(())
    });
}

#[test]
fn a_command_that_the_device_refuses_costs_a_sentence() {
    a_refused_command(Late::Device, "CPU");
}

#[test]
fn another_device_need_not_wait_for_the_cpu() {
    a_refused_command(Late::Cpu, "GPU");
}

#[test]
fn a_device_without_memory_is_asked_once() {
    browse_webgpu(async |page| {
        let told = after_a_fault(&page, "full", Late::Device).await?;
        ensure!(told.contains("ran out of memory") && told.ends_with("on the CPU."), "{told}");
        until_at(&page, "cpu").await?;
        let from = page.number("iteration").await?;
        page.until_iteration(from + 500.0).await?;
        ensure!(place(&page).await?.0 == "cpu", "it went to another device");
        let all = said(&page, "fault").await?;
        ensure!(all.len() == 1, "one sentence would do: {all:?}");
        let asked = ask(&page, "faulty", "asked").await?;
        ensure!(asked == json!(1), "{asked} devices were asked for");
        // A new run that wishes for a GPU hears why it has none.
        page.api("await a.load('#data=bimodal&backend=webgpu')").await?;
        until_told(&page, "notice", "ran out of memory, so the run computes on the CPU").await?;
        Ok(())
    });
}
