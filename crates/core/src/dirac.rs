//! The smallest GAN (Mescheder, Geiger, Nowozin: "Which Training Methods for GANs do actually Converge?", 2018): the data are
//! all 0, G makes nothing but θ, and D's output at x is a = ψ·x. Two numbers, whose way can be drawn in a plane.
//!
//! The value is L(θ, ψ) = f(ψθ) + f(0) with f(t) = −log(1 + e^−t); D climbs it, G descends it (or climbs its own loss,
//! where that is non-saturating). All in f64.

/// How the players are trained; names as in `dirac.csv`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// The game as it is.
    Gan,
    /// G climbs log D(G(z)) in place of descending log(1 − D(G(z))).
    NonSaturating,
    /// Wasserstein with |ψ| ≤ `clip`.
    Wgan {
        /// The bound on ψ.
        clip: f64,
    },
    /// Wasserstein with a penalty on how far |∂a/∂x| = |ψ| is from `target`.
    WganGp {
        /// λ.
        weight: f64,
        /// g₀.
        target: f64,
    },
    /// The game with normal noise of this standard deviation added to real and generated samples.
    InstanceNoise {
        /// σ.
        sigma: f64,
    },
    /// The game, and γ/2 ‖∂a/∂x‖² at the data.
    R1 {
        /// γ.
        gamma: f64,
    },
    /// The same with the non-saturating loss.
    NonSaturatingR1 {
        /// γ.
        gamma: f64,
    },
    /// The game, and γ/2 ‖v‖² of its own field for both players.
    Consensus {
        /// γ.
        gamma: f64,
    },
}

/// The paper's settings, in the order of its Figure 3 and with their names in files.
pub const METHODS: [(&str, Method); 9] = [
    ("gan", Method::Gan),
    ("nsgan", Method::NonSaturating),
    ("wgan", Method::Wgan { clip: 1.0 }),
    ("wgan-gp", Method::WganGp { weight: 0.7, target: 1.0 }),
    ("noise", Method::InstanceNoise { sigma: 0.7 }),
    ("r1-0.3", Method::R1 { gamma: 0.3 }),
    ("r1-1", Method::R1 { gamma: 1.0 }),
    ("consensus", Method::Consensus { gamma: 1.0 }),
    ("nsgan-r1-0.3", Method::NonSaturatingR1 { gamma: 0.3 }),
];

/// In which order the players move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Both from the same point.
    Simultaneous,
    /// θ first, then ψ so many times.
    Alternating {
        /// Updates of ψ.
        n_d: u32,
    },
}

/// The paper's orders.
pub const ORDERS: [Order; 3] =
    [Order::Simultaneous, Order::Alternating { n_d: 1 }, Order::Alternating { n_d: 5 }];

/// The paper's step, start and number of steps.
pub const STEP: f64 = 0.2;
/// (θ, ψ) at first.
pub const START: Point = (1.0, 1.0);
/// Steps that the paper plots.
pub const STEPS: usize = 500;

/// (θ, ψ).
pub type Point = (f64, f64);

/// f′(t) = 1 / (1 + e^t).
fn slope(t: f64) -> f64 {
    // The form that does not overflow.
    if t > 0.0 { (-t).exp() / (1.0 + (-t).exp()) } else { 1.0 / (1.0 + t.exp()) }
}

/// f″(t) = −f′(t) · f′(−t).
fn bend(t: f64) -> f64 {
    -slope(t) * slope(-t)
}

impl Method {
    /// The way that both players would go from here: (dθ/dt, dψ/dt).
    #[must_use]
    pub fn field(self, (theta, psi): Point) -> Point {
        let t = psi * theta;
        let plain = (-psi * slope(t), theta * slope(t));
        let nonsaturating = (-psi * slope(-t), plain.1);
        match self {
            Self::Gan => plain,
            Self::NonSaturating => nonsaturating,
            Self::Wgan { .. } => (-psi, theta),
            Self::WganGp { weight, target } => {
                let sign = if psi == 0.0 { 0.0 } else { psi.signum() };
                (-psi, theta - weight * (psi.abs() - target) * sign)
            }
            Self::InstanceNoise { sigma } => {
                let generated = |x: f64| slope(psi * (theta + x));
                let theta_way = -psi * expectation(sigma, generated);
                let at_fakes = expectation(sigma, |x| (theta + x) * generated(x));
                let at_data = expectation(sigma, |x| x * slope(-psi * x));
                (theta_way, at_fakes - at_data)
            }
            Self::R1 { gamma } => (plain.0, plain.1 - gamma * psi),
            Self::NonSaturatingR1 { gamma } => (nonsaturating.0, nonsaturating.1 - gamma * psi),
            Self::Consensus { gamma } => {
                let (s, b) = (slope(t), bend(t));
                let (by_theta, by_psi) =
                    ((-psi * psi * b, -s - t * b), (s + t * b, theta * theta * b));
                // v − γ Jᵀ v, the rows of J being ∂v₁ = by_theta and ∂v₂ = by_psi.
                (
                    plain.0 - gamma * (by_theta.0 * plain.0 + by_psi.0 * plain.1),
                    plain.1 - gamma * (by_theta.1 * plain.0 + by_psi.1 * plain.1),
                )
            }
        }
    }

