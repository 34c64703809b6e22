//! Is k large enough? V(D*, G) − V(D, G), how far D is from its optimum, through training at equal numbers of D-updates for
//! k = 1, 2, 5, 10.

use std::fmt::Write as _;

use adversaria_core::metrics::{jsd, value_optimal};
use adversaria_core::spec::Address;
use adversaria_engine::{Observer, Run};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_plot::{Figure, Theme};
use adversaria_protocol::{Layers, Picture, Stage};
use anyhow::{Result, bail};

use crate::folder::Folder;
use crate::{data, say};

/// D-updates for a G-update, and their names in the chart.
const KS: [(u32, &str); 4] = [(1, "k = 1"), (2, "k = 2"), (5, "k = 5"), (10, "k = 10")];
/// D-updates, and the seeds that are averaged, in full and quick; looks lie a hundredth of the way apart.
const FULL: (u32, u32) = (10_000, 3);
const QUICK: (u32, u32) = (3000, 1);
const LOOKS: u32 = 100;
/// The preset of that name but for k: there k = 5.
const SETTING: &str = "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256&backend=cpu";
const LAYERS: Layers = Layers { field: false, pulls: false, grid: false, units: false };
const CHART: (u32, u32) = (720, 360);

/// The gap of one run: (D-updates, nats).
type Track = Vec<(f64, f32)>;

/// Trains, tells the mean gap over the second half as a table, and writes `gap-k.csv` and `gap-k.svg`.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn reproduce(folder: Option<&Folder>, quick: bool) -> Result<()> {
    let (updates, seeds) = if quick { QUICK } else { FULL };
    let mut csv = String::from("k,seed,updates_d,gap\n");
    let mut means = Vec::new();
    say(&format!(
        "\nbimodal, {updates} D-updates each, seeds 1 to {seeds}; the gap V(D*, G) − V(D, G) is by densities on the 240 cells of the view, of which p_g is that of 4,096 quantiles of z.\n"
    ))?;
    say("| k | G-updates | mean gap over the second half, nats | by seed |")?;
    say("|---:|---:|---:|---|")?;
    for (k, name) in KS {
        let tracks: Vec<Track> =
            (1..=seeds).map(|seed| follow(k, seed, updates)).collect::<Result<_>>()?;
        for (seed, track) in (1..).zip(&tracks) {
            for (at, gap) in track {
                writeln!(csv, "{k},{seed},{at},{gap}")?;
            }
        }
        let late: Vec<f32> = tracks.iter().map(second_half).collect();
        let by_seed: Vec<String> = late.iter().map(|gap| format!("{gap:.4}")).collect();
        let mean = late.iter().sum::<f32>() / late.len() as f32;
        say(&format!("| {k} | {} | {mean:.4} | {} |", updates / k, by_seed.join(", ")))?;
        means.push((name, mean_track(&tracks), mean));
    }
    let shrinks = means.windows(2).all(|pair| pair[1].2 < pair[0].2);
    say(&format!("\nThe gap shrinks with k: {}.", if shrinks { "yes" } else { "no" }))?;
    if let Some(folder) = folder {
        folder.numbers("gap-k.csv", &csv)?;
        let curves: Vec<_> = means.iter().map(|(name, track, _)| (*name, &track[..])).collect();
        folder.numbers("gap-k.svg", &Figure::Gap { curves: &curves }.svg(CHART, &Theme::LIGHT)?)?;
    }
    Ok(())
}

/// One run.
fn follow(k: u32, seed: u32, updates: u32) -> Result<Track> {
    let spec = Address::parse(&format!("{SETTING}&kd={k}&seed={seed}"))?.spec;
    let mut run = Run::new(spec.clone(), data::table(&spec)?, Box::new(CpuBackend::detect()))?;
    let observer = Observer::new(&run);
    let mut track = Vec::new();
    for look in 1..=LOOKS {
        let wanted = u64::from(updates / k * look / LOOKS);
        run.advance(u32::try_from(wanted - run.iteration())?)?;
        track.push((f64::from(k) * wanted as f64, gap(&observer, &mut run)?));
    }
    run.check_finite()?;
    Ok(track)
}

/// V(D*, G) − V(D, G) now: V(D*, G) by the densities on the view's cells, p_g the push-forward of z's quantiles; V(D, G) with
/// p_data on those cells and G at the quantiles, so that what of p_g lies outside the view is in V(D, G) alone.
fn gap(observer: &Observer, run: &mut Run) -> Result<f32> {
    let (metrics, picture) = observer.observe(run, LAYERS, 0)?;
    let (Picture::Line(line), Stage::Line { p_data, .. }) = (picture, observer.stage()) else {
        bail!("the gap is followed on the line");
    };
    let wide = |values: &[f32]| values.iter().map(|p| f64::from(*p)).collect::<Vec<f64>>();
    let best = value_optimal(jsd(&wide(&p_data), &wide(&line.p_g)));
    Ok(best as f32 - metrics.value)
}

fn second_half(track: &Track) -> f32 {
    let half = &track[track.len() / 2..];
    half.iter().map(|(_, gap)| gap).sum::<f32>() / half.len() as f32
}

/// Over the seeds, look by look.
fn mean_track(tracks: &[Track]) -> Track {
    let at = |look: usize| {
        let sum: f32 = tracks.iter().map(|track| track[look].1).sum();
        (tracks[0][look].0, sum / tracks.len() as f32)
    };
    (0..tracks[0].len()).map(at).collect()
}
