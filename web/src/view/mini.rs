//! Live thumbnails of the game: the map that G is, what it makes, what is real, what D believes, both losses.

use std::sync::Arc;

use adversaria_plot::{Judge, Rgb, Theme, pull_length};
use adversaria_protocol::{Frame, Images, Line, Picture, Plane, Scene, Stage};
use leptos::{html, prelude::*};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::{page::Page, stage::judge::judge_of};

/// Pixels on a side; shown at half that, for dense screens.
const SIDE: f64 = 88.0;

/// How far from the middle of a thumbnail 1 lies in the plane, as a share of its side.
pub const REACH: f64 = 0.46;

/// So many samples are drawn.
pub const SHOWN: usize = 160;

/// The gradient's pull is drawn on so many of them, shorter than on stage by so much.
const PULLS: usize = 32;
const PULL_SCALE: f64 = 0.6;

/// Of what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The map from z to x: a warped lattice, or a curve.
    Generator,
    /// What D believes.
    Discriminator,
    /// What G makes.
    Fake,
    /// The data.
    Real,
    /// D's loss over the run.
    LossD,
    /// G's.
    LossG,
}

impl Subject {
    /// All of them, as the canvases are marked.
    pub const ALL: [(&'static str, Self); 6] = [
        ("g", Self::Generator),
        ("d", Self::Discriminator),
        ("fake", Self::Fake),
        ("real", Self::Real),
        ("loss-d", Self::LossD),
        ("loss-g", Self::LossG),
    ];

    fn name(self) -> Option<&'static str> {
        Self::ALL.iter().find(|(_, of)| *of == self).map(|(name, _)| *name)
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, of)| *of)
    }
}

/// A thumbnail that follows the run.
#[component]
pub fn Mini(
    /// The store.
    page: Page,
    /// Of what.
    of: Subject,
) -> impl IntoView {
    let node = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        let (frame, dark) = (page.game.get(), page.dark.get());
        let scene = page.scene.get_untracked();
        let Some(canvas) = node.get() else { return };
        let drawn = match of {
            Subject::LossD => {
                trend(&canvas, &page.series.with_value(|s| s.now().loss_d.points()), dark, of)
            }
            Subject::LossG => {
                trend(&canvas, &page.series.with_value(|s| s.now().loss_g.points()), dark, of)
            }
            _ => redraw(&canvas, scene, frame, of, dark),
        };
        if let Err(error) = drawn {
            leptos::logging::warn!("a thumbnail could not be drawn: {error:?}");
        }
    });
    // What it says comes later: `glance.rs`.
    view! { <canvas class="thumb" node_ref=node width=SIDE height=SIDE data-of=of.name() aria-hidden="true"></canvas> }
}

fn css(Rgb(r, g, b): Rgb, alpha: f64) -> String {
    format!("rgb({r} {g} {b} / {alpha})")
}

fn redraw(
    canvas: &HtmlCanvasElement,
    scene: Option<Arc<Scene>>,
    frame: Option<Arc<Frame>>,
    of: Subject,
    dark: bool,
) -> Result<(), JsValue> {
    let Some(context) = cleared(canvas)? else { return Ok(()) };
    let (Some(scene), Some(frame)) = (scene, frame) else { return Ok(()) };
    let theme = Theme::of(dark);
    match (&frame.picture, of) {
        (Picture::Line(line), Subject::Generator) => map(&context, line, &theme),
        (Picture::Line(line), of) => curves(&context, &scene, line, of, &theme),
        (Picture::Plane(plane), Subject::Discriminator) => {
            return field(canvas, plane, judge_of(&frame.spec), &theme);
        }
        (Picture::Plane(plane), Subject::Generator) if !plane.grid.is_empty() => {
            lattice(&context, &plane.grid, &theme);
        }
        (Picture::Plane(_), Subject::Real) => {
            if let Stage::Plane { real, .. } = &scene.stage {
                dots(&context, real, theme.real);
            }
        }
        (Picture::Plane(plane), _) => {
            dots(&context, &plane.fake, theme.fake);
            pulls(&context, plane, &theme);
        }
        (Picture::Images(images), Subject::Discriminator) => histogram(&context, images, &theme),
        (Picture::Images(images), of) => return pictures(canvas, &scene, images, of),
    }
    Ok(())
}

