//! The picture of the run, its legend and the values under the pointer.

use super::canvas::Painter;
use super::judge::watch_judge;
use super::layers::{self, Kind};
use super::legend::Legend;
use super::moment::{Cursor, Moment};
use super::sight::{pixel_ratio, properties, watch_size};
use crate::look::{now_millis, prefers_stillness};
use crate::page::Chosen;
use adversaria_core::spec::PageOptions;
use adversaria_plot::{Judge, Shown, Theme, Wall};
use adversaria_protocol::{Frame, Layers, Scene, Stage};
use leptos::{html, prelude::*};
use std::{sync::Arc, time::Duration};
use web_sys::{KeyboardEvent, PointerEvent};

/// The canvas's name changes at most this often, milliseconds.
const SUMMARY_MILLIS: f64 = 5000.0;

/// How long the lattice takes from z to x.
const UNFOLD_MILLIS: f64 = 1500.0;

/// The signals that a picture is made of.
#[derive(Clone, Copy)]
struct Sources {
    scene: Signal<Option<Arc<Scene>>>,
    frame: Signal<Option<Arc<Frame>>>,
    judge: Memo<Judge>,
    size: RwSignal<(f32, f32)>,
}

impl Sources {
    /// The moment on stage, if anything is and it has room; reading it subscribes to it.
    fn with<R>(self, look: impl FnOnce(&Moment<'_>) -> R) -> Option<R> {
        let (scene, frame, size) = (self.scene.get()?, self.frame.get(), self.size.get());
        if size.0 < 2.0 || size.1 < 2.0 {
            return None;
        }
        let picture = frame.as_deref().map(|f| &f.picture);
        let judge = self.judge.get();
        Some(look(&Moment::new(&scene, picture, judge, size, pixel_ratio() as f32)))
    }

    /// The same, without subscribing.
    fn peek<R>(self, look: impl FnOnce(&Moment<'_>) -> R) -> Option<R> {
        untrack(|| self.with(look))
    }
}

/// The picture of the run, with its legend (whose entries turn layers on and off) and the values under the pointer.
/// It fills the height of its parent where that has one. The canvas carries `data-testid="stage"`.
///
/// It draws once for each change of `frame`, which the caller makes at most once per animation frame.
#[component]
pub fn StageView(
    /// What is on stage.
    scene: Signal<Option<Arc<Scene>>>,
    /// The latest picture.
    frame: Signal<Option<Arc<Frame>>>,
    /// What the engine is asked to work out; set here, sent to it by the caller.
    wanted: RwSignal<Layers>,
    /// The page's part of the address; its `view` says which layers are shown.
    options: RwSignal<PageOptions>,
    /// The generated images that are chosen.
    chosen: RwSignal<Chosen>,
    /// Whether the page is dark.
    dark: Signal<bool>,
) -> impl IntoView {
    let (wrap, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let judge = watch_judge(Some(scene), frame);
    let sources = Sources { scene, frame, judge, size: watch_size(wrap) };
    let kind = Memo::new(move |_| scene.with(|scene| Kind::of(scene.as_deref())));
    let averaged = Memo::new(move |_| {
        frame.with(|frame| frame.as_ref().is_some_and(|f| layers::keeps_average(&f.picture)))
    });
    let shown = Memo::new(move |_| options.with(|o| layers::shown(o.view.as_deref(), kind.get())));
    let cursor = RwSignal::new(None::<Cursor>);
    ask_for(shown, wanted);
    let warp = RwSignal::new(1.0_f32);
    let with_grid = Memo::new(move |_| kind.get() == Kind::Plane && shown.get().plane.grid);
    Effect::new(move |before: Option<bool>| {
        let now = with_grid.get();
        // Whoever asks for the grid sees where it comes from.
        if now && before == Some(false) {
            unfold(warp);
        }
        now
    });
    draw(sources, canvas, Look { shown, cursor, warp, chosen }, dark);
    Effect::new(move |_| {
        scene.track();
        cursor.set(None);
        chosen.set(Chosen { now: 0, before: 1 });
    });
    let told = RwSignal::new(String::new());
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && choose(cursor.get_untracked(), chosen) {
            event.prevent_default();
        }
        if let Some(to) = key(&event, sources, cursor.get_untracked()) {
            event.prevent_default();
            cursor.set(to);
            told.set(to.and_then(|c| sources.peek(|m| spoken(m, c))).unwrap_or_default());
        }
    };
    // The pointer may rest on the stage while the focus is elsewhere.
    let escapes = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && cursor.with_untracked(Option::is_some) {
            event.prevent_default();
            cursor.set(None);
        }
    });
    on_cleanup(move || escapes.remove());
    let point = move |event: PointerEvent| {
        let at = (event.offset_x() as f32, event.offset_y() as f32);
        cursor.set(sources.peek(|m| m.cursor_at(at)).flatten());
    };
    view! {
        <div class="st" style=move || properties(&Theme::of(dark.get()))>
            <div class="st-wrap" node_ref=wrap>
                <canvas node_ref=canvas data-testid="stage" role="img" tabindex="0" aria-label=summary(scene, frame)
                    on:keydown=on_key on:pointermove=point on:pointerdown=point
                    on:click=move |_| { choose(cursor.get_untracked(), chosen); }
                    on:pointerleave=move |_| cursor.set(None)></canvas>
                <Readout sources=sources cursor=cursor />
                <p class="st-unseen" role="status">{told}</p>
            </div>
            <Legend kind=kind averaged=averaged judge=judge shown=shown options=options
                unfold=Callback::new(move |()| unfold(warp)) />
        </div>
    }
}

