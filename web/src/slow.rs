//! What slow motion says: the parts of the update under way, each with its equation and this run's numbers.

use adversaria_core::spec::{Decay, Loss, Order, RunSpec, decimal};
use adversaria_protocol::Metrics;
use leptos::prelude::*;

use crate::{
    beat::{Beat, MOVES, PHASES, Player},
    page::Page,
};

/// The parts of the update under way, and the next one at a press.
#[component]
pub fn Slow(
    /// The store.
    page: Page,
) -> impl IntoView {
    let beat = page.beat;
    let title = move || match beat.get() {
        Some(beat) => {
            let whose = if beat.player == Player::Discriminator { "D" } else { "G" };
            format!("Update {} of {}: {whose}", beat.turn.0 + 1, beat.turn.1)
        }
        None => "Slow motion".into(),
    };
    let player = Memo::new(move |_| beat.get().map_or(Player::Discriminator, |beat| beat.player));
    let tempo = move |event| {
        if let Some(tempo) = decimal(&event_target_value(&event)) {
            page.tempo.set(tempo);
        }
    };
    view! {
        <div class="slow" class:generator=move || player.get() == Player::Generator data-testid="slow-panel">
            <div class="slow-head">
                <h3>{title}</h3>
                <button data-testid="beat" title="The next part (N)" on:click=move |_| page.next_beat()>"Next"</button>
            </div>
            <ol>{(0..PHASES).map(|phase| view! { <Part page=page player=player phase=phase /> }).collect_view()}</ol>
            <Caption page=page />
            <label class="tempo">
                "Parts a second"
                <input type="range" data-testid="tempo" min="0.25" max="4" step="0.25" prop:value=move || page.tempo.get().to_string() on:input=tempo />
                <output>{move || page.tempo.get()}</output>
            </label>
        </div>
    }
}

#[component]
fn Part(page: Page, player: Memo<Player>, phase: u32) -> impl IntoView {
    let here = Memo::new(move |_| page.beat.get().is_some_and(|beat| beat.phase == phase));
    view! {
        <li class:here=here aria-current=move || here.get().then_some("step")>{move || title(player.get(), phase)}</li>
    }
}

/// The part under way, in a place that does not move with it.
#[component]
fn Caption(page: Page) -> impl IntoView {
    let words = move || {
        let spec = page.spec.get()?;
        let now = page.figures.get().map(|frame| frame.metrics.clone());
        let coming = page.coming.get().map(|frame| frame.metrics.clone()).or_else(|| now.clone());
        let beat = page.beat.get()?;
        let (equation, numbers) = said(beat, &spec, now.as_ref(), coming.as_ref());
        Some(view! { <p class="formula">{equation}</p><p data-testid="beat-numbers">{numbers}</p> })
    };
    let waits = move || page.beat.with(Option::is_none);
    view! {
        <div class="caption">
            <p hidden=move || !waits()>"One update in six parts, each with its equation and this run's numbers: Next, or the key N."</p>
            {words}
        </div>
    }
}

fn title(player: Player, phase: u32) -> &'static str {
    match (player, phase) {
        (Player::Discriminator, 0) => "Draw real samples",
        (Player::Discriminator, 1) => "Draw noise; G makes fakes",
        (Player::Discriminator, 2) => "D judges both",
        (Player::Discriminator, 3) => "D's loss",
        (Player::Discriminator, 4) => "Gradient runs back through D",
        (Player::Discriminator, _) => "D moves",
        (Player::Generator, 0) => "Draw noise",
        (Player::Generator, 1) => "G makes fakes",
        (Player::Generator, 2) => "D judges them",
        (Player::Generator, 3) => "G's loss",
        (Player::Generator, 4) => "Gradient runs back via D to G",
        (Player::Generator, _) => "G moves",
    }
}

/// The equation of a part and what it comes to here. `now` is what is on screen, `coming` has the loss and gradient of the
/// update under way, both before the player moves.
fn said(
    beat: Beat,
    spec: &RunSpec,
    now: Option<&Metrics>,
    coming: Option<&Metrics>,
) -> (&'static str, String) {
    let is_d = beat.player == Player::Discriminator;
    let of = |metrics: Option<&Metrics>, figure: fn(&Metrics) -> f32| {
        metrics
            .map(figure)
            .filter(|value| value.is_finite())
            .map_or_else(|| "…".into(), |v| format!("{v:.4}"))
    };
    let batch = spec.batch();
    let (real, fake) = (of(now, |m| m.score_real), of(now, |m| m.score_fake));
    match beat.phase {
        0 if is_d => ("x ∼ p_data", format!("m = {batch} samples of {}", spec.data().name())),
        0 => ("z ∼ p_z", format!("m = {batch} points of noise, {}", noise(spec))),
        1 => ("z ∼ p_z, x̃ = G(z)", format!("m = {batch} fakes of the G on stage")),
        2 if is_d => (
            "D(x), D(G(z))",
            format!("on the samples on stage: mean D {real} on real, {fake} on fake"),
        ),
        2 => ("D(G(z))", format!("on the samples on stage: mean D {fake}; G wants it higher")),
        3 => {
            let loss = of(coming, if is_d { |m| m.loss_d } else { |m| m.loss_g });
            (equation(spec.loss(), is_d), format!("{}= {loss} on this batch", besides(spec, is_d)))
        }
        4 => {
            let norm = of(coming, if is_d { |m| m.grad_norm_d } else { |m| m.grad_norm_g });
            let what = if is_d {
                "∇ over D's weights"
            } else {
                "∇ over G's weights; D stays as it is"
            };
            (what, format!("‖∇‖ = {norm}"))
        }
        MOVES.. => moved(beat, spec, coming),
    }
}

