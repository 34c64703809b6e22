//! Scenes worth seeing, by the name of what happens in them. Each is a full address, never a second set of defaults, with
//! one sentence about what happens by when, and that sentence again as claims which a program can check.

use crate::spec::{Data, DataKind};

/// A scene with its name and what to look for.
pub struct Preset {
    /// For links and tests.
    pub name: &'static str,
    /// The phenomenon, for people.
    pub title: &'static str,
    /// Under which heading it is listed.
    pub group: Group,
    /// The run, without `#`.
    pub address: &'static str,
    /// One sentence: what to watch, and by which iteration.
    pub watch: &'static str,
    /// What of the sentence can be measured; the command line's `presets --check` holds the preset to it.
    pub claims: &'static [Claim],
}

/// That a figure keeps a bound from one iteration to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// What is measured.
    pub figure: Figure,
    /// The first and the last iteration at which it is looked at; every [`Claim::EVERY`] between them.
    pub span: (u32, u32),
    /// What must be true of it.
    pub bound: Bound,
}

/// What can be measured of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// JSD(p_data ‖ p_g), nats.
    Jsd,
    /// Modes with a good sample.
    Modes,
    /// Share of good samples.
    Quality,
    /// V(D,G), nats.
    Value,
    /// V(D*,G) − V(D,G), nats: what D lacks of its best.
    Gap,
    /// ‖∇ of G's loss‖.
    GradientG,
    /// How far the mean of G's samples lies from that of the data.
    MeanOffset,
    /// Share of G's samples with a coordinate beyond ±0.99, where a tanh is flat.
    AtTheEdge,
    /// Mean D(x) of real samples minus mean D(G(z)).
    Advantage,
    /// Share of pixels of G's samples that are nearer to black or white than to grey.
    Contrast,
}

/// What must be true of a figure at all looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// It is never above this.
    Most(f32),
    /// It is never below this.
    Least(f32),
    /// Its mean is not above this.
    MeanMost(f32),
    /// Its mean is not below this.
    MeanLeast(f32),
    /// Its largest and its smallest value are at least this far apart.
    Swings(f32),
}

impl Claim {
    /// Iterations from one look to the next.
    pub const EVERY: u32 = 100;

    const fn new(figure: Figure, span: (u32, u32), bound: Bound) -> Self {
        Self { figure, span, bound }
    }

    /// The iterations at which the figure is looked at.
    pub fn looks(&self) -> impl Iterator<Item = u32> {
        (self.span.0..=self.span.1).step_by(Self::EVERY as usize)
    }

    /// Whether what was seen, one value for each look, is as claimed. What is no number is not.
    #[must_use]
    pub fn holds(&self, seen: &[f32]) -> bool {
        let least = seen.iter().copied().fold(f32::INFINITY, f32::min);
        let most = seen.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sound = seen.len() == self.looks().count() && seen.iter().all(|x| !x.is_nan());
        sound
            && match self.bound {
                Bound::Most(bound) => most <= bound,
                Bound::Least(bound) => least >= bound,
                Bound::MeanMost(bound) => mean(seen) <= bound,
                Bound::MeanLeast(bound) => mean(seen) >= bound,
                Bound::Swings(by) => most - least >= by,
            }
    }
}

fn mean(seen: &[f32]) -> f32 {
    seen.iter().sum::<f32>() / seen.len() as f32
}

/// The headings of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Settings known to learn.
    Learns,
    /// What goes wrong, and why.
    Fails,
    /// Two settings to hold side by side.
    Compare,
    /// Pictures.
    Images,
}

impl Group {
    /// All of them in order, with their titles.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Learns, "It learns"),
        (Self::Fails, "It goes wrong"),
        (Self::Compare, "Compare"),
        (Self::Images, "Images"),
    ];
}

/// The scene that opens when the address names none.
pub const OPENING: &str = RING8;

const RING8: &str = "data=ring8&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256";
const GAUSSIAN1D: &str = "data=gaussian1d&g=32,32&d=32,32&gact=tanh&dact=tanh&kd=3\
    &optd=adam:0.001:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256";
const BIMODAL: &str = "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5\
    &optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256";
const GAUSSIANS: &str = "data=gaussians&gact=leaky:0.2&dact=tanh&kd=3\
    &optd=adam:0.001:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256";