/// Asks the engine for what is shown, and for D's field and G's grid, which the drawing of the game shows in small at all times.
fn ask_for(shown: Memo<Shown>, wanted: RwSignal<Layers>) {
    Effect::new(move |_| {
        let plane = shown.get().plane;
        let units = wanted.with_untracked(|wanted| wanted.units);
        let now = Layers { field: true, pulls: plane.pulls, grid: true, units };
        if wanted.get_untracked() != now {
            wanted.set(now);
        }
    });
}

/// How the moment is looked at.
#[derive(Clone, Copy)]
struct Look {
    shown: Memo<Shown>,
    cursor: RwSignal<Option<Cursor>>,
    warp: RwSignal<f32>,
    chosen: RwSignal<Chosen>,
}

/// Takes the generated image at the cursor as the chosen one; whether there is one.
fn choose(cursor: Option<Cursor>, chosen: RwSignal<Chosen>) -> bool {
    let Some(Cursor::Image(Wall::Fake | Wall::Average, number)) = cursor else { return false };
    chosen.update(|chosen| {
        if chosen.now != number {
            *chosen = Chosen { now: number, before: chosen.now };
        }
    });
    true
}

fn draw(sources: Sources, canvas: NodeRef<html::Canvas>, look: Look, dark: Signal<bool>) {
    let painter = StoredValue::new_local(Painter::default());
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        let theme = Theme::of(dark.get());
        let marks = sources.with(|moment| {
            let cursor = look.cursor.get();
            let mut marks = moment.marks(look.shown.get(), cursor, look.warp.get(), &theme);
            marks.extend(moment.chosen(look.chosen.get().now, &theme));
            marks
        });
        let marks = marks.unwrap_or_default();
        let size = sources.size.get_untracked();
        painter.update_value(|painter| {
            if let Err(error) = painter.paint_on(theme.paper, &canvas, size, pixel_ratio(), &marks)
            {
                leptos::logging::error!("the stage could not be drawn: {error:?}");
            }
        });
    });
}

/// Shows G's lattice in z, then lets it run to x; who wishes for little motion sees the one and then the other.
fn unfold(warp: RwSignal<f32>) {
    warp.set(0.0);
    if prefers_stillness() {
        set_timeout(move || warp.set(1.0), Duration::from_millis(1000));
        return;
    }
    fn go_on(warp: RwSignal<f32>, begun: f64) {
        request_animation_frame(move || {
            let share = ((now_millis() - begun) / UNFOLD_MILLIS).clamp(0.0, 1.0) as f32;
            // Slow at both ends.
            warp.set(share * share * (3.0 - 2.0 * share));
            if share < 1.0 {
                go_on(warp, begun);
            }
        });
    }
    go_on(warp, now_millis() + 300.0);
}

