//! A chart of the score on its own canvas.

use super::canvas::Painter;
use super::series::Series;
use super::sight::{pixel_ratio, watch_size};
use crate::{turns::now_and_then, ways::Ways};
use adversaria_plot::{Theme, losses, value};
use adversaria_protocol::Frame;
use leptos::{html, prelude::*};
use std::sync::Arc;

/// Charts change slowly: so many milliseconds lie between two drawings at least, and at most between a drawing and that of a
/// change that comes soon after it. Figures come every 100.
const SOONEST_MILLIS: f64 = 180.0;
const LATEST_MILLIS: f64 = 260.0;

/// Which chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// V(D,G), V(D*,G) and −log 4.
    Value,
    /// Both losses.
    Losses,
}

impl Topic {
    /// Both, as their canvases are marked.
    pub const ALL: [(&'static str, Self); 2] =
        [("chart-value", Self::Value), ("chart-losses", Self::Losses)];

    /// The one whose canvas has this test id.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == id).map(|(_, topic)| *topic)
    }
}

/// A chart over iterations, redrawn at most five times a second.
#[component]
pub fn Chart(
    /// Which.
    topic: Topic,
    /// Its changes are when to look at the series again.
    frame: Signal<Option<Arc<Frame>>>,
    /// The run so far.
    series: StoredValue<Ways<Series>>,
    /// Whether the page is dark.
    dark: Signal<bool>,
) -> impl IntoView {
    let (wrap, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let size = watch_size(wrap);
    let (tick, painter) = (Trigger::new(), StoredValue::new_local(Painter::default()));
    now_and_then(move || frame.track(), (SOONEST_MILLIS, LATEST_MILLIS), move || tick.notify());
    Effect::new(move |_| {
        tick.track();
        let (Some(canvas), size, theme) = (canvas.get(), size.get(), Theme::of(dark.get())) else {
            return;
        };
        let marks = series.with_value(|series| {
            let Series { value: v, value_optimal, loss_d, loss_g, here, .. } = series.now();
            let here = Some(*here);
            match topic {
                Topic::Value => value(&v.points(), &value_optimal.points(), here, size, &theme),
                Topic::Losses => losses(&loss_d.points(), &loss_g.points(), here, size, &theme),
            }
        });
        painter.update_value(|painter| {
            if let Err(error) = painter.paint_on(theme.paper, &canvas, size, pixel_ratio(), &marks)
            {
                leptos::logging::error!("a chart could not be drawn: {error:?}");
            }
        });
    });
    let (id, name) = match topic {
        Topic::Value => (
            "chart-value",
            "The value of the game over iterations; the figures are in the list below",
        ),
        Topic::Losses => (
            "chart-losses",
            "The losses of D and G over iterations; the figures are in the list below",
        ),
    };
    view! {
        <div class="st-chart" node_ref=wrap><canvas node_ref=canvas role="img" aria-label=name data-testid=id></canvas></div>
    }
}
