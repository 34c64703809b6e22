//! The table of fields: one row per key drives parsing, printing, reading and changing; help and docs list it.

use super::data_set::Data;
use super::error::Why;
use super::net::{Activation, Net, OutputAct, Role};
use super::number::{print, real, whole32};
use super::optimiser::{Decay, Optimiser};
use super::own::Own;
use super::reg::{self, Reg};
use super::run::RunSpec;
use super::value::{BackendChoice, Classes, Exec, Latent, Loss, Order, name_of, named};

/// One field of a run.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in the address.
    pub name: &'static str,
    /// Its default, in words where it depends on the data; [`RunSpec::default_of`] has the value.
    pub default: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// What it takes.
    pub allowed: &'static str,
    pub(super) get: fn(&RunSpec) -> String,
    pub(super) set: fn(&mut RunSpec, &str) -> Result<(), Why>,
}

/// One field of the page, which no run depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageKey {
    /// Its name in the address.
    pub name: &'static str,
    /// Its default.
    pub default: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// What it takes.
    pub allowed: &'static str,
}

const ACTIVATIONS: &str = "relu, leaky:0.2 (a slope from 0 to 1), tanh, sigmoid, elu, softplus, sine or maxout:5 (pieces from 2 to 8)";
const OPTIMISERS: &str = "sgd:lr[:momentum], adam:lr[:beta1:beta2] or rmsprop:lr[:alpha], with lr above 0 and up to \
                          100 and the others from 0 to below 1";
const NETS: &str = "up to 8 widths from 1 to 2048 like 64,64 (empty is a linear map), or for data=mnist mlp-mnist or \
                    maxout-2014, or for data in the plane pacgan-2d; data=dirac takes dirac";
const UPDATES: &str = "a whole number from 0 to 10";

