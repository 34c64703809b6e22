//! The figures of a run as lines of a CSV file, the same in the page and on the command line.

use adversaria_protocol::{Chance, Evaluation, Metrics};

/// The columns of metrics.csv. A field is empty where there is no such figure: before the first update, for data without
/// modes or without a density. Those by chance are what a figure reads on average where p_g = p_data, but for MMD², whose
/// average is near 0 then: of that it is the standard deviation, and the average stands beside it.
pub const COLUMNS: [&str; 26] = [
    "iteration",
    "updates_d",
    "updates_g",
    "loss_d",
    "loss_g",
    "grad_norm_d",
    "grad_norm_g",
    "value",
    "value_optimal",
    "jsd",
    "kl_data_model",
    "kl_model_data",
    "modes",
    "quality",
    "total_variation",
    "wasserstein",
    "mmd2",
    "jsd_by_chance",
    "total_variation_by_chance",
    "wasserstein_by_chance",
    "mmd2_by_chance",
    "norm_minimax",
    "norm_nonsaturating",
    "kl_data_model_by_chance",
    "kl_model_data_by_chance",
    "mmd2_mean_by_chance",
];

/// What is known of an iteration, in the order of [`COLUMNS`]: its figures, and p_g against p_data if that was compared
/// there.
#[must_use]
pub fn row(
    iteration: u64,
    metrics: Option<&Metrics>,
    judged: Option<&Evaluation>,
) -> [String; COLUMNS.len()] {
    let count = |of: fn(&Metrics) -> u64| metrics.map_or_else(String::new, |m| of(m).to_string());
    let figure = |of: fn(&Metrics) -> f32| metrics.map_or_else(String::new, |m| number(of(m)));
    let compared = |of: fn(&Evaluation) -> f32| judged.map_or_else(String::new, |e| number(of(e)));
    let value = metrics.map(|m| m.value).or(judged.map(|e| e.value));
    let modes = judged.and_then(|e| e.modes);
    let chance = |of: fn(&Chance) -> f32| {
        judged.and_then(|e| e.chance).map_or_else(String::new, |chance| number(of(&chance)))
    };
    [
        iteration.to_string(),
        count(|m| m.updates_d),
        count(|m| m.updates_g),
        figure(|m| m.loss_d),
        figure(|m| m.loss_g),
        figure(|m| m.grad_norm_d),
        figure(|m| m.grad_norm_g),
        value.map_or_else(String::new, number),
        compared(|e| e.value_optimal),
        compared(|e| e.jsd),
        compared(|e| e.kl_data_model),
        compared(|e| e.kl_model_data),
        modes.map_or_else(String::new, |(found, _)| found.to_string()),
        judged.and_then(|e| e.quality).map_or_else(String::new, number),
        compared(|e| e.total_variation),
        compared(|e| e.wasserstein),
        compared(|e| e.mmd2),
        compared(|e| e.bias),
        chance(|c| c.total_variation.0),
        chance(|c| c.wasserstein.0),
        chance(|c| c.mmd2.1),
        figure(|m| m.norm_minimax),
        figure(|m| m.norm_nonsaturating),
        chance(|c| c.kl_data_model.0),
        chance(|c| c.kl_model_data.0),
        chance(|c| c.mmd2.0),
    ]
}

/// Empty when it is no number.
fn number(x: f32) -> String {
    if x.is_nan() { String::new() } else { x.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_empty() {
        let metrics =
            Metrics { updates_d: 14, updates_g: 7, loss_d: 0.5, value: -1.5, ..Metrics::NEW };
        let line = |m, e| row(7, m, e).join(",");
        assert_eq!(line(Some(&metrics), None), "7,14,7,0.5,,,,-1.5,,,,,,,,,,,,,,,,,,");
        let judged = Evaluation {
            iteration: 7,
            samples: 10,
            dim: 1,
            bins: 5,
            bin_width: 0.5,
            finest: f32::NAN,
            unseen: 0.0,
            jsd: 0.25,
            bias: 0.015,
            kl_data_model: f32::NAN,
            kl_model_data: 0.75,
            value_optimal: -1.0,
            value: -1.25,
            total_variation: 0.5,
            wasserstein: 0.125,
            mmd2: -0.25,
            bandwidth: 1.0,
            chance: Some(Chance {
                jsd: (0.01, 1.0),
                kl_data_model: (0.05, 5.0),
                kl_model_data: (0.06, 6.0),
                total_variation: (0.02, 2.0),
                wasserstein: (0.03, 3.0),
                mmd2: (0.001, 0.04),
            }),
            modes: Some((3, 8)),
            quality: Some(0.875),
        };
        assert_eq!(
            line(None, Some(&judged)),
            "7,,,,,,,-1.25,-1,0.25,,0.75,3,0.875,0.5,0.125,-0.25,0.015,0.02,0.03,0.04,,,0.05,0.06,0.001"
        );
    }
}
