//! What is drawn of a run: which points are probed for a frame, and how the answers become a picture.

use adversaria_core::data::{Distribution, normal_quantile};
use adversaria_core::images::to_bytes;
use adversaria_core::math::{sigmoid, softplus};
use adversaria_core::metrics;
use adversaria_core::rng::CounterRng;
use adversaria_core::spec::{DataKind, LatentLaw, RunSpec};
use adversaria_kernels::program::TableValues;
use adversaria_protocol::{Images, Layers, Line, Metrics, Picture, Plane, Player, Stage, Units};

use crate::compile::index;
use crate::error::EngineError;
use crate::layout;
use crate::probe::Job;
use crate::run::{Run, latent_points};
use crate::units::{self, UnitsLook};
use crate::vocabulary::{discriminator_terms, generator_term, stream};

/// Cells of the 1D view.
const CELLS: u32 = 240;
/// Latent points of the 1D sweep.
const SWEEP: usize = 4096;
/// Arrows from z to x.
const ARROWS: usize = 41;
/// Cells on a side of the 2D field.
const SIDE: u32 = 48;
/// Dots of each colour.
const DOTS: usize = 512;
/// Samples of each kind behind V(D,G) in 2D.
const JUDGED: usize = 1024;
/// Lines of G's grid each way.
const LATTICE: usize = 21;
/// Pictures of each kind: one probe's.
const PICTURES: usize = layout::PICTURES as usize;
/// Pixels on a side of each.
const PIXELS: u32 = 28;

/// The constant part of a run's picture, made once.
pub(crate) struct View {
    kind: Kind,
}

enum Kind {
    Line { distribution: Distribution, x: Vec<f32>, p_data: Vec<f32>, z: Vec<f32>, exact: bool },
    Plane { z: Vec<f32>, real: Vec<f32>, p_data: Vec<f32>, lattice: Vec<f32> },
    Images { z: Vec<f32>, real: Vec<f32>, shown: Vec<u8> },
}

/// A frame under way.
pub(crate) struct Look {
    generated: Job,
    with_pulls: bool,
    points: Job,
    field: Option<Job>,
    grid: Option<Job>,
    average: Option<Job>,
    units: Option<UnitsLook>,
}

/// A finished look: the picture, and V(D,G) with the mean scores.
pub(crate) struct Seen {
    pub(crate) picture: Picture,
    pub(crate) units: Option<Units>,
    value: f32,
    score_real: f32,
    score_fake: f32,
    loss_d: f32,
    loss_g: f32,
    rightly: (f32, Option<f32>),
}

impl Seen {
    /// A player's loss on the points that were looked at, without its regulariser.
    pub(crate) const fn loss_of(&self, player: Player) -> f32 {
        match player {
            Player::Discriminator => self.loss_d,
            Player::Generator => self.loss_g,
        }
    }

    /// The share of real and generated samples, in equal parts, on whose side of ½ D's output lies, and its standard error;
    /// none in 1D, where both parts are integrals.
    pub(crate) const fn rightly_told(&self) -> (f32, Option<f32>) {
        self.rightly
    }

    /// V(D,G)
    pub(crate) const fn value(&self) -> f32 {
        self.value
    }

    pub(crate) fn complete(&self, metrics: &mut Metrics) {
        metrics.value = self.value;
        metrics.score_real = self.score_real;
        metrics.score_fake = self.score_fake;
    }
}

impl View {
    pub(crate) fn new(run: &Run) -> Self {
        let spec = &run.spec;
        let kind = match (spec.data().kind(), Distribution::of(spec)) {
            (DataKind::Line, Some(distribution)) => line(spec, distribution),
            (DataKind::Plane, Some(distribution)) => plane(spec, &distribution),
            (DataKind::Images, _) | (_, None) => pictures(run),
        };
        Self { kind }
    }

