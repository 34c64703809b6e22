//! The bottom strip: presets, files, the link, colours and help.

use adversaria_core::presets::{Group, PRESETS, Preset, WARM, Warm};
use adversaria_core::spec::{Address, Theme};
use leptos::{html, prelude::*};

use super::show_help;
use crate::{
    files,
    later::{Later, Piece},
    page::Page,
    play::plain,
};

/// The bottom of the screen.
#[component]
pub fn Footer(
    /// The store.
    page: Page,
) -> impl IntoView {
    view! {
        <footer class="bottom">
            <Presets page=page />
            <button data-testid="share" title="Copy the link to this experiment" on:click=move |_| files::share(page)>"Share"</button>
            <button data-testid="export" title="Save a picture, the figures or the run" popovertarget="keep">"Export"</button>
            <div id="keep" class="keep" role="dialog" aria-label="Export" popover="auto"><Later page=page piece=Piece::Keep /></div>
            <Import page=page />
            <ThemeButton page=page />
            <button data-testid="help" title="Keys, and what this is (?)" on:click=move |_| show_help()>"Help"</button>
        </footer>
    }
}

/// What to watch in a run that is no scene of the list.
const UNNAMED: &str =
    "D learns to tell real from generated; G learns from D's mistakes, and from nothing else.";

/// Before the names of warm starts, which presets may share.
const WARM_MARK: &str = "warm:";

#[component]
fn Presets(page: Page) -> impl IntoView {
    let node = NodeRef::<html::Select>::new();
    // Which scene the run on stage is, if any: its name in the list, and what to watch.
    let now = Memo::new(move |_| {
        let begun = page.scene.with(|scene| scene.as_ref().map(|scene| scene.metrics.iteration))?;
        let spec = page.spec.with(|spec| spec.as_ref().and_then(|spec| plain(spec).ok()))?;
        if let Some(warm) = Warm::of(&spec, begun) {
            return Some((format!("{WARM_MARK}{}", warm.name), warm.watch));
        }
        let is_it = |p: &&Preset| Address::parse(p.address).is_ok_and(|a| a.spec == spec);
        PRESETS.iter().find(is_it).map(|preset| (preset.name.to_owned(), preset.watch))
    });
    Effect::new(move |_| {
        if let Some(select) = node.get() {
            select.set_value(&now.get().map(|(name, _)| name).unwrap_or_default());
        }
    });
    let watch = move || now.get().map_or(UNNAMED, |(_, watch)| watch);
    let groups = Group::ALL.iter().map(|(group, title)| {
        let entries = PRESETS.iter().filter(|preset| preset.group == *group);
        let options =
            entries.map(|p| view! { <option value=p.name>{p.title}</option> }).collect_view();
        view! { <optgroup label=*title>{options}</optgroup> }
    });
    let warm = WARM.iter().map(|warm| {
        view! { <option value=format!("{WARM_MARK}{}", warm.name)>{warm.title}</option> }
    });
    let choose = move |event| {
        let name = event_target_value(&event);
        if let Some(warm) = WARM.iter().find(|w| name.strip_prefix(WARM_MARK) == Some(w.name)) {
            return files::show_warm(page, warm);
        }
        let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) else { return };
        page.show_preset(preset.address);
    };
    view! {
        <label class="presets">
            "Scene"
            <select data-testid="preset" node_ref=node on:change=choose>
                <option value="">"your own"</option>
                {groups.collect_view()}
                <optgroup label="Trained before">{warm.collect_view()}</optgroup>
            </select>
        </label>
        <p class="watch" data-testid="watch">{watch}</p>
    }
}

#[component]
fn Import(page: Page) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let picked = move |_| {
        let Some(input) = node.get() else { return };
        if let Some(list) = input.files() {
            files::take(page, &list);
        }
        // The same file may be picked again.
        input.set_value("");
    };
    view! {
        <label class="button" title="Open a checkpoint, or drop one anywhere">
            "Import"
            <input class="unseen" type="file" accept=".safetensors" data-testid="import" node_ref=node on:change=picked />
        </label>
    }
}

#[component]
fn ThemeButton(page: Page) -> impl IntoView {
    let theme = move || page.options.with(|o| o.theme);
    let next = move |_| {
        page.set_option(
            "theme",
            match theme() {
                Theme::Auto if page.dark.get() => "light",
                Theme::Auto | Theme::Light => "dark",
                Theme::Dark => "light",
            },
        );
    };
    let label = move || if page.dark.get() { "Light" } else { "Dark" };
    view! {
        <button data-testid="theme" title="Light or dark" aria-label=move || format!("{} colours", label()) on:click=next>
            {label}
        </button>
    }
}
