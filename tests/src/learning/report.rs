//! Outcomes as a Markdown table for people and as CSV for everyone else.

use std::fmt::Write as _;

use super::{Bar, DigitVerdict, Outcome, Scene, Verdict};

/// The first line of [`csv`].
#[must_use]
pub fn csv_header() -> &'static str {
    "scene,seed,iterations,seconds,passed,iteration,jsd_nats,modes_found,modes,quality,confidence,least_digit_share,\
     judge_accuracy,judge_confidence,note,address\n"
}

/// One line for each evaluation of a run.
#[must_use]
pub fn csv(outcome: &Outcome) -> String {
    let head = format!(
        "{},{},{},{:.1},{}",
        outcome.name,
        outcome.seed,
        outcome.iterations,
        outcome.took.as_secs_f64(),
        outcome.passed
    );
    let tail = format!("\"{}\"\n", outcome.address);
    match &outcome.verdict {
        Verdict::Points(evaluations) => evaluations
            .iter()
            .map(|e| {
                let modes = e.modes.map_or(",".into(), |(found, all)| format!("{found},{all}"));
                let quality = e.quality.map(|q| q.to_string()).unwrap_or_default();
                format!("{head},{},{},{modes},{quality},,,,,,{tail}", e.iteration, e.jsd)
            })
            .collect(),
        Verdict::Digits(v) => format!(
            "{head},{},,,,,{},{},{},{},,{tail}",
            outcome.iterations,
            v.confidence,
            least_share(v),
            v.judge_accuracy,
            v.judge_confidence
        ),
        Verdict::Stopped(why) => format!("{head},,,,,,,,,,\"{}\",{tail}", why.replace('"', "'")),
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn least_share(verdict: &DigitVerdict) -> f64 {
    let all = verdict.counts.iter().sum::<usize>() as f64;
    verdict.counts.iter().min().copied().unwrap_or(0) as f64 / all
}

/// One row a scene: what is asked, what each seed reached, how many passed.
#[must_use]
pub fn markdown(scenes: &[Scene], outcomes: &[Outcome]) -> String {
    let mut table = String::from(
        "| scene | iterations | asked | reached, seed by seed | passed | seconds a run |\n|---|---|---|---|---|---|\n",
    );
    for scene in scenes {
        let own: Vec<&Outcome> = outcomes.iter().filter(|o| o.name == scene.name).collect();
        let passed = own.iter().filter(|o| o.passed).count();
        let reached: Vec<String> = own.iter().map(|o| reached(scene.bar, o)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a few runs")]
        let seconds =
            own.iter().map(|o| o.took.as_secs_f64()).sum::<f64>() / own.len().max(1) as f64;
        let row = writeln!(
            table,
            "| {} | {} | {} | {} | {passed} of {} | {seconds:.0} |",
            scene.name,
            scene.iterations,
            asked(scene.bar),
            reached.join(", "),
            own.len()
        );
        debug_assert!(row.is_ok(), "a string takes all");
    }
    for scene in scenes {
        table.push_str(&format!("\n- {}: `#{}`", scene.name, scene.address));
    }
    table.push('\n');
    table
}

fn asked(bar: Bar) -> String {
    match bar {
        Bar::Jsd(most) => format!("JSD ≤ {most} nats"),
        Bar::Modes(least) => format!("all modes, ≥ {:.0} % good", 100.0 * least),
        Bar::Digits(least) => format!("all digits, confidence ≥ {least}"),
        Bar::Shown => "shown".into(),
    }
}

/// A run's figure in the words of its bar.
#[must_use]
pub fn reached(bar: Bar, outcome: &Outcome) -> String {
    match &outcome.verdict {
        Verdict::Stopped(_) => "stopped".into(),
        Verdict::Digits(v) => {
            let share = 100.0 * least_share(v);
            format!("confidence {:.3}, rarest digit {share:.1} %", v.confidence)
        }
        Verdict::Points(_) if matches!(bar, Bar::Modes(_)) => {
            let (found, all) = outcome.verdict.modes().unwrap_or_default();
            format!("{found}/{all} {:.1} %", 100.0 * outcome.verdict.quality())
        }
        Verdict::Points(_) => format!("{:.4}", outcome.verdict.jsd()),
    }
}
