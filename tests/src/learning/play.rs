//! Trains a scene from one seed and judges what it has learned.

use std::time::{Duration, Instant};

use adversaria_core::data::Distribution;
use adversaria_core::images::ImageSet;
use adversaria_core::metrics::Judge;
use adversaria_core::spec::{Address, RunSpec};
use adversaria_engine::{EngineError, Run, build_table};
use adversaria_kernels::backend::Backend;
use adversaria_kernels::cpu::CpuBackend;
use anyhow::{Context, Result, ensure};

use super::{
    Bar, Classifier, DIGIT_SAMPLES, DigitVerdict, EVALUATIONS, EVERY, MODE_SAMPLES, SAMPLES, Scene,
};

/// One look at G towards the end of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct LastEvaluation {
    /// Iterations made.
    pub iteration: u64,
    /// JSD(p_data ‖ p_g) in nats, of [`SAMPLES`] samples.
    pub jsd: f64,
    /// Modes found among [`MODE_SAMPLES`] samples, and modes in all.
    pub modes: Option<(usize, usize)>,
    /// Share of [`SAMPLES`] samples within 3 σ of their nearest mode.
    pub quality: Option<f64>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Of points on the line or in the plane.
    Points(Vec<LastEvaluation>),
    /// Of digits.
    Digits(DigitVerdict),
    /// The run stopped: why.
    Stopped(String),
}

/// A run and what it came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Of the scene.
    pub name: &'static str,
    /// What was run, seed included.
    pub address: String,
    /// Where its random numbers come from.
    pub seed: u32,
    /// Whole iterations asked for.
    pub iterations: u32,
    /// Time for training and judging.
    pub took: Duration,
    /// What came of it.
    pub verdict: Verdict,
    /// Whether the scene's bar is passed.
    pub passed: bool,
}

/// The middle of some figures; NaN counts as the largest, and is the median of none.
#[must_use]
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Verdict {
    /// Median JSD in nats.
    #[must_use]
    pub fn jsd(&self) -> f64 {
        median(self.evaluations().iter().map(|e| e.jsd))
    }

    /// Median number of modes found.
    #[must_use]
    pub fn modes(&self) -> Option<(usize, usize)> {
        let mut found: Vec<_> = self.evaluations().iter().filter_map(|e| e.modes).collect();
        found.sort_unstable();
        found.get(found.len() / 2).copied()
    }

    /// Median share of good samples.
    #[must_use]
    pub fn quality(&self) -> f64 {
        median(self.evaluations().iter().filter_map(|e| e.quality))
    }

    fn evaluations(&self) -> &[LastEvaluation] {
        match self {
            Self::Points(evaluations) => evaluations,
            Self::Digits(_) | Self::Stopped(_) => &[],
        }
    }

    /// Whether it is good enough.
    #[must_use]
    pub fn passes(&self, bar: Bar) -> bool {
        match (bar, self) {
            (_, Self::Stopped(_)) => false,
            (Bar::Shown, _) => true,
            (Bar::Jsd(most), Self::Points(_)) => self.jsd() <= most,
            (Bar::Modes(least), Self::Points(_)) => {
                self.modes().is_some_and(|(found, all)| found == all) && self.quality() >= least
            }
            (Bar::Digits(least), Self::Digits(verdict)) => {
                verdict.every_digit() && verdict.confidence >= least
            }
            (Bar::Digits(_), _) | (_, Self::Digits(_)) => false,
        }
    }
}

/// Trains a scene on the processor, with `changes` (address keys and values) made to its address beforehand.
///
/// # Errors
/// When the address is refused, images are missing, or a scene of digits has no classifier.
pub fn play(
    scene: &Scene,
    seed: u32,
    changes: &[(String, String)],
    images: Option<&ImageSet>,
    classifier: Option<&Classifier>,
) -> Result<Outcome> {
    play_on(Box::new(CpuBackend::detect()), scene, seed, changes, images, classifier)
}

/// As [`play`], on this executor.
///
/// # Errors
/// As [`play`].
pub fn play_on(
    backend: Box<dyn Backend>,
    scene: &Scene,
    seed: u32,
    changes: &[(String, String)],
    images: Option<&ImageSet>,
    classifier: Option<&Classifier>,
) -> Result<Outcome> {
    let begun = Instant::now();
    let spec = spec_of(scene, seed, changes)?;
    let table = build_table(&spec, images)?;
    let mut run = Run::new(spec.clone(), table, backend)?;
    let verdict = match Distribution::of(&spec) {
        Some(data) => judge_points(&mut run, scene, &data),
        None => {
            let classifier = classifier.context("digits need a classifier")?;
            judge_digits(&mut run, scene, classifier)
        }
    };
    let verdict = verdict.unwrap_or_else(|error| Verdict::Stopped(error.to_string()));
    let passed = verdict.passes(scene.bar);
    Ok(Outcome {
        name: scene.name,
        address: spec.address(),
        seed,
        iterations: scene.iterations,
        took: begun.elapsed(),
        verdict,
        passed,
    })
}

fn spec_of(scene: &Scene, seed: u32, changes: &[(String, String)]) -> Result<RunSpec> {
    let mut spec = Address::parse(scene.address)?.spec.with("seed", &seed.to_string())?;
    for (key, value) in changes {
        spec = spec.with(key, value)?;
    }
    ensure!(scene.iterations >= (EVALUATIONS - 1) * EVERY, "{} is too short", scene.name);
    Ok(spec)
}

fn judge_points(run: &mut Run, scene: &Scene, data: &Distribution) -> Result<Verdict, EngineError> {
    let judge = Judge::new(data);
    let averaged = run.spec().ema().is_some();
    run.advance(scene.iterations - (EVALUATIONS - 1) * EVERY)?;
    let mut evaluations = Vec::new();
    for number in 0..EVALUATIONS {
        if number > 0 {
            run.advance(EVERY)?;
        }
        let samples = run.sample(SAMPLES, averaged)?;
        let few = judge.coverage(&samples[..samples.len() / SAMPLES * MODE_SAMPLES]);
        evaluations.push(LastEvaluation {
            iteration: run.iteration(),
            jsd: judge.compare(&samples).map_or(f64::NAN, |c| c.jsd),
            modes: few.map(|c| (c.found, c.modes)),
            quality: judge.coverage(&samples).map(|c| c.quality),
        });
    }
    Ok(Verdict::Points(evaluations))
}

fn judge_digits(
    run: &mut Run,
    scene: &Scene,
    classifier: &Classifier,
) -> Result<Verdict, EngineError> {
    let averaged = run.spec().ema().is_some();
    run.advance(scene.iterations)?;
    let samples = run.sample(DIGIT_SAMPLES, averaged)?;
    Ok(Verdict::Digits(classifier.judge(&samples)?))
}
