//! The layers of G and D, as written in the address.

use super::data_set::{Data, DataKind};
use super::error::Why;
use super::number::{print, real, whole32};
use super::value::{name_of, named};

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
    /// The largest of so many linear pieces (Goodfellow et al. 2013), 2 to 8.
    Maxout(u32),
}

impl Activation {
    const PLAIN: [(&'static str, Self); 8] = [
        ("relu", Self::Relu),
        ("leaky", Self::Leaky(0.2)),
        ("tanh", Self::Tanh),
        ("sigmoid", Self::Sigmoid),
        ("elu", Self::Elu),
        ("softplus", Self::Softplus),
        ("sine", Self::Sine),
        ("maxout", Self::Maxout(5)),
    ];

    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        match text.split_once(':') {
            Some(("leaky", slope)) => Ok(Self::Leaky(real(slope, 0.0, 1.0)?)),
            Some(("maxout", pieces)) => Ok(Self::Maxout(whole32(pieces, 2, 8)?)),
            _ => named(&Self::PLAIN, text),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Leaky(slope) => format!("leaky:{}", print(slope)),
            Self::Maxout(pieces) => format!("maxout:{pieces}"),
            plain => name_of(&Self::PLAIN, plain).into(),
        }
    }
}

/// Whose net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// G.
    Generator,
    /// D.
    Discriminator,
}

/// A net that is called by its name and fixes its own activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedNet {
    /// G 64 → 256 → 512 → 784, D 784 → 512 → 256 → 1, leaky 0.2; G ends in tanh.
    MlpMnist,
    /// Goodfellow et al. 2014 on MNIST: G → 1200 → 1200 → 784, ReLU and a sigmoid; D 784 → 240 → 240 → 1, maxout of 5
    /// pieces, with dropout.
    Maxout2014,
    /// Lin et al. 2018 in the plane: G → 400 four times → 2, each with BatchNorm and ReLU; D → 200 three times → 1, maxout
    /// of 5 pieces.
    Pacgan2d,
    /// Both players of [`crate::dirac`], layers of one number: G(z) = θ, its weight held at 0, and a(x) = w x, its bias
    /// held at 0. They begin at θ = 1 and w = −1, that is at the paper's (θ, ψ) = (1, 1): its D is high on generated
    /// samples, and ours on real ones, so ψ = −w.
    Dirac,
}

/// The law of initial weights. Biases begin at 0, and the factors of BatchNorm at 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weights {
    /// Uniform on ±√(6 / (in + out)) (Glorot & Bengio 2010, eq. 16).
    Glorot,
    /// Uniform on ± this.
    Uniform(f64),
    /// N(0, this²).
    Normal(f64),
}

/// What a net has that no key of the address names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fittings {
    /// The law of initial weights.
    pub weights: Weights,
    /// Whether each hidden layer is a linear map without bias and a BatchNorm before its activation.
    pub batch_norm: bool,
    /// The share of inputs that dropout keeps; 1 where there is none.
    pub keep_input: f64,
    /// The share of hidden units that dropout keeps, likewise.
    pub keep_hidden: f64,
    /// z under `uniform` is on ± this.
    pub reach: f64,
}

impl Fittings {
    const PLAIN: Self = Self {
        weights: Weights::Glorot,
        batch_norm: false,
        keep_input: 1.0,
        keep_hidden: 1.0,
        reach: 1.0,
    };
}