/// The canvas's context, with nothing on it.
fn cleared(canvas: &HtmlCanvasElement) -> Result<Option<CanvasRenderingContext2d>, JsValue> {
    let Some(context) = canvas.get_context("2d")? else { return Ok(None) };
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.clear_rect(0.0, 0.0, SIDE, SIDE);
    Ok(Some(context))
}

/// A loss over the run, between its least and its largest.
fn trend(
    canvas: &HtmlCanvasElement,
    points: &[(f64, f32)],
    dark: bool,
    of: Subject,
) -> Result<(), JsValue> {
    let Some(context) = cleared(canvas)? else { return Ok(()) };
    let theme = Theme::of(dark);
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    let ends = find_edges(points);
    let (width, height) = ((last.0 - first.0).max(1.0), (ends.1 - ends.0).max(1e-9));
    context.begin_path();
    for (x, y) in points {
        context.line_to(
            4.0 + (SIDE - 8.0) * (x - first.0) / width,
            SIDE - 8.0 - (SIDE - 16.0) * (f64::from(*y) - ends.0) / height,
        );
    }
    context.set_line_width(3.0);
    context
        .set_stroke_style_str(&css(if of == Subject::LossD { theme.d } else { theme.fake }, 1.0));
    context.stroke();
    Ok(())
}

/// The least and the largest loss.
pub fn find_edges(points: &[(f64, f32)]) -> (f64, f64) {
    points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), p| {
        (lo.min(p.1.into()), hi.max(p.1.into()))
    })
}

/// G as a curve: z to the right, G(z) upwards.
fn map(context: &CanvasRenderingContext2d, line: &Line, theme: &Theme) {
    let (Some(first), Some(last)) = (line.arrows.first(), line.arrows.last()) else { return };
    let width = f64::from(last.0 - first.0).max(1e-6);
    context.begin_path();
    for (z, x) in &line.arrows {
        let across = f64::from(z - first.0) / width;
        let up = (0.5 + f64::from(*x) / 6.0).clamp(0.0, 1.0);
        context.line_to(4.0 + (SIDE - 8.0) * across, SIDE - 4.0 - (SIDE - 8.0) * up);
    }
    context.set_line_width(4.0);
    context.set_stroke_style_str(&css(theme.fake, 1.0));
    context.stroke();
}

/// G's warped lattice, every other line.
fn lattice(context: &CanvasRenderingContext2d, grid: &[f32], theme: &Theme) {
    let lines = (grid.len() / 2).isqrt();
    let at = |row: usize, column: usize| {
        let k = 2 * (row * lines + column);
        let place = |v: f32| REACH * f64::from(v).clamp(-1.1, 1.1);
        (SIDE * (0.5 + place(grid[k])), SIDE * (0.5 - place(grid[k + 1])))
    };
    context.begin_path();
    for line in (0..lines).step_by(2) {
        for step in 0..lines {
            let (x, y) = at(line, step);
            if step == 0 { context.move_to(x, y) } else { context.line_to(x, y) }
        }
        for step in 0..lines {
            let (x, y) = at(step, line);
            if step == 0 { context.move_to(x, y) } else { context.line_to(x, y) }
        }
    }
    context.set_line_width(1.6);
    context.set_stroke_style_str(&css(theme.fake, 0.9));
    context.stroke();
}

