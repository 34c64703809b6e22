//! The values that fields take, each with its text in the address.

use super::error::Why;
use super::number::{print, real, whole, whole32};

/// The smallest rate, clip or noise level; below it f32 arithmetic would do nothing.
const TINY: f64 = 1e-12;

/// What kind of picture a data set makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Numbers, shown on [−3, 3].
    Line,
    /// Points, shown on [−1, 1]².
    Plane,
    /// Pictures.
    Images,
}

macro_rules! data_sets {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $kind:ident, $sigma:expr;)*) => {
        /// A data set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Data { $($(#[$doc])* $variant,)* }

        impl Data {
            /// All of them: 1D, then 2D, then images.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in the address.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What kind of picture it makes.
            #[must_use]
            pub const fn kind(self) -> DataKind {
                match self { $(Self::$variant => DataKind::$kind,)* }
            }

            /// The noise level that `sigma` changes; none where the set has no such thing.
            #[must_use]
            pub const fn default_sigma(self) -> Option<f64> {
                match self { $(Self::$variant => $sigma,)* }
            }
        }
    };
}

data_sets! {
    /// N(0.5, σ²).
    Gaussian1d, "gaussian1d", Line, Some(0.5);
    /// ½ N(−1, σ²) + ½ N(1, σ²).
    Bimodal, "bimodal", Line, Some(0.3);
    /// Three unequal Gaussians.
    Trimodal, "trimodal", Line, None;
    /// U(−1, 1).
    Uniform1d, "uniform1d", Line, None;
    /// Laplace(0, 0.5).
    Laplace, "laplace", Line, None;
    /// GAN Lab's noisy segment.
    Segment, "line", Plane, Some(0.02);
    /// GAN Lab's two unequal Gaussians.
    Gaussians, "gaussians", Plane, None;
    /// A circle of radius 0.6 with noise.
    Ring, "ring", Plane, Some(0.05);
    /// GAN Lab's three separated blobs.
    Disjoint, "disjoint", Plane, Some(0.06);
    /// 8 Gaussians on radius 0.7.
    Ring8, "ring8", Plane, Some(0.05);
    /// 5×5 Gaussians on {−0.8, …, 0.8}².
    Grid25, "grid25", Plane, Some(0.02);
    /// A roll of one and a half turns.
    SwissRoll, "swissroll", Plane, Some(0.03);
    /// Two interleaved half circles.
    Moons, "moons", Plane, Some(0.05);
    /// Two spiral arms.
    Spiral, "spiral", Plane, Some(0.02);
    /// The dark squares of a 4×4 board.
    Checkerboard, "checkerboard", Plane, Some(0.0);
    /// Handwritten digits, 28×28.
    Mnist, "mnist", Images, None;
}

impl Data {
    /// Numbers in a sample.
    #[must_use]
    pub const fn dim(self) -> u32 {
        match self.kind() {
            DataKind::Line => 1,
            DataKind::Plane => 2,
            DataKind::Images => 28 * 28,
        }
    }

    /// The fewest, the usual and the most rows of a training table.
    #[must_use]
    pub const fn rows_range(self) -> (u32, u32, u32) {
        match self.kind() {
            DataKind::Images => (1, 10_000, 60_000),
            DataKind::Line | DataKind::Plane => (1, 65_536, 1 << 20),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        if ["dirac", "drawn", "file", "fashion"].contains(&text) {
            return Err(Why::Later);
        }
        Self::ALL.iter().copied().find(|d| d.name() == text).ok_or(Why::Invalid)
    }

    /// A noise level; the checkerboard alone may do without.
    pub(super) fn parse_sigma(self, text: &str) -> Result<f64, Why> {
        match self.default_sigma() {
            None if text == "none" => Ok(0.0),
            None => {
                Err(Why::Conflict(format!("data={} has no noise level to set", self.name()).into()))
            }
            Some(usual) => real(text, if usual == 0.0 { 0.0 } else { 1e-3 }, 2.0),
        }
    }
}

/// The distribution of each coordinate of z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatentLaw {
    /// Uniform on [−1, 1].
    Uniform,
    /// N(0, 1).
    Gaussian,
}

