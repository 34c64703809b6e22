//! The session: what the page or another host asks, in its order, and the run on stage in slices between.
//!
//! The session knows no clock: the host passes the time in milliseconds. It never waits: what a backend owes it is
//! asked for again at the next call of [`Session::work`].

use std::collections::VecDeque;

use adversaria_core::images::ImageSet;
use adversaria_core::spec::{Address, BackendChoice, DataKind};
use adversaria_kernels::backend::BackendError;
use adversaria_protocol::{
    Command, Event, Fault, FaultCode, Layers, Metrics, Reply, Scene, Standing, Step,
};

use crate::checkpoint::Checkpoint;
use crate::error::EngineError;
use crate::files::Files;
use crate::intent::{Awaited, Intent};
use crate::owed::Owed;
use crate::own_images::training_set;
use crate::own_rows::OwnRows;
use crate::place::{Offers, Wish};
use crate::run::is_of_place;
use crate::stage::Stage;
use crate::table::{build_table, classes, count};

/// What the host should do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Call [`Session::work`] again as soon as messages have been looked at.
    Again,
    /// Call it again after this many milliseconds, or when a command comes.
    After(f64),
    /// Call it again when the backend says that words have come, or a command.
    Words,
    /// Nothing to do until a command comes.
    Wait,
}

/// Hears commands, trains, and tells what there is to see.
pub struct Session {
    offers: Offers,
    /// How checkpoints are read and written, once that is here.
    files: Option<Files>,
    /// What waits until it is known what wishes get, in order.
    held: VecDeque<Command>,
    /// What has been said about the place of runs that leave it open; once is enough.
    noticed: Vec<String>,
    images: Option<ImageSet>,
    rows: OwnRows,
    awaited: Option<Awaited>,
    /// A run that the GPU cannot take, until the CPU is offered.
    refused: Option<Awaited>,
    stage: Option<Stage>,
    /// Why the device under the run on stage is gone, until the CPU is offered.
    stranded: Option<EngineError>,
    layers: Layers,
    pace: Option<f32>,
    until: Option<u64>,
    outbox: VecDeque<Event>,
}

impl Session {
    /// A session without a run, whose runs compute where `offers` says.
    #[must_use]
    pub fn new(offers: Offers) -> Self {
        Self { files: Some(Files::new()), ..Self::without_files(offers) }
    }

    /// The same, until [`Self::bring_files`] unable to read or write checkpoints: commands that need it wait.
    #[must_use]
    pub fn without_files(offers: Offers) -> Self {
        Self {
            offers,
            files: None,
            held: VecDeque::new(),
            noticed: vec![],
            images: None,
            rows: OwnRows::default(),
            awaited: None,
            refused: None,
            stage: None,
            stranded: None,
            layers: Layers { field: true, pulls: true, grid: true, units: false },
            pace: None,
            until: None,
            outbox: VecDeque::from([Event::Ready]),
        }
    }

