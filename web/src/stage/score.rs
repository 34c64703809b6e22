//! The score: how the game stands, in figures and over time.

use super::chart::{Chart, Topic};
use super::judge::watch_judge;
use super::series::Series;
use super::sight::properties;
use crate::ways::Ways;
use adversaria_core::metrics::COARSEST;
use adversaria_plot::{Judge, Theme};
use adversaria_protocol::{Evaluation, Frame, Metrics, Picture};
use leptos::prelude::*;
use std::sync::Arc;

/// What is written where there is no figure.
const NONE: &str = "\u{2014}";

/// A figure as machines and as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    plain: String,
    pub(crate) text: String,
}

impl Reading {
    /// Three decimals for people.
    pub(crate) fn of(value: Option<f32>) -> Self {
        Self::with(value, |v| format!("{v:.3}"))
    }

    /// Written in a way of its own; a dash where there is none, or none that is finite.
    pub(crate) fn with(value: Option<f32>, write: impl Fn(f32) -> String) -> Self {
        match value.filter(|v| v.is_finite()) {
            Some(v) => Self { plain: format!("{v}"), text: signed(&write(v)) },
            None => Self { plain: String::new(), text: NONE.into() },
        }
    }
}

/// With a true minus sign, and none before a zero.
pub(crate) fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|b| matches!(b, b'0' | b'.')) => zero.into(),
        _ => text.replace('-', "\u{2212}"),
    }
}

/// One figure. Rows hold one or two of them.
#[derive(Clone, Copy)]
pub struct Figure {
    /// Test id.
    pub id: &'static str,
    /// Some names depend on the figures.
    pub label: fn(Option<&Metrics>) -> &'static str,
    /// Class of the swatch before the label: a line of the chart above.
    pub swatch: &'static str,
    /// What it is, in a sentence.
    pub hint: &'static str,
    /// Whether it compares p_g with p_data, which is not done for images.
    pub compares: bool,
    /// Its value.
    pub read: fn(&Metrics, Judge) -> Reading,
}

fn evaluation(m: &Metrics, pick: impl Fn(&Evaluation) -> f32) -> Option<f32> {
    m.evaluation.as_ref().map(pick)
}

const VALUE: &[&[Figure]] = &[
    &[Figure {
        id: "value",
        label: |_| "V(D, G)",
        swatch: "d",
        hint: "E log D(x) + E log(1 − D(G(z))), nats, on the probe's samples",
        compares: false,
        read: |m, _| Reading::of(Some(m.value)),
    }],
    &[Figure {
        id: "value-optimal",
        label: |_| "V(D*, G) = −log 4 + 2 JSD",
        swatch: "muted",
        hint: "The value if D were at its best against this G, by JSD on bins; never below −log 4 ≈ −1.386. None where classes are told: each has a D* of its own",
        compares: true,
        read: |m, _| at_least(m, Reading::of(evaluation(m, |e| e.value_optimal))),
    }],
    &[Figure {
        id: "gap",
        label: |_| "gap: how far D is from its best",
        swatch: "",
        hint: "V(D*, G) − V(D, G), both of one iteration. A regulariser keeps D from D* and leaves a gap. None for packs, where classes are told, and where D is no probability: V is the minimax value of σ(a), and that loss plays another game",
        compares: true,
        read: gap,
    }],
];

const LOSSES: &[&[Figure]] = &[
    &[
        Figure {
            id: "loss-d",
            label: |_| "loss of D",
            swatch: "d",
            hint: "D's loss at its last update, before it",
            compares: false,
            read: |m, _| Reading::of(Some(m.loss_d)),
        },
        Figure {
            id: "loss-g",
            label: |_| "of G",
            swatch: "fake",
            hint: "G's loss at its last update, before it",
            compares: false,
            read: |m, _| Reading::of(Some(m.loss_g)),
        },
    ],
    &[
        Figure {
            id: "grad-d",
            label: |_| "‖∇‖ of D",
            swatch: "",
            hint: "Norm of the gradient of D's loss at its last update",
            compares: false,
            read: |m, _| norm(m.grad_norm_d),
        },
        Figure {
            id: "grad-g",
            label: |_| "of G",
            swatch: "",
            hint: "Norm of the gradient of G's loss at its last update",
            compares: false,
            read: |m, _| norm(m.grad_norm_g),
        },
    ],
];