/// The fields of a run, in the order of the address. A field's default may depend on the fields before it.
pub static KEYS: [Key; 28] = [
    Key {
        name: "data",
        default: "gaussians",
        meaning: "the data set",
        allowed: "gaussian1d, bimodal, trimodal, uniform1d, laplace, dirac, line, gaussians, ring, disjoint, ring8, grid25, \
                  swissroll, moons, spiral, checkerboard, drawn, curve, file, column or mnist",
        get: |s| s.data.name().into(),
        set: |s, t| Data::parse(t).map(|v| *s = RunSpec::of(v)),
    },
    Key {
        name: "sigma",
        default: "that of the data set",
        meaning: "the noise level of the data",
        allowed: "a number from 0.001 to 2 (for the checkerboard also 0)",
        get: |s| s.data.default_sigma().map_or_else(|| "none".into(), |_| print(s.sigma)),
        set: |s, t| s.data.parse_sigma(t).map(|v| s.sigma = v),
    },
    Key {
        name: "points",
        default: "",
        meaning: "what was drawn: the points of data=drawn, or the heights of data=curve",
        allowed: "for data=drawn 1 to 2000 points of four letters each (x and y, 4096 levels of two letters), for \
                  data=curve 64 heights of a letter each, not all A; letters are A-Z, a-z, 0-9, - and _",
        get: |s| s.own.points(),
        set: |s, t| Own::parse_points(s.data, t).map(|v| s.own = v),
    },
    Key {
        name: "file",
        default: "",
        meaning: "which rows data=file and data=column are: they stand in a checkpoint, not in the address",
        allowed: "the number of rows from 1 to 100000, -, and the sixteen hexadecimal digits of their digest",
        get: |s| s.own.file(),
        set: |s, t| s.own.parse_file(s.data, t).map(|v| s.own = v),
    },
    Key {
        name: "class",
        default: "all",
        meaning: "the classes of an image set that are used",
        allowed: "all, one digit, or a list of different digits like 0,1,7",
        get: |s| s.classes.text(),
        set: |s, t| Classes::parse(t).map(|v| s.classes = v),
    },
    Key {
        name: "cond",
        default: "0",
        meaning: "whether G and D are told the class",
        allowed: "0, or for data of separate modes (bimodal, trimodal, gaussians, disjoint, ring8, grid25) 1",
        get: |s| u8::from(s.conditional).to_string(),
        set: |s, t| whole32(t, 0, 1).map(|v| s.conditional = v == 1),
    },
    Key {
        name: "rows",
        default: "65536 (mnist: 10000)",
        meaning: "rows of the training table; for images the first rows of the training set, before class picks",
        allowed: "a whole number from 1 to 1048576 (mnist: to 60000)",
        get: |s| s.rows.to_string(),
        set: |s, t| {
            let (least, _, most) = s.data.rows_range();
            whole32(t, least, most).map(|v| s.rows = v)
        },
    },
    Key {
        name: "z",
        default: "gaussian:2 (1D: gaussian:1; images: gaussian:64)",
        meaning: "the law and size of the latent z",
        allowed: "uniform:D (on [-1, 1]; with g=maxout-2014 on +-the root of 3) or gaussian:D, with D from 1 to 256",
        get: |s| s.latent.text(),
        set: |s, t| Latent::parse(t).map(|v| s.latent = v),
    },
    Key {
        name: "g",
        default: "64,64 (images: mlp-mnist; dirac: dirac)",
        meaning: "the hidden layers of the generator",
        allowed: NETS,
        get: |s| s.generator.text(),
        set: |s, t| Net::parse(t, s.data, Role::Generator).map(|v| s.set_generator(v)),
    },
    Key {
        name: "d",
        default: "64,64 (images: mlp-mnist; dirac: dirac)",
        meaning: "the hidden layers of the discriminator",
        allowed: NETS,
        get: |s| s.discriminator.text(),
        set: |s, t| Net::parse(t, s.data, Role::Discriminator).map(|v| s.discriminator = v),
    },
    Key {
        name: "gact",
        default: "relu (mlp-mnist: leaky:0.2)",
        meaning: "the activation of the generator's hidden layers",
        allowed: ACTIVATIONS,
        get: |s| s.generator.act.text(),
        set: |s, t| set_activation(&mut s.generator, t),
    },
    Key {
        name: "dact",
        default: "relu (mlp-mnist: leaky:0.2; maxout-2014, pacgan-2d: maxout:5)",
        meaning: "the activation of the discriminator's hidden layers",
        allowed: ACTIVATIONS,
        get: |s| s.discriminator.act.text(),
        set: |s, t| set_activation(&mut s.discriminator, t),
    },
    Key {
        name: "gout",
        default: "linear (images: tanh; maxout-2014: sigmoid)",
        meaning: "what the generator's last layer ends in",
        allowed: "linear, tanh or sigmoid",
        get: |s| name_of(&OutputAct::NAMES, s.output).into(),
        set: set_output,
    },
    Key {
        name: "loss",
        default: "nonsaturating",
        meaning: "what D and G minimise",
        allowed: "minimax, nonsaturating, leastsquares, wasserstein or hinge",
        get: |s| name_of(&Loss::NAMES, s.loss).into(),
        set: |s, t| named(&Loss::NAMES, t).map(|v| s.loss = v),
    },
    Key {
        name: "reg",
        default: "none",
        meaning: "what keeps D in bounds",
        allowed: reg::ALLOWED,
        get: |s| s.reg.text(),
        set: |s, t| Reg::parse(t).map(|v| s.reg = v),
    },
    Key {
        name: "unroll",
        default: "0",
        meaning: "D-steps that G looks ahead, and differentiates through",
        allowed: UPDATES,
        get: |s| s.unroll.to_string(),
        set: |s, t| whole32(t, 0, 10).map(|v| s.unroll = v),
    },
    Key {
        name: "pack",
        default: "1",
        meaning: "samples in one input of D",
        allowed: "a whole number from 1 to 4",
        get: |s| s.pack.to_string(),
        set: |s, t| whole32(t, 1, 4).map(|v| s.pack = v),
    },
    Key {
        name: "kd",
        default: "1",
        meaning: "D-updates in an iteration",
        allowed: UPDATES,
        get: |s| s.k_d.to_string(),
        set: |s, t| whole32(t, 0, 10).map(|v| s.k_d = v),
    },
    Key {
        name: "kg",
        default: "1",
        meaning: "G-updates in an iteration",
        allowed: UPDATES,
        get: |s| s.k_g.to_string(),
        set: |s, t| whole32(t, 0, 10).map(|v| s.k_g = v),
    },
    Key {
        name: "optd",
        default: "adam:0.001",
        meaning: "D's optimiser",
        allowed: OPTIMISERS,
        get: |s| s.optimiser_d.text(),
        set: |s, t| Optimiser::parse(t).map(|v| s.optimiser_d = v),
    },
    Key {
        name: "optg",
        default: "adam:0.001",
        meaning: "G's optimiser",
        allowed: OPTIMISERS,
        get: |s| s.optimiser_g.text(),
        set: |s, t| Optimiser::parse(t).map(|v| s.optimiser_g = v),
    },
    Key {
        name: "lrdecay",
        default: "none",
        meaning: "how both learning rates fall",
        allowed: "none, cosine:N (to 0 in N updates, N from 1 to 1000000000) or exp:r (times r at each update, r from \
                  0.5 to 1)",
        get: |s| s.decay.text(),
        set: |s, t| Decay::parse(t).map(|v| s.decay = v),
    },
    Key {
        name: "ema",
        default: "none",
        meaning: "the share of the old average of G's parameters that stays at each G-update",
        allowed: "none or a number above 0 and below 1",
        get: |s| s.ema.map_or_else(|| "none".into(), print),
        set: |s, t| parse_ema(t).map(|v| s.ema = v),
    },
    Key {
        name: "order",
        default: "alternating",
        meaning: "whether D and G move in turn or at once",
        allowed: "alternating or simultaneous",
        get: |s| name_of(&Order::NAMES, s.order).into(),
        set: |s, t| named(&Order::NAMES, t).map(|v| s.order = v),
    },
    Key {
        name: "batch",
        default: "128",
        meaning: "samples in a batch",
        allowed: "a whole number from 1 to 4096",
        get: |s| s.batch.to_string(),
        set: |s, t| whole32(t, 1, 4096).map(|v| s.batch = v),
    },
    Key {
        name: "seed",
        default: "1",
        meaning: "what all random numbers follow from",
        allowed: "a whole number from 0 to 4294967295",
        get: |s| s.seed.to_string(),
        set: |s, t| whole32(t, 0, u32::MAX).map(|v| s.seed = v),
    },
    Key {
        name: "backend",
        default: "auto",
        meaning: "where the arithmetic happens",
        allowed: "auto, webgpu or cpu",
        get: |s| name_of(&BackendChoice::NAMES, s.backend).into(),
        set: |s, t| BackendChoice::parse(t).map(|v| s.backend = v),
    },
    Key {
        name: "exec",
        default: "auto",
        meaning: "how a GPU runs the program: a dispatch an op, or one workgroup that walks the list",
        allowed: "auto, dispatch or resident",
        get: |s| name_of(&Exec::NAMES, s.exec).into(),
        set: |s, t| named(&Exec::NAMES, t).map(|v| s.exec = v),
    },
];

