//! What the engine tells the page.

use serde::{Deserialize, Serialize};

/// A message from the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The first message: commands are heard from now on. (The version is in every message's head.)
    Ready,
    /// Another run is on stage.
    Staged(Box<Scene>),
    /// The picture of this moment.
    Frame(Box<Frame>),
    /// The answer to the command with this id.
    Reply {
        /// The command's.
        id: u32,
        /// The answer.
        result: Result<Reply, Fault>,
    },
    /// The run stopped by itself, or something could not be had. The run on stage is kept.
    Fault(Fault),
    /// Something worth a sentence that is not wrong.
    Notice(String),
    /// How far a download has come.
    Progress {
        /// What is being fetched.
        what: String,
        /// Bytes so far.
        done: u64,
        /// Bytes in all; 0 when that is not known.
        total: u64,
    },
    /// The run has taken another way than before.
    Trail(Trail),
    /// The run on stage goes on elsewhere, or in another form.
    Moved {
        /// As [`Scene::backend`].
        backend: String,
        /// As [`Scene::adapter`].
        adapter: String,
    },
}

/// The ways that the run on stage has taken, and what is kept of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The branches, the oldest first.
    pub branches: Vec<Branch>,
    /// The number of the one that the run is on.
    pub current: u32,
    /// The earliest iteration that can be gone to.
    pub begin: u64,
    /// The most that all copies of the state together may take, bytes.
    pub most_bytes: u64,
    /// The branches that were given up for others since this was last told; said once.
    pub forgotten: Vec<Branch>,
}

/// A way that the run has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// Its number.
    pub number: u32,
    /// The branch it left, and the iteration there.
    pub parent: Option<(u32, u64)>,
    /// The iteration it had come to when this was told.
    pub end: u64,
    /// What was changed on it from the run's beginning on: iteration, `field=value`.
    pub changes: Vec<(u64, String)>,
}

/// Why something was refused or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultCode {
    /// The request names something that is not allowed.
    BadRequest,
    /// A file is not what it should be.
    BadFile,
    /// A loss or weight is no longer finite.
    Diverged,
    /// The data could not be had.
    NoData,
    /// Memory is short.
    OutOfMemory,
    /// The page and its worker are of different versions.
    Stale,
    /// A defect of this program.
    Internal,
    /// The GPU is gone; the run goes on elsewhere.
    DeviceLost,
}

/// One sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What kind.
    pub code: FaultCode,
    /// What happened, what was kept, what to do.
    pub message: String,
    /// Whether [`crate::Command::Rewind`] would help.
    pub can_rewind: bool,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// It is done.
    Done,
    /// Metrics after an advance.
    Metrics(Metrics),
    /// Samples `[n, dim]`, scores `[n]` or latent points `[n, dim of z]`.
    Values(Vec<f32>),
    /// What G makes of latent points.
    Generated {
        /// G(z), `[n, dim]`.
        x: Vec<f32>,
        /// D(G(z)), `[n]`.
        score: Vec<f32>,
    },
    /// Training images, the nearest first, as many for each image that was asked about.
    Neighbours(Vec<Neighbour>),
    /// A file.
    Bytes(Vec<u8>),
}

/// A training image that is near to another image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its row in the run's training table.
    pub row: u32,
    /// The digit it is labelled with.
    pub class: u8,
    /// Root mean square of the differences of their pixels: 0 for a copy, 1 for black against white.
    pub distance: f32,
    /// 0 black to 255 white, `[height, width]`.
    pub pixels: Vec<u8>,
}

/// What a run is, said once when it comes on stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The run's address without `#`, defaults left out.
    pub spec: String,
    /// Parameters of G.
    pub parameters_g: u64,
    /// Parameters of D.
    pub parameters_d: u64,
    /// `cpu` or `webgpu`.
    pub backend: String,
    /// The adapter or instruction set, for people: whether it is software, and the form in which a GPU runs.
    pub adapter: String,
    /// Its counts, and what else is known before the first frame: NaN for all of a new run, the last update's losses of
    /// a restored one.
    pub metrics: Metrics,
    /// What kind of picture, with what of it does not change.
    pub stage: Stage,
}

