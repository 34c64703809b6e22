//! The line under the stage: what each look means, and a button to hide or show it.

use super::judge::words;
use super::layers::{self, AVERAGE, Entry, Kind, Swatch};
use adversaria_core::spec::PageOptions;
use adversaria_plot::{Judge, Shown};
use leptos::{either::EitherOf3, prelude::*};

/// The legend of what is on stage.
#[component]
pub fn Legend(
    /// What is on stage.
    kind: Memo<Kind>,
    /// Whether there is an average of G to show.
    averaged: Memo<bool>,
    /// How D is to be read.
    judge: Memo<Judge>,
    /// The layers shown.
    shown: Memo<Shown>,
    /// Where the buttons write what they change.
    options: RwSignal<PageOptions>,
    /// Shows how G's lattice comes from z to x.
    unfold: Callback<()>,
) -> impl IntoView {
    let flip = Callback::new(move |entry: Entry| {
        let mut next = shown.get_untracked();
        let slot = (entry.slot)(&mut next);
        *slot = !*slot;
        let view = layers::view(next, kind.get_untracked(), averaged.get_untracked());
        options.update(|options| options.view = view);
    });
    let toggle = move |entry: &'static Entry| {
        let there = move || {
            (entry.view != AVERAGE || averaged.get()) && words(entry, judge.get()).is_some()
        };
        view! { <Show when=there><Toggle entry=*entry judge=judge shown=shown flip=flip /></Show> }
    };
    let body = move || match kind.get() {
        Kind::None => EitherOf3::A(()),
        kind @ (Kind::Line | Kind::Plane) => {
            let with_grid = move || shown.get().plane.grid && kind == Kind::Plane;
            EitherOf3::B(view! {
                {kind.entries().iter().map(toggle).collect_view()}
                <Show when=with_grid>
                    <button type="button" class="st-layer" data-testid="unfold" title="The lattice in z, and where G takes it"
                        on:click=move |_| unfold.run(())>"z → x"</button>
                </Show>
            })
        }
        Kind::Images => EitherOf3::C(view! {
            <p class="st-note">
                {move || frame_words(judge.get())}
                <span>"fake"</span><span class="st-ramp" aria-hidden="true"></span><span>"real"</span>
            </p>
        }),
    };
    view! { <div class="st-legend" role="group" aria-label="Layers of the stage">{body}</div> }
}

/// What the frames of images show.
fn frame_words(judge: Judge) -> &'static str {
    match judge {
        Judge::Probability | Judge::Joint | Judge::Target | Judge::JointTarget => {
            "frame: D takes it for "
        }
        Judge::Critic => "frame: the critic's score, σ(a): ",
    }
}

#[component]
fn Toggle(
    entry: Entry,
    judge: Memo<Judge>,
    shown: Memo<Shown>,
    flip: Callback<Entry>,
) -> impl IntoView {
    let said = move || words(&entry, judge.get()).unwrap_or((entry.label, entry.hint));
    let on = Memo::new(move |_| {
        let mut now = shown.get();
        *(entry.slot)(&mut now)
    });
    view! {
        <button type="button" class="st-layer" title=move || said().1 data-testid=format!("layer-{}", entry.name)
            aria-pressed=move || if on.get() { "true" } else { "false" } on:click=move |_| flip.run(entry)>
            {swatch(entry.swatch)}
            <span>{move || said().0}</span>
        </button>
    }
}

fn swatch(swatch: Swatch) -> impl IntoView {
    let inner = match swatch {
        Swatch::Line(colour, dash, width) => {
            format!(r#"<path class="{colour}" d="M2 7H22" stroke-dasharray="{dash}" stroke-width="{width}"/>"#)
        }
        Swatch::Dot => r#"<circle class="real" cx="12" cy="7" r="3.4"/>"#.into(),
        Swatch::Cross => r#"<path class="fake" d="M8.5 3.5l7 7m0-7l-7 7" stroke-width="1.8"/>"#.into(),
        Swatch::Triangle => r#"<path class="average" d="M12 2.4l4.4 7.6h-8.8z" stroke-width="1.3"/>"#.into(),
        Swatch::Tint => concat!(
            r#"<rect class="tint-fake" x="1" y="2" width="8" height="10"/>"#,
            r#"<rect class="tint-real" x="15" y="2" width="8" height="10"/>"#,
            r#"<rect class="tint-edge" x="1" y="2" width="22" height="10"/>"#
        )
        .into(),
        Swatch::Arrows => r#"<path class="fake" d="M4 13L8 1.5M12 13V1.5M20 13L16 1.5" stroke-width="1.2"/>"#.into(),
        Swatch::Lattice => r#"<path class="fake" d="M5 2q3 5 0 10M12 2q3 5 0 10M19 2q3 5 0 10M3 4.5q9-3 18 0M3 9.5q9-3 18 0" stroke-width="1"/>"#.into(),
        Swatch::Rings => r#"<ellipse class="ring" cx="12" cy="7" rx="9" ry="5.5"/><ellipse class="ring" cx="12" cy="7" rx="4" ry="2.3"/>"#.into(),
    };
    view! { <svg viewBox="0 0 24 14" width="24" height="14" aria-hidden="true" inner_html=inner></svg> }
}
