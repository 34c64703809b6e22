//! More of what theory says of the run on stage: distances of p_g from p_data that are no divergences, what chance alone
//! makes of them, and each player sent to its optimum against the other. Fetched after the first pictures.

use adversaria_core::metrics::{DIRECTIONS, MMD_SAMPLES, SLICE_REFERENCE};
use adversaria_protocol::{Command, Evaluation, Metrics, Picture};
use leptos::prelude::*;

use crate::{
    page::Page,
    play::Pupil,
    stage::judge::watch_judge,
    stage::score::{Figure, Figures, Reading, at_least, estimator, signed},
};

const DISTANCES: &[&[Figure]] = &[
    &[
        Figure {
            id: "tv",
            label: |_| "TV",
            swatch: "",
            hint: "Total variation of p_data and p_g on the same bins, 0 to 1; no detector of fakes that sees bins is right more often than ½ + TV/2",
            compares: true,
            read: |m, _| at_least(m, of(m, |e| e.total_variation)),
        },
        Figure {
            id: "w1",
            label: |m| match m.map(is_on_the_line) {
                Some(false) => "W₁, sliced",
                _ => "W₁",
            },
            swatch: "",
            hint: "Wasserstein-1: how far mass must move, in the units of the view. Exact in 1D; in 2D the mean over projections on 32 directions, which is less",
            compares: true,
            read: |m, _| of(m, |e| e.wasserstein),
        },
    ],
    &[Figure {
        id: "mmd",
        label: |_| "MMD²",
        swatch: "",
        hint: "Squared maximum mean discrepancy, unbiased, so that it may lie below 0",
        compares: true,
        read: |m, _| Reading::with(m.evaluation.as_ref().map(|e| e.mmd2), |v| format!("{v:.4}")),
    }],
];

fn of(m: &Metrics, pick: fn(&Evaluation) -> f32) -> Reading {
    Reading::of(m.evaluation.as_ref().map(pick))
}

fn is_on_the_line(m: &Metrics) -> bool {
    m.evaluation.as_ref().is_none_or(|e| e.dim == 1)
}

/// How these were come by, and what they read where p_g = p_data.
fn estimators(m: &Metrics) -> Option<String> {
    let e = m.evaluation.as_ref()?;
    let transport = if is_on_the_line(m) {
        "W₁ against p_data's own distribution function".to_owned()
    } else {
        format!("W₁ over {DIRECTIONS} directions against {SLICE_REFERENCE} draws of p_data")
    };
    let how = format!(
        "TV on the bins of JSD; {transport}; MMD² by {MMD_SAMPLES} samples, Gaussian kernel of width {:.2}.",
        e.bandwidth
    );
    let chance = e.chance.map_or_else(
        || " What chance makes of them is being measured.".to_owned(),
        |c| {
            let read = |(mean, std): (f32, f32)| format!("{mean:.3} ± {std:.3}");
            format!(
                " Where p_g = p_data, as many samples read TV {}, W₁ {}, MMD² {:.4} ± {:.4} (0 on average over all references; the mean is what this one is off by).",
                read(c.total_variation),
                read(c.wasserstein),
                c.mmd2.0,
                c.mmd2.1
            )
        },
    );
    Some(signed(&(how + &chance)))
}

