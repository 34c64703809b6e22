//! The way from one generated image to another through latent space.

use adversaria_plot::Rect;
use leptos::prelude::*;

use super::{
    Fault, Made, Room,
    picture::{Board, picture},
};

/// Pictures on the way, both ends with it.
const COUNT: usize = 9;
/// CSS pixels.
const TILE: f32 = 62.0;
const STEP: f32 = 68.0;

/// The strip.
#[component]
pub fn Between(
    /// The run.
    room: Room,
) -> impl IntoView {
    let page = room.page;
    let made = RwSignal::new(Made::default());
    let fault = room.generate(made, move || {
        let chosen = page.chosen.get();
        let share = |k: usize| k as f32 / (COUNT - 1) as f32;
        let rows = (0..COUNT).map(|k| vec![1.0 - share(k), share(k)]).collect();
        (vec![chosen.before, chosen.now], rows)
    });
    let marks = Signal::derive(move || {
        let width = room.size().0;
        made.with(|made| {
            let pictures = made.pixels.chunks_exact(room.pixels().max(1)).zip(&made.score);
            let one = |(at, (pixels, score)): (usize, (&[u8], &f32))| {
                let place = Rect { x: STEP * at as f32, y: 0.0, w: TILE, h: TILE };
                picture(pixels, width, place, Some(room.verdict(*score)))
            };
            pictures.enumerate().flat_map(one).collect()
        })
    });
    let ends = move || {
        let chosen = page.chosen.get();
        (chosen.before + 1, chosen.now + 1)
    };
    let label = Signal::derive(move || {
        let scores = made.with(|made| {
            made.score.iter().map(|score| format!("{score:.2}")).collect::<Vec<_>>().join(", ")
        });
        let ((from, to), name) = (ends(), room.judge().name());
        format!("From generated image {from} to {to}; {name} of each: {scores}")
    });
    let value = Callback::new(move |(right, _): (f64, f64)| {
        let at = ((right * COUNT as f64) as usize).min(COUNT - 1);
        let score = made.with(|made| made.score.get(at).copied())?;
        Some(format!("{} of {COUNT}: {}", at + 1, room.said(score)))
    });
    view! {
        <div class="gallery-row column">
            <Board size=(STEP * COUNT as f32, TILE) marks=marks label=label id="between" page=page value=value kept="the way between two images" />
            <p class="hint">
                {move || format!("From no. {} to no. {}", ends().0, ends().1)}
                ": choose two generated images, one after the other. G that has learnt the shape of the data leads through digits; G that has
                learnt single images by heart fades one into the other."
            </p>
        </div>
        <Fault fault=fault />
    }
}
