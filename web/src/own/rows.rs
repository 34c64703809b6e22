//! Rows of numbers out of a file or a text, on stage.

use adversaria_core::csv;
use adversaria_core::spec::Data;
use adversaria_protocol::Command;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::put_on_stage;
use crate::{files, page::Page};

/// The editor.
#[component]
pub fn RowsEditor(
    /// The store.
    page: Page,
    /// Hears how it went.
    done: Callback<Result<(), String>>,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let picked = move |event: leptos::ev::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        let file = input.files().and_then(|list| list.get(0));
        // The same file may be picked again.
        input.set_value("");
        let Some(file) = file else { return };
        spawn_local(async move {
            match files::read(&file).await {
                Ok(bytes) => take(page, &file.name(), &bytes, move |result| done.run(result)),
                Err(sentence) => done.run(Err(sentence)),
            }
        });
    };
    let paste = move |_| {
        let text = text.get_untracked();
        take(page, "The text", text.as_bytes(), move |result| done.run(result));
    };
    view! {
        <label class="picker">
            "A file of numbers (CSV or text), one or two columns, up to 100,000 rows"
            <input type="file" accept=".csv,.tsv,.txt,.gz,text/csv,text/plain" data-testid="own-file" on:change=picked />
        </label>
        <label class="picker">
            "Or rows as text"
            <textarea data-testid="own-text" rows="9" spellcheck="false" placeholder="x,y\n0.1,0.2\n0.3,0.4" prop:value=text
                on:input=move |event| text.set(event_target_value(&event))></textarea>
        </label>
        <p class="hint">
            "The rows are moved to the middle and scaled, both columns alike, until the longer range takes 0.9 of the view. p_data is a bell
            of width σ around each row. A link cannot carry a file's rows: Export saves them with the run."
        </p>
        <p class="end">
            <button class="chief" data-testid="own-paste" disabled=move || text.with(|t| t.trim().is_empty()) on:click=paste>
                "Use this text"
            </button>
        </p>
    }
}

/// Hands the rows to the engine and puts a run on them on stage; `then` hears a sentence where something is wrong.
pub(super) fn take(
    page: Page,
    name: &str,
    bytes: &[u8],
    then: impl FnOnce(Result<(), String>) + 'static,
) {
    let given = match csv::read(bytes) {
        Ok(given) => given,
        Err(error) => return then(Err(format!("{name}: {error}; the run on stage goes on."))),
    };
    let (rows, scale) = given.fit();
    let told = given.told(&scale);
    let data = if rows.dim == 1 { Data::Column } else { Data::File };
    let (mark, values) = (rows.mark().text(), rows.values());
    page.ask_quietly(
        |id| Command::Rows { id, dim: rows.dim, values },
        move |result| match result {
            Ok(_) => put_on_stage(page, (data, "file", &mark), told, then),
            Err(fault) => then(Err(fault.message)),
        },
    );
}
