//! What the thumbnails of the game and the charts say: the value under the pointer, and all of them in a sentence for
//! who does not see them. Fetched after the first pictures.

use std::time::Duration;

use adversaria_core::spec::{Latent, LatentLaw};
use adversaria_plot::{Judge, Points, cell_of, iteration_at, lattice};
use adversaria_protocol::{Frame, Images, Line, Metrics, Picture, Plane, Scene, Stage};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlCanvasElement, PointerEvent};

use super::{
    header::grouped,
    mini::{REACH, SHOWN, Subject, find_edges, pull_in_words},
    thumb::latent_coordinate,
};
use crate::{
    own::share,
    page::Page,
    stage::{Series, chart::Topic, judge::judge_of, moment::number},
};

/// Names change no more often than this.
const SAID: Duration = Duration::from_secs(5);

/// A value in one line needs so many CSS pixels.
const LINE: f64 = 32.0;

/// What can be pointed at.
#[derive(Clone, PartialEq)]
enum Target {
    Thumbnail(Subject),
    /// So many CSS pixels wide.
    Chart(Topic, f64),
    /// A figure, and what it is in words.
    Figure(String),
    /// The drawing of z.
    Latent,
    /// A picture that knows its values, by the test id of its canvas.
    Picture(String),
}

/// The drawing of z.
const LATENT: &str = "svg.latent";

/// Figures that say by their title what they are.
const FIGURES: &str = ".norm, .scores [title], .st-figures [title]";

/// Where the pointer is: in which picture, from 0 to 1 from its left and its top, and where a value has room.
#[derive(Clone, PartialEq)]
struct Pointed {
    of: Target,
    at: (f64, f64),
    style: String,
}

/// Says what the thumbnails show; it has no room of its own.
#[component]
pub fn Glance(
    /// The store.
    page: Page,
) -> impl IntoView {
    let pointed = RwSignal::new(None);
    let point = move |event: PointerEvent| {
        let now = pointed_at(&event);
        if pointed.with_untracked(|before| *before != now) {
            pointed.set(now);
        }
    };
    let moves = window_event_listener(leptos::ev::pointermove, point);
    let taps = window_event_listener(leptos::ev::pointerdown, point);
    // What was pointed at moves away under a pointer that rests.
    let leave = move || {
        if pointed.with_untracked(Option::is_some) {
            pointed.set(None);
        }
    };
    let wheels = window_event_listener(leptos::ev::wheel, move |_| leave());
    let scrolls = window_event_listener(leptos::ev::scroll, move |_| leave());
    let escapes = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && pointed.with_untracked(Option::is_some) {
            event.prevent_default();
            leave();
        }
    });
    let said = set_interval_with_handle(move || name_all(page), SAID);
    on_cleanup(move || {
        moves.remove();
        taps.remove();
        wheels.remove();
        scrolls.remove();
        escapes.remove();
        if let Ok(said) = said {
            said.clear();
        }
    });
    let arrived = Memo::new(move |_| page.game.with(Option::is_some));
    Effect::new(move |_| {
        if arrived.get() {
            name_all(page);
        }
    });
    let value = move || {
        let Pointed { of, at, style } = pointed.get()?;
        page.game.track();
        let text = match &of {
            Target::Picture(id) => {
                let all = page.tellers.get_value();
                all.iter().find(|(known, _)| known == id)?.1.run(at)?
            }
            Target::Latent => page.spec.with(|spec| Some(density(spec.as_ref()?.latent(), at)))?,
            _ => with_moment(page, |moment| moment.value(&of, at))??,
        };
        Some(
            view! { <p class="glance" data-testid="glance" style=style aria-hidden="true">{text}</p> },
        )
    };
    view! { {value} }
}