    pub(crate) fn stage(&self) -> Stage {
        match &self.kind {
            Kind::Line { x, p_data, .. } => Stage::Line { x: x.clone(), p_data: p_data.clone() },
            Kind::Plane { real, p_data, .. } => Stage::Plane {
                real: real[..2 * DOTS.min(real.len() / 2)].to_vec(),
                p_data: p_data.clone(),
                side: SIDE,
            },
            Kind::Images { shown, .. } => {
                Stage::Images { width: PIXELS, height: PIXELS, real: shown.clone() }
            }
        }
    }

    /// The latents of the generated samples that are shown, `[n, dim of z]`.
    pub(crate) fn latents(&self) -> &[f32] {
        match &self.kind {
            Kind::Line { z, .. } | Kind::Plane { z, .. } | Kind::Images { z, .. } => z,
        }
    }

    /// Starts probing for a frame.
    pub(crate) fn look(&self, run: &mut Run, layers: Layers) -> Result<Look, EngineError> {
        let (z, points) = match &self.kind {
            Kind::Line { z, x, .. } => (z, x),
            Kind::Plane { z, real, .. } | Kind::Images { z, real, .. } => (z, real),
        };
        let plane = matches!(self.kind, Kind::Plane { .. });
        let with_pulls = plane && layers.pulls;
        let program = if with_pulls { index::PULL } else { index::GENERATE };
        let generated = run.probe(program, z)?;
        let points = run.probe(index::SCORE, points)?;
        let field = (plane && layers.field)
            .then(|| run.probe(index::SCORE, &field_points()))
            .transpose()?;
        let grid = match &self.kind {
            Kind::Plane { lattice, .. } if layers.grid && !lattice.is_empty() => {
                Some(run.probe(index::GENERATE, lattice)?)
            }
            Kind::Line { .. } | Kind::Plane { .. } | Kind::Images { .. } => None,
        };
        let averages = run.compiled.layout.generator.average.is_some();
        let average = averages.then(|| run.probe(index::GENERATE_AVERAGE, z)).transpose()?;
        let units = if layers.units { units::look(run)? } else { None };
        Ok(Look { units, generated, with_pulls, points, field, grid, average })
    }

    /// The picture, once all of it is there.
    pub(crate) fn seen(&self, run: &mut Run, look: &mut Look) -> Result<Option<Seen>, EngineError> {
        let parts = [Some(&mut look.generated), Some(&mut look.points)];
        let rest = [&mut look.field, &mut look.grid, &mut look.average].map(Option::as_mut);
        for job in parts.into_iter().chain(rest).flatten() {
            if !run.is_done(job)? {
                return Ok(None);
            }
        }
        let units = match &mut look.units {
            Some(under_way) => match units::seen(run, under_way)? {
                Some(units) => Some(units),
                None => return Ok(None),
            },
            None => None,
        };
        let Some(mut generated) = run.collect(&mut look.generated)? else { return Ok(None) };
        let Some(mut scored) = run.collect(&mut look.points)? else { return Ok(None) };
        let mut answers = Vec::new();
        for job in [&mut look.field, &mut look.grid, &mut look.average] {
            let answer = match job {
                Some(job) => match run.collect(job)? {
                    Some(mut results) => results.swap_remove(0),
                    None => return Ok(None),
                },
                None => Vec::new(),
            };
            answers.push(answer);
        }
        let average = answers.pop().unwrap_or_default();
        let grid = answers.pop().unwrap_or_default();
        let field = answers.pop().unwrap_or_default();
        let pulls = if look.with_pulls { generated.pop().unwrap_or_default() } else { Vec::new() };
        let raw_fake = generated.pop().unwrap_or_default();
        let x = generated.pop().unwrap_or_default();
        let raw_real = scored.pop().unwrap_or_default();
        let answers = Answers { x, average, pulls, raw_fake, raw_real, field, grid };
        Ok(Some(Seen { units, ..self.develop(run.spec(), answers) }))
    }

