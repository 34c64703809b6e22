//! The editors of the players: what a click on a node of the game opens.

use adversaria_core::spec::{Data, NamedNet, RunSpec};
use leptos::{html, prelude::*};

use super::{
    field::{ChoiceField, NumberField, Scale, TextField},
    game::Panel,
    optimiser::{OptimiserFields, RateField},
    regulariser::Regularisers,
};
use crate::{
    beat::Player,
    files,
    later::{Later, Piece},
    page::{OwnWish, Page},
};

const ACTIVATIONS: [(&str, &str); 8] = [
    ("relu", "ReLU"),
    ("leaky", "leaky ReLU"),
    ("tanh", "tanh"),
    ("sigmoid", "sigmoid"),
    ("elu", "ELU"),
    ("softplus", "softplus"),
    ("sine", "sine"),
    ("maxout", "maxout"),
];

/// Layers that no paper has named.
const OWN_LAYERS: &str = "layers";

/// All editors; the one that is open is seen.
#[component]
pub fn Editors(
    /// The store.
    page: Page,
    /// Which is open.
    open: RwSignal<Panel>,
) -> impl IntoView {
    let shown = move |panel: Panel| move || open.get() != panel;
    view! {
        <div class="editor" id="panel-rules" hidden=shown(Panel::Rules)><Rules page=page /></div>
        <div class="editor" id="panel-latent" hidden=shown(Panel::Latent)><Later page=page piece=Piece::Editor(Panel::Latent) /></div>
        <div class="editor" id="panel-data" hidden=shown(Panel::Data)><Later page=page piece=Piece::Editor(Panel::Data) /></div>
        <div class="editor" id="panel-g" hidden=shown(Panel::Generator)><Later page=page piece=Piece::Editor(Panel::Generator) /></div>
        <div class="editor" id="panel-d" hidden=shown(Panel::Discriminator)><Later page=page piece=Piece::Editor(Panel::Discriminator) /></div>
    }
}

/// What comes later of the editor of this node: all of it, or of the rules those that are seldom changed.
#[component]
pub fn EditorOf(
    /// The store.
    page: Page,
    /// The node.
    panel: Panel,
) -> impl IntoView {
    match panel {
        Panel::Rules => view! { <MoreRules page=page /> }.into_any(),
        Panel::Latent => view! { <Latent page=page /> }.into_any(),
        Panel::Data => view! { <DataSet page=page /> }.into_any(),
        Panel::Generator => view! { <Generator page=page /> }.into_any(),
        Panel::Discriminator => view! { <Discriminator page=page /> }.into_any(),
    }
}

fn value(page: Page, key: &'static str) -> Signal<String> {
    Signal::derive(move || page.text(key))
}

fn alter(page: Page, key: &'static str) -> Callback<String> {
    Callback::new(move |text: String| page.alter(key, &text))
}

#[component]
fn Rules(page: Page) -> impl IntoView {
    let losses = vec![
        ("nonsaturating", "non-saturating"),
        ("minimax", "minimax"),
        ("leastsquares", "least squares"),
        ("wasserstein", "Wasserstein"),
        ("hinge", "hinge"),
    ];
    let orders = vec![("alternating", "in turn"), ("simultaneous", "at once")];
    view! {
        <ChoiceField page=page label="Loss" testid="loss" title="What D and G minimise; it changes while the run goes on"
            value=value(page, "loss") commit=alter(page, "loss") choices=losses />
        <NumberField page=page label="k of D" testid="k-d" title="D-updates in an iteration; changes while the run goes on"
            value=value(page, "kd") commit=alter(page, "kd") range=(0.0, 10.0) scale=Scale::Linear(1.0) live=true />
        <NumberField page=page label="k of G" testid="k-g" title="G-updates in an iteration; changes while the run goes on"
            value=value(page, "kg") commit=alter(page, "kg") range=(0.0, 10.0) scale=Scale::Linear(1.0) live=true />
        <RateField page=page key="optd" label="rate of D" testid="rate-d" />
        <RateField page=page key="optg" label="rate of G" testid="rate-g" />
        <NumberField page=page label="batch" testid="batch" title="Samples in a batch; a change starts afresh"
            value=value(page, "batch") commit=alter(page, "batch") range=(1.0, 4096.0) scale=Scale::LogWhole />
        <ChoiceField page=page label="updates" testid="order" title="In turn, D first (in the Dirac-GAN G first, as in its paper), or both at the same point"
            value=value(page, "order") commit=alter(page, "order") choices=orders />
        <div class="pair">
            <TextField page=page label="seed" testid="seed" title="All chance follows from it" value=value(page, "seed")
                commit=alter(page, "seed") />
            <button data-testid="new-seed" title="Another seed, from the start" aria-label="New seed"
                on:click=move |_| page.reseed()>"New"</button>
        </div>
        <details class="more">
        <summary>"More: decay, a stop, where it runs"</summary>
        <Later page=page piece=Piece::Editor(Panel::Rules) />
        </details>
    }
}