fn pointed_at(event: &PointerEvent) -> Option<Pointed> {
    let on: Element = event.target()?.dyn_into().ok()?;
    let canvas: HtmlCanvasElement = match on.dyn_into() {
        Ok(canvas) => canvas,
        Err(other) => return latent(event, &other).or_else(|| touched(event, &other)),
    };
    let room = canvas.get_bounding_client_rect();
    let of = match canvas.get_attribute("data-of") {
        Some(name) => Target::Thumbnail(Subject::named(&name)?),
        None => {
            let id = canvas.get_attribute("data-testid")?;
            match Topic::named(&id) {
                Some(topic) => Target::Chart(topic, room.width()),
                None => Target::Picture(id),
            }
        }
    };
    let upper = matches!(
        of,
        Target::Thumbnail(Subject::Generator | Subject::Discriminator | Subject::Fake)
    );
    Some(Pointed { of, at: within(event, &canvas), style: place(upper, &canvas) })
}

/// Where a pointer is in an element, from 0 to 1 from its left and its top, the ends left out.
fn within(event: &PointerEvent, element: &Element) -> (f64, f64) {
    let (right, down) = share(event, element);
    (right.min(0.999), down.min(0.999))
}

/// The drawing of z, which is not on a canvas.
fn latent(event: &PointerEvent, on: &Element) -> Option<Pointed> {
    let drawing = on.closest(LATENT).ok()??;
    Some(Pointed { of: Target::Latent, at: within(event, &drawing), style: place(true, &drawing) })
}

/// A figure under a finger, which cannot rest on it until the browser shows the title.
fn touched(event: &PointerEvent, on: &Element) -> Option<Pointed> {
    if event.pointer_type() != "touch" {
        return None;
    }
    let figure = on.closest(FIGURES).ok()??;
    let of = Target::Figure(figure.get_attribute("title")?);
    let (_, tall) = window_size();
    let upper = figure.get_bounding_client_rect().bottom() > tall / 2.0;
    Some(Pointed { of, at: (0.0, 0.0), style: place(upper, &figure) })
}

/// The window's width and height, CSS pixels.
fn window_size() -> (f64, f64) {
    document().document_element().map_or((0.0, 0.0), |page| {
        (f64::from(page.client_width()), f64::from(page.client_height()))
    })
}

/// Where a value has room: above the nodes of the upper row and below all others, so that it covers no other node's name;
/// from the left edge of its picture on, or up to the right one, whichever is farther from the window's.
fn place(upper: bool, picture: &Element) -> String {
    let (wide, tall) = window_size();
    let node = picture.closest(".node, .made").ok().flatten();
    let room = node.as_ref().unwrap_or(picture).get_bounding_client_rect();
    let picture = picture.get_bounding_client_rect();
    let across = if picture.left() + picture.right() > wide {
        format!("right:{:.0}px", (wide - picture.right()).max(8.0))
    } else {
        format!("left:{:.0}px", picture.left().max(8.0))
    };
    if upper && room.top() > LINE {
        format!("{across};bottom:{:.0}px", tall - room.top() + 4.0)
    } else {
        format!("{across};top:{:.0}px", room.bottom() + 4.0)
    }
}

fn name_all(page: Page) {
    let named = with_moment(page, |moment| {
        for (mark, of) in Subject::ALL {
            name(&format!("canvas[data-of={mark}]"), &moment.summary(of))?;
        }
        Topic::ALL.into_iter().try_for_each(|(id, topic)| {
            name(&format!("[data-testid={id}]"), &moment.chart_in_words(topic))
        })
    });
    if let Some(Err(error)) = named {
        leptos::logging::warn!("no name was given: {error:?}");
    }
}

/// Names a canvas as an image.
fn name(selector: &str, name: &str) -> Result<(), JsValue> {
    let Some(canvas) = document().query_selector(selector)? else { return Ok(()) };
    canvas.set_attribute("role", "img")?;
    canvas.set_attribute("aria-label", name)?;
    canvas.remove_attribute("aria-hidden")
}

/// What the thumbnails show now, if there is anything.
fn with_moment<R>(page: Page, look: impl FnOnce(&Moment<'_>) -> R) -> Option<R> {
    let (scene, frame) = (page.scene.get_untracked()?, page.game.get_untracked()?);
    page.series.with_value(|series| {
        let judge = judge_of(&frame.spec);
        Some(look(&Moment { scene: &scene, frame: &frame, series: series.now(), judge }))
    })
}

/// All that thumbnails are drawn from.
struct Moment<'a> {
    scene: &'a Scene,
    frame: &'a Frame,
    series: &'a Series,
    judge: Judge,
}

