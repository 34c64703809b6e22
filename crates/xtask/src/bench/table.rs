//! Medians of a comparison as Markdown, and how many times faster we are than the best of the others.

use std::fmt::Write as _;

use super::record::Record;

/// A row for each contender, a column for each workload, and below it our ratios.
pub(super) fn markdown(records: &[Record]) -> String {
    let workloads = unique(records.iter().map(|r| r.workload.as_str()));
    let contenders = unique(records.iter().map(|r| r.contender.as_str()));
    let mut text = head("iterations per second: median (rounds)", &workloads);
    for contender in &contenders {
        row(&mut text, contender, &workloads, |workload| cell(records, contender, workload));
    }
    text.push('\n');
    text += &head("times the best other", &workloads);
    let ours = unique(records.iter().filter(|r| r.ours).map(|r| r.contender.as_str()));
    for contender in ours {
        row(&mut text, contender, &workloads, |workload| ratio(records, contender, workload));
    }
    text
}

fn head(title: &str, workloads: &[&str]) -> String {
    format!("| {title} | {} |\n|---|{}\n", workloads.join(" | "), "---:|".repeat(workloads.len()))
}

fn row(text: &mut String, name: &str, workloads: &[&str], cell: impl Fn(&str) -> String) {
    let cells: Vec<String> = workloads.iter().map(|workload| cell(workload)).collect();
    // Writing to a string cannot fail.
    writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap_or_default();
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    names.for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
    });
    seen
}

fn rates(records: &[Record], contender: &str, workload: &str) -> Vec<f64> {
    let here = |r: &&Record| r.contender == contender && r.workload == workload;
    records.iter().filter(here).filter_map(|r| r.rate.clone().ok()).collect()
}

fn median(mut rates: Vec<f64>) -> Option<f64> {
    rates.sort_by(f64::total_cmp);
    let (low, high) = (rates.get((rates.len().max(1) - 1) / 2)?, rates.get(rates.len() / 2)?);
    Some((low + high) / 2.0)
}

fn cell(records: &[Record], contender: &str, workload: &str) -> String {
    let rates = rates(records, contender, workload);
    if let Some(median) = median(rates.clone()) {
        let rounds: Vec<String> = rates.iter().map(|rate| short(*rate)).collect();
        return format!("{} ({})", short(median), rounds.join(", "));
    }
    let why = |r: &Record| {
        let here = r.contender == contender && r.workload == workload;
        r.rate.as_ref().err().filter(|_| here).cloned()
    };
    records.iter().find_map(why).unwrap_or_else(|| "–".to_owned())
}

/// Our median over the best median of those who are not us, and who that is.
fn ratio(records: &[Record], ours: &str, workload: &str) -> String {
    let others = unique(records.iter().filter(|r| !r.ours).map(|r| r.contender.as_str()));
    let best = others
        .into_iter()
        .filter_map(|name| Some((median(rates(records, name, workload))?, name)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match (median(rates(records, ours, workload)), best) {
        (Some(own), Some((best, name))) => format!("{} ({name})", short(own / best)),
        _ => "–".to_owned(),
    }
}

/// Three digits, or all before the point.
fn short(x: f64) -> String {
    let decimals = if x >= 100.0 {
        0
    } else if x >= 10.0 {
        1
    } else {
        2
    };
    format!("{x:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::contender::{Contender, Outcome, outcome};

    fn records() -> Vec<Record> {
        let rate = |x: f64| outcome(&format!("{{\"iterationsPerSecond\": {x}}}")).unwrap();
        let (ours, jax, graph) =
            (Contender::ours("cpu"), Contender::Jax, Contender::Torch("graph"));
        let failed = Outcome::Failed("out of memory".into());
        let runs = [
            (&ours, rate(300.0)),
            (&jax, rate(90.0)),
            (&graph, failed),
            (&ours, rate(100.0)),
            (&jax, rate(110.0)),
            (&ours, rate(250.0)),
        ];
        runs.into_iter().map(|(who, what)| Record::new(1, who, "toy2d", &what)).collect()
    }

    #[test]
    fn medians_stand_before_their_rounds_and_ratios_name_the_best_other() {
        let text = markdown(&records());
        for line in [
            "| adversaria/cpu | 250 (300, 100, 250) |",
            "| jax/cpu | 100 (90.0, 110) |",
            "| torch/graph | out of memory |",
            "| adversaria/cpu | 2.50 (jax/cpu) |",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn without_another_there_is_no_ratio() {
        let ours: Vec<Record> = records().into_iter().filter(|r| r.ours).collect();
        assert!(markdown(&ours).lines().any(|l| l == "| adversaria/cpu | – |"));
        assert_eq!(median(vec![]), None);
    }
}