/// The rules that are seldom changed.
#[component]
fn MoreRules(page: Page) -> impl IntoView {
    let until = Signal::derive(move || {
        page.options.with(|o| o.until).map_or_else(|| "none".into(), |n| n.to_string())
    });
    let backends = vec![("auto", "automatic"), ("webgpu", "WebGPU"), ("cpu", "CPU")];
    let forms = vec![
        ("auto", "automatic"),
        ("dispatch", "a dispatch for each operation"),
        ("resident", "one resident workgroup"),
    ];
    let on_gpu = Memo::new(move |_| {
        page.scene.with(|scene| scene.as_ref().is_some_and(|scene| scene.backend == "webgpu"))
    });
    let adapter = Memo::new(move |_| {
        page.scene.with(|scene| scene.as_ref().map(|scene| scene.adapter.clone()))
    });
    view! {
        <TextField page=page label="rate decay" testid="lrdecay" title="none, cosine:N (to 0 in N updates) or exp:r (times r at each update)"
            value=value(page, "lrdecay") commit=alter(page, "lrdecay") />
        <TextField page=page label="stop after" testid="until" title="Pauses after this many iterations; none goes on"
            value=until commit=Callback::new(move |text: String| page.set_option("until", &text)) />
        <ChoiceField page=page label="runs on" testid="backend-choice"
            title="Where the arithmetic happens; it changes while the run goes on" value=value(page, "backend")
            commit=alter(page, "backend") choices=backends />
        <p class="hint">{adapter}</p>
        <Show when=move || on_gpu.get()>
            <ChoiceField page=page label="GPU form" testid="exec-choice"
                title="How the GPU runs the programs; it changes while the run goes on" value=value(page, "exec")
                commit=alter(page, "exec") choices=forms.clone() />
        </Show>
    }
}

#[component]
fn Latent(page: Page) -> impl IntoView {
    let part = move |at: usize| {
        Signal::derive(move || page.text("z").split(':').nth(at).unwrap_or_default().to_owned())
    };
    let law = Callback::new(move |law: String| {
        page.alter("z", &format!("{law}:{}", part(1).get_untracked()));
    });
    let size = Callback::new(move |dim: String| {
        page.alter("z", &format!("{}:{dim}", part(0).get_untracked()));
    });
    view! {
        <h3>"z, the noise"</h3>
        <ChoiceField page=page label="law" testid="latent-law" value=part(0) commit=law
            choices=vec![("gaussian", "N(0, 1)"), ("uniform", "uniform on [−1, 1]")] />
        <NumberField page=page label="dimension" testid="latent-dim" value=part(1) commit=size range=(1.0, 256.0)
            scale=Scale::LogWhole />
        <p class="hint">"What G starts from. It sees nothing else: every sample is G of one z."</p>
    }
}

