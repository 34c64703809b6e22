//! Running other programs: one line of progress before each, one sentence when it fails.

use std::{
    env,
    ffi::OsStr,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Prints a line of progress.
pub fn say(line: &str) {
    println!("[xtask] {line}");
}

/// A command that a shell would find; npm and its kin are `.cmd` files on Windows.
#[must_use]
pub fn program(name: &str) -> Command {
    let scripted = cfg!(windows) && matches!(name, "npm" | "wasm-opt");
    Command::new(if scripted { format!("{name}.cmd") } else { name.to_owned() })
}

/// The toolchain's own cargo, as the one that started us.
#[must_use]
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs it with its output on the terminal.
///
/// # Errors
/// When it cannot start or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("{} could not be started", line(command)))?;
    if status.success() { Ok(()) } else { bail!("`{}` failed ({status})", line(command)) }
}

/// Runs it and gives what it wrote to its standard output.
///
/// # Errors
/// When it cannot start or does not succeed; then its standard error is in the sentence.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} could not be started", line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", line(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first file of that name in the folders of `PATH`.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
}

/// The command as a person would type it.
#[must_use]
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
