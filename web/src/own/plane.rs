//! Points in the plane, drawn by brush, eraser or one at a time, by pointer, touch or keys.

use adversaria_core::spec::{Cell, Cloud, Data, LEVELS, MOST_POINTS, coordinate, level};
use leptos::{prelude::*, svg};
use std::fmt::Write as _;

use super::{Kept, capture, put_on_stage, share};
use crate::{page::Page, view::header::grouped};

/// The points.
pub type Points = Vec<Cell>;
type Place = (f64, f64);

/// How far apart the brush sets points along its way, and how far beside it; the view is 2 wide.
const STEP: f64 = 0.03;
const SPREAD: f64 = 0.045;
/// What the eraser takes away around it.
const RUBBED: f64 = 0.09;
/// Points of a dab, which is a brush that does not move.
const DAB: u32 = 6;
/// A key's step.
const KEY_STEP: f64 = 0.05;

/// What a stroke does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    Brush,
    Point,
    Eraser,
}

impl Tool {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Brush, "own-brush", "Brush"),
        (Self::Point, "own-point", "Point"),
        (Self::Eraser, "own-eraser", "Eraser"),
    ];
}

/// Adds a point, where there is room for one.
fn put(points: &mut Points, (x, y): Place) {
    if points.len() < MOST_POINTS {
        points.push([level(x, 1.0), level(y, 1.0)]);
    }
}

/// The brush at a place: one point beside it, another way each time.
fn scatter(points: &mut Points, (x, y): Place) {
    let n = points.len() as f64;
    // Golden angle and golden ratio: even over a disc, and without chance.
    let (turn, far) = (2.399_963 * n, SPREAD * (0.618_034 * n).fract().sqrt());
    put(points, (x + far * turn.cos(), y + far * turn.sin()));
}

/// The brush from one place to another; the place where it last set a point.
fn brush(points: &mut Points, from: Place, to: Place) -> Place {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let steps = (dx.hypot(dy) / STEP).floor();
    let at = |k: f64| (from.0 + dx * k / steps.max(1.0), from.1 + dy * k / steps.max(1.0));
    for k in 1..=steps as u32 {
        scatter(points, at(k.into()));
    }
    if steps >= 1.0 { to } else { from }
}

/// Takes away what lies around a place.
fn erase(points: &mut Points, (x, y): Place) {
    points.retain(|[a, b]| (coordinate(*a, 1.0) - x).hypot(coordinate(*b, 1.0) - y) > RUBBED);
}

/// The editor.
#[component]
pub fn PlaneEditor(
    /// The store.
    page: Page,
    /// What is drawn.
    points: RwSignal<Kept<Points>>,
    /// Hears how it went.
    done: Callback<Result<(), String>>,
) -> impl IntoView {
    let tool = RwSignal::new(Tool::Brush);
    let count = Memo::new(move |_| points.with(|p| p.now.len()));
    let buttons = Tool::ALL.map(|(of, id, name)| {
        view! {
            <button data-testid=id aria-pressed=move || (tool.get() == of).to_string() on:click=move |_| tool.set(of)>{name}</button>
        }
    });
    let clear = move |_| {
        points.update(|p| {
            p.keep();
            p.now.clear();
        });
    };
    let using = move |_| {
        let text = points.with_untracked(|p| Cloud { dim: 2, cells: p.now.clone() }.text());
        let notice =
            format!("{} points of your own: the run starts afresh.", grouped(count.get() as u64));
        put_on_stage(page, (Data::Drawn, "points", &text), notice, move |result| done.run(result));
    };
    let said = move || match count.get() {
        MOST_POINTS => {
            format!("{} points, the most that a link carries", grouped(MOST_POINTS as u64))
        }
        1 => "1 point".into(),
        n => format!("{} points", grouped(n as u64)),
    };
    view! {
        <div class="tools" role="group" aria-label="Tools">
            {buttons.into_iter().collect_view()}
            <button data-testid="own-undo" on:click=move |_| points.update(Kept::undo)>"Undo"</button>
            <button data-testid="own-clear" on:click=clear>"Clear"</button>
            <output data-testid="own-count" data-value=move || count.get().to_string()>{said}</output>
        </div>
        <Sheet points=points tool=tool />
        <p class="hint" id="own-plane-keys">
            "Arrows move the cross (with Shift in small steps), Space or Enter uses the tool there, Delete erases. p_data is a bell of
            width σ = 0.03 around each point; σ can be changed with the data."
        </p>
        <p class="end">
            <button class="chief" data-testid="own-use" disabled=move || count.get() == 0 on:click=using>"Use these points"</button>
        </p>
    }
}

