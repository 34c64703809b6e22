//! The build's pinned tools beside cargo: taken from `PATH` when the version there is right, else installed once per user.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    paths,
    process::{capture, cargo, program, run, say},
};

/// What the page is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A program that npm has, of one version.
struct Pinned {
    package: &'static str,
    version: &'static str,
    program: &'static str,
    /// What it says to `--version`, or how that begins.
    greeting: &'static str,
}

const WASM_OPT: Pinned = Pinned {
    package: "binaryen",
    version: "132.0.0",
    program: "wasm-opt",
    greeting: "wasm-opt version 132",
};
const ESBUILD: Pinned =
    Pinned { package: "esbuild", version: "0.28.2", program: "esbuild", greeting: "0.28.2" };

/// Where a program is.
pub struct Tool {
    pinned: &'static Pinned,
    /// Its folder, where `PATH` lacks it.
    folder: Option<PathBuf>,
}

impl Tool {
    /// It, to be given arguments.
    #[must_use]
    pub fn command(&self) -> Command {
        let plain = program(self.pinned.program);
        match &self.folder {
            Some(folder) => Command::new(folder.join(plain.get_program())),
            None => plain,
        }
    }

    fn answers(&self) -> bool {
        let said = capture(self.command().arg("--version"));
        said.is_ok_and(|said| is_version(&said, self.pinned.greeting))
    }
}

/// What shrinks the page: its program, and its scripts and styles.
pub struct Tools {
    /// Of Binaryen.
    pub wasm_opt: Tool,
    /// For what browsers read as text.
    pub esbuild: Tool,
}

/// Everything that building the page takes: the wasm target, fetched crates, tools.
///
/// # Errors
/// When something is missing and cannot be installed.
pub fn ensure() -> Result<Tools> {
    wasm_target()?;
    let tools = Tools { wasm_opt: tool(&WASM_OPT)?, esbuild: tool(&ESBUILD)? };
    fetch()?;
    Ok(tools)
}

/// Adds rustfmt and clippy where the toolchain lacks them.
///
/// # Errors
/// When they are missing and rustup cannot add them.
pub fn lints() -> Result<()> {
    let present =
        |name: &str| capture(cargo().args([name, "--version"]).current_dir(paths::root())).is_ok();
    if present("fmt") && present("clippy") {
        return Ok(());
    }
    say("adding rustfmt and clippy to the toolchain");
    run(program("rustup")
        .args(["component", "add", "rustfmt", "clippy"])
        .current_dir(paths::root()))
}

fn tool(pinned: &'static Pinned) -> Result<Tool> {
    let plain = Tool { pinned, folder: None };
    if plain.answers() {
        return Ok(plain);
    }
    let package = format!("{}-{}", pinned.package, pinned.version);
    let root = paths::cache()?.join("tools").join(package);
    // npm puts global executables into the prefix itself on Windows.
    let folder = if cfg!(windows) { root.clone() } else { root.join("bin") };
    let own = Tool { pinned, folder: Some(folder) };
    if !own.answers() {
        say(&format!("installing {} {} (once per user)", pinned.package, pinned.version));
        install(pinned, &root)?;
        ensure!(own.answers(), "{} was installed but does not run", pinned.program);
    }
    Ok(own)
}

fn install(pinned: &Pinned, root: &Path) -> Result<()> {
    fs::create_dir_all(root).with_context(|| format!("{} cannot be made", root.display()))?;
    let flags = ["install", "--global", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"];
    run(program("npm").args(flags).arg(root).arg(format!("{}@{}", pinned.package, pinned.version)))
}

/// `version 13` must not pass for `version 132`, nor the other way round.
fn is_version(said: &str, greeting: &str) -> bool {
    said.strip_prefix(greeting)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

fn wasm_target() -> Result<()> {
    let sysroot =
        capture(program("rustc").args(["--print", "sysroot"]).current_dir(paths::root()))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir() {
        return Ok(());
    }
    say(&format!("adding the target {WASM_TARGET}"));
    run(program("rustup").args(["target", "add", WASM_TARGET]).current_dir(paths::root()))
}

/// The page is built offline: the crates must be here before.
fn fetch() -> Result<()> {
    run(cargo().args(["fetch", "--quiet"]).current_dir(paths::root()))
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_are_compared_whole() {
        assert!(is_version("wasm-opt version 132 (version_132)\n", "wasm-opt version 132"));
        assert!(!is_version("wasm-opt version 1321\n", "wasm-opt version 132"));
        assert!(!is_version("wasm-opt version 132\n", "wasm-opt version 1321"));
    }
}
