//! The six pairs of p_data and an affine G, and how D is trained against each.

use adversaria_core::theory::Affine;

/// p_data, a G that is known exactly, and a D.
pub(super) struct Pair {
    /// For the table.
    pub(super) name: &'static str,
    /// p_data by its name in the address, and the pair's in theorem.csv.
    pub(super) data: &'static str,
    /// D and its training.
    pub(super) run: &'static str,
    /// G.
    pub(super) model: Affine,
    /// D-updates, in full and quick.
    updates: (u32, u32),
}

impl Pair {
    /// How many D-updates.
    pub(super) const fn updates(&self, quick: bool) -> u32 {
        if quick { self.updates.1 } else { self.updates.0 }
    }
}

/// D on the line.
const LINE: (u32, u32) = (6000, 1500);
/// D in the plane.
const PLANE: (u32, u32) = (10_000, 1200);

/// Three on the line, three in the plane.
pub(super) const PAIRS: [Pair; 6] = [
    Pair {
        name: "gaussian1d against N(−0.5, 0.8²)",
        data: "gaussian1d",
        run: "d=32,32&dact=tanh&batch=1024&optd=adam:0.01",
        model: Affine::line(0.8, -0.5),
        updates: LINE,
    },
    Pair {
        name: "bimodal against N(0.1, 0.9²)",
        data: "bimodal",
        run: "d=32,32&dact=tanh&batch=1024&optd=adam:0.01",
        model: Affine::line(0.9, 0.1),
        updates: LINE,
    },
    Pair {
        name: "trimodal against N(−0.2, 1.2²)",
        data: "trimodal",
        run: "d=32,32&dact=tanh&batch=1024&optd=adam:0.01",
        model: Affine::line(1.2, -0.2),
        updates: LINE,
    },
    Pair {
        name: "gaussians against a tilted Gaussian",
        data: "gaussians",
        run: "d=64,64&dact=tanh&batch=1024&optd=adam:0.005",
        model: Affine::plane([[0.4, 0.1], [0.0, 0.3]], [0.0, 0.1]),
        updates: PLANE,
    },
    Pair {
        name: "ring against N(0, 0.45² I)",
        data: "ring",
        run: "d=64,64&dact=tanh&batch=1024&optd=adam:0.005",
        model: Affine::plane([[0.45, 0.0], [0.0, 0.45]], [0.0, 0.0]),
        updates: (16_000, 2500),
    },
    Pair {
        name: "disjoint against a tilted Gaussian",
        data: "disjoint",
        run: "d=64,64&dact=tanh&batch=1024&optd=adam:0.005",
        model: Affine::plane([[0.4, -0.2], [0.15, 0.35]], [0.0, 0.1]),
        updates: PLANE,
    },
];
