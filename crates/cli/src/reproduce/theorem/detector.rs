//! Can one detect fakes? Of a real and a generated sample in equal shares, no detector names more than ½ + TV/2 rightly.

use adversaria_core::data::Distribution;
use adversaria_core::rng::CounterRng;
use adversaria_core::theory::Affine;
use adversaria_engine::Run;
use anyhow::Result;

/// Samples of each kind that D has never seen; the accuracy's standard error is at most ½ / √(2 · 100,000) = 0.0011.
const HELD_OUT: usize = 100_000;
/// The streams of random numbers that they are drawn from.
const STREAMS: (u32, u32) = (0x6865_6c64, 0x6865_6c65);
const SEED: u32 = 1;

/// The most that any detector reaches: ½ + TV/2, where D* stands.
pub(super) fn bound(total_variation: f64) -> f64 {
    0.5 + 0.5 * total_variation
}

/// The share that D names rightly of held-out samples, half of them of p_data: real where D > ½.
pub(super) fn accuracy(run: &mut Run, truth: &Distribution, model: &Affine) -> Result<f64> {
    let (mut of_data, mut of_model) =
        (CounterRng::new(SEED, STREAMS.0, 0), CounterRng::new(SEED, STREAMS.1, 0));
    let real = points(truth.dim(), || truth.sample(&mut of_data));
    let fake = points(truth.dim(), || model.sample(&mut of_model));
    let share = |a: Vec<f32>, is: &dyn Fn(f32) -> bool| {
        a.iter().filter(|a| is(**a)).count() as f64 / HELD_OUT as f64
    };
    let found = share(run.raw_score(&real)?, &|a| a > 0.0);
    let rejected = share(run.raw_score(&fake)?, &|a| a <= 0.0);
    Ok(0.5 * (found + rejected))
}

fn points(dim: usize, mut draw: impl FnMut() -> [f64; 2]) -> Vec<f32> {
    (0..HELD_OUT).flat_map(|_| draw().into_iter().take(dim).map(|x| x as f32)).collect()
}
