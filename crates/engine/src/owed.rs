//! What is owed: frames, answers and checks that are under way, and how they are finished when their words have come.

use adversaria_core::diagnosis::{diagnose, remember};
use adversaria_core::math::sigmoid;
use adversaria_core::spec::RunSpec;
use adversaria_protocol::{Event, Frame, Layers, Metrics, Neighbour, Reply};

use crate::checks::Check;
use crate::diagnose::{look_at, norms, told};
use crate::error::EngineError;
use crate::evaluate::evaluate;
use crate::figures::Figures;
use crate::files::Files;
use crate::probe::Job;
use crate::run::{Change, Pending, Reading};
use crate::stage::{REST_MILLIS, Stage};
use crate::view::{Look, Seen};

/// Samples of a comparison of p_g with p_data.
const EVALUATION_SAMPLES: usize = 10_000;

/// A comparison of p_g with p_data that an advance brings says something from this iteration on.
const SAYS_SOMETHING: u64 = 10;

/// Something that is under way and that somebody waits for.
pub(crate) enum Owed {
    /// The first frame of a run and what belongs to it, to whom asked for the run.
    Arrival {
        id: u32,
    },
    /// A frame: when it was begun, the iteration and spec it shows.
    Frame {
        begun: f64,
        iteration: u64,
        part: u32,
        spec: String,
        look: Box<Look>,
        figures: Pending,
        /// Of the slice before it, until the figures have come.
        check: Option<Check>,
    },
    /// A comparison of p_g with p_data.
    Evaluation {
        begun: f64,
        verdict: Box<Verdict>,
    },
    /// Iterations to make, then metrics.
    Advance {
        id: u32,
        left: u64,
        ending: Option<Box<Verdict>>,
    },
    Sample {
        id: u32,
        count: u32,
        job: Job,
    },
    Score {
        id: u32,
        points: Vec<f32>,
        job: Job,
    },
    Generated {
        id: u32,
        z: Vec<f32>,
        job: Job,
    },
    /// A search that goes on by one image a turn.
    Neighbours {
        id: u32,
        images: Vec<u8>,
        most: u32,
        found: Vec<Neighbour>,
    },
    Checkpoint {
        id: u32,
        files: Files,
        reading: Reading,
    },
    /// A copy of the state to go back to.
    Keep {
        snapshot: Box<Snapshot>,
        reading: Reading,
    },
    /// The figures after a slice, to see whether they are finite.
    Check {
        reading: Reading,
        check: Check,
    },
}

impl Owed {
    /// Whose command it is.
    pub(crate) const fn id(&self) -> Option<u32> {
        match self {
            Self::Arrival { id } | Self::Advance { id, .. } | Self::Sample { id, .. } => Some(*id),
            Self::Score { id, .. } | Self::Checkpoint { id, .. } => Some(*id),
            Self::Generated { id, .. } | Self::Neighbours { id, .. } => Some(*id),
            Self::Frame { .. }
            | Self::Evaluation { .. }
            | Self::Keep { .. }
            | Self::Check { .. } => None,
        }
    }

    /// Whether the backend has been asked for its words.
    pub(crate) const fn is_on_its_way(&self) -> bool {
        !matches!(
            self,
            Self::Advance { ending: None, .. } | Self::Arrival { .. } | Self::Neighbours { .. }
        )
    }
}

/// A look at both players at one iteration, with samples to compare where p_data is known.
pub(crate) struct Verdict {
    iteration: u64,
    look: Look,
    samples: Option<Job>,
    steep: Option<Pending>,
    figures: Pending,
}

impl Verdict {
    pub(crate) const fn iteration(&self) -> u64 {
        self.iteration
    }
}

/// What goes with a copy of the state.
pub(crate) struct Snapshot {
    pub(crate) iteration: u64,
    pub(crate) spec: RunSpec,
    pub(crate) log: Vec<Change>,
    pub(crate) state: Vec<f32>,
}

