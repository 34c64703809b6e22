//! What went wrong, what is worth a sentence, how far a download is, and the stage in words.

use std::time::Duration;

use adversaria_protocol::{Command, Frame, Standing};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::page::{Page, Trouble};

/// Screen readers hear of the run at most this often.
const SUMMARY: Duration = Duration::from_secs(5);

/// Fault, notice and progress, laid over the lower edge of the stage so that nothing shifts.
#[component]
pub fn Messages(
    /// The store.
    page: Page,
) -> impl IntoView {
    let notice = move || page.notice.get().unwrap_or_default();
    view! {
        <div class="messages">
            {move || page.fault.get().map(|trouble| view! { <Fault page=page trouble=trouble /> })}
            <p class="notice" role="status" data-testid="notice" class:empty=move || page.notice.with(Option::is_none)>{notice}</p>
            {move || page.shared.get().map(|link| view! { <Shared page=page link=link /> })}
            <Download page=page />
        </div>
    }
}

#[component]
fn Fault(page: Page, trouble: Trouble) -> impl IntoView {
    let rewind = move |_| {
        page.ask(
            |id| Command::Rewind { id },
            move |result| {
                if result.is_ok() {
                    page.fault.set(None);
                }
            },
        );
    };
    view! {
        <div class="fault" role="alert" data-testid="fault">
            <p>{trouble.message}</p>
            {trouble.can_rewind.then(|| view! { <button data-testid="rewind" on:click=rewind>"Go back to the last good state"</button> })}
            {trouble.can_restart.then(|| view! {
                <button data-testid="restart" on:click=move |_| page.restart_engine()>"Start the engine again"</button>
            })}
            <button class="close" aria-label="Close" on:click=move |_| page.fault.set(None)>"×"</button>
        </div>
    }
}

/// The link, selected, where the browser does not copy by itself.
#[component]
fn Shared(page: Page, link: String) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = node.get() {
            input.select();
        }
    });
    view! {
        <div class="shared">
            <label>"Copy this link: " <input type="text" readonly prop:value=link node_ref=node /></label>
            <button class="close" aria-label="Close" on:click=move |_| page.shared.set(None)>"×"</button>
        </div>
    }
}

#[component]
fn Download(page: Page) -> impl IntoView {
    let bar = move || {
        page.progress.get().map(|progress| {
            view! {
                <label class="download">
                    {progress.what}
                    <progress data-testid="progress" max="1" value=progress.share.map(|s| format!("{s:.3}"))></progress>
                </label>
            }
        })
    };
    view! { {bar} }
}

/// The stage in words, for those who do not see it.
#[component]
pub fn Summary(
    /// The store.
    page: Page,
) -> impl IntoView {
    let sentence = RwSignal::new(String::new());
    let refresh = move || {
        let words = page.latest().map(|frame| words(page, &frame)).unwrap_or_default();
        if sentence.with_untracked(|old| *old != words) {
            sentence.set(words);
        }
    };
    if set_interval_with_handle(refresh, SUMMARY).is_err() {
        leptos::logging::warn!("the summary for screen readers is not refreshed");
    }
    view! { <p class="unseen" aria-live="polite" data-testid="summary">{sentence}</p> }
}

fn words(page: Page, frame: &Frame) -> String {
    let data = page.spec.with_untracked(|s| s.as_ref().map(|s| s.data().name())).unwrap_or("a run");
    let m = &frame.metrics;
    let standing = match frame.standing {
        Standing::Playing => "training",
        Standing::Paused => "paused",
        Standing::Arrived => "arrived where it should stop",
        Standing::Waiting => "waiting for its data",
        Standing::Diverged => "stopped, not finite any more",
    };
    let mut text = format!("{data}, {standing}, iteration {}.", m.iteration);
    if m.score_real.is_finite() && m.score_fake.is_finite() {
        text += &format!(
            " D gives {:.2} to real and {:.2} to generated samples.",
            m.score_real, m.score_fake
        );
    }
    if let Some(e) = m.evaluation.as_ref() {
        text += &format!(" Jensen-Shannon divergence {:.3} nats.", e.jsd);
        if let Some((found, of)) = e.modes {
            text += &format!(" {found} of {of} modes found.");
        }
    }
    text
}

/// The page itself has failed: says so without any of its machinery.
pub fn last_words(detail: &str) {
    let document = document();
    let Ok(element) = document.create_element("div") else { return };
    element.set_class_name("fault last-words");
    let element: HtmlElement = element.unchecked_into();
    let short: String = detail.chars().take(200).collect();
    let sentence = format!(
        "The page has failed ({short}); what you saw is kept in its address, please reload it."
    );
    element.set_inner_text(&sentence);
    let marked = element
        .set_attribute("role", "alert")
        .and_then(|()| element.set_attribute("data-testid", "fault"));
    let shown = document.body().map(|body| body.append_child(&element));
    if marked.is_err() || !matches!(shown, Some(Ok(_))) {
        leptos::logging::error!("{sentence}");
    }
}
