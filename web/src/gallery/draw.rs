//! A sheet of the images' size to draw on, and what D says of it.

use std::time::Duration;

use adversaria_core::images::to_values;
use adversaria_plot::{Mark, Rect, Stroke, Theme};
use adversaria_protocol::{Command, Neighbour, Reply};
use leptos::{html, prelude::*};
use web_sys::{KeyboardEvent, PointerEvent};

use super::{
    Fault, Room,
    asking::{NO_REST, follow},
    digit,
    picture::{Board, picture},
};
use crate::{
    look::told_now_and_then,
    own::{capture, share},
};

/// CSS pixels of the sheet.
const SHEET: f32 = 112.0;
const NEAR: f32 = 62.0;
/// The pen, in the images' pixels: white as far as this, and then a pixel's edge.
const PEN: f32 = 0.9;
/// What the eraser takes away.
const RUBBED: f32 = 2.0;
/// A search takes the engine some milliseconds.
const REST: Duration = Duration::from_millis(300);

/// What is said of the neighbour of an empty sheet.
const NOTHING: &str = "No drawing, and no neighbour";

type Place = (f32, f32);

/// What is drawn; 0 black to 255 white.
#[derive(Clone, Default, PartialEq)]
struct Sheet {
    pixels: Vec<u8>,
    width: usize,
}

impl Sheet {
    fn blank((width, height): (usize, usize)) -> Self {
        Self { pixels: vec![0; width * height], width }
    }

    fn is_blank(&self) -> bool {
        self.pixels.iter().all(|grey| *grey == 0)
    }

    /// The grey of every pixel, changed by how far its middle is from a place.
    fn touch(&mut self, (x, y): Place, change: impl Fn(u8, f32) -> u8) {
        let width = self.width.max(1);
        for (at, grey) in self.pixels.iter_mut().enumerate() {
            let (dx, dy) = ((at % width) as f32 + 0.5 - x, (at / width) as f32 + 0.5 - y);
            *grey = change(*grey, dx.hypot(dy));
        }
    }

    fn pen(&mut self, at: Place) {
        self.touch(at, |grey, far| grey.max((255.0 * (1.0 + PEN - far).clamp(0.0, 1.0)) as u8));
    }

    fn rub(&mut self, at: Place) {
        self.touch(at, |grey, far| if far <= RUBBED { 0 } else { grey });
    }

    /// The pen from one place to another.
    fn stroke(&mut self, from: Place, to: Place) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = (2.0 * dx.hypot(dy)).ceil().max(1.0);
        for k in 1..=steps as u32 {
            let share = k as f32 / steps;
            self.pen((from.0 + share * dx, from.1 + share * dy));
        }
    }
}

/// The sheet and the verdict.
#[component]
pub fn Draw(
    /// The run.
    room: Room,
) -> impl IntoView {
    let page = room.page;
    let sheet = RwSignal::new(untrack(|| Sheet::blank(room.size())));
    let cursor =
        RwSignal::new(untrack(|| (room.size().0 as f32 / 2.0, room.size().1 as f32 / 2.0)));
    let score = RwSignal::new(None::<f32>);
    let near = RwSignal::new(None::<Neighbour>);
    let watch = move || {
        page.figures.track();
        sheet.track();
    };
    let question = move || {
        let pixels = sheet.with(|sheet| (!sheet.is_blank()).then(|| sheet.pixels.clone()))?;
        Some(move |id| Command::Score { id, points: to_values(&pixels, untrack(|| room.law().2)) })
    };
    let fault = follow(page, NO_REST, watch, question, move |reply| {
        if let Reply::Values(scores) = reply {
            let _gone = score.try_set(scores.first().copied());
        }
    });
    let question = move || {
        let images = sheet.with(|sheet| (!sheet.is_blank()).then(|| sheet.pixels.clone()))?;
        Some(move |id| Command::Neighbours { id, images, most: 1 })
    };
    let no_neighbour = follow(
        page,
        REST,
        move || sheet.track(),
        question,
        move |reply| {
            if let Reply::Neighbours(found) = reply {
                let _gone = near.try_set(found.into_iter().next());
            }
        },
    );
    let verdict = move || {
        let drawn = sheet.with(|sheet| !sheet.is_blank());
        match score.get().filter(|_| drawn) {
            Some(score) => room.said(score),
            None => "Draw a digit, white on black.".into(),
        }
    };
    let heard = told_now_and_then(verdict);
    let class =
        Signal::derive(move || match near.get().filter(|_| sheet.with(|s| !s.is_blank())) {
            Some(near) => {
                format!(
                    "The nearest training image is {}, {:.3} away",
                    digit(near.class),
                    near.distance
                )
            }
            None => NOTHING.into(),
        });
    let beside = Signal::derive(move || {
        let theme = Theme::of(page.dark.get());
        let place = Rect { x: 0.0, y: 0.0, w: NEAR, h: NEAR };
        let there = near.get().filter(|_| sheet.with(|sheet| !sheet.is_blank()));
        there.map_or_else(Vec::new, |near| {
            picture(&near.pixels, room.size().0, place, Some(theme.real))
        })
    });
    view! {
        <div class="gallery-row">
            <Paper sheet=sheet cursor=cursor room=room score=score />
            <div class="gallery-verdict">
                <output data-testid="draw-verdict" aria-live="off" data-value=move || score.get().map(|score| score.to_string())>{verdict}</output>
                <p class="unseen" role="status">{heard}</p>
                <button data-testid="draw-clear" on:click=move |_| sheet.set(Sheet::blank(room.size()))>"Clear"</button>
            </div>
            <Board size=(NEAR, NEAR) marks=beside label=class id="draw-nearest" page=page />
            <p class="hint" id="draw-keys">
                {move || class.with(|class| if class == NOTHING { String::new() } else { format!("{class}. ") })}
                "Arrows move the pen, Space or Enter draws there, Delete rubs out."
            </p>
        </div>
        <Fault fault=fault />
        <Fault fault=no_neighbour />
    }
}

