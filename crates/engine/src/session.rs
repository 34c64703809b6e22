//! The session: what the page or another host asks, in its order, and the run on stage in slices between.
//!
//! The session knows no clock: the host passes the time in milliseconds. It never waits: what a backend owes it is
//! asked for again at the next call of [`Session::work`].

use std::collections::VecDeque;

use adversaria_core::images::ImageSet;
use adversaria_core::spec::{Address, DataKind, RunSpec};
use adversaria_kernels::backend::Backend;
use adversaria_protocol::{
    Command, Event, Fault, FaultCode, Layers, Metrics, Reply, Scene, Standing,
};

use crate::checkpoint::Checkpoint;
use crate::error::EngineError;
use crate::owed::Owed;
use crate::own_images::training_set;
use crate::run::Run;
use crate::stage::Stage;
use crate::table::{build_table, count};

/// Makes a backend for a new run.
pub type BackendMaker = Box<dyn Fn() -> Result<Box<dyn Backend>, EngineError>>;

/// What the host should do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Call [`Session::work`] again as soon as messages have been looked at.
    Again,
    /// Call it again after this many milliseconds, or when a command comes.
    After(f64),
    /// Nothing to do until a command comes.
    Wait,
}

/// A run that was asked for and waits for images.
struct Awaited {
    id: u32,
    what: Intent,
}

/// How a run comes on stage.
enum Intent {
    Load(Box<RunSpec>),
    Restore(Box<Checkpoint>),
}

impl Intent {
    fn spec(&self) -> &RunSpec {
        match self {
            Self::Load(spec) => spec,
            Self::Restore(checkpoint) => checkpoint.start(),
        }
    }
}

/// Hears commands, trains, and tells what there is to see.
pub struct Session {
    maker: BackendMaker,
    adapter: String,
    images: Option<ImageSet>,
    awaited: Option<Awaited>,
    stage: Option<Stage>,
    layers: Layers,
    pace: Option<f32>,
    until: Option<u64>,
    outbox: VecDeque<Event>,
}

impl Session {
    /// A session without a run. `adapter` says for people what the backend computes on.
    #[must_use]
    pub fn new(maker: BackendMaker, adapter: String) -> Self {
        Self {
            maker,
            adapter,
            images: None,
            awaited: None,
            stage: None,
            layers: Layers { field: true, pulls: true, grid: true },
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
            let result = self.put_on_stage(awaited.what, now);
            self.answer(awaited.id, result.map(|()| Reply::Done));
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

    /// Hears a command.
    pub fn handle(&mut self, command: Command, now: f64) {
        match command {
            Command::Load { id, spec } => {
                let intent =
                    Address::parse(&spec).map(|address| Intent::Load(Box::new(address.spec)));
                self.bring(id, intent.map_err(EngineError::from), now);
            }
            Command::Restore { id, bytes } => {
                let intent = Checkpoint::parse(&bytes).map(|c| Intent::Restore(Box::new(c)));
                self.bring(id, intent, now);
            }
            Command::Images { id, files } => self.own_images(id, files, now),
            Command::Pace(pace) => self.pace = pace.filter(|rate| *rate > 0.0),
            Command::Until(until) => self.until = until,
            Command::Watch(layers) => self.layers = layers,
            Command::Play => self.on_stage(|stage| stage.play(now)),
            Command::Pause => self.on_stage(Stage::pause),
            Command::Step(step) => self.try_stage(|stage| stage.step(step)),
            Command::Change { id, field, value } => {
                self.reply(id, |stage| stage.change(&field, &value));
            }
            Command::Rewind { id } => self.reply(id, Stage::rewind),
            Command::Advance { id, iterations } => {
                self.owe(id, |stage| stage.advance(id, iterations));
            }
            Command::Sample { id, count } => self.owe(id, |stage| stage.owe_sample(id, count)),
            Command::Score { id, points } => self.owe(id, |stage| stage.owe_score(id, &points)),
            Command::Checkpoint { id } => self.owe(id, |stage| stage.owe_checkpoint(id)),
        }
        if let Some(stage) = &mut self.stage {
            stage.touch(self.layers, self.pace, self.until);
        }
    }

    /// Trains for a slice, draws when it is time, answers what is due. `now` gives milliseconds.
    pub fn work(&mut self, now: &dyn Fn() -> f64) -> Next {
        let Some(stage) = &mut self.stage else { return Next::Wait };
        let next = stage.work(now);
        self.outbox.extend(stage.take_events());
        next
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
        let result = self.put_on_stage(intent, now);
        self.answer(id, result.map(|()| Reply::Done));
    }

    fn superseded(&mut self, id: u32) {
        let message = "another run was asked for before this one's images came.".into();
        let fault = Fault { code: FaultCode::BadRequest, message, can_rewind: false };
        self.outbox.push_back(Event::Reply { id, result: Err(fault) });
    }

    fn put_on_stage(&mut self, intent: Intent, now: f64) -> Result<(), EngineError> {
        let table = build_table(intent.spec(), self.images.as_ref())?;
        let backend = (self.maker)()?;
        let (run, metrics) = match intent {
            Intent::Load(spec) => (Run::new(*spec, table, backend)?, Metrics::NEW),
            Intent::Restore(checkpoint) => {
                let metrics = checkpoint.metrics();
                (checkpoint.resume(table, backend)?, metrics)
            }
        };
        if let Some(mut before) = self.stage.take() {
            self.outbox.extend(before.close());
        }
        let stage = Stage::new(run, now)?;
        self.outbox.push_back(Event::Staged(Box::new(self.scene(&stage, metrics))));
        self.stage = Some(stage);
        Ok(())
    }

    fn scene(&self, stage: &Stage, metrics: Metrics) -> Scene {
        let run = stage.run();
        let (parameters_g, parameters_d) = run.parameter_counts();
        Scene {
            spec: run.spec().address(),
            parameters_g,
            parameters_d,
            backend: run.backend.name().into(),
            adapter: self.adapter.clone(),
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

    fn try_stage(&mut self, f: impl FnOnce(&mut Stage) -> Result<(), EngineError>) {
        if let Some(Err(error)) = self.stage.as_mut().map(f) {
            self.outbox.push_back(Event::Fault(error.fault(false)));
        }
    }

    fn reply(&mut self, id: u32, f: impl FnOnce(&mut Stage) -> Result<(), EngineError>) {
        let result = self.stage.as_mut().map_or(Err(EngineError::NoRun), f);
        self.answer(id, result.map(|()| Reply::Done));
    }

    /// Starts what is answered later; answers at once when it cannot start.
    fn owe(&mut self, id: u32, f: impl FnOnce(&mut Stage) -> Result<Owed, EngineError>) {
        match self.stage.as_mut().map_or(Err(EngineError::NoRun), f) {
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