const DISTANCE: &[&[Figure]] = &[
    &[
        Figure {
            id: "jsd",
            label: |_| "JSD",
            swatch: "",
            hint: "Jensen-Shannon divergence of p_data and p_g on bins, nats; 0 when equal, log 2 ≈ 0.693 when disjoint. What differs within a bin is not seen",
            compares: true,
            read: |m, _| at_least(m, Reading::of(evaluation(m, |e| e.jsd))),
        },
        Figure {
            id: "kl",
            label: |m| directions(m)[0].0,
            swatch: "",
            hint: KL_HINT,
            compares: true,
            read: |m, _| kl(m, directions(Some(m))[0].1),
        },
    ],
    &[Figure {
        id: "kl-reverse",
        label: |m| directions(m)[1].0,
        swatch: "",
        hint: KL_HINT,
        compares: true,
        read: |m, _| kl(m, directions(Some(m))[1].1),
    }],
    &[
        Figure {
            id: "modes",
            label: |_| "modes",
            swatch: "",
            hint: "Modes with at least one good sample; for mixtures",
            compares: true,
            read: |m, _| modes(m),
        },
        Figure {
            id: "quality",
            label: |_| "good samples",
            swatch: "",
            hint: "Share of samples within 3 σ of their nearest mode; for mixtures",
            compares: true,
            read: |m, _| {
                let share = m.evaluation.as_ref().and_then(|e| e.quality);
                Reading::with(share, |v| format!("{:.1} %", 100.0 * v))
            },
        },
    ],
];

const KL_HINT: &str = "Kullback-Leibler divergence, nats. KL(p_data‖p_g) takes neighbouring bins as one until 16 samples of the data are to be expected, and is infinite where G has none there";

/// A divergence's name and where it stands.
type Direction = (&'static str, fn(&Evaluation) -> f32);

/// Both KL divergences. From p_g to p_data comes first, which is finite nearly always, unless it alone is not.
fn directions(m: Option<&Metrics>) -> [Direction; 2] {
    let model_data: Direction = ("KL(p_g‖p_data)", |e| e.kl_model_data);
    let data_model: Direction = ("KL(p_data‖p_g)", |e| e.kl_data_model);
    match m.and_then(|m| m.evaluation.as_ref()) {
        Some(e) if !e.kl_model_data.is_finite() && e.kl_data_model.is_finite() => {
            [data_model, model_data]
        }
        _ => [model_data, data_model],
    }
}

/// The engine writes an infinite divergence as NaN.
fn kl(m: &Metrics, pick: fn(&Evaluation) -> f32) -> Reading {
    match evaluation(m, pick) {
        Some(v) if !v.is_finite() => Reading { plain: "Infinity".into(), text: "∞".into() },
        value => Reading::of(value),
    }
}

/// Two standard errors of V(D,G) in the plane, where it is a mean over 1,024 samples of each kind, whose logarithms spread by ½
/// or less while D is near its best: 2 · √2 · ½ / √1,024. On the line it is an integral, and errs by less.
const VALUE_ERROR: f32 = 0.045;

/// V(D*,G) − V(D,G), which is never below 0 but for errors of both estimates.
fn gap(m: &Metrics, judge: Judge) -> Reading {
    let Some(e) = m.evaluation.as_ref().filter(|_| judge == Judge::Probability) else {
        return Reading::of(None);
    };
    let gap = e.value_optimal - e.value;
    let reading = at_least(m, Reading::of(Some(gap)));
    // V(D*,G) holds the JSD twice.
    let error = 2.0 * e.bias + VALUE_ERROR;
    if gap < 0.0 && gap >= -error { Reading { text: "≈ 0".into(), ..reading } } else { reading }
}

/// What comes of bins that are too wide for the data is a bound from below.
pub(crate) fn at_least(m: &Metrics, reading: Reading) -> Reading {
    let coarse = m.evaluation.as_ref().is_some_and(is_coarse);
    if !coarse || reading.plain.is_empty() {
        return reading;
    }
    Reading { text: format!("≥ {}", reading.text), ..reading }
}

/// As [`adversaria_core::metrics::Resolution::is_coarse`]. Data without a σ have NaN for it, and no bins are too wide.
fn is_coarse(e: &Evaluation) -> bool {
    e.bin_width > COARSEST as f32 * e.finest
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

/// The charts and *all figures* of the score: test ids `value`, `value-optimal`, `gap`, `jsd`, `kl`, `kl-reverse`,
/// `modes`, `quality`, `loss-d`, `loss-g`, `grad-d`, `grad-g` live here and nowhere else. The caller pushes each frame to
/// `series` as it comes and resets it on a new scene; this redraws when `frame` changes.
#[component]
pub fn ScorePanel(
    /// The latest figures.
    frame: Signal<Option<Arc<Frame>>>,
    /// The run so far.
    series: StoredValue<Ways<Series>>,
    /// Whether the page is dark.
    dark: Signal<bool>,
) -> impl IntoView {
    let judge = watch_judge(None, frame);
    view! {
        <div class="st-score" style=move || properties(&Theme::of(dark.get()))>
            <Chart topic=Topic::Value frame=frame series=series dark=dark />
            <Figures rows=VALUE frame=frame judge=judge />
            <Chart topic=Topic::Losses frame=frame series=series dark=dark />
            <Figures rows=LOSSES frame=frame judge=judge />
            <Figures rows=DISTANCE frame=frame judge=judge />
        </div>
    }
}

/// Rows of figures.
#[component]
pub fn Figures(
    /// Which.
    rows: &'static [&'static [Figure]],
    /// The latest figures.
    frame: Signal<Option<Arc<Frame>>>,
    /// How D is to be read.
    judge: Memo<Judge>,
) -> impl IntoView {
    let images = Memo::new(move |_| {
        frame.with(|f| f.as_ref().is_some_and(|f| matches!(f.picture, Picture::Images(_))))
    });
    let dot = |i: usize| (i > 0).then(|| view! { <span class="st-dot">"·"</span> });
    let row = |figures: &'static [Figure]| {
        let label = |(i, f): (usize, &Figure)| {
            view! { {dot(i)} <Label figure=*f frame=frame /> }
        };
        let value = |(i, f): (usize, &Figure)| view! { {dot(i)} <Value figure=*f frame=frame judge=judge /> };
        let idle = figures.iter().all(|f| f.compares);
        view! {
            <div hidden=move || idle && images.get()>
                <dt>{figures.iter().enumerate().map(label).collect_view()}</dt>
                <dd>{figures.iter().enumerate().map(value).collect_view()}</dd>
            </div>
        }
    };
    view! { <dl class="st-figures">{rows.iter().map(|r| row(r)).collect_view()}</dl> }
}

