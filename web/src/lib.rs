//! The Leptos page: controls on the left, the stage in the middle, the score on the right; the worker does the rest.

mod address;
mod api;
mod files;
mod keyboard;
mod link;
mod look;
mod page;
mod play;
mod presets;
mod stage;
mod view;

use leptos::prelude::*;

/// Mounts the page and starts its worker.
pub fn start() {
    mount_to_body(|| {
        let page = page::Page::open();
        watch_for_panics(page);
        api::expose(page);
        keyboard::attach(page);
        address::attach(page);
        view! { <view::Screen page=page /> }
    });
}

/// A defect of the page is a sentence for the reader and a report in the console.
fn watch_for_panics(page: page::Page) {
    std::panic::set_hook(Box::new(move |info| {
        leptos::logging::error!("{info}");
        view::last_words(page, &info.to_string());
    }));
}
