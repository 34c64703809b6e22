//! `adversaria train`: a run from its beginning, or from its checkpoint, to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use adversaria_core::diagnosis::Diagnosis;
use adversaria_core::spec::{KEYS, Key, RunSpec};
use adversaria_engine::{Checkpoint, EngineError, Observer, Run};
use adversaria_kernels::program::Table;
use adversaria_protocol::{Layers, Metrics, Picture};
use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Train;
use crate::backend::Wish;
use crate::fault::{note, usage};
use crate::folder::Folder;
use crate::report::Report;
use crate::series::{Series, next_row};
use crate::{data, diagnosis, own_rows, say, spec};

/// Samples behind each row's comparison of p_g with p_data.
const SAMPLES: usize = 10_000;
/// The bar moves and Ctrl-C is heard about this often.
const SLICE: Duration = Duration::from_millis(100);
/// What there is goes to the disk this often, in case the process is killed.
const KEEP: Duration = Duration::from_secs(30);

const FIGURES_ONLY: Layers = Layers { field: false, pulls: false, grid: false, units: false };
const EVERYTHING: Layers = Layers { field: true, pulls: true, grid: true, units: false };

/// Trains.
///
/// # Errors
/// When the request is wrong, the run diverges, or a file cannot be written.
pub(crate) fn train(request: &Train) -> Result<()> {
    let mut spec = spec::read(&request.spec)?;
    if let Some(file) = &request.data {
        spec = own_rows::on_file(&spec, file)?;
    }
    let steps = count_of_steps(&spec, request.steps)?;
    let interrupted = hear_interrupts()?;
    let wish = Wish::new(&spec, request.backend, request.exec)?;
    let mut training = Training::begin(&spec, request, wish)?;
    let from = training.run.iteration();
    if from > steps {
        return Err(usage(format!(
            "--steps {steps} is behind the checkpoint in {}, which has {from} iterations: ask for more, or leave out \
             --resume to start anew",
            training.folder.display()
        )));
    }
    let ending = training.go_on(steps, &interrupted)?;
    let folder = training.folder.display();
    say(&match ending {
        Ending::Arrived => format!("{steps} iterations are in {folder}"),
        Ending::Interrupted => format!(
            "interrupted after {} of {steps} iterations, which are kept in {folder}; --resume goes on from there",
            training.run.iteration()
        ),
    })?;
    say(&diagnosis::line(training.diagnosis().as_ref()))?;
    Ok(())
}

/// Updates are counted in 32 bits.
fn count_of_steps(spec: &RunSpec, steps: u64) -> Result<u64> {
    let most = u64::from(u32::MAX) / u64::from(spec.k_d().max(spec.k_g()).max(1));
    if steps <= most {
        return Ok(steps);
    }
    Err(usage(format!(
        "--steps {steps} is not possible: this run takes a whole number from 0 to {most}"
    )))
}

/// A flag that the first Ctrl-C raises; the second ends the process.
fn hear_interrupts() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&interrupted);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    })
    .context("Ctrl-C cannot be heard")?;
    Ok(interrupted)
}

/// How it ended when nothing went wrong.
enum Ending {
    Arrived,
    Interrupted,
}

/// A run with all that is written about it.
struct Training {
    start: RunSpec,
    table: Arc<Table>,
    wish: Wish,
    run: Run,
    observer: Observer,
    series: Series,
    folder: Folder,
    /// The latest checkpoint of a state that is finite throughout.
    sound: Vec<u8>,
}

impl Training {
    fn begin(spec: &RunSpec, request: &Train, wish: Wish) -> Result<Self> {
        let folder = Folder::open(&request.out)?;
        let stored = if request.resume { folder.checkpoint()? } else { None };
        let Some(bytes) = stored else { return Self::anew(spec, request, folder, wish) };
        let checkpoint = parse(&bytes, &folder.display().to_string())?;
        agree(spec, checkpoint.start(), &folder)?;
        let start = checkpoint.start().clone();
        let table = data::table(&start)?;
        let run = checkpoint.resume(Arc::clone(&table), wish.make()?)?;
        let mut series = folder.series()?;
        series.cut(run.iteration(), request.steps > run.iteration());
        Ok(Self {
            start,
            table,
            wish,
            observer: Observer::new(&run),
            run,
            series,
            folder,
            sound: bytes,
        })
    }

    fn anew(spec: &RunSpec, request: &Train, folder: Folder, wish: Wish) -> Result<Self> {
        if request.resume {
            note(&format!("there is no checkpoint in {} yet: the run begins", folder.display()))?;
        }
        let table = data::table(spec)?;
        let mut run = Run::new(spec.clone(), Arc::clone(&table), wish.make()?)?;
        folder.clear()?;
        let sound = run.checkpoint()?;
        let mut training = Self {
            start: spec.clone(),
            table,
            wish,
            observer: Observer::new(&run),
            run,
            series: Series::default(),
            folder,
            sound,
        };
        training.observe()?;
        Ok(training)
    }

