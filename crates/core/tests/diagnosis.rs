//! The rules of the diagnosis on looks made up for them: each bound that a rule asks decides by itself.

use adversaria_core::diagnosis::{Judged, Look, Phenomenon, diagnose};
use adversaria_core::spec::Address;

/// What is measured of ring8 when p_g is p_data.
const EVEN: Judged = Judged {
    jsd: 0.0035,
    bias: 0.0035,
    unseen: 0.034,
    gap: 0.0,
    modes: Some((8, 8)),
    quality: Some(0.98),
};

/// D gives ½ to all.
fn look(iteration: u64, judged: Judged) -> Look {
    Look {
        iteration,
        loss_d: 1.386,
        loss_g: 0.693,
        grad_norm_d: 0.1,
        grad_norm_g: 0.1,
        value: -1.386,
        norm_minimax: 1.0,
        norm_nonsaturating: 1.0,
        judged: Some(judged),
    }
}

/// What is said of a run whose looks, thirty of them, are these by their number.
fn said(address: &str, of: impl Fn(u32, Look) -> Look) -> Option<Phenomenon> {
    let spec = Address::parse(address).expect("allowed").spec;
    let looks: Vec<Look> = (0..30).map(|i| of(i, look(100 * (1 + u64::from(i)), EVEN))).collect();
    diagnose(&spec, 0, &looks).map(|found| found.phenomenon)
}

fn judged(look: Look, judged: Judged) -> Look {
    Look { judged: Some(judged), ..look }
}

#[test]
fn converged_is_near_what_chance_reads_in_bins_that_see_and_with_all_modes() {
    let of = |seen: Judged| said("data=ring8", move |_, look| judged(look, seen));
    assert_eq!(of(EVEN), Some(Phenomenon::Converged));
    assert_eq!(of(Judged { jsd: 0.033, ..EVEN }), Some(Phenomenon::Converged));
    // 900 bins in 10,000 samples have a rule of thumb of 0.0113, by which this was little enough.
    assert_eq!(of(Judged { jsd: 0.036, ..EVEN }), None);
    assert_eq!(of(Judged { modes: Some((7, 8)), ..EVEN }), None);
    assert_eq!(of(Judged { unseen: 0.4, ..EVEN }), None);
    assert_eq!(of(Judged { modes: None, quality: None, ..EVEN }), Some(Phenomenon::Converged));
    let once = |i, look| judged(look, Judged { modes: Some((8 - u32::from(i == 20), 8)), ..EVEN });
    assert_eq!(said("data=ring8", once), None, "a mode is missed once");
}

#[test]
fn a_gradient_vanishes_only_beside_one_that_does_not() {
    let of = |minimax, other| {
        said("data=ring8&loss=minimax", move |_, look| Look {
            value: -0.5,
            norm_minimax: minimax,
            norm_nonsaturating: other,
            ..judged(look, Judged { jsd: 0.5, quality: Some(0.0), ..EVEN })
        })
    };
    assert_eq!(of(0.01, 1.0), Some(Phenomenon::VanishingGradient));
    assert_eq!(of(0.2, 1.0), None);
    assert_eq!(of(1e-7, 1e-4), None, "the other loss would not help");
    assert_eq!(of(0.0, 0.0), None);
}

#[test]
fn a_d_is_too_small_only_while_its_gap_does_not_fall() {
    let gap = |d: &str, of: fn(f64) -> f64| {
        let address = format!("data=ring8&d={d}");
        said(&address, move |i, look| {
            let far = Judged { jsd: 0.5, gap: of(f64::from(i)), quality: Some(0.2), ..EVEN };
            judged(look, far)
        })
    };
    assert_eq!(gap("8", |_| 0.5), Some(Phenomenon::DiscriminatorTooSmall));
    assert_eq!(gap("8", |i| 0.3 + 0.01 * i), Some(Phenomenon::DiscriminatorTooSmall));
    // It falls by a third in the window, and is a matter of D's updates.
    assert_eq!(gap("8", |i| 1.0 - 0.022 * i), Some(Phenomenon::FarFromOptimal));
    assert_eq!(gap("64", |_| 0.5), Some(Phenomenon::FarFromOptimal));
}
