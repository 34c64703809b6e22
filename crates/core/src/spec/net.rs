//! The layers of G and D, as written in the address.

use super::data_set::DataKind;
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
