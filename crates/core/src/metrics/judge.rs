//! p_g against p_data, all figures at once.

use std::cell::{Cell, OnceCell};

use super::bins::{self, Resolution};
use super::discrepancy::Discrepancy;
use super::transport::Transport;
use super::{Coverage, coverage, histogram, jsd, kl, total_variation, value_optimal};
use crate::data::Distribution;

/// p_g against p_data by samples of G. What each figure reads where p_g = p_data is [`super::Chance`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// How many samples of G.
    pub samples: usize,
    /// Bins inside the view; what lies outside it is one more.
    pub bins: usize,
    /// JSD(p_data ‖ p_g) by histogram, nats.
    pub jsd: f64,
    /// What that is on average for as many samples of p_data itself, nats: exactly. Of what bins cannot see, which makes it
    /// too small, see [`Judge::resolution`].
    pub bias: f64,
    /// KL(p_data ‖ p_g) by histogram, nats, neighbours taken as one until [`super::LEAST_EXPECTED`] samples are to be
    /// expected; infinite where p_g has none there.
    pub kl_data_model: f64,
    /// KL(p_g ‖ p_data) by histogram, nats; infinite where p_data has an empty bin.
    pub kl_model_data: f64,
    /// V(D*, G), nats.
    pub value_optimal: f64,
    /// Total variation by histogram, 0 to 1; biased upwards.
    pub total_variation: f64,
    /// Wasserstein-1 in the coordinates of the data: on the line ∫ |F_n − F| with p_data's own F; in the plane the mean over
    /// [`super::DIRECTIONS`] directions of that of the projections, against [`super::SLICE_REFERENCE`] draws of p_data. NaN
    /// where a sample is not finite.
    pub wasserstein: f64,
    /// Maximum mean discrepancy, squared and unbiased (Gretton et al. 2012, lemma 6), so that it may lie below 0: of the
    /// first [`super::MMD_SAMPLES`] samples against [`super::MMD_REFERENCE`] draws of p_data. NaN with fewer than two, or
    /// where a sample is not finite.
    pub mmd2: f64,
}

/// Compares samples with what is known of p_data, which is worked out once.
#[derive(Clone, Debug)]
pub struct Judge {
    pub(super) data: Distribution,
    side: usize,
    masses: Vec<f64>,
    resolution: Resolution,
    /// What the JSD of so many samples is by chance, as last worked out.
    by_chance: Cell<Option<(usize, f64)>>,
    /// Made at the first comparison: who only looks at modes has no use for them.
    tables: OnceCell<(Transport, Discrepancy)>,
}

impl Judge {
    /// With [`super::LINE_BINS`] bins on the line and [`super::PLANE_SIDE`] along each axis in the plane; with more where those
    /// were wider than [`super::COARSEST`] times the least σ of the data, and finer ones can be filled.
    #[must_use]
    pub fn new(data: &Distribution) -> Self {
        let (side, masses) = bins::chosen(data);
        Self::with_masses(data, side, masses)
    }

    /// With `side` bins along each axis.
    #[must_use]
    pub fn with_side(data: &Distribution, side: usize) -> Self {
        Self::with_masses(data, side, data.bin_masses(side))
    }

    fn with_masses(data: &Distribution, side: usize, masses: Vec<f64>) -> Self {
        let resolution = Resolution::of(data, side);
        let (by_chance, tables) = (Cell::new(None), OnceCell::new());
        Self { data: data.clone(), side, masses, resolution, by_chance, tables }
    }

    /// Coordinates of a sample: 1 or 2.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.data.dim()
    }

    /// How fine the bins are, and what they cannot see.
    #[must_use]
    pub fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// What the JSD of so many samples of p_data itself is on average, nats.
    #[must_use]
    pub fn jsd_by_chance(&self, samples: usize) -> f64 {
        let known = self.by_chance.get().filter(|(count, _)| *count == samples);
        let (_, nats) =
            known.unwrap_or_else(|| (samples, bins::jsd_by_chance(&self.masses, samples)));
        self.by_chance.set(Some((samples, nats)));
        nats
    }

    fn tables(&self) -> &(Transport, Discrepancy) {
        self.tables.get_or_init(|| (Transport::new(&self.data), Discrepancy::new(&self.data)))
    }

    /// Width σ of the Gaussian kernel exp(−‖x − y‖² / 2σ²) of the discrepancy: the median distance of two draws of p_data.
    #[must_use]
    pub fn bandwidth(&self) -> f64 {
        self.tables().1.bandwidth()
    }

    /// The comparison of samples `[n, dim]` of G with p_data; none without samples.
    #[must_use]
    pub fn compare(&self, samples: &[f32]) -> Option<Comparison> {
        let count = samples.len() / self.data.dim();
        if count == 0 {
            return None;
        }
        let seen = histogram(samples, self.data.dim(), self.data.view(), self.side);
        let jsd = jsd(&self.masses, &seen);
        let (transport, discrepancy) = self.tables();
        Some(Comparison {
            samples: count,
            bins: self.masses.len() - 1,
            jsd,
            bias: self.jsd_by_chance(count),
            kl_data_model: bins::kl_of_filled(&self.masses, &seen),
            kl_model_data: kl(&seen, &self.masses),
            value_optimal: value_optimal(jsd),
            total_variation: total_variation(&self.masses, &seen),
            wasserstein: transport.distance(samples),
            mmd2: discrepancy.squared(samples),
        })
    }

    /// The modes that samples `[n, dim]` of G cover; none where p_data is no mixture, or without samples.
    #[must_use]
    pub fn coverage(&self, samples: &[f32]) -> Option<Coverage> {
        let modes = self.data.modes().filter(|_| samples.len() >= self.data.dim())?;
        Some(coverage(modes, samples))
    }
}
