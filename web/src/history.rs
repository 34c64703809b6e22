//! The strip of earlier moments: a slider over the branch that the run is on, and the other branches to choose from.

use adversaria_protocol::{Branch, Command, Trail};
use leptos::prelude::*;

use crate::{page::Page, view::header::grouped, words};

/// So many changes name a branch.
const MOST_NAMED: usize = 2;

/// Asks for moments one at a time: while one is on its way, the latest wish waits and the others are forgotten.
#[derive(Clone, Copy)]
struct Traveller {
    page: Page,
    under_way: StoredValue<bool>,
    wish: StoredValue<Option<(u32, u64)>>,
}

impl Traveller {
    fn go(self, branch: u32, iteration: u64) {
        if self.under_way.get_value() {
            return self.wish.set_value(Some((branch, iteration)));
        }
        self.under_way.set_value(true);
        // What slow motion holds on screen is of the moment that is left.
        self.page.leave_beat();
        self.page.ask(
            move |id| Command::Travel { id, branch, iteration },
            move |_| {
                self.under_way.set_value(false);
                if let Some((branch, iteration)) =
                    self.wish.try_update_value(Option::take).flatten()
                {
                    self.go(branch, iteration);
                }
            },
        );
    }
}

/// Earlier moments of the run on stage, each shown exactly, and branches to go on from.
#[component]
pub fn History(
    /// The store.
    page: Page,
) -> impl IntoView {
    let traveller =
        Traveller { page, under_way: StoredValue::new(false), wish: StoredValue::new(None) };
    let now = Memo::new(move |_| page.past.with(|f| f.as_ref().map_or(0, |f| f.metrics.iteration)));
    // The branch that the run is on has come at least as far as the run.
    let end = Memo::new(move |_| {
        let now = now.get();
        page.trail.with(|trail| current(trail).map_or(0, |branch| branch.end)).max(now)
    });
    // A trail is told when another way is taken; how far the present one came since is seen here.
    let furthest = RwSignal::new((0, 0));
    Effect::new(move |_| {
        let (branch, end) = (page.trail.with(|trail| trail.current), end.get());
        furthest.update(|far| {
            *far = if far.0 == branch { (branch, far.1.max(end)) } else { (branch, end) }
        });
    });
    Effect::new(move |_| {
        page.scene.track();
        furthest.set((0, 0));
    });
    Effect::new(move |_| {
        if let Some(sentence) = page.trail.with(|trail| farewell(&trail.forgotten)) {
            page.tell(sentence);
        }
    });
    let begin = Memo::new(move |_| page.trail.with(|trail| trail.begin));
    let most = Memo::new(move |_| furthest.get().1.max(end.get()));
    // One memo for the slider's place: an effect that reads two, one of which is made of the other, can miss a change.
    let place = Memo::new(move |_| (now.get(), most.get()));
    let text = move || format!("{} of {}", grouped(now.get()), grouped(most.get()));
    let slide = move |event| {
        if let Ok(iteration) = event_target_value(&event).parse() {
            traveller.go(page.trail.with_untracked(|trail| trail.current), iteration);
        }
    };
    let is_latest = move || now.get() == most.get();
    let bound = move || page.trail.with(|trail| trail.most_bytes >> 20);
    view! {
        <section class="past" aria-label="History" data-testid="past">
            <label title=move || format!("Copies of the run are kept within {} MiB, or the first and the latest where those are larger; what lies between two is computed again", bound())>
                <span>"History"</span>
                <span class="track">
                    <Lanes page=page most=most />
                    <input type="range" data-testid="history" step="1" min=begin max=move || slider_end(begin.get(), most.get())
                        prop:value=move || place.get().0.to_string() on:input=slide
                        aria-valuetext=move || format!("iteration {}", text()) />
                </span>
            </label>
            <span data-testid="moment" data-value=move || now.get()>{text}</span>
            <Branches page=page traveller=traveller />
            <button data-testid="history-end" title="To the latest moment of this branch" disabled=is_latest
                on:click=move |_| traveller.go(page.trail.with_untracked(|trail| trail.current), u64::MAX)>
                "Latest"
            </button>
        </section>
    }
}

fn current(trail: &Trail) -> Option<&Branch> {
    trail.branches.iter().find(|branch| branch.number == trail.current)
}

/// Where a branch's line stands, from 0 at the top to 100: the one that the run is on in the middle, where the slider is,
/// older ones above it, younger ones below.
fn lane_height(at: usize, here: usize, count: usize) -> f64 {
    let most = here.max(count - 1 - here).max(1) as f64;
    50.0 + (at as f64 - here as f64) * (45.0 / most).min(32.0)
}

/// Where the slider ends: never where it begins.
fn slider_end(begin: u64, most: u64) -> u64 {
    most.max(begin + 1)
}

/// Where an iteration lies on the slider, from 0 at its left to 100.
fn share_of(iteration: f64, begin: f64, end: f64) -> f64 {
    (100.0 * (iteration - begin) / (end - begin)).clamp(0.0, 100.0)
}

