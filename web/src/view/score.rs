//! What to watch: the sentence of the scene on stage.

use adversaria_core::spec::Address;
use leptos::prelude::*;

use crate::{page::Page, presets::PRESETS};

/// −log 4, the least value of the game, nats.
const LEAST_VALUE: f32 = -1.386_294_4;

/// The preset's sentence, or what the figures say about the game.
#[component]
pub fn Watch(
    /// The store.
    page: Page,
) -> impl IntoView {
    let preset = Memo::new(move |_| {
        let address = page
            .spec
            .with(|s| s.as_ref().and_then(|s| s.with("seed", "1").ok()).map(|s| s.address()))?;
        PRESETS
            .iter()
            .position(|p| Address::parse(p.address).is_ok_and(|a| a.spec.address() == address))
    });
    let near = Memo::new(move |_| {
        let best = page.figures.with(|f| {
            f.as_ref().and_then(|f| f.metrics.evaluation.as_ref().map(|e| e.value_optimal))
        });
        best.is_some_and(|v| v - LEAST_VALUE < 0.06)
    });
    let words = move || {
        match preset.get().and_then(|at| PRESETS.get(at)) {
        Some(preset) => view! { <b>{preset.title}". "</b>{preset.watch} }.into_any(),
        None => view! {
            <b>"Your own setting. "</b>
            "D learns to tell the two clouds apart; G learns from D's mistakes, and from nothing else."
        }
        .into_any(),
    }
    };
    view! {
        <div class="watch">
            <p>{words}</p>
            <p class="near" class:empty=move || !near.get()>"V(D*,G) is close to −log 4: p_g nearly equals p_data."</p>
        </div>
    }
}
