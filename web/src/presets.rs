//! Scenes worth seeing, by the name of what happens in them. Each is a full address, never a second set of defaults.

use adversaria_core::spec::{Data, DataKind};

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
    /// One sentence: what to watch.
    pub watch: &'static str,
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
        watch: "One cloud breaks up until all eight clusters are served; D flattens towards ½ where it can no longer tell.",
    },
    Preset {
        name: "figure1",
        title: "Figure 1: a single bell",
        group: Group::Learns,
        address: GAUSSIAN1D,
        watch: "p_g slides under p_data while D, which points the way, sinks to a flat ½: Goodfellow's Figure 1.",
    },
    Preset {
        name: "bimodal",
        title: "One bell into two",
        group: Group::Learns,
        address: BIMODAL,
        watch: "G has to tear one bell into two: the arrows from z part in the middle.",
    },
    Preset {
        name: "gaussians",
        title: "Two unequal blobs",
        group: Group::Learns,
        address: GAUSSIANS,
        watch: "A round blob and a tall one, joined by a thin thread: G is continuous and cannot jump.",
    },
    Preset {
        name: "ring",
        title: "A ring, closed slowly",
        group: Group::Learns,
        address: RING,
        watch: "With five D-updates for each slow G-update the ring closes and stays closed.",
    },
    Preset {
        name: "moons",
        title: "Two moons",
        group: Group::Learns,
        address: "data=moons&gact=leaky:0.2&dact=leaky:0.2&kd=2&optd=adam:0.001:0.5:0.9&optg=adam:0.0005:0.5:0.9&batch=256",
        watch: "G's grid folds into two arcs; the fold that joins them is where its few bad samples lie.",
    },
    Preset {
        name: "gan-lab",
        title: "GAN Lab's own default",
        group: Group::Fails,
        address: "data=gaussians&z=uniform:2&g=8,8&d=8,8&gout=tanh&kd=2&optd=sgd:0.1&optg=sgd:0.1&batch=150",
        watch: "Two tiny nets and plain gradient descent chase each other: the match with the data comes and goes.",
    },
    Preset {
        name: "mode-collapse",
        title: "Mode collapse",
        group: Group::Fails,
        address: "data=ring8&gact=leaky:0.2&dact=leaky:0.2&kg=5&optd=adam:0.001:0.5:0.9&optg=adam:0.002:0.5:0.9&batch=256",
        watch: "With five G-updates for each of D's, G puts everything where D is most pleased, then hops to the next place.",
    },
    Preset {
        name: "never-settles",
        title: "It never settles",
        group: Group::Fails,
        address: "data=bimodal&batch=256&g=32,32&d=32,32&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9",
        watch: "Equal rates, k = 1, ReLU: p_g sweeps to and fro across the two bells and JSD never comes to rest.",
    },
    Preset {
        name: "vanishing-gradient",
        title: "The gradient vanishes",
        group: Group::Fails,
        address: "data=ring8&loss=minimax&kd=10&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.0001",
        watch: "D is soon sure, log(1 − D(G(z))) is flat there, and G hardly starts; switch the loss to non-saturating while it runs.",
    },
    Preset {
        name: "d-too-strong",
        title: "D too strong",
        group: Group::Fails,
        address: "data=disjoint&kd=10&gact=leaky:0.2&gout=tanh&dact=leaky:0.2&optd=adam:0.002:0.5:0.9&optg=sgd:0.1",
        watch: "D's steep slopes soon throw G into the edge of its tanh, where it hardly moves any more: V climbs to 0, that is certainty.",
    },
    Preset {
        name: "linear-d",
        title: "D can only draw a line",
        group: Group::Fails,
        address: "data=ring8&gact=leaky:0.2&d=&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "A D without hidden layers compares means only, so G needs to match nothing else.",
    },
    Preset {
        name: "oscillation",
        title: "A ring that keeps turning",
        group: Group::Fails,
        address: "data=ring&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=512",
        watch: "The same ring with a faster G and k = 1: the fakes run round it and JSD swings.",
    },
    Preset {
        name: "k1",
        title: "k = 1 …",
        group: Group::Compare,
        address: "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=1&optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9",
        watch: "One D-update for each of G's: D lags behind its best, see the gap between V(D,G) and V(D*,G).",
    },
    Preset {
        name: "k5",
        title: "… against k = 5",
        group: Group::Compare,
        address: "data=bimodal&g=32,32&d=32,32&gact=elu&dact=tanh&kd=5&optd=adam:0.002:0.5:0.9&optg=adam:0.0002:0.5:0.9",
        watch: "Five D-updates for each of G's: D stays near D*, and G follows a truer gradient.",
    },
    Preset {
        name: "disjoint-minimax",
        title: "Disjoint supports: minimax …",
        group: Group::Compare,
        address: "data=disjoint&loss=minimax&kd=3&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "Three blobs that do not touch, under the theorem's loss: Adam scales G's weak gradient up; watch its length ‖∇‖ …",
    },
    Preset {
        name: "disjoint",
        title: "… against non-saturating",
        group: Group::Compare,
        address: "data=disjoint&kd=3&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "… which is larger under the non-saturating loss, just where the fakes are worst.",
    },
    Preset {
        name: "wgan",
        title: "WGAN with clipping",
        group: Group::Compare,
        address: "data=ring8&loss=wasserstein&reg=clip:0.1&kd=5&gact=leaky:0.2&dact=leaky:0.2&optd=rmsprop:0.0005&optg=rmsprop:0.0005&batch=256",
        watch: "The critic's slopes are kept in bounds by clipping: it moves calmly, and crudely.",
    },
    Preset {
        name: "least-squares",
        title: "Least squares",
        group: Group::Compare,
        address: "data=ring8&loss=leastsquares&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.001:0.5:0.9&optg=adam:0.001:0.5:0.9&batch=256",
        watch: "D fits 1 on real and 0 on fake as a regression does; far fakes are pulled hardest.",
    },
    Preset {
        name: "papers-sigma",
        title: "Eight needles",
        group: Group::Compare,
        address: "data=ring8&sigma=0.007&gact=leaky:0.2&dact=leaky:0.2&optd=adam:0.0003:0.8:0.999&optg=adam:0.0003:0.8:0.999&batch=256",
        watch: "The papers' σ is seven times smaller: modes are found early, but hitting them takes 20,000 iterations.",
    },
    Preset {
        name: "mnist",
        title: "Handwritten digits",
        group: Group::Images,
        address: MNIST,
        watch: "Noise turns into strokes, strokes into digits; frames show which of them D believes.",
    },
    Preset {
        name: "mnist-01",
        title: "Zeros and ones only",
        group: Group::Images,
        address: "data=mnist&class=0,1&optd=adam:0.0002:0.5:0.999&optg=adam:0.0002:0.5:0.999&batch=64",
        watch: "Two modes in 784 dimensions: look for the in-between shapes that no one writes.",
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

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_core::spec::Address;

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

    #[test]
    fn every_data_set_has_a_scene_of_its_own_data() {
        for data in Data::ALL {
            let address = Address::parse(&scene_of(*data)).map(|a| a.spec.data());
            assert_eq!(address, Ok(*data));
        }
    }
}
