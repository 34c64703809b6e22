//! Samples of the user's own as a distribution: the kernel density estimate p(x) = 1/n Σ N(x; xᵢ, h² I).
//!
//! It is what runs are trained on, too (the smoothed bootstrap: pick a sample, add N(0, h²)), so that it is p_data
//! exactly, and everything that theory says of p_data holds. h is the data's `sigma`.

use std::sync::Arc;

use rand::RngCore;

use super::law::{Law, normal_pair, uniform};
use super::{Point, cells};
use crate::spec::{Cell, Cloud, LEVELS, coordinate};

/// The estimate.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    cloud: Arc<Cloud>,
    h: f64,
}

impl Kernel {
    /// None without samples.
    pub(super) fn new(cloud: &Arc<Cloud>, h: f64) -> Option<Self> {
        (!cloud.cells.is_empty()).then(|| Self { cloud: Arc::clone(cloud), h })
    }

    pub(super) fn bandwidth(&self) -> f64 {
        self.h
    }

    pub(super) fn dim(&self) -> usize {
        self.cloud.dim as usize
    }

    fn law(&self, level: u16) -> Law {
        Law::Normal { mean: coordinate(level, Cloud::reach(self.cloud.dim)), std: self.h }
    }

    /// 1/n Σ over the samples of the product over the axes of f(law, axis).
    pub(super) fn mean(&self, f: &dyn Fn(Law, usize) -> f64) -> f64 {
        let term = |cell: &Cell| -> f64 {
            (0..self.dim()).map(|axis| f(self.law(cell[axis]), axis)).product()
        };
        self.cloud.cells.iter().map(term).sum::<f64>() / self.cloud.cells.len() as f64
    }

    /// One draw.
    pub(super) fn sample(&self, rng: &mut impl RngCore) -> Point {
        let n = self.cloud.cells.len();
        let [x, y] = self.cloud.cells[((uniform(rng) * n as f64) as usize).min(n - 1)];
        let reach = Cloud::reach(self.cloud.dim);
        let (dx, dy) = normal_pair(rng);
        let x = coordinate(x, reach) + self.h * dx;
        [x, if self.dim() == 2 { coordinate(y, reach) + self.h * dy } else { 0.0 }]
    }

    /// The mean of f(law of x, column) · f(law of y, row) for each cell of a grid over the view.
    ///
    /// By levels: 100,000 rows have at most 4,096 on an axis, so that f is asked for each level and not for each row.
    /// First the samples of each level of y are spread along x, then what came of that along y.
    pub(super) fn on_grid(
        &self,
        view: (f64, f64),
        side: usize,
        f: &dyn Fn(Law, usize) -> f64,
    ) -> Vec<f64> {
        let weight = 1.0 / self.cloud.cells.len() as f64;
        let (levels, place) = places(self.cloud.cells.iter().map(|cell| cell[1]));
        let (columns, column) = places(self.cloud.cells.iter().map(|cell| cell[0]));
        let mut along = vec![0.0; columns.len() * side];
        for (level, along) in columns.iter().zip(along.chunks_exact_mut(side)) {
            let law = self.law(*level);
            for i in cells(view, law, side) {
                along[i] = weight * f(law, i);
            }
        }
        let mut strips = vec![0.0; levels.len() * side];
        for [x, y] in &self.cloud.cells {
            let reached = cells(view, self.law(*x), side);
            let [from, to] = [(*x, &column), (*y, &place)]
                .map(|(level, place)| side * usize::from(place[usize::from(level)]));
            let strip = &mut strips[to..to + side][reached.clone()];
            add(strip, &along[from..from + side][reached], 1.0);
        }
        if self.dim() == 1 {
            return strips;
        }
        let mut out = vec![0.0; side * side];
        for (level, strip) in levels.iter().zip(strips.chunks_exact(side)) {
            let law = self.law(*level);
            for row in cells(view, law, side) {
                add(&mut out[row * side..][..side], strip, f(law, row));
            }
        }
        out
    }
}

/// The levels that occur, ascending, and the place of each among them.
fn places(occur: impl Iterator<Item = u16>) -> (Vec<u16>, Vec<u16>) {
    let mut place = vec![0; usize::from(LEVELS)];
    occur.for_each(|level| place[usize::from(level)] = 1);
    let mut levels = Vec::new();
    for level in 0..LEVELS {
        if place[usize::from(level)] == 1 {
            place[usize::from(level)] = levels.len() as u16;
            levels.push(level);
        }
    }
    (levels, place)
}

/// sum += factor · terms
fn add(sum: &mut [f64], terms: &[f64], factor: f64) {
    for (sum, term) in sum.iter_mut().zip(terms) {
        *sum += factor * term;
    }
}
