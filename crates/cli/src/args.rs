//! What can be asked on the command line, and its help, which lists the fields from the core's own table.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use adversaria_core::spec::{KEYS, Key};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::backend::{Choice, Exec, Executor};
use crate::bench::Workload;
use crate::fault;

/// Generative adversarial networks on the command line: the same game, the same numbers as in the page.
#[derive(Debug, Parser)]
#[command(name = "adversaria", version)]
struct Cli {
    #[command(subcommand)]
    request: Request,
}

/// What is asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// Trains a GAN and writes its checkpoint, its metrics, a figure of its samples and a report.
    Train(Train),
    /// Draws samples from the generator of a checkpoint.
    Sample(Sample),
    /// Trains a few iterations and writes everything that is needed to redo the arithmetic elsewhere; or compares two
    /// backends update by update.
    Audit(Audit),
    /// Measures iterations per second of named workloads, or of runs that grow.
    Bench(Bench),
    /// Lists the page's scenes: name, title, address, and what happens by when; or checks that it does.
    Presets(Presets),
    /// Runs a paper's setting, prints its table beside ours and writes the raw numbers.
    Reproduce(Reproduce),
}

const SPEC_HELP: &str = "The run: a TOML file of fields, or an address such as '#data=ring8&kd=5' (the # may be left \
                         out), or preset:NAME; `--help` lists the fields";
const DATA_HELP: &str = "Rows to learn in place of SPEC's data: the first one or two columns of a file of numbers, \
                         scaled to the view";
const BACKEND_HELP: &str = "Where the arithmetic happens, whatever SPEC says: auto is a graphics card where there is \
                            one, else the CPU";
const EXEC_HELP: &str = "How webgpu runs a program, whatever SPEC says";

/// `adversaria reproduce`
#[derive(Debug, Args)]
pub(crate) struct Reproduce {
    /// Whose
    #[arg(value_enum)]
    pub(crate) paper: Paper,
    /// The folder for the raw numbers; none are written without it
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// As little of it as shows that all of it runs, in seconds; of the theorem a smaller budget
    #[arg(long)]
    pub(crate) quick: bool,
    /// Iterations of each run, where not as many as the table of that paper says it had; of goodfellow2014 and pacgan
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) steps: Option<u64>,
    /// The seed of the runs, 1 without it; of goodfellow2014 and pacgan
    #[arg(long, value_name = "SEED", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) seed: Option<u32>,
    #[arg(long, value_enum, value_name = "BACKEND", help = BACKEND_HELP)]
    pub(crate) backend: Option<Choice>,
}

/// What can be reproduced.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Paper {
    /// The Dirac-GAN of Mescheder, Geiger, Nowozin 2018: which training methods come to rest
    Dirac,
    /// Table 1 of Goodfellow et al. 2014 on MNIST: the Parzen-window log-likelihood of training images and of the maxout net
    Goodfellow2014,
    /// The 2D benchmark of Lin et al. 2018: modes and quality of a GAN against packing and against R1
    Pacgan,
    /// Theorem 1 of Goodfellow et al. 2014: D trained alone comes to D*, V to −log 4 + 2 JSD, and the gap shrinks with k
    Theorem,
}

/// `adversaria train`
#[derive(Debug, Args)]
pub(crate) struct Train {
    #[arg(help = SPEC_HELP)]
    pub(crate) spec: OsString,
    /// Whole iterations in all, also with --resume
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) steps: u64,
    #[arg(long, value_name = "FILE.csv", help = DATA_HELP)]
    pub(crate) data: Option<PathBuf>,
    #[arg(long, value_enum, value_name = "BACKEND", help = BACKEND_HELP)]
    pub(crate) backend: Option<Choice>,
    #[arg(long, value_enum, value_name = "EXEC", help = EXEC_HELP)]
    pub(crate) exec: Option<Exec>,
    /// The folder for checkpoint.safetensors, metrics.csv, samples.png (and .svg) and report.html; what it holds of
    /// these is replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Goes on from the checkpoint in DIR, bit for bit; where there is none yet, begins
    #[arg(long)]
    pub(crate) resume: bool,
}

