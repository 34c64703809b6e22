//! What can be kept of a run: pictures, the figures, the run itself. Fetched after the first pictures.

use adversaria_core::spec::RunSpec;
use adversaria_plot::{
    COLUMNS, Mark, Rect, Theme, framed_losses, framed_moment, framed_value, row, svg,
};
use adversaria_protocol::{Command, Evaluation, Metrics, Reply};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlCanvasElement, HtmlElement, Url};

use crate::{
    files,
    page::Page,
    stage::{
        canvas::{Painter, data_url},
        judge::judge_of,
        layers::{self, Kind},
        sight::pixel_ratio,
    },
    views::View,
    ways::{Memory, Ways},
};

/// So many iterations have a line in the table; when there are more, every second one is forgotten.
const MOST_ROWS: usize = 2048;

/// The pictures that can always be kept: name in the file, test id of the canvas, name for people.
const VIEWS: [(&str, &str, &str); 3] = [
    ("stage", "stage", "the stage"),
    ("value", "chart-value", "the value of the game"),
    ("losses", "chart-losses", "the losses"),
];

/// A line of the table, at its iteration.
#[derive(Clone)]
struct Row {
    iteration: u64,
    metrics: Option<Metrics>,
    judged: Option<Evaluation>,
}

/// The figures of a way of the run on stage by iteration. All the room that it will need is taken at first: the page's
/// memory is not to grow for as long as somebody watches.
struct Record(Vec<Row>);

impl Default for Record {
    fn default() -> Self {
        Self(Vec::with_capacity(MOST_ROWS + 2))
    }
}

impl Clone for Record {
    fn clone(&self) -> Self {
        let mut record = Self::default();
        record.0.extend_from_slice(&self.0);
        record
    }
}

impl Memory for Record {
    fn cut(&mut self, iteration: u64) {
        self.0.truncate(self.0.partition_point(|row| row.iteration <= iteration));
    }
}

impl Record {
    /// Adds a frame's figures. What is made again after the run was taken back has one line all the same.
    fn push(&mut self, metrics: &Metrics) {
        if let Some(judged) = &metrics.evaluation {
            self.at(judged.iteration).judged = Some(judged.clone());
        }
        // What was seen first has more to say than what is read as somebody passes by.
        let is_past = self.0.last().is_some_and(|last| last.iteration > metrics.iteration);
        let row = self.at(metrics.iteration);
        if !is_past || row.metrics.is_none() {
            row.metrics = Some(metrics.clone());
        }
        if self.0.len() > MOST_ROWS {
            let mut keep = false;
            self.0.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }

    /// The line of an iteration.
    fn at(&mut self, iteration: u64) -> &mut Row {
        let at = self.0.partition_point(|row| row.iteration < iteration);
        if self.0.get(at).is_none_or(|row| row.iteration > iteration) {
            self.0.insert(at, Row { iteration, metrics: None, judged: None });
        }
        &mut self.0[at]
    }

    fn csv(&self) -> String {
        let line = |known: &Row| {
            row(known.iteration, known.metrics.as_ref(), known.judged.as_ref()).join(",")
        };
        let lines = std::iter::once(COLUMNS.join(",")).chain(self.0.iter().map(line));
        lines.fold(String::new(), |text, line| text + &line + "\n")
    }
}

/// Keeps the figures of the run on stage, from its first frame on, for each way that it has taken.
fn record(page: Page) -> StoredValue<Ways<Record>> {
    let record = StoredValue::new(Ways::default());
    Effect::new(move |before: Option<u32>| {
        page.figures.track();
        let run = page.stagings.get_value();
        if before != Some(run) {
            record.set_value(Ways::default());
        }
        let trail = page.trail.get_untracked();
        record.update_value(|ways: &mut Ways<Record>| {
            for (branch, metrics) in page.take_unwritten() {
                ways.enter(branch, &trail);
                ways.now_mut().push(&metrics);
            }
        });
        run
    });
    record
}

/// The menu of what can be kept.
#[component]
pub fn Keep(
    /// The store.
    page: Page,
) -> impl IntoView {
    let record = record(page);
    let view = RwSignal::new(VIEWS[0].0.to_owned());
    let choose = move |event| view.set(event_target_value(&event));
    let options = VIEWS.iter().map(|(id, _, name)| view! { <option value=*id>{*name}</option> });
    // What is open on the page besides. A stage of another kind stands in for the usual one.
    let others = move || {
        let more = |view: &View| VIEWS.iter().all(|(id, ..)| *id != view.id) && view.there.get();
        let there = page.views.get().into_iter().filter(more);
        there.map(|view| view! { <option value=view.id>{view.name}</option> }).collect_view()
    };
    let button =
        move |id: &'static str, text: &'static str, save: fn(Keeper) -> Result<(), JsValue>| {
            let save = move |_| {
                close();
                let keeper = Keeper { page, record, chosen: view.read_only() };
                if let Err(error) = save(keeper) {
                    leptos::logging::error!("{id}: {error:?}");
                    page.complain(NOT_SAVED);
                }
            };
            view! { <button data-testid=id on:click=save>{text}</button> }
        };
    view! {
        <div class="row">
            <label>"Picture of "<select data-testid="export-view" on:change=choose>{options.collect_view()}{others}</select></label>
            {button("export-png", "PNG", Keeper::png)}
            {button("export-svg", "SVG", Keeper::svg)}
        </div>
        <div class="row"><span>"Figures over iterations"</span>{button("export-csv", "CSV", Keeper::csv)}</div>
        <div class="row"><span>"The run, for the command line"</span>{button("export-toml", "TOML", Keeper::toml)}</div>
        <div class="row">
            <span>"The run with its weights"</span>{button("export-checkpoint", "Checkpoint", Keeper::checkpoint)}
        </div>
        <div class="row">
            <span>"A link to the experiment"</span>
            {button("export-link", "Copy link", |keeper| { files::share(keeper.page); Ok(()) })}
        </div>
    }
}

const NOT_SAVED: &str = "The browser did not allow the file to be saved; the run goes on.";

/// The menu goes; a file has been asked for.
fn close() {
    if let Some(menu) =
        document().get_element_by_id("keep").and_then(|e| e.dyn_into::<HtmlElement>().ok())
    {
        // A menu that is closed already stays so.
        menu.hide_popover().unwrap_or_default();
    }
}

/// A picture for a file.
struct Figure {
    marks: Vec<Mark>,
    size: (f32, f32),
    theme: Theme,
}

/// What is kept, and of which view.
#[derive(Clone, Copy)]
struct Keeper {
    page: Page,
    record: StoredValue<Ways<Record>>,
    chosen: ReadSignal<String>,
}

impl Keeper {
    /// The picture that was chosen, if it is still open.
    fn other(self) -> Option<View> {
        let all = self.page.views.get_untracked();
        self.chosen.with_untracked(|id| all.into_iter().find(|view| view.id == id))
    }

