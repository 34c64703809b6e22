//! What the browser knows: colours, clock, chance, memory of a preference.

use adversaria_core::spec::{PageOptions, Theme};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::MediaQueryListEvent;

use crate::turns::now_and_then;

/// Who hears the page is told a text that changes no more often than this, milliseconds.
const TOLD_MILLIS: f64 = 5000.0;

/// Whether the page is dark: the address's word, else the system's. Also sets it on the document.
pub fn dark(options: RwSignal<PageOptions>) -> Signal<bool> {
    let system = RwSignal::new(false);
    if let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") {
        system.set(query.matches());
        let heed =
            Closure::<dyn FnMut(MediaQueryListEvent)>::new(move |event: MediaQueryListEvent| {
                system.set(event.matches());
            });
        query.set_onchange(Some(heed.as_ref().unchecked_ref()));
        heed.forget();
        // The query must live for its events to come.
        std::mem::forget(query);
    }
    let dark = Memo::new(move |_| match options.with(|o| o.theme) {
        Theme::Auto => system.get(),
        Theme::Light => false,
        Theme::Dark => true,
    });
    Effect::new(move |_| mark("data-theme", Some(if dark.get() { "dark" } else { "light" })));
    Effect::new(move |_| mark("data-embed", options.with(|o| o.embed).then_some("1")));
    Effect::new(move |_| mark("data-present", options.with(|o| o.present).then_some("1")));
    dark.into()
}

/// Sets or removes an attribute of the document's root, for the style sheet.
fn mark(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    let set = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
    set.unwrap_or_else(|error| leptos::logging::warn!("{name} could not be set: {error:?}"));
}

/// Whether the system asks for little motion: nothing then moves before it is told to.
pub fn prefers_stillness() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.is_ok_and(|query| query.is_some_and(|query| query.matches()))
}

/// Milliseconds since the page began.
pub fn now_millis() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// A random number from the browser's good source.
pub fn random_u32() -> Option<u32> {
    let mut bytes = [0; 4];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(u32::from_le_bytes(bytes))
}

/// A preference kept by the browser; none where it keeps nothing.
pub fn recall(name: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(name).ok()?
}

/// Keeps a preference where the browser allows it.
pub fn remember(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage()
        && storage.set_item(name, value).is_err()
    {
        leptos::logging::log!("{name} is not kept: the browser's storage is full or closed");
    }
}

/// The latest text, told at once and then at most every [`TOLD_MILLIS`]: for who hears the page.
pub fn told_now_and_then(text: impl Fn() -> String + Copy + 'static) -> RwSignal<String> {
    let told = RwSignal::new(untrack(text));
    now_and_then(move || drop(text()), (TOLD_MILLIS, TOLD_MILLIS), move || told.set(untrack(text)));
    told
}