/// What is drawn on.
#[component]
fn Paper(
    sheet: RwSignal<Sheet>,
    cursor: RwSignal<Place>,
    room: Room,
    score: RwSignal<Option<f32>>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let last = StoredValue::new(None::<Place>);
    let place = move |event: &PointerEvent| {
        let (right, down) = node.get_untracked().map(|div| share(event, &div))?;
        let (width, height) = untrack(|| room.size());
        Some((right as f32 * width as f32, down as f32 * height as f32))
    };
    let draw = move |to: Place| {
        cursor.set(to);
        sheet.update(|sheet| sheet.stroke(last.get_value().unwrap_or(to), to));
        last.set_value(Some(to));
    };
    let down = move |event: PointerEvent| {
        if let Some(div) = node.get_untracked() {
            capture(&event, &div);
        }
        last.set_value(None);
        if let Some(to) = place(&event) {
            draw(to);
        }
    };
    let moved = move |event: PointerEvent| {
        if event.buttons() != 0
            && last.get_value().is_some()
            && let Some(to) = place(&event)
        {
            draw(to);
        }
    };
    let key = move |event: KeyboardEvent| {
        let within = |v: f32, side: usize| v.clamp(0.5, side as f32 - 0.5);
        let go = |dx: f32, dy: f32| {
            let (width, height) = untrack(|| room.size());
            cursor.update(|at| *at = (within(at.0 + dx, width), within(at.1 + dy, height)));
        };
        let at = cursor.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" => go(-1.0, 0.0),
            "ArrowRight" => go(1.0, 0.0),
            "ArrowUp" => go(0.0, -1.0),
            "ArrowDown" => go(0.0, 1.0),
            " " | "Enter" => sheet.update(|sheet| sheet.pen(at)),
            "Delete" | "Backspace" => sheet.update(|sheet| sheet.rub(at)),
            _ => return,
        }
        event.prevent_default();
    };
    let marks = Signal::derive(move || {
        let theme = Theme::of(room.page.dark.get());
        let (width, height) = room.size();
        let place = Rect { x: 0.0, y: 0.0, w: SHEET, h: SHEET };
        let frame =
            score.get().filter(|_| sheet.with(|s| !s.is_blank())).map(|score| room.verdict(score));
        let mut marks = sheet.with(|sheet| picture(&sheet.pixels, sheet.width, place, None));
        let at = cursor.get();
        let (x, y) = (at.0 * SHEET / width.max(1) as f32, at.1 * SHEET / height.max(1) as f32);
        let arms = vec![((x - 5.0, y), (x + 5.0, y)), ((x, y - 5.0), (x, y + 5.0))];
        marks.push(Mark::Segments { ends: arms, stroke: Stroke::solid(theme.pull, 1.5) });
        let stroke = Some(Stroke::solid(frame.unwrap_or(theme.muted), 3.0));
        marks.push(Mark::Box { rect: place, fill: None, stroke });
        marks
    });
    let label = move || {
        let (x, y) = cursor.get();
        format!(
            "Sheet to draw a digit on, pen at column {}, row {}",
            x.floor() + 1.0,
            y.floor() + 1.0
        )
    };
    view! {
        <div class="pad" node_ref=node tabindex="0" role="application" data-testid="draw" aria-label=label aria-describedby="draw-keys"
            on:pointerdown=down on:pointermove=moved on:keydown=key on:pointerup=move |_| last.set_value(None)
            on:pointercancel=move |_| last.set_value(None)>
            <Board size=(SHEET, SHEET) marks=marks label="The drawing" id="draw-sheet" page=room.page
                value=Callback::new(|_| None) kept="the drawing" />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_is_white_along_its_way_and_nowhere_else() {
        let mut sheet = Sheet::blank((28, 28));
        sheet.stroke((5.5, 10.5), (20.5, 10.5));
        let at = |sheet: &Sheet, x: usize, y: usize| sheet.pixels[y * 28 + x];
        assert!((5..=20).all(|x| at(&sheet, x, 10) == 255));
        assert!((1..250).contains(&at(&sheet, 12, 11).saturating_sub(0)), "an edge that is grey");
        assert_eq!((at(&sheet, 12, 14), at(&sheet, 25, 10)), (0, 0));
        sheet.rub((12.5, 10.5));
        assert_eq!((at(&sheet, 12, 10), at(&sheet, 18, 10)), (0, 255));
        assert!(!sheet.is_blank() && Sheet::blank((28, 28)).is_blank());
    }
}