fn curves(
    context: &CanvasRenderingContext2d,
    scene: &Scene,
    line: &Line,
    of: Subject,
    theme: &Theme,
) {
    let Stage::Line { p_data, .. } = &scene.stage else { return };
    let top = largest(&line.p_g).max(largest(p_data)).max(1e-6);
    let (values, top, ink) = match of {
        Subject::Discriminator => (&line.d, 1.0, theme.d),
        Subject::Real => (p_data, top, theme.real),
        _ => (&line.p_g, top, theme.fake),
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
    if of != Subject::Discriminator {
        context.set_fill_style_str(&css(ink, 0.22));
        context.fill();
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max)
}

fn dots(context: &CanvasRenderingContext2d, points: &[f32], ink: Rgb) {
    context.set_fill_style_str(&css(ink, 0.85));
    for point in points.chunks_exact(2).take(SHOWN) {
        let (x, y) = (f64::from(point[0]), f64::from(point[1]));
        if x.abs() < 1.2 && y.abs() < 1.2 {
            context.fill_rect(
                SIDE * (0.5 + REACH * x) - 1.6,
                SIDE * (0.5 - REACH * y) - 1.6,
                3.2,
                3.2,
            );
        }
    }
}

/// Where the gradient of G's loss pulls a few of the samples, on the scale of the stage.
fn pulls(context: &CanvasRenderingContext2d, plane: &Plane, theme: &Theme) {
    let stride = (plane.pulls.len() / 2 / PULLS).max(1);
    let pairs = plane.fake.chunks_exact(2).zip(plane.pulls.chunks_exact(2)).step_by(stride);
    context.begin_path();
    for (fake, pull) in pairs.filter(|(fake, _)| fake.iter().all(|v| v.abs() < 1.2)) {
        let magnitude = pull[0].hypot(pull[1]);
        if magnitude > 0.0 {
            let length = f64::from(pull_length(magnitude) / magnitude) * PULL_SCALE;
            let (x, y) = (
                SIDE * (0.5 + REACH * f64::from(fake[0])),
                SIDE * (0.5 - REACH * f64::from(fake[1])),
            );
            context.move_to(x, y);
            context.line_to(x + length * f64::from(pull[0]), y - length * f64::from(pull[1]));
        }
    }
    context.set_line_width(2.0);
    context.set_stroke_style_str(&css(theme.pull, 0.9));
    context.stroke();
}

/// How long those are, as the end of a sentence; empty when they are not watched.
pub fn pull_in_words(plane: &Plane) -> String {
    let lengths = plane.pulls.chunks_exact(2).map(|pull| pull[0].hypot(pull[1]));
    let count = lengths.len();
    let mean = lengths.sum::<f32>() / count as f32;
    if mean.is_finite() {
        format!("; the gradient of G's loss has length {mean:.2} there on average")
    } else {
        String::new()
    }
}

/// D's field as an image: blue where it says real, orange where it says fake, clear where it cannot tell.
fn field(
    canvas: &HtmlCanvasElement,
    plane: &Plane,
    judge: Judge,
    theme: &Theme,
) -> Result<(), JsValue> {
    let side = plane.field.len().isqrt();
    if side == 0 {
        return Ok(());
    }
    let size = SIDE as usize;
    let mut pixels = vec![0; size * size * 4];
    for (at, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        let (column, row) = (at % size * side / size, side - 1 - at / size * side / size);
        let belief = judge.centred(plane.field[row * side + column]);
        let ink = if belief > 0.5 { theme.field_real } else { theme.field_fake };
        let strength = (f32::from(u8::MAX) * 1.7 * (belief - 0.5).abs()).clamp(0.0, 255.0);
        pixel[..3].copy_from_slice(&[ink.0, ink.1, ink.2]);
        pixel[3] = strength as u8;
    }
    put(canvas, &pixels, size, size)
}

/// One image for G, four of what it makes, four real ones.
fn pictures(
    canvas: &HtmlCanvasElement,
    scene: &Scene,
    images: &Images,
    of: Subject,
) -> Result<(), JsValue> {
    let Stage::Images { width, height, real } = &scene.stage else { return Ok(()) };
    let (width, height, size) = (*width as usize, *height as usize, SIDE as usize);
    let (all, each) = match of {
        Subject::Generator => (&images.fake, 1),
        Subject::Real => (real, 2),
        _ => (&images.fake, 2),
    };
    if all.len() < each * each * width * height {
        return Ok(());
    }
    let mut pixels = vec![255; size * size * 4];
    for (at, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        let (y, x) = (at / size * height * each / size, at % size * width * each / size);
        let image = y / height * each + x / width;
        pixel[..3].fill(all[image * width * height + y % height * width + x % width]);
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
fn histogram(context: &CanvasRenderingContext2d, images: &Images, theme: &Theme) {
    for (scores, ink) in [(&images.real_score, theme.real), (&images.fake_score, theme.fake)] {
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
