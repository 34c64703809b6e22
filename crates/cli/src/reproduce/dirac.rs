//! The Dirac-GAN of Mescheder, Geiger, Nowozin 2018: which training methods come to rest, by step h = 0.2 from (1, 1).

use std::fmt::Write as _;

use adversaria_core::dirac::{METHODS, Method, ORDERS, Order, START, STEP, STEPS, eigenvalues};
use anyhow::Result;

use crate::folder::Folder;
use crate::say;

/// What is at rest: as near to the equilibrium (0, 0) as this after 500 steps.
const REST: f64 = 1e-4;

/// Whether the paper has it converge; of the non-saturating game without a penalty it claims neither.
fn in_the_paper(method: Method) -> &'static str {
    match method {
        Method::Gan | Method::Wgan { .. } | Method::WganGp { .. } => "no",
        Method::NonSaturating => "–",
        Method::InstanceNoise { .. }
        | Method::R1 { .. }
        | Method::NonSaturatingR1 { .. }
        | Method::Consensus { .. } => "yes",
    }
}

/// Integrates all of it, tells it as a table, and writes `dirac.csv`.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn reproduce(folder: Option<&Folder>) -> Result<()> {
    let mut csv = String::from("method,order,n_d,step,theta,psi\n");
    say(
        "| method | order | n_d | θ, ψ after 500 steps | from rest | at rest | in the paper | eigenvalues at (0, 0) |",
    )?;
    say("|---|---|---:|---|---:|---|---|---|")?;
    for (name, method) in METHODS {
        for order in ORDERS {
            let (kind, n_d) = match order {
                Order::Simultaneous => ("simultaneous", 1),
                Order::Alternating { n_d } => ("alternating", n_d),
            };
            let way = method.run(order, STEP, START, STEPS);
            for (step, (theta, psi)) in way.iter().enumerate() {
                writeln!(csv, "{name},{kind},{n_d},{step},{theta:?},{psi:?}")?;
            }
            let (theta, psi) = way[STEPS];
            let off = theta.hypot(psi);
            let rests = if off < REST { "yes" } else { "no" };
            say(&format!(
                "| {name} | {kind} | {n_d} | {theta:.6}, {psi:.6} | {off:.1e} | {rests} | {} | {} |",
                in_the_paper(method),
                spectrum(method)
            ))?;
        }
    }
    if let Some(folder) = folder {
        folder.numbers("dirac.csv", &csv)?;
    }
    Ok(())
}

/// The eigenvalues of the field's Jacobian at rest, where it has one.
fn spectrum(method: Method) -> String {
    if let Method::WganGp { .. } = method {
        // The penalty has an edge there.
        return "–".into();
    }
    let [(real, imaginary), (other, _)] = eigenvalues(method.jacobian((0.0, 0.0)));
    // No minus before a zero.
    let (real, other) = (real + 0.0, other + 0.0);
    if imaginary == 0.0 {
        format!("{real:.3}, {other:.3}")
    } else {
        format!("{real:.3} ± {imaginary:.3} i")
    }
}
