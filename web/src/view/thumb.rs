//! Small drawings of the data sets, made from the shapes that define them.

use adversaria_core::spec::Data;
use adversaria_protocol::{Command, Reply};
use leptos::prelude::*;
use std::{f64::consts::TAU, fmt::Write as _};

use crate::page::Page;

/// A data set as a drawing of 32 × 32: a curve for 1D, dots for 2D, strokes for images.
#[component]
pub fn DataThumb(
    /// Which.
    data: Data,
) -> impl IntoView {
    let (class, path) = match outline(data) {
        Art::Curve(path) => ("thumb curve", path),
        Art::Dots(dots) => ("thumb dots", dotted(&dots)),
        Art::Strokes(path) => ("thumb strokes", path.to_owned()),
    };
    view! {
        <svg class=class viewBox="0 0 32 32" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}

enum Art {
    Curve(String),
    Dots(Vec<(f64, f64)>),
    Strokes(&'static str),
}

fn outline(data: Data) -> Art {
    let bell = |x: f64, at: f64, wide: f64| (-((x - at) / wide).powi(2) / 2.0).exp();
    match data {
        Data::Gaussian1d => curve(|x| bell(x, 0.1, 0.22)),
        Data::Bimodal => curve(|x| bell(x, -0.45, 0.16) + bell(x, 0.45, 0.16)),
        Data::Trimodal => {
            curve(|x| 0.8 * bell(x, -0.6, 0.11) + 0.75 * bell(x, 0.0, 0.14) + bell(x, 0.6, 0.09))
        }
        Data::Uniform1d => Art::Curve("M2 26H8V9H24V26H30".into()),
        Data::Laplace => curve(|x| (-(x.abs()) / 0.17).exp()),
        Data::Segment => dots(40, |t, a, b| (1.5 * t - 0.75 + 0.05 * a, 1.1 * t - 0.55 + 0.05 * b)),
        Data::Gaussians => dots(56, |t, a, b| {
            if t < 0.5 {
                (-0.4 + 0.2 * a, 0.4 + 0.2 * b)
            } else {
                (0.4 + 0.09 * a, -0.2 + 0.36 * b)
            }
        }),
        Data::Ring => dots(52, |t, a, b| {
            (0.68 * (TAU * t).cos() + 0.05 * a, 0.68 * (TAU * t).sin() + 0.05 * b)
        }),
        Data::Disjoint => dots(48, |t, a, b| {
            let at = [(-0.55, -0.5), (0.6, -0.25), (-0.1, 0.6)][(t * 2.999) as usize];
            (at.0 + 0.12 * a, at.1 + 0.12 * b)
        }),
        Data::Ring8 => dots(56, |t, a, b| {
            let turn = TAU * (t * 8.0).floor() / 8.0;
            (0.74 * turn.cos() + 0.06 * a, 0.74 * turn.sin() + 0.06 * b)
        }),
        Data::Grid25 => dots(25, |t, _, _| {
            let cell = (t * 24.0).round();
            (0.36 * (cell % 5.0) - 0.72, 0.36 * (cell / 5.0).floor() - 0.72)
        }),
        Data::SwissRoll => dots(60, |t, a, b| {
            let (turn, radius) = (TAU * (0.2 + 1.5 * t), 0.15 + 0.65 * t);
            (radius * turn.cos() + 0.03 * a, radius * turn.sin() + 0.03 * b)
        }),
        Data::Moons => dots(56, |t, a, b| {
            let (side, half) = (if t < 0.5 { 1.0 } else { -1.0 }, TAU * (t % 0.5));
            (
                side * (0.5 * half.cos() - 0.22) + 0.04 * a,
                side * (0.55 * half.sin() - 0.13) + 0.04 * b,
            )
        }),
        Data::Spiral => dots(60, |t, a, b| {
            let (side, along) = (if t < 0.5 { 1.0 } else { -1.0 }, 2.0 * (t % 0.5));
            let (turn, radius) = (TAU * along, 0.08 + 0.75 * along);
            (side * radius * turn.cos() + 0.02 * a, side * radius * turn.sin() + 0.02 * b)
        }),
        Data::Checkerboard => Art::Dots(
            (0..64_u32)
                .map(|i| (i % 8, i / 8))
                .filter(|(x, y)| (x / 2 + y / 2) % 2 == 0)
                .map(|(x, y)| (0.23 * f64::from(x) - 0.8, 0.23 * f64::from(y) - 0.8))
                .collect(),
        ),
        Data::Drawn => Art::Strokes("M6 27L8 20L21 7L25 11L12 24L6 27M18 10L22 14"),
        // A spike at 0 and one that is elsewhere.
        Data::Dirac => Art::Curve("M2 26H15V5H17V26H23V14H25V26H30".into()),
        Data::Curve => Art::Strokes("M3 26C8 26 8 8 13 8C17 8 16 20 20 20C24 20 23 26 29 26"),
        Data::File | Data::Column => Art::Strokes("M8 5H20L25 10V27H8ZM12 14H21M12 18H21M12 22H21"),
        Data::Mnist => Art::Strokes(
            "M9 9C13 5 20 6 19 11C19 14 16 15 13 15C17 15 21 17 20 22C19 27 11 27 8 23",
        ),
    }
}

fn curve(height: impl Fn(f64) -> f64) -> Art {
    let mut path = String::new();
    for step in 0..=56 {
        let x = f64::from(step) / 28.0 - 1.0;
        let letter = if step == 0 { 'M' } else { 'L' };
        append(
            &mut path,
            format_args!("{letter}{:.1} {:.1}", 16.0 + 14.0 * x, 26.0 - 20.0 * height(x)),
        );
    }
    Art::Curve(path)
}

/// `place(t, a, b)` with t from 0 to 1 along the shape and a, b a fixed scatter of about unit width.
fn dots(count: u32, place: impl Fn(f64, f64, f64) -> (f64, f64)) -> Art {
    // Sums of three hashes: bell-like, and the same drawing every time.
    let scatter = |i: u32, k: u32| 1.4 * (k..k + 3).map(|j| hashed(i * 8 + j)).sum::<f64>() - 2.1;
    let all = (0..count).map(|i| {
        place(f64::from(i) / f64::from(count.max(2) - 1).max(1.0), scatter(i, 0), scatter(i, 4))
    });
    Art::Dots(all.collect())
}

/// A number of [0, 1) that looks random (the finaliser of MurmurHash3).
fn hashed(at: u32) -> f64 {
    let mut bits = (at + 1).wrapping_mul(0x9e37_79b9);
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x85eb_ca6b);
    bits = (bits ^ (bits >> 13)).wrapping_mul(0xc2b2_ae35);
    f64::from((bits ^ (bits >> 16)) >> 8) / f64::from(1 << 24)
}

fn dotted(dots: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (x, y) in dots {
        append(&mut path, format_args!("M{:.1} {:.1}h0", 16.0 + 15.0 * x, 16.0 - 15.0 * y));
    }
    path
}

fn append(path: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    path.write_fmt(part).unwrap_or_default();
}

/// Latents of the samples on stage, as dots over their first two coordinates: those that G is drawn with.
#[component]
pub fn LatentThumb(
    /// The store.
    page: Page,
) -> impl IntoView {
    let path = RwSignal::new(String::new());
    let (law, dim) = latent(page);
    Effect::new(move |_| {
        page.scene.track();
        let asked_of = page.loads.get_value();
        page.ask_quietly(
            |id| Command::Latents { id },
            move |answer| {
                if let Ok(Reply::Values(z)) = answer
                    && page.loads.get_value() == asked_of
                {
                    let _gone = path.try_set(dotted(&latent_dots(
                        &z,
                        dim.get_untracked(),
                        law.get_untracked(),
                    )));
                }
            },
        );
    });
    view! {
        <svg class="thumb dots latent" viewBox="0 0 32 32" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}

/// Whether z is uniform, and how many coordinates it has.
fn latent(page: Page) -> (Signal<bool>, Signal<usize>) {
    let uniform = Signal::derive(move || page.text("z").starts_with("uniform"));
    let dim = Signal::derive(move || {
        page.text("z").split(':').nth(1).and_then(|dim| dim.parse().ok()).unwrap_or(1)
    });
    (uniform, dim)
}

/// How far the drawing of z reaches.
const fn latent_reach(uniform: bool) -> f64 {
    if uniform { 1.2 } else { 2.5 }
}

/// The coordinate of z at a share of the drawing's side.
pub fn latent_coordinate(share: f64, uniform: bool) -> f64 {
    latent_reach(uniform) * (32.0 * share - 16.0) / 15.0
}

/// The first sixty latents `[n, dim]` within the drawing: uniform ones on ±1, normal ones up to 2.5 standard deviations.
fn latent_dots(z: &[f32], dim: usize, uniform: bool) -> Vec<(f64, f64)> {
    let place = |x: f32| (f64::from(x) / latent_reach(uniform)).clamp(-1.0, 1.0);
    // Of a sweep over one coordinate, dots from end to end.
    let stride = if dim == 1 { z.len().div_ceil(60).max(1) } else { 1 };
    let dots = z.chunks_exact(dim.max(1)).step_by(stride).take(60).zip(0..);
    dots.map(|(z, i)| (place(z[0]), z.get(1).map_or(0.6 * hashed(i) - 0.3, |y| place(*y))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::latent_dots;

    #[test]
    fn dots_are_the_latents_themselves() {
        assert_eq!(latent_dots(&[1.5, -0.75, 0.0, 9.0], 2, true), [(1.0, -0.625), (0.0, 1.0)]);
        let line: Vec<f32> = (0..600_u16).map(|i| f32::from(i) / 240.0 - 1.25).collect();
        let dots = latent_dots(&line, 1, false);
        assert_eq!(dots.len(), 60);
        assert!(dots[0].0 == -0.5 && dots.windows(2).all(|pair| pair[0].0 < pair[1].0), "{dots:?}");
        assert!(dots.iter().all(|dot| dot.1.abs() <= 0.3));
    }
}
