//! [`RunSpec`]: one run, valid once constructed.

use std::sync::Arc;

use super::ADDRESS_VERSION;
use super::data_set::{Data, DataKind};
use super::error::{SpecError, Why, shown};
use super::keys::{self, KEYS, Key};
use super::net::{NamedNet, Net, OutputAct, Role};
use super::optimiser::{Decay, Optimiser};
use super::own::{Cloud, Own};
use super::reg::Reg;
use super::value::{BackendChoice, Classes, Exec, Latent, LatentLaw, Loss, Order, name_of};

/// Everything about a run but its weights. All values are effective ones: nothing is left to be resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSpec {
    pub(super) data: Data,
    pub(super) sigma: f64,
    pub(super) own: Own,
    pub(super) classes: Classes,
    pub(super) conditional: bool,
    pub(super) rows: u32,
    pub(super) latent: Latent,
    pub(super) generator: Net,
    pub(super) discriminator: Net,
    pub(super) output: OutputAct,
    pub(super) loss: Loss,
    pub(super) reg: Reg,
    pub(super) unroll: u32,
    pub(super) pack: u32,
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
            conditional: false,
            rows,
            latent: Latent { law: LatentLaw::Gaussian, dim: latent_dim },
            generator: default_net(data, Role::Generator),
            discriminator: default_net(data, Role::Discriminator),
            output: default_output(kind),
            loss: Loss::NonSaturating,
            reg: Reg::default(),
            unroll: 0,
            pack: 1,
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
        if self.order == Order::Simultaneous && self.unroll > 0 {
            return Err(Why::conflict(
                "an unrolled G-update looks ahead of D, so it takes order=alternating",
            )
            .of("unroll", &self.unroll.to_string(), ""));
        }
        if self.discriminator.fittings().keep_hidden < 1.0 {
            for (key, value, least) in [("unroll", self.unroll, 0), ("pack", self.pack, 1)] {
                if value > least {
                    let why = format!("the net maxout-2014 takes {key}={least}");
                    return Err(Why::Conflict(why.into()).of(key, &value.to_string(), ""));
                }
            }
        }
        if self.generator.fittings().batch_norm && self.batch < 2 {
            let why = "the net pacgan-2d normalises by the batch, which takes at least 2 samples";
            return Err(Why::conflict(why).of("batch", "1", ""));
        }
        if self.classes != Classes::All && self.data.kind() != DataKind::Images {
            let why = format!("data={} has no classes, so class takes all", self.data.name());
            return Err(Why::Conflict(why.into()).of("class", &self.classes.text(), ""));
        }
        if self.conditional && self.data.classes() == 0 {
            let why = format!("data={} has no classes to tell", self.data.name());
            return Err(Why::Conflict(why.into()).of("cond", "1", ""));
        }
        Ok(())
    }

    /// The same run with one field changed: the one way to change anything.
    ///
    /// What stood at its default stays at its default, whatever that now is: a change of `data` takes z, g, d and gout
    /// along unless they were chosen. What belongs to the old data set (sigma, points, file, class, rows) goes back to the default of
    /// the new one, and data=dirac brings its nets; a named net brings its own activations.
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
            drop_strangers(&mut fields, value);
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
    /// Live are: kd, kg, loss, reg, unroll, the rates of optd and optg and the momentum of sgd where it has one, backend,
    /// exec, and what changes nothing.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn live_change(&self, key: &str, value: &str) -> Result<Change, SpecError> {
        let next = self.with(key, value)?;
        let same_but_for_live_fields = Self {
            k_d: next.k_d,
            k_g: next.k_g,
            loss: next.loss,
            reg: next.reg,
            unroll: next.unroll,
            optimiser_d: self.optimiser_d.moved_to(next.optimiser_d),
            optimiser_g: self.optimiser_g.moved_to(next.optimiser_g),
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
            "gact" => self.generator.default_activation().text(),
            "dact" => self.discriminator.default_activation().text(),
            "gout" => name_of(&OutputAct::NAMES, self.default_output()).into(),
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
        self.generator = net;
        self.output = self.default_output();
    }

    fn default_output(&self) -> OutputAct {
        self.generator.named.map_or_else(|| default_output(self.data.kind()), NamedNet::output)
    }
}

fn default_net(data: Data, role: Role) -> Net {
    match data.kind() {
        DataKind::Line if data == Data::Dirac => Net::of(NamedNet::Dirac, role),
        DataKind::Images => Net::of(NamedNet::MlpMnist, role),
        DataKind::Line | DataKind::Plane => Net::plain(role, vec![64, 64]),
    }
}

fn default_output(kind: DataKind) -> OutputAct {
    match kind {
        DataKind::Images => OutputAct::Tanh,
        DataKind::Line | DataKind::Plane => OutputAct::Linear,
    }
}

/// Whether a chosen field falls back to its default when `key` takes this value.
fn gives_way(name: &str, key: &str, value: &str) -> bool {
    let named = NamedNet::find(value).is_some();
    match key {
        "data" => {
            ["sigma", "points", "file", "class", "cond", "rows"].contains(&name)
                || (value == Data::Dirac.name()
                    && ["g", "d", "gact", "dact", "gout"].contains(&name))
        }
        "g" => named && ["gact", "gout"].contains(&name),
        "d" => named && name == "dact",
        _ => false,
    }
}

/// Without named nets that are not for this data set, and what they fixed.
fn drop_strangers(fields: &mut Vec<(&'static str, String)>, data: &str) {
    let Ok(data) = Data::parse(data) else { return };
    let stranger = |key: &str| {
        let net = fields.iter().find(|(name, _)| *name == key);
        net.and_then(|(_, text)| NamedNet::find(text)).is_some_and(|net| !net.is_for(data))
    };
    let (g, d) = (stranger("g"), stranger("d"));
    fields.retain(|(name, _)| match *name {
        "g" | "gact" | "gout" => !g,
        "d" | "dact" => !d,
        _ => true,
    });
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
