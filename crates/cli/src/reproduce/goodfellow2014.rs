//! Goodfellow et al. 2014, table 1 on MNIST: the Parzen-window log-likelihood, first of training images as if they were
//! samples, then of what the paper's maxout net makes after so many updates.

use std::fmt::Write as _;
use std::sync::Arc;
use std::thread;

use adversaria_core::images::{ImageSet, to_values};
use adversaria_core::parzen::{Estimate, Parzen, best, widths};
use adversaria_core::spec::{Address, OutputAct};
use adversaria_engine::{Run, build_table};
use anyhow::{Result, bail};

use super::{Budget, looks};
use crate::data::{test_images, training_images};
use crate::fault::note;
use crate::folder::Folder;
use crate::say;

/// Table 1: the authors' own figures.
const TABLE: [(&str, &str); 4] = [
    ("DBN", "138 ± 2"),
    ("Stacked CAE", "121 ± 1.6"),
    ("Deep GSN", "214 ± 1.1"),
    ("adversarial nets", "225 ± 2"),
];

const BATCH: u32 = 100;
/// Epochs in which the momentum rises from 0.5 to 0.7.
const EPOCHS_OF_RISE: f64 = 250.0;

/// How much of everything.
struct Scale {
    /// The training table, the first images of the training set.
    rows: u32,
    /// Samples behind an estimate.
    samples: usize,
    /// Images after the training table by which σ is chosen.
    validation: usize,
    /// Test images.
    test: usize,
    /// Updates of each player.
    steps: u64,
}

const FULL: Scale =
    Scale { rows: 50_000, samples: 10_000, validation: 1_000, test: 10_000, steps: 25_000 };
/// To see that all of it runs; its figures mean nothing.
const QUICK: Scale = Scale { rows: 400, samples: 200, validation: 50, test: 60, steps: 6 };

/// Runs it, tells the table, and writes `goodfellow2014.csv` (source, iteration, samples, sigma, nats, error).
///
/// # Errors
/// When the images are not here, the run diverges or a file cannot be written.
pub(super) fn reproduce(budget: &Budget, folder: Option<&Folder>) -> Result<()> {
    let mut scale = if budget.quick { QUICK } else { FULL };
    scale.steps = budget.steps.unwrap_or(scale.steps);
    let held = Held::new(&scale)?;
    let mut table = Table { csv: "source,iteration,samples,sigma,nats,error\n".into(), folder };
    let seen = held.judge(&held.samples)?;
    table.add("training images", None, scale.samples, &seen)?;
    let last = train(budget, &scale, &held, &mut table)?;
    tell(&scale, &seen, &last)
}

/// What estimates are made by.
struct Held {
    images: ImageSet,
    /// Training images as samples.
    samples: Vec<f32>,
    validation: Vec<f32>,
    test: Vec<f32>,
}

/// A width and what the test images are worth by it.
struct Judged {
    sigma: f64,
    nats: Estimate,
}

impl Held {
    fn new(scale: &Scale) -> Result<Self> {
        let rows = scale.rows as usize;
        let images = training_images(scale.rows + scale.validation as u32)?;
        let test = test_images()?;
        let size = images.width() * images.height();
        let part = |set: &ImageSet, from: usize, count: usize| -> Result<Vec<f32>> {
            match set.pixels().get(from * size..(from + count) * size) {
                Some(bytes) => Ok(to_values(bytes, OutputAct::Sigmoid)),
                None => bail!(
                    "{count} images from number {from} on are needed, and there are {}",
                    set.count()
                ),
            }
        };
        Ok(Self {
            samples: part(&images, 0, scale.samples)?,
            validation: part(&images, rows, scale.validation)?,
            test: part(&test, 0, scale.test)?,
            images,
        })
    }

    fn dim(&self) -> usize {
        self.images.width() * self.images.height()
    }

    /// σ by the validation images, and the mean over the test images ± their standard error, in nats.
    fn judge(&self, samples: &[f32]) -> Result<Judged> {
        let parzen = Parzen::new(samples, self.dim());
        let widths = widths();
        let sigma = widths[best(&in_parts(&parzen, &self.validation, &widths)?)];
        let values = in_parts(&parzen, &self.test, &[sigma])?;
        Ok(Judged { sigma, nats: Estimate::of(&values[0]) })
    }

    /// The first `count` samples of G.
    fn judge_run(&self, run: &mut Run, count: usize) -> Result<Judged> {
        let samples = run.sample(count, false)?;
        self.judge(&samples)
    }
}

/// The log-likelihoods of points, the work shared among the machine's threads. Each point's is what one thread would find.
fn in_parts(parzen: &Parzen, points: &[f32], sigmas: &[f64]) -> Result<Vec<Vec<f64>>> {
    let threads = thread::available_parallelism().map_or(1, Into::into);
    let dim = 28 * 28;
    let each = (points.len() / dim).div_ceil(threads).max(1) * dim;
    let parts: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = points
            .chunks(each)
            .map(|part| scope.spawn(move || parzen.log_likelihoods(part, sigmas)))
            .collect();
        started.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut all = vec![Vec::new(); sigmas.len()];
    for part in parts {
        let Ok(part) = part else { bail!("a thread of the estimate failed") };
        all.iter_mut().zip(part).for_each(|(values, more)| values.extend(more));
    }
    Ok(all)
}

