//! Shows what is learned: runs the scenes from several seeds, prints a table, writes the raw figures.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, mpsc};
use std::thread;

use adversaria_core::images::ImageSet;
use adversaria_gpu::{Gpu, GpuBackend};
use adversaria_kernels::backend::Backend;
use adversaria_kernels::cpu::CpuBackend;
use adversaria_tests::learning::{
    Bar, Classifier, JUDGE_ACCURACY, Outcome, QUICK, SCENES, Scene, csv, csv_header, load_images,
    markdown, play_on, reached,
};
use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, ValueEnum};

/// Runs the learning suite; ends with 1 when a scene passes for too few of its seeds.
#[derive(Debug, Parser)]
struct Request {
    /// Only these scenes.
    #[arg(long = "scene", value_name = "NAME")]
    scenes: Vec<String>,
    /// How many seeds; four in five must pass.
    #[arg(long, default_value_t = 5)]
    seeds: u32,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first: u32,
    /// The short runs that the everyday tests make.
    #[arg(long)]
    quick: bool,
    /// Where learning.csv and learning.md go.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Changes to the scenes' addresses, to try settings out: `kd=2&batch=128`.
    #[arg(long, default_value = "")]
    with: String,
    /// Other than the scene's number of iterations.
    #[arg(long)]
    iterations: Option<u32>,
    /// Runs at a time; all processors unless told.
    #[arg(long)]
    jobs: Option<usize>,
    /// Where the arithmetic happens.
    #[arg(long, value_enum, default_value = "cpu")]
    backend: Place,
}

/// Where the arithmetic happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Place {
    /// SIMD on the CPU
    Cpu,
    /// The adapter that Vulkan, Metal or DX12 gives
    #[value(name = "webgpu", alias = "gpu")]
    WebGpu,
}

impl Place {
    /// An executor, and what computes.
    fn backend(self) -> Result<(Box<dyn Backend>, String)> {
        match self {
            Self::Cpu => {
                let cpu = CpuBackend::detect();
                let name = cpu.isa_name().to_owned();
                Ok((Box::new(cpu), name))
            }
            Self::WebGpu => {
                let gpu = pollster::block_on(Gpu::request(|| ()))?;
                Ok((Box::new(GpuBackend::new(&gpu, None)), gpu.name().to_owned()))
            }
        }
    }
}

fn main() -> ExitCode {
    match show(&Request::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn show(request: &Request) -> Result<bool> {
    let scenes = chosen(request)?;
    let digits = scenes.iter().any(|scene| matches!(scene.bar, Bar::Digits(_)));
    let judge = digits.then(judge).transpose()?;
    println!("Computed by {}.\n", request.backend.backend()?.1);
    let outcomes = run_all(request, &scenes, judge.as_ref())?;
    let table = markdown(&scenes, &outcomes);
    print!("{table}");
    if let Some(folder) = &request.out {
        fs::write(folder.join("learning.md"), &table)?;
    }
    Ok(scenes.iter().all(|scene| enough(scene, &outcomes)))
}

fn chosen(request: &Request) -> Result<Vec<Scene>> {
    let all = if request.quick { &QUICK[..] } else { &SCENES[..] };
    let mut scenes = Vec::new();
    for name in &request.scenes {
        let names = || all.iter().map(|s| s.name).collect::<Vec<_>>().join(", ");
        let scene = all.iter().find(|s| s.name == name);
        scenes.push(*scene.with_context(|| format!("no scene {name}; there are {}", names()))?);
    }
    if scenes.is_empty() {
        scenes = all.to_vec();
    }
    if let Some(iterations) = request.iterations {
        scenes.iter_mut().for_each(|scene| scene.iterations = iterations);
    }
    Ok(scenes)
}

fn judge() -> Result<(ImageSet, Classifier)> {
    let (train, test) = load_images()?;
    let classifier = Classifier::train(&train, &test)?;
    println!(
        "The judge of digits gets {:.2} % of the {} test images right, with mean confidence {:.3}.\n",
        100.0 * classifier.accuracy,
        test.count(),
        classifier.confidence
    );
    ensure!(classifier.accuracy >= JUDGE_ACCURACY, "the judge of digits is not fit to judge");
    Ok((train, classifier))
}

fn changes(text: &str) -> Result<Vec<(String, String)>> {
    let pair = |part: &str| match part.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => bail!("--with takes key=value pairs, and {part} is none"),
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// Every scene from every seed, one run a thread, each written down as it ends.
fn run_all(
    request: &Request,
    scenes: &[Scene],
    judge: Option<&(ImageSet, Classifier)>,
) -> Result<Vec<Outcome>> {
    let changes = changes(&request.with)?;
    let mut file = request.out.as_ref().map(|folder| -> Result<File> {
        fs::create_dir_all(folder)?;
        Ok(File::create(folder.join("learning.csv"))?)
    });
    let mut file = file.take().transpose()?;
    if let Some(file) = &mut file {
        file.write_all(csv_header().as_bytes())?;
    }
    let jobs: VecDeque<(Scene, u32)> = (request.first..request.first.saturating_add(request.seeds))
        .flat_map(|seed| scenes.iter().map(move |scene| (*scene, seed)))
        .collect();
    let at_once =
        request.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let queue = Mutex::new(jobs);
    let next = || queue.lock().ok().and_then(|mut jobs| jobs.pop_front());
    let (send, receive) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            let (send, next, changes) = (send.clone(), &next, &changes);
            scope.spawn(move || {
                while let Some((scene, seed)) = next() {
                    let images = judge.map(|(images, _)| images);
                    let classifier = judge.map(|(_, classifier)| classifier);
                    let outcome = request.backend.backend().and_then(|(backend, _)| {
                        play_on(backend, &scene, seed, changes, images, classifier)
                    });
                    if send.send((scene, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut outcomes = Vec::new();
        for (scene, outcome) in receive {
            let outcome = outcome?;
            eprintln!(
                "{} seed {}: {} ({:.0} s)",
                outcome.name,
                outcome.seed,
                reached(scene.bar, &outcome),
                outcome.took.as_secs_f64()
            );
            if let Some(file) = &mut file {
                file.write_all(csv(&outcome).as_bytes())?;
            }
            outcomes.push(outcome);
        }
        outcomes.sort_by_key(|outcome| outcome.seed);
        Ok(outcomes)
    })
}

/// Four seeds in five.
fn enough(scene: &Scene, outcomes: &[Outcome]) -> bool {
    let own: Vec<_> = outcomes.iter().filter(|o| o.name == scene.name).collect();
    5 * own.iter().filter(|o| o.passed).count() >= 4 * own.len()
}
