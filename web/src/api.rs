//! `window.adversaria`, for notebooks, teachers' pages and automation; the same calls by message when embedded.

use adversaria_core::spec::{Change, RunSpec};
use adversaria_protocol::{Chance, Command, Metrics, Reply, Standing, Step};
use js_sys::{Array, Error, Float32Array, Function, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{MessageEvent, Window};

use crate::{address, page::Page, play::Pupil};

/// The calls there are.
const CALLS: [&str; 15] = [
    "load",
    "play",
    "pause",
    "advance",
    "metrics",
    "sample",
    "score",
    "spec",
    "address",
    "checkpoint",
    "restore",
    "set",
    "step",
    "optimum",
    "reset",
];

type Settle = Box<dyn FnOnce(Result<JsValue, String>)>;

/// Puts `adversaria` on the window and hears messages.
pub fn expose(page: Page) {
    let api = Object::new();
    for name in CALLS {
        let call =
            Closure::<dyn FnMut(JsValue, JsValue) -> Result<JsValue, JsValue>>::new(move |a, b| {
                call(page, name, &a, &b).map_err(|sentence| Error::new(&sentence).into())
            });
        put(&api, name, call.as_ref());
        call.forget();
    }
    put(&api, "version", &env!("CARGO_PKG_VERSION").into());
    put(&api, "ready", &ready(page));
    put(&window(), "adversaria", &api);
    let heed = window_event_listener(leptos::ev::message, move |event| hear(page, &event));
    // The page lives as long as its window.
    std::mem::forget(heed);
}

/// Resolves when the first run is on stage, and is rejected if the engine is gone before.
fn ready(page: Page) -> Promise {
    promise(move |settle| {
        let settle = StoredValue::new_local(Some(settle));
        Effect::new(move |_| {
            let gone = page.fault.get().filter(|t| t.can_restart).map(|t| Err(t.message));
            let arrived = page.arrived.get().then_some(Ok(JsValue::UNDEFINED));
            let Some(outcome) = arrived.or(gone) else {
                return;
            };
            if let Some(settle) = settle.try_update_value(Option::take).flatten() {
                // In a turn of its own: a debugger that waits for it may lose it to a collection before its callbacks have
                // run, and much is made in this turn.
                set_timeout(move || settle(outcome), Duration::ZERO);
            }
        });
    })
}

fn call(page: Page, name: &str, a: &JsValue, b: &JsValue) -> Result<JsValue, String> {
    let promised = match name {
        "play" | "pause" | "reset" | "step" => return act(page, name, a),
        "metrics" => return Ok(metrics(page)),
        "spec" => return Ok(spec(page)),
        "address" => return Ok(address::current(page).into()),
        "load" => load(page, a)?,
        "set" => set(page, text(a), text(b)),
        "advance" => {
            let iterations = whole(a, "advance", 1e12)? as u64;
            ask(page, move |id| Command::Advance { id, iterations })
        }
        "optimum" => {
            let pupil = pupil(&text(a))?;
            promise(move |settle| {
                page.optimum(pupil, move |result| settle(result.map(value_of)));
            })
        }
        "sample" => {
            let count = whole(a, "sample", 1e6)? as u32;
            ask(page, move |id| Command::Sample { id, count })
        }
        "score" => {
            let points = points(a)?;
            ask(page, move |id| Command::Score { id, points })
        }
        "checkpoint" => ask(page, |id| Command::Checkpoint { id }),
        "restore" => {
            let bytes = bytes(a)?;
            restore(page, bytes)
        }
        other => {
            return Err(format!(
                "There is no call \"{}\": the calls are {}.",
                short(other),
                CALLS.join(", ")
            ));
        }
    };
    Ok(promised.into())
}

fn act(page: Page, name: &str, which: &JsValue) -> Result<JsValue, String> {
    match name {
        "play" => page.play(),
        "pause" => page.pause(),
        "reset" => page.reset(),
        _ => page.step(step(&text(which))?),
    }
    Ok(JsValue::UNDEFINED)
}

fn step(which: &str) -> Result<Step, String> {
    match which {
        "d" => Ok(Step::Discriminator),
        "g" => Ok(Step::Generator),
        "both" | "" => Ok(Step::Both),
        other => Err(format!(
            "step(\"{}\") is not possible: step takes \"d\", \"g\" or \"both\".",
            short(other)
        )),
    }
}

fn pupil(which: &str) -> Result<Pupil, String> {
    match which {
        "d" => Ok(Pupil::D),
        "g" => Ok(Pupil::G),
        "fresh" => Ok(Pupil::FreshD),
        other => Err(format!(
            "optimum(\"{}\") is not possible: optimum takes \"d\", \"g\" or \"fresh\".",
            short(other)
        )),
    }
}

fn load(page: Page, what: &JsValue) -> Result<Promise, String> {
    let hash = match what.as_string() {
        Some(hash) => hash,
        None if what.is_object() => pairs(what.unchecked_ref()),
        None => {
            return Err("load takes an address like \"#data=ring8\" or an object of fields.".into());
        }
    };
    Ok(promise(move |settle| {
        page.load(&hash, move |done| settle_when_seen(page, done, settle));
    }))
}

/// An object of fields as an address.
fn pairs(fields: &Object) -> String {
    let entries = Object::entries(fields);
    let parts = entries.iter().map(|entry| {
        let entry: Array = entry.unchecked_into();
        let encoded = |value: JsValue| String::from(js_sys::encode_uri_component(&text(&value)));
        format!("{}={}", encoded(entry.get(0)), encoded(entry.get(1)))
    });
    parts.collect::<Vec<_>>().join("&")
}

fn set(page: Page, key: String, value: String) -> Promise {
    promise(move |settle| match page.next_run(&key, &value) {
        Ok(Change::Live(next)) => page.change(&key, &value, Some(next), move |done| {
            settle(done.map(|()| JsValue::UNDEFINED));
        }),
        Ok(Change::Restart(next)) => {
            page.stage(next.address(), untrack(|| page.is_playing()), move |done| {
                settle_when_seen(page, done, settle);
            });
        }
        Err(error) => {
            let sentence = crate::play::sentence(&error);
            page.complain(sentence.clone());
            settle(Err(sentence));
        }
    })
}

fn ask(page: Page, make: impl FnOnce(u32) -> Command + 'static) -> Promise {
    promise(move |settle| page.ask(make, move |result| settle(result.map(value_of))))
}

fn restore(page: Page, bytes: Vec<u8>) -> Promise {
    promise(move |settle| {
        page.ask(
            |id| Command::Restore { id, bytes },
            move |result| settle_when_seen(page, result.map(|_| ()), settle),
        );
    })
}

/// A new run is there once it has been seen: its figures then are its own.
fn settle_when_seen(page: Page, done: Result<(), String>, settle: Settle) {
    match done {
        Ok(()) => page.once_seen(move || settle(Ok(JsValue::UNDEFINED))),
        Err(sentence) => settle(Err(sentence)),
    }
}

fn value_of(reply: Reply) -> JsValue {
    match reply {
        // No call asks for the last two.
        Reply::Done | Reply::Generated { .. } | Reply::Neighbours(_) => JsValue::UNDEFINED,
        Reply::Metrics(m) => figures(&m).into(),
        Reply::Values(values) => Float32Array::from(values.as_slice()).into(),
        Reply::Bytes(bytes) => Uint8Array::from(bytes.as_slice()).buffer().into(),
    }
}

/// The latest frame's figures; those that the run came with until there is a frame, and null before the first run.
fn metrics(page: Page) -> JsValue {
    let Some(metrics) = page.metrics() else { return JsValue::NULL };
    let all = figures(&metrics);
    let (rate, standing) =
        page.latest().map_or((0.0, Standing::Paused), |frame| (frame.rate, frame.standing));
    put(&all, "rate", &rate.into());
    let standing = match standing {
        Standing::Playing => "playing",
        Standing::Paused => "paused",
        Standing::Arrived => "arrived",
        Standing::Waiting => "waiting",
        Standing::Diverged => "diverged",
    };
    put(&all, "standing", &standing.into());
    all.into()
}

fn figures(m: &Metrics) -> Object {
    let all = Object::new();
    let add = |name: &str, value: f64| put(&all, name, &value.into());
    add("iteration", m.iteration as f64);
    add("updatesD", m.updates_d as f64);
    add("updatesG", m.updates_g as f64);
    add("lossD", m.loss_d.into());
    add("lossG", m.loss_g.into());
    add("gradNormD", m.grad_norm_d.into());
    add("gradNormG", m.grad_norm_g.into());
    add("value", m.value.into());
    add("scoreReal", m.score_real.into());
    add("scoreFake", m.score_fake.into());
    if let Some(e) = &m.evaluation {
        add("valueOptimal", e.value_optimal.into());
        add("jsd", e.jsd.into());
        add("kl", e.kl_data_model.into());
        add("klDataModel", e.kl_data_model.into());
        add("klModelData", e.kl_model_data.into());
        add("evaluatedAt", e.iteration as f64);
        add("samples", e.samples.into());
        add("bins", e.bins.into());
        add("binWidth", e.bin_width.into());
        add("unseen", e.unseen.into());
        add("jsdByChance", e.bias.into());
        add("totalVariation", e.total_variation.into());
        add("wasserstein", e.wasserstein.into());
        add("mmd2", e.mmd2.into());
        add("bandwidth", e.bandwidth.into());
        if let Some(chance) = &e.chance {
            put(&all, "chance", &by_chance(chance));
        }
        if let Some((found, of)) = e.modes {
            add("modes", found.into());
            add("modesOf", of.into());
        }
        if let Some(quality) = e.quality {
            add("quality", quality.into());
        }
    }
    all
}

/// What each figure reads where p_g = p_data: `[mean, standard deviation]`.
fn by_chance(chance: &Chance) -> Object {
    let all = Object::new();
    let figures = [
        ("jsd", chance.jsd),
        ("klDataModel", chance.kl_data_model),
        ("klModelData", chance.kl_model_data),
        ("totalVariation", chance.total_variation),
        ("wasserstein", chance.wasserstein),
        ("mmd2", chance.mmd2),
    ];
    for (name, (mean, std)) in figures {
        put(&all, name, &Array::of2(&mean.into(), &std.into()));
    }
    all
}

fn spec(page: Page) -> JsValue {
    let all = Object::new();
    for (key, value) in page.spec.get_untracked().as_ref().map(RunSpec::pairs).unwrap_or_default() {
        put(&all, key, &value.into());
    }
    all.into()
}

/// A message `{adversaria: id, call, args}` is answered by `{adversaria: id, result}` or `{adversaria: id, error}`.
fn hear(page: Page, event: &MessageEvent) {
    let data = event.data();
    if !data.is_object() {
        return;
    }
    let part = |name: &str| Reflect::get(&data, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let (id, Some(name)) = (part("adversaria"), part("call").as_string()) else { return };
    let Some(asker) = event.source().and_then(|source| source.dyn_into::<Window>().ok()) else {
        return;
    };
    if id.is_undefined() {
        return;
    }
    let args = Array::from(&part("args"));
    let origin = if event.origin().is_empty() || event.origin() == "null" {
        "*".into()
    } else {
        event.origin()
    };
    let outcome = match name.as_str() {
        "ready" => Reflect::get(&window(), &"adversaria".into())
            .and_then(|api| Reflect::get(&api, &"ready".into()))
            .map_err(|_| "The page is not ready.".to_owned()),
        name => call(page, name, &args.get(0), &args.get(1)),
    };
    // Resolving a value that is no promise gives that value.
    let promise = match outcome {
        Ok(value) => Promise::resolve(&value),
        Err(sentence) => Promise::reject(&Error::new(&sentence)),
    };
    answer(&promise, asker, id, origin);
}

fn answer(promise: &Promise, asker: Window, id: JsValue, origin: String) {
    wasm_bindgen_futures::spawn_local({
        let promise = promise.clone();
        async move {
            let reply = Object::new();
            put(&reply, "adversaria", &id);
            match wasm_bindgen_futures::JsFuture::from(promise).await {
                Ok(result) => put(&reply, "result", &result),
                Err(error) => {
                    let sentence = error
                        .dyn_ref::<Error>()
                        .map_or_else(|| "It failed.".into(), Error::message);
                    put(&reply, "error", &sentence);
                }
            }
            if asker.post_message(&reply, &origin).is_err() {
                leptos::logging::warn!("an answer could not be given to the embedding page");
            }
        }
    });
}

fn promise(start: impl FnOnce(Settle)) -> Promise {
    let mut start = Some(start);
    Promise::new(&mut |resolve: Function, reject: Function| {
        let settle: Settle = Box::new(move |outcome| {
            let called = match outcome {
                Ok(value) => resolve.call1(&JsValue::UNDEFINED, &value),
                Err(sentence) => reject.call1(&JsValue::UNDEFINED, &Error::new(&sentence)),
            };
            if called.is_err() {
                leptos::logging::warn!("a promise could not be settled");
            }
        });
        if let Some(start) = start.take() {
            start(settle);
        }
    })
}

fn put(object: &Object, name: &str, value: &JsValue) {
    if Reflect::set(object, &name.into(), value).is_err() {
        leptos::logging::warn!("{name} could not be set");
    }
}

/// A string or number as text; anything else as nothing.
fn text(value: &JsValue) -> String {
    let number = || value.as_f64().map(|n| n.to_string());
    value.as_string().or_else(number).unwrap_or_default()
}

/// At most 40 characters of the caller's text.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn whole(value: &JsValue, name: &str, most: f64) -> Result<f64, String> {
    match value.as_f64() {
        Some(n) if n >= 1.0 && n <= most && n.fract() == 0.0 => Ok(n),
        _ => Err(format!(
            "{name}({}) is not possible: it takes a whole number from 1 to {most}.",
            short(&text(value))
        )),
    }
}

fn points(value: &JsValue) -> Result<Vec<f32>, String> {
    if value.is_instance_of::<Float32Array>() || Array::is_array(value) {
        return Ok(Float32Array::new(value).to_vec());
    }
    Err("score takes an array of numbers, point after point.".into())
}

fn bytes(value: &JsValue) -> Result<Vec<u8>, String> {
    if value.is_instance_of::<js_sys::ArrayBuffer>() || value.is_instance_of::<Uint8Array>() {
        return Ok(Uint8Array::new(value).to_vec());
    }
    Err("restore takes the ArrayBuffer of a checkpoint.".into())
}
