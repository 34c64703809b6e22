//! Hidden units as small fields: what each of the first few units of every layer says over the input space, and the weights
//! between those shown.

use adversaria_core::data::{Distribution, normal_quantile};
use adversaria_core::spec::{DataKind, LatentLaw, RunSpec};
use adversaria_protocol::{UnitLayer, Units};

use crate::compile::index;
use crate::error::EngineError;
use crate::layout::Player;
use crate::probe::Job;
use crate::run::{Pending, Run};

/// Units shown of each layer.
pub(crate) const SHOWN: u32 = 8;
/// Cells of a field over a line, and on a side of one over a plane.
const LINE: usize = 64;
const SIDE: usize = 16;
/// A field over a normal latent reaches from this quantile to its mirror.
const REACH: f64 = 0.01;

/// Fields and weights under way, D's and G's.
pub(crate) struct UnitsLook {
    players: [(Job, Pending); 2],
}

/// Starts reading; nothing for images, whose inputs are no picture of a space.
pub(crate) fn look(run: &mut Run) -> Result<Option<UnitsLook>, EngineError> {
    let spec = run.spec().clone();
    if spec.data().kind() == DataKind::Images {
        return Ok(None);
    }
    let layout = run.compiled.layout.clone();
    let d = one(run, index::UNITS_D, &inputs_of_d(&spec), &layout.discriminator)?;
    let g = one(run, index::UNITS_G, &inputs_of_g(&spec), &layout.generator)?;
    Ok(Some(UnitsLook { players: [d, g] }))
}

fn one(
    run: &mut Run,
    program: usize,
    input: &[f32],
    player: &Player,
) -> Result<(Job, Pending), EngineError> {
    let job = run.probe(program, input)?;
    let rows = player.layers.iter().flat_map(|layer| {
        let (weight, pieces) = (layer.weight, layer.pieces);
        // Of a unit of maxout the first piece.
        (0..layer.units().min(SHOWN)).map(move |unit| {
            let begin = weight.at + unit * pieces * weight.stride;
            begin..begin + weight.cols.min(SHOWN)
        })
    });
    let weights = run.read(&rows.collect::<Vec<_>>())?;
    Ok((job, weights.into()))
}

/// The units, once all of it is there.
pub(crate) fn seen(run: &mut Run, look: &mut UnitsLook) -> Result<Option<Units>, EngineError> {
    let layout = run.compiled.layout.clone();
    let mut layers = Vec::new();
    let players = [&layout.discriminator, &layout.generator];
    for ((job, weights), player) in look.players.iter_mut().zip(players) {
        let Some(weights) = run.words(weights)? else { return Ok(None) };
        let Some(fields) = run.collect(job)? else { return Ok(None) };
        layers.push(developed(player, &fields, &weights));
    }
    let generator = layers.pop().unwrap_or_default();
    let discriminator = layers.pop().unwrap_or_default();
    Ok(Some(Units { discriminator, generator }))
}

/// `fields` holds `[cells, shown]` of each layer, `weights` the rows of all.
fn developed(player: &Player, fields: &[Vec<f32>], mut weights: &[f32]) -> Vec<UnitLayer> {
    let layers = player.layers.iter().zip(fields);
    let developed = layers.map(|(layer, field)| {
        let shown = layer.units().min(SHOWN) as usize;
        let before = layer.weight.cols.min(SHOWN) as usize;
        let (own, rest) = weights.split_at((shown * before).min(weights.len()));
        weights = rest;
        let largest = field.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        UnitLayer {
            width: layer.units(),
            largest,
            fields: (0..shown)
                .flat_map(|unit| field.iter().skip(unit).step_by(shown))
                .map(|value| quantised(*value, largest))
                .collect(),
            weights: own.to_vec(),
        }
    });
    developed.collect()
}

/// 0 at 128, the largest magnitude at 1 and 255.
fn quantised(value: f32, largest: f32) -> u8 {
    if largest <= 0.0 || !value.is_finite() {
        return 128;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 255")]
    let byte = (128.0 + 127.0 * value / largest) as u8;
    byte
}

/// The view of the data, `[cells, dim]`, row 0 below.
fn inputs_of_d(spec: &RunSpec) -> Vec<f32> {
    let (lo, hi) = Distribution::of(spec).map_or((-1.0, 1.0), |law| law.view());
    over(spec.dim(), spec.dim(), |t| lo + (hi - lo) * t)
}

/// The latent's first two coordinates, the others 0.
fn inputs_of_g(spec: &RunSpec) -> Vec<f32> {
    let reach = match spec.latent().law {
        LatentLaw::Uniform => 1.0,
        LatentLaw::Gaussian => -normal_quantile(REACH),
    };
    let dim = spec.latent().dim;
    over(dim.min(2), dim, |t| reach * (2.0 * t - 1.0))
}

/// Cell centres over one or two of `dim` coordinates.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "64 cells")]
fn over(shown: u32, dim: u32, at: impl Fn(f64) -> f64) -> Vec<f32> {
    let (cells, side) = if shown == 1 { (LINE, LINE) } else { (SIDE * SIDE, SIDE) };
    let place = |k: usize| at((k as f64 + 0.5) / side as f64) as f32;
    let mut points = Vec::with_capacity(cells * dim as usize);
    for cell in 0..cells {
        points.push(place(cell % side));
        if shown == 2 {
            points.push(place(cell / side));
        }
        points.extend((shown..dim).map(|_| 0.0));
    }
    points
}
