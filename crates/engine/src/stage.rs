//! The run on stage: slices of training, frames, and answers that are owed.

use std::sync::Arc;

use adversaria_core::diagnosis::{self, Look};
use adversaria_core::metrics::{Calibration, Judge};
use adversaria_protocol::{Diagnosis, Evaluation, Event, Fault, Layers, Reply, Standing, Step};

use crate::checks::Check;
use crate::diagnose::told;
use crate::error::EngineError;
use crate::evaluate::judge_of;
use crate::gauge::{Gauge, MOST, SLICE_MILLIS};
use crate::history::History;
use crate::optimum::Pursuit;
use crate::owed::{Owed, Snapshot};
use crate::place::{Move, Place};
use crate::run::Run;
use crate::session::Next;
use crate::travel::Travel;
use crate::view::View;

/// Least time between frames, while playing and while advancing.
const FRAME_MILLIS: f64 = 33.0;
const ADVANCING_FRAME_MILLIS: f64 = 2000.0;
/// How long after an advance its frame waits for the next one to begin.
pub(crate) const REST_MILLIS: f64 = 50.0;
/// Frames, also while advancing, and evaluations take at most one part in this many of the time.
const FRAME_SHARE: f64 = 8.0;
const ADVANCING_FRAME_SHARE: f64 = 24.0;
const EVALUATION_SHARE: f64 = 30.0;
/// Least time between comparisons of p_g with p_data.
const EVALUATION_MILLIS: f64 = 1000.0;
/// How long the first comparison leaves a new run to itself: its code is cold, and somebody waits for it.
const FIRST_EVALUATION_MILLIS: f64 = 300.0;
/// Least time between copies of the parameters to go back to.
const KEEP_MILLIS: f64 = 2000.0;

/// When things were last done, in milliseconds.
pub(crate) struct Times {
    pub(crate) frame: f64,
    pub(crate) frame_cost: f64,
    pub(crate) evaluation: f64,
    pub(crate) evaluation_cost: f64,
    pub(crate) keep: f64,
    /// Until then no frame follows an advance, for another may come at once.
    pub(crate) rest: f64,
    /// The window over which the rate is measured: its begin and the iteration then.
    pub(crate) window: (f64, u64),
    pub(crate) rate: f32,
    /// Training milliseconds an iteration takes, where it is done when it has been submitted.
    pub(crate) iteration_cost: f64,
    /// When the next iteration may start under a pace.
    pub(crate) next_iteration: f64,
}

