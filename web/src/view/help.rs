//! What am I looking at, and the keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use crate::{
    keyboard::KEYS,
    later::{Later, Piece},
    page::Page,
};

const ID: &str = "help";

/// Opens the help.
pub fn show_help() {
    let dialog =
        document().get_element_by_id(ID).and_then(|e| e.dyn_into::<HtmlDialogElement>().ok());
    if let Some(dialog) = dialog
        && !dialog.open()
        && dialog.show_modal().is_err()
    {
        leptos::logging::warn!("the help could not be opened");
    }
}

fn close() {
    if let Some(dialog) =
        document().get_element_by_id(ID).and_then(|e| e.dyn_into::<HtmlDialogElement>().ok())
    {
        dialog.close();
    }
}

/// The help, closed at first.
#[component]
pub fn Help(
    /// The store.
    page: Page,
) -> impl IntoView {
    view! { <dialog id=ID aria-labelledby="help-title"><Later page=page piece=Piece::Help /></dialog> }
}

/// What it says.
#[component]
pub fn HelpText(
    /// The store.
    page: Page,
) -> impl IntoView {
    let keys = KEYS
        .iter()
        .map(|(key, does)| view! { <div><dt><kbd>{*key}</kbd></dt><dd>{*does}</dd></div> });
    view! {
            <h2 id="help-title">"What am I looking at?"</h2>
            <p>
                "Two nets play against each other. "<b class="of-g">"G"</b>" turns noise z into samples; "<b class="of-d">"D"</b>
                " is shown real samples and G's, and says how real each looks, from 0 to 1. D learns to be right, G learns to
                make D wrong. When the generated cloud matches the real one, D can do no better than ½ everywhere."
            </p>
            <ul class="legend">
                <li><i class="ink of-real"></i>"real: blue, round, or a dotted curve"</li>
                <li><i class="ink of-g"></i>"generated: orange, crosses, or a solid curve"</li>
                <li><i class="ink of-d"></i>"D: purple, dashed, or the tint of the plane"</li>
                <li><i class="ink of-pull"></i>"the pull that D's opinion has on each generated sample"</li>
            </ul>
            <p>"Press play, then change k, the loss or a rate while it runs. The address always holds the whole experiment."</p>
            <h3>"Keys"</h3>
            <dl class="keys">{keys.collect_view()}</dl>
            <label class="check">
                <input type="checkbox" data-testid="keys" prop:checked=page.keys
                    on:change=move |event| page.keys.set(event_target_checked(&event)) />
                "The keys play the game"
            </label>
            <p class="end"><button on:click=move |_| close()>"Close"</button></p>
    }
}