#[component]
fn DataSet(page: Page) -> impl IntoView {
    let data =
        Memo::new(move |_| page.spec.with(|s| s.as_ref().map_or(Data::Ring8, RunSpec::data)));
    let images = move || data.get() == Data::Mnist;
    let fields = move || {
        let data = data.get();
        let sigma = data.default_sigma().map(|_| {
            view! {
                <NumberField page=page label="noise σ" testid="sigma" value=value(page, "sigma") commit=alter(page, "sigma")
                    range=(0.001, 1.0) scale=Scale::Log />
            }
        });
        let classes = images().then(|| {
            view! {
                <TextField page=page label="classes" testid="class" title="all, one digit, or a list like 0,1,7"
                    value=value(page, "class") commit=alter(page, "class") />
            }
        });
        let told = (data.classes() > 0).then(|| {
            view! {
                <ChoiceField page=page label="classes" testid="cond" title="Whether G and D are told which mode a sample is of; a change starts afresh"
                    value=value(page, "cond") commit=alter(page, "cond") choices=vec![("0", "not told"), ("1", "told to both")] />
            }
        });
        let wish = match data {
            Data::Drawn => Some(OwnWish::Draw),
            Data::Curve => Some(OwnWish::Curve),
            Data::File | Data::Column => Some(OwnWish::Rows),
            _ => None,
        };
        let edit = wish.map(|wish| {
            view! {
                <button data-testid="own-edit" aria-haspopup="dialog" title="Draw on, or open other rows"
                    on:click=move |_| page.own.set(Some(wish.clone()))>"Edit"</button>
            }
        });
        let (_, _, most) = data.rows_range();
        view! {
            <h3>{super::header::title(data)}</h3>
            {edit}
            {sigma}
            {classes}
            {told}
            <NumberField page=page label="rows" testid="rows" title="Rows of the training table" value=value(page, "rows")
                commit=alter(page, "rows") range=(1.0, f64::from(most)) scale=Scale::LogWhole />
        }
    };
    let picked = move |event: leptos::ev::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        if let Some(list) = input.files() {
            files::take(page, &list);
        }
        // The same files may be picked again.
        input.set_value("");
    };
    view! {
        {fields}
        <label class="picker">
            "Your own MNIST-like files (IDX or .gz)"
            <input type="file" multiple data-testid="images-files" on:change=picked />
        </label>
        <p class="hint">"What is real. D is shown some of it at every D-update; G never sees it."</p>
    }
}

#[component]
fn Generator(page: Page) -> impl IntoView {
    view! {
        <h3 class="of-g">"Generator"</h3>
        <Layers page=page key="g" />
        <ActivationFields page=page key="gact" />
        <ChoiceField page=page label="output" testid="gout" value=value(page, "gout") commit=alter(page, "gout")
            choices=vec![("linear", "linear"), ("tanh", "tanh"), ("sigmoid", "sigmoid")] />
        <OptimiserFields page=page key="optg" />
        <div class="network-slot"><Later page=page piece=Piece::Network(Player::Generator) /></div>
        <TextField page=page label="average" testid="ema" title="none, or the share of the old average of G's parameters that stays, like 0.999"
            value=value(page, "ema") commit=alter(page, "ema") />
    }
}

#[component]
fn Discriminator(page: Page) -> impl IntoView {
    view! {
        <h3 class="of-d">"Discriminator"</h3>
        <Layers page=page key="d" />
        <ActivationFields page=page key="dact" />
        <OptimiserFields page=page key="optd" />
        <div class="network-slot"><Later page=page piece=Piece::Network(Player::Discriminator) /></div>
        <Regularisers page=page />
    }
}

#[component]
fn ActivationFields(page: Page, key: &'static str) -> impl IntoView {
    let kind = Memo::new(move |_| page.text(key).split(':').next().unwrap_or_default().to_owned());
    let slope =
        Signal::derive(move || page.text(key).split_once(':').map_or("0.2", |(_, s)| s).to_owned());
    let choose = Callback::new(move |kind: String| {
        page.alter(key, if kind == "leaky" { "leaky:0.2" } else { &kind });
    });
    let set_slope = Callback::new(move |text: String| page.alter(key, &format!("leaky:{text}")));
    let leaky = move || {
        (kind.get() == "leaky").then(|| {
            view! {
                <NumberField page=page label="leak" testid=format!("{key}-slope") value=slope commit=set_slope
                    range=(0.0, 1.0) scale=Scale::Linear(0.01) />
            }
        })
    };
    view! {
        <ChoiceField page=page label="activation" testid=key value=Signal::derive(move || kind.get()) commit=choose
            choices=ACTIVATIONS.to_vec() />
        {leaky}
    }
}

