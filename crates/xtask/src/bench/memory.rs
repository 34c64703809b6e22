//! `cargo xtask bench --memory`: whether the page's memory stays flat while it trains flat out with every view open.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Bench, contender::Browser, peers, record};
use crate::process::say;

/// 1.6 MB of state, of which the engine keeps a copy every two seconds, 64 MiB of copies at most: those are there before
/// the measuring begins. Smaller networks would fill their history for a quarter of an hour.
const RUN: &str = "data=ring8&batch=64&g=256,256&d=256,256&optg=adam:0.0002:0.5:0.9&optd=adam:0.0002:0.5:0.9\
                   &view=real,fake,field,contour,pulls,grid,density,model";
/// Until then the page fetches what comes later, the browser compiles, and the history fills.
const WARM_UP_S: f64 = 150.0;
const EVERY_S: f64 = 10.0;
/// Samples from one minute to the next.
const A_MINUTE: usize = 7;
/// Fewer points make no line.
const LEAST_POINTS: usize = 12;

/// Something that is to stay flat.
#[derive(Debug)]
struct Quantity {
    /// In the driver's lines.
    key: &'static str,
    name: &'static str,
    /// What it may grow in all, as a share of what it was when the measuring began.
    share: f64,
    /// Bytes that do not count as growth in any case.
    slack: f64,
    /// What only the system can tell, and not every system does.
    of_process: bool,
}

/// Heaps after a collection and WebAssembly's memory are the page's own: 2 %, but for slack. That of a heap is 64 KiB,
/// since V8 compiles and forgets code as it sees fit. That of a WebAssembly memory is one step of its allocator, which it
/// takes when something small has come to lie where there was room: 192 KiB in the page, a copy of the state in the
/// worker, and half as much again, since by so much a step in the midst of the time lifts the line. The GPU's buffers are
/// those that the worker has not let go of; one more or less for a copy of the state is under way. A process keeps what its
/// allocators were given back, and the browser's caches are in it too: 10 %.
const QUANTITIES: [Quantity; 7] = [
    own("pageHeap", "JS heap of the page", 65_536.0),
    own("workerHeap", "JS heap of the worker", 65_536.0),
    own("pageWasm", "WASM memory of the page", 1.5 * 196_608.0),
    own("workerWasm", "WASM memory of the worker", 1.5 * 1.7e6),
    own("gpuBuffers", "GPU buffers", 1.5 * 1.7e6),
    process("renderer", "renderer, RSS"),
    process("gpu", "GPU process, RSS"),
];

const fn own(key: &'static str, name: &'static str, slack: f64) -> Quantity {
    Quantity { key, name, share: 0.02, slack, of_process: false }
}

const fn process(key: &'static str, name: &'static str) -> Quantity {
    Quantity { key, name, share: 0.1, slack: 0.0, of_process: true }
}

/// What came of a quantity on a backend.
#[derive(Debug, PartialEq)]
struct Verdict {
    /// Bytes when the measuring began and when it ended, on the line.
    from: f64,
    to: f64,
    /// Bytes.
    per_minute: f64,
    is_flat: bool,
}

/// Watches the page on each backend and judges it.
///
/// # Errors
/// When it cannot be watched, or its memory grows.
pub(super) fn watch(options: &Bench) -> Result<()> {
    let arena = peers::set_up(options)?;
    let mut records = record::File::new("memory")?;
    let mut table = String::from(
        "| | begin, MB | end, MB | growth, KB a minute | may grow, MB | |\n|---|---:|---:|---:|---:|---|\n",
    );
    let mut grown = Vec::new();
    for backend in &options.backends {
        let samples = sample(&arena.page(backend), options.minutes, &mut records)?;
        for quantity in &QUANTITIES {
            let name = format!("{backend}, {}", quantity.name);
            let Some(verdict) = judge(quantity, &samples) else {
                ensure!(quantity.of_process, "nothing is known of: {name}");
                continue;
            };
            table += &row(&name, quantity, &verdict);
            if !verdict.is_flat {
                grown.push(name);
            }
        }
    }
    println!("\n{table}");
    say(&format!("every sample stands in {}", records.path().display()));
    ensure!(grown.is_empty(), "memory grows: {}", grown.join("; "));
    Ok(())
}

/// The driver's lines, also as records and told as they come.
fn sample(page: &Browser, minutes: f64, records: &mut record::File) -> Result<Vec<Value>> {
    let job = json!({ "hash": RUN, "seconds": 60.0 * minutes, "every": EVERY_S });
    let mut command = page.driver("memory.mjs", job);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(child.stdout.take().context("it says nothing")?).lines();
    let mut samples = Vec::new();
    for line in lines {
        let mut sample: Value = serde_json::from_str(&line?)?;
        sample["backend"] = json!(page.backend);
        records.write(&sample)?;
        say(&sample.to_string());
        samples.push(sample);
    }
    let status = child.wait()?;
    ensure!(status.success(), "the page on {} could not be watched ({status})", page.backend);
    // Frames are slow to come where software computes and draws, so not every sample has a new one.
    let measured: Vec<&Value> =
        samples.iter().filter(|sample| sample["seconds"].as_f64() >= Some(WARM_UP_S)).collect();
    let trains = measured.windows(A_MINUTE).all(|some| count(some[0]) < count(some[A_MINUTE - 1]));
    ensure!(trains, "the page on {} has stopped training", page.backend);
    Ok(samples)
}

