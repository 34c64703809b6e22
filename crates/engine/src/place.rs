//! Where a run computes: what it wishes, what the host offers, moving while it goes on, and going on elsewhere when a
//! device is gone.

use adversaria_core::spec::{BackendChoice, Exec, RunSpec};
use adversaria_kernels::backend::Backend;
use adversaria_kernels::cpu::CpuBackend;
use adversaria_protocol::{Event, Reply, Standing};

use crate::error::{EngineError, unended};
use crate::owed::{Owed, Snapshot};
use crate::run::Reading;
use crate::stage::{Stage, snapshot};

/// What a run asks of the place where it computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Where.
    pub backend: BackendChoice,
    /// In which form, on a GPU.
    pub exec: Exec,
}

impl Wish {
    /// The processor, which is always there.
    pub const CPU: Self = Self { backend: BackendChoice::Cpu, exec: Exec::Auto };

    /// That of a run.
    #[must_use]
    pub fn of(spec: &RunSpec) -> Self {
        Self { backend: spec.backend(), exec: spec.exec() }
    }
}

/// A place to compute. A run moves when what its wish gets is another one than where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As [`Backend::name`].
    pub backend: &'static str,
    /// The adapter or instruction set, for people.
    pub adapter: String,
    /// The form that was wished; [`Exec::Auto`] where there is one only.
    pub exec: Exec,
}

/// What a wish gets.
pub struct Offer {
    /// Where.
    pub place: Place,
    /// Why that is not what one would have thought, in a sentence.
    pub notice: Option<String>,
    /// Makes the backend.
    pub build: Box<dyn FnOnce() -> Box<dyn Backend>>,
}

impl Offer {
    /// The processor; `adapter` says for people what kind it is.
    #[must_use]
    pub fn cpu(adapter: String) -> Self {
        Self {
            place: Place { backend: "cpu", adapter, exec: Exec::Auto },
            notice: None,
            build: Box::new(|| Box::new(CpuBackend::detect())),
        }
    }
}

/// Says what a wish gets; nothing while that is not known yet, or what computes there is on its way.
pub type Offers = Box<dyn Fn(Wish) -> Option<Offer>>;

/// A move under way: training rests until the state has been read.
pub(crate) struct Move {
    to: Offer,
    /// Who waits for it.
    pub(crate) ids: Vec<u32>,
    reading: Option<Reading>,
}

impl Stage {
    pub(crate) fn wish(&self) -> Wish {
        Wish::of(self.run.spec())
    }

    /// The adapter, and the form in which it runs.
    pub(crate) fn adapter(&self) -> String {
        let forms = self.run.forms();
        let adapter = &self.place.adapter;
        if forms.is_empty() { adapter.clone() } else { format!("{adapter}, {forms}") }
    }

    /// Tells where the run is, when that is not what was told before.
    pub(crate) fn tell_place(&mut self) {
        let adapter = self.adapter();
        let backend = self.place.backend;
        if self.told != (backend, adapter.clone()) {
            self.told = (backend, adapter.clone());
            self.events.push(Event::Moved { backend: backend.into(), adapter });
        }
    }

    /// Sets out for this place, unless the run is there. Whether it does; `id` is then answered on arrival.
    pub(crate) fn set_out(&mut self, to: Offer, id: Option<u32>) -> bool {
        let mut ids = self.moving.take().map_or_else(Vec::new, |before| before.ids);
        if to.place == self.place {
            self.answer_all(ids);
            return false;
        }
        ids.extend(id);
        self.moving = Some(Move { to, ids, reading: None });
        true
    }

    /// What the move has read of the state is no longer true.
    pub(crate) fn reread(&mut self) {
        if let Some(moving) = &mut self.moving {
            moving.reading = None;
        }
    }

    /// Goes on with a move: everything else that the old backend owes comes first.
    pub(crate) fn settle_move(&mut self, now: f64) -> Result<(), EngineError> {
        if self.moving.is_none() || self.owed.iter().any(Owed::is_on_its_way) {
            return Ok(());
        }
        let Some(state) = self.read_for_move()? else { return Ok(()) };
        let Some(Move { to, ids, .. }) = self.moving.take() else { return Ok(()) };
        match self.run.move_to((to.build)(), &state) {
            Ok(()) => {
                self.place = to.place;
                self.arrive(state, now);
                if ids.is_empty() {
                    self.tell_going_on();
                }
            }
            Err(error) => {
                let sentence = format!("{}, so the run stays where it is.", unended(&error.text()));
                self.events.push(Event::Notice(sentence));
            }
        }
        self.answer_all(ids);
        Ok(())
    }