    /// To `steps` iterations in all, or to the first interrupt; then writes everything. After a divergence the files
    /// are those of the last state that was finite.
    fn go_on(&mut self, steps: u64, interrupted: &AtomicBool) -> Result<Ending> {
        let bar = bar(steps, self.run.iteration());
        let result = self.climb(steps, interrupted, &bar);
        bar.finish_and_clear();
        match result {
            Ok(ending) => {
                self.write()?;
                Ok(ending)
            }
            Err(error) => {
                match error.downcast_ref() {
                    Some(EngineError::Diverged { .. }) => {
                        self.fall_back()?;
                        self.write()?;
                    }
                    // A device that is gone gives no picture any more.
                    Some(EngineError::Backend(_)) => self.folder.keep(&self.sound, &self.series)?,
                    _ => {}
                }
                Err(error)
            }
        }
    }

    fn climb(&mut self, steps: u64, interrupted: &AtomicBool, bar: &ProgressBar) -> Result<Ending> {
        let mut slice = 1;
        let mut kept = Instant::now();
        while self.run.iteration() < steps {
            let row = next_row(self.run.iteration()).min(steps);
            while self.run.iteration() < row && !interrupted.load(Ordering::SeqCst) {
                let left = row - self.run.iteration();
                slice = self.advance(slice.min(left), slice)?;
                bar.set_position(self.run.iteration());
            }
            bar.set_message(self.observe()?);
            if kept.elapsed() > KEEP {
                self.folder.keep(&self.sound, &self.series)?;
                kept = Instant::now();
            }
            if interrupted.load(Ordering::SeqCst) && self.run.iteration() < steps {
                return Ok(Ending::Interrupted);
            }
        }
        Ok(Ending::Arrived)
    }

    /// Some iterations; gives how many to make next so that they take about a slice.
    fn advance(&mut self, iterations: u64, slice: u64) -> Result<u64> {
        let begun = Instant::now();
        self.run.advance(u32::try_from(iterations).unwrap_or(u32::MAX))?;
        // Until a device has made them: it takes orders faster than it works.
        self.run.metrics()?;
        let quick = begun.elapsed() * 2 < SLICE;
        Ok(match (quick, begun.elapsed() > SLICE) {
            (true, _) if iterations == slice => slice * 2,
            (_, true) => (slice / 2).max(1),
            _ => slice,
        })
    }

    /// Takes a row, and the checkpoint that belongs to it.
    fn observe(&mut self) -> Result<String> {
        self.run.check_finite()?;
        if self.series.rows().last().is_some_and(|row| row.iteration == self.run.iteration()) {
            return Ok(String::new());
        }
        let (metrics, _) = self.observer.observe(&mut self.run, FIGURES_ONLY, SAMPLES)?;
        self.series.push(&metrics);
        self.sound = self.run.checkpoint()?;
        Ok(message(&metrics))
    }

    /// To the last state that was finite.
    fn fall_back(&mut self) -> Result<()> {
        let checkpoint = parse(&self.sound, "the last finite state")?;
        self.run = checkpoint.resume(Arc::clone(&self.table), self.wish.make()?)?;
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let picture = self.picture()?;
        let stage = self.observer.stage();
        self.folder.keep(&self.sound, &self.series)?;
        self.folder.figure(&stage, &picture)?;
        let report = Report {
            start: &self.start,
            log: self.run.log(),
            iteration: self.run.iteration(),
            parameters: self.run.parameter_counts(),
            stage: &stage,
            picture: &picture,
            series: &self.series,
            diagnosis: self.diagnosis(),
        };
        self.folder.report(&report.html()?)
    }

    /// What the rules say of the figures so far.
    fn diagnosis(&self) -> Option<Diagnosis> {
        diagnosis::of(self.run.spec(), self.run.log(), &self.series, SAMPLES)
    }

    fn picture(&mut self) -> Result<Picture> {
        Ok(self.observer.observe(&mut self.run, EVERYTHING, 0)?.1)
    }
}

/// Reads a checkpoint; what is not one is a wrong request.
pub(crate) fn parse(bytes: &[u8], place: &str) -> Result<Checkpoint> {
    Checkpoint::parse(bytes).map_err(|error| match error {
        EngineError::BadCheckpoint(why) => {
            usage(format!("{place} is not a checkpoint of Adversaria: {why}"))
        }
        other => other.into(),
    })
}

/// Where the arithmetic happens is no part of the game, so these may differ.
const FREE: [&str; 2] = ["backend", "exec"];

fn agree(asked: &RunSpec, stored: &RunSpec, folder: &Folder) -> Result<()> {
    let other = |key: &&Key| asked.get(key.name) != stored.get(key.name);
    let Some(key) = KEYS.iter().filter(|key| !FREE.contains(&key.name)).find(other) else {
        return Ok(());
    };
    let (key, asked, stored) = (key.name, asked.get(key.name)?, stored.get(key.name)?);
    Err(usage(format!(
        "{key}={asked} does not go on from the checkpoint in {}, which has {key}={stored}: give that, or leave out \
         --resume to start anew",
        folder.display()
    )))
}

fn bar(steps: u64, from: u64) -> ProgressBar {
    const FULL: &str = "{wide_bar} {pos}/{len} {per_sec} {eta} {msg}";
    let style = ProgressStyle::with_template(FULL).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(steps).with_style(style).with_position(from)
}

/// The figures beside the bar.
fn message(metrics: &Metrics) -> String {
    let (d, g) = (metrics.loss_d, metrics.loss_g);
    let jsd = metrics.evaluation.as_ref().map(|e| format!(" JSD {:.4}", e.jsd));
    format!("D {d:.3} G {g:.3}{}", jsd.unwrap_or_default())
}