pub(crate) struct Stage {
    pub(crate) run: Run,
    pub(crate) place: Place,
    /// Backend and adapter as last told.
    pub(crate) told: (&'static str, String),
    pub(crate) moving: Option<Move>,
    /// The backend's words come later than they are asked for.
    pub(crate) answers_later: bool,
    /// What slices cost where that is so.
    pub(crate) gauge: Gauge,
    /// Nothing but training has been submitted since the last slice.
    pub(crate) alone: bool,
    /// Of what was trained in this turn.
    pub(crate) unchecked: Option<Check>,
    pub(crate) view: View,
    pub(crate) standing: Standing,
    pub(crate) owed: Vec<Owed>,
    /// A frame of this run has been made.
    pub(crate) shown: bool,
    /// Its p_g has been compared with p_data.
    pub(crate) judged: bool,
    pub(crate) kept: Option<Arc<Snapshot>>,
    pub(crate) history: History,
    pub(crate) travel: Option<Travel>,
    /// A player goes to its optimum.
    pub(crate) pursuit: Option<Pursuit>,
    pub(crate) judge: Option<Judge>,
    /// What its figures read by chance.
    pub(crate) calibration: Calibration,
    /// Classes of the training images, `[rows]`.
    pub(crate) classes: Vec<u8>,
    pub(crate) evaluation: Option<Evaluation>,
    /// Norms of the gradients of G's minimax and non-saturating losses, as of late.
    pub(crate) norms: (f32, f32),
    /// What the rules look at, and what they say of it.
    pub(crate) looks: Vec<Look>,
    pub(crate) diagnosis: Option<Box<Diagnosis>>,
    pub(crate) layers: Layers,
    pub(crate) pace: Option<f32>,
    pub(crate) until: Option<u64>,
    pub(crate) times: Times,
    /// Something has changed since the last frame.
    pub(crate) stale: bool,
    /// Something has changed since the last evaluation.
    pub(crate) unjudged: bool,
    pub(crate) events: Vec<Event>,
}

impl Stage {
    pub(crate) fn new(mut run: Run, place: Place, now: f64) -> Result<Self, EngineError> {
        let view = View::new(&run);
        let judge = judge_of(run.spec());
        // What training needs is made now, and not when the first iteration is waited for.
        run.advance(0)?;
        let reading = run.read_state()?;
        let snapshot = snapshot(&run);
        let iteration = run.iteration();
        let mut stage = Self {
            history: History::new(iteration, run.log()),
            travel: None,
            pursuit: None,
            run,
            told: (place.backend, String::new()),
            place,
            moving: None,
            answers_later: false,
            gauge: Gauge::default(),
            alone: true,
            unchecked: None,
            view,
            standing: Standing::Paused,
            owed: vec![Owed::Keep { snapshot, reading }],
            shown: false,
            judged: false,
            kept: None,
            judge,
            calibration: Calibration::default(),
            classes: vec![],
            evaluation: None,
            norms: (f32::NAN, f32::NAN),
            looks: vec![],
            diagnosis: None,
            layers: Layers { field: true, pulls: true, grid: true, units: false },
            pace: None,
            until: None,
            times: Times {
                frame: f64::NEG_INFINITY,
                frame_cost: 0.0,
                evaluation: now + FIRST_EVALUATION_MILLIS - EVALUATION_MILLIS,
                evaluation_cost: 0.0,
                keep: now,
                rest: now,
                window: (now, iteration),
                rate: 0.0,
                iteration_cost: 0.0,
                next_iteration: now,
            },
            stale: true,
            unjudged: true,
            events: vec![],
        };
        stage.told.1 = stage.adapter();
        // Asks for the words at once: a device that is gone already gets no run on stage.
        stage.settle(now)?;
        Ok(stage)
    }

    /// What was measured on another backend, or of other programs, says nothing any more.
    pub(crate) fn forget_costs(&mut self) {
        self.times.iteration_cost = 0.0;
        self.answers_later = false;
        self.gauge = Gauge::default();
    }

    /// Goes back to this when there is nothing later.
    pub(crate) fn keep_from(&mut self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        self.history.keep(Arc::clone(&snapshot));
        self.kept = Some(snapshot);
    }

    pub(crate) const fn run(&self) -> &Run {
        &self.run
    }

    pub(crate) fn constant(&self) -> adversaria_protocol::Stage {
        self.view.stage()
    }

    pub(crate) const fn standing(&self) -> Standing {
        self.standing
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        // A way is told before its first picture.
        let mut events: Vec<Event> = self.history.news().map(Event::Trail).into_iter().collect();
        events.append(&mut self.events);
        events
    }

    /// What is asked for from outside; a frame follows.
    pub(crate) fn touch(&mut self, layers: Layers, pace: Option<f32>, until: Option<u64>) {
        (self.layers, self.pace, self.until) = (layers, pace, until);
        self.stale = true;
    }

    pub(crate) fn play(&mut self, now: f64) {
        self.end_pursuit();
        let past = self.until.is_some_and(|until| self.run.iteration() >= until);
        self.standing = if past { Standing::Arrived } else { Standing::Playing };
        self.times.window = (now, self.run.iteration());
        self.times.next_iteration = now;
        // Whoever presses play sees it at once. A run's first frame is slow, for its code has never run, and says nothing.
        self.times.frame_cost = 0.0;
    }

    pub(crate) fn pause(&mut self) {
        self.end_pursuit();
        self.standing = Standing::Paused;
        self.times.rate = 0.0;
    }

    pub(crate) fn step(&mut self, step: Step) -> Result<(), EngineError> {
        self.pause();
        self.end_travel();
        self.run.step(step)?;
        self.reread();
        self.after_training(None);
        Ok(())
    }