/// The sheet that is drawn on.
#[component]
fn Sheet(points: RwSignal<Kept<Points>>, tool: RwSignal<Tool>) -> impl IntoView {
    let node = NodeRef::<svg::Svg>::new();
    let cursor = RwSignal::new((0.0, 0.0));
    let last = StoredValue::new(None::<Place>);
    let place = move |event: &web_sys::PointerEvent| {
        let (right, down) = node.get_untracked().map(|svg| share(event, &svg))?;
        Some((2.0 * right - 1.0, 1.0 - 2.0 * down))
    };
    let touch = move |to: Place| {
        points.update(|p| match (tool.get_untracked(), last.get_value()) {
            (Tool::Brush, Some(from)) => last.set_value(Some(brush(&mut p.now, from, to))),
            (Tool::Brush, None) => {
                scatter(&mut p.now, to);
                last.set_value(Some(to));
            }
            (Tool::Point, None) => {
                put(&mut p.now, to);
                last.set_value(Some(to));
            }
            (Tool::Point, Some(_)) => {}
            (Tool::Eraser, _) => {
                erase(&mut p.now, to);
                last.set_value(Some(to));
            }
        });
    };
    let down = move |event: web_sys::PointerEvent| {
        if let Some(svg) = node.get_untracked() {
            capture(&event, &svg);
        }
        points.update(Kept::keep);
        last.set_value(None);
        if let Some(at) = place(&event) {
            cursor.set(at);
            touch(at);
        }
    };
    let moved = move |event: web_sys::PointerEvent| {
        if event.buttons() != 0
            && last.get_value().is_some()
            && let Some(at) = place(&event)
        {
            cursor.set(at);
            touch(at);
        }
    };
    let key = move |event: web_sys::KeyboardEvent| {
        if act(&event, points, tool, cursor) {
            event.prevent_default();
        }
    };
    let dots = move || points.with(|p| path(&p.now));
    let cross = move || {
        let (x, y) = cursor.get();
        format!("translate({:.1} {:.1})", 200.0 + 200.0 * x, 200.0 - 200.0 * y)
    };
    let label = move || {
        let (x, y) = cursor.get();
        format!("Drawing sheet from −1 to 1 each way, cross at {x:.2}, {y:.2}")
    };
    view! {
        <svg class="sheet square" node_ref=node viewBox="0 0 400 400" tabindex="0" role="application" data-testid="own-plane" aria-label=label
            aria-describedby="own-plane-keys" on:pointerdown=down on:pointermove=moved on:keydown=key
            on:pointerup=move |_| last.set_value(None) on:pointercancel=move |_| last.set_value(None)>
            <path class="rule" d="M200 0V400M0 200H400M100 0V400M300 0V400M0 100H400M0 300H400"></path>
            <path class="dots" d=dots></path>
            <path class="cross" d="M-9 0H-3M3 0H9M0 -9V-3M0 3V9" transform=cross></path>
        </svg>
    }
}

/// What a key does; whether it does anything.
fn act(
    event: &web_sys::KeyboardEvent,
    points: RwSignal<Kept<Points>>,
    tool: RwSignal<Tool>,
    cursor: RwSignal<Place>,
) -> bool {
    let step = if event.shift_key() { 0.2 * KEY_STEP } else { KEY_STEP };
    let go = |dx: f64, dy: f64| {
        let within = |v: f64| v.clamp(-1.0, 1.0);
        cursor.update(|at| *at = (within(at.0 + dx), within(at.1 + dy)));
    };
    let at = cursor.get_untracked();
    let alter = |f: &dyn Fn(&mut Points)| {
        points.update(|p| {
            p.keep();
            f(&mut p.now);
        });
    };
    match event.key().as_str() {
        "ArrowLeft" => go(-step, 0.0),
        "ArrowRight" => go(step, 0.0),
        "ArrowUp" => go(0.0, step),
        "ArrowDown" => go(0.0, -step),
        " " | "Enter" => match tool.get_untracked() {
            Tool::Point => alter(&|p| put(p, at)),
            Tool::Brush => alter(&|p| (0..DAB).for_each(|_| scatter(p, at))),
            Tool::Eraser => alter(&|p| erase(p, at)),
        },
        "Delete" | "Backspace" => alter(&|p| erase(p, at)),
        "z" if event.ctrl_key() || event.meta_key() => points.update(Kept::undo),
        _ => return false,
    }
    true
}

/// Dots as lines of no length with round ends.
fn path(points: &Points) -> String {
    let mut out = String::with_capacity(16 * points.len());
    let scale = 400.0 / f64::from(LEVELS);
    for [x, y] in points {
        let (x, y) = (scale * f64::from(*x), 400.0 - scale * f64::from(*y));
        // Writing to a string cannot fail.
        write!(out, "M{x:.1} {y:.1}h0").unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brush_leaves_points_along_its_way_and_the_eraser_takes_them() {
        let mut points = Points::new();
        let end = brush(&mut points, (-0.5, 0.0), (0.5, 0.0));
        assert_eq!((points.len(), end), (33, (0.5, 0.0)));
        let near = |p: &Cell| coordinate(p[1], 1.0).abs() < SPREAD + 0.001;
        assert!(points.iter().all(near));
        assert_eq!(brush(&mut points, (0.5, 0.0), (0.51, 0.0)), (0.5, 0.0));
        erase(&mut points, (0.5, 0.0));
        assert!((25..33).contains(&points.len()), "{}", points.len());
        for _ in 0..70 {
            brush(&mut points, (-1.0, 0.0), (1.0, 0.0));
        }
        assert_eq!(points.len(), MOST_POINTS);
    }
}
