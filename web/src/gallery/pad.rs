//! A square cut through latent space, to drag through: G of every place between four generated images.

use adversaria_core::latent::square;
use adversaria_plot::{Mark, Rect, Stroke, Theme};
use leptos::{html, prelude::*};
use web_sys::{KeyboardEvent, PointerEvent};

use super::{
    Fault, Made, Room,
    picture::{Board, picture},
};
use crate::{
    look::told_now_and_then,
    own::{capture, share},
    page::Chosen,
};

/// Pictures along a side of the square.
const SIDE: usize = 5;
/// CSS pixels: of one of them, and of the picture at the cursor.
const TILE: f32 = 22.0;
const LARGE: f32 = 110.0;
/// A key's step; with Shift a fifth of it.
const STEP: f32 = 0.1;

/// The pad.
#[component]
pub fn Pad(
    /// The run.
    room: Room,
) -> impl IntoView {
    let page = room.page;
    let place = RwSignal::new((0.5_f32, 0.5_f32));
    let made = RwSignal::new(Made::default());
    let corners = move || {
        let count = room.with(|images| images.fake_score.len()).unwrap_or_default();
        corners(page.chosen.get(), count)
    };
    let fault = room.generate(made, move || {
        let even = |k: usize| k as f32 / (SIDE - 1) as f32;
        let mut rows: Vec<Vec<f32>> = (0..SIDE * SIDE)
            .map(|cell| square((even(cell % SIDE), even(cell / SIDE))).to_vec())
            .collect();
        rows.push(square(place.get()).to_vec());
        (corners(), rows)
    });
    let node = NodeRef::<html::Div>::new();
    let go = move |event: &PointerEvent| {
        if let Some(div) = node.get_untracked() {
            let (right, down) = share(event, &div);
            place.set((right as f32, down as f32));
        }
    };
    let down = move |event: PointerEvent| {
        if let Some(div) = node.get_untracked() {
            capture(&event, &div);
        }
        go(&event);
    };
    let moved = move |event: PointerEvent| {
        if event.buttons() != 0 {
            go(&event);
        }
    };
    let key = move |event: KeyboardEvent| {
        if let Some(to) = stepped(place.get_untracked(), &event.key(), event.shift_key()) {
            event.prevent_default();
            place.set(to);
        }
    };
    let map = Signal::derive(move || {
        let (theme, width) = (Theme::of(page.dark.get()), room.size().0);
        made.with(|made| drawn(made, room.pixels(), width, place.get(), &theme))
    });
    let one = Signal::derive(move || {
        let last = Rect { x: 0.0, y: 0.0, w: LARGE, h: LARGE };
        made.with(|made| {
            match (made.pixels.chunks_exact(room.pixels().max(1)).last(), made.score.last()) {
                (Some(pixels), Some(score)) => {
                    picture(pixels, room.size().0, last, Some(room.verdict(*score)))
                }
                _ => Vec::new(),
            }
        })
    });
    let here = Signal::derive(move || {
        let said = made.with(|made| made.score.last().map(|score| room.said(*score)));
        said.map_or_else(|| "G there: not seen yet".into(), |said| format!("G there: {said}"))
    });
    let heard = told_now_and_then(move || here.get());
    let at = move || {
        let ((right, down), of) = (place.get(), corners());
        let names: Vec<String> = of.iter().map(|number| (number + 1).to_string()).collect();
        format!(
            "Square between generated images {}; cross at {right:.2} from the left, {down:.2} from the top",
            names.join(", ")
        )
    };
    let value = Callback::new(move |(right, down): (f64, f64)| {
        let cell = |share: f64| ((share * SIDE as f64) as usize).min(SIDE - 1);
        let (column, row) = (cell(right), cell(down));
        let score = made.with(|made| made.score.get(SIDE * row + column).copied())?;
        Some(format!("column {}, row {}: {}", column + 1, row + 1, room.said(score)))
    });
    let side = TILE * SIDE as f32;
    view! {
        <div class="gallery-row">
            <div class="pad" node_ref=node tabindex="0" role="application" data-testid="pad" aria-label=at aria-describedby="pad-keys"
                on:pointerdown=down on:pointermove=moved on:keydown=key>
                <Board size=(side, side) marks=map label="G over the square" id="pad-map" page=page value=value kept="the latent pad" />
            </div>
            <Board size=(LARGE, LARGE) marks=one label=here id="pad-one" page=page />
            <p class="hint" id="pad-keys">
                <output data-testid="pad-score" aria-live="off">{here}</output>
                <span class="unseen" role="status">{heard}</span>
                " Drag through the square, or move the cross by arrows (Shift: small steps). Its corners are the chosen image, the one chosen
                before, and two more; between them lie mixtures of their z, as likely as they are."
            </p>
        </div>
        <Fault fault=fault />
    }
}

/// The chosen image, the one before it, and two more.
fn corners(chosen: Chosen, count: usize) -> Vec<usize> {
    let named = [chosen.now, chosen.before];
    let others = (0..count).filter(|number| !named.contains(number));
    named.into_iter().chain(others).take(4).collect()
}

fn stepped((right, down): (f32, f32), key: &str, fine: bool) -> Option<(f32, f32)> {
    let step = if fine { 0.2 * STEP } else { STEP };
    let (dx, dy) = match key {
        "ArrowLeft" => (-step, 0.0),
        "ArrowRight" => (step, 0.0),
        "ArrowUp" => (0.0, -step),
        "ArrowDown" => (0.0, step),
        _ => return None,
    };
    Some(((right + dx).clamp(0.0, 1.0), (down + dy).clamp(0.0, 1.0)))
}

/// The square, each picture in the middle of the places it stands for, and the cross.
fn drawn(
    made: &Made,
    size: usize,
    width: usize,
    (right, down): (f32, f32),
    theme: &Theme,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (cell, pixels) in made.pixels.chunks_exact(size.max(1)).take(SIDE * SIDE).enumerate() {
        let place = Rect {
            x: TILE * (cell % SIDE) as f32,
            y: TILE * (cell / SIDE) as f32,
            w: TILE,
            h: TILE,
        };
        marks.extend(picture(pixels, width, place, None));
    }
    let along = |share: f32| share * TILE * SIDE as f32;
    let (x, y) = (along(right), along(down));
    let arms = vec![((x - 7.0, y), (x + 7.0, y)), ((x, y - 7.0), (x, y + 7.0))];
    let wide = Stroke::solid(theme.paper, 4.0);
    marks.push(Mark::Segments { ends: arms.clone(), stroke: wide });
    marks.push(Mark::Segments { ends: arms, stroke: Stroke::solid(theme.pull, 2.0) });
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_four_different_images() {
        assert_eq!(corners(Chosen { now: 0, before: 1 }, 64), [0, 1, 2, 3]);
        assert_eq!(corners(Chosen { now: 2, before: 0 }, 64), [2, 0, 1, 3]);
        assert_eq!(corners(Chosen { now: 9, before: 4 }, 64), [9, 4, 0, 1]);
    }

    #[test]
    fn keys_stay_within_the_square() {
        assert_eq!(stepped((0.95, 0.5), "ArrowRight", false), Some((1.0, 0.5)));
        assert_eq!(stepped((0.5, 0.0), "ArrowUp", true), Some((0.5, 0.0)));
        assert_eq!(stepped((0.5, 0.5), "a", false), None);
    }
}