fn count(sample: &Value) -> Option<u64> {
    sample["iteration"].as_u64()
}

/// Whether it stayed flat after the warm-up; none where the system does not say what it takes.
fn judge(quantity: &Quantity, samples: &[Value]) -> Option<Verdict> {
    let point =
        |sample: &Value| Some((sample["seconds"].as_f64()?, sample[quantity.key].as_f64()?));
    let points: Vec<(f64, f64)> =
        samples.iter().filter_map(point).filter(|(at, _)| *at >= WARM_UP_S).collect();
    if points.len() < LEAST_POINTS {
        return None;
    }
    let (begin, per_second) = line(&points)?;
    let lasted = points.last()?.0 - points.first()?.0;
    let growth = per_second * lasted;
    let is_flat = growth <= (quantity.share * begin).max(quantity.slack);
    Some(Verdict { from: begin, to: begin + growth, per_minute: 60.0 * per_second, is_flat })
}

/// The line through the points by Theil and Sen: its height at the first one, and its slope, the median of those between
/// any two points. A sample or two taken in the middle of something, which is gone by the next, do not tilt it.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let pairs =
        points.iter().enumerate().flat_map(|(i, a)| points[..i].iter().map(move |b| (a, b)));
    let slope = median(pairs.map(|(a, b)| (a.1 - b.1) / (a.0 - b.0)).collect())?;
    let from = points.first()?.0;
    let height = median(points.iter().map(|p| p.1 - slope * (p.0 - from)).collect())?;
    (slope.is_finite() && height.is_finite()).then_some((height, slope))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) =
        (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

fn row(name: &str, quantity: &Quantity, verdict: &Verdict) -> String {
    let said = if verdict.is_flat { "flat" } else { "**grows**" };
    let (from, to, speed) = (verdict.from / 1e6, verdict.to / 1e6, verdict.per_minute / 1e3);
    let bound = (quantity.share * verdict.from).max(quantity.slack) / 1e6;
    format!("| {name} | {from:.2} | {to:.2} | {speed:+.1} | {bound:.2} | {said} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAP: &Quantity = &own("heap", "heap", 0.0);

    /// Samples of ten minutes: a steep warm-up, then this many bytes more each minute, and noise.
    fn samples(per_minute: f64) -> Vec<Value> {
        let noise = |i: u32| 30_000.0 * f64::from(i * 7 % 5) - 60_000.0;
        let heap =
            |at: f64| 1e7 + 5e4 * at.min(WARM_UP_S) + per_minute * (at - WARM_UP_S).max(0.0) / 60.0;
        let sample = |i: u32| (EVERY_S * f64::from(i), heap(EVERY_S * f64::from(i)) + noise(i));
        (1..=60).map(sample).map(|(at, heap)| json!({ "seconds": at, "heap": heap })).collect()
    }

    #[test]
    fn what_grows_is_found_and_the_warm_up_forgiven() {
        let flat = judge(HEAP, &samples(0.0)).unwrap();
        assert!(flat.is_flat && flat.per_minute.abs() < 6e3, "{flat:?}");
        // 2.6 % in seven and a half minutes.
        let grows = judge(HEAP, &samples(6e4)).unwrap();
        assert!(!grows.is_flat && (grows.per_minute / 6e4 - 1.0).abs() < 0.1, "{grows:?}");
        let shrinks = judge(HEAP, &samples(-1e5)).unwrap();
        assert!(shrinks.is_flat, "{shrinks:?}");
        let slack = Quantity { slack: 1e6, ..*HEAP };
        assert!(judge(&slack, &samples(6e4)).unwrap().is_flat);
    }

    #[test]
    fn what_is_not_told_is_not_judged() {
        assert_eq!(judge(HEAP, &samples(0.0)[..24]), None, "the warm-up alone");
        let none = Quantity { key: "gpu", ..*HEAP };
        assert_eq!(judge(&none, &samples(0.0)), None);
    }

    #[test]
    fn a_line_is_that_of_most_points() {
        // Slopes 2, ½ and −1; heights over the first 2, 3½ and 2.
        let (begin, slope) = line(&[(1.0, 2.0), (2.0, 4.0), (3.0, 3.0)]).unwrap();
        assert!((begin - 2.0).abs() < 1e-12 && (slope - 0.5).abs() < 1e-12, "{begin} {slope}");
        assert_eq!(line(&[(1.0, 2.0)]), None);
        let mut points: Vec<(f64, f64)> = (0..40_u8).map(|i| (f64::from(i), 7.0)).collect();
        points[38].1 = 70.0;
        assert_eq!(line(&points), Some((7.0, 0.0)), "one sample tilts it");
    }
}
