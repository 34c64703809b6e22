//! What the page fetches once its first pictures are drawn: a part of the module of its own, so that the first visit
//! waits for nothing that it does not show yet.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::{
    beat::Player, history::History, keep::Keep, network::Network, own::OwnData, page::Page,
    slow::Slow,
};

/// So long after a run has come on stage: by then it trains, if it is to.
const AFTER: Duration = Duration::from_millis(1000);

/// A piece of the page that comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The strip of earlier moments.
    History,
    /// What can be kept: the export menu.
    Keep,
    /// What slow motion says.
    Slow,
    /// A player from the inside.
    Network(Player),
    /// The dialog for data of one's own.
    OwnData,
}

/// A piece that did not come.
struct Missing;

impl From<SplitLoaderError> for Missing {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// Everything that comes later is reached from here, and from nowhere else.
#[wasm_split(more, fallible)]
fn fetch(page: Page, piece: Piece) -> Result<ViewFn, Missing> {
    Ok(match piece {
        Piece::History => ViewFn::from(move || view! { <History page=page /> }),
        Piece::Slow => ViewFn::from(move || view! { <Slow page=page /> }),
        Piece::Network(player) => {
            ViewFn::from(move || view! { <Network page=page player=player /> })
        }
        Piece::Keep => ViewFn::from(move || view! { <Keep page=page /> }),
        Piece::OwnData => ViewFn::from(move || view! { <OwnData page=page /> }),
    })
}

/// Where a piece goes; its room should be kept by the style sheet.
#[component]
pub fn Later(
    /// The store.
    page: Page,
    /// Which.
    piece: Piece,
) -> impl IntoView {
    let view = RwSignal::new(None);
    let failed = RwSignal::new(false);
    let ask = move || {
        spawn_local(async move {
            match fetch(page, piece).await {
                Ok(piece) => {
                    failed.set(false);
                    view.set(Some(piece));
                }
                Err(Missing) => failed.set(true),
            }
        });
    };
    Effect::new(move |asked: Option<bool>| {
        let asked = asked.unwrap_or_default();
        if page.arrived.get() && !asked {
            set_timeout(ask, AFTER);
        }
        asked || page.arrived.get()
    });
    view! {
        {move || view.get().map(|piece| piece.run())}
        {move || failed.get().then(|| view! {
            <p class="missing" role="status">
                "A part of the page could not be loaded. "
                <button on:click=move |_| ask()>"Try again"</button>
            </p>
        })}
    }
}