/// The fields of the page, in the order of the address.
pub static PAGE_KEYS: [PageKey; 7] = [
    PageKey {
        name: "view",
        default: "the usual layers",
        meaning: "the layers shown",
        allowed: "a list of different layers: real, fake, field, contour, pulls, grid, density, model, score, \
                  optimal, arrows, average and difference (empty shows none)",
    },
    PageKey { name: "play", default: "0", meaning: "whether it starts at once", allowed: "0 or 1" },
    PageKey {
        name: "until",
        default: "none",
        meaning: "the iteration at which it stops",
        allowed: "none or a whole number from 1 to 1000000000000",
    },
    PageKey { name: "lang", default: "en", meaning: "the language", allowed: "en" },
    PageKey {
        name: "theme",
        default: "auto",
        meaning: "the colours",
        allowed: "light, dark or auto",
    },
    PageKey {
        name: "embed",
        default: "0",
        meaning: "whether only stage and transport are shown",
        allowed: "0 or 1",
    },
    PageKey {
        name: "present",
        default: "0",
        meaning: "whether type is large, for a projector",
        allowed: "0 or 1",
    },
];

/// The row of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// All names, for the sentence about an unknown one.
pub(super) fn names() -> String {
    let mut all = vec!["v"];
    all.extend(KEYS.iter().map(|key| key.name));
    all.extend(PAGE_KEYS.iter().map(|key| key.name));
    all.join(", ")
}

fn set_activation(net: &mut Net, text: &str) -> Result<(), Why> {
    let act = Activation::parse(text)?;
    match net.named {
        Some(name) if net.default_activation() != act => {
            Err(fixed_by(name.name(), &net.default_activation().text()))
        }
        _ => {
            net.act = act;
            Ok(())
        }
    }
}

fn set_output(spec: &mut RunSpec, text: &str) -> Result<(), Why> {
    let output = named(&OutputAct::NAMES, text)?;
    match spec.generator.named {
        Some(name) if name.output() != output => {
            Err(fixed_by(name.name(), name_of(&OutputAct::NAMES, name.output())))
        }
        _ => {
            spec.output = output;
            Ok(())
        }
    }
}

fn fixed_by(net: &str, what: &str) -> Why {
    Why::Conflict(
        format!("the net {net} fixes {what}, and widths like 256,512 leave the choice").into(),
    )
}

fn parse_ema(text: &str) -> Result<Option<f64>, Why> {
    if text == "none" {
        return Ok(None);
    }
    let keep = real(text, 0.0, 1.0)?;
    if keep > 0.0 && keep < 1.0 { Ok(Some(keep)) } else { Err(Why::Invalid) }
}
