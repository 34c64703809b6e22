//! A chart of the score on its own canvas.

use super::canvas::Painter;
use super::series::Series;
use super::sight::{pixel_ratio, watch_size};
use crate::{look::now_millis, ways::Ways};
use adversaria_plot::{Theme, losses, value};
use adversaria_protocol::Frame;
use leptos::{html, prelude::*};
use std::{sync::Arc, time::Duration};

/// Charts change slowly: at least this many milliseconds lie between two drawings, and at most the other many between a
/// change and its drawing. Figures come every 100.
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
    let (tick, painter) = (paced(frame), StoredValue::new_local(Painter::default()));
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

/// Fires with a change of `frame` when the last drawing is long enough ago, so that it falls into the same animation frame as
/// what else changes, and else a little later; the last change is never lost.
fn paced(frame: Signal<Option<Arc<Frame>>>) -> Trigger {
    let tick = Trigger::new();
    let waiting = StoredValue::new(false);
    let last = StoredValue::new(f64::NEG_INFINITY);
    let fire = move || {
        waiting.set_value(false);
        last.set_value(now_millis());
        tick.notify();
    };
    Effect::new(move |_| {
        frame.track();
        let since = now_millis() - last.get_value();
        if since >= SOONEST_MILLIS {
            fire();
        } else if !waiting.get_value() {
            waiting.set_value(true);
            let wait = Duration::from_millis((LATEST_MILLIS - since) as u64);
            // By then the chart may be gone, or drawn.
            set_timeout(
                move || {
                    if waiting.try_get_value() == Some(true) {
                        fire();
                    }
                },
                wait,
            );
        }
    });
    tick
}
