//! [`RunSpec`]: one run, valid once constructed.

use std::sync::Arc;

use super::ADDRESS_VERSION;
use super::data_set::{Data, DataKind};
use super::error::{SpecError, Why, shown};
use super::keys::{self, KEYS, Key};
use super::net::{Activation, NamedNet, Net, OutputAct};
use super::optimiser::{Decay, Optimiser};
use super::own::{Cloud, Own};
use super::value::{BackendChoice, Classes, Exec, Latent, LatentLaw, Loss, Order};

/// Everything about a run but its weights. All values are effective ones: nothing is left to be resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSpec {
    pub(super) data: Data,
    pub(super) sigma: f64,
    pub(super) own: Own,
    pub(super) classes: Classes,
    pub(super) rows: u32,
    pub(super) latent: Latent,
    pub(super) generator: Net,
    pub(super) discriminator: Net,
    pub(super) output: OutputAct,
    pub(super) loss: Loss,
    pub(super) clip: Option<f64>,
    pub(super) k_d: u32,
    pub(super) k_g: u32,
    pub(super) optimiser_d: Optimiser,
    pub(super) optimiser_g: Optimiser,
    pub(super) decay: Decay,
    pub(super) ema: Option<f64>,
    pub(super) order: Order,
    pub(super) batch: u32,
    pub(super) seed: u32,
    pub(super) backend: BackendChoice,
    pub(super) exec: Exec,
}

/// What a change of one field asks of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It may go on, from now on under this spec.
    Live(RunSpec),
    /// It must start afresh under this spec.
    Restart(RunSpec),
}

/// The one field that is not in [`KEYS`].
const VERSION_KEY: &str = "v";

impl Default for RunSpec {
    fn default() -> Self {
        Self::of(Data::Gaussians)
    }
}

impl RunSpec {
    /// The run of this data set with every other field at its default.
    #[must_use]
    pub fn of(data: Data) -> Self {
        let kind = data.kind();
        let (_, rows, _) = data.rows_range();
        let adam = Optimiser::Adam { lr: 0.001, beta1: 0.9, beta2: 0.999 };
        let latent_dim = match kind {
            DataKind::Line => 1,
            DataKind::Plane => 2,
            DataKind::Images => 64,
        };
        Self {
            data,
            sigma: data.default_sigma().unwrap_or(0.0),
            own: Own::usual(data),
            classes: Classes::All,
            rows,
            latent: Latent { law: LatentLaw::Gaussian, dim: latent_dim },
            generator: default_net(kind, &[256, 512]),
            discriminator: default_net(kind, &[512, 256]),
            output: default_output(kind),
            loss: Loss::NonSaturating,
            clip: None,
            k_d: 1,
            k_g: 1,
            optimiser_d: adam,
            optimiser_g: adam,
            decay: Decay::None,
            ema: None,
            order: Order::Alternating,
            batch: 128,
            seed: 1,
            backend: BackendChoice::Auto,
            exec: Exec::Auto,
        }
    }

    /// The run that these fields describe, each key at most once, in any order; what is not given is at its default.
    ///
    /// # Errors
    /// The first field that is refused.
    pub fn from_pairs<S: AsRef<str>>(
        pairs: impl IntoIterator<Item = (S, S)>,
    ) -> Result<Self, SpecError> {
        let pairs: Vec<(S, S)> = pairs.into_iter().collect();
        let texts: Vec<(&str, &str)> =
            pairs.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
        Self::build(&texts)
    }

    fn build(pairs: &[(&str, &str)]) -> Result<Self, SpecError> {
        let mut given: [Option<&str>; KEYS.len()] = [None; KEYS.len()];
        let mut version = None;
        for &(key, value) in pairs {
            let (name, slot) = match KEYS.iter().position(|k| k.name == key) {
                Some(at) => (KEYS[at].name, &mut given[at]),
                None if key == VERSION_KEY => (VERSION_KEY, &mut version),
                None => return Err(SpecError::UnknownKey { key: shown(key) }),
            };
            if slot.replace(value).is_some() {
                return Err(SpecError::Duplicate { key: name, value: shown(value) });
            }
        }
        check_version(version)?;
        // In the order of the table, because a default may depend on the fields before it.
        let mut spec = Self::default();
        for (key, value) in KEYS.iter().zip(given) {
            if let Some(value) = value {
                (key.set)(&mut spec, value).map_err(|why| why.of(key.name, value, key.allowed))?;
            }
        }
        spec.check_together()?;
        Ok(spec)
    }

