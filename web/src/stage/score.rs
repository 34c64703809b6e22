//! The score: how the game stands, in figures and over time.

use super::chart::{Chart, Topic};
use super::series::Series;
use super::sight::properties;
use adversaria_plot::Theme;
use adversaria_protocol::{Evaluation, Frame, Metrics};
use leptos::prelude::*;
use std::sync::Arc;

/// What is written where there is no figure.
const NONE: &str = "\u{2014}";

/// A figure as machines and as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reading {
    plain: String,
    text: String,
}

impl Reading {
    /// Three decimals for people.
    fn of(value: Option<f32>) -> Self {
        Self::with(value, |v| format!("{v:.3}"))
    }

    fn with(value: Option<f32>, write: impl Fn(f32) -> String) -> Self {
        match value.filter(|v| v.is_finite()) {
            Some(v) => Self { plain: format!("{v}"), text: write(v).replace('-', "\u{2212}") },
            None => Self { plain: String::new(), text: NONE.into() },
        }
    }
}

/// One figure. Rows hold one or two of them.
#[derive(Clone, Copy)]
struct Figure {
    id: &'static str,
    label: &'static str,
    /// Class of the swatch before the label: a line of the chart above.
    swatch: &'static str,
    hint: &'static str,
    read: fn(&Metrics) -> Reading,
}

fn evaluation(m: &Metrics, pick: impl Fn(&Evaluation) -> f32) -> Option<f32> {
    m.evaluation.as_ref().map(pick)
}

const VALUE: &[&[Figure]] = &[
    &[Figure {
        id: "value",
        label: "V(D, G)",
        swatch: "d",
        hint: "E log D(x) + E log(1 − D(G(z))), nats, on the probe's samples",
        read: |m| Reading::of(Some(m.value)),
    }],
    &[Figure {
        id: "value-optimal",
        label: "V(D*, G) = −log 4 + 2 JSD",
        swatch: "muted",
        hint: "The value if D were at its best against this G; never below −log 4 ≈ −1.386",
        read: |m| Reading::of(evaluation(m, |e| e.value_optimal)),
    }],
    &[Figure {
        id: "gap",
        label: "gap: how far D is from its best",
        swatch: "",
        hint: "V(D*, G) − V(D, G)",
        read: |m| Reading::of(evaluation(m, |e| e.value_optimal - m.value)),
    }],
];

const LOSSES: &[&[Figure]] = &[
    &[
        Figure {
            id: "loss-d",
            label: "loss of D",
            swatch: "d",
            hint: "D's loss at its last update, before it",
            read: |m| Reading::of(Some(m.loss_d)),
        },
        Figure {
            id: "loss-g",
            label: "of G",
            swatch: "fake",
            hint: "G's loss at its last update, before it",
            read: |m| Reading::of(Some(m.loss_g)),
        },
    ],
    &[
        Figure {
            id: "grad-d",
            label: "‖∇‖ of D",
            swatch: "",
            hint: "Norm of the gradient of D's loss at its last update",
            read: |m| norm(m.grad_norm_d),
        },
        Figure {
            id: "grad-g",
            label: "of G",
            swatch: "",
            hint: "Norm of the gradient of G's loss at its last update",
            read: |m| norm(m.grad_norm_g),
        },
    ],
];

const DISTANCE: &[&[Figure]] = &[
    &[
        Figure {
            id: "jsd",
            label: "JSD",
            swatch: "",
            hint: "Jensen-Shannon divergence of p_data and p_g, nats; 0 when equal, log 2 ≈ 0.693 when disjoint",
            read: |m| Reading::of(evaluation(m, |e| e.jsd)),
        },
        Figure {
            id: "kl",
            label: "KL, nats",
            swatch: "",
            hint: "KL(p_data ‖ p_g), nats; infinite when a bin holds data and no sample of G",
            read: kl,
        },
    ],
    &[
        Figure {
            id: "modes",
            label: "modes",
            swatch: "",
            hint: "Modes with at least one good sample; for mixtures",
            read: modes,
        },
        Figure {
            id: "quality",
            label: "good samples",
            swatch: "",
            hint: "Share of samples within 3 σ of their nearest mode; for mixtures",
            read: |m| {
                let share = m.evaluation.as_ref().and_then(|e| e.quality);
                Reading::with(share, |v| format!("{:.1} %", 100.0 * v))
            },
        },
    ],
];