    fn read_for_move(&mut self) -> Result<Option<Vec<f32>>, EngineError> {
        self.run.complete()?;
        let asked = self.moving.as_mut().and_then(|moving| moving.reading.take());
        let reading = asked.map_or_else(|| self.run.read_state(), Ok)?;
        let state = self.run.poll(&reading);
        if let Some(moving) = &mut self.moving {
            moving.reading = Some(reading);
        }
        state
    }

    /// The run is on another backend, with this state.
    fn arrive(&mut self, state: Vec<f32>, now: f64) {
        if self.run.is_sound(&state) {
            self.keep_from(Snapshot { state, ..*snapshot(&self.run) });
            self.times.keep = now;
        }
        self.forget_costs();
        self.stale = true;
        self.tell_place();
    }

    fn tell_going_on(&mut self) {
        let sentence = format!("The {}", self.going_on());
        self.events.push(Event::Notice(sentence));
    }

    fn going_on(&self) -> String {
        let place = if self.place.backend == "cpu" { "CPU" } else { "GPU" };
        format!("run goes on from iteration {} on the {place}.", self.run.iteration())
    }

    fn answer_all(&mut self, ids: Vec<u32>) {
        for id in ids {
            self.reply(id, Ok(Reply::Done));
        }
    }

    /// The device is gone: the run goes on from the last kept state, or from its start, at `to`. What was changed since
    /// stays changed; who waits for iterations gets all of them, who waits for words gets them from there.
    pub(crate) fn recover(
        &mut self,
        why: &EngineError,
        to: Offer,
        now: f64,
    ) -> Result<(), EngineError> {
        let mut run = self.run.again((to.build)())?;
        if let Some(kept) = &self.kept {
            run.set_state(&kept.state, &kept.spec, kept.log.clone(), kept.iteration)?;
        }
        run.change_to(self.run.spec())?;
        let (before, iteration) = (self.run.iteration(), run.iteration());
        (self.run, self.place, self.unchecked) = (run, to.place, None);
        let arrived =
            self.standing == Standing::Arrived && self.until.is_some_and(|until| iteration < until);
        match self.standing {
            // It goes back to a state that was finite, as by a rewind.
            Standing::Diverged => self.pause(),
            _ if arrived => self.standing = Standing::Playing,
            _ => {}
        }
        // What it made is lost with the device.
        if let Some(id) = self.abandon_pursuit() {
            self.reply(id, Err(why.clone()));
        }
        self.forget_costs();
        self.times.window = (now, iteration);
        self.times.next_iteration = now;
        (self.stale, self.unjudged) = (true, true);
        self.end_travel();
        let ids = self.moving.take().map_or_else(Vec::new, |moving| moving.ids);
        self.answer_all(ids);
        let mut fault = why.fault(false);
        let what = unended(&fault.message);
        fault.message = format!("{what}: the {}", self.going_on());
        self.events.push(Event::Fault(fault));
        self.tell_place();
        self.ask_again(before);
        Ok(())
    }

    /// Asks the new backend for everything that the old one, which had submitted `before` iterations, owed.
    fn ask_again(&mut self, before: u64) {
        let mut from = self.run.iteration();
        let mut goal = before;
        for owed in std::mem::take(&mut self.owed) {
            let again = match owed {
                Owed::Advance { id, left, ending } => {
                    let end = ending.map_or_else(
                        || {
                            goal += left;
                            goal
                        },
                        |verdict| verdict.iteration(),
                    );
                    let left = end.saturating_sub(from);
                    from = from.max(end);
                    (id, Ok(Owed::Advance { id, left, ending: None }))
                }
                Owed::Arrival { id } => (id, Ok(Owed::Arrival { id })),
                Owed::Sample { id, count, .. } => (id, self.owe_sample(id, count)),
                Owed::Score { id, points, .. } => (id, self.owe_score(id, points)),
                Owed::Generated { id, z, .. } => (id, self.owe_generated(id, z)),
                owed @ Owed::Neighbours { id, .. } => (id, Ok(owed)),
                Owed::Checkpoint { id, files, .. } => (id, self.owe_checkpoint(id, files)),
                Owed::Frame { .. }
                | Owed::Evaluation { .. }
                | Owed::Keep { .. }
                | Owed::Check { .. } => continue,
            };
            match again {
                (_, Ok(owed)) => self.owed.push(owed),
                (id, Err(error)) => self.reply(id, Err(error)),
            }
        }
    }
}
