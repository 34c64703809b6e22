//! The stage of the Dirac-GAN: both players are one number each, and the plane of the two shows where every training
//! method goes. Fetched later.

use std::sync::Arc;

use adversaria_core::dirac::{
    METHODS, Method, Order, Point, START, STEP, STEPS, eigenvalues, modulus,
};
use adversaria_plot::{Dash, Phase, Stroke, Theme, Way, phase, spectrum, state_at};
use adversaria_protocol::{Frame, Picture, Stage};
use leptos::{html, prelude::*};

use crate::{
    look::told_now_and_then,
    page::Page,
    stage::{
        canvas::Painter,
        sight::{pixel_ratio, watch_size},
    },
    views::{View, offer, tell_values},
    ways::{Memory, Ways},
};

/// The plane reaches so far.
const REACH: f64 = 3.0;
/// Half the side of the plane of eigenvalues.
const SPECTRUM: f64 = 1.5;
/// A run whose steps can be followed by eye, iterations a second.
pub const PACE: f32 = 20.0;
/// R1's γ from which on the eigenvalues are real.
const CRITICAL: f64 = 1.0;

/// The orders, with their names in the list.
const ORDERS: [(&str, Order); 4] = [
    ("simultaneous", Order::Simultaneous),
    ("alternating, G then 1 D-step", Order::Alternating { n_d: 1 }),
    ("alternating, G then 2 D-steps", Order::Alternating { n_d: 2 }),
    ("alternating, G then 5 D-steps", Order::Alternating { n_d: 5 }),
];

/// w of D(x) = σ(w x), from the place where that is read best.
fn slope(x: &[f32], d: &[f32]) -> f64 {
    let logit = |d: f32| (f64::from(d) / (1.0 - f64::from(d))).ln();
    let sound = |a: &f64| a.is_finite() && a.abs() < 4.0;
    let all = x.iter().zip(d).map(|(x, d)| (f64::from(*x), logit(*d)));
    let best = all.filter(|(_, a)| sound(a)).max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    best.map_or(f64::NAN, |(x, a)| a / x)
}

/// (θ, ψ) of a frame; the paper's D is high on generated samples, so that ψ = −w.
fn state(x: &[f32], frame: &Frame) -> Option<Point> {
    let Picture::Line(line) = &frame.picture else { return None };
    let (_, theta) = line.arrows.first()?;
    Some((f64::from(*theta), -slope(x, &line.d)))
}

/// The states of a run by iteration, one for each frame.
#[derive(Clone, Default)]
struct Walk(Vec<(u64, Point)>);

impl Memory for Walk {
    fn cut(&mut self, iteration: u64) {
        self.0.retain(|(at, _)| *at <= iteration);
    }
}

impl Walk {
    /// Adds a state. What is made again after the run was taken back is there once all the same.
    fn push(&mut self, at: u64, state: Point) {
        match self.0.binary_search_by_key(&at, |(known, _)| *known) {
            Ok(known) => self.0[known].1 = state,
            Err(next) => self.0.insert(next, (at, state)),
        }
    }

    /// The states, and which of them is that of an iteration.
    fn states(&self, now: u64) -> (Vec<Point>, Option<usize>) {
        let made = self.0.partition_point(|(at, _)| *at <= now);
        (self.0.iter().map(|(_, state)| *state).collect(), made.checked_sub(1))
    }
}

/// The ways that the run on stage has taken, and the iteration where it stands.
fn live_way(page: Page) -> RwSignal<(Ways<Walk>, u64)> {
    let way = RwSignal::new((Ways::default(), 0));
    let runs = StoredValue::new(0);
    Effect::new(move |_| {
        let frame: Option<Arc<Frame>> = page.frame.get();
        let Some(frame) = frame else { return };
        let now = page.scene.with_untracked(|scene| match scene.as_ref().map(|s| &s.stage) {
            Some(Stage::Line { x, .. }) => state(x, &frame),
            _ => None,
        });
        let Some(now) = now.filter(|now| now.0.is_finite() && now.1.is_finite()) else { return };
        let at = frame.metrics.iteration;
        let branch = page.series.with_value(Ways::branch);
        way.update(|(ways, here): &mut (Ways<Walk>, u64)| {
            let run = page.stagings.get_value();
            if runs.get_value() != run {
                runs.set_value(run);
                *ways = Ways::default();
            }
            page.trail.with_untracked(|trail| ways.enter(branch, trail));
            ways.now_mut().push(at, now);
            *here = at;
        });
    });
    way
}

