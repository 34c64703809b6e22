//! The nets of the Dirac-GAN (`data=dirac`): layers of one number, of which one parameter is held where it is.

use adversaria_core::spec::{Data, RunSpec};

use crate::layout::Held;

/// What never moves in the one layer of G and in that of D.
pub(crate) fn held(spec: &RunSpec) -> [Option<Held>; 2] {
    if spec.data() == Data::Dirac { [Some(Held::Weight), Some(Held::Bias)] } else { [None, None] }
}

/// What the parameters of G and of D begin at: θ = 1 and a(x) = −x, which is the paper's (θ, ψ) = (1, 1).
pub(crate) fn start(spec: &RunSpec) -> Option<[Vec<f32>; 2]> {
    let weights = |first: f32| vec![first; spec.pack() as usize];
    let d = [weights(-1.0), vec![0.0]].concat();
    (spec.data() == Data::Dirac)
        .then(|| [vec![0.0; spec.latent().dim as usize], vec![1.0]].concat())
        .map(|g| [g, d])
}