    fn develop(&self, spec: &RunSpec, answers: Answers) -> Seen {
        let Answers { x, average, pulls, raw_fake, raw_real, field, grid } = answers;
        let score = |raw: &[f32]| raw.iter().copied().map(sigmoid).collect::<Vec<f32>>();
        // E log D(x) + E log(1 − D(G(z))), both as −softplus so that nothing saturates.
        let over_real = |f: &dyn Fn(f32) -> f32| match &self.kind {
            Kind::Line { p_data, .. } => weighted(&raw_real, p_data, f),
            Kind::Plane { .. } | Kind::Images { .. } => mean(&raw_real, f),
        };
        let (log_real, score_real) = (over_real(&|a| -softplus(-a)), over_real(&sigmoid));
        // What D says of packs is no word on single samples.
        let value = if spec.pack() > 1 { f32::NAN } else { log_real - mean(&raw_fake, softplus) };
        let score_fake = mean(&raw_fake, sigmoid);
        let above = |a: f32| 0.5 + 0.5 * if a == 0.0 { 0.0 } else { a.signum() };
        let share = 0.5 * (over_real(&above) + 1.0 - mean(&raw_fake, above));
        #[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
        let error = (share * (1.0 - share) / (raw_real.len() + raw_fake.len()) as f32).sqrt();
        let rightly = (share, (!matches!(self.kind, Kind::Line { .. })).then_some(error));
        let [on_real, on_fake] = discriminator_terms(spec.loss());
        let for_g = generator_term(spec.loss());
        let loss_d = over_real(&|a| on_real.at(a)) + mean(&raw_fake, |a| on_fake.at(a));
        let loss_g = mean(&raw_fake, |a| for_g.at(a));
        let picture = match &self.kind {
            Kind::Line { distribution, z, exact, .. } => Picture::Line(Line {
                p_g: line_density(distribution, &x, *exact),
                average: if average.is_empty() {
                    vec![]
                } else {
                    line_density(distribution, &average, *exact)
                },
                d: score(&raw_real),
                arrows: arrows(z, &x, spec.latent().dim as usize),
            }),
            Kind::Plane { .. } => {
                let cut = |values: &[f32]| values[..values.len().min(2 * DOTS)].to_vec();
                let pulls = cut(&pulls).into_iter().map(|v| -v).collect();
                Picture::Plane(Plane {
                    fake: cut(&x),
                    average: cut(&average),
                    pulls,
                    field: score(&field),
                    grid,
                })
            }
            Kind::Images { .. } => Picture::Images(Images {
                fake: to_bytes(&x, spec.output()),
                average: to_bytes(&average, spec.output()),
                fake_score: score(&raw_fake),
                real_score: score(&raw_real),
            }),
        };
        Seen { picture, units: None, value, score_real, score_fake, loss_d, loss_g, rightly }
    }
}

