//! The training images that are nearest to a generated one: does G copy, or does it write?

use std::time::Duration;

use adversaria_plot::{Anchor, Mark, Rect, Theme};
use adversaria_protocol::{Command, Neighbour, Reply};
use leptos::prelude::*;

use super::{
    Fault, Room,
    asking::follow,
    digit,
    picture::{Board, picture},
};
use crate::view::header::grouped;

/// Neighbours shown.
const MOST: usize = 4;
/// A search takes the engine some milliseconds.
const REST: Duration = Duration::from_millis(400);
/// CSS pixels.
const TILE: f32 = 78.0;
const STEP: f32 = 86.0;
const GAP: f32 = 16.0;
const WORDS: f32 = 16.0;

/// An image that was asked about, and what was found.
#[derive(Clone, Default, PartialEq)]
struct Found {
    number: usize,
    image: Vec<u8>,
    score: f32,
    near: Vec<Neighbour>,
}

/// The chosen image and its neighbours.
#[component]
pub fn Nearest(
    /// The run.
    room: Room,
) -> impl IntoView {
    let page = room.page;
    let found = RwSignal::new(Found::default());
    let asked = StoredValue::new(None);
    let watch = move || {
        page.figures.track();
        page.chosen.track();
    };
    let question = move || {
        let number = page.chosen.get().now;
        let (image, score) = room.fake(number)?;
        asked.set_value(Some((number, image.clone(), score)));
        Some(move |id| Command::Neighbours { id, images: image, most: MOST as u32 })
    };
    let fault = follow(page, REST, watch, question, move |reply| {
        let Reply::Neighbours(near) = reply else { return };
        if let Some((number, image, score)) = asked.try_get_value().flatten() {
            let _gone = found.try_set(Found { number, image, score, near });
        }
    });
    let marks = Signal::derive(move || {
        let (theme, width) = (Theme::of(page.dark.get()), room.size().0);
        found.with(|found| drawn(found, width, room, &theme))
    });
    let label = Signal::derive(move || found.with(|found| told(found, room)));
    let size = (STEP * (MOST + 1) as f32 + GAP, TILE + WORDS);
    view! {
        <div class="gallery-row">
            <Board size=size marks=marks label=label id="nearest" page=page kept="the nearest real images" />
            <p class="hint">
                "Click a generated image, or choose it by arrows and Enter: the nearest of " {move || grouped(rows(room))}
                " training images, and how far off their pixels are (RMS; a copy has 0)."
            </p>
        </div>
        <Fault fault=fault />
    }
}

fn rows(room: Room) -> u64 {
    room.page.spec.with(|spec| spec.as_ref().map_or(0, |spec| u64::from(spec.rows())))
}

fn drawn(found: &Found, width: usize, room: Room, theme: &Theme) -> Vec<Mark> {
    let place = |x: f32| Rect { x, y: 0.0, w: TILE, h: TILE };
    let words = |x: f32, text: String| Mark::Text {
        at: (x + TILE / 2.0, TILE + WORDS / 2.0),
        text,
        size: 12.0,
        colour: theme.ink,
        anchor: Anchor::Centre,
        halo: None,
    };
    if found.image.is_empty() {
        return Vec::new();
    }
    let mut marks = picture(&found.image, width, place(0.0), Some(room.verdict(found.score)));
    marks.push(words(0.0, format!("no. {}", found.number + 1)));
    for (at, near) in found.near.iter().enumerate() {
        let x = STEP * (at + 1) as f32 + GAP;
        marks.extend(picture(&near.pixels, width, place(x), Some(theme.real)));
        marks.push(words(x, format!("{}: {:.3}", digit(near.class), near.distance)));
    }
    marks
}

fn told(found: &Found, room: Room) -> String {
    if found.near.is_empty() {
        return "The nearest training images are being looked for".into();
    }
    let near: Vec<String> = found
        .near
        .iter()
        .map(|near| format!("{} at {:.3}", digit(near.class), near.distance))
        .collect();
    let (number, said) = (found.number + 1, room.said(found.score));
    format!("Generated image {number}, {said}. Nearest training images: {}", near.join(", "))
}
