//! Data of the user's own: a dialog to draw points or a density in, and to open or paste rows of numbers.

pub mod curve;
pub mod plane;
pub mod rows;

use adversaria_core::spec::{Data, Own, RunSpec, SpecError};
use leptos::{html, prelude::*};

use crate::{
    page::{OwnWish, Page},
    play::{is_a_preset, preset_of, sentence},
};
use curve::CurveEditor;
use plane::PlaneEditor;
use rows::{RowsEditor, take};

/// Steps back that a drawing keeps.
const MOST_UNDO: usize = 100;

/// A drawing with what it was before each stroke.
#[derive(Clone, Default)]
pub struct Kept<T> {
    now: T,
    before: Vec<T>,
}

impl<T: Clone + PartialEq> Kept<T> {
    /// Keeps what there is, before it is changed.
    fn keep(&mut self) {
        if self.before.last() != Some(&self.now) {
            self.before.push(self.now.clone());
        }
        if self.before.len() > MOST_UNDO {
            self.before.remove(0);
        }
    }

    /// One step back.
    fn undo(&mut self) {
        while let Some(before) = self.before.pop() {
            if before != self.now {
                self.now = before;
                return;
            }
        }
    }
}

/// What the dialog shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Plane,
    Curve,
    Rows,
}

/// The dialog, closed until somebody asks for it.
#[component]
pub fn OwnData(
    /// The store.
    page: Page,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let tab = RwSignal::new(Tab::Plane);
    let fault = RwSignal::new(None::<String>);
    let points = RwSignal::new(Kept::default());
    let heights = RwSignal::new(Kept::<Vec<u8>>::default());
    Effect::new(move |_| {
        let Some(wish) = page.own.get() else { return };
        let open = match wish {
            OwnWish::Draw => Tab::Plane,
            OwnWish::Curve => Tab::Curve,
            OwnWish::Rows => Tab::Rows,
            OwnWish::Table(name, bytes) => {
                page.own.set(None);
                return take(page, &name, &bytes, move |done| {
                    if let Err(sentence) = done {
                        page.complain(sentence);
                    }
                });
            }
        };
        tab.set(open);
        fault.set(None);
        page.spec.with_untracked(|spec| begin(spec.as_ref(), points, heights));
        if let Some(dialog) = dialog.get().filter(|dialog| !dialog.open()) {
            dialog
                .show_modal()
                .unwrap_or_else(|_| page.complain("The editor could not be opened."));
        }
    });
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let done = Callback::new(move |done: Result<(), String>| match done {
        Ok(()) => close(),
        Err(sentence) => fault.set(Some(sentence)),
    });
    let choice = move |of: Tab, id: &'static str, name: &'static str| {
        view! {
            <button data-testid=id aria-pressed=move || (tab.get() == of).to_string() on:click=move |_| { fault.set(None); tab.set(of); }>
                {name}
            </button>
        }
    };
    view! {
        <dialog class="own" node_ref=dialog data-testid="own" aria-labelledby="own-title" on:close=move |_| page.own.set(None)>
            <div class="tools">
                <h2 id="own-title">"Your own data"</h2>
                <button data-testid="own-close" on:click=move |_| close()>"Close"</button>
            </div>
            <div class="tools" role="group" aria-label="Kind of data">
                {choice(Tab::Plane, "own-tab-drawn", "Draw in 2D")}
                {choice(Tab::Curve, "own-tab-curve", "Draw in 1D")}
                {choice(Tab::Rows, "own-tab-file", "File or paste")}
            </div>
            {move || match tab.get() {
                Tab::Plane => view! { <PlaneEditor page=page points=points done=done /> }.into_any(),
                Tab::Curve => view! { <CurveEditor page=page heights=heights done=done /> }.into_any(),
                Tab::Rows => view! { <RowsEditor page=page done=done /> }.into_any(),
            }}
            {move || fault.get().map(|sentence| view! { <p class="own-fault" role="alert" data-testid="own-fault">{sentence}</p> })}
        </dialog>
    }
}

/// Editors begin with what is on stage, where that was drawn, and else with what they had.
fn begin(
    spec: Option<&RunSpec>,
    points: RwSignal<Kept<plane::Points>>,
    heights: RwSignal<Kept<Vec<u8>>>,
) {
    match spec.map(RunSpec::own) {
        Some(Own::Points(cloud)) => {
            points.set(Kept { now: cloud.cells.clone(), before: vec![] });
        }
        Some(Own::Curve(drawn)) => heights.set(Kept { now: drawn.to_vec(), before: vec![] }),
        _ => {}
    }
    if heights.with_untracked(|h| h.now.is_empty()) {
        heights.set(Kept { now: curve::flat(), before: vec![] });
    }
}

/// A run on these data: a preset gives way to what suits them, one's own settings are kept as far as they fit.
fn run_on(spec: &RunSpec, data: Data, key: &str, value: &str) -> Result<RunSpec, SpecError> {
    let there = if spec.data() == data {
        spec.clone()
    } else if is_a_preset(spec) {
        preset_of(data, spec)?
    } else {
        spec.with("data", data.name())?
    };
    there.with(key, value)
}

/// Puts the run on these data on stage; says so there, or what is wrong to `then`.
fn put_on_stage(
    page: Page,
    (data, key, value): (Data, &str, &str),
    notice: String,
    then: impl FnOnce(Result<(), String>) + 'static,
) {
    let spec = page.spec.get_untracked().unwrap_or_default();
    match run_on(&spec, data, key, value) {
        Ok(next) => {
            let playing = untrack(|| page.is_playing());
            page.stage(next.address(), playing, move |done| {
                if done.is_ok() {
                    page.tell(notice);
                }
                then(done);
            });
        }
        Err(error) => then(Err(sentence(&error))),
    }
}

/// Where a pointer is within an element, from 0 to 1 from the left and from the top.
pub fn share(event: &web_sys::PointerEvent, element: &web_sys::Element) -> (f64, f64) {
    let room = element.get_bounding_client_rect();
    let within =
        |at: i32, from: f64, size: f64| ((f64::from(at) - from) / size.max(1.0)).clamp(0.0, 1.0);
    (
        within(event.client_x(), room.left(), room.width()),
        within(event.client_y(), room.top(), room.height()),
    )
}

/// Follows this pointer beyond the element's edge, until it is lifted.
pub fn capture(event: &web_sys::PointerEvent, element: &web_sys::Element) {
    // A pointer that is gone already needs no following.
    element.set_pointer_capture(event.pointer_id()).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_back_is_to_what_was_there_before_the_stroke() {
        let mut kept = Kept { now: vec![1], before: vec![] };
        kept.keep();
        kept.now = vec![1, 2];
        // A stroke that changed nothing is no step.
        kept.keep();
        kept.keep();
        kept.undo();
        assert_eq!(kept.now, [1]);
        kept.undo();
        assert_eq!(kept.now, [1]);
    }
}