/// The branches as lines over the slider's range.
#[component]
fn Lanes(page: Page, most: Memo<u64>) -> impl IntoView {
    let lanes = move || {
        let all = page.trail.get();
        let last = slider_end(all.begin, most.get()) as f64;
        let here = all.branches.iter().position(|b| b.number == all.current).unwrap_or_default();
        let height = |at: usize| lane_height(at, here, all.branches.len());
        let lane = |(at, branch): (usize, &Branch)| {
            let y = height(at);
            let from = branch.parent.map_or(all.begin, |(_, at)| at) as f64;
            let end = if branch.number == all.current { last } else { branch.end as f64 };
            let of = |iteration: f64| share_of(iteration, all.begin as f64, last);
            let leaves = branch
                .parent
                .and_then(|(parent, _)| all.branches.iter().position(|b| b.number == parent));
            let up = leaves.map_or_else(String::new, |parent| {
                format!("M{:.2} {:.2}V{y:.2}", of(from), height(parent))
            });
            view! {
                <path class:here=branch.number == all.current d=format!("{up}M{:.2} {y:.2}H{:.2}", of(from), of(end))></path>
            }
        };
        (all.branches.len() > 1).then(|| all.branches.iter().enumerate().map(lane).collect_view())
    };
    view! { <svg class="lanes" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{lanes}</svg> }
}

/// Choosing another branch goes to its end; there while there is one only, so that nothing moves when a second comes.
#[component]
fn Branches(page: Page, traveller: Traveller) -> impl IntoView {
    let options = move || {
        page.trail.with(|trail| {
            let option = |branch: &Branch| {
                let here = branch.number == trail.current;
                view! { <option value=branch.number selected=here>{name(branch)}</option> }
            };
            trail.branches.iter().map(option).collect_view()
        })
    };
    let choose = move |event| {
        if let Ok(branch) = event_target_value(&event).parse() {
            traveller.go(branch, u64::MAX);
        }
    };
    let alone = move || page.trail.with(|trail| trail.branches.len() < 2);
    view! {
        <select data-testid="branch" aria-label="Branch" title="Ways that this run has taken: go back, change something, and another begins"
            disabled=alone on:change=choose>{options}</select>
    }
}

/// Says which branches were given up.
fn farewell(forgotten: &[Branch]) -> Option<String> {
    let names: Vec<String> = forgotten.iter().map(|it| format!("“{}”", name(it))).collect();
    (!names.is_empty()).then(|| {
        format!("There are more branches than are kept: {} was given up.", names.join(" and "))
    })
}

/// What makes a branch differ from the one it left.
fn name(branch: &Branch) -> String {
    let Some((_, at)) = branch.parent else { return "as it began".into() };
    let own = branch.changes.iter().filter(|(iteration, _)| *iteration >= at);
    let own = own.filter_map(|(_, change)| change.split_once('='));
    // A slider passes through many values: where it came to rest counts.
    let mut fields: Vec<(&str, &str)> = vec![];
    for (field, value) in own {
        match fields.iter_mut().find(|(known, _)| *known == field) {
            Some(known) => known.1 = value,
            None => fields.push((field, value)),
        }
    }
    let said =
        |(field, value): &(&str, &str)| format!("{} {value}", words::label(field).unwrap_or(field));
    let said: Vec<String> = fields.iter().take(MOST_NAMED).map(said).collect();
    let more = if fields.len() > MOST_NAMED { ", \u{2026}" } else { "" };
    let said = if said.is_empty() { "unchanged".into() } else { said.join(", ") };
    format!("from {}: {said}{more}", grouped(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_branch_lies_where_the_slider_is_and_all_within_its_room() {
        for count in 1..20 {
            for here in 0..count {
                let all: Vec<f64> = (0..count).map(|at| lane_height(at, here, count)).collect();
                assert!((all[here] - 50.0).abs() < 1e-9);
                assert!(all.iter().all(|y| (5.0..=95.0).contains(y)), "{all:?}");
                assert!(all.windows(2).all(|pair| pair[1] - pair[0] > 2.0), "{all:?}");
            }
        }
    }

    #[test]
    fn lanes_have_the_range_of_the_slider() {
        let (begin, end) = (10_000, slider_end(10_000, 12_000));
        let of = |iteration| share_of(iteration, begin as f64, end as f64);
        assert_eq!([10_000.0, 10_500.0, 12_000.0].map(of), [0.0, 25.0, 100.0]);
        assert_eq!([of(0.0), of(13_000.0)], [0.0, 100.0]);
        let new = slider_end(7, 7);
        assert!(share_of(7.0, 7.0, new as f64).is_finite());
    }

    #[test]
    fn a_branch_is_named_by_what_was_changed() {
        let changes = vec![(100, "kg=2".into()), (3000, "kd=5".into())];
        let branch = Branch { number: 1, parent: Some((0, 3000)), end: 4000, changes };
        assert_eq!(name(&branch), format!("from {}: k of D 5", grouped(3000)));
        let dragged = [(3000, "kd=2"), (3000, "kg=3"), (3001, "kd=4"), (3500, "batch=64")];
        let changes = dragged.map(|(at, change)| (at, change.to_owned())).to_vec();
        let named = name(&Branch { changes, ..branch.clone() });
        assert_eq!(named, format!("from {}: k of D 4, k of G 3, \u{2026}", grouped(3000)));
        assert_eq!(name(&Branch { parent: None, ..branch.clone() }), "as it began");
        assert!(name(&Branch { changes: vec![], ..branch }).ends_with("unchanged"));
    }
}