/// The kind of picture and its constant part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    /// 1D: Figure 1.
    Line {
        /// Where the curves are given, ascending.
        x: Vec<f32>,
        /// p_data there, exact.
        p_data: Vec<f32>,
    },
    /// 2D, on [−1, 1]².
    Plane {
        /// Real samples `[n, 2]`.
        real: Vec<f32>,
        /// p_data on the field's grid `[side, side]` (row 0 at y = −1), exact or numerical.
        p_data: Vec<f32>,
        /// Cells on a side of each field.
        side: u32,
    },
    /// Pictures.
    Images {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Real examples, 0 black to 255 white, `[n, height, width]`.
        real: Vec<u8>,
    },
}

/// Whether the run moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It trains.
    Playing,
    /// It waits.
    Paused,
    /// It reached `until`.
    Arrived,
    /// It waits for its data.
    Waiting,
    /// It stopped by itself.
    Diverged,
}

/// The picture of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Whether the run moves.
    pub standing: Standing,
    /// The run's address now, changes included.
    pub spec: String,
    /// Figures.
    pub metrics: Metrics,
    /// Iterations per second of training, over about the last second; 0 when paused.
    pub rate: f32,
    /// Updates that have been made of the iteration under way, by [`crate::Step::Part`].
    pub part: u32,
    /// Hidden units, when they are watched.
    pub units: Option<Units>,
    /// What is happening, by the rules of [`adversaria_core::diagnosis`]; none where there is nothing to say.
    pub diagnosis: Option<Box<Diagnosis>>,
    /// What to draw.
    pub picture: Picture,
}

/// What is happening in a run: a sentence, why it is said, and what might be changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The phenomenon's name, for machines: `mode-collapse`.
    pub name: String,
    /// The same for people.
    pub sentence: String,
    /// What was measured, each with the bound that it keeps: this is the rule.
    pub evidence: Vec<String>,
    /// One change that may help: field and value.
    pub advice: Option<(String, String)>,
    /// The iterations that were looked at, first and last.
    pub span: (u64, u64),
}

/// Figures of one moment. Losses are those of the last update, before it; NaN where there was none yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Whole iterations.
    pub iteration: u64,
    /// D-updates.
    pub updates_d: u64,
    /// G-updates.
    pub updates_g: u64,
    /// D's loss.
    pub loss_d: f32,
    /// G's loss.
    pub loss_g: f32,
    /// Mean of D's loss over the updates since the last frame.
    pub mean_loss_d: f32,
    /// Mean of G's loss over the updates since the last frame.
    pub mean_loss_g: f32,
    /// ‖∇ of D's loss‖ at the last update.
    pub grad_norm_d: f32,
    /// ‖∇ of G's loss‖ at the last update.
    pub grad_norm_g: f32,
    /// V(D,G) = E log D(x) + E log(1 − D(G(z))), nats.
    pub value: f32,
    /// Mean D(x) on real samples.
    pub score_real: f32,
    /// Mean D(G(z)).
    pub score_fake: f32,
    /// ‖∇ by G's parameters of mean log(1 − D(G(z)))‖ at the fixed z on stage, as of late; NaN before it was measured.
    pub norm_minimax: f32,
    /// The same of −mean log D(G(z)), at the same point.
    pub norm_nonsaturating: f32,
    /// The latest comparison of p_g with p_data; none for images or before the first.
    pub evaluation: Option<Evaluation>,
}

impl Metrics {
    /// Those of a run that has not begun.
    pub const NEW: Self = Self {
        iteration: 0,
        updates_d: 0,
        updates_g: 0,
        loss_d: f32::NAN,
        loss_g: f32::NAN,
        mean_loss_d: f32::NAN,
        mean_loss_g: f32::NAN,
        grad_norm_d: f32::NAN,
        grad_norm_g: f32::NAN,
        value: f32::NAN,
        score_real: f32::NAN,
        score_fake: f32::NAN,
        norm_minimax: f32::NAN,
        norm_nonsaturating: f32::NAN,
        evaluation: None,
    };
}

