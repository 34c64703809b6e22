//! Fields: numbers that take typing, arrow keys and a slider; choices from a list.

use std::time::Duration;

use adversaria_core::spec::decimal;
use leptos::{html, prelude::*};
use web_sys::KeyboardEvent;

use crate::page::Page;

/// How a slider runs through its range.
#[derive(Clone, Copy, PartialEq)]
pub enum Scale {
    /// Evenly, in these steps.
    Linear(f64),
    /// Evenly in the logarithm, two digits kept.
    Log,
    /// As [`Scale::Log`], whole numbers only.
    LogWhole,
}

/// A slider has this many positions when it is logarithmic.
const POSITIONS: f64 = 400.0;
/// A typed number is taken once typing rests.
const REST: Duration = Duration::from_millis(400);

/// A number's name, slider and box.
#[component]
pub fn NumberField(
    /// The store.
    page: Page,
    /// Its name, for people.
    label: &'static str,
    /// Its name, for tests; also its `id`.
    #[prop(into)]
    testid: String,
    /// What it is, on hover.
    #[prop(optional)]
    title: &'static str,
    /// Its text now.
    value: Signal<String>,
    /// Takes a new text.
    commit: Callback<String>,
    /// Least and most of the slider; typing may go beyond, where the run allows it.
    range: (f64, f64),
    /// How the slider runs.
    scale: Scale,
    /// Whether the change takes effect while the run goes on, so that it can follow typing and dragging.
    #[prop(optional)]
    live: bool,
) -> impl IntoView {
    let typed = NodeRef::<html::Input>::new();
    let slid = NodeRef::<html::Input>::new();
    let now = Memo::new(move |_| value.get());
    Effect::new(move |_| {
        page.refusals.track();
        let text = now.get();
        if let Some(box_) = typed.get() {
            box_.set_value(&text);
        }
        if let (Some(slider), Some(number)) = (slid.get(), decimal(&text)) {
            slider.set_value(&position(number, range, scale).to_string());
        }
    });
    let turn = StoredValue::new(0_u32);
    let on_input = move |event| {
        let text = event_target_value(&event);
        turn.update_value(|t| *t = t.wrapping_add(1));
        let mine = turn.get_value();
        let good = decimal(text.trim()).is_some_and(|n| n >= range.0 && n <= range.1);
        if live && good {
            set_timeout(
                move || {
                    if turn.get_value() == mine {
                        commit.run(text.trim().to_owned());
                    }
                },
                REST,
            );
        }
    };
    let on_change = move |event| {
        turn.update_value(|t| *t = t.wrapping_add(1));
        commit.run(event_target_value(&event).trim().to_owned());
    };
    let on_key = move |event: KeyboardEvent| {
        let way = match event.key().as_str() {
            "ArrowUp" => 1.0,
            "ArrowDown" => -1.0,
            _ => return,
        };
        event.prevent_default();
        if let Some(number) = decimal(&now.get_untracked()) {
            commit.run(print(nudged(number, way, range, scale)));
        }
    };
    let slide = move |event: leptos::ev::Event| {
        if let Some(place) = decimal(&event_target_value(&event)) {
            let text = print(number_at(place, range, scale));
            if let Some(box_) = typed.get_untracked() {
                box_.set_value(&text);
            }
            Some(text)
        } else {
            None
        }
    };
    let (low, high, step) = match scale {
        Scale::Linear(step) => (range.0, range.1, step),
        Scale::Log | Scale::LogWhole => (0.0, POSITIONS, 1.0),
    };
    let id = format!("field-{testid}");
    view! {
        <div class="field" title=title>
            <label for=id.clone()>{label}</label>
            <input type="range" node_ref=slid min=low max=high step=step aria-label=format!("{label}, slider")
                on:input=move |event| {
                    if let Some(text) = slide(event).filter(|_| live) {
                        commit.run(text);
                    }
                }
                on:change=move |event| {
                    if let Some(text) = slide(event) {
                        commit.run(text);
                    }
                }
            />
            <input class="number" type="text" inputmode="decimal" autocomplete="off" id=id data-testid=testid
                node_ref=typed on:input=on_input on:change=on_change on:keydown=on_key />
        </div>
    }
}