    /// What no field can tell by itself.
    fn check_together(&self) -> Result<(), SpecError> {
        if self.k_d == 0 && self.k_g == 0 {
            return Err(Why::conflict(
                "kd=0 and kg=0 together update nothing, so at least one must be from 1 to 10",
            )
            .of("kg", "0", ""));
        }
        if self.order == Order::Simultaneous && (self.k_d, self.k_g) != (1, 1) {
            let why =
                format!("it takes kd=1 and kg=1 and there are kd={} and kg={}", self.k_d, self.k_g);
            return Err(Why::Conflict(why.into()).of("order", "simultaneous", ""));
        }
        if self.classes != Classes::All && self.data.kind() != DataKind::Images {
            let why = format!("data={} has no classes, so class takes all", self.data.name());
            return Err(Why::Conflict(why.into()).of("class", &self.classes.text(), ""));
        }
        Ok(())
    }

    /// The same run with one field changed: the one way to change anything.
    ///
    /// What stood at its default stays at its default, whatever that now is: a change of `data` takes z, g, d and gout
    /// along unless they were chosen. What belongs to the old data set (sigma, points, file, class, rows) goes back to the default of
    /// the new one; a named net brings its own activations.
    ///
    /// # Errors
    /// When the value is refused, or clashes with the other fields.
    pub fn with(&self, key: &str, value: &str) -> Result<Self, SpecError> {
        if key == VERSION_KEY {
            return check_version(Some(value)).map(|()| self.clone());
        }
        let row = keys::find(key).ok_or_else(|| SpecError::UnknownKey { key: shown(key) })?;
        let mut fields = self.chosen();
        fields.retain(|(name, _)| *name != key && !gives_way(name, key, value));
        fields.push((row.name, value.to_owned()));
        if key == "data" {
            drop_fixed(&mut fields, value);
        }
        let next = Self::from_chosen(&fields)?;
        Ok(self.own.cloud().and_then(|rows| next.supplied(rows)).unwrap_or(next))
    }

    /// The same run with the rows of its file; none where it is not they that it is about.
    #[must_use]
    pub fn supplied(&self, rows: &Arc<Cloud>) -> Option<Self> {
        self.own.supplied(rows).map(|own| Self { own, ..self.clone() })
    }

    fn from_chosen(fields: &[(&'static str, String)]) -> Result<Self, SpecError> {
        let texts: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        Self::build(&texts)
    }

    /// Whether a running session may take this change, and the spec that it leads to.
    ///
    /// Live are: kd, kg, loss, the rates of optd and optg, backend, exec, and what changes nothing.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn live_change(&self, key: &str, value: &str) -> Result<Change, SpecError> {
        let next = self.with(key, value)?;
        let same_but_for_live_fields = Self {
            k_d: next.k_d,
            k_g: next.k_g,
            loss: next.loss,
            optimiser_d: self.optimiser_d.at_rate(next.optimiser_d.lr()),
            optimiser_g: self.optimiser_g.at_rate(next.optimiser_g.lr()),
            backend: next.backend,
            exec: next.exec,
            ..self.clone()
        };
        Ok(if same_but_for_live_fields == next {
            Change::Live(next)
        } else {
            Change::Restart(next)
        })
    }

    /// The text of a field, defaults included.
    ///
    /// # Errors
    /// [`SpecError::UnknownKey`].
    pub fn get(&self, key: &str) -> Result<String, SpecError> {
        match keys::find(key) {
            Some(row) => Ok((row.get)(self)),
            None if key == VERSION_KEY => Ok(ADDRESS_VERSION.to_string()),
            None => Err(SpecError::UnknownKey { key: shown(key) }),
        }
    }

    /// The text that a field has by default, given the data and the nets of this run.
    ///
    /// # Errors
    /// [`SpecError::UnknownKey`].
    pub fn default_of(&self, key: &str) -> Result<String, SpecError> {
        keys::find(key)
            .map(|row| self.default_text(row))
            .ok_or_else(|| SpecError::UnknownKey { key: shown(key) })
    }

    fn default_text(&self, key: &Key) -> String {
        match key.name {
            "data" => key.default.to_owned(),
            "gact" => default_act(&self.generator).text(),
            "dact" => default_act(&self.discriminator).text(),
            // Of the nets, only mlp-mnist fixes an output, and it is that of its data.
            _ => (key.get)(&Self::of(self.data)),
        }
    }

    /// The fields that are not at their default.
    fn chosen(&self) -> Vec<(&'static str, String)> {
        let texts = KEYS.iter().map(|key| (key, (key.get)(self)));
        texts
            .filter(|(key, text)| *text != self.default_text(key))
            .map(|(key, text)| (key.name, text))
            .collect()
    }

    /// All fields and their texts, defaults written out, sorted by name: the metadata of a checkpoint.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut all: Vec<_> = KEYS.iter().map(|key| (key.name, (key.get)(self))).collect();
        all.push((VERSION_KEY, ADDRESS_VERSION.to_string()));
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }

