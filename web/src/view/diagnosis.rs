//! What is happening, in one sentence, with the rule that fired and one change to try. Fetched later.

use std::time::Duration;

use adversaria_core::spec::KEYS;
use adversaria_protocol::{Command, Diagnosis, Standing};
use leptos::prelude::*;

use crate::{look::now_millis, page::Page, view::header::grouped, words};

/// The sentence changes at most this often, milliseconds.
const REST_MILLIS: f64 = 5000.0;
/// And is looked after this often.
const BEAT: Duration = Duration::from_millis(500);
/// Until then there is nothing to say.
const EARLY: &str = "Watching the run …";

/// What is said now.
#[derive(Clone, Default, PartialEq)]
struct Said {
    found: Option<Diagnosis>,
    /// Enough has been seen.
    late: bool,
}

/// What the latest frame says.
fn fresh(page: Page) -> Said {
    let Some(frame) = page.latest() else { return Said::default() };
    let late = frame.metrics.iteration >= adversaria_core::diagnosis::WARM_UP;
    Said { found: frame.diagnosis.as_deref().cloned(), late }
}

/// Keeps `said` up to date: a new run's at once, else at most every five seconds.
fn follow(page: Page) -> RwSignal<Said> {
    let said = RwSignal::new(Said::default());
    let at = StoredValue::new(f64::NEG_INFINITY);
    Effect::new(move |_| {
        page.scene.track();
        at.set_value(f64::NEG_INFINITY);
        said.set(Said::default());
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
        said.with(|s| match &s.found {
            Some(found) => found.sentence.clone(),
            None if s.late => "No rule fires: none of the known troubles is seen.".to_owned(),
            None => EARLY.to_owned(),
        })
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
