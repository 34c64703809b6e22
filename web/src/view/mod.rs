//! What is on the screen, from the top left to the bottom right.

pub mod editor;
pub mod field;
pub mod footer;
pub mod game;
pub mod header;
pub mod help;
pub mod lessons;
pub mod messages;
pub mod mini;
pub mod optimiser;
pub mod thumb;
pub mod transport;

use leptos::prelude::*;

use crate::{
    files,
    later::{Later, Piece},
    page::Page,
    stage::{ScorePanel, StageView},
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
    let on_drop = move |event: web_sys::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(list) = event.data_transfer().and_then(|data| data.files()) {
            files::take(page, &list);
        }
    };
    view! {
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
                    <StageView scene=page.scene.into() frame=page.frame.into() wanted=page.layers options=page.options dark=page.dark />
                </div>
                <messages::Summary page=page />
            </main>
            <section class="score-column" aria-label="The score">
                <h2>"The score"</h2>
                <ScorePanel frame=page.figures.into() series=page.series dark=page.dark />
            </section>
            <div class="past-slot"><Later page=page piece=Piece::History /></div>
            <footer::Footer page=page />
        </div>
        <lessons::Lessons page=page />
        <help::Help page=page />
        <Later page=page piece=Piece::OwnData />
    }
}
