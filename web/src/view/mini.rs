//! Live thumbnails of the players: what G makes, what D believes.

use std::sync::Arc;

use adversaria_protocol::{Frame, Images, Line, Picture, Plane, Scene, Stage};
use leptos::{html, prelude::*};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::page::Page;

/// Pixels on a side; shown at half that, for dense screens.
const SIDE: f64 = 88.0;

/// Whose thumbnail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// What it makes.
    Generator,
    /// What it believes.
    Discriminator,
}

/// A thumbnail that follows the run.
#[component]
pub fn Mini(
    /// The store.
    page: Page,
    /// Whose.
    player: Player,
) -> impl IntoView {
    let node = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        let (frame, dark) = (page.figures.get(), page.dark.get());
        let scene = page.scene.get_untracked();
        let Some(canvas) = node.get() else { return };
        if let Err(error) = redraw(&canvas, scene, frame, player, dark) {
            leptos::logging::warn!("a thumbnail could not be drawn: {error:?}");
        }
    });
    view! { <canvas class="thumb" node_ref=node width=SIDE height=SIDE aria-hidden="true"></canvas> }
}

/// Okabe-Ito orange and the page's purple, and blue, as red, green, blue.
struct Inks {
    fake: [u8; 3],
    d: [u8; 3],
    real: [u8; 3],
}

fn inks(dark: bool) -> Inks {
    if dark {
        Inks { fake: [242, 178, 62], d: [190, 152, 240], real: [86, 180, 233] }
    } else {
        Inks { fake: [214, 140, 0], d: [108, 58, 160], real: [0, 114, 178] }
    }
}

fn css([r, g, b]: [u8; 3], alpha: f64) -> String {
    format!("rgb({r} {g} {b} / {alpha})")
}

fn redraw(
    canvas: &HtmlCanvasElement,
    scene: Option<Arc<Scene>>,
    frame: Option<Arc<Frame>>,
    player: Player,
    dark: bool,
) -> Result<(), JsValue> {
    let Some(context) = canvas.get_context("2d")? else { return Ok(()) };
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.clear_rect(0.0, 0.0, SIDE, SIDE);
    let (Some(scene), Some(frame)) = (scene, frame) else { return Ok(()) };
    let inks = inks(dark);
    match (&frame.picture, player) {
        (Picture::Line(line), player) => curves(&context, &scene, line, player, &inks),
        (Picture::Plane(plane), Player::Generator) => dots(&context, plane, &inks),
        (Picture::Plane(plane), Player::Discriminator) => return field(canvas, plane, &inks),
        (Picture::Images(images), Player::Generator) => return picture(canvas, &scene, images),
        (Picture::Images(images), Player::Discriminator) => histogram(&context, images, &inks),
    }
    Ok(())
}

fn curves(
    context: &CanvasRenderingContext2d,
    scene: &Scene,
    line: &Line,
    player: Player,
    inks: &Inks,
) {
    let (values, top, ink) = match player {
        Player::Generator => {
            let data_top =
                if let Stage::Line { p_data, .. } = &scene.stage { largest(p_data) } else { 0.0 };
            (&line.p_g, largest(&line.p_g).max(data_top).max(1e-6), inks.fake)
        }
        Player::Discriminator => (&line.d, 1.0, inks.d),
    };
    let count = values.len().max(2) - 1;
    context.begin_path();
    for (at, value) in values.iter().enumerate() {
        let x = 4.0 + (SIDE - 8.0) * at as f64 / count as f64;
        let y = SIDE - 8.0 - (SIDE - 18.0) * f64::from(value / top).clamp(0.0, 1.0);
        context.line_to(x, y);
    }
    context.set_line_width(4.0);
    context.set_stroke_style_str(&css(ink, 1.0));
    context.stroke();
    if player == Player::Generator {
        context.set_fill_style_str(&css(ink, 0.22));
        context.fill();
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max)
}

fn dots(context: &CanvasRenderingContext2d, plane: &Plane, inks: &Inks) {
    context.set_fill_style_str(&css(inks.fake, 0.85));
    for point in plane.fake.chunks_exact(2).take(160) {
        let (x, y) = (f64::from(point[0]), f64::from(point[1]));
        if x.abs() < 1.2 && y.abs() < 1.2 {
            context.fill_rect(
                SIDE * (0.5 + 0.46 * x) - 1.6,
                SIDE * (0.5 - 0.46 * y) - 1.6,
                3.2,
                3.2,
            );
        }
    }
}

/// D's field as an image: blue where it says real, orange where it says fake, clear at ½.
fn field(canvas: &HtmlCanvasElement, plane: &Plane, inks: &Inks) -> Result<(), JsValue> {
    let side = plane.field.len().isqrt();
    if side == 0 {
        return Ok(());
    }
    let size = SIDE as usize;
    let mut pixels = vec![0; size * size * 4];
    for (at, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        let (column, row) = (at % size * side / size, side - 1 - at / size * side / size);
        let belief = plane.field[row * side + column];
        let ink = if belief > 0.5 { inks.real } else { inks.fake };
        let strength = (f32::from(u8::MAX) * 1.7 * (belief - 0.5).abs()).clamp(0.0, 255.0);
        pixel[..3].copy_from_slice(&ink);
        pixel[3] = strength as u8;
    }
    put(canvas, &pixels, size, size)
}

fn picture(canvas: &HtmlCanvasElement, scene: &Scene, images: &Images) -> Result<(), JsValue> {
    let Stage::Images { width, height, .. } = scene.stage else { return Ok(()) };
    let (width, height, size) = (width as usize, height as usize, SIDE as usize);
    let Some(image) = images.fake.get(..width * height) else { return Ok(()) };
    let mut pixels = vec![255; size * size * 4];
    for (at, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        let grey = image[at / size * height / size * width + at % size * width / size];
        pixel[..3].fill(grey);
    }
    put(canvas, &pixels, size, size)
}

fn put(
    canvas: &HtmlCanvasElement,
    pixels: &[u8],
    width: usize,
    height: usize,
) -> Result<(), JsValue> {
    let Some(context) = canvas.get_context("2d")? else { return Ok(()) };
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let image =
        ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width as u32, height as u32)?;
    context.put_image_data(&image, 0.0, 0.0)
}

/// D of real and of generated images, in ten bins from 0 to 1.
fn histogram(context: &CanvasRenderingContext2d, images: &Images, inks: &Inks) {
    for (scores, ink) in [(&images.real_score, inks.real), (&images.fake_score, inks.fake)] {
        let mut bins = [0_u32; 10];
        for score in scores {
            bins[((score * 10.0) as usize).min(9)] += 1;
        }
        context.set_fill_style_str(&css(ink, 0.7));
        for (at, count) in bins.iter().enumerate() {
            let tall = (SIDE - 12.0) * f64::from(*count) / scores.len().max(1) as f64;
            context.fill_rect(6.0 + 7.6 * at as f64, SIDE - 6.0 - tall, 6.6, tall);
        }
    }
}
