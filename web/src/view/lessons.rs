//! Below the fold: what the game is, in a few true paragraphs, each with scenes to try.

use adversaria_core::presets::PRESETS;
use leptos::prelude::*;

use crate::page::Page;

/// The lessons.
#[component]
pub fn Lessons(
    /// The store.
    page: Page,
) -> impl IntoView {
    view! {
        <section class="lessons" aria-label="Lessons">
            <article data-testid="lesson-game">
                <h2>"The game"</h2>
                <p>
                    "D(x) is the chance that D gives x of being real. D wants "
                    <i>"V"</i>" large, G wants it small:"
                </p>
                <p class="formula">"min"<sub>"G"</sub>" max"<sub>"D"</sub>" V(D, G) = E"<sub>"x∼data"</sub>" log D(x) + E"<sub>"z∼noise"</sub>
                    " log(1 − D(G(z)))"</p>
                <p>
                    "Each iteration is Algorithm 1 of Goodfellow et al. (2014): k times, draw data and noise and move D up the
                    gradient of V; then draw noise and move G down it."
                </p>
                <Try page=page names=&["figure1", "bimodal"] />
            </article>
            <article data-testid="lesson-optimum">
                <h2>"The best D, and −log 4"</h2>
                <p>"For a fixed G the best D can be written down:"</p>
                <p class="formula">"D*(x) = "<Density of="data" />"(x) / ("<Density of="data" />"(x) + "<Density of="g" />"(x))"</p>
                <p>
                    "With it, V(D*, G) = −log 4 + 2 JSD("<Density of="data" />" ‖ "<Density of="g" />"). The divergence is never
                    negative and is 0 only when the two densities are equal, so the least value is −log 4 ≈ −1.386, where D* is ½
                    everywhere. The score shows both V(D, G) and V(D*, G): the gap between them is how far D is from its best."
                </p>
                <Try page=page names=&["k1", "k5"] />
            </article>
            <article data-testid="lesson-saturation">
                <h2>"Two losses for G"</h2>
                <p>
                    "Early on D is sure: D(G(z)) is near 0, and log(1 − D(G(z))) is flat there, so G hardly learns. The
                    non-saturating loss lets G raise log D(G(z)) instead: the same fixed point, with a strong gradient where the
                    fakes are worst."
                </p>
                <Try page=page names=&["vanishing-gradient", "disjoint-minimax", "disjoint"] />
            </article>
            <article data-testid="lesson-collapse">
                <h2>"What goes wrong, and what mends it"</h2>
                <p>
                    "The theorem lets D reach its best before G moves, and moves the density itself; in practice both are nets that take
                    small steps in turn. They can circle each other without rest: a price on D's slope (R1) calms that. Or G puts
                    everything where D has not yet caught up: not if it looks a few of D's steps ahead."
                </p>
                <Try page=page names=&["never-settles", "r1", "slow-d", "unrolled"] />
            </article>
        </section>
    }
}

/// p with its index.
#[component]
fn Density(of: &'static str) -> impl IntoView {
    view! { <i>"p"</i><sub>{of}</sub> }
}

#[component]
fn Try(page: Page, names: &'static [&'static str]) -> impl IntoView {
    let chosen = PRESETS.iter().filter(move |preset| names.contains(&preset.name));
    let buttons = chosen.map(|preset| {
        view! {
            <button on:click=move |_| {
                page.show_preset(preset.address);
                window().scroll_to_with_x_and_y(0.0, 0.0);
            }>"Try: "{preset.title}</button>
        }
    });
    view! { <p class="try">{buttons.collect_view()}</p> }
}
