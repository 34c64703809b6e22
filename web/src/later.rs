//! What the page fetches once its first pictures are drawn: a part of the module of its own, so that the first visit
//! waits for nothing that it does not show yet.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::{
    beat::Player,
    dirac::DiracStage,
    gallery::{Gallery, tally::Tally},
    history::History,
    keep::Keep,
    network::Network,
    own::OwnData,
    page::Page,
    slow::Slow,
    stage::ScorePanel,
    theory::Theory,
    view::{
        diagnosis::DiagnosisLine, editor::EditorOf, game::Panel, glance::Glance, help::HelpText,
        lessons::Lessons,
    },
};

/// So long after a run has come on stage; once more where it is to train by then and does not yet.
const AFTER: Duration = Duration::from_millis(1000);

/// A piece of the page that comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// What the thumbnails of the game say.
    Glance,
    /// What is happening.
    Diagnosis,
    /// The stage of the Dirac-GAN.
    Dirac,
    /// The strip of earlier moments.
    History,
    /// What can be kept: the export menu.
    Keep,
    /// What slow motion says.
    Slow,
    /// A player from the inside.
    Network(Player),
    /// An editor, or what of it is seldom used.
    Editor(Panel),
    /// The score.
    Score,
    /// The lessons.
    Lessons,
    /// What the help says.
    Help,
    /// The dialog for data of one's own.
    OwnData,
    /// What can be asked about images.
    Gallery,
    /// The score of a run on images.
    Tally,
    /// Distances beside the divergences, and players sent to their optimum.
    Theory,
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
        Piece::Glance => ViewFn::from(move || view! { <Glance page=page /> }),
        Piece::Diagnosis => ViewFn::from(move || view! { <DiagnosisLine page=page /> }),
        Piece::Dirac => ViewFn::from(move || view! { <DiracStage page=page /> }),
        Piece::History => ViewFn::from(move || view! { <History page=page /> }),
        Piece::Slow => ViewFn::from(move || view! { <Slow page=page /> }),
        Piece::Network(player) => {
            ViewFn::from(move || view! { <Network page=page player=player /> })
        }
        Piece::Editor(panel) => ViewFn::from(move || view! { <EditorOf page=page panel=panel /> }),
        Piece::Score => ViewFn::from(move || {
            view! { <ScorePanel frame=page.figures.into() series=page.series dark=page.dark /> }
        }),
        Piece::Lessons => ViewFn::from(move || view! { <Lessons page=page /> }),
        Piece::Help => ViewFn::from(move || view! { <HelpText page=page /> }),
        Piece::Keep => ViewFn::from(move || view! { <Keep page=page /> }),
        Piece::Gallery => ViewFn::from(move || view! { <Gallery page=page /> }),
        Piece::Tally => ViewFn::from(move || view! { <Tally page=page /> }),
        Piece::Theory => ViewFn::from(move || view! { <Theory page=page /> }),
        Piece::OwnData => ViewFn::from(move || view! { <OwnData page=page /> }),
    })
}

/// Calls `then` after a while, when nothing more important is waited for.
fn once_it_trains(page: Page, then: impl Fn() + Copy + 'static) {
    let call = move || {
        let begins =
            untrack(|| page.is_playing()) && page.metrics().is_none_or(|m| m.iteration == 0);
        if begins { once_it_trains(page, then) } else { then() }
    };
    set_timeout(call, AFTER);
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
            once_it_trains(page, ask);
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