    /// The name of the chosen picture in files, the test id of its canvas, and its name for people. What is not open any
    /// more gives way to the stage.
    fn view(self) -> (&'static str, &'static str, &'static str) {
        let always =
            || self.chosen.with_untracked(|id| VIEWS.iter().find(|view| view.0 == id).copied());
        self.other().map(|view| (view.id, view.id, view.name)).or_else(always).unwrap_or(VIEWS[0])
    }

    /// The figure as the page shows it, with a legend, in the size of its canvas.
    fn figure(self) -> Result<Figure, JsValue> {
        let nothing = || JsValue::from_str("there is no picture yet");
        let theme = Theme::of(self.page.dark.get_untracked());
        if let Some(View { marks, size, .. }) = self.other() {
            return Ok(Figure { marks: marks.get_untracked(), size: size.get_untracked(), theme });
        }
        let (name, canvas, _) = self.view();
        let size = size(canvas).ok_or_else(nothing)?;
        let marks = match name {
            "value" => self.page.series.with_value(|s| {
                let s = s.now();
                framed_value(&s.value.points(), &s.value_optimal.points(), size, &theme)
            }),
            "losses" => self.page.series.with_value(|s| {
                let s = s.now();
                framed_losses(&s.loss_d.points(), &s.loss_g.points(), size, &theme)
            }),
            _ => self.moment(size, &theme).ok_or_else(nothing)?,
        };
        Ok(Figure { marks, size, theme })
    }

    fn moment(self, size: (f32, f32), theme: &Theme) -> Option<Vec<Mark>> {
        let (scene, frame) = (self.page.scene.get_untracked()?, self.page.latest()?);
        let kind = Kind::of(Some(&scene));
        let shown = self.page.options.with_untracked(|o| layers::shown(o.view.as_deref(), kind));
        let judge = judge_of(&frame.spec);
        framed_moment(&scene.stage, &frame.picture, judge, shown, size, theme)
    }

    /// At the canvas's own resolution.
    fn png(self) -> Result<(), JsValue> {
        let Figure { mut marks, size, theme } = self.figure()?;
        let rect = Rect { x: -1.0, y: -1.0, w: size.0 + 2.0, h: size.1 + 2.0 };
        marks.insert(0, Mark::Box { rect, fill: Some(theme.paper), stroke: None });
        let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
        Painter::default().paint(&canvas, size, pixel_ratio(), &marks)?;
        let name = self.name(self.view().0, "png");
        let save = Closure::once_into_js(move |blob: JsValue| {
            let saved = blob.dyn_into::<Blob>().and_then(|blob| download(&name, &blob));
            self.tell(&name, &saved);
        });
        canvas.to_blob(save.unchecked_ref())
    }

