//! Lin et al. 2018, PacGAN: modes and quality of the 2D benchmark, a plain GAN against packing and against R1.

use std::fmt::Write as _;

use adversaria_core::data::Distribution;
use adversaria_core::metrics::{Coverage, Judge};
use adversaria_core::spec::{Address, RunSpec, SpecError};
use adversaria_engine::{Run, build_table};
use anyhow::{Context as _, Result};

use super::{Budget, looks};
use crate::fault::note;
use crate::folder::Folder;
use crate::say;

/// Samples behind a figure.
const SAMPLES: usize = 2_500;
/// Updates in the paper, and here by default.
const UPDATES: (u64, u64) = (400_000, 20_000);
const QUICK_UPDATES: u64 = 4;

/// What both sets share: the paper's setting. Coordinates are the view's, so that ring8's radius of 1 is 0.7 and grid25's
/// spacing of 2 is 0.4, and σ likewise.
const SETTING: &str = "rows=100000&z=gaussian:2&g=pacgan-2d&d=pacgan-2d&batch=100&order=simultaneous\
                       &optd=adam:0.0001:0.8:0.999&optg=adam:0.0001:0.8:0.999";

/// A data set of the benchmark.
struct Set {
    name: &'static str,
    address: &'static str,
    /// The paper's modes and quality (%) of the methods in their order.
    paper: [Option<[&'static str; 2]>; 4],
}

const SETS: [Set; 2] = [
    Set {
        name: "ring8",
        address: "data=ring8&sigma=0.007",
        paper: [
            Some(["6.3 ± 0.5", "98.2 ± 0.2"]),
            Some(["7.9 ± 0.1", "95.6 ± 2.0"]),
            Some(["7.8 ± 0.1", "95.9 ± 1.4"]),
            None,
        ],
    },
    Set {
        name: "grid25",
        address: "data=grid25&sigma=0.01",
        paper: [
            Some(["17.3 ± 0.8", "94.8 ± 0.7"]),
            Some(["23.8 ± 0.7", "91.3 ± 0.8"]),
            Some(["24.8 ± 0.2", "93.6 ± 0.6"]),
            None,
        ],
    },
];

/// Methods: name, and what of the address is theirs. R1 is not in the paper.
const METHODS: [(&str, &str); 4] =
    [("GAN", ""), ("PacGAN2", "&pack=2"), ("PacGAN4", "&pack=4"), ("R1", "&reg=r1:1")];

/// Runs it, tells the table, and writes `pacgan.csv` (data, method, seed, iteration, modes, quality, reverse_kl).
///
/// # Errors
/// When a run diverges or a file cannot be written.
pub(super) fn reproduce(budget: &Budget, folder: Option<&Folder>) -> Result<()> {
    let usual = if budget.quick { QUICK_UPDATES } else { UPDATES.1 };
    let updates = budget.steps.unwrap_or(usual);
    let mut csv = String::from("data,method,seed,iteration,modes,quality,reverse_kl\n");
    say(
        "| data | method | modes in the paper | modes | quality % in the paper | quality % | reverse KL |",
    )?;
    say("|---|---|---|---:|---|---:|---:|")?;
    for Set { name: data, address, paper } in SETS {
        for ((method, more), figures) in METHODS.into_iter().zip(paper) {
            let [modes, quality] = figures.unwrap_or(["–"; 2]);
            let spec = spec(address, more, budget.seed)?;
            let seen = learn(spec, updates, budget, |iteration, seen| {
                let seed = budget.seed;
                writeln!(csv, "{data},{method},{seed},{iteration},{}", seen.fields())?;
                note(&format!("{data}, {method}, after {iteration} updates: {}", seen.told()))?;
                folder.map_or(Ok(()), |folder| folder.numbers("pacgan.csv", &csv))
            })?;
            let found = format!("{} of {}", seen.0.found, seen.0.modes);
            let share = format!("{:.1}", 100.0 * seen.0.quality);
            let kl = format!("{:.3}", seen.reverse_kl());
            say(&format!(
                "| {data} | {method} | {modes} | {found} | {quality} | {share} | {kl} |"
            ))?;
        }
    }
    say("")?;
    let (whole, seed) = (UPDATES.0, budget.seed);
    say(&format!(
        "Run: {updates} of the paper's {whole} updates, one trial (seed {seed}) of its 10, {SAMPLES} samples, by running \
         statistics. Coordinates are scaled to the view: ring8's radius of 1 is 0.7 and its σ of 0.01 is 0.007, grid25's spacing \
         of 2 is 0.4 and its σ of 0.05 is 0.01; steps and weights are not scaled. R1 (γ = 1) is not in the paper."
    ))?;
    Ok(())
}

fn spec(data: &str, method: &str, seed: u32) -> Result<RunSpec, SpecError> {
    Address::parse(&format!("{data}&{SETTING}{method}&seed={seed}")).map(|address| address.spec)
}

/// What samples cover.
struct Seen(Coverage);

impl Seen {
    /// KL(share of good samples by mode ‖ equal shares), nats; NaN without a good one.
    fn reverse_kl(&self) -> f64 {
        let total: f64 = self.0.counts.iter().map(|n| f64::from(*n)).sum();
        let term = |n: &u32| {
            let share = f64::from(*n) / total;
            if share == 0.0 { 0.0 } else { share * (share * self.0.modes as f64).ln() }
        };
        self.0.counts.iter().map(term).sum()
    }

    fn fields(&self) -> String {
        format!("{},{:?},{:?}", self.0.found, self.0.quality, self.reverse_kl())
    }

    fn told(&self) -> String {
        let Coverage { found, modes, quality, .. } = &self.0;
        format!("{found} of {modes} modes, {:.1} % good", 100.0 * quality)
    }
}

/// Trains, looks now and then, and gives what is seen at the end.
fn learn(
    spec: RunSpec,
    updates: u64,
    budget: &Budget,
    mut tell: impl FnMut(u64, &Seen) -> Result<()>,
) -> Result<Seen> {
    let judge = Distribution::of(&spec).map(|law| Judge::new(&law));
    let judge = judge.context("the benchmark's data have a density")?;
    let table = build_table(&spec, None)?;
    let mut run = Run::new(spec, table, budget.backend()?)?;
    let mut look = |run: &mut Run| {
        let samples = run.sample(SAMPLES, false)?;
        let coverage = judge.coverage(&samples).context("the benchmark's data have modes")?;
        let seen = Seen(coverage);
        tell(run.iteration(), &seen)?;
        anyhow::Ok(seen)
    };
    let mut last = look(&mut run)?;
    for at in looks(updates) {
        run.advance(u32::try_from(at - run.iteration())?)?;
        run.check_finite()?;
        last = look(&mut run)?;
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverse_kl_is_0_of_equal_shares_and_ln_8_of_one_of_eight() {
        let seen = |counts: Vec<u32>| {
            Seen(Coverage { found: 0, modes: counts.len(), quality: 1.0, counts }).reverse_kl()
        };
        assert_eq!(seen(vec![5; 8]), 0.0);
        assert!((seen(vec![0, 7, 0, 0, 0, 0, 0, 0]) - 8.0_f64.ln()).abs() < 1e-12);
        assert!(seen(vec![0; 8]).is_nan());
    }

    #[test]
    fn the_plain_rows_are_valid_addresses() {
        for Set { name, address, .. } in SETS {
            let spec = spec(address, METHODS[0].1, 1).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(spec.generator().hidden(), [400; 4]);
            assert_eq!((spec.batch(), spec.rows()), (100, 100_000));
        }
    }
}