/// Where z comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latent {
    /// The law of each coordinate.
    pub law: LatentLaw,
    /// How many coordinates, 1 to 256.
    pub dim: u32,
}

impl Latent {
    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        let (law, dim) = text.split_once(':').ok_or(Why::Invalid)?;
        let law = match law {
            "uniform" => LatentLaw::Uniform,
            "gaussian" => LatentLaw::Gaussian,
            _ => return Err(Why::Invalid),
        };
        Ok(Self { law, dim: whole32(dim, 1, 256)? })
    }

    pub(super) fn text(self) -> String {
        let law = match self.law {
            LatentLaw::Uniform => "uniform",
            LatentLaw::Gaussian => "gaussian",
        };
        format!("{law}:{}", self.dim)
    }
}

/// A hidden layer's activation, as written in the address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(0, x)
    Relu,
    /// x for x > 0, else slope · x.
    Leaky(f64),
    /// tanh x
    Tanh,
    /// 1 / (1 + e^−x)
    Sigmoid,
    /// x for x > 0, else e^x − 1.
    Elu,
    /// ln(1 + e^x)
    Softplus,
    /// sin x
    Sine,
}

impl Activation {
    const PLAIN: [(&'static str, Self); 7] = [
        ("relu", Self::Relu),
        ("leaky", Self::Leaky(0.2)),
        ("tanh", Self::Tanh),
        ("sigmoid", Self::Sigmoid),
        ("elu", Self::Elu),
        ("softplus", Self::Softplus),
        ("sine", Self::Sine),
    ];

    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        match text.strip_prefix("leaky:") {
            Some(slope) => Ok(Self::Leaky(real(slope, 0.0, 1.0)?)),
            None => named(&Self::PLAIN, text),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Leaky(slope) => format!("leaky:{}", print(slope)),
            plain => name_of(&Self::PLAIN, plain).into(),
        }
    }
}

/// A net that is called by its name and fixes its own activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedNet {
    /// G 64 → 256 → 512 → 784, D 784 → 512 → 256 → 1, leaky 0.2; G ends in tanh.
    MlpMnist,
}

impl NamedNet {
    /// Its name in the address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MlpMnist => "mlp-mnist",
        }
    }

    pub(super) const fn activation(self) -> Activation {
        match self {
            Self::MlpMnist => Activation::Leaky(0.2),
        }
    }

    pub(super) const fn output(self) -> OutputAct {
        match self {
            Self::MlpMnist => OutputAct::Tanh,
        }
    }
}

/// The hidden layers of G or D.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub(super) hidden: Vec<u32>,
    pub(super) act: Activation,
    pub(super) named: Option<NamedNet>,
}

impl Net {
    /// Hidden widths, from the input on: 0 to 8 layers of 1 to 2048.
    #[must_use]
    pub fn hidden(&self) -> &[u32] {
        &self.hidden
    }

    /// The activation of every hidden layer.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.act
    }

    /// The name it was called by, if by a name.
    #[must_use]
    pub fn named(&self) -> Option<NamedNet> {
        self.named
    }

    /// `named` holds the hidden widths of the net `mlp-mnist` in this role.
    pub(super) fn parse(text: &str, kind: DataKind, mlp_mnist: &[u32]) -> Result<Self, Why> {
        match text {
            "dcgan" | "maxout-2014" | "pacgan-2d" => Err(Why::Later),
            "mlp-mnist" if kind == DataKind::Images => {
                let net = NamedNet::MlpMnist;
                Ok(Self { hidden: mlp_mnist.to_vec(), act: net.activation(), named: Some(net) })
            }
            "mlp-mnist" => Err(Why::conflict(
                "the net mlp-mnist is for data=mnist, and other data take widths like 64,64",
            )),
            _ => Ok(Self { hidden: widths(text)?, act: Activation::Relu, named: None }),
        }
    }

    pub(super) fn text(&self) -> String {
        self.named.map_or_else(|| list(&self.hidden), |net| net.name().into())
    }
}