impl Moment<'_> {
    /// The value at a place.
    fn value(&self, of: &Target, at: (f64, f64)) -> Option<String> {
        match of {
            Target::Thumbnail(of) => self.on_thumbnail(*of, at),
            Target::Chart(topic, width) => self.on_chart(*topic, at.0, *width),
            Target::Figure(words) => Some(words.clone()),
            Target::Latent | Target::Picture(_) => None,
        }
    }

    /// The curves of a chart by their names.
    fn curves(&self, topic: Topic) -> [(&'static str, Vec<(f64, f32)>); 2] {
        let Series { value, value_optimal, loss_d, loss_g, .. } = self.series;
        match topic {
            Topic::Value => [("V(D, G)", value.points()), ("V(D*, G)", value_optimal.points())],
            Topic::Losses => [("loss of D", loss_d.points()), ("of G", loss_g.points())],
        }
    }

    /// The curves where the pointer is, each at its own nearest iteration.
    fn on_chart(&self, topic: Topic, across: f64, width: f64) -> Option<String> {
        let curves = self.curves(topic);
        let points: Vec<&Points> = curves.iter().map(|(_, points)| &points[..]).collect();
        let at = f64::from(iteration_at(&points, (across * width) as f32, width as f32));
        let near: Vec<_> = curves
            .iter()
            .filter_map(|(name, points)| Some((name, point_near(points, at)?)))
            .collect();
        let (_, (iteration, _)) = near.first()?;
        // A curve that has no point there says which one it tells.
        let told: Vec<String> = near
            .iter()
            .map(|(name, (at, value))| {
                let at = if at == iteration {
                    String::new()
                } else {
                    format!(" at {}", grouped(*at as u64))
                };
                format!("{name} = {}{at}", text(*value))
            })
            .collect();
        Some(format!("iteration {}: {}", grouped(*iteration as u64), told.join(", ")))
    }

    fn on_thumbnail(&self, of: Subject, at: (f64, f64)) -> Option<String> {
        match (of, &self.frame.picture) {
            (Subject::LossD | Subject::LossG, _) => loss_at(&self.losses(of), inner(at.0)),
            (of, Picture::Line(line)) => self.on_line(line, of, inner(at.0)),
            (of, Picture::Plane(plane)) => self.on_plane(plane, of, at),
            (of, Picture::Images(images)) => Some(self.on_images(images, of, at)),
        }
    }

    fn losses(&self, of: Subject) -> Vec<(f64, f32)> {
        let loss = if of == Subject::LossD { &self.series.loss_d } else { &self.series.loss_g };
        loss.points()
    }

    fn on_line(&self, line: &Line, of: Subject, across: f64) -> Option<String> {
        let Stage::Line { x, p_data } = &self.scene.stage else { return None };
        if of == Subject::Generator {
            let ends = (line.arrows.first()?.0, line.arrows.last()?.0);
            let z = ends.0 + across as f32 * (ends.1 - ends.0);
            let off = |arrow: &&(f32, f32)| (arrow.0 - z).abs();
            let (z, x) = line.arrows.iter().min_by(|a, b| off(a).total_cmp(&off(b)))?;
            return Some(format!("z = {}, G(z) = {}", text(*z), text(*x)));
        }
        let (name, values) = match of {
            Subject::Discriminator => (self.judge.name(), &line.d),
            Subject::Real => ("p_data", p_data),
            _ => ("p_g", &line.p_g),
        };
        let at = (across * (values.len().max(1) - 1) as f64).round() as usize;
        Some(format!("x = {}, {name} = {}", text(*x.get(at)?), text(*values.get(at)?)))
    }

    fn on_plane(&self, plane: &Plane, of: Subject, at: (f64, f64)) -> Option<String> {
        if of == Subject::Discriminator {
            let side = plane.field.len().isqrt();
            let whole = |share: f64| 2.0 * share as f32 - 1.0;
            let (column, row) = (cell_of(whole(at.0), side)?, cell_of(-whole(at.1), side)?);
            let place = (lattice(column as f32, side), lattice(row as f32, side));
            let d = plane.field.get(row * side + column)?;
            return Some(format!("{}: {} = {}", pair(place), self.judge.name(), text(*d)));
        }
        let there = |share: f64| ((share - 0.5) / REACH) as f32;
        let place = (there(at.0), -there(at.1));
        let (name, points) = match (of, &self.scene.stage) {
            (Subject::Real, Stage::Plane { real, .. }) => ("real sample", &real[..]),
            (Subject::Generator, _) if !plane.grid.is_empty() => {
                let (at, x) = nearest(&plane.grid, place)?;
                let lines = (plane.grid.len() / 2).isqrt();
                let (row, column) = (at / lines + 1, at % lines + 1);
                return Some(format!(
                    "lattice of z, row {row}, column {column}: G(z) = {}",
                    pair(x)
                ));
            }
            _ => ("generated sample", &plane.fake[..]),
        };
        let (_, x) = nearest(&points[..points.len().min(2 * SHOWN)], place)?;
        Some(format!("nearest {name}: {}", pair(x)))
    }

    fn on_images(&self, images: &Images, of: Subject, at: (f64, f64)) -> String {
        if of == Subject::Discriminator {
            let bin = ((inner(at.0) * 10.0) as usize).min(9);
            let share = |scores: &[f32]| {
                let count = scores.iter().filter(|s| ((**s * 10.0) as usize).min(9) == bin).count();
                format!("{:.0} %", 100.0 * count as f64 / scores.len().max(1) as f64)
            };
            return format!(
                "{} from {:.1} to {:.1}: {} of real, {} of generated",
                self.judge.name(),
                0.1 * bin as f64,
                0.1 * (bin + 1) as f64,
                share(&images.real_score),
                share(&images.fake_score)
            );
        }
        let each = if of == Subject::Generator { 1.0 } else { 2.0 };
        let image = ((at.1 * each).floor() * each + (at.0 * each).floor()) as usize;
        let (name, scores) = match of {
            Subject::Real => ("real", &images.real_score),
            _ => ("generated", &images.fake_score),
        };
        let score = number(scores.get(image).copied());
        format!("{name} no. {}: {} = {score}", image + 1, self.judge.name())
    }

    /// A chart in a sentence.
    fn chart_in_words(&self, topic: Topic) -> String {
        match topic {
            Topic::Value => self.value_in_words(),
            Topic::Losses => self.losses_in_words(),
        }
    }

    fn value_in_words(&self) -> String {
        let value = self.so_far(&self.series.value.points());
        let best = self.now_on(&self.series.value_optimal.points());
        let best = best.map_or_else(String::new, |best| {
            format!("; V(D*, G) is {}, and \u{2212}log 4 where p_g is p_data", text(best))
        });
        format!("V(D, G) over the run: {value} {}{best}", self.at())
    }

    fn losses_in_words(&self) -> String {
        let [d, g] = [Subject::LossD, Subject::LossG].map(|of| self.so_far(&self.losses(of)));
        format!("Losses over the run: of D {d}; of G {g}; {}", self.at())
    }

    /// A curve where the run stands.
    fn now_on(&self, points: &Points) -> Option<f32> {
        point_near(points, self.frame.metrics.iteration as f64).map(|point| point.1)
    }

    fn so_far(&self, points: &Points) -> String {
        so_far(points, self.now_on(points))
    }

    fn at(&self) -> String {
        format!("at iteration {}", grouped(self.frame.metrics.iteration))
    }

    /// A thumbnail in a sentence.
    fn summary(&self, of: Subject) -> String {
        let at = self.at();
        if let Subject::LossD | Subject::LossG = of {
            let name = if of == Subject::LossD { "D" } else { "G" };
            return format!("Loss of {name}: {} {at}", self.so_far(&self.losses(of)));
        }
        let seen = match (&self.frame.picture, of) {
            (Picture::Line(line), of) => self.line_in_words(line, of),
            (Picture::Plane(plane), of) => self.plane_in_words(plane, of),
            (Picture::Images(_), of) => self.images_in_words(of),
        };
        if of == Subject::Real { seen } else { format!("{seen}, {at}") }
    }

    fn line_in_words(&self, line: &Line, of: Subject) -> String {
        let Stage::Line { x, p_data } = &self.scene.stage else { return String::new() };
        let peak = |values: &[f32]| {
            let top =
                (0..values.len().min(x.len())).max_by(|a, b| values[*a].total_cmp(&values[*b]));
            number(top.map(|at| x[at]))
        };
        match of {
            Subject::Generator => {
                let (least, most) = span(line.arrows.iter().map(|arrow| arrow.1));
                format!("G as a curve from z to x, x from {least} to {most}")
            }
            Subject::Discriminator => {
                let (least, most) = span(line.d.iter().copied());
                format!("{} over x, from {least} to {most}", self.judge.name())
            }
            Subject::Real => format!("p_data, highest at x = {}", peak(p_data)),
            _ => format!("p_g, highest at x = {}", peak(&line.p_g)),
        }
    }

    fn plane_in_words(&self, plane: &Plane, of: Subject) -> String {
        let room = |points: &[f32]| {
            let along = |from: usize| span(points.iter().skip(from).step_by(2).copied());
            let ((left, right), (low, high)) = (along(0), along(1));
            format!("x from {left} to {right}, y from {low} to {high}")
        };
        match (of, &self.scene.stage) {
            (Subject::Discriminator, _) => {
                let neutral = self.judge.neutral();
                let real = plane.field.iter().filter(|d| **d > neutral).count();
                let share = 100.0 * real as f64 / plane.field.len().max(1) as f64;
                format!("D over the plane: {share:.0} % of it looks real")
            }
            (Subject::Real, Stage::Plane { real, .. }) => format!("Real samples, {}", room(real)),
            (Subject::Generator, _) if !plane.grid.is_empty() => {
                format!("A lattice of z where G takes it, {}", room(&plane.grid))
            }
            _ => format!("Generated samples, {}{}", room(&plane.fake), pull_in_words(plane)),
        }
    }

    fn images_in_words(&self, of: Subject) -> String {
        let Metrics { score_real, score_fake, .. } = self.frame.metrics;
        let name = self.judge.name();
        match of {
            Subject::Discriminator => {
                let (real, fake) = (number(Some(score_real)), number(Some(score_fake)));
                format!(
                    "{name} in ten bins: on average {real} for real images, {fake} for generated ones"
                )
            }
            Subject::Real => "Four real images".into(),
            Subject::Generator => {
                format!("An image that G makes, {name} {} on average", text(score_fake))
            }
            _ => format!("Four images that G makes, {name} {} on average", text(score_fake)),
        }
    }
}

