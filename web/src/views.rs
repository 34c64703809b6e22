//! The pictures that come and go with what is open on the page, for who wants to keep one.

use adversaria_plot::Mark;
use leptos::prelude::*;

use crate::page::Page;

/// A picture that can be kept.
#[derive(Clone)]
pub struct View {
    /// In names of files; one of a kind.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// CSS pixels.
    pub size: Signal<(f32, f32)>,
    /// What is drawn.
    pub marks: Signal<Vec<Mark>>,
    /// Whether there is anything to draw.
    pub there: Signal<bool>,
}

/// Offers a picture for keeping, for as long as the component lives that calls this.
pub fn offer(page: Page, view: View) {
    let id = view.id;
    page.views.update(|views| {
        views.retain(|other| other.id != id);
        views.push(view);
    });
    on_cleanup(move || {
        let _gone = page.views.try_update(|views| views.retain(|view| view.id != id));
    });
}
