//! One change that may help: the first that the spec takes and does not have yet.

use super::{Advice, Look, Phenomenon};
use crate::spec::{Loss, Optimiser, Order, Reg, RunSpec, decimal};

/// The advice for this phenomenon.
pub(super) fn of(phenomenon: Phenomenon, spec: &RunSpec, looks: &[Look]) -> Option<Advice> {
    let slower_d = || ("optd", rated(spec, "optd", spec.optimiser_d(), 0.25));
    let slower_g = || ("optg", rated(spec, "optg", spec.optimiser_g(), 0.25));
    let plain = |field, value: &str| (field, value.to_owned());
    let fewer_g = (spec.k_g() > 1).then(|| plain("kg", "1"));
    let fewer_d = (spec.k_d() > 1).then(|| plain("kd", "1"));
    let free = spec.reg() == Reg::default();
    let wishes: Vec<Option<(&'static str, String)>> = match phenomenon {
        Phenomenon::Divergence => {
            let unbounded = spec.loss() == Loss::Wasserstein && spec.reg() == Reg::default();
            let of_d = looks.last().is_none_or(|look| look.loss_d.abs() >= look.loss_g.abs());
            let slower = if of_d { slower_d() } else { slower_g() };
            vec![unbounded.then(|| plain("reg", "clip:0.1")), Some(slower)]
        }
        Phenomenon::VanishingGradient => vec![Some(plain("loss", "nonsaturating"))],
        Phenomenon::Saturated => {
            vec![fewer_d, free.then(|| plain("reg", "r1:1")), Some(slower_d())]
        }
        Phenomenon::DiscriminatorTooSmall => vec![Some(plain("d", "64,64"))],
        Phenomenon::ModeCollapse => vec![
            fewer_g,
            (spec.k_d() < 3 && spec.order() == Order::Alternating).then(|| plain("kd", "5")),
            (spec.pack() == 1).then(|| plain("pack", "2")),
            (spec.unroll() == 0).then(|| plain("unroll", "5")),
            Some(slower_g()),
        ],
        Phenomenon::Oscillation => {
            // Where it was measured to settle: the plane's rings keep turning under it.
            let on_a_line = free && spec.dim() == 1;
            vec![fewer_g, on_a_line.then(|| plain("reg", "r1:20")), Some(slower_g())]
        }
        Phenomenon::FarFromOptimal => {
            let alternates = spec.order() == Order::Alternating;
            let more = alternates.then(|| ("kd", (spec.k_d() * 2 + 1).clamp(1, 10).to_string()));
            vec![more, Some(slower_g())]
        }
        Phenomenon::GeneratorTooSmall => vec![Some(plain("g", "64,64"))],
        Phenomenon::Converged => vec![],
    };
    let found = wishes
        .into_iter()
        .flatten()
        .find(|(field, value)| spec.with(field, value).is_ok_and(|next| next != *spec));
    found.map(|(field, value)| Advice { field, value })
}

/// The optimiser's text with its rate times `factor`, to two digits.
fn rated(spec: &RunSpec, field: &str, optimiser: Optimiser, factor: f64) -> String {
    let rate = format!("{:.1e}", optimiser.lr() * factor);
    let plain = decimal(&rate).map_or(rate, |rate| rate.to_string());
    let text = spec.get(field).unwrap_or_default();
    let mut parts: Vec<&str> = text.split(':').collect();
    if let Some(place) = parts.get_mut(1) {
        *place = &plain;
    }
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Address;

    fn advised(phenomenon: Phenomenon, address: &str) -> String {
        let spec = Address::parse(address).expect("allowed").spec;
        of(phenomenon, &spec, &[]).map_or_else(String::new, |a| format!("{}={}", a.field, a.value))
    }

    #[test]
    fn what_a_run_has_already_is_not_advised_again() {
        let collapse = |more: &str| advised(Phenomenon::ModeCollapse, &format!("data=ring8{more}"));
        assert_eq!(collapse("&kg=5"), "kg=1");
        assert_eq!(collapse(""), "kd=5");
        assert_eq!(collapse("&kd=5"), "pack=2");
        assert_eq!(collapse("&kd=5&pack=2"), "unroll=5");
        assert_eq!(collapse("&kd=5&pack=2&unroll=5"), "optg=adam:0.00025");
        let sure = |more: &str| advised(Phenomenon::Saturated, &format!("data=ring8{more}"));
        assert_eq!(sure("&kd=5"), "kd=1");
        assert_eq!(sure(""), "reg=r1:1");
        assert_eq!(sure("&reg=r1:1"), "optd=adam:0.00025");
        assert_eq!(advised(Phenomenon::Oscillation, "data=bimodal"), "reg=r1:20");
        assert_eq!(advised(Phenomenon::Oscillation, "data=ring"), "optg=adam:0.00025");
    }
}
