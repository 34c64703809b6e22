//! The named workloads, and the tables they train on.

use std::sync::Arc;

use adversaria_core::images::{ImageSet, PACK_MAGIC, PACK_VERSION};
use adversaria_core::rng::CounterRng;
use adversaria_core::spec::{DataKind, RunSpec};
use adversaria_engine::build_table;
use adversaria_kernels::program::Table;
use anyhow::Result;
use clap::ValueEnum;
use rand::RngCore as _;

use crate::data;

/// A workload by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Workload {
    /// GAN Lab's network and its SGD
    Toy2d,
    /// The same with Adam
    Toy2dAdam,
    /// Wide layers on two-dimensional data
    Toy2dWide,
    /// An MLP on MNIST
    MnistMlp,
}

impl Workload {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Toy2d => "toy2d",
            Self::Toy2dAdam => "toy2d_adam",
            Self::Toy2dWide => "toy2d_wide",
            Self::MnistMlp => "mnist_mlp",
        }
    }

    /// The same as in `benchmarks/peers/workloads.json`, from which the peers take theirs.
    pub(super) const fn address(self) -> &'static str {
        match self {
            Self::Toy2d => {
                "v=1&data=gaussians&z=uniform:2&gout=tanh&loss=nonsaturating&kd=1&kg=1&g=8,8&d=8,8&batch=150&\
                 optd=sgd:0.1&optg=sgd:0.1"
            }
            Self::Toy2dAdam => {
                "v=1&data=gaussians&z=uniform:2&gout=tanh&loss=nonsaturating&kd=1&kg=1&g=8,8&d=8,8&batch=150&\
                 optd=adam:0.001&optg=adam:0.001"
            }
            Self::Toy2dWide => {
                "v=1&data=gaussians&z=uniform:2&gout=tanh&loss=nonsaturating&kd=1&kg=1&g=128,128,128&d=128,128,128&\
                 batch=512&optd=adam:0.001&optg=adam:0.001"
            }
            Self::MnistMlp => {
                "v=1&data=mnist&z=gaussian:64&g=256,512&d=512,256&gact=leaky:0.2&dact=leaky:0.2&gout=tanh&\
                 loss=nonsaturating&kd=1&kg=1&batch=64&optd=adam:0.001&optg=adam:0.001"
            }
        }
    }
}

/// A run's table and what it holds; noise in place of MNIST where that is not here, which costs the same arithmetic.
pub(super) fn table(spec: &RunSpec) -> Result<(Arc<Table>, &'static str)> {
    match spec.data().kind() {
        DataKind::Images if data::has_mnist() => Ok((data::table(spec)?, "mnist")),
        DataKind::Images => {
            Ok((build_table(spec, Some(&noise(spec)?))?, "uniform noise in place of mnist"))
        }
        DataKind::Line | DataKind::Plane => Ok((data::table(spec)?, spec.data().name())),
    }
}

/// Pictures of uniform noise.
fn noise(spec: &RunSpec) -> Result<ImageSet> {
    let side = spec.dim().isqrt();
    let mut bytes = PACK_MAGIC.to_vec();
    for number in [PACK_VERSION, spec.rows(), side, side] {
        bytes.extend(number.to_le_bytes());
    }
    let head = bytes.len();
    let (labels, pixels) = (spec.rows() as usize, (spec.rows() * spec.dim()) as usize);
    bytes.resize(head + labels + pixels, 0);
    CounterRng::new(spec.seed(), 0, 0).fill_bytes(&mut bytes[head + labels..]);
    Ok(ImageSet::unpack(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::Workload;
    use adversaria_core::spec::Address;
    use clap::ValueEnum as _;
    use serde_json::Value;

    #[test]
    fn the_peers_train_what_we_train() {
        let theirs = include_str!("../../../../benchmarks/peers/workloads.json");
        let theirs: Value = serde_json::from_str(theirs).expect("JSON");
        assert_eq!(theirs.as_object().map(serde_json::Map::len), Some(4));
        for workload in Workload::value_variants() {
            let peer = &theirs[workload.name()];
            assert_eq!(peer["address"], workload.address(), "{}", workload.name());
            let spec = Address::parse(workload.address()).expect("allowed").spec;
            assert_eq!(peer["batch"], spec.batch(), "{}", workload.name());
            assert_eq!(peer["x"], spec.dim(), "{}", workload.name());
        }
    }
}