/// How a method is drawn.
fn stroke(number: usize, theme: &Theme) -> Stroke {
    let colours = [theme.d, theme.real, theme.pull];
    let dash = [Dash::Solid, Dash::Dashed, Dash::DashDot][number / colours.len() % 3];
    Stroke::solid(colours[number % colours.len()], 1.6).dash(dash)
}

/// What is chosen.
#[derive(Clone, Copy)]
struct Choice {
    shown: RwSignal<[bool; METHODS.len()]>,
    order: RwSignal<usize>,
    gamma: RwSignal<f64>,
}

impl Choice {
    fn named_order(self) -> (&'static str, Order) {
        ORDERS.get(self.order.get()).copied().unwrap_or(ORDERS[0])
    }

    fn order(self) -> Order {
        self.named_order().1
    }

    /// The method whose field is drawn, and its name: the first that is shown, or the R1 of the slider.
    fn first(self) -> (&'static str, Method) {
        let shown = self.shown.get();
        let first = METHODS.iter().zip(shown).find(|(_, shown)| *shown);
        first.map_or(("R1 of the slider", self.r1()), |(method, _)| *method)
    }

    fn r1(self) -> Method {
        Method::R1 { gamma: self.gamma.get() }
    }

    fn ways(self, at: u64, theme: &Theme) -> Vec<Way> {
        let now = usize::try_from(at).unwrap_or(STEPS).min(STEPS);
        let of = |method: Method, stroke| Way {
            states: method.run(self.order(), STEP, START, STEPS),
            stroke,
            now: Some(now),
        };
        let shown = self.shown.get();
        let chosen = METHODS.iter().enumerate().filter(|(number, _)| shown[*number]);
        let mut ways: Vec<Way> =
            chosen.map(|(number, (_, method))| of(*method, stroke(number, theme))).collect();
        ways.push(of(self.r1(), Stroke::solid(theme.ink, 1.3).dash(Dash::Dotted)));
        ways
    }
}

