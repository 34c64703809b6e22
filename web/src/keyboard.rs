//! The keys that play: Space, D, G, S, R and ?.

use adversaria_protocol::Step;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use crate::{look, page::Page, view};

/// Where the browser remembers that the keys are off.
const PREFERENCE: &str = "adversaria.keys";
/// What each key does, for the list.
pub const KEYS: [(&str, &str); 7] = [
    ("Space", "play or pause"),
    ("D", "one D-update"),
    ("G", "one G-update"),
    ("S", "one whole iteration"),
    ("N", "in slow motion, the next part"),
    ("R", "reset to the same seed"),
    ("?", "this list"),
];

/// Listens from now on.
pub fn attach(page: Page) {
    page.keys.set(look::recall(PREFERENCE).as_deref() != Some("off"));
    Effect::new(move |_| look::remember(PREFERENCE, if page.keys.get() { "on" } else { "off" }));
    let heed = window_event_listener(leptos::ev::keydown, move |event| {
        if page.keys.get_untracked() && !event.default_prevented() && !is_meant_elsewhere(&event) {
            press(page, &event);
        }
    });
    // The page lives as long as its window.
    std::mem::forget(heed);
}

fn press(page: Page, event: &KeyboardEvent) {
    match event.key().as_str() {
        " " => page.toggle(),
        "d" | "D" => page.step(Step::Discriminator),
        "g" | "G" => page.step(Step::Generator),
        "s" | "S" => page.step(Step::Both),
        "n" | "N" if page.slow.get_untracked() => page.next_beat(),
        "r" | "R" => page.reset(),
        "?" => view::show_help(),
        _ => return,
    }
    event.prevent_default();
}

/// Typing, shortcuts of the browser, and the space bar on a button are not for the game.
fn is_meant_elsewhere(event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
        return true;
    }
    let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else {
        return false;
    };
    let within = |what: &str| target.closest(what).is_ok_and(|found| found.is_some());
    within(
        "input:not([type=range]):not([type=checkbox]), select, textarea, [contenteditable], dialog",
    ) || (event.key() == " " && within("button, a, summary, input"))
}
