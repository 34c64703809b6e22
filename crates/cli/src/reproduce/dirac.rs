//! The Dirac-GAN of Mescheder, Geiger, Nowozin 2018: which training methods come to rest, by step h = 0.2 from (1, 1).

use std::fmt::Write as _;

use adversaria_core::dirac::{
    Eigenvalue, METHODS, Method, ORDERS, Order, START, STEP, STEPS, eigenvalues, modulus,
};
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
        "| method | order | n_d | θ, ψ after 500 steps | from rest | at rest | in the paper | field's eigenvalues at (0, 0) | update's, larger modulus |",
    )?;
    say("|---|---|---:|---|---:|---|---|---|---|")?;
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
                "| {name} | {kind} | {n_d} | {theta:.6}, {psi:.6} | {off:.1e} | {rests} | {} | {} | {} |",
                in_the_paper(method),
                spectrum(method),
                multipliers(method, order)
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
    told(eigenvalues(method.jacobian((0.0, 0.0))))
}

/// The eigenvalues of an update's own map at rest, and how much an update stretches what is near.
fn multipliers(method: Method, order: Order) -> String {
    let told = |values| format!("{}; {:.4}", told(values), modulus(values));
    method.multipliers(order, STEP).map_or_else(|| "–".into(), told)
}

fn told([(real, imaginary), (other, _)]: [Eigenvalue; 2]) -> String {
    // No minus before a zero.
    let (real, other) = (real + 0.0, other + 0.0);
    // A double eigenvalue splits by the root of the differences' error.
    if imaginary.abs() > 1e-4 {
        format!("{real:.3} ± {imaginary:.3} i")
    } else {
        format!("{real:.3}, {other:.3}")
    }
}