    pub(crate) fn change(&mut self, field: &str, value: &str) -> Result<(), EngineError> {
        self.end_pursuit();
        self.end_travel();
        self.run.change(field, value)?;
        self.history.follow(self.run.iteration(), self.run.log());
        self.diagnosis = None;
        self.reread();
        if self.answers_later {
            self.gauge = Gauge::default();
        }
        self.tell_place();
        Ok(())
    }

    /// Back to the last state that was finite.
    pub(crate) fn rewind(&mut self) -> Result<(), EngineError> {
        let Some(kept) = &self.kept else { return Err(EngineError::NoRun) };
        let kept = Arc::clone(kept);
        self.end_travel();
        self.run.set_state(&kept.state, &kept.spec, kept.log.clone(), kept.iteration)?;
        self.owed.retain(|owed| {
            !matches!(owed, Owed::Check { .. } | Owed::Frame { .. } | Owed::Evaluation { .. })
        });
        self.unchecked = None;
        self.reread();
        self.pause();
        self.evaluation = None;
        self.unjudged = true;
        self.diagnosis = None;
        Ok(())
    }

    /// Answers who asked for this run: at once, or where the device answers later with the first frame and
    /// comparison, since what they need may take the device long to make.
    pub(crate) fn announce(&mut self, id: u32) {
        if self.owed.iter().any(Owed::is_on_its_way) {
            self.push(Owed::Arrival { id });
        } else {
            self.reply(id, Ok(Reply::Done));
        }
    }

    pub(crate) fn push(&mut self, owed: Owed) {
        self.owed.push(owed);
    }

    /// Ends what is under way; whoever waits is told why.
    pub(crate) fn close(&mut self, why: &Fault) -> Vec<Event> {
        let owed = std::mem::take(&mut self.owed);
        let mut moving = self.moving.take().map_or_else(Vec::new, |moving| moving.ids);
        moving.extend(self.abandon_pursuit());
        for owed in owed {
            match owed {
                // It was on stage, if not for long.
                Owed::Arrival { id } => self.reply(id, Ok(Reply::Done)),
                other => {
                    let id = other.id();
                    self.events.extend(id.map(|id| Event::Reply { id, result: Err(why.clone()) }));
                }
            }
        }
        self.end_travel();
        for id in moving {
            self.events.push(Event::Reply { id, result: Err(why.clone()) });
        }
        self.take_events()
    }

    /// One turn.
    ///
    /// # Errors
    /// When the device under the run is gone; then everything that was owed still is.
    pub(crate) fn work(&mut self, now: &dyn Fn() -> f64) -> Result<Next, EngineError> {
        match self.try_work(now) {
            Err(error) if !error.is_of_device() => {
                self.stop(&error);
                // The last frame shows where it stopped.
                Ok(Next::Again)
            }
            result => result,
        }
    }

    fn try_work(&mut self, now: &dyn Fn() -> f64) -> Result<Next, EngineError> {
        self.settle(now())?;
        self.travel_on()?;
        self.pursue_on(now)?;
        self.train(now)?;
        self.measure_rate(now());
        self.look(now())?;
        self.check_alone()?;
        // A frame is timed without the comparison that may come after it.
        self.settle(now())?;
        self.judge(now())?;
        self.keep(now())?;
        self.settle(now())?;
        Ok(self.next(now()))
    }

    /// Stops the run with a sentence; those who wait for iterations hear it too.
    fn stop(&mut self, error: &EngineError) {
        self.standing = if matches!(error, EngineError::Diverged { .. }) {
            Standing::Diverged
        } else {
            Standing::Paused
        };
        self.times.rate = 0.0;
        self.stale = true;
        if let EngineError::Diverged { iteration, .. } = error {
            self.diagnosis = Some(told(&diagnosis::stopped(self.run.spec(), *iteration)));
        }
        let fault = error.fault(self.kept.is_some());
        let pursuer = self.abandon_pursuit();
        self.run.seal();
        self.history.follow(self.run.iteration(), self.run.log());
        self.events.extend(pursuer.map(|id| Event::Reply { id, result: Err(fault.clone()) }));
        let waiting = std::mem::take(&mut self.owed);
        for owed in waiting {
            match owed {
                Owed::Advance { id, .. } => {
                    self.events.push(Event::Reply { id, result: Err(fault.clone()) });
                }
                Owed::Check { .. } => {}
                other => self.owed.push(other),
            }
        }
        self.events.push(Event::Fault(fault));
    }