impl Stage {
    /// Finishes what can be finished, in the order it was asked for. When the device is gone, everything stays owed.
    pub(crate) fn settle(&mut self, now: f64) -> Result<(), EngineError> {
        let mut failed: Option<EngineError> = None;
        for mut owed in std::mem::take(&mut self.owed) {
            if failed.as_ref().is_some_and(EngineError::is_of_device) {
                self.owed.push(owed);
                continue;
            }
            match self.settle_one(&mut owed, now) {
                Ok(true) => {}
                Ok(false) => self.owed.push(owed),
                Err(error) => {
                    if error.is_of_device() {
                        self.owed.push(owed);
                    } else if let Some(id) = owed.id() {
                        self.reply(id, Err(error.clone()));
                    }
                    failed = Some(error);
                }
            }
        }
        self.gauge.reckon(now);
        if let Some(times) = self.gauge.times_expected() {
            self.run.backend.correct(times);
        }
        match failed {
            Some(error) => Err(error),
            None => self.settle_move(now),
        }
    }

    /// One thing owed: whether it is done now.
    fn settle_one(&mut self, owed: &mut Owed, now: f64) -> Result<bool, EngineError> {
        match owed {
            Owed::Arrival { id } => {
                if !(self.shown && (self.judged || self.judge.is_none())) {
                    return Ok(false);
                }
                self.reply(*id, Ok(Reply::Done));
            }
            Owed::Check { reading, check } => {
                let Some(words) = self.run.poll(reading)? else { return Ok(false) };
                self.check(check, &words)?;
            }
            Owed::Keep { snapshot, reading } => {
                let Some(words) = self.run.poll(reading)? else { return Ok(false) };
                if self.run.is_sound(&words) {
                    let Snapshot { iteration, spec, log, .. } = &**snapshot;
                    self.keep_from(Snapshot {
                        iteration: *iteration,
                        spec: spec.clone(),
                        log: log.clone(),
                        state: words,
                    });
                }
            }
            Owed::Checkpoint { id, files, reading } => {
                let Some(state) = self.run.poll(reading)? else { return Ok(false) };
                let file = (files.write)(&self.run, &state);
                self.reply(*id, file.map(Reply::Bytes));
            }
            Owed::Sample { id, job, .. } => {
                let Some(mut results) = self.run.collect(job)? else { return Ok(false) };
                self.reply(*id, Ok(Reply::Values(results.swap_remove(0))));
            }
            Owed::Score { id, job, .. } => {
                let Some(results) = self.run.collect(job)? else { return Ok(false) };
                let scores = results[0].iter().copied().map(sigmoid).collect();
                self.reply(*id, Ok(Reply::Values(scores)));
            }
            Owed::Generated { id, job, .. } => {
                let Some(mut results) = self.run.collect(job)? else { return Ok(false) };
                let score = results.swap_remove(1).into_iter().map(sigmoid).collect();
                self.reply(*id, Ok(Reply::Generated { x: results.swap_remove(0), score }));
            }
            Owed::Neighbours { id, images, most, found } => {
                if !self.search(images, *most, found) {
                    return Ok(false);
                }
                self.reply(*id, Ok(Reply::Neighbours(std::mem::take(found))));
            }
            Owed::Evaluation { begun, verdict } => {
                if self.reach(verdict)?.is_none() {
                    return Ok(false);
                }
                self.times.evaluation_cost = self.cost(*begun, now);
                self.judged = true;
                self.stale = true;
            }
            Owed::Frame { begun, iteration, part, spec, look, figures, check } => {
                let Some(words) = self.run.words(figures)? else { return Ok(false) };
                if let Some(check) = check.take() {
                    self.check(&check, &words)?;
                }
                let Some(seen) = self.view.seen(&mut self.run, look)? else { return Ok(false) };
                let frame = Frame {
                    standing: self.standing,
                    spec: std::mem::take(spec),
                    metrics: self.metrics(*iteration, &words, &seen),
                    rate: self.times.rate,
                    part: *part,
                    units: seen.units,
                    diagnosis: self.diagnosis.clone(),
                    picture: seen.picture,
                };
                self.events.push(Event::Frame(Box::new(frame)));
                self.shown = true;
                self.times.frame_cost = self.cost(*begun, now);
            }
            Owed::Advance { id, left, ending } => {
                return self.settle_advance(*id, *left, ending, now);
            }
        }
        Ok(true)
    }

    /// What a look at the players has cost that was begun then.
    fn cost(&mut self, begun: f64, now: f64) -> f64 {
        if self.answers_later { self.gauge.look(begun, now) } else { now - begun }
    }

