//! What keeps D in bounds, field by field; together they are one key of the address.

use leptos::prelude::*;

use super::field::{ChoiceField, NumberField, Scale, TextField};
use crate::page::Page;

/// Name in the address, label, and what it is.
const STRENGTHS: [(&str, &str, &str); 4] = [
    (
        "r1",
        "R1 γ",
        "none, or γ of the penalty γ/2 · mean ‖∇a(x)‖² on real x; changes while the run goes on",
    ),
    (
        "gp",
        "penalty λ",
        "none, or λ of the penalty λ · mean (‖∇a‖ − 1)² between real and generated; changes while the run goes on",
    ),
    (
        "noise",
        "noise σ",
        "none, or σ of the noise on every input of D; changes while the run goes on",
    ),
    ("clip", "clip", "none, or the bound c that D's parameters are kept in: [−c, c]"),
];

/// The fields of `reg`, and what else changes the game D plays.
#[component]
pub fn Regularisers(
    /// The store.
    page: Page,
) -> impl IntoView {
    let strengths = STRENGTHS.map(|(name, label, title)| {
        let now = Signal::derive(move || part(&page.text("reg"), name).unwrap_or_else(|| "none".into()));
        let commit = Callback::new(move |value: String| {
            page.alter("reg", &with_part(&untrack(|| page.text("reg")), name, &value));
        });
        view! { <TextField page=page label=label testid=name title=title value=now commit=commit /> }
    });
    let spectral = Signal::derive(move || {
        let on = page.text("reg").split('+').any(|part| part == "spectral");
        if on { "spectral" } else { "none" }.to_owned()
    });
    let set_spectral = Callback::new(move |value: String| {
        let rest = with_part(&untrack(|| page.text("reg")), "spectral", "none");
        page.alter("reg", &if value == "none" { rest } else { joined(&rest, &value) });
    });
    let whole = move |key: &'static str| {
        let commit = Callback::new(move |text: String| page.alter(key, &text));
        (Signal::derive(move || page.text(key)), commit)
    };
    let ((unroll, set_unroll), (pack, set_pack)) = (whole("unroll"), whole("pack"));
    view! {
        <h4>"Kept in bounds"</h4>
        {strengths.collect_view()}
        <ChoiceField page=page label="weights" testid="spectral" title="Each weight divided by its largest singular value, or not"
            value=spectral commit=set_spectral choices=vec![("none", "as trained"), ("spectral", "of spectral norm 1")] />
        <NumberField page=page label="look-ahead" testid="unroll" value=unroll commit=set_unroll range=(0.0, 10.0)
            title="D-steps that each G-update differentiates through (unrolled GAN); changes while the run goes on"
            scale=Scale::Linear(1.0) />
        <NumberField page=page label="pack" testid="pack" value=pack commit=set_pack range=(1.0, 4.0)
            title="Samples that D is shown at once (PacGAN); a change starts afresh" scale=Scale::Linear(1.0) />
    }
}

/// The number of one part of `reg`.
fn part(reg: &str, name: &str) -> Option<String> {
    reg.split('+')
        .filter_map(|part| part.split_once(':'))
        .find(|(key, _)| *key == name)
        .map(|(_, v)| v.to_owned())
}

/// `reg` with another number of one part, or without it.
fn with_part(reg: &str, name: &str, value: &str) -> String {
    let others = |part: &&str| *part != "none" && part.split(':').next() != Some(name);
    let rest = reg.split('+').filter(others).collect::<Vec<_>>().join("+");
    let rest = if rest.is_empty() { "none".into() } else { rest };
    if value.is_empty() || value == "none" {
        rest
    } else {
        joined(&rest, &format!("{name}:{value}"))
    }
}

fn joined(reg: &str, part: &str) -> String {
    if reg == "none" { part.to_owned() } else { format!("{reg}+{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_and_go() {
        assert_eq!(with_part("none", "r1", "10"), "r1:10");
        assert_eq!(with_part("r1:10+spectral", "r1", "1"), "spectral+r1:1");
        assert_eq!(with_part("r1:10", "r1", "none"), "none");
        assert_eq!(with_part("r1:10+spectral", "spectral", "none"), "r1:10");
        assert_eq!(with_part("gp:1", "noise", "x"), "gp:1+noise:x");
        assert_eq!(part("r1:10+clip:0.1", "clip").as_deref(), Some("0.1"));
        assert_eq!(part("r1:10", "clip"), None);
    }
}
