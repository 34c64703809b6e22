//! The left column: the game as a graph whose nodes open their editors.

use adversaria_core::spec::{Data, RunSpec};
use adversaria_protocol::Metrics;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{
    editor::Editors,
    mini::{Mini, Subject},
    thumb::{DataThumb, LatentThumb},
};
use crate::{
    beat::Beat,
    later::{Later, Piece},
    page::Page,
};

/// Which editor is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// Loss, k, rates.
    Rules,
    /// z.
    Latent,
    /// The data.
    Data,
    /// G.
    Generator,
    /// D.
    Discriminator,
}

/// The left column.
#[component]
pub fn Game(
    /// The store.
    page: Page,
) -> impl IntoView {
    let open = RwSignal::new(Panel::Rules);
    // Units are read only while somebody looks at them.
    Effect::new(move |_| {
        let inside =
            matches!(open.get(), Panel::Generator | Panel::Discriminator) && !page.slow.get();
        if page.layers.with_untracked(|layers| layers.units) != inside {
            page.layers.update(|layers| layers.units = inside);
        }
    });
    let heed = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && !event.default_prevented() && !is_over_all() {
            go_back(open);
        }
    });
    on_cleanup(move || heed.remove());
    view! {
        <section class="game-column" aria-label="The game">
            <h2>"The game"</h2>
            <Graph page=page open=open />
            <button class="go-back" data-testid="back" title="Back to loss and k (Escape)" hidden=move || open.get() == Panel::Rules || page.slow.get()
                on:click=move |_| go_back(open)>"‹ back"</button>
            <div class="slow-slot" hidden=move || !page.slow.get()><Later page=page piece=Piece::Slow /></div>
            <div class="editors" hidden=move || page.slow.get()><Editors page=page open=open /></div>
        </section>
    }
}

/// Closes the editor of a node; whoever uses the keyboard stands on that node again.
fn go_back(open: RwSignal<Panel>) {
    if open.get_untracked() == Panel::Rules {
        return;
    }
    let node = document().query_selector(".node[aria-expanded='true']").ok().flatten();
    open.set(Panel::Rules);
    if let Some(node) = node.and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok())
        && node.focus().is_err()
    {
        leptos::logging::warn!("the node could not take the focus");
    }
}

/// Escape is a dialog's while one is open, and a value's that hangs over the page.
fn is_over_all() -> bool {
    let over = "dialog[open], .glance, .st-readout:not([hidden])";
    document().query_selector(over).is_ok_and(|over| over.is_some())
}

#[component]
fn Graph(page: Page, open: RwSignal<Panel>) -> impl IntoView {
    let law = move || {
        let text = page.text("z");
        let (law, dim) = text.split_once(':').unwrap_or(("", ""));
        match law {
            "uniform" => format!("U[−1, 1]{}", small(dim, "⁰¹²³⁴⁵⁶⁷⁸⁹")),
            "gaussian" => format!("N(0, I{})", small(dim, "₀₁₂₃₄₅₆₇₈₉")),
            _ => String::new(),
        }
    };
    let net = move |key: &'static str| move || net_text(&page.widths(key));
    let data = Memo::new(move |_| page.spec.with(|s| s.as_ref().map(RunSpec::data)));
    let kd = Memo::new(move |_| page.text("kd"));
    let kg = Memo::new(move |_| page.text("kg"));
    let loss = Memo::new(move |_| loss_text(&page.text("loss")));
    let score = move |real: bool| {
        Signal::derive(move || {
            let of = |m: &Metrics| if real { m.score_real } else { m.score_fake };
            page.game.with(|f| f.as_ref().map(|f| of(&f.metrics))).filter(|s| s.is_finite())
        })
    };
    let norm = move |of: fn(&Metrics) -> f32| {
        move || {
            let norm = page.game.with(|f| f.as_ref().map(|f| of(&f.metrics)));
            norm.filter(|n| n.is_finite()).map_or_else(String::new, |n| format!("∇ {n:.2}"))
        }
    };
    view! {
        <div class="graph" class:playing=move || page.is_playing() data-beat=move || page.beat.get().map(Beat::class)>
            <Edges page=page />
            <Later page=page piece=Piece::Glance />
            <Node page=page open=open panel=Panel::Latent class="node z" name="z, the noise" id="panel-latent">
                <LatentThumb page=page />
                <b>"z"</b><small>{law}</small>
            </Node>
            <Node page=page open=open panel=Panel::Generator class="node g" name="G, the generator" id="panel-g">
                <Mini page=page of=Subject::Generator />
                <b>"G"</b><small>{net("g")}</small>
            </Node>
            <Node page=page open=open panel=Panel::Data class="node data" name="the data" id="panel-data">
                {move || data.get().map(|data| view! { <DataThumb data=data /> })}
                <b>"data"</b><small>{move || data.get().map(Data::name)}</small>
            </Node>
            <Node page=page open=open panel=Panel::Discriminator class="node d" name="D, the discriminator" id="panel-d">
                <Mini page=page of=Subject::Discriminator />
                <b>"D"</b><small>{net("d")}</small>
            </Node>
            <figure class="made fake" title="What G makes, live"><Mini page=page of=Subject::Fake /><figcaption>"fake"</figcaption></figure>
            <figure class="made real" title="What D is shown of the data"><Mini page=page of=Subject::Real /><figcaption>"real"</figcaption></figure>
            <dl class="scores">
                <div title="Mean D(x) on real samples"><dt>"D(real)"</dt><Gauge class="of-real" share=score(true) /></div>
                <div title="Mean D(x) on generated samples"><dt>"D(fake)"</dt><Gauge class="of-g" share=score(false) /></div>
            </dl>
            <span class="norm to-g" title="Length of the gradient of G's loss">{norm(|m| m.grad_norm_g)}</span>
            <span class="norm to-d" title="Length of the gradient of D's loss">{norm(|m| m.grad_norm_d)}</span>
            <Node page=page open=open panel=Panel::Rules class="node loss" name="the rules: loss and k" id="panel-rules">
                <span class="trend g"><Mini page=page of=Subject::LossG /></span>
                <span class="trend d"><Mini page=page of=Subject::LossD /></span>
                <b>{move || loss.get()}</b>
                <small>
                    <span class="of-d">"D "{move || kd.get()}"×"</span>" then "<span class="of-g">"G "{move || kg.get()}"×"</span>
                </small>
            </Node>
        </div>
    }
}