    /// The address, without `#` and without what is at its default: `v=1&data=ring8`.
    #[must_use]
    pub fn address(&self) -> String {
        let mut out = format!("{VERSION_KEY}={ADDRESS_VERSION}");
        for (key, text) in self.chosen() {
            out.extend(["&", key, "=", &text]);
        }
        out
    }

    /// The run as a TOML file, as the command line takes it: what is not at its default, a line each.
    #[must_use]
    pub fn toml(&self) -> String {
        let mut out = format!("{VERSION_KEY} = {ADDRESS_VERSION}\n");
        for (key, text) in self.chosen() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            out.extend([key, " = \"", &text, "\"\n"]);
        }
        out
    }

    /// A named G brings its output as well.
    pub(super) fn set_generator(&mut self, net: Net) {
        self.output = net.named.map_or_else(|| default_output(self.data.kind()), NamedNet::output);
        self.generator = net;
    }
}

fn default_net(kind: DataKind, mlp_mnist: &[u32]) -> Net {
    match kind {
        DataKind::Images => {
            let net = NamedNet::MlpMnist;
            Net { hidden: mlp_mnist.to_vec(), act: net.activation(), named: Some(net) }
        }
        DataKind::Line | DataKind::Plane => {
            Net { hidden: vec![64, 64], act: Activation::Relu, named: None }
        }
    }
}

fn default_act(net: &Net) -> Activation {
    net.named.map_or(Activation::Relu, NamedNet::activation)
}

fn default_output(kind: DataKind) -> OutputAct {
    match kind {
        DataKind::Images => OutputAct::Tanh,
        DataKind::Line | DataKind::Plane => OutputAct::Linear,
    }
}

/// Whether a chosen field falls back to its default when `key` takes this value.
fn gives_way(name: &str, key: &str, value: &str) -> bool {
    let named = value == NamedNet::MlpMnist.name();
    match key {
        "data" => ["sigma", "points", "file", "class", "rows"].contains(&name),
        "g" => named && ["gact", "gout"].contains(&name),
        "d" => named && name == "dact",
        _ => false,
    }
}

/// Without the activations that a named net, brought in by this data set, fixes itself.
fn drop_fixed(fields: &mut Vec<(&'static str, String)>, data: &str) {
    if Data::parse(data).map(Data::kind) != Ok(DataKind::Images) {
        return;
    }
    let given = |net: &str| fields.iter().any(|(name, _)| *name == net);
    let (own_g, own_d) = (given("g"), given("d"));
    fields.retain(|(name, _)| match *name {
        "gact" | "gout" => own_g,
        "dact" => own_d,
        _ => true,
    });
}

fn check_version(text: Option<&str>) -> Result<(), SpecError> {
    match text {
        None | Some("1") => Ok(()),
        Some(other) => Err(Why::Invalid.of(
            VERSION_KEY,
            other,
            "1, the version of addresses that this program reads",
        )),
    }
}
