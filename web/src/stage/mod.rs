//! The middle and the right of the page: the picture of the game and its score.

mod series;

pub use series::Series;

use adversaria_protocol::{Frame, Layers, Scene};
use leptos::prelude::*;
use std::sync::Arc;

/// The picture of the run, with its legend (whose entries turn layers on and off) and the values under the pointer.
/// It fills the height of its parent where that has one. The canvas carries `data-testid="stage"`.
#[component]
pub fn StageView(
    /// What is on stage.
    scene: Signal<Option<Arc<Scene>>>,
    /// The latest picture.
    frame: Signal<Option<Arc<Frame>>>,
    /// What the engine is asked to work out; set here, sent to it by the caller.
    layers: RwSignal<Layers>,
    /// Whether the page is dark.
    dark: Signal<bool>,
) -> impl IntoView {
    let _ = (scene, frame, layers, dark);
}

/// The figures and charts of the score. The caller pushes each frame to `series` as it comes and resets it on a new
/// scene; this redraws when `frame` changes.
#[component]
pub fn ScorePanel(
    /// The latest figures.
    frame: Signal<Option<Arc<Frame>>>,
    /// The run so far.
    series: StoredValue<Series>,
    /// Whether the page is dark.
    dark: Signal<bool>,
) -> impl IntoView {
    let _ = (frame, series, dark);
}