/// p_z at a place in the drawing of z; of its first two coordinates where it has more.
fn density(latent: Latent, (right, down): (f64, f64)) -> String {
    let uniform = latent.law == LatentLaw::Uniform;
    let z = [right, 1.0 - down].map(|share| latent_coordinate(share, uniform));
    let shown = &z[..(latent.dim as usize).min(2)];
    let of = |z: &f64| match latent.law {
        LatentLaw::Uniform if z.abs() > 1.0 => 0.0,
        LatentLaw::Uniform => 0.5,
        LatentLaw::Gaussian => (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt(),
    };
    let p: f64 = shown.iter().map(of).product();
    let names: Vec<String> = shown
        .iter()
        .zip(["z₁", "z₂"])
        .map(|(z, name)| format!("{name} = {}", text(*z as f32)))
        .collect();
    let of_all = if latent.dim > 2 { " of these two" } else { "" };
    format!("{}: density{of_all} {}", names.join(", "), text(p as f32))
}

/// Thumbnails leave a margin at both sides.
fn inner(share: f64) -> f64 {
    ((share - 0.05) / 0.9).clamp(0.0, 1.0)
}

fn text(value: f32) -> String {
    number(Some(value))
}

fn pair((x, y): (f32, f32)) -> String {
    format!("({}, {})", text(x), text(y))
}

/// The least and the largest of what is finite.
fn span(values: impl Iterator<Item = f32>) -> (String, String) {
    let finite = values.filter(|v| v.is_finite());
    let (least, most) = finite.fold((f32::NAN, f32::NAN), |(a, b), v| (a.min(v), b.max(v)));
    (text(least), text(most))
}

/// Where a series stands, and between which values it was.
fn so_far(points: &Points, now: Option<f32>) -> String {
    let Some(now) = now else { return number(None) };
    let (least, most) = find_edges(points);
    let ends = [least, most].map(|end| text(end as f32));
    format!("{} (from {} to {})", text(now), ends[0], ends[1])
}

/// Which of points `[n, 2]` is nearest to a place.
fn nearest(points: &[f32], (x, y): (f32, f32)) -> Option<(usize, (f32, f32))> {
    let off = |p: &(usize, (f32, f32))| (p.1.0 - x).hypot(p.1.1 - y);
    let all = points.chunks_exact(2).map(|p| (p[0], p[1])).enumerate();
    all.min_by(|a, b| off(a).total_cmp(&off(b)))
}

/// The loss and its iteration at a share of the run.
fn loss_at(points: &[(f64, f32)], across: f64) -> Option<String> {
    let (first, last) = (points.first()?.0, points.last()?.0);
    let at = first + across * (last - first);
    let (iteration, loss) = point_near(points, at)?;
    Some(format!("loss {} at iteration {}", text(loss), grouped(iteration as u64)))
}

/// The point of a series that is nearest to an iteration.
fn point_near(points: &Points, at: f64) -> Option<(f64, f32)> {
    let off = |p: &&(f64, f32)| (p.0 - at).abs();
    points.iter().min_by(|a, b| off(a).total_cmp(&off(b))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_the_one_nearest_to_the_pointer() {
        let points = [(0.0, 1.0), (900.0, 0.5), (2000.0, 0.25)];
        assert_eq!(loss_at(&points, 0.4).unwrap(), "loss 0.500 at iteration 900");
        assert_eq!(loss_at(&points, 1.0).unwrap(), "loss 0.250 at iteration 2,000");
        assert_eq!(loss_at(&[], 0.5), None);
    }

    #[test]
    fn a_series_is_told_by_where_it_stands_and_its_extremes() {
        let points = [(0.0, 1.0), (900.0, -0.5), (2000.0, 0.25)];
        assert_eq!(so_far(&points, Some(0.25)), "0.250 (from \u{2212}0.500 to 1.000)");
        assert_eq!(so_far(&[], None), "\u{2014}");
    }

    #[test]
    fn z_is_told_by_its_density() {
        let at = |law, dim, place| density(Latent { law, dim }, place);
        let middle = at(LatentLaw::Gaussian, 2, (0.5, 0.5));
        assert_eq!(middle, "z₁ = 0.000, z₂ = 0.000: density 0.159");
        assert_eq!(at(LatentLaw::Uniform, 1, (0.5, 0.1)), "z₁ = 0.000: density 0.500");
        assert_eq!(at(LatentLaw::Uniform, 1, (0.999, 0.1)), "z₁ = 1.277: density 0.000");
        assert!(at(LatentLaw::Gaussian, 64, (0.5, 0.5)).contains("of these two 0.159"));
    }

    #[test]
    fn the_nearest_point_is_named_by_its_place() {
        let points = [0.0, 0.0, 0.5, 0.5, -1.0, 1.0];
        assert_eq!(nearest(&points, (0.4, 0.3)), Some((1, (0.5, 0.5))));
        assert_eq!(nearest(&[], (0.0, 0.0)), None);
    }

    #[test]
    fn what_is_not_finite_has_no_extent() {
        assert_eq!(
            span([f32::NAN, 1.0, -2.0].into_iter()),
            ("\u{2212}2.000".into(), "1.000".into())
        );
        assert_eq!(span([f32::NAN].into_iter()).0, "\u{2014}");
    }
}