#[component]
fn Label(figure: Figure, frame: Signal<Option<Arc<Frame>>>) -> impl IntoView {
    let name = Memo::new(move |_| frame.with(|f| (figure.label)(f.as_deref().map(|f| &f.metrics))));
    view! { <span class=figure.swatch title=figure.hint>{name}</span> }
}

#[component]
fn Value(figure: Figure, frame: Signal<Option<Arc<Frame>>>, judge: Memo<Judge>) -> impl IntoView {
    let reading = Memo::new(move |_| {
        let none = || Reading::of(None);
        let judge = judge.get();
        frame.with(|f| f.as_deref().map_or_else(none, |f| (figure.read)(&f.metrics, judge)))
    });
    view! {
        <span title=figure.hint data-testid=figure.id data-value=move || reading.get().plain>
            {move || reading.get().text}
        </span>
    }
}

/// How the divergences were come by.
pub(crate) fn estimator(frame: Signal<Option<Arc<Frame>>>, judge: Judge) -> String {
    let mut text = frame.with(|f| {
        f.as_ref().and_then(|f| f.metrics.evaluation.as_ref().map(of_bins)).unwrap_or_default()
    });
    text += match judge {
        Judge::Probability => "",
        Judge::Joint | Judge::JointTarget => {
            " D sees more than one sample alone, so that there is no gap to tell."
        }
        Judge::Target | Judge::Critic => {
            " V is the minimax value of σ(a); this loss plays another game, so that there is no gap to tell."
        }
    };
    text
}

/// The histogram, what it reads where p_g = p_data, and what it does not see.
fn of_bins(e: &Evaluation) -> String {
    let beside = if e.finest.is_finite() {
        format!(" ({:.1} σ of the data)", e.bin_width / e.finest)
    } else {
        String::new()
    };
    let spread = e.chance.map_or_else(String::new, |chance| format!(" ± {:.4}", chance.jsd.1));
    let read = |(mean, std): (f32, f32)| format!("{mean:.4} ± {std:.4}");
    let both = e.chance.map_or_else(String::new, |chance| {
        format!(
            ", KL(p_g‖p_data) {} and KL(p_data‖p_g) {}",
            read(chance.kl_model_data),
            read(chance.kl_data_model)
        )
    });
    let unseen = if e.unseen >= 0.0005 {
        format!(" What differs within a bin is not seen: up to {:.3} nats of JSD.", e.unseen)
    } else {
        String::new()
    };
    let coarse = if is_coarse(e) {
        " These bins are too wide for the data: JSD, V(D*, G), TV and the gap are no more than bounds from below."
    } else {
        ""
    };
    format!(
        "Histogram of {} samples of G in {} bins {:.3} wide{beside} and one for what lies outside, at iteration {}; where p_g = p_data, JSD reads {:.4}{spread} nats by chance{both}.{unseen}{coarse}",
        thousands(u64::from(e.samples)),
        e.bins,
        e.bin_width,
        thousands(e.iteration),
        e.bias,
    )
}