/// A choice from a list.
#[component]
pub fn ChoiceField(
    /// The store.
    page: Page,
    /// Its name, for people.
    label: &'static str,
    /// Its name, for tests.
    #[prop(into)]
    testid: String,
    /// What it is, on hover.
    #[prop(optional)]
    title: &'static str,
    /// Its text now.
    value: Signal<String>,
    /// Takes a new text.
    commit: Callback<String>,
    /// Values and their names.
    choices: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let node = NodeRef::<html::Select>::new();
    let now = Memo::new(move |_| value.get());
    Effect::new(move |_| {
        page.refusals.track();
        if let Some(select) = node.get() {
            select.set_value(&now.get());
        }
    });
    let id = format!("field-{testid}");
    let options = choices
        .into_iter()
        .map(|(value, name)| view! { <option value=value>{name}</option> })
        .collect_view();
    view! {
        <div class="field choice" title=title>
            <label for=id.clone()>{label}</label>
            <select id=id data-testid=testid node_ref=node on:change=move |event| commit.run(event_target_value(&event))>
                {options}
            </select>
        </div>
    }
}

/// A short text.
#[component]
pub fn TextField(
    /// The store.
    page: Page,
    /// Its name, for people.
    label: &'static str,
    /// Its name, for tests.
    #[prop(into)]
    testid: String,
    /// What it is, on hover.
    #[prop(optional)]
    title: &'static str,
    /// Its text now.
    value: Signal<String>,
    /// Takes a new text.
    commit: Callback<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let now = Memo::new(move |_| value.get());
    Effect::new(move |_| {
        page.refusals.track();
        if let Some(input) = node.get() {
            input.set_value(&now.get());
        }
    });
    let id = format!("field-{testid}");
    view! {
        <div class="field choice" title=title>
            <label for=id.clone()>{label}</label>
            <input class="text" type="text" autocomplete="off" spellcheck="false" id=id data-testid=testid node_ref=node
                on:change=move |event| commit.run(event_target_value(&event).trim().to_owned()) />
        </div>
    }
}

fn position(number: f64, (low, high): (f64, f64), scale: Scale) -> f64 {
    match scale {
        Scale::Linear(_) => number.clamp(low, high),
        Scale::Log | Scale::LogWhole => {
            let share = (number.clamp(low, high) / low).ln() / (high / low).ln();
            (share * POSITIONS).round()
        }
    }
}

fn number_at(place: f64, (low, high): (f64, f64), scale: Scale) -> f64 {
    match scale {
        Scale::Linear(step) => (place / step).round() * step,
        Scale::Log => two_digits(low * (high / low).powf(place / POSITIONS)),
        Scale::LogWhole => two_digits(low * (high / low).powf(place / POSITIONS)).round(),
    }
}

fn nudged(number: f64, way: f64, (low, high): (f64, f64), scale: Scale) -> f64 {
    let next = match scale {
        Scale::Linear(step) => number + way * step,
        Scale::Log => two_digits(number * 1.25_f64.powf(way)),
        Scale::LogWhole => {
            (number * 1.25_f64.powf(way)).round() + if number < 5.0 { way } else { 0.0 }
        }
    };
    next.clamp(low, high)
}

fn two_digits(number: f64) -> f64 {
    let unit = 10_f64.powf(number.abs().log10().floor() - 1.0);
    if unit.is_finite() && unit > 0.0 { (number / unit).round() * unit } else { number }
}

/// As few digits as say it: 0.1 + 0.2 is shown as 0.3.
fn print(number: f64) -> String {
    let text = format!("{number:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_comes_back_to_the_number_it_shows() {
        for number in [1e-6, 2e-4, 0.001, 0.05, 1.0] {
            let place = position(number, (1e-6, 1.0), Scale::Log);
            let back = number_at(place, (1e-6, 1.0), Scale::Log);
            assert!((back / number - 1.0).abs() < 0.02, "{number} came back as {back}");
        }
    }

    #[test]
    fn numbers_print_as_people_write_them() {
        assert_eq!(print(number_at(3.0, (0.0, 10.0), Scale::Linear(1.0))), "3");
        assert_eq!(print(0.1 + 0.2), "0.3");
        assert_eq!(print(2e-4), "0.0002");
        assert_eq!(print(1e-6), "0.000001");
    }

    #[test]
    fn arrows_move_every_number_and_stay_in_range() {
        assert_eq!(print(nudged(1.0, 1.0, (1.0, 256.0), Scale::LogWhole)), "2");
        assert_eq!(print(nudged(256.0, 1.0, (1.0, 256.0), Scale::LogWhole)), "256");
        assert_eq!(print(nudged(0.001, -1.0, (1e-6, 1.0), Scale::Log)), "0.0008");
    }
}
