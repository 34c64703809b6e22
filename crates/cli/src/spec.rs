//! SPEC: what the user wrote, a TOML file or an address, as a run that is valid.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use adversaria_core::spec::{Address, RunSpec};
use anyhow::{Context as _, Result};
use toml::{Table, Value};

use crate::fault::{one_line, usage};
use crate::files;
use crate::presets;

/// What stands before a preset's name.
const PRESET: &str = "preset:";

/// More than any table of fields needs.
const MOST_BYTES: u64 = 1 << 20;

/// Reads SPEC: what begins with `#` is an address, with `preset:` a preset's name, else a file of that name, else an address when it has a `=`.
pub(crate) fn read(text: &OsStr) -> Result<RunSpec> {
    let path = Path::new(text);
    match text.to_str() {
        Some(address) if address.starts_with('#') => Ok(Address::parse(address)?.spec),
        Some(name) if name.starts_with(PRESET) => {
            Ok(Address::parse(presets::find(&name[PRESET.len()..])?.address)?.spec)
        }
        _ if fs::metadata(path).is_ok() => read_file(path),
        Some(address) if address.contains('=') => Ok(Address::parse(address)?.spec),
        _ => Err(usage(format!(
            "\"{}\" is neither a TOML file that is there nor an address such as #data=ring8&kd=5 nor preset:NAME",
            path.display()
        ))),
    }
}

fn read_file(path: &Path) -> Result<RunSpec> {
    let refuse = |why: String| usage(format!("{}: {why}", path.display()));
    let bytes = files::read_within(path, MOST_BYTES, "TOML")?;
    let text = String::from_utf8(bytes).map_err(|_| refuse("the file is not UTF-8 text".into()))?;
    let table: Table = text.parse().map_err(|error| refuse(not_toml(&text, &error)))?;
    let address = address_of(&table).map_err(refuse)?;
    Ok(Address::parse(&address).with_context(|| path.display().to_string())?.spec)
}

fn not_toml(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!(" at line {}", before.matches('\n').count() + 1));
    let line = line.unwrap_or_default();
    format!("it does not read as TOML{line} ({})", one_line(error.message()))
}

/// The table as an address, so that files and addresses are one language.
fn address_of(table: &Table) -> Result<String, String> {
    let mut parts = Vec::new();
    for (key, value) in table {
        parts.push(format!("{}={}", encoded(key), encoded(&text_of(key, value)?)));
    }
    Ok(parts.join("&"))
}

fn text_of(key: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(yes) => Ok(u8::from(*yes).to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.as_integer().map(|n| n.to_string())).collect();
            texts
                .map(|texts| texts.join(","))
                .ok_or_else(|| format!("{key} is an array, and an array takes whole numbers alone"))
        }
        Value::Datetime(_) | Value::Table(_) => Err(format!(
            "{key} is a {}, and a field takes a string, a number, true, false or an array of whole numbers",
            value.type_str()
        )),
    }
}

fn encoded(text: &str) -> String {
    let byte = |b: u8| {
        if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::address_of;
    use adversaria_core::spec::Address;

    #[test]
    fn a_run_written_as_toml_reads_back() {
        let presets = adversaria_core::presets::PRESETS.iter().map(|preset| preset.address);
        let others =
            ["", "data=mnist&class=0,1&batch=64", "g=&d=16&reg=clip:0.01&seed=7&backend=cpu"];
        for address in presets.chain(others) {
            let spec = Address::parse(address).expect("allowed").spec;
            let table = spec.toml().parse().expect("TOML");
            let read = Address::parse(&address_of(&table).expect("flat")).expect("allowed").spec;
            assert_eq!(read, spec, "{}", spec.toml());
        }
    }

    #[test]
    fn every_kind_of_value_becomes_its_field() {
        let text = "data = 'ring8'\ng = [32, 16]\nd = []\nkd = 2\nsigma = 0.05\nplay = true\n'loss' = 'hinge'";
        let table = text.parse().expect("TOML");
        let spec = Address::parse(&address_of(&table).expect("flat")).expect("allowed").spec;
        let same = "data=ring8&g=32,16&d=&kd=2&sigma=0.05&loss=hinge";
        assert_eq!(spec, Address::parse(same).expect("allowed").spec);
    }
}