    /// Whether iterations are being made.
    pub(crate) fn moves(&self) -> bool {
        self.standing == Standing::Playing
            || self.is_asked_on()
            || self.travel.is_some()
            || self.pursuit.is_some()
    }

    /// Whether somebody waits for iterations, or for the figures after them.
    pub(crate) fn is_asked_on(&self) -> bool {
        self.owed.iter().any(|owed| matches!(owed, Owed::Advance { .. }))
    }

    fn advancing(&self) -> Option<u64> {
        self.owed.iter().find_map(|owed| match owed {
            Owed::Advance { left, .. } if *left > 0 => Some(*left),
            _ => None,
        })
    }

    /// How many iterations may be made in one go now; 0 when none.
    fn slice(&self, now: f64) -> u32 {
        if self.moving.is_some() || self.is_full() {
            return 0;
        }
        let cost = self.times.iteration_cost;
        let affordable = if self.answers_later {
            self.gauge.most()
        } else if cost > 0.0 {
            (SLICE_MILLIS / cost).clamp(1.0, MOST)
        } else {
            1.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and 65536"
        )]
        let affordable = affordable as u64;
        let wanted = if let Some(left) = self.still_to_travel().or_else(|| self.advancing()) {
            left
        } else if self.standing != Standing::Playing {
            0
        } else {
            let room =
                self.until.map_or(u64::MAX, |until| until.saturating_sub(self.run.iteration()));
            match self.pace {
                Some(_) if now < self.times.next_iteration => 0,
                Some(rate) => room.min(1 + self.behind(now, rate)),
                None => room,
            }
        };
        u32::try_from(affordable.min(wanted)).unwrap_or(u32::MAX)
    }

