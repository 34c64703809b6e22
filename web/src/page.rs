//! The page's state: what is on stage, the latest frame, the figures people read, and what went wrong.

use std::{sync::Arc, time::Duration};

use adversaria_core::spec::{Address, PageOptions, RunSpec};
use adversaria_protocol::{
    Command, Event, Fault, Frame, Layers, Metrics, Reply, Scene, Standing, Trail,
};
use leptos::prelude::*;

use crate::{
    beat::Beat,
    link::Link,
    look,
    stage::Series,
    turns::{Part, Turns},
    view::header::grouped,
    views::{Value, View},
    ways::Ways,
};

/// Figures are read by people: ten times a second is as often as they change.
const READING_MILLIS: f64 = 100.0;
/// So many frames' figures wait for the record of them; when there are more, every second one is forgotten.
const MOST_UNWRITTEN: usize = 64;
/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(7);

/// What is wrong, as shown in the fault area.
#[derive(Clone, PartialEq)]
pub struct Trouble {
    /// One sentence.
    pub message: String,
    /// Going back to the last finite state would help.
    pub can_rewind: bool,
    /// The engine is gone and can be started again.
    pub can_restart: bool,
}

/// A download's state.
#[derive(Clone, PartialEq)]
pub struct Progress {
    /// What is fetched.
    pub what: String,
    /// From 0 to 1; none when the size is not known.
    pub share: Option<f64>,
}

/// What somebody wants of data of their own.
#[derive(Clone)]
pub enum OwnWish {
    /// To draw points.
    Draw,
    /// To draw a density.
    Curve,
    /// To open or paste rows.
    Rows,
    /// To have these rows on stage: the file's name and its bytes.
    Table(String, Arc<[u8]>),
}

/// The generated images that somebody has chosen on stage, by their numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The last one.
    pub now: usize,
    /// The one before it.
    pub before: usize,
}