impl NamedNet {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MlpMnist, Self::Maxout2014, Self::Pacgan2d, Self::Dirac];

    /// Its name in the address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MlpMnist => "mlp-mnist",
            Self::Maxout2014 => "maxout-2014",
            Self::Pacgan2d => "pacgan-2d",
            Self::Dirac => "dirac",
        }
    }

    pub(super) fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|net| net.name() == text)
    }

    /// Those that play with this data.
    pub fn of(data: Data) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |net| net.is_for(data))
    }

    /// Whether it plays with this data.
    pub(super) fn is_for(self, data: Data) -> bool {
        self.kind() == data.kind() && (self == Self::Dirac) == (data == Data::Dirac)
    }

    /// The kind of data that it is for.
    const fn kind(self) -> DataKind {
        match self {
            Self::MlpMnist | Self::Maxout2014 => DataKind::Images,
            Self::Pacgan2d => DataKind::Plane,
            Self::Dirac => DataKind::Line,
        }
    }

    pub(super) const fn hidden(self, role: Role) -> &'static [u32] {
        match (self, role) {
            (Self::MlpMnist, Role::Generator) => &[256, 512],
            (Self::MlpMnist, Role::Discriminator) => &[512, 256],
            (Self::Maxout2014, Role::Generator) => &[1200; 2],
            (Self::Maxout2014, Role::Discriminator) => &[240; 2],
            (Self::Pacgan2d, Role::Generator) => &[400; 4],
            (Self::Pacgan2d, Role::Discriminator) => &[200; 3],
            (Self::Dirac, _) => &[],
        }
    }

    pub(super) const fn activation(self, role: Role) -> Activation {
        match (self, role) {
            (Self::MlpMnist, _) => Activation::Leaky(0.2),
            // There are no hidden layers.
            (Self::Dirac, _) => Activation::Relu,
            (_, Role::Generator) => Activation::Relu,
            (_, Role::Discriminator) => Activation::Maxout(5),
        }
    }

    pub(super) const fn output(self) -> OutputAct {
        match self {
            Self::MlpMnist => OutputAct::Tanh,
            Self::Maxout2014 => OutputAct::Sigmoid,
            Self::Pacgan2d | Self::Dirac => OutputAct::Linear,
        }
    }

    const fn fittings(self, role: Role) -> Fittings {
        let plain = Fittings::PLAIN;
        match (self, role) {
            (Self::MlpMnist | Self::Dirac, _) => plain,
            (Self::Maxout2014, Role::Generator) => {
                Fittings { weights: Weights::Uniform(0.05), reach: ROOT_3, ..plain }
            }
            (Self::Maxout2014, Role::Discriminator) => Fittings {
                weights: Weights::Uniform(0.005),
                keep_input: 0.8,
                keep_hidden: 0.5,
                ..plain
            },
            (Self::Pacgan2d, Role::Generator) => {
                Fittings { weights: Weights::Normal(0.02), batch_norm: true, ..plain }
            }
            (Self::Pacgan2d, Role::Discriminator) => {
                Fittings { weights: Weights::Normal(0.02), ..plain }
            }
        }
    }
}

/// Uniform numbers on ± this have variance 1.
const ROOT_3: f64 = 1.732_050_807_568_877_2;

/// The hidden layers of G or D.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub(super) role: Role,
    pub(super) hidden: Vec<u32>,
    pub(super) act: Activation,
    pub(super) named: Option<NamedNet>,
}

impl Net {
    /// Hidden widths, from the input on: 0 to 8 layers of 1 to 2048. Units of maxout count once, not by their pieces.
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

    /// What it has that no key names.
    #[must_use]
    pub fn fittings(&self) -> Fittings {
        self.named.map_or(Fittings::PLAIN, |net| net.fittings(self.role))
    }

    pub(super) fn of(net: NamedNet, role: Role) -> Self {
        let (hidden, act) = (net.hidden(role).to_vec(), net.activation(role));
        Self { role, hidden, act, named: Some(net) }
    }

    pub(super) fn plain(role: Role, hidden: Vec<u32>) -> Self {
        Self { role, hidden, act: Activation::Relu, named: None }
    }

    /// The activation that it has when none is chosen.
    pub(super) fn default_activation(&self) -> Activation {
        self.named.map_or(Activation::Relu, |net| net.activation(self.role))
    }

    pub(super) fn parse(text: &str, data: Data, role: Role) -> Result<Self, Why> {
        match NamedNet::find(text) {
            Some(net) if net.is_for(data) => Ok(Self::of(net, role)),
            _ if data == Data::Dirac => {
                Err(Why::conflict("data=dirac is played by the nets dirac alone"))
            }
            Some(net) => Err(not_for(net)),
            None if text == "dcgan" => Err(Why::Later),
            None => Ok(Self::plain(role, widths(text)?)),
        }
    }

    pub(super) fn text(&self) -> String {
        self.named.map_or_else(|| list(&self.hidden), |net| net.name().into())
    }
}

fn not_for(net: NamedNet) -> Why {
    let place = match net.kind() {
        DataKind::Images => "data=mnist",
        DataKind::Line => "data=dirac",
        DataKind::Plane => "data in the plane",
    };
    let name = net.name();
    Why::Conflict(
        format!("the net {name} is for {place}, and other data take widths like 64,64").into(),
    )
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
