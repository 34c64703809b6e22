//! The page's address: a run, and how the page shows it.

use super::MAX_ADDRESS_BYTES;
use super::error::{SpecError, Why, shown};
use super::keys::{PAGE_KEYS, PageKey};
use super::number::{switch, whole};
use super::run::RunSpec;
use super::value::{name_of, named};

/// The layers that `view` may name: real and generated samples, D as a field, its ½ contour, the pull on each fake,
/// G's warped grid, p_data, p_g, D(x), D*(x), the arrows z → G(z), what the average of G makes, and D − D*.
pub const VIEW_LAYERS: [&str; 13] = [
    "real",
    "fake",
    "field",
    "contour",
    "pulls",
    "grid",
    "density",
    "model",
    "score",
    "optimal",
    "arrows",
    "average",
    "difference",
];

/// The page's language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
}

/// The page's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    const NAMES: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("light", Self::Light), ("dark", Self::Dark)];
}

/// How the page shows a run. The run does not depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageOptions {
    /// The layers shown, of [`VIEW_LAYERS`]; none given means the page's usual ones.
    pub view: Option<Vec<&'static str>>,
    /// Starts at once.
    pub play: bool,
    /// Stops after this many iterations.
    pub until: Option<u64>,
    /// Language.
    pub lang: Lang,
    /// Colours.
    pub theme: Theme,
    /// Stage and transport alone.
    pub embed: bool,
    /// Large type.
    pub present: bool,
}

impl PageOptions {
    fn set(&mut self, name: &str, text: &str) -> Result<(), Why> {
        match name {
            "view" => self.view = Some(parse_view(text)?),
            "play" => self.play = switch(text)?,
            "until" if text == "none" => self.until = None,
            "until" => self.until = Some(whole(text, 1, 1_000_000_000_000)?),
            "lang" if text == "fr" => return Err(Why::Later),
            "lang" => self.lang = named(&[("en", Lang::En)], text)?,
            "theme" => self.theme = named(&Theme::NAMES, text)?,
            "embed" => self.embed = switch(text)?,
            _ => self.present = switch(text)?,
        }
        Ok(())
    }

    /// The texts of what is not at its default, in the order of [`PAGE_KEYS`].
    fn chosen(&self) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        out.extend(self.view.as_ref().map(|layers| ("view", layers.join(","))));
        out.extend(self.play.then(|| ("play", "1".into())));
        out.extend(self.until.map(|n| ("until", n.to_string())));
        out.extend(
            (self.theme != Theme::Auto)
                .then(|| ("theme", name_of(&Theme::NAMES, self.theme).into())),
        );
        out.extend(self.embed.then(|| ("embed", "1".into())));
        out.extend(self.present.then(|| ("present", "1".into())));
        out
    }
}

fn parse_view(text: &str) -> Result<Vec<&'static str>, Why> {
    let mut layers = Vec::new();
    if text.is_empty() {
        return Ok(layers);
    }
    for part in text.split(',') {
        let layer = VIEW_LAYERS.iter().copied().find(|l| *l == part).ok_or(Why::Invalid)?;
        if layers.contains(&layer) {
            return Err(Why::Invalid);
        }
        layers.push(layer);
    }
    Ok(layers)
}

/// A whole address: the run, and how the page shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    /// The run.
    pub spec: RunSpec,
    /// The page.
    pub page: PageOptions,
}

impl Address {
    /// Reads an address, with or without its `#`; an empty one is all defaults. Parts are percent-decoded.
    ///
    /// # Errors
    /// The first part that is refused.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        if text.len() > MAX_ADDRESS_BYTES {
            return Err(SpecError::TooLong { bytes: text.len() });
        }
        let mut page = PageOptions::default();
        let mut seen: Vec<&str> = Vec::new();
        let mut run: Vec<(String, String)> = Vec::new();
        let body = text.strip_prefix('#').unwrap_or(text);
        for part in body.split('&').filter(|part| !part.is_empty()) {
            let (key, value) =
                part.split_once('=').ok_or_else(|| SpecError::NotAPair { text: shown(part) })?;
            let (key, value) = (decode(key)?, decode(value)?);
            match PAGE_KEYS.iter().find(|row| row.name == key) {
                Some(row) => set_page(&mut page, &mut seen, row, &value)?,
                None => run.push((key, value)),
            }
        }
        Ok(Self { spec: RunSpec::from_pairs(run)?, page })
    }

    /// The address without `#`, without what is at its default.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = self.spec.address();
        for (key, text) in self.page.chosen() {
            out.extend(["&", key, "=", &text]);
        }
        out
    }
}

fn set_page(
    page: &mut PageOptions,
    seen: &mut Vec<&str>,
    row: &PageKey,
    value: &str,
) -> Result<(), SpecError> {
    if seen.contains(&row.name) {
        return Err(SpecError::Duplicate { key: row.name, value: shown(value) });
    }
    seen.push(row.name);
    page.set(row.name, value).map_err(|why| why.of(row.name, value, row.allowed))
}

/// Undoes percent-encoding (RFC 3986, section 2.1); `+` stands for itself.
fn decode(text: &str) -> Result<String, SpecError> {
    let bad = || SpecError::BadEncoding { text: shown(text) };
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
            let (high, low) = (digit().ok_or_else(bad)?, digit().ok_or_else(bad)?);
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).map_err(|_| bad())
}