    fn svg(self) -> Result<(), JsValue> {
        let Figure { marks, size, theme } = self.figure()?;
        let (file, _, name) = self.view();
        let title = format!("Adversaria, {name}: {}", crate::address::current(self.page));
        let text = svg(&marks, size, &theme, &title, |raster| data_url(raster).unwrap_or_default());
        self.save(file, "svg", "image/svg+xml", text.as_bytes())
    }

    fn csv(self) -> Result<(), JsValue> {
        let text = self.record.with_value(|ways| ways.now().csv());
        self.save("metrics", "csv", "text/csv", text.as_bytes())
    }

    fn toml(self) -> Result<(), JsValue> {
        let text = self.page.spec.with_untracked(|s| s.as_ref().map(RunSpec::toml));
        self.save("run", "toml", "application/toml", text.unwrap_or_default().as_bytes())
    }

    fn checkpoint(self) -> Result<(), JsValue> {
        self.page.ask(
            |id| Command::Checkpoint { id },
            move |result| {
                if let Ok(Reply::Bytes(bytes)) = result
                    && self.save("checkpoint", "safetensors", "", &bytes).is_err()
                {
                    self.page.complain(NOT_SAVED);
                }
            },
        );
        Ok(())
    }

    /// `adversaria-ring8-1200-stage.png`
    fn name(self, what: &str, ending: &str) -> String {
        let data =
            self.page.spec.with_untracked(|s| s.as_ref().map(|s| s.data().name())).unwrap_or("run");
        let iteration = self.page.latest().map_or(0, |frame| frame.metrics.iteration);
        format!("adversaria-{data}-{iteration}-{what}.{ending}")
    }

    fn save(self, what: &str, ending: &str, kind: &str, bytes: &[u8]) -> Result<(), JsValue> {
        let name = self.name(what, ending);
        let options = BlobPropertyBag::new();
        options.set_type(kind);
        let parts = Array::of1(&Uint8Array::from(bytes));
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
        download(&name, &blob)?;
        self.tell(&name, &Ok(()));
        Ok(())
    }

    fn tell(self, name: &str, saved: &Result<(), JsValue>) {
        match saved {
            Ok(()) => self.page.tell(format!("Saved {name}.")),
            Err(_) => self.page.complain(NOT_SAVED),
        }
    }
}

/// CSS pixels of the canvas's room.
fn size(test_id: &str) -> Option<(f32, f32)> {
    let selector = format!("[data-testid={test_id}]");
    let room = document().query_selector(&selector).ok()??.parent_element()?;
    let size = (room.client_width() as f32, room.client_height() as f32);
    (size.0 >= 2.0 && size.1 >= 2.0).then_some(size)
}

fn download(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::score::tests::compared;

    fn at(iteration: u64, judged: Option<u64>) -> Metrics {
        let evaluation = judged.map(|iteration| Evaluation { iteration, jsd: 0.25, ..compared() });
        Metrics { iteration, evaluation, ..Metrics::NEW }
    }

    fn iterations(record: &Record) -> Vec<u64> {
        record.0.iter().map(|row| row.iteration).collect()
    }

    #[test]
    fn a_comparison_stands_at_its_own_iteration() {
        let mut record = Record::default();
        record.push(&at(10, Some(5)));
        let csv = record.csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].starts_with("iteration,updates_d,"));
        assert_eq!(
            lines[1..],
            [
                "5,,,,,,,-1.25,-1,0.25,,0.5,,,0.25,0.125,0.0625,0.0078,,,,,,,,",
                "10,0,0,,,,,,,,,,,,,,,,,,,,,,,"
            ]
        );
    }

    #[test]
    fn going_back_keeps_what_came_after_and_much_is_thinned() {
        let mut record = Record::default();
        [1, 5, 9, 4].into_iter().for_each(|i| record.push(&at(i, None)));
        assert_eq!(iterations(&record), [1, 4, 5, 9]);
        let csv = record.csv();
        record.push(&at(5, None));
        assert_eq!(record.csv(), csv, "the same again");
        record = record.clone();
        record.cut(4);
        assert_eq!(iterations(&record), [1, 4]);
        (5..10_000).for_each(|i| record.push(&at(i, None)));
        let all = iterations(&record);
        assert!(all.len() <= MOST_ROWS && all[0] == 1 && all.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(record.0.capacity(), Record::default().0.capacity(), "it never grows");
    }
}
