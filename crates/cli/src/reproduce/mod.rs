//! `adversaria reproduce`: the settings of a paper, its table beside ours, and the raw numbers.

mod dirac;
mod goodfellow2014;
mod pacgan;
mod theorem;

use adversaria_kernels::backend::Backend;
use anyhow::Result;

use crate::args::{Paper, Reproduce};
use crate::backend::{Choice, Exec, make};
use crate::fault::usage;
use crate::folder::Folder;

/// Runs the setting.
///
/// # Errors
/// When something is asked that the paper's setting does not have, the folder cannot be written, or a run fails.
pub(crate) fn reproduce(request: &Reproduce) -> Result<()> {
    refuse(request)?;
    let folder = request.out.as_deref().map(Folder::open).transpose()?;
    let folder = folder.as_ref();
    let budget = Budget {
        quick: request.quick,
        steps: request.steps,
        seed: request.seed.unwrap_or(1),
        choice: request.backend.unwrap_or(Choice::Auto),
    };
    match request.paper {
        Paper::Dirac => dirac::reproduce(folder),
        Paper::Goodfellow2014 => goodfellow2014::reproduce(&budget, folder),
        Paper::Pacgan => pacgan::reproduce(&budget, folder),
        Paper::Theorem => theorem::reproduce(folder, request.quick),
    }
}

/// What would change nothing is refused, so that nobody takes what comes for what was asked.
fn refuse(request: &Reproduce) -> Result<()> {
    let (paper, why) = match request.paper {
        Paper::Dirac => {
            ("dirac", "two numbers are integrated in f64, 500 steps without chance or a backend")
        }
        Paper::Theorem => (
            "theorem",
            "its updates and seeds are those that its bounds are stated for, on the CPU",
        ),
        Paper::Goodfellow2014 | Paper::Pacgan => return Ok(()),
    };
    let quick = request.quick && matches!(request.paper, Paper::Dirac);
    let given = [
        ("--quick", quick),
        ("--steps", request.steps.is_some()),
        ("--seed", request.seed.is_some()),
        ("--backend", request.backend.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(usage(format!("reproduce {paper} takes no {option}: {why}"))),
        None => Ok(()),
    }
}

/// How much of a paper's training is run, and where.
struct Budget {
    /// As little as shows that all of it runs.
    quick: bool,
    /// Iterations, where not the usual ones of the paper.
    steps: Option<u64>,
    seed: u32,
    choice: Choice,
}

impl Budget {
    fn backend(&self) -> Result<Box<dyn Backend>> {
        make(self.choice, Exec::Auto)
    }
}

/// The iterations after which a run is looked at: each twice the one before, and the last.
fn looks(steps: u64) -> Vec<u64> {
    let mut looks: Vec<u64> = (0..12).rev().map(|halvings| steps >> halvings).collect();
    looks.retain(|at| *at > 0);
    looks
}

#[cfg(test)]
mod tests {
    use super::looks;

    #[test]
    fn looks_double_up_to_the_last() {
        assert_eq!(looks(6), [1, 3, 6]);
        assert_eq!(looks(25_000).len(), 12);
        assert_eq!(looks(25_000)[10..], [12_500, 25_000]);
        assert!(looks(0).is_empty());
    }
}