const RING: &str = "data=ring&gact=leaky:0.2&dact=leaky:0.2&kd=5\
    &optd=adam:0.001:0.5:0.9&optg=adam:0.0001:0.5:0.9&batch=512";
const MNIST: &str = "data=mnist&optd=adam:0.0002:0.5:0.999&optg=adam:0.0002:0.5:0.999&batch=64";

/// All presets, in the order of the list.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "ring8",
        title: "Eight modes found",
        group: Group::Learns,
        address: RING8,
        watch: "One cloud breaks up: by iteration 1,000 all eight clusters are served, and V stays close to −log 4, where D cannot tell.",
        claims: &[
            Claim::new(Figure::Modes, (1_000, 3_000), Bound::Least(8.0)),
            Claim::new(Figure::Quality, (1_000, 3_000), Bound::Least(0.7)),
            Claim::new(Figure::Value, (1_000, 3_000), Bound::Most(-1.33)),
        ],
    },
    Preset {
        name: "figure1",
        title: "Figure 1: a single bell",
        group: Group::Learns,
        address: GAUSSIAN1D,
        watch: "p_g slides under p_data while D, which points the way, sinks to a flat ½: by iteration 1,000 JSD is below 0.02. Goodfellow's Figure 1.",
        claims: &[Claim::new(Figure::Jsd, (1_000, 3_000), Bound::Most(0.02))],
    },
    Preset {
        name: "bimodal",
        title: "One bell into two",
        group: Group::Learns,
        address: BIMODAL,
        watch: "G has to tear one bell into two: the arrows from z part in the middle, and by iteration 4,000 JSD is below 0.03.",
        claims: &[
            Claim::new(Figure::Jsd, (0, 0), Bound::Least(0.3)),
            Claim::new(Figure::Jsd, (4_000, 4_500), Bound::Most(0.03)),
        ],
    },
    Preset {
        name: "gaussians",
        title: "Two unequal blobs",
        group: Group::Learns,
        address: GAUSSIANS,
        watch: "A round blob and a tall one, joined by a thin thread, since G is continuous and cannot jump: by iteration 3,000 JSD is below 0.07.",
        claims: &[Claim::new(Figure::Jsd, (3_000, 4_000), Bound::Most(0.07))],
    },
    Preset {
        name: "ring",
        title: "A ring, closed slowly",
        group: Group::Learns,
        address: RING,
        watch: "With five D-updates for each slow G-update the ring closes and stays closed: by iteration 3,000 JSD is below 0.15.",
        claims: &[
            Claim::new(Figure::Jsd, (0, 0), Bound::Least(0.6)),
            Claim::new(Figure::Jsd, (3_000, 3_500), Bound::Most(0.15)),
        ],
    },
    Preset {
        name: "moons",
        title: "Two moons",
        group: Group::Learns,
        address: "data=moons&gact=leaky:0.2&dact=leaky:0.2&kd=5&optd=adam:0.001:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256",
        watch: "G's grid folds into two arcs, and the fold that joins them is where its few bad samples lie: by iteration 3,000 JSD is below 0.15.",
        claims: &[
            Claim::new(Figure::Jsd, (0, 0), Bound::Least(0.4)),
            Claim::new(Figure::Jsd, (3_000, 3_500), Bound::Most(0.15)),
        ],
    },
    Preset {
        name: "gan-lab",
        title: "GAN Lab's own default",
        group: Group::Fails,
        address: "data=gaussians&z=uniform:2&g=8,8&d=8,8&gout=tanh&kd=2&optd=sgd:0.1&optg=sgd:0.1&batch=150",
        watch: "Two tiny nets and plain gradient descent chase each other: up to iteration 5,000 the match comes and goes, and JSD swings above 0.1.",
        claims: &[
            Claim::new(Figure::Jsd, (1_000, 5_000), Bound::Least(0.1)),
            Claim::new(Figure::Jsd, (1_000, 5_000), Bound::Swings(0.07)),
        ],
    },
    Preset {
        name: "mode-collapse",
        title: "Mode collapse",
        group: Group::Fails,
        address: "data=ring8&gact=leaky:0.2&dact=leaky:0.2&kg=5&optd=adam:0.001:0.5:0.9&optg=adam:0.002:0.5:0.9&batch=256",
        watch: "With five G-updates for each of D's, G puts everything where D is most pleased, then hops on: from iteration 300 it never serves more than three of the eight.",
        claims: &[
            Claim::new(Figure::Modes, (300, 3_000), Bound::Most(3.0)),
            Claim::new(Figure::Jsd, (300, 3_000), Bound::Least(0.45)),
        ],
    },
    Preset {
        name: "never-settles",
        title: "It never settles",
        group: Group::Fails,
        address: "data=bimodal&batch=256&g=32,32&d=32,32&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9",
        watch: "Equal rates, k = 1, ReLU: p_g sweeps to and fro across the two bells, and up to iteration 4,000 JSD swings by 0.1 and more.",
        claims: &[
            Claim::new(Figure::Jsd, (1_000, 4_000), Bound::Swings(0.1)),
            Claim::new(Figure::Jsd, (1_000, 4_000), Bound::Least(0.02)),
        ],
    },
    Preset {
        name: "vanishing-gradient",
        title: "The gradient vanishes",
        group: Group::Fails,
        address: "data=ring8&loss=minimax&kd=10&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.0001",
        watch: "By iteration 300 D is sure, and log(1 − D(G(z))) is flat there: at 1,000 G has hardly started. Switch the loss to non-saturating while it runs.",
        claims: &[
            Claim::new(Figure::Value, (300, 1_000), Bound::Least(-0.1)),
            Claim::new(Figure::Jsd, (300, 1_000), Bound::Least(0.67)),
        ],
    },
    Preset {
        name: "d-too-strong",
        title: "D too strong",
        group: Group::Fails,
        address: "data=disjoint&kd=10&gact=leaky:0.2&gout=tanh&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.1",
        watch: "D's steep slopes throw G into the edge of its tanh: by iteration 1,000 its gradient is 0 and V stands at 0, that is certainty.",
        claims: &[
            Claim::new(Figure::Value, (1_000, 1_500), Bound::Least(-0.001)),
            Claim::new(Figure::AtTheEdge, (1_000, 1_500), Bound::Least(0.95)),
            Claim::new(Figure::GradientG, (1_000, 1_500), Bound::Most(0.001)),
        ],
    },
    Preset {
        name: "linear-d",
        title: "D can only draw a line",
        group: Group::Fails,
        address: "data=ring8&gact=leaky:0.2&d=&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "A D without hidden layers compares means only, and G's goes round that of the data: up to iteration 2,000 no more than four fakes in ten are good.",
        claims: &[
            Claim::new(Figure::Quality, (0, 2_000), Bound::Most(0.4)),
            Claim::new(Figure::Jsd, (0, 2_000), Bound::Least(0.5)),
            Claim::new(Figure::MeanOffset, (500, 2_000), Bound::Swings(0.4)),
        ],
    },
    Preset {
        name: "oscillation",
        title: "A ring that keeps turning",
        group: Group::Fails,
        address: "data=ring&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=512",
        watch: "The same ring with a faster G and k = 1: the fakes run round it, and up to iteration 4,000 JSD swings above 0.08 and does not fall for good.",
        claims: &[
            Claim::new(Figure::Jsd, (1_000, 4_000), Bound::Swings(0.08)),
            Claim::new(Figure::Jsd, (1_000, 4_000), Bound::Least(0.08)),
        ],
    },
    Preset {
        name: "k1",
        title: "k = 1 …",
        group: Group::Compare,
        address: "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=1&optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9",
        watch: "One D-update for each of G's: D lags behind its best. From iteration 2,000 V(D*,G) lies on average 0.1 and more above V(D,G).",
        claims: &[
            Claim::new(Figure::Gap, (2_000, 4_000), Bound::MeanLeast(0.1)),
            Claim::new(Figure::Jsd, (3_000, 4_000), Bound::MeanLeast(0.06)),
        ],
    },
    Preset {
        name: "k5",
        title: "… against k = 5",
        group: Group::Compare,
        address: "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5&optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9",
        watch: "Five D-updates for each of G's: D stays near D*. From iteration 2,000 the gap is on average below 0.05, and by 4,000 JSD below 0.05.",
        claims: &[
            Claim::new(Figure::Gap, (2_000, 4_000), Bound::MeanMost(0.05)),
            Claim::new(Figure::Jsd, (4_000, 4_000), Bound::Most(0.05)),
        ],
    },
    Preset {
        name: "gradient-back",
        title: "The vanished gradient, back",
        group: Group::Compare,
        address: "data=ring8&kd=10&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.0001",
        watch: "\"The gradient vanishes\" with the non-saturating loss and nothing else changed: by iteration 1,000 JSD has fallen below 0.6.",
        claims: &[Claim::new(Figure::Jsd, (1_000, 1_500), Bound::Most(0.6))],
    },
    Preset {
        name: "disjoint-minimax",
        title: "Disjoint supports: minimax …",
        group: Group::Compare,
        address: "data=disjoint&loss=minimax&kd=3&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "Three blobs that do not touch, under the theorem's loss: Adam scales G's weak gradient up, so all three are served by iteration 500; watch its length ‖∇‖, about 1 …",
        claims: &[
            Claim::new(Figure::Modes, (500, 1_500), Bound::Least(3.0)),
            Claim::new(Figure::GradientG, (200, 1_500), Bound::MeanMost(1.4)),
        ],
    },
    Preset {
        name: "disjoint",
        title: "… against non-saturating",
        group: Group::Compare,
        address: "data=disjoint&kd=3&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "… which is larger under the non-saturating loss: about 2 on average by iteration 1,500, just where the fakes are worst.",
        claims: &[
            Claim::new(Figure::Modes, (500, 1_500), Bound::Least(3.0)),
            Claim::new(Figure::GradientG, (200, 1_500), Bound::MeanLeast(1.4)),
        ],
    },
    Preset {
        name: "wgan",
        title: "WGAN with clipping",
        group: Group::Compare,
        address: "data=ring8&loss=wasserstein&reg=clip:0.1&kd=5&gact=leaky:0.2&dact=leaky:0.2&optd=rmsprop:0.0005&optg=rmsprop:0.0005&batch=256",
        watch: "The critic's slopes are kept in bounds by clipping: crude, but calm. By iteration 1,000 all eight clusters are served, and stay so.",
        claims: &[
            Claim::new(Figure::Modes, (1_000, 3_000), Bound::Least(8.0)),
            Claim::new(Figure::Quality, (2_000, 3_000), Bound::Least(0.6)),
        ],
    },
    Preset {
        name: "least-squares",
        title: "Least squares",
        group: Group::Compare,
        address: "data=ring8&loss=leastsquares&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "D fits 1 on real and 0 on fake as a regression does, and far fakes are pulled hardest: by iteration 1,000 all eight clusters are served.",
        claims: &[
            Claim::new(Figure::Modes, (1_000, 3_000), Bound::Least(8.0)),
            Claim::new(Figure::Quality, (2_000, 3_000), Bound::Least(0.6)),
        ],
    },
    Preset {
        name: "papers-sigma",
        title: "Eight needles",
        group: Group::Compare,
        address: "data=ring8&sigma=0.007&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.0003:0.8:0.999&optg=adam:0.0003:0.8:0.999&batch=256",
        watch: "The papers' σ is seven times smaller: all eight needles are found by iteration 2,000, yet up to 4,000 one fake in five and more misses them.",
        claims: &[
            Claim::new(Figure::Modes, (2_000, 4_000), Bound::Least(7.0)),
            Claim::new(Figure::Quality, (2_000, 4_000), Bound::Most(0.8)),
        ],
    },
    Preset {
        name: "mnist",
        title: "Handwritten digits",
        group: Group::Images,
        address: MNIST,
        watch: "Noise turns into strokes, strokes into digits: by iteration 1,000 two pixels in three are black or white, not grey. Frames show which of them D believes.",
        claims: &[
            Claim::new(Figure::Contrast, (0, 0), Bound::Most(0.1)),
            Claim::new(Figure::Contrast, (1_000, 1_200), Bound::Least(0.67)),
            Claim::new(Figure::Advantage, (1_000, 1_200), Bound::Least(0.1)),
        ],
    },
    Preset {
        name: "mnist-01",
        title: "Zeros and ones only",
        group: Group::Images,
        address: "data=mnist&class=0,1&optd=adam:0.0002:0.5:0.999&optg=adam:0.0002:0.5:0.999&batch=64",
        watch: "Two modes in 784 dimensions: by iteration 1,000 they stand white on black; look for the in-between shapes that no one writes.",
        claims: &[
            Claim::new(Figure::Contrast, (0, 0), Bound::Most(0.1)),
            Claim::new(Figure::Contrast, (1_000, 1_200), Bound::Least(0.67)),
        ],
    },
];