fn widths(text: &str) -> Result<Vec<u32>, Why> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    // Nine parts at most are looked at: a text of a million commas is refused without being stored.
    let all: Vec<u32> =
        text.split(',').take(9).map(|w| whole32(w, 1, 2048)).collect::<Result<_, _>>()?;
    if all.len() > 8 { Err(Why::Invalid) } else { Ok(all) }
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// What G's last layer ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputAct {
    /// x
    Linear,
    /// tanh x
    Tanh,
    /// 1 / (1 + e^−x)
    Sigmoid,
}

impl OutputAct {
    pub(super) const NAMES: [(&'static str, Self); 3] =
        [("linear", Self::Linear), ("tanh", Self::Tanh), ("sigmoid", Self::Sigmoid)];
}

/// What D and G minimise; the formulas stand with the engine's compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Goodfellow et al. 2014, eq. 1.
    Minimax,
    /// Goodfellow et al. 2014, section 3: G maximises log D(G(z)).
    NonSaturating,
    /// Mao et al. 2017.
    LeastSquares,
    /// Arjovsky et al. 2017.
    Wasserstein,
    /// Lim and Ye 2017.
    Hinge,
}

impl Loss {
    /// All of them with their names in the address.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("minimax", Self::Minimax),
        ("nonsaturating", Self::NonSaturating),
        ("leastsquares", Self::LeastSquares),
        ("wasserstein", Self::Wasserstein),
        ("hinge", Self::Hinge),
    ];
}

/// The order of updates within an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// k_D D-updates, then k_G G-updates.
    Alternating,
    /// Both gradients at the same point.
    Simultaneous,
}

impl Order {
    pub(super) const NAMES: [(&'static str, Self); 2] =
        [("alternating", Self::Alternating), ("simultaneous", Self::Simultaneous)];
}

/// Where the arithmetic happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendChoice {
    /// Whatever is quickest here.
    Auto,
    /// The processor.
    Cpu,
}

impl BackendChoice {
    pub(super) const NAMES: [(&'static str, Self); 2] = [("auto", Self::Auto), ("cpu", Self::Cpu)];
}

/// How learning rates fall with the number t of updates made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// rate
    None,
    /// rate · ½ (1 + cos(π min(t, n) / n)), n a whole number.
    Cosine(f64),
    /// rate · r^t
    Exponential(f64),
}

impl Decay {
    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("cosine", n)) => Ok(Self::Cosine(whole(n, 1, 1_000_000_000)? as f64)),
            Some(("exp", r)) => Ok(Self::Exponential(real(r, 0.5, 1.0)?)),
            _ => Err(Why::Invalid),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Cosine(n) => format!("cosine:{}", print(n)),
            Self::Exponential(r) => format!("exp:{}", print(r)),
        }
    }
}

/// How a gradient becomes a step; the formulas stand with the ops that do it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimiser {
    /// torch.optim.SGD.
    Sgd {
        /// Learning rate.
        lr: f64,
        /// μ in [0, 1).
        momentum: f64,
    },
    /// Kingma & Ba 2015.
    Adam {
        /// Learning rate.
        lr: f64,
        /// β1 in [0, 1).
        beta1: f64,
        /// β2 in [0, 1).
        beta2: f64,
    },
    /// torch.optim.RMSprop.
    RmsProp {
        /// Learning rate.
        lr: f64,
        /// α in [0, 1).
        alpha: f64,
    },
}

impl Optimiser {
    /// The learning rate.
    #[must_use]
    pub const fn lr(self) -> f64 {
        match self {
            Self::Sgd { lr, .. } | Self::Adam { lr, .. } | Self::RmsProp { lr, .. } => lr,
        }
    }