fn minus(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

/// The eigenvalues in words.
fn told(gamma: f64) -> String {
    let [(real, imaginary), (other, _)] = eigenvalues(Method::R1 { gamma }.jacobian((0.0, 0.0)));
    // The Jacobian is good to about 1e-9.
    let values = if imaginary.abs() > 1e-4 {
        format!("{real:.3} ± {imaginary:.3} i: complex, so small steps turn")
    } else {
        format!("{real:.3} and {other:.3}: real, so small steps do not turn")
    };
    let place = if gamma == 0.0 {
        " No damping: it never comes to rest."
    } else if (gamma - CRITICAL).abs() < 1e-9 {
        " This is the critical γ."
    } else {
        ""
    };
    minus(&format!(
        "R1 with γ = {gamma:.2}: the field's eigenvalues at (0, 0) are {values}.{place} Critical γ = 1."
    ))
}

/// What an update does near the equilibrium, in words: the eigenvalues of its own map, which steps of a size and their order
/// make other than the field's.
fn told_of_update(name: &str, method: Method, (order_name, order): (&str, Order)) -> String {
    let Some(values) = method.multipliers(order, STEP) else {
        return format!("{name}: its field has an edge at (0, 0), and no eigenvalues there.");
    };
    let [(real, imaginary), (other, _)] = values;
    let size = modulus(values);
    // Differences are good to about 1e-9.
    let verdict = if (size - 1.0).abs() < 1e-7 {
        "= 1: to first order it neither comes nearer nor leaves"
    } else if size < 1.0 {
        "< 1: from nearby it comes to rest"
    } else {
        "> 1: it leaves"
    };
    // A double eigenvalue splits by the root of the differences' error.
    let values = if imaginary.abs() > 1e-4 {
        format!("{real:.3} ± {imaginary:.3} i")
    } else {
        format!("{real:.3} and {other:.3}")
    };
    minus(&format!(
        "{name}, {order_name}, step {STEP}: the update's eigenvalues at (0, 0) are {values}, the larger modulus {size:.4} {verdict}."
    ))
}

/// Where the run stands, in words.
fn summary(walk: &Walk, here: u64) -> String {
    let known = walk.states(here).1.and_then(|now| walk.0.get(now));
    let Some((at, (theta, psi))) = known else {
        return "The plane of θ and ψ, the two numbers of the Dirac-GAN.".into();
    };
    let off = theta.hypot(*psi);
    minus(&format!(
        "The plane of θ and ψ with the field of the game. Iteration {at}: θ = {theta:.3}, ψ = {psi:.3}, {off:.3} from the \
         equilibrium, where it began at {:.3}.",
        START.0.hypot(START.1)
    ))
}

/// Paints whenever `marks` change.
fn paint(
    canvas: NodeRef<html::Canvas>,
    size: RwSignal<(f32, f32)>,
    marks: impl Fn((f32, f32)) -> Vec<adversaria_plot::Mark> + 'static,
) {
    let painter = StoredValue::new_local(Painter::default());
    Effect::new(move |_| {
        let (Some(canvas), size) = (canvas.get(), size.get()) else { return };
        // Not laid out yet.
        if size.0 < 1.0 || size.1 < 1.0 {
            return;
        }
        let marks = marks(size);
        painter.update_value(|painter| {
            if let Err(error) = painter.paint(&canvas, size, pixel_ratio(), &marks) {
                leptos::logging::error!("the plane could not be drawn: {error:?}");
            }
        });
    });
}

/// The stage.
#[component]
pub fn DiracStage(
    /// The store.
    page: Page,
) -> impl IntoView {
    let mut first = [false; METHODS.len()];
    first[0] = true;
    let choice =
        Choice { shown: RwSignal::new(first), order: RwSignal::new(0), gamma: RwSignal::new(0.3) };
    let way = live_way(page);
    let (wrap, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let dark = page.dark;
    let draw = move |size| {
        let theme = Theme::of(dark.get());
        let (states, now, here) = way.with(|(ways, here)| {
            let (states, now) = ways.now().states(*here);
            (states, now, *here)
        });
        let mut ways = choice.ways(here, &theme);
        ways.push(Way { states, stroke: Stroke::solid(theme.fake, 2.4), now });
        let (_, method) = choice.first();
        let plane =
            Phase { field: &|at| method.field(at), ways: &ways, reach: REACH, names: ("θ", "ψ") };
        phase(&plane, size, &theme)
    };
    let size = watch_size(wrap);
    paint(canvas, size, draw);
    let value = Callback::new(move |at: (f64, f64)| {
        let (theta, psi) = state_at(at, size.get(), REACH)?;
        let (across, up) = choice.first().1.field((theta, psi));
        Some(minus(&format!(
            "θ = {theta:.2}, ψ = {psi:.2}: the game pulls θ by {across:.3}, ψ by {up:.3}"
        )))
    });
    tell_values(page, "stage", value);
    let marks = Signal::derive(move || draw(size.get()));
    let there = Signal::derive(|| true);
    offer(page, View { id: "stage", name: "the stage", size: size.into(), marks, there });
    let name = told_now_and_then(move || way.with(|(ways, here)| summary(ways.now(), *here)));
    view! {
        <style>{include_str!("dirac.css")}</style>
        <div class="dirac">
            <div class="dirac-plane" node_ref=wrap>
                <canvas node_ref=canvas role="img" data-testid="stage" aria-label=name></canvas>
            </div>
            <Methods choice=choice dark=dark />
            <Spectrum choice=choice dark=dark />
        </div>
    }
}

/// Which ways are shown, and in which order the players move.
#[component]
fn Methods(choice: Choice, dark: Signal<bool>) -> impl IntoView {
    let buttons = METHODS.iter().enumerate().map(|(number, (name, _))| {
        let look = move || {
            let stroke = stroke(number, &Theme::of(dark.get()));
            let style = match stroke.dash {
                Dash::Solid => "solid",
                Dash::Dashed => "dashed",
                Dash::Dotted | Dash::DashDot => "dotted",
            };
            format!("border-bottom: 3px {style} {}", stroke.colour.css())
        };
        view! {
            <button data-testid=format!("dirac-{name}") style=look
                aria-pressed=move || choice.shown.get()[number].to_string()
                on:click=move |_| choice.shown.update(|shown| shown[number] = !shown[number])>{*name}</button>
        }
    });
    let options = ORDERS.iter().enumerate().map(|(at, (name, _))| {
        view! { <option value=at.to_string()>{*name}</option> }
    });
    view! {
        <div class="tools" role="group" aria-label="Training methods, integrated from (1, 1)">{buttons.collect_view()}</div>
        <label class="dirac-order">"Order "
            <select data-testid="dirac-order"
                on:change:target=move |event| choice.order.set(event.target().value().parse().unwrap_or(0))>
                {options.collect_view()}
            </select>
        </label>
    }
}

/// γ of R1, with the eigenvalues of the field's Jacobian at the equilibrium.
#[component]
fn Spectrum(choice: Choice, dark: Signal<bool>) -> impl IntoView {
    let (wrap, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    paint(canvas, watch_size(wrap), move |size| {
        let values = eigenvalues(choice.r1().jacobian((0.0, 0.0)));
        spectrum(&values, SPECTRUM, size, &Theme::of(dark.get()))
    });
    let text = Memo::new(move |_| told(choice.gamma.get()));
    let of_update = Memo::new(move |_| {
        let (name, method) = choice.first();
        told_of_update(name, method, choice.named_order())
    });
    view! {
        <div class="dirac-gamma">
            <div class="dirac-spectrum" node_ref=wrap>
                <canvas node_ref=canvas role="img" aria-label="Eigenvalues of the field of R1 in the complex plane; the sentence beside has them"></canvas>
            </div>
            <div>
                <label>"γ of R1 (dotted way) "
                    <input type="range" min="0" max="3" step="0.05" data-testid="dirac-gamma"
                        prop:value=move || choice.gamma.get().to_string()
                        on:input:target=move |event| {
                            let value = event.target().value_as_number();
                            if value.is_finite() {
                                choice.gamma.set(value);
                            }
                        } />
                </label>
                <p data-testid="dirac-eigenvalues" aria-live="polite">{text}</p>
                <p data-testid="dirac-update" aria-live="polite">{of_update}</p>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_read_from_the_curve() {
        let x: Vec<f32> = (0..240).map(|i| (i as f32 + 0.5) / 40.0 - 3.0).collect();
        for w in [-9.0_f32, -1.0, 0.25, 3.0] {
            let d: Vec<f32> = x.iter().map(|x| 1.0 / (1.0 + (-w * x).exp())).collect();
            assert!((slope(&x, &d) - f64::from(w)).abs() < 1e-4, "{w} {}", slope(&x, &d));
        }
        assert!(slope(&x, &vec![f32::NAN; 240]).is_nan());
    }

    #[test]
    fn eigenvalues_are_complex_below_the_critical_gamma_and_real_from_there() {
        assert!(told(0.3).contains("complex") && told(0.95).contains("complex"));
        assert!(told(1.0).contains("real") && told(1.0).contains("critical γ."));
        assert!(told(2.0).contains("real") && told(0.0).contains("never comes to rest"));
        assert!(told(0.3).contains("\u{2212}0.150 ± 0.477 i"), "{}", told(0.3));
    }

    #[test]
    fn going_back_keeps_the_walk_until_it_parts() {
        let mut walk = Walk::default();
        [1, 5, 9, 4, 5].into_iter().for_each(|at| walk.push(at, (at as f64, 0.0)));
        let (states, now) = walk.states(5);
        assert_eq!(states.iter().map(|state| state.0).collect::<Vec<_>>(), [1.0, 4.0, 5.0, 9.0]);
        assert_eq!(now, Some(2));
        walk.cut(4);
        assert_eq!(walk.states(9).0.len(), 2);
    }

    #[test]
    fn an_update_is_told_by_its_own_eigenvalues() {
        let of = |name: &str, order: usize| {
            let (name, method) = METHODS.iter().find(|(known, _)| *known == name).expect("there");
            told_of_update(name, *method, ORDERS[order])
        };
        // 1 ± h i / 2, of modulus √(1 + h² / 4); by turns it keeps areas.
        let spirals = of("gan", 0);
        assert!(spirals.contains("1.000 ± 0.100 i") && spirals.contains("1.0050 > 1"), "{spirals}");
        assert!(of("gan", 1).contains("1.0000 = 1"), "{}", of("gan", 1));
        assert!(of("r1-1", 0).contains("< 1: from nearby"), "{}", of("r1-1", 0));
        assert!(of("r1-1", 0).contains("0.900 and 0.900"), "{}", of("r1-1", 0));
        assert!(of("wgan-gp", 0).contains("no eigenvalues"));
    }

    #[test]
    fn the_run_is_told_in_words() {
        let walk = Walk(vec![(0, (1.0, 1.0)), (7, (-3.0, 4.0))]);
        assert!(summary(&walk, 6).contains("Iteration 0"));
        let said = summary(&walk, 7);
        assert!(said.contains("Iteration 7: θ = \u{2212}3.000, ψ = 4.000, 5.000 from"), "{said}");
    }
}