/// The figures and the three buttons: test ids `tv`, `w1`, `mmd`, `chance`, `optimum-d`, `optimum-g`, `optimum-fresh`.
#[component]
pub fn Theory(
    /// The store.
    page: Page,
) -> impl IntoView {
    let judge = watch_judge(None, page.figures.into());
    let images = move || {
        page.figures.with(|f| f.as_ref().is_some_and(|f| matches!(f.picture, Picture::Images(_))))
    };
    let told = move || {
        page.figures.with(|f| f.as_ref().and_then(|f| estimators(&f.metrics))).unwrap_or_default()
    };
    view! {
        <div class="alone" role="group" aria-label="Train one player alone" hidden=images>
            <span>"To its optimum"</span>
            <div class="steps">
                <Alone page=page pupil=Pupil::D />
                <Alone page=page pupil=Pupil::G />
                <Alone page=page pupil=Pupil::FreshD />
            </div>
        </div>
        <details class="more" hidden=images>
            <summary data-testid="distances">"More: distances, estimators"</summary>
            <Figures rows=DISTANCES frame=page.figures.into() judge=judge />
            <p class="st-estimator">{move || estimator(page.figures.into(), judge.get())}</p>
            <p class="st-estimator" data-testid="chance">{told}</p>
        </details>
    }
}

/// A button that sends a player to its optimum, and stops it there and then at the second press.
#[component]
fn Alone(page: Page, pupil: Pupil) -> impl IntoView {
    let going = RwSignal::new(false);
    let (id, class, short, name, hint) = match pupil {
        Pupil::D => (
            "optimum-d",
            "of-d",
            "D",
            "D to its optimum",
            "G stands still and D trains alone, its rate falling, until the gap closes no further",
        ),
        Pupil::G => (
            "optimum-g",
            "of-g",
            "G",
            "G to its optimum",
            "D stands still and G trains alone, its rate falling, until its loss falls no further",
        ),
        Pupil::FreshD => (
            "optimum-fresh",
            "of-d",
            "Fresh D",
            "Fresh D to its optimum",
            "Can one detect fakes? G stands still, and a new D in D's place trains alone. Where D is a probability of single samples, its hits are told beside \u{bd} + TV/2, the most that a detector of bins can; not under least squares, Wasserstein and hinge, with packs, classes or a regulariser",
        ),
    };
    let press = move |_| {
        if going.get_untracked() {
            return page.send(Command::Pause);
        }
        going.set(true);
        page.optimum(pupil, move |_| {
            // The button may be gone by now.
            let _gone = going.try_set(false);
        });
    };
    let text = move |resting: &'static str| if going.get() { "Stop" } else { resting };
    view! {
        <button class=class data-testid=id title=hint aria-label=move || text(name) aria-pressed=move || going.get().to_string()
            on:click=press>{move || text(short)}</button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::score::tests::compared;
    use adversaria_protocol::Chance;

    fn metrics(e: Evaluation) -> Metrics {
        Metrics { evaluation: Some(e), ..Metrics::NEW }
    }

    #[test]
    fn the_estimators_are_named_with_what_chance_makes_of_them() {
        let told = |e| estimators(&metrics(e)).expect("a comparison");
        let plane = told(Evaluation { dim: 2, chance: None, ..compared() });
        assert!(plane.contains("32 directions") && plane.contains("is being measured"), "{plane}");
        let chance = Chance {
            jsd: (0.01, 0.001),
            kl_data_model: (0.02, 0.002),
            kl_model_data: (0.03, 0.003),
            total_variation: (0.125, 0.002),
            wasserstein: (0.006, 0.001),
            mmd2: (-0.0004, 0.0012),
        };
        let line = told(Evaluation { dim: 1, chance: Some(chance), ..compared() });
        assert!(line.contains("own distribution function"), "{line}");
        assert!(
            line.contains("TV 0.125 ± 0.002, W₁ 0.006 ± 0.001, MMD² \u{2212}0.0004 ± 0.0012 ("),
            "{line}"
        );
        assert_eq!(estimators(&Metrics::NEW), None);
    }

    #[test]
    fn an_unbiased_square_may_lie_below_zero() {
        let read = DISTANCES[1][0].read;
        let of = |mmd2| {
            read(&metrics(Evaluation { mmd2, ..compared() }), adversaria_plot::Judge::Probability)
                .text
        };
        assert_eq!(of(-0.00061), "\u{2212}0.0006");
        assert_eq!(of(f32::NAN), "\u{2014}");
    }
}