/// Where a key takes the cursor; `None` when the key is not for the stage.
fn key(event: &KeyboardEvent, sources: Sources, cursor: Option<Cursor>) -> Option<Option<Cursor>> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let far = if event.shift_key() { 10 } else { 1 };
    let by = match event.key().as_str() {
        "ArrowLeft" => (-far, 0),
        "ArrowRight" => (far, 0),
        "ArrowUp" => (0, far),
        "ArrowDown" => (0, -far),
        "Escape" if cursor.is_some() => return Some(None),
        _ => return None,
    };
    sources.peek(|m| m.moved(cursor, by))
}

fn spoken(moment: &Moment<'_>, cursor: Cursor) -> String {
    moment
        .values(cursor)
        .into_iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The values at the cursor, on the side of the stage where the cursor is not; below a picture that fills the stage.
#[component]
fn Readout(sources: Sources, cursor: RwSignal<Option<Cursor>>) -> impl IntoView {
    let on_the_left = move || match cursor.get() {
        Some(Cursor::Abscissa(i)) => sources.scene.with(|s| match s.as_ref().map(|s| &s.stage) {
            Some(Stage::Line { x, .. }) => 2 * i > x.len(),
            _ => false,
        }),
        Some(Cursor::Place(x, _)) => x > 0.0,
        Some(Cursor::Image(..)) | None => false,
    };
    let below = move || matches!(cursor.get(), Some(Cursor::Image(..)));
    let rows = move || {
        let values = cursor.get().and_then(|c| sources.with(|m| m.values(c)))?;
        let row = |(name, value): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
        Some(values.into_iter().map(row).collect_view())
    };
    view! {
        <dl class="st-readout" class:left=on_the_left class:below=below hidden=move || cursor.with(Option::is_none)
            data-testid="readout" aria-hidden="true">{rows}</dl>
    }
}

/// The canvas's name: what it shows and how the game stands.
fn summary(scene: Signal<Option<Arc<Scene>>>, frame: Signal<Option<Arc<Frame>>>) -> Memo<String> {
    let said = StoredValue::new((f64::NEG_INFINITY, String::new()));
    let subject = Memo::new(move |_| {
        scene.with(|s| match s.as_ref().map(|s| &s.stage) {
            None => "The stage is empty",
            Some(Stage::Line { .. }) => {
                "Densities of the data and of the generator, the discriminator, and arrows from z to G(z)"
            }
            Some(Stage::Plane { .. }) => "Real and generated points in the plane, and the discriminator as a field",
            Some(Stage::Images { .. }) => "Generated images beside real ones, framed by the discriminator's verdict",
        })
    });
    Memo::new(move |_| {
        let subject = subject.get();
        let now = now_millis();
        let (at, last) = said.get_value();
        let fresh = frame.with(|f| f.as_deref().map(standing));
        if now - at < SUMMARY_MILLIS && last.starts_with(subject) {
            return last;
        }
        let text = match fresh {
            Some(standing) => format!("{subject}. {standing} Arrow keys read values."),
            None => format!("{subject}."),
        };
        // Before the first frame there is nothing worth keeping for five seconds.
        said.set_value((
            if frame.with(Option::is_some) { now } else { f64::NEG_INFINITY },
            text.clone(),
        ));
        text
    })
}

fn standing(frame: &Frame) -> String {
    let m = &frame.metrics;
    let mut text = format!("Iteration {}.", m.iteration);
    if m.score_real.is_finite() && m.score_fake.is_finite() {
        text += &format!(
            " D gives {:.2} to real and {:.2} to generated samples.",
            m.score_real, m.score_fake
        );
    }
    if let Some(e) = m.evaluation.as_ref().filter(|e| e.jsd.is_finite()) {
        text += &format!(" JSD {:.3} nats.", e.jsd);
    }
    text
}
