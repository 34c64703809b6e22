//! Play, pause, reset, steps and speed.

use adversaria_protocol::Step;
use leptos::prelude::*;

use crate::page::Page;

/// The speeds of the slider, in iterations per second; past the last it is flat out.
const SPEEDS: [f32; 13] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0];

/// The buttons that make the game go.
#[component]
pub fn Transport(
    /// The store.
    page: Page,
) -> impl IntoView {
    let playing = Memo::new(move |_| page.is_playing());
    let label = move || if playing.get() { "Pause" } else { "Play" };
    view! {
        <div class="transport" role="group" aria-label="Transport">
            <button class="icon" data-testid="reset" title="Reset: the same seed from the start (R)" aria-label="Reset"
                on:click=move |_| page.reset()>
                <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 5v5h5M5.5 10A7.2 7.2 0 1 1 5 14"></path></svg>
            </button>
            <button class="play" data-testid="play" aria-pressed=move || playing.get().to_string() aria-label=label
                title=move || format!("{} (Space)", label()) on:click=move |_| page.toggle()>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                    <path d=move || if playing.get() { "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z" } else { "M8 4.6 19.4 12 8 19.4z" }></path>
                </svg>
            </button>
            <span class="steps" role="group" aria-label="Step">
                <button class="of-d" data-testid="step-d" title="One D-update (D)" on:click=move |_| page.step(Step::Discriminator)>
                    <span class="long">"Step "</span>"D"
                </button>
                <button class="of-g" data-testid="step-g" title="One G-update (G)" on:click=move |_| page.step(Step::Generator)>
                    <span class="long">"Step "</span>"G"
                </button>
                <button data-testid="step-both" title="One whole iteration (S)" on:click=move |_| page.step(Step::Both)>
                    "Both"
                </button>
            </span>
            <button data-testid="slow" aria-pressed=move || page.slow.get().to_string()
                title="Part by part, as in Algorithm 1" on:click=move |_| page.set_slow(!page.slow.get_untracked())>
                "Slow"<span class="long">" motion"</span>
            </button>
        </div>
    }
}

/// The most iterations per second.
#[component]
pub fn Speed(
    /// The store.
    page: Page,
) -> impl IntoView {
    let slide = move |event| {
        let place = event_target_value(&event).parse::<usize>().unwrap_or(SPEEDS.len());
        page.pace.set(SPEEDS.get(place).copied());
    };
    let text =
        move || page.pace.get().map_or_else(|| "flat out".to_owned(), |pace| format!("{pace}/s"));
    let place = move || {
        let pace = page.pace.get();
        pace.and_then(|pace| SPEEDS.iter().position(|s| *s >= pace))
            .unwrap_or(SPEEDS.len())
            .to_string()
    };
    view! {
        <label class="speed" title="At most this many iterations per second">
            "Speed"
            <input type="range" data-testid="speed" min="0" max=SPEEDS.len() step="1" prop:value=place on:input=slide
                aria-valuetext=text />
            <output>{text}</output>
        </label>
    }
}
