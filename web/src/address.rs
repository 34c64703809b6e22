//! The page's address is its state: read on load and when it is edited, written as the run changes.

use std::time::Duration;

use adversaria_core::presets::OPENING;
use adversaria_core::spec::{Address, PageOptions, RunSpec};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::{look, page::Page};

/// Typing or dragging changes the address once it rests.
const REST: Duration = Duration::from_millis(300);

/// Opens the scene that the address names, and keeps the two in step from now on.
pub fn attach(page: Page) {
    open(page);
    let heed = window_event_listener(leptos::ev::hashchange, move |_| {
        follow(page, &hash());
    });
    // The page lives as long as its window.
    std::mem::forget(heed);
    let turn = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let (Some(spec), options) = (page.spec.get(), page.options.get()) else { return };
        turn.update_value(|t| *t += 1);
        let mine = turn.get_value();
        set_timeout(
            move || {
                if turn.get_value() == mine {
                    write(&print(spec, options));
                }
            },
            REST,
        );
    });
}

/// The address of what is on stage, without `#`.
pub fn current(page: Page) -> String {
    let spec = page.spec.get_untracked().unwrap_or_default();
    print(spec, page.options.get_untracked())
}

/// The whole link to what is on stage.
pub fn link(page: Page) -> String {
    let href = window().location().href().unwrap_or_default();
    let base = href.split_once('#').map_or(href.as_str(), |(base, _)| base);
    format!("{base}#{}", current(page))
}

/// The address was edited: another run is loaded, while options of the page alone leave the run as it is.
fn follow(page: Page, hash: &str) {
    match Address::parse(hash) {
        Ok(address) if page.spec.with_untracked(|now| now.as_ref() == Some(&address.spec)) => {
            if address.page.play {
                page.play();
            }
            page.fault.set(None);
            page.obey(address.page);
        }
        // What is refused is refused with its sentence there, and the address is that of the run on stage again.
        _ => page.load(hash, move |done| {
            if done.is_err() && page.spec.with_untracked(Option::is_some) {
                write(&current(page));
            }
        }),
    }
}

fn open(page: Page) {
    let hash = hash();
    if without_hash(&hash).is_empty() {
        return page.load(OPENING, move |done| {
            if done.is_ok() && !look::prefers_stillness() {
                page.play();
            }
        });
    }
    match Address::parse(&hash) {
        Ok(_) => page.load(&hash, |_| ()),
        Err(error) => {
            // Nothing runs yet: the opening scene comes, and the sentence about the address stays.
            let sentence = crate::play::sentence(&error);
            page.load(OPENING, move |_| page.complain(sentence));
        }
    }
}

fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

fn without_hash(hash: &str) -> &str {
    hash.strip_prefix('#').unwrap_or(hash)
}

fn print(spec: RunSpec, page: PageOptions) -> String {
    Address { spec, page }.print()
}

fn write(address: &str) {
    let url = format!("#{address}");
    if hash() == url {
        return;
    }
    let written =
        window().history().and_then(|h| h.replace_state_with_url(&JsValue::NULL, "", Some(&url)));
    written.unwrap_or_else(|error| {
        leptos::logging::warn!("the address could not be written: {error:?}");
    });
}