    /// The same with another learning rate.
    pub(super) const fn at_rate(self, lr: f64) -> Self {
        match self {
            Self::Sgd { momentum, .. } => Self::Sgd { lr, momentum },
            Self::Adam { beta1, beta2, .. } => Self::Adam { lr, beta1, beta2 },
            Self::RmsProp { alpha, .. } => Self::RmsProp { lr, alpha },
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        let mut parts = text.split(':');
        let mut next = || parts.next();
        let kind = next();
        let lr = next().map_or(Err(Why::Invalid), |t| real(t, TINY, 100.0))?;
        let (one, two, more) = (next(), next(), next());
        let keep = |t: &str| {
            real(t, 0.0, 1.0).and_then(|x| if x < 1.0 { Ok(x) } else { Err(Why::Invalid) })
        };
        match (kind, one, two, more) {
            (Some("sgd"), momentum, None, None) => {
                Ok(Self::Sgd { lr, momentum: momentum.map_or(Ok(0.0), keep)? })
            }
            (Some("rmsprop"), alpha, None, None) => {
                Ok(Self::RmsProp { lr, alpha: alpha.map_or(Ok(0.99), keep)? })
            }
            (Some("adam"), None, None, None) => Ok(Self::Adam { lr, beta1: 0.9, beta2: 0.999 }),
            (Some("adam"), Some(b1), Some(b2), None) => {
                Ok(Self::Adam { lr, beta1: keep(b1)?, beta2: keep(b2)? })
            }
            _ => Err(Why::Invalid),
        }
    }

    /// Optional parts are left out where they stand at their default.
    pub(super) fn text(self) -> String {
        let lr = print(self.lr());
        match self {
            Self::Sgd { momentum: 0.0, .. } => format!("sgd:{lr}"),
            Self::Sgd { momentum, .. } => format!("sgd:{lr}:{}", print(momentum)),
            Self::Adam { beta1: 0.9, beta2: 0.999, .. } => format!("adam:{lr}"),
            Self::Adam { beta1, beta2, .. } => {
                format!("adam:{lr}:{}:{}", print(beta1), print(beta2))
            }
            Self::RmsProp { alpha: 0.99, .. } => format!("rmsprop:{lr}"),
            Self::RmsProp { alpha, .. } => format!("rmsprop:{lr}:{}", print(alpha)),
        }
    }
}

/// Which classes of a labelled set are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classes {
    /// All.
    All,
    /// These, ascending, at least one, not all ten.
    Some(Vec<u8>),
}

impl Classes {
    /// Whether samples with this label are used.
    #[must_use]
    pub fn contains(&self, label: u8) -> bool {
        match self {
            Self::All => true,
            Self::Some(list) => list.contains(&label),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        if text == "all" {
            return Ok(Self::All);
        }
        let mut list = Vec::new();
        for part in text.split(',') {
            let class = u8::try_from(whole32(part, 0, 9)?).map_err(|_| Why::Invalid)?;
            if list.contains(&class) {
                return Err(Why::Invalid);
            }
            list.push(class);
        }
        list.sort_unstable();
        Ok(if list.len() == 10 { Self::All } else { Self::Some(list) })
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Some(list) => list.iter().map(u8::to_string).collect::<Vec<_>>().join(","),
        }
    }
}

/// The clip of D's parameters, the one regulariser there is; `none` is none.
pub(super) fn parse_reg(text: &str) -> Result<Option<f64>, Why> {
    let mut clip = None;
    if text == "none" {
        return Ok(None);
    }
    for part in text.split('+') {
        let (name, value) = part.split_once(':').unwrap_or((part, ""));
        match name {
            "clip" if clip.is_none() => clip = Some(real(value, TINY, 100.0)?),
            "r1" | "gp" | "noise" | "spectral" => return Err(Why::Later),
            _ => return Err(Why::Invalid),
        }
    }
    Ok(clip)
}

/// The text of [`parse_reg`].
pub(super) fn reg_text(clip: Option<f64>) -> String {
    clip.map_or_else(|| "none".into(), |c| format!("clip:{}", print(c)))
}

/// The value of this name.
pub(super) fn named<T: Copy>(table: &[(&'static str, T)], text: &str) -> Result<T, Why> {
    table.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or(Why::Invalid)
}

/// The name of this value.
pub(super) fn name_of<T: Copy + PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table.iter().find(|(_, v)| *v == value).map_or("", |(name, _)| *name)
}
