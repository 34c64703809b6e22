//! Scenes worth seeing, by the name of what happens in them. Each is a full address, never a second set of defaults, with
//! one sentence about what happens by when, and that sentence again as claims which a program can check.

mod claim;

pub use claim::{Bound, Claim, Figure};

use crate::spec::{Address, Data, DataKind, RunSpec};

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

/// G of digits before it has learnt: grey.
const GREY_AT_FIRST: Claim = Claim::new(Figure::Contrast, (0, 0), Bound::Most(0.1));

/// G of digits at a thousand iterations: two pixels in three are black or white.
const STROKES: Claim = Claim::new(Figure::Contrast, (1_000, 1_200), Bound::Least(0.67));

/// The headings of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Settings known to learn.
    Learns,
    /// What goes wrong, and why.
    Fails,
    /// What helps against it: the failing setting with one thing changed.
    Mended,
    /// Two settings to hold side by side.
    Compare,
    /// Pictures.
    Images,
}

impl Group {
    /// All of them in order, with their titles.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Learns, "It learns"),
        (Self::Fails, "It goes wrong"),
        (Self::Mended, "One change mends it"),
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
        watch: "p_g slides under p_data while D sinks to ½, where it cannot tell: by iteration 1,000 JSD is below 0.02, and V stays close to −log 4. Goodfellow's Figure 1.",
        claims: &[
            Claim::new(Figure::Jsd, (0, 0), Bound::Least(0.1)),
            Claim::new(Figure::Jsd, (1_000, 3_000), Bound::Most(0.02)),
            Claim::new(Figure::Value, (1_000, 3_000), Bound::Most(-1.35)),
            Claim::new(Figure::Advantage, (1_000, 3_000), Bound::Most(0.05)),
        ],
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
        watch: "With five G-updates for each of D's, G's samples move together from place to place: from iteration 300 they never serve more than three of the eight.",
        claims: &[
            Claim::new(Figure::Modes, (300, 3_000), Bound::Most(3.0)),
            Claim::new(Figure::MeanX, (300, 3_000), Bound::Swings(0.7)),
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
        title: "A ring that never settles",
        group: Group::Fails,
        address: "data=ring&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=512",
        watch: "The same ring with a faster G and k = 1: up to iteration 4,000 JSD swings above 0.08 and does not fall for good.",
        claims: &[
            Claim::new(Figure::Jsd, (1_000, 4_000), Bound::Swings(0.08)),
            Claim::new(Figure::Jsd, (1_000, 4_000), Bound::Least(0.08)),
        ],
    },
    Preset {
        name: "slow-d",
        title: "A slow D, and G hops",
        group: Group::Fails,
        address: "data=ring8&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.0001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "G is ten times faster than D: its samples hop together, from one side of the ring to the other. Up to iteration 3,000 it serves two of the eight at most, on average.",
        claims: &[
            Claim::new(Figure::MeanX, (500, 3_000), Bound::Swings(0.7)),
            Claim::new(Figure::Modes, (500, 3_000), Bound::MeanMost(2.0)),
            Claim::new(Figure::Jsd, (500, 3_000), Bound::Least(0.5)),
        ],
    },
    Preset {
        name: "gradient-back",
        title: "The vanished gradient, back",
        group: Group::Mended,
        address: "data=ring8&kd=10&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.0001",
        watch: "\"The gradient vanishes\" with the non-saturating loss and nothing else changed: by iteration 1,000 JSD has fallen below 0.6.",
        claims: &[Claim::new(Figure::Jsd, (1_000, 1_500), Bound::Most(0.6))],
    },
    Preset {
        name: "unrolled",
        title: "G looks five steps ahead",
        group: Group::Mended,
        address: "data=ring8&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.0001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256&unroll=5",
        watch: "\"A slow D, and G hops\" with G's loss taken after five steps that D would make: G no longer hops, and by iteration 2,000 all eight clusters are served.",
        claims: &[
            Claim::new(Figure::Modes, (2_000, 3_000), Bound::Least(8.0)),
            Claim::new(Figure::Quality, (2_500, 3_000), Bound::Least(0.6)),
        ],
    },
    Preset {
        name: "packed",
        title: "D sees two at a time",
        group: Group::Mended,
        address: "data=ring8&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.0001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256&pack=2",
        watch: "\"A slow D, and G hops\" with pairs of samples before D, to which two alike look wrong: by iteration 2,000 all eight clusters are served.",
        claims: &[
            Claim::new(Figure::Modes, (2_000, 3_000), Bound::Least(8.0)),
            Claim::new(Figure::Quality, (2_500, 3_000), Bound::Least(0.6)),
        ],
    },
    Preset {
        name: "conditional",
        title: "Both are told the cluster",
        group: Group::Mended,
        address: "data=ring8&gact=leaky:0.2&dact=leaky:0.2&kg=5&optd=adam:0.001:0.5:0.9&optg=adam:0.002:0.5:0.9&batch=256&cond=1",
        watch: "\"Mode collapse\", but G is told which cluster to make and D which it should be: from iteration 300 it serves five and more of the eight.",
        claims: &[Claim::new(Figure::Modes, (300, 3_000), Bound::Least(5.0))],
    },
    Preset {
        name: "r1",
        title: "R1 settles it",
        group: Group::Mended,
        address: "data=bimodal&batch=256&g=32,32&d=32,32&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&reg=r1:20",
        watch: "\"It never settles\" with a price on D's slope at real samples: p_g sweeps far less, and from iteration 2,000 JSD is below 0.05 on average.",
        claims: &[Claim::new(Figure::Jsd, (2_000, 4_000), Bound::MeanMost(0.05))],
    },
    Preset {
        name: "spectral",
        title: "A D that cannot be steep",
        group: Group::Mended,
        address: "data=disjoint&kd=10&gact=leaky:0.2&gout=tanh&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.1&reg=spectral",
        watch: "\"D too strong\" with all weights of D divided by their spectral norm: G's gradient never vanishes, and by iteration 1,000 all three blobs are served.",
        claims: &[
            Claim::new(Figure::Modes, (1_000, 2_000), Bound::Least(3.0)),
            Claim::new(Figure::GradientG, (100, 2_000), Bound::Least(0.01)),
            Claim::new(Figure::AtTheEdge, (100, 2_000), Bound::Most(0.05)),
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
        name: "clipped-roll",
        title: "A roll under clipping …",
        group: Group::Compare,
        address: "data=swissroll&loss=wasserstein&reg=clip:0.1&kd=5&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "Clipped weights make a critic too simple for a spiral: up to iteration 3,000 G covers the disc that the roll lies in, and JSD stays above 0.3 …",
        claims: &[Claim::new(Figure::Jsd, (500, 3_000), Bound::Least(0.3))],
    },
    Preset {
        name: "wgan-gp",
        title: "… and under a gradient penalty",
        group: Group::Compare,
        address: "data=swissroll&loss=wasserstein&reg=gp:0.1&kd=5&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "… while a price on slopes other than 1 leaves it free to bend: the arms of the roll come apart, and by iteration 2,000 JSD is below 0.25.",
        claims: &[Claim::new(Figure::Jsd, (2_000, 3_000), Bound::Most(0.25))],
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
        watch: "The papers' σ is seven times smaller: at least seven of the eight needles are found by iteration 2,000, yet up to 4,000 one fake in five and more misses them.",
        claims: &[
            Claim::new(Figure::Modes, (2_000, 4_000), Bound::Least(7.0)),
            Claim::new(Figure::Quality, (2_000, 4_000), Bound::Most(0.8)),
        ],
    },
    Preset {
        name: "dirac",
        title: "The smallest GAN: two numbers",
        group: Group::Compare,
        address: "data=dirac&loss=minimax&optd=sgd:0.2&optg=sgd:0.2&order=simultaneous&batch=1",
        watch: "All data are 0, G makes one number θ and D is a slope: both circle round the equilibrium, and by iteration 500 θ stands at −2.16, farther off than it began.",
        claims: &[Claim::new(Figure::MeanOffset, (500, 500), Bound::Least(2.15))],
    },
    Preset {
        name: "mnist",
        title: "Handwritten digits",
        group: Group::Images,
        address: MNIST,
        watch: "Noise turns into strokes, strokes into digits: by iteration 1,000 two pixels in three are black or white, not grey. Frames show which of them D believes.",
        claims: &[
            GREY_AT_FIRST,
            STROKES,
            Claim::new(Figure::Advantage, (1_000, 1_200), Bound::Least(0.1)),
        ],
    },
    Preset {
        name: "mnist-01",
        title: "Zeros and ones only",
        group: Group::Images,
        address: "data=mnist&class=0,1&optd=adam:0.0002:0.5:0.999&optg=adam:0.0002:0.5:0.999&batch=64",
        watch: "Two modes in 784 dimensions: by iteration 1,000 they stand white on black; look for the in-between shapes that no one writes.",
        claims: &[GREY_AT_FIRST, STROKES],
    },
];

/// A setting that is known, or at least expected, to learn this data set; without seed.
pub fn scene_of(data: Data) -> String {
    if let Some(preset) = PRESETS.iter().find(|p| {
        !matches!(p.group, Group::Fails | Group::Mended) && data_of(p.address) == data.name()
    }) {
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
    /// One sentence: what to watch.
    pub watch: &'static str,
}

impl Warm {
    /// The warm start that a run is which came on stage at this iteration, if it is one. Its address alone does not tell:
    /// the same run may begin untrained.
    #[must_use]
    pub fn of(spec: &RunSpec, begun: u64) -> Option<&'static Self> {
        WARM.iter().find(|warm| {
            u64::from(warm.steps) == begun
                && Address::parse(warm.address).is_ok_and(|own| own.spec == *spec)
        })
    }
}

/// All warm starts.
pub const WARM: [Warm; 3] = [
    Warm {
        name: "ring8",
        title: "Eight modes, learned already",
        address: "data=ring8&g=48,48&d=48,48&gact=leaky:0.2&dact=leaky:0.2\
            &optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256&lrdecay=cosine:20000",
        steps: 10_000,
        watch: "Eight clusters after 10,000 iterations, at a rate that is still falling: open D to see what its units look at, or take k or the loss away from it and watch what gives way first.",
    },
    Warm {
        name: "gaussians",
        title: "Two blobs, learned already",
        address: "data=gaussians&g=48,48&d=48,48&gact=leaky:0.2&dact=tanh&kd=3\
            &optd=adam:0.001:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256",
        steps: 10_000,
        watch: "Two blobs after 10,000 iterations, and the thread between them that a continuous G cannot cut: look for it in G's lattice, then let D learn longer and see how thin it gets.",
    },
    Warm {
        name: "bimodal",
        title: "Two bells, learned already",
        address: "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5\
            &optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9&batch=256",
        steps: 10_000,
        watch: "Two bells after 10,000 iterations, D near ½ where they are: set k of D to 1 and watch V(D, G) leave V(D*, G), or D's rate to ten times as much.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_start_is_told_from_the_same_run_untrained() {
        for warm in &WARM {
            let spec = Address::parse(warm.address).expect("an address").spec;
            let of = |spec: &RunSpec, begun| Warm::of(spec, begun).map(|warm| warm.name);
            assert_eq!(of(&spec, 10_000), Some(warm.name));
            assert_eq!(of(&spec, 0), None);
            assert_eq!(of(&spec.with("kd", "9").expect("a k"), 10_000), None);
            assert!(!PRESETS.iter().any(|preset| preset.title == warm.title));
            assert!(warm.watch.len() > 40 && warm.watch.lines().count() == 1);
        }
    }

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