/// A setting that is known, or at least expected, to learn this data set; without seed.
pub fn scene_of(data: Data) -> String {
    if let Some(preset) =
        PRESETS.iter().find(|p| p.group != Group::Fails && data_of(p.address) == data.name())
    {
        return preset.address.to_owned();
    }
    let rest = match data.kind() {
        DataKind::Line => BIMODAL,
        DataKind::Plane => RING8,
        DataKind::Images => MNIST,
    };
    let rest = rest.split_once('&').map_or("", |(_, rest)| rest);
    format!("data={}&{rest}", data.name())
}

fn data_of(address: &str) -> &str {
    address.split('&').find_map(|part| part.strip_prefix("data=")).unwrap_or_default()
}

/// A run that is already trained: a checkpoint that the command line made, shipped with the page.
pub struct Warm {
    /// Its file is `warm/` and this and `.safetensors`.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// The run it was made of, without `#`: `adversaria train '#…' --steps N --backend cpu`.
    pub address: &'static str,
    /// N.
    pub steps: u32,
}

/// All warm starts.
pub const WARM: [Warm; 3] = [
    Warm {
        name: "ring8",
        title: "Eight modes, learned already",
        address: "data=ring8&g=48,48&d=48,48&gact=leaky:0.2&dact=leaky:0.2\
            &optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256&lrdecay=cosine:20000",
        steps: 10_000,
    },
    Warm {
        name: "gaussians",
        title: "Two blobs, learned already",
        address: "data=gaussians&g=48,48&d=48,48&gact=leaky:0.2&dact=tanh&kd=3\
            &optd=adam:0.001:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256",
        steps: 10_000,
    },
    Warm {
        name: "bimodal",
        title: "Two bells, learned already",
        address: "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5\
            &optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256",
        steps: 10_000,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Address;

    #[test]
    fn every_scene_is_a_run_of_its_own() {
        let mut seen = Vec::new();
        for preset in PRESETS {
            let parsed =
                Address::parse(preset.address).map_err(|error| format!("{}: {error}", preset.name));
            let address = parsed.map(|a| a.spec.address());
            assert!(address.is_ok(), "{address:?}");
            assert!(
                !seen.iter().any(|(name, _)| *name == preset.name),
                "{} stands twice",
                preset.name
            );
            seen.push((preset.name, address));
        }
        assert!(PRESETS.len() >= 12);
    }

    /// 4000 as people read it: 4,000.
    fn grouped(n: u32) -> String {
        if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
    }

    #[test]
    fn every_sentence_names_the_iteration_that_its_claims_speak_of() {
        for preset in PRESETS {
            assert!(!preset.claims.is_empty(), "{} claims nothing", preset.name);
            assert_eq!(preset.watch.lines().count(), 1, "{}", preset.name);
            for claim in preset.claims {
                assert!(claim.span.0 <= claim.span.1, "{}", preset.name);
            }
            let ends = preset.claims.iter().flat_map(|claim| [claim.span.0, claim.span.1]);
            let named = ends.filter(|n| *n > 0).any(|n| preset.watch.contains(&grouped(n)));
            assert!(named, "{} names no iteration: {}", preset.name, preset.watch);
        }
    }

    #[test]
    fn a_claim_fails_at_one_look_and_without_a_number() {
        let claim = |bound| Claim::new(Figure::Jsd, (0, 200), bound);
        let seen = [0.1, 0.3, 0.2];
        for (bound, holds) in [
            (Bound::Most(0.3), true),
            (Bound::Most(0.29), false),
            (Bound::Least(0.1), true),
            (Bound::Least(0.11), false),
            (Bound::MeanMost(0.21), true),
            (Bound::MeanMost(0.19), false),
            (Bound::MeanLeast(0.19), true),
            (Bound::MeanLeast(0.21), false),
            (Bound::Swings(0.19), true),
            (Bound::Swings(0.21), false),
        ] {
            assert_eq!(claim(bound).holds(&seen), holds, "{bound:?}");
        }
        assert!(!claim(Bound::Least(0.0)).holds(&[0.1, f32::NAN, 0.2]));
        assert!(!claim(Bound::Least(0.0)).holds(&[0.1, 0.2]), "a look is missing");
    }

    #[test]
    fn every_data_set_has_a_scene_of_its_own_data() {
        for data in Data::ALL {
            let address = Address::parse(&scene_of(*data)).map(|a| a.spec.data());
            assert_eq!(address, Ok(*data));
        }
    }
}
