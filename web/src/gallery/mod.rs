//! What can be asked of a run on images: neighbours among the training images, the latent space between generated ones,
//! and what D says of a drawing. Fetched later.

pub mod asking;
pub mod between;
pub mod draw;
pub mod nearest;
pub mod pad;
pub mod picture;
pub mod tally;

use std::sync::Arc;

use adversaria_core::images::to_bytes;
use adversaria_core::latent;
use adversaria_core::spec::{LatentLaw, OutputAct, RunSpec};
use adversaria_plot::{Judge, Rgb, Theme};
use adversaria_protocol::{Command, Frame, Images, Picture, Reply, Stage};
use leptos::prelude::*;

use crate::{page::Page, stage::judge::judge_of};
use asking::{NO_REST, follow};
use between::Between;
use draw::Draw;
use nearest::Nearest;
use pad::Pad;

/// What is shown of the gallery.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Nearest,
    Pad,
    Between,
    Draw,
}

impl Tab {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Nearest, "gallery-nearest", "Nearest real ones"),
        (Self::Pad, "gallery-pad", "Latent pad"),
        (Self::Between, "gallery-between", "Between two"),
        (Self::Draw, "gallery-draw", "Draw a digit"),
    ];
}

/// A run on images as the gallery sees it; a handle that is copied freely.
#[derive(Clone, Copy)]
pub struct Room {
    page: Page,
    /// Latents of the generated images on stage, `[n, dim of z]`.
    latents: RwSignal<Arc<[f32]>>,
}

/// What G made of latents that the gallery chose.
#[derive(Clone, Default, PartialEq)]
pub struct Made {
    /// `[n, height, width]`
    pixels: Vec<u8>,
    /// D of each.
    score: Vec<f32>,
}

impl Room {
    /// The run on stage, its latents not yet known.
    fn of(page: Page) -> Self {
        Self { page, latents: RwSignal::new(Arc::from([])) }
    }

    /// Pixels across and down.
    fn size(self) -> (usize, usize) {
        self.page.scene.with(|scene| match scene.as_ref().map(|scene| &scene.stage) {
            Some(Stage::Images { width, height, .. }) => (*width as usize, *height as usize),
            _ => (0, 0),
        })
    }

    fn pixels(self) -> usize {
        let (width, height) = self.size();
        width * height
    }

    /// The law and the dimension of z, and how G's numbers are pixels.
    fn law(self) -> (LatentLaw, usize, OutputAct) {
        self.page.spec.with(|spec| {
            let usual = RunSpec::default();
            let spec = spec.as_ref().unwrap_or(&usual);
            (spec.latent().law, spec.latent().dim as usize, spec.output())
        })
    }

    /// Something of the pictures that are read now.
    fn with<R>(self, look: impl FnOnce(&Images) -> R) -> Option<R> {
        self.page.figures.with(|frame| match frame.as_deref().map(|frame| &frame.picture) {
            Some(Picture::Images(images)) => Some(look(images)),
            _ => None,
        })
    }

    /// The generated image of this number, and D's word on it.
    fn fake(self, number: usize) -> Option<(Vec<u8>, f32)> {
        let size = self.pixels().max(1);
        self.with(|images| {
            let pixels = images.fake.chunks_exact(size).nth(number)?.to_vec();
            Some((pixels, images.fake_score.get(number).copied().unwrap_or(f32::NAN)))
        })?
    }

    fn judge(self) -> Judge {
        self.page
            .figures
            .with(|frame| frame.as_ref().map_or_else(Judge::default, |f| judge_of(&f.spec)))
    }

    /// The colour of D's word.
    fn verdict(self, score: f32) -> Rgb {
        Theme::of(self.page.dark.get()).verdict(self.judge().centred(score), 1.0)
    }

    /// D's word as a sentence would have it.
    fn said(self, score: f32) -> String {
        let judge = self.judge();
        let side = if judge.centred(score) < 0.5 { "fake" } else { "real" };
        format!("{} = {score:.2}, {side}", judge.name())
    }

    /// Mixtures of the latents of these generated images, one for each row of weights: what [`Command::Generate`] takes.
    fn mixtures(self, numbers: &[usize], weights: &[&[f32]]) -> Option<Vec<f32>> {
        let (law, dim, _) = self.law();
        self.latents.with(|latents| {
            let one = |number: &usize| latents.get(number * dim..(number + 1) * dim);
            let corners: Vec<&[f32]> = numbers.iter().map(one).collect::<Option<_>>()?;
            Some(weights.iter().flat_map(|w| latent::mix(law, &corners, w)).collect())
        })
    }

    /// Keeps in `made` what G makes of such mixtures, as long as the component lives: again when the run has gone on,
    /// another image is chosen, or what `weights` reads changes.
    fn generate(
        self,
        made: RwSignal<Made>,
        weights: impl Fn() -> (Vec<usize>, Vec<Vec<f32>>) + Copy + 'static,
    ) -> RwSignal<Option<String>> {
        let watch = move || {
            self.page.figures.track();
            self.latents.track();
            weights();
        };
        let question = move || {
            let (numbers, rows) = weights();
            let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
            let z = self.mixtures(&numbers, &rows)?;
            Some(move |id| Command::Generate { id, z })
        };
        follow(self.page, NO_REST, watch, question, move |reply| {
            if let Reply::Generated { x, score } = reply {
                let output = untrack(|| self.law().2);
                let _gone = made.try_set(Made { pixels: to_bytes(&x, output), score });
            }
        })
    }
}

/// The gallery, under the walls of images.
#[component]
pub fn Gallery(
    /// The store.
    page: Page,
) -> impl IntoView {
    let room = Room::of(page);
    let watch = move || page.scene.track();
    let fault = follow(
        page,
        NO_REST,
        watch,
        || Some(|id| Command::Latents { id }),
        move |reply| {
            if let Reply::Values(latents) = reply {
                room.latents.set(latents.into());
            }
        },
    );
    let tab = RwSignal::new(Tab::Nearest);
    let buttons = Tab::ALL.map(|(of, id, name)| {
        view! {
            <button data-testid=id aria-pressed=move || (tab.get() == of).to_string() on:click=move |_| tab.set(of)>{name}</button>
        }
    });
    view! {
        <style>{include_str!("gallery.css")}</style>
        <section class="gallery" aria-label="About these images" data-testid="gallery">
            <div class="tools" role="group" aria-label="What to look at">{buttons.into_iter().collect_view()}</div>
            {move || match tab.get() {
                Tab::Nearest => view! { <Nearest room=room /> }.into_any(),
                Tab::Pad => view! { <Pad room=room /> }.into_any(),
                Tab::Between => view! { <Between room=room /> }.into_any(),
                Tab::Draw => view! { <Draw room=room /> }.into_any(),
            }}
            <Fault fault=fault />
        </section>
    }
}

/// Why there is no answer, where there is none.
#[component]
fn Fault(fault: RwSignal<Option<String>>) -> impl IntoView {
    move || fault.get().map(|sentence| view! { <p class="hint" role="status">{sentence}</p> })
}

/// A digit with its article.
fn digit(class: u8) -> String {
    format!("{} {class}", if class == 8 { "an" } else { "a" })
}

/// The iteration of a frame.
fn iteration(frame: &Option<Arc<Frame>>) -> u64 {
    frame.as_ref().map_or(0, |frame| frame.metrics.iteration)
}
