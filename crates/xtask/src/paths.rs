//! The one place that knows where things lie: the checkout, and the per-user cache that survives it.

use std::{env, ffi::OsString, path::PathBuf};

use anyhow::{Context, Result};

/// The checkout's root folder.
#[must_use]
pub fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).map_or_else(|| manifest.clone(), PathBuf::from)
}

/// The built page.
#[must_use]
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// `$XDG_CACHE_HOME/adversaria`, else `~/.cache/adversaria` (`%LOCALAPPDATA%\adversaria` on Windows).
///
/// # Errors
/// When the environment names no home folder.
pub fn cache() -> Result<PathBuf> {
    let home = || env::home_dir().map(|home| home.join(".cache"));
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(home);
    Ok(base.context("no home folder is known: set XDG_CACHE_HOME")?.join("adversaria"))
}

/// Prepared data: `$ADVERSARIA_DATA`, else `data` in [`cache`].
///
/// # Errors
/// As [`cache`].
pub fn data() -> Result<PathBuf> {
    folder("ADVERSARIA_DATA").map_or_else(|| Ok(cache()?.join("data")), Ok)
}

fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from)
}