/// The one store of the page; a handle that is copied freely.
#[derive(Clone, Copy)]
pub struct Page {
    link: StoredValue<Option<Link>, LocalStorage>,
    latest: StoredValue<Option<Arc<Frame>>>,
    turns: StoredValue<Turns>,
    reading: StoredValue<bool>,
    read_at: StoredValue<f64>,
    notices: StoredValue<u32>,
    /// Figures that nobody has written down, each with the branch it is of: the record of them is fetched after the first
    /// frames.
    unwritten: StoredValue<Vec<(u32, Metrics)>>,
    /// What waits for the next frame.
    arrivals: StoredValue<Vec<Box<dyn FnOnce()>>, LocalStorage>,
    /// Counts the runs asked for: a run that another one overtook is not missed.
    pub loads: StoredValue<u32>,
    /// Counts the runs that have come on stage.
    pub stagings: StoredValue<u32>,
    /// The run that was asked for and is not on stage yet.
    pub coming_run: StoredValue<Option<RunSpec>>,
    /// What is on stage.
    pub scene: RwSignal<Option<Arc<Scene>>>,
    /// The ways that the run on stage has taken.
    pub trail: RwSignal<Trail>,
    /// A run has come on stage and can be asked for anything.
    pub arrived: RwSignal<bool>,
    /// The frame to draw: the latest, at most one per animation frame.
    pub frame: RwSignal<Option<Arc<Frame>>>,
    /// The frame to read: the same, at most ten times a second.
    pub figures: RwSignal<Option<Arc<Frame>>>,
    /// The same for the drawing of the game, in an animation frame of its own.
    pub game: RwSignal<Option<Arc<Frame>>>,
    /// The same for the history.
    pub past: RwSignal<Option<Arc<Frame>>>,
    /// The run so far, for charts, on each way that it has taken.
    pub series: StoredValue<Ways<Series>>,
    /// The run as it is now, live changes included.
    pub spec: RwSignal<Option<RunSpec>>,
    /// Counts refused values, so that fields show what holds again.
    pub refusals: RwSignal<u32>,
    /// The page's own part of the address.
    pub options: RwSignal<PageOptions>,
    /// Whether the run moves.
    pub standing: RwSignal<Standing>,
    /// The parts of a frame that are asked for.
    pub layers: RwSignal<Layers>,
    /// Part by part, to follow by eye.
    pub slow: RwSignal<bool>,
    /// The part of an iteration that slow motion shows.
    pub beat: RwSignal<Option<Beat>>,
    /// Slow motion goes on by itself.
    pub beating: RwSignal<bool>,
    /// Counts the times that slow motion was set going.
    pub walks: StoredValue<u32>,
    /// Parts a second.
    pub tempo: RwSignal<f64>,
    /// The frame that was on screen when the update under way began; until the player moves it stays there.
    held: StoredValue<Option<Arc<Frame>>>,
    /// The frame after that update.
    pub coming: RwSignal<Option<Arc<Frame>>>,
    /// The images chosen on stage.
    pub chosen: RwSignal<Chosen>,
    /// The most iterations per second; none is flat out.
    pub pace: RwSignal<Option<f32>>,
    /// What is wrong.
    pub fault: RwSignal<Option<Trouble>>,
    /// What is worth a sentence.
    pub notice: RwSignal<Option<String>>,
    /// What is being fetched.
    pub progress: RwSignal<Option<Progress>>,
    /// A link to copy by hand, where the browser does not copy.
    pub shared: RwSignal<Option<String>>,
    /// Data of one's own are asked for.
    pub own: RwSignal<Option<OwnWish>>,
    /// The pictures that can be kept besides those that are always there.
    pub views: RwSignal<Vec<View>>,
    /// What pictures say under the pointer, by the test ids of their canvases.
    pub tellers: StoredValue<Vec<(&'static str, Value)>>,
    /// Whether the page is dark.
    pub dark: Signal<bool>,
    /// Whether the keys play.
    pub keys: RwSignal<bool>,
}

impl Page {
    /// The store, and the worker started.
    pub fn open() -> Self {
        let options = RwSignal::new(PageOptions::default());
        let page = Self {
            link: StoredValue::new_local(None),
            latest: StoredValue::new(None),
            turns: StoredValue::new(Turns::default()),
            reading: StoredValue::new(false),
            read_at: StoredValue::new(0.0),
            notices: StoredValue::new(0),
            unwritten: StoredValue::new(Vec::new()),
            arrivals: StoredValue::new_local(Vec::new()),
            loads: StoredValue::new(0),
            stagings: StoredValue::new(0),
            coming_run: StoredValue::new(None),
            scene: RwSignal::new(None),
            trail: RwSignal::new(Trail::default()),
            arrived: RwSignal::new(false),
            frame: RwSignal::new(None),
            figures: RwSignal::new(None),
            game: RwSignal::new(None),
            past: RwSignal::new(None),
            series: StoredValue::new(Ways::default()),
            spec: RwSignal::new(None),
            refusals: RwSignal::new(0),
            options,
            standing: RwSignal::new(Standing::Paused),
            layers: RwSignal::new(Layers { field: true, pulls: true, grid: false, units: false }),
            slow: RwSignal::new(false),
            beat: RwSignal::new(None),
            beating: RwSignal::new(false),
            walks: StoredValue::new(0),
            tempo: RwSignal::new(1.0),
            held: StoredValue::new(None),
            coming: RwSignal::new(None),
            chosen: RwSignal::new(Chosen { now: 0, before: 1 }),
            pace: RwSignal::new(None),
            fault: RwSignal::new(None),
            notice: RwSignal::new(None),
            progress: RwSignal::new(None),
            shared: RwSignal::new(None),
            own: RwSignal::new(None),
            views: RwSignal::new(Vec::new()),
            tellers: StoredValue::new(Vec::new()),
            dark: look::dark(options),
            keys: RwSignal::new(true),
        };
        let link = Link::new(move |event| page.hear(event));
        page.link.set_value(Some(link.clone()));
        link.start();
        Effect::new(move |_| page.send(Command::Watch(page.layers.get())));
        Effect::new(move |_| page.send(Command::Pace(page.pace.get())));
        page
    }

    /// Sends a command that has no answer.
    pub fn send(self, command: Command) {
        self.link.with_value(|link| {
            if let Some(link) = link {
                link.send(command);
            }
        });
    }

    /// Sends a command and hands its answer to `then`; a refusal is shown in the fault area first.
    pub fn ask(
        self,
        make: impl FnOnce(u32) -> Command,
        then: impl FnOnce(Result<Reply, String>) + 'static,
    ) {
        self.ask_quietly(make, move |result| {
            then(result.map_err(|fault| {
                self.show(&fault);
                fault.message
            }));
        });
    }

    /// As [`Page::ask`], with nothing shown.
    pub fn ask_quietly(
        self,
        make: impl FnOnce(u32) -> Command,
        then: impl FnOnce(Result<Reply, Fault>) + 'static,
    ) {
        match self.link.get_value() {
            Some(link) => link.ask(make, then),
            None => then(Err(crate::link::internal("the engine is not there"))),
        }
    }