/// A share of 1 as a number on a bar.
#[component]
fn Gauge(class: &'static str, share: Signal<Option<f32>>) -> impl IntoView {
    let text = move || share.get().map_or_else(|| "–".to_owned(), |share| format!("{share:.2}"));
    let width = move || format!("--share:{:.1}%", 100.0 * share.get().unwrap_or_default());
    view! { <dd class=format!("gauge {class}") style=width>{text}</dd> }
}

/// Forward paths are solid; gradients run back dashed.
#[component]
fn Edges(page: Page) -> impl IntoView {
    // Gradients flow as often as figures come: an animation would have the page do its styles for every frame.
    let shift = StoredValue::new(0_u8);
    let flow = move || {
        page.game.track();
        shift.update_value(|shift| *shift = (*shift + 1) % 12);
        format!("{:.2}px", -13.0 * f32::from(shift.get_value()) / 12.0)
    };
    view! {
        <svg class="edges" viewBox="0 0 268 252" aria-hidden="true" style:--flow=flow>
            <defs>
                <marker id="tip" viewBox="0 0 8 8" refX="6.5" refY="4" markerWidth="6.5" markerHeight="6.5" orient="auto">
                    <path d="M0 .8 7 4 0 7.2z"></path>
                </marker>
            </defs>
            <path class="to-g" d="M66 38H91" marker-end="url(#tip)"></path>
            <path class="fake" d="M160 38H176Q184 38 184 46V70Q184 78 190 78H193" marker-end="url(#tip)"></path>
            <path class="real" d="M66 130H176Q184 130 184 122V98Q184 90 190 90H193" marker-end="url(#tip)"></path>
            <path class="score" d="M231 125V196" marker-end="url(#tip)"></path>
            <path class="back to-d" d="M249 200V131" marker-end="url(#tip)"></path>
            <path class="back to-g" d="M126 200V80" marker-end="url(#tip)"></path>
        </svg>
    }
}

#[component]
fn Node(
    page: Page,
    open: RwSignal<Panel>,
    panel: Panel,
    class: &'static str,
    name: &'static str,
    id: &'static str,
    children: Children,
) -> impl IntoView {
    // While slow motion has the room, no editor is to be seen; whoever asks for one leaves it.
    let chosen = move || open.get() == panel && !page.slow.get();
    let choose = move |_| {
        let next = if untrack(chosen) { Panel::Rules } else { panel };
        page.set_slow(false);
        open.set(next);
    };
    view! {
        <button class=class aria-expanded=move || chosen().to_string() aria-controls=id
            title=format!("Edit {name}") on:click=choose>
            {children()}
        </button>
    }
}

/// A number in raised or lowered digits.
fn small(number: &str, digits: &str) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|at| digits.chars().nth(at as usize));
    number.chars().filter_map(digit).collect()
}

fn net_text(widths: &[u32]) -> String {
    match widths {
        [] => "linear".into(),
        [first, rest @ ..] if rest.len() > 2 => format!("{first} … ×{}", widths.len()),
        widths => widths.iter().map(u32::to_string).collect::<Vec<_>>().join("·"),
    }
}

/// A loss's name, for people.
pub fn loss_text(loss: &str) -> &'static str {
    match loss {
        "minimax" => "minimax loss",
        "nonsaturating" => "non-saturating loss",
        "leastsquares" => "least-squares loss",
        "wasserstein" => "Wasserstein loss",
        "hinge" => "hinge loss",
        _ => "loss",
    }
}
