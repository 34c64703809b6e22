//! `adversaria presets`: the page's scenes by name, and whether each does what its sentence says.

use adversaria_core::data;
use adversaria_core::presets::{Bound, Claim, Figure, PRESETS, Preset};
use adversaria_core::spec::{Address, DataKind};
use adversaria_engine::{Observer, Run};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_protocol::{Layers, Metrics};
use anyhow::{Result, bail};

use crate::args::Presets;
use crate::fault::usage;
use crate::{data as tables, say};

/// Samples behind each look.
const SAMPLES: usize = 10_000;
/// Samples of images, which are large.
const IMAGES: usize = 256;
/// Beyond this a tanh is flat.
const EDGE: f32 = 0.99;

const FIGURES_ONLY: Layers = Layers { field: false, pulls: false, grid: false, units: false };

/// Lists them, or checks them.
///
/// # Errors
/// When there is none of that name, or a claim does not hold.
pub(crate) fn presets(request: &Presets) -> Result<()> {
    let chosen = match &request.name {
        Some(name) => std::slice::from_ref(find(name)?),
        None => PRESETS,
    };
    if request.check { check(chosen, request.seed) } else { list(chosen) }
}

/// The preset of this name.
///
/// # Errors
/// When there is none.
pub(crate) fn find(name: &str) -> Result<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        usage(format!("there is no preset \"{name}\"; there are {}", names.join(", ")))
    })
}

fn list(chosen: &[Preset]) -> Result<()> {
    for Preset { name, title, address, watch, .. } in chosen {
        say(&format!("{name}: {title}\n  #{address}\n  {watch}"))?;
    }
    Ok(())
}

/// Runs each on the CPU and tells what was seen.
fn check(chosen: &[Preset], seed: Option<u32>) -> Result<()> {
    let mut broken = Vec::new();
    for preset in chosen {
        for (claim, seen) in preset.claims.iter().zip(look(preset, seed)?) {
            let holds = claim.holds(&seen);
            say(&format!(
                "{}: {}{}",
                preset.name,
                told(claim, &seen),
                if holds { "" } else { ": NO" }
            ))?;
            if !holds {
                broken.push(preset.name);
            }
        }
    }
    broken.dedup();
    if broken.is_empty() {
        return Ok(());
    }
    bail!("what their sentences say does not hold of {}", broken.join(", "))
}

fn told(claim: &Claim, seen: &[f32]) -> String {
    let least = seen.iter().copied().fold(f32::INFINITY, f32::min);
    let most = seen.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let bound = match claim.bound {
        Bound::Most(bound) => format!("at most {bound}"),
        Bound::Least(bound) => format!("at least {bound}"),
        Bound::MeanMost(bound) => format!("on average at most {bound}"),
        Bound::MeanLeast(bound) => format!("on average at least {bound}"),
        Bound::Swings(by) => format!("swings by {by}"),
    };
    let (from, to) = claim.span;
    let mean = seen.iter().sum::<f32>() / seen.len() as f32;
    format!(
        "{:?} {bound} from iteration {from} to {to}; seen {least} to {most}, {mean} on average",
        claim.figure
    )
}

/// What each claim's figure was at each of its looks.
fn look(preset: &Preset, seed: Option<u32>) -> Result<Vec<Vec<f32>>> {
    let spec = Address::parse(preset.address)?.spec;
    let spec = seed.map_or(Ok(spec.clone()), |seed| spec.with("seed", &seed.to_string()))?;
    let mut run = Run::new(spec.clone(), tables::table(&spec)?, Box::new(CpuBackend::detect()))?;
    let observer = Observer::new(&run);
    let mut looks: Vec<u32> = preset.claims.iter().flat_map(Claim::looks).collect();
    looks.sort_unstable();
    looks.dedup();
    let mut seen = vec![Vec::new(); preset.claims.len()];
    for at in looks {
        run.advance(at - u32::try_from(run.iteration())?)?;
        let (metrics, _) = observer.observe(&mut run, FIGURES_ONLY, SAMPLES)?;
        for (claim, seen) in preset.claims.iter().zip(&mut seen) {
            if claim.looks().any(|look| look == at) {
                seen.push(value(claim.figure, &metrics, &mut run)?);
            }
        }
    }
    Ok(seen)
}

/// The figure now; NaN where the run has none.
fn value(figure: Figure, metrics: &Metrics, run: &mut Run) -> Result<f32> {
    let judged = metrics.evaluation.as_ref();
    let seen = match figure {
        Figure::Jsd => judged.map(|e| e.jsd),
        #[expect(clippy::cast_precision_loss, reason = "no set has so many modes")]
        Figure::Modes => judged.and_then(|e| e.modes).map(|(found, _)| found as f32),
        Figure::Quality => judged.and_then(|e| e.quality),
        Figure::Value => Some(metrics.value),
        Figure::Gap => judged.map(|e| e.value_optimal - e.value),
        Figure::GradientG => Some(metrics.grad_norm_g),
        Figure::Advantage => Some(metrics.score_real - metrics.score_fake),
        Figure::MeanOffset => mean_offset(run)?,
        Figure::MeanX => {
            let dim = dim(run);
            mean(&run.sample(SAMPLES, false)?, dim).first().map(|x| *x as f32)
        }
        Figure::AtTheEdge => {
            Some(share(&run.sample(SAMPLES, false)?, dim(run), |x| x.abs() > EDGE))
        }
        Figure::Contrast => Some(share(&run.sample(IMAGES, false)?, 1, |x| x.abs() > 0.5)),
    };
    Ok(seen.unwrap_or(f32::NAN))
}

fn dim(run: &Run) -> usize {
    if run.spec().data().kind() == DataKind::Line { 1 } else { 2 }
}

/// The distance of the mean of G's samples from that of the training table.
fn mean_offset(run: &mut Run) -> Result<Option<f32>> {
    let dim = dim(run);
    let Some(rows) = data::rows(run.spec()) else { return Ok(None) };
    let (real, fake) = (mean(&rows, dim), mean(&run.sample(SAMPLES, false)?, dim));
    let squares = real.iter().zip(fake).map(|(a, b)| (a - b).powi(2));
    Ok(Some(squares.sum::<f64>().sqrt() as f32))
}

/// Of points `[n, dim]`.
fn mean(points: &[f32], dim: usize) -> Vec<f64> {
    let mut sums = vec![0.0; dim];
    for point in points.chunks_exact(dim) {
        sums.iter_mut().zip(point).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let count = (points.len() / dim) as f64;
    sums.iter().map(|sum| sum / count).collect()
}

/// The share of points `[n, dim]` with a coordinate of which `is` is true.
fn share(points: &[f32], dim: usize, is: impl Fn(f32) -> bool) -> f32 {
    let found = points.chunks_exact(dim).filter(|point| point.iter().any(|x| is(*x))).count();
    found as f32 / (points.len() / dim) as f32
}
