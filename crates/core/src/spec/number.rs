//! Numbers in addresses: read strictly, printed as shortly as reads back equal.

use super::decimal::decimal;
use super::error::Why;

/// A finite decimal number of [lo, hi]: digits, at most one point, an optional exponent; no sign, space or word.
pub(super) fn real(text: &str, lo: f64, hi: f64) -> Result<f64, Why> {
    let number = if text.len() <= 40 { decimal(text) } else { None };
    number.filter(|x| (lo..=hi).contains(x)).ok_or(Why::Invalid)
}

/// A whole number of [lo, hi], digits only.
pub(super) fn whole(text: &str, lo: u64, hi: u64) -> Result<u64, Why> {
    let plain = text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(n) if plain && n >= lo && n <= hi => Ok(n),
        _ => Err(Why::Invalid),
    }
}

/// [`whole`] for numbers that fit 32 bits.
pub(super) fn whole32(text: &str, lo: u32, hi: u32) -> Result<u32, Why> {
    whole(text, lo.into(), hi.into()).and_then(|n| u32::try_from(n).map_err(|_| Why::Invalid))
}

/// `0` or `1`.
pub(super) fn switch(text: &str) -> Result<bool, Why> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(Why::Invalid),
    }
}

/// The fewest digits that read back as the same number, with an exponent only for the very small.
pub(super) fn print(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-5 { format!("{x:e}") } else { format!("{x}") }
}
