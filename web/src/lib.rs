//! The Leptos page: controls on the left, the stage in the middle, the score on the right; the worker does the rest.

pub mod address;
pub mod api;
pub mod beat;
pub mod dirac;
pub mod files;
pub mod gallery;
pub mod history;
pub mod keep;
pub mod keyboard;
pub mod later;
pub mod link;
pub mod look;
pub mod network;
pub mod own;
pub mod page;
pub mod play;
pub mod slow;
pub mod stage;
pub mod theory;
pub mod turns;
pub mod view;
pub mod views;
pub mod ways;
pub mod words;

use leptos::prelude::*;

/// Mounts the page and starts its worker.
pub fn start() {
    watch_for_panics();
    mount_to_body(|| {
        let page = page::Page::open();
        api::expose(page);
        keyboard::attach(page);
        address::attach(page);
        view! { <view::Screen page=page /> }
    });
}

/// A defect of the page is a sentence for the reader and a report in the console.
fn watch_for_panics() {
    std::panic::set_hook(Box::new(|info| {
        leptos::logging::error!("{info}");
        view::last_words(&info.to_string());
    }));
}