/// The engine writes an infinite divergence as NaN.
fn kl(m: &Metrics) -> Reading {
    match evaluation(m, |e| e.kl_data_model) {
        Some(v) if !v.is_finite() => Reading { plain: "Infinity".into(), text: "∞".into() },
        value => Reading::of(value),
    }
}

/// Norms span decades.
fn norm(value: f32) -> Reading {
    Reading::with(Some(value), |v| {
        if v != 0.0 && !(1e-3..1e4).contains(&v) { format!("{v:.1e}") } else { format!("{v:.3}") }
    })
}

fn modes(m: &Metrics) -> Reading {
    match m.evaluation.as_ref().and_then(|e| e.modes) {
        Some((found, all)) => {
            Reading { plain: found.to_string(), text: format!("{found} of {all}") }
        }
        None => Reading::of(None),
    }
}

/// The charts and *all figures* of the score: test ids `value`, `value-optimal`, `gap`, `jsd`, `kl`, `modes`,
/// `quality`, `loss-d`, `loss-g`, `grad-d`, `grad-g` live here and nowhere else. The caller pushes each frame to
/// `series` as it comes and resets it on a new scene; this redraws when `frame` changes.
#[component]
pub fn ScorePanel(
    /// The latest figures.
    frame: Signal<Option<Arc<Frame>>>,
    /// The run so far.
    series: StoredValue<Series>,
    /// Whether the page is dark.
    dark: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="st-score" style=move || properties(&Theme::of(dark.get()))>
            <Chart topic=Topic::Value frame=frame series=series dark=dark />
            <Figures rows=VALUE frame=frame />
            <Chart topic=Topic::Losses frame=frame series=series dark=dark />
            <Figures rows=LOSSES frame=frame />
            <Figures rows=DISTANCE frame=frame />
            <p class="st-estimator">{move || estimator(frame)}</p>
        </div>
    }
}

#[component]
fn Figures(rows: &'static [&'static [Figure]], frame: Signal<Option<Arc<Frame>>>) -> impl IntoView {
    let dot = |i: usize| (i > 0).then(|| view! { <span class="st-dot">"·"</span> });
    let row = |figures: &'static [Figure]| {
        let label = |(i, f): (usize, &Figure)| {
            view! { {dot(i)} <span class=f.swatch title=f.hint>{f.label}</span> }
        };
        let value = |(i, f): (usize, &Figure)| view! { {dot(i)} <Value figure=*f frame=frame /> };
        view! {
            <div>
                <dt>{figures.iter().enumerate().map(label).collect_view()}</dt>
                <dd>{figures.iter().enumerate().map(value).collect_view()}</dd>
            </div>
        }
    };
    view! { <dl class="st-figures">{rows.iter().map(|r| row(r)).collect_view()}</dl> }
}

#[component]
fn Value(figure: Figure, frame: Signal<Option<Arc<Frame>>>) -> impl IntoView {
    let reading = Memo::new(move |_| {
        let none = || Reading::of(None);
        frame.with(|f| f.as_deref().map_or_else(none, |f| (figure.read)(&f.metrics)))
    });
    view! {
        <span title=figure.hint data-testid=figure.id data-value=move || reading.get().plain>
            {move || reading.get().text}
        </span>
    }
}

/// How the divergences were come by.
fn estimator(frame: Signal<Option<Arc<Frame>>>) -> String {
    let words = |e: &Evaluation| {
        let bias = f64::from(e.bins) / (8.0 * f64::from(e.samples.max(1)));
        format!(
            "Histogram of {} samples of G in {} bins and one for what lies outside, at iteration {}; reads high by about {bias:.4} nats.",
            thousands(u64::from(e.samples)),
            e.bins,
            thousands(e.iteration)
        )
    };
    frame.with(|f| {
        f.as_ref().and_then(|f| f.metrics.evaluation.as_ref().map(words)).unwrap_or_default()
    })
}

/// Digits in groups of three.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_plain_for_machines_and_dashes_when_missing() {
        let reading = Reading::of(Some(-1.5));
        assert_eq!((reading.plain.as_str(), reading.text.as_str()), ("-1.5", "\u{2212}1.500"));
        for missing in [None, Some(f32::NAN), Some(f32::INFINITY)] {
            assert_eq!(Reading::of(missing), Reading { plain: String::new(), text: NONE.into() });
        }
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
