//! The pictures that come and go with what is open on the page, for who wants to keep one or to read a value in it.

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

/// What a picture says at a place: from 0 to 1 from its left and from its top.
pub type Value = Callback<(f64, f64), Option<String>>;

/// Has the picture whose canvas has this test id say its value under the pointer, for as long as the component lives that
/// calls this.
pub fn tell_values(page: Page, id: &'static str, value: Value) {
    page.tellers.update_value(|tellers| {
        tellers.retain(|(other, _)| *other != id);
        tellers.push((id, value));
    });
    on_cleanup(move || {
        let _gone =
            page.tellers.try_update_value(|tellers| tellers.retain(|(other, _)| *other != id));
    });
}
