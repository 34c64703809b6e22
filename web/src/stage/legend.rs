//! The line under the stage: what each look means, and a button to hide or show it.

use super::moment::Shown;
use adversaria_protocol::{Scene, Stage};
use leptos::{either::EitherOf4, prelude::*};
use std::sync::Arc;

/// How a layer looks, in small.
#[derive(Clone, Copy)]
enum Swatch {
    /// A line: class of its colour, dash pattern, width.
    Line(&'static str, &'static str, &'static str),
    Dot,
    Cross,
    Tint,
    Arrows,
    Lattice,
    Rings,
}

#[derive(Clone, Copy)]
struct Entry {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    swatch: Swatch,
    slot: fn(&mut Shown) -> &mut bool,
}

const LINE: [Entry; 5] = [
    Entry {
        name: "data",
        label: "p_data",
        hint: "The density of the data, exact",
        swatch: Swatch::Line("real", "0.01 4.6", "2.6"),
        slot: |s| &mut s.line.data,
    },
    Entry {
        name: "model",
        label: "p_g",
        hint: "The density of what G makes, from a dense sweep of z",
        swatch: Swatch::Line("fake", "", "2.4"),
        slot: |s| &mut s.line.model,
    },
    Entry {
        name: "d",
        label: "D(x)",
        hint: "The discriminator: 1 is real, 0 is fake",
        swatch: Swatch::Line("d", "6 3.5", "2"),
        slot: |s| &mut s.line.d,
    },
    Entry {
        name: "d-optimal",
        label: "D*(x)",
        hint: "The best discriminator against this G: p_data / (p_data + p_g)",
        swatch: Swatch::Line("d", "", "1"),
        slot: |s| &mut s.line.optimal,
    },
    Entry {
        name: "arrows",
        label: "z → G(z)",
        hint: "Where G sends the quantiles of z; arrows crowd where p_g is high",
        swatch: Swatch::Arrows,
        slot: |s| &mut s.line.arrows,
    },
];

const PLANE: [Entry; 7] = [
    Entry {
        name: "real",
        label: "real",
        hint: "Samples of the data",
        swatch: Swatch::Dot,
        slot: |s| &mut s.plane.real,
    },
    Entry {
        name: "fake",
        label: "generated",
        hint: "G(z) for fixed z",
        swatch: Swatch::Cross,
        slot: |s| &mut s.plane.fake,
    },
    Entry {
        name: "field",
        label: "D: fake – real",
        hint: "D(x) as colour: orange looks fake, blue looks real, neutral is ½",
        swatch: Swatch::Tint,
        slot: |s| &mut s.plane.field,
    },
    Entry {
        name: "contour",
        label: "D = ½",
        hint: "Where D cannot tell real from fake",
        swatch: Swatch::Line("d", "", "1.8"),
        slot: |s| &mut s.plane.contour,
    },
    Entry {
        name: "pulls",
        label: "pull",
        hint: "Where G's loss pulls each fake, −∂loss/∂x; the longer, the stronger, on a fixed scale",
        swatch: Swatch::Line("pull", "", "1.6"),
        slot: |s| &mut s.plane.pulls,
    },
    Entry {
        name: "grid",
        label: "G's grid",
        hint: "A lattice in the latent plane, warped by G (needs a latent of two dimensions)",
        swatch: Swatch::Lattice,
        slot: |s| &mut s.plane.grid,
    },
    Entry {
        name: "density",
        label: "p_data",
        hint: "The density of the data at 5, 20, 50 and 80 % of its peak",
        swatch: Swatch::Rings,
        slot: |s| &mut s.plane.density,
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Line,
    Plane,
    Images,
}

/// The legend of what is on stage.
#[component]
pub fn Legend(
    /// What is on stage.
    scene: Signal<Option<Arc<Scene>>>,
    /// The layers to show, which the buttons change.
    shown: RwSignal<Shown>,
) -> impl IntoView {
    let kind = Memo::new(move |_| {
        scene.with(|scene| match scene.as_ref().map(|s| &s.stage) {
            None => Kind::None,
            Some(Stage::Line { .. }) => Kind::Line,
            Some(Stage::Plane { .. }) => Kind::Plane,
            Some(Stage::Images { .. }) => Kind::Images,
        })
    });
    let toggles = move |entries: &'static [Entry]| {
        entries.iter().map(|entry| view! { <Toggle entry=*entry shown=shown /> }).collect_view()
    };
    let body = move || match kind.get() {
        Kind::None => EitherOf4::A(()),
        Kind::Line => EitherOf4::B(toggles(&LINE)),
        Kind::Plane => EitherOf4::C(toggles(&PLANE)),
        Kind::Images => EitherOf4::D(view! {
            <p class="st-note">
                "frame: D takes it for "
                <span>"fake"</span><span class="st-ramp" aria-hidden="true"></span><span>"real"</span>
            </p>
        }),
    };
    view! { <div class="st-legend" role="group" aria-label="Layers of the stage">{body}</div> }
}

#[component]
fn Toggle(entry: Entry, shown: RwSignal<Shown>) -> impl IntoView {
    let on = Memo::new(move |_| {
        let mut now = shown.get();
        *(entry.slot)(&mut now)
    });
    let flip = move |_| {
        shown.update(|s| {
            let slot = (entry.slot)(s);
            *slot = !*slot;
        });
    };
    view! {
        <button type="button" class="st-layer" title=entry.hint data-testid=format!("layer-{}", entry.name)
            aria-pressed=move || if on.get() { "true" } else { "false" } on:click=flip>
            {swatch(entry.swatch)}
            <span>{entry.label}</span>
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
