//! What is on the screen, from the top left to the bottom right.

pub mod diagnosis;
pub mod editor;
pub mod field;
pub mod footer;
pub mod game;
pub mod glance;
pub mod header;
pub mod help;
pub mod lessons;
pub mod messages;
pub mod mini;
pub mod optimiser;
pub mod regulariser;
pub mod thumb;
pub mod transport;

use adversaria_core::spec::Data;
use leptos::prelude::*;

use crate::{
    dirac::PACE,
    files,
    later::{Later, Piece},
    page::Page,
    stage::{StageView, layers::Kind},
};

pub use help::show_help;
pub use messages::last_words;

/// The whole page.
#[component]
pub fn Screen(
    /// The store.
    page: Page,
) -> impl IntoView {
    let over = RwSignal::new(false);
    let images = Memo::new(move |_| page.scene.with(|s| Kind::of(s.as_deref()) == Kind::Images));
    let dirac =
        Memo::new(move |_| page.spec.with(|s| s.as_ref().is_some_and(|s| s.data() == Data::Dirac)));
    // Before its stage is there: two numbers train so fast that nobody would see where they began.
    Effect::new(move |slowed: Option<bool>| match (dirac.get(), slowed.unwrap_or_default()) {
        (true, false) if page.pace.get_untracked().is_none() => {
            page.pace.set(Some(PACE));
            true
        }
        (false, true) => {
            page.pace.set(None);
            false
        }
        (_, slowed) => slowed,
    });
    let on_dirac = move || dirac.get();
    let on_images = move || images.get();
    let on_drop = move |event: web_sys::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(list) = event.data_transfer().and_then(|data| data.files()) {
            files::take(page, &list);
        }
    };
    view! {
        <style>{include_str!("../stage/stage.css")}</style>
        <div class="screen" class:over=over on:drop=on_drop on:dragleave=move |_| over.set(false)
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }>
            <header::Header page=page />
            <game::Game page=page />
            <main class="stage-column" aria-label="The stage">
                <h2>"The stage"</h2>
                <messages::Messages page=page />
                <div class="stage-slot">
                    <Show when=on_dirac fallback=move || view! {
                        <StageView scene=page.scene.into() frame=page.frame.into() wanted=page.layers options=page.options chosen=page.chosen dark=page.dark />
                    }>
                        <Later page=page piece=Piece::Dirac />
                    </Show>
                </div>
                <Show when=on_images>
                    <div class="gallery-slot"><Later page=page piece=Piece::Gallery /></div>
                </Show>
                <messages::Summary page=page />
            </main>
            <section class="score-column" aria-label="The score">
                <h2>"The score"</h2>
                <div class="score-slot"><Later page=page piece=Piece::Score /></div>
                <div class="theory-slot"><Later page=page piece=Piece::Theory /></div>
                <div class="diagnosis-slot"><Later page=page piece=Piece::Diagnosis /></div>
                <Show when=on_images><Later page=page piece=Piece::Tally /></Show>
            </section>
            <div class="past-slot">
                <Later page=page piece=Piece::History />
                <transport::Speed page=page />
            </div>
            <footer::Footer page=page />
        </div>
        <Later page=page piece=Piece::Lessons />
        <help::Help page=page />
        <Later page=page piece=Piece::OwnData />
    }
}