/// The rows so far, on the disk as soon as they are known: an hour's run may be cut short.
struct Table<'a> {
    csv: String,
    folder: Option<&'a Folder>,
}

impl Table<'_> {
    fn add(
        &mut self,
        source: &str,
        iteration: Option<u64>,
        samples: usize,
        judged: &Judged,
    ) -> Result<()> {
        let Judged { sigma, nats: Estimate { mean, error } } = judged;
        let at = iteration.map(|iteration| iteration.to_string()).unwrap_or_default();
        writeln!(self.csv, "{source},{at},{samples},{sigma:?},{mean:?},{error:?}")?;
        if let Some(folder) = self.folder {
            folder.numbers("goodfellow2014.csv", &self.csv)?;
        }
        let when = iteration.map(|at| format!(" after {at} iterations")).unwrap_or_default();
        Ok(note(&format!("{source}{when}: {mean:.1} ± {error:.1} nats, σ {sigma:.3}"))?)
    }
}

/// The paper's setting, but for the seed and what budget and scale say.
fn address(rows: u32, seed: u32) -> String {
    format!(
        "data=mnist&rows={rows}&z=uniform:100&g=maxout-2014&d=maxout-2014&batch={BATCH}&optd={SGD}&optg={SGD}\
         &lrdecay=exp:0.999996000016&seed={seed}",
        SGD = sgd(0.0)
    )
}

/// SGD in an epoch: its momentum rises linearly from 0.5 to 0.7, once an epoch, as the authors' code has it.
fn sgd(epoch: f64) -> String {
    format!("sgd:0.1:{:.6}", 0.5 + 0.2 * (epoch / EPOCHS_OF_RISE).min(1.0))
}

fn train(budget: &Budget, scale: &Scale, held: &Held, table: &mut Table) -> Result<Judged> {
    let spec = Address::parse(&address(scale.rows, budget.seed))?.spec;
    let rows = build_table(&spec, Some(&held.images))?;
    let mut run = Run::new(spec, Arc::clone(&rows), budget.backend()?)?;
    let per_epoch = u64::from((scale.rows / BATCH).max(1));
    let mut judged = held.judge_run(&mut run, scale.samples)?;
    table.add("maxout-2014", Some(0), scale.samples, &judged)?;
    for look in looks(scale.steps) {
        while run.iteration() < look {
            let epoch = run.iteration() / per_epoch;
            let momentum = sgd(epoch as f64);
            for key in ["optd", "optg"] {
                run.change(key, &momentum)?;
            }
            let until = look.min((epoch + 1) * per_epoch);
            run.advance(u32::try_from(until - run.iteration())?)?;
        }
        run.check_finite()?;
        judged = held.judge_run(&mut run, scale.samples)?;
        table.add("maxout-2014", Some(look), scale.samples, &judged)?;
        if let Some(folder) = table.folder {
            folder.bytes("goodfellow2014.safetensors", &run.checkpoint()?)?;
        }
    }
    Ok(judged)
}

fn tell(scale: &Scale, seen: &Judged, last: &Judged) -> Result<()> {
    let Scale { rows, samples, validation, test, steps } = scale;
    say("| Parzen-window log-likelihood of MNIST's test images, nats | in the paper | here |")?;
    say("|---|---|---|")?;
    let here = |judged: &Judged| {
        format!("{:.1} ± {:.1} (σ {:.3})", judged.nats.mean, judged.nats.error, judged.sigma)
    };
    for (model, paper) in TABLE {
        let ours = if model == "adversarial nets" { here(last) } else { "–".into() };
        say(&format!("| {model} | {paper} | {ours} |"))?;
    }
    say(&format!("| training images as samples | – | {} |", here(seen)))?;
    say("")?;
    let epochs = steps * u64::from(BATCH) / u64::from(*rows);
    say(&format!(
        "Run: {steps} updates of each player ({epochs} epochs of {rows} images), {samples} samples, σ by {validation} \
         images, {test} test images. How many epochs are behind the paper's figure is not recorded anywhere."
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_momentum_rises_over_250_epochs() {
        assert_eq!(sgd(0.0), "sgd:0.1:0.500000");
        assert_eq!(sgd(1.0), "sgd:0.1:0.500800");
        assert_eq!(sgd(250.0), "sgd:0.1:0.700000");
        assert_eq!(sgd(400.0), "sgd:0.1:0.700000");
    }

    #[test]
    fn the_address_is_the_setting_of_the_paper() {
        let spec = Address::parse(&address(50_000, 1)).expect("a valid address").spec;
        assert_eq!(spec.get("d").expect("a field"), "maxout-2014");
        assert_eq!((spec.batch(), spec.k_d(), spec.k_g(), spec.rows()), (100, 1, 1, 50_000));
        let adversaria_core::spec::Decay::Exponential(rate) = spec.decay() else {
            panic!("{:?}", spec.decay())
        };
        assert!((rate - 1.0 / 1.000_004).abs() < 1e-12);
    }
}