/// p_g against p_data by samples of G: divergences by histogram, the other distances by the samples themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// When.
    pub iteration: u64,
    /// Samples of G.
    pub samples: u32,
    /// Coordinates of a sample: 1 or 2.
    pub dim: u32,
    /// Bins inside the view; what lies outside it is one more.
    pub bins: u32,
    /// Width of a bin along each axis, in the coordinates of the data.
    pub bin_width: f32,
    /// The least standard deviation of what p_data is a mixture of; NaN where that has none.
    pub finest: f32,
    /// The most of JSD, nats, that may lie within bins, unseen.
    pub unseen: f32,
    /// JSD(p_data ‖ p_g), nats.
    pub jsd: f32,
    /// What that reads on average where p_g = p_data, nats: exactly.
    pub bias: f32,
    /// KL(p_data ‖ p_g), nats, neighbouring bins taken as one until enough samples of p_data are to be expected; infinite where
    /// p_g has none there, and then left out as NaN.
    pub kl_data_model: f32,
    /// KL(p_g ‖ p_data), nats.
    pub kl_model_data: f32,
    /// V(D*,G) = −log 4 + 2 JSD, nats.
    pub value_optimal: f32,
    /// V(D,G) at the same iteration, nats; what D lacks of its best is `value_optimal − value`.
    pub value: f32,
    /// Total variation by the same histogram, 0 to 1.
    pub total_variation: f32,
    /// Wasserstein-1 in the coordinates of the data: exact on the line, sliced in the plane. NaN where a sample is not
    /// finite.
    pub wasserstein: f32,
    /// The squared maximum mean discrepancy, unbiased: it may lie below 0.
    pub mmd2: f32,
    /// Width of its Gaussian kernel.
    pub bandwidth: f32,
    /// What these figures read where p_g = p_data; none until that has been measured.
    pub chance: Option<Chance>,
    /// Modes with a good sample, and modes in all; for mixtures.
    pub modes: Option<(u32, u32)>,
    /// Share of good samples (within 3 σ of their nearest mode); for mixtures.
    pub quality: Option<f32>,
}

/// What each figure of an [`Evaluation`] reads where p_g = p_data, measured on as many samples of p_data itself: its mean,
/// and its standard deviation from one set of samples to the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Nats.
    pub jsd: (f32, f32),
    /// Nats.
    pub kl_data_model: (f32, f32),
    /// Nats.
    pub kl_model_data: (f32, f32),
    /// 0 to 1.
    pub total_variation: (f32, f32),
    /// In the coordinates of the data.
    pub wasserstein: (f32, f32),
    /// 0 on average over all references; its mean is what the one in use is off by.
    pub mmd2: (f32, f32),
}

/// What the units of both players say over their inputs: D's over the view, G's over the latent's first two coordinates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// D's layers, the output last.
    pub discriminator: Vec<UnitLayer>,
    /// G's layers, the output last.
    pub generator: Vec<UnitLayer>,
}

/// The first few units of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitLayer {
    /// Units in all.
    pub width: u32,
    /// The largest magnitude in the fields.
    pub largest: f32,
    /// What each unit shown gives, `[shown, cells]`: 0 is 128, the largest magnitude 1 and 255. 64 cells over a line; over
    /// a plane `[16, 16]` with row 0 below.
    pub fields: Vec<u8>,
    /// Weights `[shown, shown of the layer before, or its inputs]`.
    pub weights: Vec<f32>,
}

/// What to draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Picture {
    /// 1D.
    Line(Line),
    /// 2D.
    Plane(Plane),
    /// Images.
    Images(Images),
}

/// 1D, at the abscissae of [`Stage::Line`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// p_g.
    pub p_g: Vec<f32>,
    /// D(x).
    pub d: Vec<f32>,
    /// p_g of the average of G; empty unless the run keeps one.
    pub average: Vec<f32>,
    /// Arrows: pairs (z, G(z)), z in the order of its quantiles; only z's first coordinate when it has several.
    pub arrows: Vec<(f32, f32)>,
}

/// 2D.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// G(z) for fixed z, `[n, 2]`.
    pub fake: Vec<f32>,
    /// The average of G at the same z, `[n, 2]`; empty unless the run keeps one.
    pub average: Vec<f32>,
    /// −∂ loss_G / ∂x at each fake, per sample, `[n, 2]`; empty when not watched.
    pub pulls: Vec<f32>,
    /// D on the grid, `[side, side]`, row 0 at y = −1; empty when not watched.
    pub field: Vec<f32>,
    /// G of a latent lattice, `[lines, lines, 2]`; empty when not watched or z is not 2D.
    pub grid: Vec<f32>,
}

/// Images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Images {
    /// G(z) for fixed z, 0 to 255, `[n, height, width]`.
    pub fake: Vec<u8>,
    /// The average of G at the same z, 0 to 255, `[n, height, width]`; empty unless the run keeps one.
    pub average: Vec<u8>,
    /// D of each.
    pub fake_score: Vec<f32>,
    /// D of each of the scene's real examples.
    pub real_score: Vec<f32>,
}
