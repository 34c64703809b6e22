//! What is owed: frames, answers and checks that are under way, and how they are finished when their words have come.

use adversaria_core::math::sigmoid;
use adversaria_core::spec::RunSpec;
use adversaria_protocol::{Event, Frame, Layers, Metrics, Reply};

use crate::error::EngineError;
use crate::evaluate::evaluate;
use crate::figures::Figures;
use crate::probe::Job;
use crate::run::{Change, Reading};
use crate::stage::{REST_MILLIS, Stage};
use crate::view::{Look, Seen};

/// Samples of a comparison of p_g with p_data.
const EVALUATION_SAMPLES: usize = 10_000;

/// Something that is under way and that somebody waits for.
pub(crate) enum Owed {
    /// A frame: when it was begun, the iteration and spec it shows.
    Frame {
        begun: f64,
        iteration: u64,
        spec: String,
        look: Box<Look>,
        figures: Reading,
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
        ending: Option<(Box<Verdict>, Reading)>,
    },
    Sample {
        id: u32,
        job: Job,
    },
    Score {
        id: u32,
        job: Job,
    },
    Checkpoint {
        id: u32,
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
    },
}

/// A look at both players at one iteration, with samples to compare where p_data is known.
pub(crate) struct Verdict {
    iteration: u64,
    look: Look,
    samples: Option<Job>,
}

/// What goes with a copy of the state.
pub(crate) struct Snapshot {
    pub(crate) iteration: u64,
    pub(crate) spec: RunSpec,
    pub(crate) log: Vec<Change>,
    pub(crate) state: Vec<f32>,
}

impl Stage {
    /// Finishes what can be finished, in the order it was asked for.
    pub(crate) fn settle(&mut self, now: f64) -> Result<(), EngineError> {
        let mut failed = None;
        for owed in std::mem::take(&mut self.owed) {
            match self.settle_one(owed, now) {
                Ok(Some(rest)) => self.owed.push(rest),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// One thing owed: gives it back when it is not done yet.
    fn settle_one(&mut self, owed: Owed, now: f64) -> Result<Option<Owed>, EngineError> {
        match owed {
            Owed::Check { reading } => match self.run.poll(&reading)? {
                None => return Ok(Some(Owed::Check { reading })),
                Some(words) => self.check(&words)?,
            },
            Owed::Keep { mut snapshot, reading } => match self.run.poll(&reading)? {
                None => return Ok(Some(Owed::Keep { snapshot, reading })),
                Some(words) => {
                    snapshot.state = words;
                    if self.run.is_sound(&snapshot.state) {
                        self.kept = Some(snapshot);
                    }
                }
            },
            Owed::Checkpoint { id, reading } => match self.run.poll(&reading)? {
                None => return Ok(Some(Owed::Checkpoint { id, reading })),
                Some(state) => {
                    let file = self.run.checkpoint_of(&state);
                    self.reply(id, file.map(Reply::Bytes));
                }
            },
            Owed::Sample { id, mut job } => match self.run.collect(&mut job)? {
                None => return Ok(Some(Owed::Sample { id, job })),
                Some(mut results) => self.reply(id, Ok(Reply::Values(results.swap_remove(0)))),
            },
            Owed::Score { id, mut job } => match self.run.collect(&mut job)? {
                None => return Ok(Some(Owed::Score { id, job })),
                Some(results) => {
                    let scores = results[0].iter().copied().map(sigmoid).collect();
                    self.reply(id, Ok(Reply::Values(scores)));
                }
            },
            Owed::Evaluation { begun, mut verdict } => match self.reach(&mut verdict)? {
                None => return Ok(Some(Owed::Evaluation { begun, verdict })),
                Some(_) => {
                    self.times.evaluation_cost = now - begun;
                    self.stale = true;
                }
            },
            Owed::Frame { begun, iteration, spec, mut look, figures } => {
                let Some(seen) = self.view.seen(&mut self.run, &mut look)? else {
                    return Ok(Some(Owed::Frame { begun, iteration, spec, look, figures }));
                };
                let metrics = self.metrics(iteration, &figures, &seen)?;
                let frame = Frame {
                    standing: self.standing,
                    spec,
                    metrics,
                    rate: self.times.rate,
                    picture: seen.picture,
                };
                self.events.push(Event::Frame(Box::new(frame)));
                self.times.frame_cost = now - begun;
            }
            Owed::Advance { id, left, ending } => {
                return self.settle_advance(id, left, ending, now);
            }
        }
        Ok(None)
    }

    fn settle_advance(
        &mut self,
        id: u32,
        left: u64,
        ending: Option<(Box<Verdict>, Reading)>,
        now: f64,
    ) -> Result<Option<Owed>, EngineError> {
        if left > 0 {
            return Ok(Some(Owed::Advance { id, left, ending }));
        }
        let Some((mut verdict, figures)) = ending else {
            let figures = self.run.read_figures(false)?;
            // Who advances in many small steps gets a comparison now and then, not one a step.
            let due = now - self.times.evaluation >= self.evaluation_rest();
            if due {
                self.times.evaluation = now;
            }
            let verdict = Box::new(self.begin_verdict(due)?);
            return Ok(Some(Owed::Advance { id, left, ending: Some((verdict, figures)) }));
        };
        let Some(seen) = self.reach(&mut verdict)? else {
            return Ok(Some(Owed::Advance { id, left, ending: Some((verdict, figures)) }));
        };
        let metrics = self.metrics(verdict.iteration, &figures, &seen)?;
        self.times.rest = now + REST_MILLIS;
        self.reply(id, Ok(Reply::Metrics(metrics)));
        Ok(None)
    }

    /// Starts looking at both players as they are now, and at samples when p_g is to be compared.
    pub(crate) fn begin_verdict(&mut self, compare: bool) -> Result<Verdict, EngineError> {
        let layers = Layers { field: false, pulls: false, grid: false };
        let look = self.view.look(&mut self.run, layers)?;
        let samples = (compare && self.judge.is_some())
            .then(|| self.run.draw(EVALUATION_SAMPLES, false))
            .transpose()?;
        Ok(Verdict { iteration: self.run.iteration(), look, samples })
    }

    /// What was seen, once all of it is there; the comparison becomes the latest one.
    fn reach(&mut self, verdict: &mut Verdict) -> Result<Option<Seen>, EngineError> {
        let Some(seen) = self.view.seen(&mut self.run, &mut verdict.look)? else { return Ok(None) };
        let Some(job) = &mut verdict.samples else { return Ok(Some(seen)) };
        let Some(samples) = self.run.collect(job)? else { return Ok(None) };
        self.evaluation = self
            .judge
            .as_ref()
            .and_then(|judge| evaluate(judge, verdict.iteration, &samples[0], seen.value()));
        Ok(Some(seen))
    }

    /// Figures asked for before a look have come when the look has: everything happens in order.
    fn metrics(
        &mut self,
        iteration: u64,
        figures: &Reading,
        seen: &Seen,
    ) -> Result<Metrics, EngineError> {
        let words = self.run.wait(figures)?;
        let mut metrics = Figures::decode(&self.run.compiled.layout, &words).metrics(iteration);
        seen.complete(&mut metrics);
        metrics.evaluation.clone_from(&self.evaluation);
        Ok(metrics)
    }

    fn check(&self, words: &[f32]) -> Result<(), EngineError> {
        let figures = Figures::decode(&self.run.compiled.layout, words);
        match figures.diverged() {
            Some(what) if !self.diverged() => {
                Err(EngineError::Diverged { what: what.into(), iteration: self.run.iteration() })
            }
            _ => Ok(()),
        }
    }
}