    /// Whole iterations that a pace is behind, at most a tenth of a second's worth.
    fn behind(&self, now: f64, rate: f32) -> u64 {
        let late = (now - self.times.next_iteration).clamp(0.0, 100.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, small"
        )]
        let iterations = (late * f64::from(rate) / 1000.0) as u64;
        iterations
    }

    fn train(&mut self, now: &dyn Fn() -> f64) -> Result<(), EngineError> {
        let begun = now();
        let iterations = self.slice(begun);
        if iterations == 0 {
            return Ok(());
        }
        let cost = self.submit_slice(iterations, now, |run| run.advance(iterations))?;
        let before = self.times.iteration_cost;
        self.times.iteration_cost = if before > 0.0 { 0.7 * before + 0.3 * cost } else { cost };
        if let Some(rate) = self.pace {
            let step = 1000.0 / f64::from(rate);
            let from = self.times.next_iteration.max(begun - 100.0);
            self.times.next_iteration = from + step * f64::from(iterations);
        }
        if self.travel.is_none() {
            self.count_down(iterations);
        }
        if self.standing == Standing::Playing
            && self.until.is_some_and(|until| self.run.iteration() >= until)
        {
            self.standing = Standing::Arrived;
        }
        Ok(())
    }

    /// Iterations that somebody waits for have been made.
    fn count_down(&mut self, iterations: u32) {
        for owed in &mut self.owed {
            if let Owed::Advance { left, .. } = owed
                && *left > 0
            {
                *left -= u64::from(iterations);
                break;
            }
        }
    }

    fn measure_rate(&mut self, now: f64) {
        let (begin, from) = self.times.window;
        let elapsed = now - begin;
        if self.standing != Standing::Playing && self.advancing().is_none() {
            self.times.rate = 0.0;
            self.times.window = (now, self.run.iteration());
        } else if elapsed >= 500.0 || (self.times.rate == 0.0 && elapsed >= 100.0) {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "shown"
            )]
            let rate =
                ((self.run.iteration().saturating_sub(from)) as f64 * 1000.0 / elapsed) as f32;
            self.times.rate = rate;
            self.times.window = (now, self.run.iteration());
        }
    }

    fn look(&mut self, now: f64) -> Result<(), EngineError> {
        let under_way = self.owed.iter().any(|owed| matches!(owed, Owed::Frame { .. }));
        let (least, share) = if self.is_asked_on() {
            (ADVANCING_FRAME_MILLIS, ADVANCING_FRAME_SHARE)
        } else {
            (FRAME_MILLIS, FRAME_SHARE)
        };
        let wait = if self.moves() { least.max(share * self.times.frame_cost) } else { 0.0 };
        let resting = !self.moves() && now < self.times.rest;
        let away = under_way || self.moving.is_some();
        if away || !self.stale || resting || now - self.times.frame < wait {
            return Ok(());
        }
        self.alone = false;
        let figures = self.run.read_figures(true)?.into();
        let check = self.check_these();
        let look = Box::new(self.view.look(&mut self.run, self.layers)?);
        let spec = self.run.spec().address();
        self.owed.push(Owed::Frame {
            begun: now,
            iteration: self.run.iteration(),
            part: self.run.part,
            spec,
            look,
            figures,
            check,
        });
        self.times.frame = now;
        self.stale = false;
        Ok(())
    }

    fn judge(&mut self, now: f64) -> Result<(), EngineError> {
        let under_way = self.owed.iter().any(|owed| matches!(owed, Owed::Evaluation { .. }));
        let wait = EVALUATION_MILLIS.max(self.evaluation_rest());
        if under_way
            || self.moving.is_some()
            || !self.unjudged
            || now - self.times.evaluation < wait
            || self.diverged()
        {
            return Ok(());
        }
        let verdict = Box::new(self.begin_verdict(true)?);
        self.owed.push(Owed::Evaluation { begun: now, verdict });
        self.times.evaluation = now;
        self.unjudged = false;
        Ok(())
    }

    /// How long training goes on after a comparison before the next may take its share of the time.
    pub(crate) fn evaluation_rest(&self) -> f64 {
        EVALUATION_SHARE * self.times.evaluation_cost
    }

    fn keep(&mut self, now: f64) -> Result<(), EngineError> {
        let under_way = self.owed.iter().any(|owed| matches!(owed, Owed::Keep { .. }));
        let old = self.kept.as_ref().is_none_or(|kept| kept.iteration != self.run.iteration());
        // A device may be gone without a word: a run that rests there is kept at once.
        let rests = self.answers_later && !self.moves();
        let due = rests || now - self.times.keep >= KEEP_MILLIS;
        let between = self.moving.is_some() || self.run.part > 0 || self.run.alone.is_some();
        if under_way || !old || !due || self.diverged() || between {
            return Ok(());
        }
        self.alone = false;
        let reading = self.run.read_state()?;
        self.owed.push(Owed::Keep { snapshot: snapshot(&self.run), reading });
        self.times.keep = now;
        Ok(())
    }

    pub(crate) fn diverged(&self) -> bool {
        self.standing == Standing::Diverged
    }

    pub(crate) fn reply(&mut self, id: u32, result: Result<Reply, EngineError>) {
        let result = result.map_err(|error| error.fault(false));
        self.events.push(Event::Reply { id, result });
    }

    fn next(&self, now: f64) -> Next {
        if self.run.backend.in_flight() && self.slice(now) == 0 {
            return Next::Words;
        }
        let busy = !self.owed.is_empty()
            || self.moving.is_some()
            || self.travel.is_some()
            || self.pursuit.is_some();
        if self.advancing().is_some() || busy {
            return Next::Again;
        }
        match (self.standing, self.pace) {
            (Standing::Playing, Some(_)) if self.times.next_iteration > now && !self.stale => {
                Next::After(self.times.next_iteration - now)
            }
            (Standing::Playing, _) => Next::Again,
            _ if self.stale && now < self.times.rest => Next::After(self.times.rest - now),
            _ if self.stale => Next::Again,
            _ if self.unjudged && !self.diverged() => Next::After(EVALUATION_MILLIS / 4.0),
            _ => Next::Wait,
        }
    }
}

pub(crate) fn snapshot(run: &Run) -> Box<Snapshot> {
    Box::new(Snapshot {
        iteration: run.iteration(),
        spec: run.spec().clone(),
        log: run.log().to_vec(),
        state: vec![],
    })
}