fn moved(beat: Beat, spec: &RunSpec, coming: Option<&Metrics>) -> (&'static str, String) {
    let (optimiser, name, made) = match beat.player {
        Player::Discriminator => (spec.optimiser_d(), "D", coming.map(|m| m.updates_d)),
        Player::Generator => (spec.optimiser_g(), "G", coming.map(|m| m.updates_g)),
    };
    if spec.order() == Order::Simultaneous && beat.turn.0 == 0 {
        return ("wait", "at once: D waits, and both move together".into());
    }
    (
        "weights ← weights − step",
        format!("{name} takes its step, rate {}", rate(optimiser.lr(), spec.decay(), made)),
    )
}

/// The rate of the update under way, which is one of those that are `made`.
fn rate(lr: f64, decay: Decay, made: Option<u64>) -> String {
    match (decay, made) {
        (Decay::None, _) | (_, None) => format!("{lr}"),
        (decay, Some(made)) => {
            let now = lr * decay.factor(made.saturating_sub(1));
            format!("{}, decayed from {lr}", exact(now))
        }
    }
}

/// Three significant digits.
fn exact(value: f64) -> String {
    if (1e-4..1e4).contains(&value) {
        let digits = (2.0 - value.log10().floor()).max(0.0) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.2e}")
    }
}

/// What the number has besides the loss that stands there.
fn besides(spec: &RunSpec, is_d: bool) -> String {
    let (reg, unroll) = (spec.reg(), spec.unroll());
    let mut text = String::new();
    if is_d {
        if reg.r1.is_some() {
            text += "+ γ/2 E‖∇a(x)‖² ";
        }
        if reg.gp.is_some() {
            text += "+ λ E(‖∇a(x̂)‖ − 1)² ";
        }
    } else if unroll > 0 {
        text += &format!("after {unroll} steps of D ");
    }
    text
}

fn noise(spec: &RunSpec) -> String {
    spec.get("z").unwrap_or_default().replace(':', " of dimension ")
}

/// What a player minimises (a is D's output before the sigmoid).
fn equation(loss: Loss, is_d: bool) -> &'static str {
    match (loss, is_d) {
        (Loss::Minimax | Loss::NonSaturating, true) => "−E log D(x) − E log(1 − D(G(z)))",
        (Loss::Minimax, false) => "E log(1 − D(G(z)))",
        (Loss::NonSaturating, false) => "−E log D(G(z))",
        (Loss::LeastSquares, true) => "½ E(a(x) − 1)² + ½ E a(G(z))²",
        (Loss::LeastSquares, false) => "½ E(a(G(z)) − 1)²",
        (Loss::Wasserstein, true) => "E a(G(z)) − E a(x)",
        (Loss::Hinge, true) => "E max(0, 1 − a(x)) + E max(0, 1 + a(G(z)))",
        (Loss::Wasserstein | Loss::Hinge, false) => "−E a(G(z))",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_core::spec::Address;

    #[test]
    fn numbers_are_those_of_the_update_under_way() {
        let spec = Address::parse("data=ring8&batch=64&loss=minimax").expect("an address").spec;
        let now = Metrics { score_real: 0.75, score_fake: 0.25, loss_d: 9.0, ..Metrics::NEW };
        let coming = Metrics { loss_d: 1.25, loss_g: -0.5, grad_norm_g: 2.0, ..Metrics::NEW };
        let of = |player, phase| {
            let beat = Beat { player, turn: (0, 2), phase };
            said(beat, &spec, Some(&now), Some(&coming))
        };
        assert!(of(Player::Discriminator, 0).1.starts_with("m = 64"));
        assert!(of(Player::Discriminator, 2).1.contains("0.7500"));
        assert_eq!(of(Player::Discriminator, 3).1, "= 1.2500 on this batch");
        assert_eq!(
            of(Player::Generator, 3),
            ("E log(1 − D(G(z)))", "= -0.5000 on this batch".into())
        );
        assert_eq!(of(Player::Generator, 4).1, "‖∇‖ = 2.0000");
    }

    #[test]
    fn the_rate_is_that_of_the_update_under_way() {
        let text = |address: &str, made: u64| {
            let spec = Address::parse(address).expect("an address").spec;
            let coming = Metrics { updates_d: made, updates_g: 7, ..Metrics::NEW };
            let beat = Beat { player: Player::Discriminator, turn: (0, 2), phase: MOVES };
            said(beat, &spec, None, Some(&coming)).1
        };
        assert_eq!(text("data=ring8", 501), "D takes its step, rate 0.001");
        let cosine = "data=ring8&lrdecay=cosine:1000";
        assert_eq!(text(cosine, 1), "D takes its step, rate 0.00100, decayed from 0.001");
        assert_eq!(text(cosine, 501), "D takes its step, rate 0.000500, decayed from 0.001");
        let half = "data=ring8&lrdecay=exp:0.5";
        assert_eq!(text(half, 11), "D takes its step, rate 9.77e-7, decayed from 0.001");
    }
}