    /// Shows a sentence in the fault area.
    pub fn complain(self, message: impl Into<String>) {
        self.fault.set(Some(Trouble {
            message: message.into(),
            can_rewind: false,
            can_restart: self.is_dead(),
        }));
        self.refusals.update(|n| *n += 1);
    }

    /// Shows a sentence that is not wrong, for a while.
    pub fn tell(self, message: impl Into<String>) {
        self.notice.set(Some(message.into()));
        self.notices.update_value(|n| *n += 1);
        let mine = self.notices.get_value();
        set_timeout(
            move || {
                if self.notices.get_value() == mine {
                    self.notice.set(None);
                }
            },
            NOTICE,
        );
    }

    /// The latest frame, drawn or not.
    pub fn latest(self) -> Option<Arc<Frame>> {
        self.latest.get_value()
    }

    /// The figures of frames since this was last asked, or since the run came on stage, each with the number of its branch.
    pub fn take_unwritten(self) -> Vec<(u32, Metrics)> {
        self.unwritten.try_update_value(std::mem::take).unwrap_or_default()
    }

    /// The figures of the latest frame, or those that the run on stage came with.
    pub fn metrics(self) -> Option<Metrics> {
        let came_with = || self.scene.with_untracked(|s| s.as_ref().map(|s| s.metrics.clone()));
        self.latest().map(|frame| frame.metrics.clone()).or_else(came_with)
    }

    /// Calls `then` as soon as there is a frame of the run on stage.
    pub fn once_seen(self, then: impl FnOnce() + 'static) {
        if self.latest.with_value(Option::is_some) {
            then();
        } else {
            self.arrivals.update_value(|waiting| waiting.push(Box::new(then)));
        }
    }

    fn release(self) {
        let waiting = self.arrivals.try_update_value(std::mem::take).unwrap_or_default();
        waiting.into_iter().for_each(|then| then());
    }

    /// Says that the run is where `until` stops it.
    pub fn tell_arrival(self, iteration: u64) {
        self.tell(format!(
            "Stopped after {} iterations, as “stop after” says; raise or clear it to go on.",
            grouped(iteration)
        ));
    }

    /// Whether the run trains, or will as soon as its data are there.
    pub fn is_playing(self) -> bool {
        self.beating.get() || matches!(self.standing.get(), Standing::Playing | Standing::Waiting)
    }

    /// Ends the worker and starts another, with the run that was on stage.
    pub fn restart_engine(self) {
        if let Some(link) = self.link.get_value() {
            link.start();
        }
        self.fault.set(None);
        self.send(Command::Watch(self.layers.get_untracked()));
        let address = self.spec.with_untracked(|spec| spec.as_ref().map(RunSpec::address));
        self.stage(
            address.unwrap_or_else(|| adversaria_core::presets::OPENING.to_owned()),
            false,
            |_| (),
        );
    }

    fn is_dead(self) -> bool {
        self.link.with_value(|link| link.as_ref().is_some_and(Link::is_dead))
    }

    /// Shows a fault in the fault area.
    pub fn show(self, fault: &Fault) {
        self.fault.set(Some(Trouble {
            message: fault.message.clone(),
            can_rewind: fault.can_rewind,
            can_restart: self.is_dead(),
        }));
        self.refusals.update(|n| *n += 1);
    }

    fn hear(self, event: Event) {
        match event {
            Event::Ready => self.fault.set(None),
            Event::Staged(scene) => self.staged(*scene),
            Event::Frame(frame) => self.framed(*frame),
            Event::Fault(fault) => {
                self.show(&fault);
                if self.is_dead() {
                    self.standing.set(Standing::Paused);
                    self.release();
                }
            }
            Event::Notice(sentence) => self.tell(sentence),
            Event::Trail(trail) => {
                self.series.update_value(|series| series.enter(trail.current, &trail));
                self.trail.set(trail);
            }
            Event::Progress { what, done, total } => {
                let share = (total > 0).then(|| done as f64 / total as f64);
                let going = share.is_none_or(|s| s < 1.0);
                self.progress.set(going.then_some(Progress { what, share }));
            }
            Event::Moved { backend, adapter } => self.scene.update(|scene| {
                if let Some(scene) = scene {
                    let scene = Arc::make_mut(scene);
                    (scene.backend, scene.adapter) = (backend, adapter);
                }
            }),
            // The link answers these itself.
            Event::Reply { .. } => {}
        }
    }