    /// What there is to tell, in order.
    pub fn take_events(&mut self) -> impl Iterator<Item = Event> + '_ {
        self.outbox.drain(..)
    }

    /// How many training images the host should fetch, when a run waits for them.
    #[must_use]
    pub fn wants_images(&self) -> Option<u32> {
        self.awaited.as_ref().map(|awaited| awaited.what.spec().rows())
    }

    /// Takes training images; they come after the ones that are there when `more`, else replace them.
    ///
    /// # Errors
    /// When they do not fit those that are there.
    pub fn supply_images(
        &mut self,
        set: ImageSet,
        more: bool,
        now: f64,
    ) -> Result<(), EngineError> {
        let all = match self.images.take() {
            Some(images) if more => images.followed_by(&set)?,
            _ => set,
        };
        let there = count(&all);
        self.images = Some(all);
        let enough = |awaited: &mut Awaited| awaited.what.spec().rows() <= there;
        if let Some(awaited) = self.awaited.take_if(enough) {
            self.put_on_stage(awaited, now);
        }
        Ok(())
    }

    /// Says that images cannot be had; whoever waits for them is told.
    pub fn images_failed(&mut self, why: &str) {
        if let Some(awaited) = self.awaited.take() {
            let message = format!("{}; the run on stage goes on.", why.trim_end_matches('.'));
            let fault = Fault { code: FaultCode::NoData, message, can_rewind: false };
            self.outbox.push_back(Event::Reply { id: awaited.id, result: Err(fault) });
        }
    }

    /// Tells the page how far a download has come.
    pub fn progress(&mut self, what: &str, done: u64, total: u64) {
        self.outbox.push_back(Event::Progress { what: what.into(), done, total });
    }

    /// Whether a command waits for [`Self::bring_files`].
    #[must_use]
    pub fn wants_files(&self) -> bool {
        self.files.is_none() && self.held.iter().any(is_of_files)
    }

    /// Checkpoints can be read and written from now on; or they cannot, and why.
    pub fn bring_files(&mut self, files: Result<Files, String>, now: f64) {
        match files {
            Ok(files) => self.files = Some(files),
            Err(why) => {
                let (refused, held) = self.held.drain(..).partition(is_of_files);
                self.held = held;
                for command in refused {
                    if let Command::Checkpoint { id } | Command::Restore { id, .. } = command {
                        self.answer(id, Err(EngineError::NoFiles(why.clone())));
                    }
                }
            }
        }
        self.obey_held(now);
    }

    /// Hears a command. Those that need to know what a wish gets wait until that is known, and all others after them.
    pub fn handle(&mut self, command: Command, now: f64) {
        if self.held.is_empty() && !self.must_wait(&command) {
            self.obey(command, now);
        } else {
            self.held.push_back(command);
        }
    }

    /// What wishes get has changed, or is known now: goes on with what waited for it, and moves the run on stage when
    /// its wish gets another place. One whose device is gone goes on there, if that comes before the CPU.
    pub fn offers_changed(&mut self, now: f64) {
        let stranded = self.stranded.clone().zip(self.stage.as_ref().map(Stage::wish));
        if let Some((why, wish)) = stranded {
            let Some(Ok(())) = self.go_on_where(wish, &why, now) else { return };
            self.stranded = None;
        }
        if self.obey_held(now) {
            self.reconsider(None);
        }
    }

    /// The CPU is offered from now on: goes on with what waited for it. Nothing goes to a GPU, for where that is gone the
    /// host may not have heard of that yet and offer it still.
    pub fn cpu_is_here(&mut self, now: f64) {
        if let Some(why) = self.stranded.take() {
            self.fall_back(&why, now);
        }
        if let Some(refused) = self.refused.take() {
            self.put_on_stage(refused, now);
        }
        // It may have gone to a moment at which it was on the CPU.
        if self.obey_held(now)
            && self.stage.as_ref().is_some_and(|s| s.wish().backend == BackendChoice::Cpu)
        {
            self.reconsider(None);
        }
    }

    /// The CPU cannot be offered just now, and why: whoever waits for it is told.
    pub fn no_cpu(&mut self, why: &str, now: f64) {
        let error = EngineError::NoCpu(why.into());
        if self.stranded.take().is_some() {
            self.close_stage(&error);
        }
        if let Some(refused) = self.refused.take() {
            self.answer(refused.id, Err(error.clone()));
        }
        for command in std::mem::take(&mut self.held) {
            match command {
                Command::Load { id, .. }
                | Command::Restore { id, .. }
                | Command::Change { id, .. }
                    if self.waits_for_a_place(&command) =>
                {
                    self.answer(id, Err(error.clone()));
                }
                _ => self.held.push_back(command),
            }
        }
        self.obey_held(now);
    }

    /// Obeys what waits, in order, as far as it can; whether that was all.
    fn obey_held(&mut self, now: f64) -> bool {
        while let Some(command) = self.held.pop_front() {
            if self.must_wait(&command) {
                self.held.push_front(command);
                return false;
            }
            self.obey(command, now);
        }
        true
    }

    /// Whether it is not known yet where the command's run will compute, or what reads its file is not here.
    fn must_wait(&self, command: &Command) -> bool {
        let waits_for_cpu = self.stranded.is_some() || self.refused.is_some();
        let waits_for_files = self.files.is_none() && is_of_files(command);
        waits_for_cpu || waits_for_files || self.waits_for_a_place(command)
    }

    fn waits_for_a_place(&self, command: &Command) -> bool {
        let wish = match command {
            Command::Load { spec, .. } => Address::parse(spec).ok().map(|a| Wish::of(&a.spec)),
            Command::Restore { bytes, .. } => {
                let checkpoint = self.parse(bytes);
                checkpoint.ok().map(|checkpoint| Wish::of(checkpoint.spec()))
            }
            Command::Change { field, value, .. } if is_of_place(field) => {
                let now = self.stage.as_ref().map(|stage| stage.run().spec());
                now.and_then(|now| now.with(field, value).ok()).map(|spec| Wish::of(&spec))
            }
            _ => None,
        };
        wish.is_some_and(|wish| (self.offers)(wish).is_none())
    }

    fn parse(&self, bytes: &[u8]) -> Result<Checkpoint, EngineError> {
        self.files.map_or_else(|| Err(no_files()), |files| (files.parse)(bytes))
    }

    fn obey(&mut self, command: Command, now: f64) {
        match command {
            Command::Load { id, spec } => {
                let supplied = |address: Address| self.rows.supply(address.spec);
                let intent =
                    Address::parse(&spec).map(|address| Intent::Load(Box::new(supplied(address))));
                self.bring(id, intent.map_err(EngineError::from), now);
            }
            Command::Restore { id, bytes } => {
                let intent = self.parse(&bytes).map(|c| Intent::Restore(Box::new(c)));
                if let Ok(Intent::Restore(checkpoint)) = &intent {
                    self.rows.keep(checkpoint.start().own().cloud());
                }
                self.bring(id, intent, now);
            }
            Command::Rows { id, dim, values } => {
                let kept = self.rows.take(dim, &values);
                self.answer(id, kept.map(|()| Reply::Done));
            }
            Command::Images { id, files } => self.own_images(id, files, now),
            Command::Pace(pace) => self.pace = pace.filter(|rate| *rate > 0.0),
            Command::Until(until) => self.until = until,
            Command::Watch(layers) => self.layers = layers,
            Command::Play => self.on_stage(|stage| stage.play(now)),
            Command::Pause => self.on_stage(Stage::pause),
            Command::Step(step) => self.step(step, now),
            Command::Change { id, field, value } => {
                let changed = self.attempt(now, |stage| stage.change(&field, &value));
                self.go_where_it_belongs(id, changed, is_of_place(&field));
            }
            Command::Rewind { id } => {
                let back = self.attempt(now, Stage::rewind);
                // It may have been elsewhere then.
                self.go_where_it_belongs(id, back, true);
            }
            Command::Travel { id, branch, iteration } => {
                match self.attempt(now, |stage| stage.travel(id, branch, iteration)) {
                    // It may have been elsewhere then.
                    Ok(()) => drop(self.reconsider(None)),
                    Err(error) => self.answer(id, Err(error)),
                }
            }
            Command::Advance { id, iterations } => {
                self.owe(id, now, |stage| stage.advance(id, iterations));
            }
            Command::Optimum { id, player } => {
                if let Err(error) = self.attempt(now, |stage| stage.pursue(id, player)) {
                    self.answer(id, Err(error));
                }
            }
            Command::Detector { id } => {
                if let Err(error) = self.attempt(now, |stage| stage.detect(id)) {
                    self.answer(id, Err(error));
                }
            }
            Command::Sample { id, count } => {
                self.owe(id, now, |stage| stage.owe_sample(id, count));
            }
            Command::Score { id, points } => {
                self.owe(id, now, |stage| stage.owe_score(id, points.clone()));
            }
            Command::Latents { id } => {
                let latents = self.stage.as_ref().map(Stage::latents).ok_or(EngineError::NoRun);
                self.answer(id, latents);
            }
            Command::Generate { id, z } => {
                self.owe(id, now, |stage| stage.owe_generated(id, z.clone()));
            }
            Command::Neighbours { id, images, most } => {
                self.owe(id, now, |stage| stage.owe_neighbours(id, images.clone(), most));
            }
            Command::Checkpoint { id } => match self.files {
                Some(files) => self.owe(id, now, |stage| stage.owe_checkpoint(id, files)),
                None => self.answer(id, Err(no_files())),
            },
        }
        if let Some(stage) = &mut self.stage {
            stage.touch(self.layers, self.pace, self.until);
        }
    }

    /// Trains for a slice, draws when it is time, answers what is due. `now` gives milliseconds.
    pub fn work(&mut self, now: &dyn Fn() -> f64) -> Next {
        let Some(stage) = self.stage.as_mut().filter(|_| self.stranded.is_none()) else {
            return Next::Wait;
        };
        let next = stage.work(now);
        self.outbox.extend(stage.take_events());
        next.unwrap_or_else(|error| {
            self.fall_back(&error, now());
            Next::Again
        })
    }

    /// The device under this backend is gone: a run that is there goes on on the CPU, also one that rests.
    pub fn lost(&mut self, backend: &str, why: BackendError, now: f64) {
        if self.stage.as_ref().is_some_and(|stage| stage.place.backend == backend) {
            self.fall_back(&why.into(), now);
        }
    }

    /// The device under the run is gone: the run goes on on the CPU from what is left of it.
    fn fall_back(&mut self, why: &EngineError, now: f64) {
        match self.go_on_where(Wish::CPU, why, now) {
            None => self.stranded = self.stage.is_some().then(|| why.clone()),
            Some(Err(error)) => self.close_stage(&error),
            Some(Ok(())) => {}
        }
    }

    /// The run whose device is gone goes on where this wish is met today; nothing where it is not.
    fn go_on_where(
        &mut self,
        wish: Wish,
        why: &EngineError,
        now: f64,
    ) -> Option<Result<(), EngineError>> {
        let (stage, offer) = (self.stage.as_mut()?, (self.offers)(wish)?);
        let recovered = stage.recover(why, offer, now);
        self.outbox.extend(stage.take_events());
        Some(recovered)
    }

    /// The run cannot go on: it leaves the stage.
    fn close_stage(&mut self, why: &EngineError) {
        let Some(mut stage) = self.stage.take() else { return };
        let fault = why.fault(false);
        self.outbox.extend(stage.close(&fault));
        self.outbox.push_back(Event::Fault(fault));
    }

    /// Moves the run on stage where its wish is met today. Whether that takes a while; `id` is then answered at its end.
    fn reconsider(&mut self, id: Option<u32>) -> bool {
        let Some(stage) = &mut self.stage else { return false };
        let wish = stage.wish();
        let Some(offer) = (self.offers)(wish) else { return false };
        if let Some(notice) = offer.notice.clone().filter(|_| id.is_some()) {
            self.outbox.push_back(Event::Notice(notice));
        }
        stage.set_out(offer, id)
    }

    /// Answers a change once the run is where it belongs.
    fn go_where_it_belongs(&mut self, id: u32, done: Result<(), EngineError>, perhaps: bool) {
        if !(perhaps && done.is_ok() && self.reconsider(Some(id))) {
            self.answer(id, done.map(|()| Reply::Done));
        }
        self.hear_stage();
    }

    fn hear_stage(&mut self) {
        if let Some(stage) = &mut self.stage {
            self.outbox.extend(stage.take_events());
        }
    }

    /// Does something with the run on stage; where its device turns out to be gone, once more where the run goes on.
    fn attempt<T>(
        &mut self,
        now: f64,
        f: impl Fn(&mut Stage) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        match f(self.stage.as_mut().ok_or(EngineError::NoRun)?) {
            Err(error) if error.is_of_device() => {
                self.fall_back(&error, now);
                let stage = self.stage.as_mut().filter(|_| self.stranded.is_none());
                f(stage.ok_or(error)?)
            }
            result => result,
        }
    }

    /// Puts a run on stage, now or when its images have come.
    fn bring(&mut self, id: u32, intent: Result<Intent, EngineError>, now: f64) {
        let intent = match intent {
            Ok(intent) => intent,
            Err(error) => return self.answer(id, Err(error)),
        };
        let there = self.images.as_ref().map_or(0, count);
        if intent.spec().data().kind() == DataKind::Images && there < intent.spec().rows() {
            if let Some(before) = self.awaited.replace(Awaited { id, what: intent }) {
                self.superseded(before.id);
            }
            return;
        }
        if let Some(before) = self.awaited.take() {
            self.superseded(before.id);
        }
        self.put_on_stage(Awaited { id, what: intent }, now);
    }

    fn superseded(&mut self, id: u32) {
        let message = "another run was asked for before this one's images came.".into();
        let fault = Fault { code: FaultCode::BadRequest, message, can_rewind: false };
        self.outbox.push_back(Event::Reply { id, result: Err(fault) });
    }

    fn put_on_stage(&mut self, awaited: Awaited, now: f64) {
        let id = awaited.id;
        match self.try_on_stage(&awaited.what, now) {
            Ok(true) => self.on_stage(|stage| stage.announce(id)),
            Ok(false) => self.refused = Some(awaited),
            Err(error) => self.answer(id, Err(error)),
        }
        self.hear_stage();
    }

    /// Whether it is there; not where it needs the CPU, which is not offered yet.
    fn try_on_stage(&mut self, intent: &Intent, now: f64) -> Result<bool, EngineError> {
        let table = build_table(intent.spec(), self.images.as_ref())?;
        let wish = intent.wish();
        let offer = (self.offers)(wish).or_else(|| (self.offers)(Wish::CPU));
        let offer = offer.ok_or(EngineError::NoBackend)?;
        let there = intent.stage_somewhere(offer, &self.offers, &table, now)?;
        let Some((mut stage, notice)) = there else { return Ok(false) };
        stage.classes = classes(intent.spec(), self.images.as_ref());
        let metrics = intent.metrics();
        if let Some(mut before) = self.stage.take() {
            self.outbox.extend(before.close(&superseded()));
        }
        self.outbox.push_back(Event::Staged(Box::new(Self::scene(&stage, metrics))));
        self.stage = Some(stage);
        self.notice(notice, wish);
        Ok(true)
    }

    /// Tells why a run is where it is; once, when it left that open.
    fn notice(&mut self, notice: Option<String>, wish: Wish) {
        let Some(notice) = notice else { return };
        if wish.backend == BackendChoice::Auto {
            if self.noticed.contains(&notice) {
                return;
            }
            self.noticed.push(notice.clone());
        }
        self.outbox.push_back(Event::Notice(notice));
    }

    fn scene(stage: &Stage, metrics: Metrics) -> Scene {
        let run = stage.run();
        let (parameters_g, parameters_d) = run.parameter_counts();
        Scene {
            spec: run.spec().address(),
            parameters_g,
            parameters_d,
            backend: run.backend.name().into(),
            adapter: stage.adapter(),
            metrics,
            stage: stage.constant(),
        }
    }

    fn own_images(&mut self, id: u32, files: Vec<(String, Vec<u8>)>, now: f64) {
        let taken = training_set(files).and_then(|set| {
            let count = set.count();
            self.supply_images(set, false, now)?;
            Ok(count)
        });
        if let Ok(count) = &taken {
            let sentence =
                format!("{count} training images are here; reset an image scene to train on them");
            self.outbox.push_back(Event::Notice(sentence));
        }
        self.answer(id, taken.map(|_| Reply::Done));
    }

    fn answer(&mut self, id: u32, result: Result<Reply, EngineError>) {
        let result = result.map_err(|error| error.fault(false));
        self.outbox.push_back(Event::Reply { id, result });
    }

    fn on_stage(&mut self, f: impl FnOnce(&mut Stage)) {
        if let Some(stage) = &mut self.stage {
            f(stage);
        }
    }

    fn step(&mut self, step: Step, now: f64) {
        match self.attempt(now, |stage| stage.step(step)) {
            Ok(()) | Err(EngineError::NoRun) => {}
            Err(error) => self.outbox.push_back(Event::Fault(error.fault(false))),
        }
    }

    /// Starts what is answered later; answers at once when it cannot start.
    fn owe(&mut self, id: u32, now: f64, f: impl Fn(&mut Stage) -> Result<Owed, EngineError>) {
        match self.attempt(now, f) {
            Ok(owed) => self.on_stage(|stage| stage.push(owed)),
            Err(error) => self.answer(id, Err(error)),
        }
    }

    /// Whether iterations are being made.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.stage.as_ref().is_some_and(Stage::moves)
    }

    /// How the run on stage stands.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.stage.as_ref().map(Stage::standing)
    }
}

/// Whether a command reads or writes a checkpoint.
fn is_of_files(command: &Command) -> bool {
    matches!(command, Command::Checkpoint { .. } | Command::Restore { .. })
}

fn no_files() -> EngineError {
    EngineError::NoFiles("it is not here yet".into())
}

/// What those hear whose run is no longer on stage.
fn superseded() -> Fault {
    let message = "another run came on stage before this was done.".into();
    Fault { code: FaultCode::BadRequest, message, can_rewind: false }
}