/// `adversaria sample`
#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// A checkpoint, of the page or of `train`
    pub(crate) checkpoint: PathBuf,
    /// How many samples
    #[arg(short = 'n', value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) count: u32,
    /// The file: .csv and .npy hold the numbers, one row a sample; .png is a figure
    #[arg(long, value_name = "FILE.{csv,npy,png}")]
    pub(crate) out: PathBuf,
    /// From the average of the generator (for runs with ema)
    #[arg(long)]
    pub(crate) average: bool,
}

/// `adversaria audit`
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[arg(help = SPEC_HELP)]
    pub(crate) spec: OsString,
    /// Whole iterations
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) steps: u64,
    #[arg(long, value_name = "FILE.csv", help = DATA_HELP)]
    pub(crate) data: Option<PathBuf>,
    #[arg(long, value_enum, value_name = "BACKEND", help = BACKEND_HELP)]
    pub(crate) backend: Option<Choice>,
    #[arg(long, value_enum, value_name = "EXEC", help = EXEC_HELP)]
    pub(crate) exec: Option<Exec>,
    /// The trace, a safetensors file
    #[arg(long, value_name = "FILE", required_unless_present = "compare")]
    pub(crate) out: Option<PathBuf>,
    /// Instead of a trace: makes each update on both from one state, and names the first op whose result differs
    #[arg(long, value_enum, num_args = 2, value_names = ["A", "B"],
          conflicts_with_all = ["out", "backend", "exec"])]
    pub(crate) compare: Option<Vec<Executor>>,
}

/// `adversaria bench`
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// One workload only
    #[arg(long, value_enum, value_name = "W")]
    pub(crate) workload: Option<Workload>,
    /// Instead of the workloads: runs whose batch, width and depth grow, one at a time
    #[arg(long, conflicts_with = "workload")]
    pub(crate) growth: bool,
    /// Draws the growth as well
    #[arg(long, value_name = "FILE.svg", requires = "growth")]
    pub(crate) chart: Option<PathBuf>,
    #[arg(long, value_enum, value_name = "BACKEND", help = BACKEND_HELP)]
    pub(crate) backend: Option<Choice>,
    /// One line of JSON for each run
    #[arg(long)]
    pub(crate) json: bool,
    /// Seconds of measuring for each run, after its warm-up
    #[arg(long, value_name = "S", default_value_t = 5.0, allow_negative_numbers = true,
          value_parser = seconds)]
    pub(crate) seconds: f64,
}

/// `adversaria presets`
#[derive(Debug, Args)]
pub(crate) struct Presets {
    /// One of them only
    pub(crate) name: Option<String>,
    /// Runs each on the CPU to the iterations that its sentence names, and tells what was seen there; the exit code is 1
    /// where a sentence does not hold
    #[arg(long)]
    pub(crate) check: bool,
    /// Another seed than the presets' own, which is all that their sentences are held to
    #[arg(long, value_name = "SEED", requires = "check", allow_negative_numbers = true,
          value_parser = whole::<u32>)]
    pub(crate) seed: Option<u32>,
}

fn whole<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "a whole number that is not negative is needed".into())
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number from 0.01 to 3600 is needed".into()),
    }
}

/// Reads the command line.
pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Request, clap::Error> {
    let fields = fields();
    let with_fields = |command: clap::Command| command.after_long_help(fields.clone());
    let mut command = with_fields(Cli::command());
    for name in ["train", "audit"] {
        command = command.mut_subcommand(name, with_fields);
    }
    let matches = command.try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches).map(|cli| cli.request)
}

/// The table of fields.
fn fields() -> String {
    let line = |key: &Key| {
        let default = if key.default.is_empty() { "empty" } else { key.default };
        format!("  {:<8} {}; takes {} [default: {default}]", key.name, key.meaning, key.allowed)
    };
    let lines: Vec<String> = KEYS.iter().map(line).collect();
    format!("Fields of SPEC, each optional:\n{}", lines.join("\n"))
}

/// Help and version are answers; anything else is a wrong request, told in one line.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => fault::refuse(
            "a command is needed: train, sample, audit, bench, presets or reproduce (see --help)",
        ),
        _ => {
            let text = error.to_string();
            let first = text.split("\n\n").next().unwrap_or_default();
            fault::refuse(&format!("{} (see --help)", first.trim_start_matches("error: ")))
        }
    }
}