/// Hidden layers: widths to type, layers to add and remove.
#[component]
fn Layers(page: Page, key: &'static str) -> impl IntoView {
    let widths = Memo::new(move |_| page.widths(key));
    let rows = move || {
        let now = widths.get();
        let several = now.iter().enumerate().map(|(at, width)| {
            let set = move |event| {
                let mut texts: Vec<String> = widths.get_untracked().iter().map(u32::to_string).collect();
                if let Some(text) = texts.get_mut(at) {
                    *text = event_target_value(&event).trim().to_owned();
                }
                page.set_widths(key, &texts);
            };
            let remove = move |_| {
                let mut texts: Vec<String> = widths.get_untracked().iter().map(u32::to_string).collect();
                texts.remove(at);
                page.set_widths(key, &texts);
            };
            view! {
                <li>
                    <input class="number" type="text" inputmode="numeric" data-testid=format!("{key}-layer-{}", at + 1)
                        aria-label=format!("width of layer {}", at + 1) value=width.to_string() prop:value=width.to_string()
                        on:change=set />
                    <button class="bare" aria-label=format!("Remove layer {}", at + 1) title="Remove this layer" on:click=remove>
                        "×"
                    </button>
                </li>
            }
        });
        several.collect_view()
    };
    let add = move |_| {
        let mut texts: Vec<String> = widths.get_untracked().iter().map(u32::to_string).collect();
        texts.push(texts.last().cloned().unwrap_or_else(|| "64".into()));
        page.set_widths(key, &texts);
    };
    view! {
        <div class="layers">
            <NetChoice page=page key=key />
            <ol>
                {move || { page.refusals.track(); rows() }}
                <li>
                    <button class="bare" data-testid=format!("{key}-add-layer") title="Add a hidden layer" aria-label="Add a layer"
                        disabled=move || widths.with(|w| w.len() >= 8) on:click=add>"+"</button>
                </li>
            </ol>
        </div>
    }
}

/// The nets of papers where there are some for the data, and layers of one's own.
#[component]
fn NetChoice(page: Page, key: &'static str) -> impl IntoView {
    let nets = Memo::new(move |_| {
        let data = page.spec.with(|spec| spec.as_ref().map(RunSpec::data));
        // The Dirac-GAN has no other.
        let some = data.filter(|data| *data != Data::Dirac);
        some.map_or_else(Vec::new, |data| NamedNet::of(data).map(NamedNet::name).collect())
    });
    let now = Memo::new(move |_| {
        let text = page.text(key);
        nets.with(|nets| nets.iter().copied().find(|name| *name == text)).unwrap_or(OWN_LAYERS)
    });
    let node = NodeRef::<html::Select>::new();
    Effect::new(move |_| {
        page.refusals.track();
        if let Some(select) = node.get() {
            select.set_value(now.get());
        }
    });
    let choose = move |event| match event_target_value(&event).as_str() {
        OWN_LAYERS => {
            let widths = untrack(|| page.widths(key));
            page.set_widths(key, &widths.iter().map(u32::to_string).collect::<Vec<_>>());
        }
        name => page.alter(key, name),
    };
    let name = if key == "g" { "Net of G" } else { "Net of D" };
    move || {
        let all = nets.get();
        if all.is_empty() {
            return view! { <span class="name">{OWN_LAYERS}</span> }.into_any();
        }
        let options = std::iter::once(OWN_LAYERS).chain(all);
        view! {
            <select class="net" data-testid=format!("{key}-net") aria-label=name
                title="Layers of your own, or a paper's net with all that belongs to it" node_ref=node on:change=choose>
                {options.map(|name| view! { <option value=name>{name}</option> }).collect_view()}
            </select>
        }
        .into_any()
    }
}