    /// One iteration by steps of size `step`.
    #[must_use]
    pub fn update(self, order: Order, step: f64, (theta, psi): Point) -> Point {
        let bounded = |psi: f64| match self {
            Self::Wgan { clip } => psi.clamp(-clip, clip),
            _ => psi,
        };
        match order {
            Order::Simultaneous => {
                let way = self.field((theta, psi));
                (theta + step * way.0, bounded(psi + step * way.1))
            }
            Order::Alternating { n_d } => {
                let theta = theta + step * self.field((theta, psi)).0;
                let climb = |psi: f64, _| bounded(psi + step * self.field((theta, psi)).1);
                (theta, (0..n_d).fold(psi, climb))
            }
        }
    }

    /// The way from `start`, that point first: `steps` + 1 points.
    #[must_use]
    pub fn run(self, order: Order, step: f64, start: Point, steps: usize) -> Vec<Point> {
        let next = |at: &Point| Some(self.update(order, step, *at));
        std::iter::successors(Some(start), next).take(steps + 1).collect()
    }

    /// The Jacobian of the field, rows ∂(dθ/dt) and ∂(dψ/dt), by central differences: right to about 1e-9 where the field is
    /// smooth.
    #[must_use]
    pub fn jacobian(self, (theta, psi): Point) -> [[f64; 2]; 2] {
        const H: f64 = 1e-5;
        let by = |plus: Point, minus: Point| {
            let (a, b) = (self.field(plus), self.field(minus));
            ((a.0 - b.0) / (2.0 * H), (a.1 - b.1) / (2.0 * H))
        };
        let of_theta = by((theta + H, psi), (theta - H, psi));
        let of_psi = by((theta, psi + H), (theta, psi - H));
        [[of_theta.0, of_psi.0], [of_theta.1, of_psi.1]]
    }

    /// The eigenvalues at rest of the map that one iteration is, by central differences: near (0, 0) an iteration multiplies
    /// by them, so that the game comes to rest from nearby where all moduli are below 1, and leaves where one is above. None
    /// where the field has an edge at rest, as that of WGAN-GP.
    #[must_use]
    pub fn multipliers(self, order: Order, step: f64) -> Option<[Eigenvalue; 2]> {
        const H: f64 = 1e-5;
        if let Self::WganGp { .. } = self {
            return None;
        }
        let by = |theta: f64, psi: f64| {
            let (a, b) =
                (self.update(order, step, (theta, psi)), self.update(order, step, (-theta, -psi)));
            ((a.0 - b.0) / (2.0 * H), (a.1 - b.1) / (2.0 * H))
        };
        let (of_theta, of_psi) = (by(H, 0.0), by(0.0, H));
        Some(eigenvalues([[of_theta.0, of_psi.0], [of_theta.1, of_psi.1]]))
    }
}

/// The larger modulus of two eigenvalues.
#[must_use]
pub fn modulus(values: [Eigenvalue; 2]) -> f64 {
    values.into_iter().map(|(real, imaginary)| real.hypot(imaginary)).fold(0.0, f64::max)
}

/// An eigenvalue: real and imaginary part.
pub type Eigenvalue = (f64, f64);

/// The eigenvalues of a 2 × 2 matrix, the one with the larger real or imaginary part first.
#[must_use]
pub fn eigenvalues([[a, b], [c, d]]: [[f64; 2]; 2]) -> [Eigenvalue; 2] {
    let middle = f64::midpoint(a, d);
    let under_root = ((a - d) / 2.0).powi(2) + b * c;
    let root = under_root.abs().sqrt();
    if under_root < 0.0 {
        [(middle, root), (middle, -root)]
    } else {
        [(middle + root, 0.0), (middle - root, 0.0)]
    }
}

/// E g(x) for x ~ N(0, sigma²), by the trapezoid rule over ± 9 standard deviations, which is exact to rounding for functions
/// as smooth as these (its error falls as e^(−2π²/h²) with the step h).
fn expectation(sigma: f64, g: impl Fn(f64) -> f64) -> f64 {
    const STEPS_PER_SIGMA: i32 = 8;
    const REACH: i32 = 9;
    let node = |k: i32| {
        let x = f64::from(k) / f64::from(STEPS_PER_SIGMA);
        (-x * x / 2.0).exp() * g(sigma * x)
    };
    let sum: f64 = (-REACH * STEPS_PER_SIGMA..=REACH * STEPS_PER_SIGMA).map(node).sum();
    sum / (f64::from(STEPS_PER_SIGMA) * core::f64::consts::TAU.sqrt())
}