    fn settle_advance(
        &mut self,
        id: u32,
        left: u64,
        ending: &mut Option<Box<Verdict>>,
        now: f64,
    ) -> Result<bool, EngineError> {
        if left > 0 || (ending.is_none() && self.moving.is_some()) {
            return Ok(false);
        }
        let Some(verdict) = ending else {
            // Who advances in many small steps gets a comparison now and then, not one a step.
            let due = self.run.iteration() >= SAYS_SOMETHING
                && now - self.times.evaluation >= self.evaluation_rest();
            if due {
                self.times.evaluation = now;
            }
            *ending = Some(Box::new(self.begin_verdict(due)?));
            return Ok(false);
        };
        let Some((_, metrics)) = self.reach(verdict)? else { return Ok(false) };
        self.times.rest = now + REST_MILLIS;
        self.reply(id, Ok(Reply::Metrics(metrics)));
        Ok(true)
    }

    /// Starts looking at both players as they are now, and at samples when p_g is to be compared.
    pub(crate) fn begin_verdict(&mut self, compare: bool) -> Result<Verdict, EngineError> {
        let layers = Layers { field: false, pulls: false, grid: false, units: false };
        self.alone = false;
        let figures = self.run.read_figures(false)?.into();
        // It costs as much as an update, so it comes with a comparison; in between the latest norms stand.
        let steep = (compare || self.norms.0.is_nan())
            .then(|| self.run.look_steep(self.view.latents()))
            .transpose()?;
        let look = self.view.look(&mut self.run, layers)?;
        let samples = (compare && self.judge.is_some())
            .then(|| self.run.draw(EVALUATION_SAMPLES, false))
            .transpose()?;
        Ok(Verdict { iteration: self.run.iteration(), look, samples, steep, figures })
    }

    /// What was seen and the figures, once all of it is there; the comparison becomes the latest one.
    pub(crate) fn reach(
        &mut self,
        verdict: &mut Verdict,
    ) -> Result<Option<(Seen, Metrics)>, EngineError> {
        let Some(words) = self.run.words(&mut verdict.figures)? else { return Ok(None) };
        let steep = match &mut verdict.steep {
            Some(asked) => match self.run.words(asked)? {
                Some(words) => Some(norms(&words)),
                None => return Ok(None),
            },
            None => None,
        };
        let drawn = match &mut verdict.samples {
            Some(job) => match self.run.collect(job)? {
                Some(samples) => Some(samples),
                None => return Ok(None),
            },
            None => None,
        };
        let Some(seen) = self.view.seen(&mut self.run, &mut verdict.look)? else { return Ok(None) };
        self.norms = steep.unwrap_or(self.norms);
        let judged = verdict.samples.is_some() || self.judge.is_none();
        if let (Some(judge), Some(samples)) = (&self.judge, &drawn) {
            // A part of the calibration each time, so that no comparison takes long.
            self.calibration.step(judge, EVALUATION_SAMPLES);
            let chance = self.calibration.chance(EVALUATION_SAMPLES);
            let conditional = self.run.spec().conditional();
            self.evaluation =
                evaluate(judge, verdict.iteration, &samples[0], seen.value(), chance, conditional);
        }
        let metrics = self.metrics(verdict.iteration, &words, &seen);
        if judged {
            self.diagnose(&metrics);
        }
        Ok(Some((seen, metrics)))
    }

    /// Another look at the run, and what the rules say now.
    fn diagnose(&mut self, metrics: &Metrics) {
        let since = self.run.settled_since();
        remember(&mut self.looks, since, look_at(metrics));
        let found = diagnose(self.run.spec(), since, &self.looks);
        self.diagnosis = found.as_ref().map(told);
    }

    /// Figures that have come, with what was seen.
    fn metrics(&self, iteration: u64, words: &[f32], seen: &Seen) -> Metrics {
        let mut metrics = Figures::decode(&self.run.compiled.layout, words).metrics(iteration);
        seen.complete(&mut metrics);
        (metrics.norm_minimax, metrics.norm_nonsaturating) = self.norms;
        metrics.evaluation.clone_from(&self.evaluation);
        metrics
    }
}
