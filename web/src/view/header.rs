//! The top: the name, the data sets, the transport and the counters.

use adversaria_core::spec::{Data, DataKind};
use leptos::prelude::*;

use super::{thumb::DataThumb, transport::Transport};
use crate::page::{OwnWish, Page};

/// The top of the page.
#[component]
pub fn Header(
    /// The store.
    page: Page,
) -> impl IntoView {
    view! {
        <header class="top">
            <h1>"Adver"<span>"saria"</span></h1>
            <nav class="data-sets" aria-label="Data">
                <DataGroup page=page kind=DataKind::Line name="1D" />
                <DataGroup page=page kind=DataKind::Plane name="2D" />
                <DataGroup page=page kind=DataKind::Images name="Images" />
                <OwnGroup page=page />
            </nav>
            <Transport page=page />
            <Counters page=page />
        </header>
    }
}

#[component]
fn DataGroup(page: Page, kind: DataKind, name: &'static str) -> impl IntoView {
    let sets = Data::ALL.iter().copied().filter(move |data| data.kind() == kind && !data.is_own());
    let buttons = sets.map(|data| {
        let chosen = Memo::new(move |_| page.spec.with(|s| s.as_ref().is_some_and(|s| s.data() == data)));
        view! {
            <button class="data-set" data-testid=format!("data-{}", data.name()) aria-pressed=move || chosen.get().to_string()
                title=title(data) aria-label=title(data) on:click=move |_| page.choose_data(data)>
                <DataThumb data=data />
            </button>
        }
    });
    view! { <div class="data-group" role="group" aria-label=name>{buttons.collect_view()}</div> }
}

/// Data of the user's own: each opens its editor.
#[component]
fn OwnGroup(page: Page) -> impl IntoView {
    let of = |data: Data, wish: OwnWish, title: &'static str| {
        let thumb = move |chosen: Data| if chosen == Data::Column { Data::File } else { chosen };
        let chosen = Memo::new(move |_| {
            page.spec.with(|s| s.as_ref().is_some_and(|s| thumb(s.data()) == data))
        });
        view! {
            <button class="data-set" data-testid=format!("data-{}", data.name()) aria-pressed=move || chosen.get().to_string()
                aria-haspopup="dialog" title=title aria-label=title on:click=move |_| page.own.set(Some(wish.clone()))>
                <DataThumb data=data />
            </button>
        }
    };
    view! {
        <div class="data-group" role="group" aria-label="Your own">
            {of(Data::Drawn, OwnWish::Draw, "Draw points in the plane")}
            {of(Data::Curve, OwnWish::Curve, "Draw a density on the line")}
            {of(Data::File, OwnWish::Rows, "Open a file of numbers, or paste rows")}
        </div>
    }
}

/// A data set's name and what it is.
pub fn title(data: Data) -> &'static str {
    match data {
        Data::Gaussian1d => "gaussian1d: one bell",
        Data::Bimodal => "bimodal: two bells",
        Data::Trimodal => "trimodal: three unequal bells",
        Data::Uniform1d => "uniform1d: flat on [−1, 1]",
        Data::Laplace => "laplace: a sharp peak with long tails",
        Data::Dirac => "dirac: the smallest GAN, two numbers",
        Data::Curve => "curve: a density that you draw",
        Data::Column => "column: the numbers of your file",
        Data::Drawn => "drawn: points that you draw",
        Data::File => "file: the rows of your file",
        Data::Segment => "line: a noisy segment",
        Data::Gaussians => "gaussians: two unequal blobs",
        Data::Ring => "ring: a circle with noise",
        Data::Disjoint => "disjoint: three separate blobs",
        Data::Ring8 => "ring8: eight blobs on a circle",
        Data::Grid25 => "grid25: five by five blobs",
        Data::SwissRoll => "swissroll: a roll",
        Data::Moons => "moons: two half circles",
        Data::Spiral => "spiral: two arms",
        Data::Checkerboard => "checkerboard: the dark squares",
        Data::Mnist => "mnist: handwritten digits",
    }
}

#[component]
fn Counters(page: Page) -> impl IntoView {
    let iteration =
        Memo::new(move |_| page.figures.with(|f| f.as_ref().map_or(0, |f| f.metrics.iteration)));
    let rate = Memo::new(move |_| {
        page.figures.with(|f| f.as_ref().map_or(0.0, |f| f.rate)).round() as u64
    });
    let backend = Memo::new(move |_| {
        page.scene.with(|s| s.as_ref().map(|s| (s.backend.clone(), s.adapter.clone())))
    });
    let backend_name = move || backend.get().map(|(name, _)| name).unwrap_or_default();
    let place = move || match backend_name().as_str() {
        "cpu" => "CPU",
        "webgpu" => "WebGPU",
        _ => "…",
    };
    let adapter =
        move || backend.get().map_or_else(|| "starting".to_owned(), |(_, adapter)| adapter);
    view! {
        <dl class="counters">
            <div>
                <dd class="figure" data-testid="iteration" data-value=move || iteration.get().to_string()>
                    {move || grouped(iteration.get())}
                </dd>
                <dt>"iterations"</dt>
            </div>
            <div>
                <dd class="figure" data-testid="iterations-per-second" data-value=move || rate.get().to_string()>
                    {move || grouped(rate.get())}
                </dd>
                <dt title="Iterations per second">"it/s"</dt>
            </div>
            <div data-testid="backend" data-value=backend_name title=adapter>
                <dd class="figure place">{place}</dd>
                <dt>{adapter}</dt>
            </div>
        </dl>
    }
}

/// Digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
