//! Why a text is not a run: each error displays as one sentence that names field, value and what is allowed.

use std::borrow::Cow;

/// A refused address, field or value. The texts of the user inside are already cut to a readable length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Longer than [`super::MAX_ADDRESS_BYTES`].
    #[error("the address has {bytes} bytes, and at most {} are read.", super::MAX_ADDRESS_BYTES)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A part without `=`.
    #[error("\"{text}\" is not of the form key=value, as every part of an address must be.")]
    NotAPair {
        /// The part.
        text: String,
    },
    /// A `%` that is not followed by two hexadecimal digits, or bytes that are not UTF-8.
    #[error(
        "\"{text}\" is not possible: after % come two hexadecimal digits, and the whole must be UTF-8."
    )]
    BadEncoding {
        /// The part.
        text: String,
    },
    /// No such field.
    #[error("there is no field \"{key}\": the fields are {}.", super::keys::names())]
    UnknownKey {
        /// Its name.
        key: String,
    },
    /// The same field twice.
    #[error(
        "{key} is given twice (the second time as \"{value}\"), and each field is allowed once."
    )]
    Duplicate {
        /// The field.
        key: &'static str,
        /// The second value.
        value: String,
    },
    /// A value outside what the field takes.
    #[error("{key}={value} is not possible: {key} takes {allowed}.")]
    NotAllowed {
        /// The field.
        key: &'static str,
        /// The value.
        value: String,
        /// What it takes.
        allowed: Cow<'static, str>,
    },
    /// Part of the address, but not of this version.
    #[error("{key}={value} comes in a later version: until then {key} takes {allowed}.")]
    Later {
        /// The field.
        key: &'static str,
        /// The value.
        value: String,
        /// What it takes today.
        allowed: Cow<'static, str>,
    },
    /// Fine by itself, but not with the other fields.
    #[error("{key}={value} is not possible here: {why}.")]
    Conflict {
        /// The field.
        key: &'static str,
        /// The value.
        value: String,
        /// With what it clashes, and what is allowed.
        why: Cow<'static, str>,
    },
}

/// Why one value is refused, before the field's name is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is not what the table says the field takes.
    Invalid,
    /// It is part of a later version.
    Later,
    /// It clashes with another field: why, and what is allowed.
    Conflict(Cow<'static, str>),
}

impl Why {
    /// A clash, explained by a fixed text.
    pub(super) const fn conflict(why: &'static str) -> Self {
        Self::Conflict(Cow::Borrowed(why))
    }

    /// The error for this field and value.
    pub(super) fn of(self, key: &'static str, value: &str, allowed: &'static str) -> SpecError {
        let value = shown(value);
        match self {
            Self::Invalid => SpecError::NotAllowed { key, value, allowed: allowed.into() },
            Self::Later => SpecError::Later { key, value, allowed: allowed.into() },
            Self::Conflict(why) => SpecError::Conflict { key, value, why },
        }
    }
}

/// At most 60 characters of the user's text, control characters made visible.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut out: String = text
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}