/// The probes' answers, `[n, …]` each; `raw` is a, before the sigmoid.
struct Answers {
    x: Vec<f32>,
    average: Vec<f32>,
    pulls: Vec<f32>,
    raw_fake: Vec<f32>,
    raw_real: Vec<f32>,
    field: Vec<f32>,
    grid: Vec<f32>,
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand numbers")]
fn mean(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    values.iter().map(|&v| f(v)).sum::<f32>() / values.len().max(1) as f32
}

/// E f(a(x)) under p_data given on the same cells.
fn weighted(raw: &[f32], p_data: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mass: f32 = p_data.iter().sum();
    raw.iter().zip(p_data).map(|(&a, &p)| p * f(a)).sum::<f32>() / mass
}

#[expect(clippy::cast_possible_truncation, reason = "shown in f32")]
fn line(spec: &RunSpec, distribution: Distribution) -> Kind {
    let (lo, hi) = distribution.view();
    let width = (hi - lo) / f64::from(CELLS);
    let x: Vec<f32> = (0..CELLS).map(|i| (lo + (f64::from(i) + 0.5) * width) as f32).collect();
    let p_data = x.iter().map(|&x| distribution.density(&[f64::from(x)]) as f32).collect();
    let exact = spec.latent().dim == 1 && !spec.conditional();
    let z = if exact {
        metrics::quantile_sweep(spec.latent().law, SWEEP)
    } else {
        latent_points(spec, stream::STAGE, SWEEP)
    };
    Kind::Line { distribution, x, p_data, z, exact }
}

/// p_g on the cells: exact up to linear interpolation for a 1D latent, else a histogram of many draws.
fn line_density(distribution: &Distribution, x: &[f32], exact: bool) -> Vec<f32> {
    let view = distribution.view();
    let density = if exact {
        metrics::pushforward_density(x, view, CELLS as usize)
    } else {
        metrics::histogram_density(x, view, CELLS as usize)
    };
    #[expect(clippy::cast_possible_truncation, reason = "shown in f32")]
    density.into_iter().map(|p| p as f32).collect()
}

/// Evenly spaced in z's quantiles.
fn arrows(z: &[f32], x: &[f32], latent: usize) -> Vec<(f32, f32)> {
    let mut pairs: Vec<(f32, f32)> =
        z.chunks_exact(latent).map(|z| z[0]).zip(x.iter().copied()).collect();
    let stride = pairs.len() / ARROWS;
    pairs = pairs.into_iter().skip(stride / 2).step_by(stride.max(1)).take(ARROWS).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs
}

/// Cell centres of the field on [−1, 1]², row 0 at y = −1.
fn field_points() -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "48 cells")]
    let centre = |i: u32| (i as f32 + 0.5) * 2.0 / SIDE as f32 - 1.0;
    (0..SIDE)
        .flat_map(|row| (0..SIDE).flat_map(move |column| [centre(column), centre(row)]))
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "shown in f32")]
fn plane(spec: &RunSpec, distribution: &Distribution) -> Kind {
    // Drawn for this alone: of the rows that D is trained on it may know more than of the law they come from.
    let mut rng = CounterRng::new(spec.seed(), stream::REAL, 0);
    let draws = std::iter::repeat_with(|| distribution.sample(&mut rng)).take(JUDGED);
    let real = draws.flatten().map(|x| x as f32).collect();
    let p_data = distribution.density_grid(SIDE as usize).into_iter().map(|p| p as f32).collect();
    Kind::Plane {
        z: latent_points(spec, stream::STAGE, JUDGED),
        real,
        p_data,
        lattice: lattice(spec),
    }
}

/// A lattice over z, evenly spaced in quantiles; only for a 2D latent, and where G is told nothing else.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "21 lines, shown in f32"
)]
fn lattice(spec: &RunSpec) -> Vec<f32> {
    // Where a class is told, G is no map of z alone.
    if spec.latent().dim != 2 || spec.conditional() {
        return Vec::new();
    }
    let at = |i: usize| match spec.latent().law {
        LatentLaw::Uniform => 2.0 * i as f32 / (LATTICE - 1) as f32 - 1.0,
        LatentLaw::Gaussian => normal_quantile((i as f64 + 0.5) / LATTICE as f64) as f32,
    };
    (0..LATTICE)
        .flat_map(|row| (0..LATTICE).flat_map(move |column| [at(column), at(row)]))
        .collect()
}

fn pictures(run: &Run) -> Kind {
    let z = latent_points(&run.spec, stream::STAGE, PICTURES);
    let (shown, real) = match &run.table.values {
        TableValues::Bytes { bytes, scale, offset } => {
            let shown = bytes[..bytes.len().min(PICTURES * run.table.dim as usize)].to_vec();
            let real = shown.iter().map(|&b| f32::from(b) * scale + offset).collect();
            (shown, real)
        }
        TableValues::Words(_) => (Vec::new(), Vec::new()),
    };
    Kind::Images { z, real, shown }
}
