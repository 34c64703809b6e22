//! What is happening, in one sentence, with the rule that fired and one change to try. Fetched later.

use std::time::Duration;

use adversaria_core::{diagnosis::WARM_UP, spec::KEYS};
use adversaria_protocol::{Command, Diagnosis, Metrics, Standing};
use leptos::prelude::*;

use crate::{look::now_millis, page::Page, view::header::grouped, words};

/// The sentence changes at most this often, milliseconds.
const REST_MILLIS: f64 = 5000.0;
/// And is looked after this often.
const BEAT: Duration = Duration::from_millis(500);
/// Until enough has been seen there is nothing to say.
const EARLY: &str = "Watching the run …";
/// A gap that is seen, nats.
const WIDE: f32 = 0.1;

/// What is said now.
#[derive(Clone, PartialEq)]
struct Said {
    found: Option<Diagnosis>,
    /// Where nothing was found.
    silence: &'static str,
}

const NOTHING: Said = Said { found: None, silence: EARLY };

/// What the latest frame says.
fn fresh(page: Page) -> Said {
    let frame = page.latest();
    frame.map_or(NOTHING, |frame| Said {
        found: frame.diagnosis.as_deref().cloned(),
        silence: silence(&frame.metrics),
    })
}

/// What it means that no rule fires.
fn silence(metrics: &Metrics) -> &'static str {
    if metrics.iteration < WARM_UP {
        return EARLY;
    }
    let is_served_apart = metrics.evaluation.as_ref().is_some_and(|e| {
        e.modes.is_some_and(|(found, all)| found == all) && e.value_optimal - e.value > WIDE
    });
    if is_served_apart {
        "No rule fires: every mode is served, though D is far from its best."
    } else {
        "No rule fires: none of the known troubles is seen."
    }
}

/// Keeps `said` up to date: a new run's at once, else at most every five seconds.
fn follow(page: Page) -> RwSignal<Said> {
    let said = RwSignal::new(NOTHING);
    let at = StoredValue::new(f64::NEG_INFINITY);
    Effect::new(move |_| {
        page.scene.track();
        at.set_value(f64::NEG_INFINITY);
        said.set(NOTHING);
    });
    let refresh = move || {
        let (now, next) = (now_millis(), fresh(page));
        if now - at.get_value() >= REST_MILLIS && said.with_untracked(|old| *old != next) {
            at.set_value(now);
            said.set(next);
        }
    };
    if set_interval_with_handle(refresh, BEAT).is_err() {
        leptos::logging::warn!("the diagnosis is not refreshed");
    }
    said
}

/// Makes the change; a run that has stopped goes back to where it was sound first.
fn apply(page: Page, field: &str, value: String) {
    let Some(key) = KEYS.iter().map(|key| key.name).find(|name| *name == field) else { return };
    if page.standing.get_untracked() != Standing::Diverged {
        return page.alter(key, &value);
    }
    page.ask(
        |id| Command::Rewind { id },
        move |result| {
            if result.is_ok() {
                page.fault.set(None);
                page.alter(key, &value);
            }
        },
    );
}

/// The line under the score.
#[component]
pub fn DiagnosisLine(
    /// The store.
    page: Page,
) -> impl IntoView {
    let said = follow(page);
    let name = move || said.with(|s| s.found.as_ref().map_or(String::new(), |d| d.name.clone()));
    let sentence = Memo::new(move |_| {
        said.with(|s| s.found.as_ref().map_or(s.silence.to_owned(), |found| found.sentence.clone()))
    });
    let advice = Memo::new(move |_| said.with(|s| s.found.as_ref()?.advice.clone()));
    let rule = move || {
        said.with(|s| {
            let found = s.found.as_ref()?;
            let (from, to) = found.span;
            let lines = found.evidence.iter().cloned().map(|line| view! { <li>{line}</li> });
            Some(view! {
                <p>"Rule " <code>{found.name.clone()}</code> ", iterations " {grouped(from)} " to " {grouped(to)} ":"</p>
                <ul>{lines.collect_view()}</ul>
            })
        })
    };
    view! {
        <section class="diagnosis" aria-label="What is happening">
            <p role="status" data-testid="diagnosis" data-value=name>{sentence}</p>
            <div class="tools">
                {move || advice.get().map(|(field, value)| {
                    let name = words::label(&field).unwrap_or(&field);
                    let label = format!("Try {name}: {value}");
                    view! {
                        <button data-testid="diagnosis-try" on:click=move |_| apply(page, &field, value.clone())>{label}</button>
                    }
                })}
                <details hidden=move || said.with(|s| s.found.is_none())>
                    <summary data-testid="diagnosis-why">"Why?"</summary>
                    <div data-testid="diagnosis-rule">{rule}</div>
                </details>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use adversaria_protocol::{Evaluation, Metrics};

    use crate::stage::score::tests::compared;

    use super::{EARLY, WARM_UP, silence};

    #[test]
    fn silence_is_told_by_what_is_seen() {
        let early = Metrics { iteration: WARM_UP - 1, ..Metrics::NEW };
        assert_eq!(silence(&early), EARLY);
        let late = Metrics { iteration: WARM_UP, ..Metrics::NEW };
        assert!(silence(&late).ends_with("none of the known troubles is seen."));
        let judged = |found, value| {
            let evaluation = Evaluation { modes: Some((found, 8)), value, ..compared() };
            silence(&Metrics { evaluation: Some(evaluation), ..late.clone() })
        };
        assert!(judged(8, -1.25).contains("far from its best"));
        assert!(judged(8, -1.05).contains("none of"));
        assert!(judged(7, -1.25).contains("none of"));
    }
}