    fn staged(self, scene: Scene) {
        self.adopt(&scene.spec);
        let stage = |scene: &Scene| std::mem::discriminant(&scene.stage);
        let other_stage = self
            .scene
            .with_untracked(|old| old.as_ref().is_some_and(|o| stage(o) != stage(&scene)));
        // The layers chosen on one kind of stage say nothing about another; an address that names some comes after.
        if other_stage && self.options.with_untracked(|o| o.view.is_some()) {
            self.options.update(|o| o.view = None);
        }
        self.stagings.update_value(|n| *n += 1);
        self.series.set_value(Ways::default());
        self.unwritten.update_value(Vec::clear);
        self.leave_beat();
        self.latest.set_value(None);
        self.show_everywhere(None);
        self.standing.set(Standing::Paused);
        self.notice.set(None);
        self.scene.set(Some(Arc::new(scene)));
    }

    fn framed(self, frame: Frame) {
        if self.spec.with_untracked(|spec| spec.as_ref().is_none_or(|s| s.address() != frame.spec))
        {
            self.adopt(&frame.spec);
        }
        if self.standing.get_untracked() != frame.standing {
            self.standing.set(frame.standing);
            if frame.standing == Standing::Arrived {
                self.tell_arrival(frame.metrics.iteration);
            }
        }
        self.series.update_value(|series| series.now_mut().push(&frame.metrics));
        let branch = self.series.with_value(Ways::branch);
        self.unwritten.update_value(|unwritten| {
            if unwritten.len() >= MOST_UNWRITTEN {
                let mut keep = false;
                unwritten.retain(|_| {
                    keep = !keep;
                    keep
                });
            }
            unwritten.push((branch, frame.metrics.clone()));
        });
        self.latest.set_value(Some(Arc::new(frame)));
        self.release();
        self.ask_turn(Part::Stage);
        if !self.reading.get_value() {
            self.reading.set_value(true);
            let wait = (self.read_at.get_value() + READING_MILLIS - look::now_millis()).max(0.0);
            set_timeout(move || self.read(), Duration::from_millis(wait as u64));
        }
    }

    fn ask_turn(self, part: Part) {
        if self.turns.try_update_value(|turns| turns.ask(part)) == Some(true) {
            request_animation_frame(move || self.take_turn());
        }
    }

    fn take_turn(self) {
        let Some((part, more)) = self.turns.try_update_value(Turns::take).flatten() else { return };
        if more {
            request_animation_frame(move || self.take_turn());
        }
        if !self.is_held() {
            self.shown_by(part).set(self.latest.get_value());
        }
    }

    fn show_everywhere(self, frame: Option<&Arc<Frame>>) {
        for part in Part::READ.into_iter().chain([Part::Stage]) {
            self.shown_by(part).set(frame.cloned());
        }
    }

    fn shown_by(self, part: Part) -> RwSignal<Option<Arc<Frame>>> {
        match part {
            Part::Stage => self.frame,
            Part::Score => self.figures,
            Part::Game => self.game,
            Part::Past => self.past,
        }
    }

    /// What is on screen stays there until [`Page::let_go`].
    pub fn hold(self) {
        self.coming.set(None);
        self.held.set_value(self.latest.get_value());
    }

    /// What has come meanwhile is shown.
    pub fn let_go(self) {
        if self.held.try_update_value(Option::take).flatten().is_some() {
            self.show_everywhere(self.latest().as_ref());
        }
    }

    /// Whether a frame is held, which one of another update lets go.
    fn is_held(self) -> bool {
        let Some((held, came)) = self.held.get_value().zip(self.latest.get_value()) else {
            return false;
        };
        if Self::is_of_another(&held, &came) {
            self.leave_beat();
            return false;
        }
        let made = |frame: &Frame| frame.metrics.updates_d + frame.metrics.updates_g;
        if made(&came) > made(&held) {
            self.coming.set(Some(came));
        }
        true
    }

    fn read(self) {
        self.reading.set_value(false);
        self.read_at.set_value(look::now_millis());
        if document().hidden() {
            // There are no animation frames, and the figures are written down all the same.
            self.figures.set(self.latest.get_value());
        } else {
            Part::READ.into_iter().for_each(|part| self.ask_turn(part));
        }
    }

    /// Takes the engine's word for what the run is.
    fn adopt(self, address: &str) {
        match Address::parse(address) {
            Ok(parsed) => self.spec.set(Some(parsed.spec)),
            Err(error) => {
                self.complain(format!(
                    "The engine plays a run that this page cannot read: {error}"
                ));
            }
        }
    }
}
