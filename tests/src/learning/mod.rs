//! Which scenes must be learned, from which addresses, and how well: one table for the suites, the figures and the page.

mod digits;
mod play;
mod report;

pub use digits::{Classifier, DigitVerdict, load_images};
pub use play::{LastEvaluation, Outcome, Verdict, play, play_on};
pub use report::{csv, csv_header, markdown, reached};

/// What a run must reach. Figures are medians of the last [`EVALUATIONS`] evaluations, [`EVERY`] iterations apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// JSD(p_data ‖ p_g) at most this, in nats: 100 bins on the line, 30 × 30 in the plane (of these scenes ring8-fine alone
    /// has finer ones), one more for what lies outside.
    Jsd(f64),
    /// Every mode found among [`MODE_SAMPLES`] samples, and at least this share of all samples good (within 3 σ).
    Modes(f64),
    /// Every digit among the samples, and this mean confidence of the classifier in its first choice.
    Digits(f64),
    /// Nothing: what the setting reaches is shown.
    Shown,
}

/// Samples of G in an evaluation.
pub const SAMPLES: usize = 100_000;
/// Samples in which modes are looked for (Lin et al. 2018 take as many).
pub const MODE_SAMPLES: usize = 2_500;
/// Evaluations that count.
pub const EVALUATIONS: u32 = 5;
/// Iterations between them.
pub const EVERY: u32 = 500;
/// Samples of G that the classifier sees.
pub const DIGIT_SAMPLES: usize = 2_000;
/// A digit is there when the classifier's first choice is it for at least this share of the samples.
pub const DIGIT_SHARE: f64 = 0.005;
/// Share of the test images that the classifier must get right to be a judge.
pub const JUDGE_ACCURACY: f64 = 0.96;

/// A scene, the address that learns it, and what it must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scene {
    /// A short name.
    pub name: &'static str,
    /// The page's address, without `#` and seed. With `ema` in it, the average of G is judged.
    pub address: &'static str,
    /// Iterations of a run.
    pub iterations: u32,
    /// What it must reach.
    pub bar: Bar,
}

/// Every scene of the suite.
pub static SCENES: [Scene; 8] = [
    Scene {
        name: "gaussian1d",
        address: "data=gaussian1d&g=32,32&d=32,32&gact=tanh&dact=tanh&kd=3&optd=adam:0.001:0.5:0.9&\
                  optg=adam:0.0002:0.5:0.9&batch=256",
        iterations: 10_000,
        bar: Bar::Jsd(0.01),
    },
    Scene {
        name: "bimodal",
        address: "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5&optd=adam:0.002:0.5:0.9&\
                  optg=adam:0.0002:0.5:0.9&batch=256",
        iterations: 10_000,
        bar: Bar::Jsd(0.03),
    },
    Scene {
        name: "gaussians",
        address: "data=gaussians&gact=leaky:0.2&dact=tanh&kd=3&optd=adam:0.001:0.5:0.9&\
                  optg=adam:0.0002:0.5:0.9&batch=256",
        iterations: 10_000,
        bar: Bar::Jsd(0.05),
    },
    Scene {
        name: "ring",
        address: "data=ring&gact=leaky:0.2&dact=leaky:0.2&kd=5&optd=adam:0.001:0.5:0.9&\
                  optg=adam:0.0001:0.5:0.9&batch=512",
        iterations: 10_000,
        bar: Bar::Jsd(0.06),
    },
    Scene {
        name: "ring8",
        address: "data=ring8&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&\
                  optg=adam:0.001:0.5:0.9&batch=256",
        iterations: 10_000,
        bar: Bar::Modes(0.85),
    },
    Scene {
        name: "ring8-fine",
        address: "data=ring8&sigma=0.007&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.0003:0.8:0.999&\
                  optg=adam:0.0003:0.8:0.999&batch=256",
        iterations: 20_000,
        bar: Bar::Modes(0.75),
    },
    Scene {
        name: "gan-lab",
        address: "data=gaussians&z=uniform:2&g=8,8&d=8,8&gout=tanh&kd=2&optd=sgd:0.1&optg=sgd:0.1&batch=150",
        iterations: 10_000,
        bar: Bar::Shown,
    },
    Scene {
        name: "mnist",
        address: "data=mnist&optd=adam:0.0002:0.5:0.999&optg=adam:0.0002:0.5:0.999&batch=64",
        iterations: 10_000,
        bar: Bar::Digits(0.8),
    },
];

/// Shorter runs of some scenes with looser bars, for everyday tests: a few seconds each.
pub static QUICK: [Scene; 2] = [
    Scene { iterations: 2_500, bar: Bar::Jsd(0.05), ..SCENES[0] },
    Scene { iterations: 3_000, bar: Bar::Modes(0.6), ..SCENES[4] },
];

/// The scene of this name.
#[must_use]
pub fn scene(name: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.name == name)
}
