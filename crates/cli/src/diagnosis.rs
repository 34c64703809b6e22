//! What happened in a run, told from the rows of its figures, so that a resumed run tells what a straight one does.

use adversaria_core::data::Distribution;
use adversaria_core::diagnosis::{Diagnosis, Judged, Look, diagnose, since};
use adversaria_core::metrics::Judge;
use adversaria_core::spec::RunSpec;
use adversaria_engine::Change;

use crate::series::Series;

/// What the rules say of these rows; `samples` are those behind each row's comparison.
pub(crate) fn of(
    spec: &RunSpec,
    log: &[Change],
    series: &Series,
    samples: usize,
) -> Option<Diagnosis> {
    let since = since(log.iter().map(|change| (change.iteration, change.field.as_str())));
    diagnose(spec, since, &looks(spec, series, samples))
}

fn looks(spec: &RunSpec, series: &Series, samples: usize) -> Vec<Look> {
    let columns: Vec<&str> = Series::columns().collect();
    let data = Distribution::of(spec);
    let modes = data.as_ref().and_then(|d| Some(d.modes()?.centres.len()));
    // Without a density no row has a JSD, and nobody asks.
    let (bias, unseen) = data.map_or((f64::NAN, f64::NAN), |data| {
        let judge = Judge::new(&data);
        (judge.jsd_by_chance(samples), judge.resolution().unseen)
    });
    let look = |row: &crate::series::Row| {
        let cell = |name: &str| {
            let at = columns.iter().position(|column| *column == name)?;
            row.fields.get(at)?.parse::<f64>().ok()
        };
        let figure = |name: &str| cell(name).unwrap_or(f64::NAN);
        let judged = cell("jsd").map(|jsd| Judged {
            jsd,
            bias,
            unseen,
            gap: figure("value_optimal") - figure("value"),
            modes: cell("modes").zip(modes).map(|(found, all)| (found as u32, all as u32)),
            quality: cell("quality"),
        });
        Look {
            iteration: row.iteration,
            loss_d: figure("loss_d"),
            loss_g: figure("loss_g"),
            grad_norm_d: figure("grad_norm_d"),
            grad_norm_g: figure("grad_norm_g"),
            value: figure("value"),
            norm_minimax: figure("norm_minimax"),
            norm_nonsaturating: figure("norm_nonsaturating"),
            judged,
        }
    };
    series.rows().iter().map(look).collect()
}

/// The diagnosis in one line, with the rule that fired and what might help.
pub(crate) fn line(diagnosis: Option<&Diagnosis>) -> String {
    let Some(found) = diagnosis else { return "no rule fires: see metrics.csv".into() };
    let rule: Vec<String> = found.evidence.iter().map(ToString::to_string).collect();
    let advice = found.advice.as_ref();
    let advice = advice.map_or_else(String::new, |a| format!(" Try {}={}.", a.field, a.value));
    format!(
        "{}{advice} {}: {}",
        found.phenomenon.sentence(),
        found.phenomenon.name(),
        rule.join("; ")
    )
}