/// Digits in groups of three.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn readings_are_plain_for_machines_and_dashes_when_missing() {
        let reading = Reading::of(Some(-1.5));
        assert_eq!((reading.plain.as_str(), reading.text.as_str()), ("-1.5", "\u{2212}1.500"));
        for missing in [None, Some(f32::NAN), Some(f32::INFINITY)] {
            assert_eq!(Reading::of(missing), Reading { plain: String::new(), text: NONE.into() });
        }
    }

    fn metrics(evaluation: Option<Evaluation>) -> Metrics {
        Metrics {
            iteration: 7,
            updates_d: 7,
            updates_g: 7,
            value: 5.0,
            score_real: 0.5,
            score_fake: 0.5,
            evaluation,
            ..Metrics::NEW
        }
    }

    pub(crate) fn compared() -> Evaluation {
        Evaluation {
            iteration: 5,
            samples: 10_000,
            dim: 2,
            bins: 625,
            bin_width: 0.08,
            finest: f32::NAN,
            unseen: 0.0,
            jsd: 0.2,
            bias: 0.0078,
            kl_data_model: f32::NAN,
            kl_model_data: 0.5,
            value_optimal: -1.0,
            value: -1.25,
            total_variation: 0.25,
            wasserstein: 0.125,
            mmd2: 0.0625,
            bandwidth: 0.5,
            chance: None,
            modes: None,
            quality: None,
        }
    }

    #[test]
    fn the_gap_is_of_one_iteration_and_of_the_minimax_game() {
        let of = |value, judge| gap(&metrics(Some(Evaluation { value, ..compared() })), judge);
        assert_eq!(of(-1.25, Judge::Probability).text, "0.250");
        let little = of(-0.969, Judge::Probability);
        assert_eq!(little.text, "≈ 0");
        assert!(little.plain.starts_with("-0.03"), "{}", little.plain);
        assert_eq!(of(-0.5, Judge::Probability).text, "\u{2212}0.500", "no error of that size");
        for judge in [Judge::Target, Judge::Critic, Judge::Joint, Judge::JointTarget] {
            assert_eq!(of(-1.25, judge), Reading::of(None));
        }
        assert_eq!(of(f32::NAN, Judge::Probability).text, NONE);
    }

    #[test]
    fn the_finite_divergence_comes_first_by_name() {
        let both = |model_data, data_model| {
            let e =
                Evaluation { kl_model_data: model_data, kl_data_model: data_model, ..compared() };
            let m = metrics(Some(e));
            directions(Some(&m)).map(|(name, pick)| (name, kl(&m, pick).text))
        };
        let (model_data, data_model) = ("KL(p_g‖p_data)", "KL(p_data‖p_g)");
        let infinite = || "∞".to_owned();
        let n = f32::NAN;
        assert_eq!(both(0.5, n), [(model_data, "0.500".into()), (data_model, infinite())]);
        assert_eq!(both(n, 0.5), [(data_model, "0.500".into()), (model_data, infinite())]);
        assert_eq!(both(n, n), [(model_data, infinite()), (data_model, infinite())]);
        assert_eq!(kl(&metrics(None), |e| e.kl_model_data).text, NONE);
    }

    #[test]
    fn bins_that_are_too_wide_claim_no_more_than_a_bound() {
        let needles =
            |bin_width| Evaluation { bin_width, finest: 0.001, unseen: 0.62, ..compared() };
        let texts = |e: Evaluation| {
            let m = metrics(Some(e));
            ["jsd", "value-optimal", "gap"].map(|id| {
                let all = VALUE.iter().chain(DISTANCE).flat_map(|row| row.iter());
                let figure = all.into_iter().find(|figure| figure.id == id).expect("there");
                (figure.read)(&m, Judge::Probability).text
            })
        };
        let bounds = ["≥ 0.200", "≥ \u{2212}1.000", "≥ 0.250"];
        assert_eq!(texts(needles(0.01)), bounds);
        assert_eq!(texts(needles(0.002)), bounds.map(|text| text.trim_start_matches("≥ ")));
        let told = of_bins(&needles(0.01));
        assert!(told.contains("0.010 wide (10.0 σ of the data)"), "{told}");
        assert!(told.contains("up to 0.620 nats") && told.contains("bounds from below"), "{told}");
        let plain = of_bins(&compared());
        assert!(!plain.contains('σ') && !plain.contains("within a bin"), "{plain}");
        assert!(plain.contains("JSD reads 0.0078 nats by chance."), "{plain}");
    }

    #[test]
    fn before_the_first_update_there_are_dashes() {
        let m = metrics(None);
        for figure in LOSSES.iter().flat_map(|row| row.iter()) {
            assert_eq!((figure.read)(&m, Judge::Probability).text, NONE, "{}", figure.id);
        }
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(Reading::of(Some(-0.0004)).text, "0.000");
        assert_eq!(Reading::of(Some(-0.001)).text, "\u{2212}0.001");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
