//! An optimiser taken apart for its fields, and put together again as the address writes it.

use leptos::prelude::*;

use super::field::{ChoiceField, NumberField, Scale};
use crate::page::Page;

/// Kind, rate and parameters, as texts.
#[derive(Clone, Default, PartialEq)]
struct Parts {
    kind: String,
    rate: String,
    first: String,
    second: String,
}

impl Parts {
    fn of(text: &str) -> Self {
        let mut parts = text.split(':').map(str::to_owned);
        let mut next = || parts.next();
        let kind = next().unwrap_or_default();
        let rate = next().unwrap_or_default();
        let (first, second) = match kind.as_str() {
            "adam" => ("0.9", "0.999"),
            "rmsprop" => ("0.99", ""),
            _ => ("0", ""),
        };
        let first = next().unwrap_or_else(|| first.to_owned());
        let second = next().unwrap_or_else(|| second.to_owned());
        Self { kind, rate, first, second }
    }

    fn text(&self) -> String {
        let Self { kind, rate, first, second } = self;
        if kind == "adam" {
            format!("{kind}:{rate}:{first}:{second}")
        } else {
            format!("{kind}:{rate}:{first}")
        }
    }
}

fn parts(page: Page, key: &'static str) -> Signal<Parts> {
    Memo::new(move |_| Parts::of(&page.text(key))).into()
}

fn set(
    page: Page,
    key: &'static str,
    parts: Signal<Parts>,
    put: impl Fn(&mut Parts, String) + Send + Sync + 'static,
) -> Callback<String> {
    Callback::new(move |text: String| {
        let mut next = parts.get_untracked();
        put(&mut next, text);
        page.alter(key, &next.text());
    })
}

/// The learning rate of `optd` or `optg`, which changes while the run goes on.
#[component]
pub fn RateField(
    /// The store.
    page: Page,
    /// `optd` or `optg`.
    key: &'static str,
    /// Its name, for people.
    label: &'static str,
    /// Its name, for tests.
    testid: &'static str,
) -> impl IntoView {
    let parts = parts(page, key);
    view! {
        <NumberField page=page label=label testid=testid title="How far one update goes; it changes while the run goes on"
            value=Signal::derive(move || parts.get().rate) commit=set(page, key, parts, |p, t| p.rate = t)
            range=(1e-6, 1.0) scale=Scale::Log live=true />
    }
}

/// Kind, rate and parameters of `optd` or `optg`.
#[component]
pub fn OptimiserFields(
    /// The store.
    page: Page,
    /// `optd` or `optg`.
    key: &'static str,
) -> impl IntoView {
    let parts = parts(page, key);
    let choose = Callback::new(move |kind: String| {
        let rate = parts.get_untracked().rate;
        page.alter(key, &format!("{kind}:{rate}"));
    });
    let kind = Memo::new(move |_| parts.get().kind);
    let share = (0.0, 0.999);
    let number = move |label: &'static str,
                       name: &str,
                       value: Signal<String>,
                       commit: Callback<String>| {
        view! {
            <NumberField page=page label=label testid=format!("{key}-{name}") value=value commit=commit range=share
                scale=Scale::Linear(0.001) />
        }
    };
    let first = Signal::derive(move || parts.get().first);
    let second = Signal::derive(move || parts.get().second);
    let parameters = move || match kind.get().as_str() {
        "adam" => vec![
            number("β₁", "beta1", first, set(page, key, parts, |p, t| p.first = t)),
            number("β₂", "beta2", second, set(page, key, parts, |p, t| p.second = t)),
        ],
        "rmsprop" => vec![number("α", "alpha", first, set(page, key, parts, |p, t| p.first = t))],
        _ => vec![number("momentum", "momentum", first, set(page, key, parts, |p, t| p.first = t))],
    };
    view! {
        <ChoiceField page=page label="optimiser" testid=format!("{key}-kind") value=Signal::derive(move || kind.get())
            commit=choose choices=vec![("sgd", "SGD"), ("adam", "Adam"), ("rmsprop", "RMSprop")] />
        <RateField page=page key=key label="rate" testid=if key == "optd" { "optd-rate" } else { "optg-rate" } />
        {parameters}
    }
}
