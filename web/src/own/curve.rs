//! A density on the line, drawn as heights from −3 to 3, by pointer, touch or keys.

use adversaria_core::spec::{Data, HEIGHTS, Heights, MOST_HEIGHT, heights_text};
use leptos::{prelude::*, svg};
use std::fmt::Write as _;

use super::{Kept, capture, put_on_stage, share};
use crate::page::Page;

/// Units of the drawing.
const STEP: usize = 10;
const WIDTH: usize = STEP * (HEIGHTS - 1);
const TALL: usize = 252;

/// Nothing drawn.
pub(super) fn flat() -> Vec<u8> {
    vec![0; HEIGHTS]
}

/// Sets the heights from one place to another, in a straight line.
fn stroke(heights: &mut [u8], from: (usize, u8), to: (usize, u8)) {
    let (a, b) = if from.0 <= to.0 { (from, to) } else { (to, from) };
    let run = (b.0 - a.0).max(1) as f64;
    for (step, height) in heights[a.0..=b.0].iter_mut().enumerate() {
        let rise = f64::from(b.1) - f64::from(a.1);
        *height = (f64::from(a.1) + rise * step as f64 / run).round() as u8;
    }
    heights[to.0] = to.1;
}

/// The editor.
#[component]
pub fn CurveEditor(
    /// The store.
    page: Page,
    /// What is drawn, `[HEIGHTS]`.
    heights: RwSignal<Kept<Vec<u8>>>,
    /// Hears how it went.
    done: Callback<Result<(), String>>,
) -> impl IntoView {
    let clear = move |_| {
        heights.update(|h| {
            h.keep();
            h.now = flat();
        });
    };
    let using = move |_| {
        let drawn: Result<Heights, _> = heights.with_untracked(|h| h.now.clone().try_into());
        let Ok(drawn) = drawn else { return };
        let notice = "A density of your own: the run starts afresh.".to_owned();
        let text = heights_text(&drawn);
        put_on_stage(page, (Data::Curve, "points", &text), notice, move |result| done.run(result));
    };
    let empty = move || heights.with(|h| h.now.iter().all(|height| *height == 0));
    view! {
        <div class="tools" role="group" aria-label="Tools">
            <button data-testid="own-undo" on:click=move |_| heights.update(Kept::undo)>"Undo"</button>
            <button data-testid="own-clear" on:click=clear>"Clear"</button>
        </div>
        <Sheet heights=heights />
        <p class="hint" id="own-curve-keys">
            "Drag the curve, or click where a height should be. Arrows move the mark and raise or lower the curve there (with Shift in
            steps of 8). Its area is scaled to 1."
        </p>
        <p class="end">
            <button class="chief" data-testid="own-use" disabled=empty on:click=using>"Use this curve"</button>
        </p>
    }
}

/// The sheet that is drawn on.
#[component]
fn Sheet(heights: RwSignal<Kept<Vec<u8>>>) -> impl IntoView {
    let node = NodeRef::<svg::Svg>::new();
    let cursor = RwSignal::new(HEIGHTS / 2);
    let last = StoredValue::new(None::<(usize, u8)>);
    let touch = move |event: &web_sys::PointerEvent| {
        let Some((right, down)) = node.get_untracked().map(|svg| share(event, &svg)) else {
            return;
        };
        let at = (right * (HEIGHTS - 1) as f64).round() as usize;
        let height = ((1.0 - down) * f64::from(MOST_HEIGHT)).round() as u8;
        let to = (at.min(HEIGHTS - 1), height.min(MOST_HEIGHT));
        heights.update(|h| stroke(&mut h.now, last.get_value().unwrap_or(to), to));
        last.set_value(Some(to));
        cursor.set(to.0);
    };
    let down = move |event: web_sys::PointerEvent| {
        if let Some(svg) = node.get_untracked() {
            capture(&event, &svg);
        }
        heights.update(Kept::keep);
        last.set_value(None);
        touch(&event);
    };
    let moved = move |event: web_sys::PointerEvent| {
        if event.buttons() != 0 && last.get_value().is_some() {
            touch(&event);
        }
    };
    let key = move |event: web_sys::KeyboardEvent| {
        if act(&event, heights, cursor) {
            event.prevent_default();
        }
    };
    let height = move || heights.with(|h| h.now.get(cursor.get()).copied().unwrap_or(0));
    let x = move || 6.0 * cursor.get() as f64 / (HEIGHTS - 1) as f64 - 3.0;
    let label =
        move || format!("Density from −3 to 3, mark at {:.2}, height {} of 63", x(), height());
    let mark = move || {
        let (x, y) = (STEP * cursor.get(), TALL - usize::from(height()) * 4);
        format!("M{x} 0V{}M{x} {TALL}V{}", y.saturating_sub(5), (y + 5).min(TALL))
    };
    view! {
        <svg class="sheet" node_ref=node viewBox=format!("0 0 {WIDTH} {TALL}") tabindex="0" role="application" data-testid="own-curve"
            aria-label=label aria-describedby="own-curve-keys" on:pointerdown=down on:pointermove=moved on:keydown=key
            on:pointerup=move |_| last.set_value(None) on:pointercancel=move |_| last.set_value(None)>
            <path class="rule" d="M105 0V252M210 0V252M315 0V252M420 0V252M525 0V252"></path>
            <path class="area" d=move || heights.with(|h| path(&h.now))></path>
            <path class="cross" d=mark></path>
        </svg>
    }
}

/// What a key does; whether it does anything.
fn act(
    event: &web_sys::KeyboardEvent,
    heights: RwSignal<Kept<Vec<u8>>>,
    cursor: RwSignal<usize>,
) -> bool {
    let (along, up) = if event.shift_key() { (8, 8) } else { (1, 2) };
    let alter = |f: &dyn Fn(u8) -> u8| {
        let at = cursor.get_untracked();
        heights.update(|h| {
            h.keep();
            h.now[at] = f(h.now[at]).min(MOST_HEIGHT);
        });
    };
    match event.key().as_str() {
        "ArrowLeft" => cursor.update(|at| *at = at.saturating_sub(along)),
        "ArrowRight" => cursor.update(|at| *at = (*at + along).min(HEIGHTS - 1)),
        "Home" => cursor.set(0),
        "End" => cursor.set(HEIGHTS - 1),
        "ArrowUp" => alter(&|height| height + up),
        "ArrowDown" => alter(&|height| height.saturating_sub(up)),
        "Delete" | "Backspace" => alter(&|_| 0),
        "z" if event.ctrl_key() || event.meta_key() => heights.update(Kept::undo),
        _ => return false,
    }
    true
}

/// The area under the heights.
fn path(heights: &[u8]) -> String {
    let mut out = format!("M0 {TALL}");
    for (at, height) in heights.iter().enumerate() {
        let (x, y) = (STEP * at, TALL - 4 * usize::from(*height));
        // Writing to a string cannot fail.
        write!(out, "L{x} {y}").unwrap_or_default();
    }
    out + &format!("L{WIDTH} {TALL}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_stroke_leaves_no_gaps() {
        let mut heights = flat();
        stroke(&mut heights, (10, 0), (20, 40));
        assert_eq!(
            (heights[9], heights[10], heights[15], heights[20], heights[21]),
            (0, 0, 20, 40, 0)
        );
        stroke(&mut heights, (20, 40), (10, 60));
        assert_eq!((heights[10], heights[15], heights[20]), (60, 50, 40));
        stroke(&mut heights, (63, 5), (63, 7));
        assert_eq!(heights[63], 7);
    }
}
