//! The smaller values that fields take, each with its text in the address.

use super::error::Why;
use super::number::whole32;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
    /// A GPU where there is a real one, else the processor.
    #[default]
    Auto,
    /// Any GPU, one in software too.
    WebGpu,
    /// The processor.
    Cpu,
}

impl BackendChoice {
    pub(super) const NAMES: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("webgpu", Self::WebGpu), ("cpu", Self::Cpu)];

    /// `gpu` is another name of `webgpu`.
    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        if text == "gpu" { Ok(Self::WebGpu) } else { named(&Self::NAMES, text) }
    }
}

/// How a GPU runs the programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exec {
    /// Whichever of the others costs less.
    #[default]
    Auto,
    /// One dispatch an op, over the whole device.
    Dispatch,
    /// One workgroup that walks the list of ops.
    Resident,
}

impl Exec {
    pub(super) const NAMES: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("dispatch", Self::Dispatch), ("resident", Self::Resident)];
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
        let mut given = [false; 10];
        for part in text.split(',') {
            let class = whole32(part, 0, 9)? as usize;
            if std::mem::replace(&mut given[class], true) {
                return Err(Why::Invalid);
            }
        }
        let list: Vec<u8> =
            (0..).zip(given).filter_map(|(class, is)| is.then_some(class)).collect();
        Ok(if list.len() == 10 { Self::All } else { Self::Some(list) })
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Some(list) => list.iter().map(u8::to_string).collect::<Vec<_>>().join(","),
        }
    }
}

/// The value of this name.
pub(super) fn named<T: Copy>(table: &[(&'static str, T)], text: &str) -> Result<T, Why> {
    table.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or(Why::Invalid)
}

/// The name of this value.
pub(super) fn name_of<T: Copy + PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table.iter().find(|(_, v)| *v == value).map_or("", |(name, _)| *name)
}
