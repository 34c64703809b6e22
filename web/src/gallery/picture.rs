//! Small grey pictures with their frames, on a canvas with a name.

use adversaria_plot::{Mark, Raster, Rect, Rgb};
use leptos::{html, prelude::*};

use crate::{
    look::told_now_and_then,
    page::Page,
    stage::{Painter, pixel_ratio},
    views::{Value, View, offer, tell_values},
};

/// The frame around a picture, CSS pixels.
pub const FRAME: f32 = 3.0;

/// A picture `[height, width]`, 0 black to 255 white, over a place; within a frame when it has a colour.
pub fn picture(pixels: &[u8], width: usize, place: Rect, frame: Option<Rgb>) -> Vec<Mark> {
    if width == 0 || pixels.len() < width {
        return vec![Mark::Box { rect: place, fill: frame, stroke: None }];
    }
    let rgba = pixels.iter().flat_map(|&grey| [grey, grey, grey, 255]).collect();
    let raster = Raster { width: width as u32, height: (pixels.len() / width) as u32, rgba };
    let smooth = place.w < width as f32;
    let Some(colour) = frame else { return vec![Mark::Image { raster, rect: place, smooth }] };
    let rect = Rect {
        x: place.x + FRAME,
        y: place.y + FRAME,
        w: place.w - 2.0 * FRAME,
        h: place.h - 2.0 * FRAME,
    };
    vec![
        Mark::Box { rect: place, fill: Some(colour), stroke: None },
        Mark::Image { raster, rect, smooth },
    ]
}

/// A canvas that shows these marks and says what they are.
#[component]
pub fn Board(
    /// CSS pixels.
    #[prop(into)]
    size: Signal<(f32, f32)>,
    /// What is drawn.
    #[prop(into)]
    marks: Signal<Vec<Mark>>,
    /// What it is, in words.
    #[prop(into)]
    label: Signal<String>,
    /// Its test id.
    id: &'static str,
    /// The store.
    page: Page,
    /// What it says under the pointer; without it, what it is.
    #[prop(optional)]
    value: Option<Value>,
    /// Its name where it can be kept.
    #[prop(optional)]
    kept: Option<&'static str>,
) -> impl IntoView {
    tell_values(page, id, value.unwrap_or_else(|| Callback::new(move |_| Some(label.get()))));
    if let Some(name) = kept {
        let there = Memo::new(move |_| marks.with(|marks| !marks.is_empty())).into();
        offer(page, View { id, name, size, marks, there });
    }
    let label = told_now_and_then(move || label.get());
    let canvas = NodeRef::<html::Canvas>::new();
    let painter = StoredValue::new_local(Painter::default());
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        let size = size.get();
        marks.with(|marks| {
            painter.update_value(|painter| {
                if let Err(error) = painter.paint(&canvas, size, pixel_ratio(), marks) {
                    leptos::logging::error!("a picture could not be drawn: {error:?}");
                }
            });
        });
    });
    // Where there is less room it shrinks as a whole.
    let room = move || {
        let (width, height) = size.get();
        format!("width:{width}px;max-width:100%;aspect-ratio:{width}/{height}")
    };
    view! { <canvas node_ref=canvas data-testid=id role="img" aria-label=label style=room></canvas> }
}
