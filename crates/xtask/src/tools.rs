//! The pinned build tools: taken from `PATH` when the version there is right, else installed once per user.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    paths,
    process::{capture, cargo, program, run, say},
};

const BINARYEN: &str = "132.0.0";
/// What the page is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// How a tool is installed.
enum Source {
    /// From crates.io.
    Cargo,
    /// From npm.
    Npm,
}

/// One pinned tool.
struct Tool {
    program: &'static str,
    package: &'static str,
    version: String,
    /// What its `--version` must begin with.
    greeting: String,
    source: Source,
}

/// The tools: in folders of their own where `PATH` lacks them.
pub struct Toolbox {
    folders: Vec<PathBuf>,
}

impl Toolbox {
    /// A pinned tool, from where it was found.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let plain = program(name);
        let there = self.folders.iter().map(|folder| folder.join(plain.get_program()));
        there.into_iter().find(|file| file.is_file()).map_or(plain, Command::new)
    }
}

/// Everything that building the page takes: the wasm target, fetched crates, wasm-bindgen, wasm-opt.
///
/// # Errors
/// When something is missing and cannot be installed.
pub fn ensure() -> Result<Toolbox> {
    wasm_target()?;
    let mut folders = Vec::new();
    for tool in pinned()? {
        folders.extend(tool.folder()?);
    }
    fetch()?;
    Ok(Toolbox { folders })
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

fn pinned() -> Result<[Tool; 2]> {
    let bindgen = locked_version("wasm-bindgen")?;
    Ok([
        Tool {
            program: "wasm-bindgen",
            package: "wasm-bindgen-cli",
            greeting: format!("wasm-bindgen {bindgen}"),
            version: bindgen,
            source: Source::Cargo,
        },
        Tool {
            program: "wasm-opt",
            package: "binaryen",
            version: BINARYEN.into(),
            greeting: format!(
                "wasm-opt version {}",
                BINARYEN.split('.').next().unwrap_or(BINARYEN)
            ),
            source: Source::Npm,
        },
    ])
}

impl Tool {
    /// Where it lies, installed when need be; `None` when `PATH` has the right one.
    fn folder(&self) -> Result<Option<PathBuf>> {
        if self.answers(None) {
            return Ok(None);
        }
        let root = paths::cache()?.join("tools").join(format!("{}-{}", self.package, self.version));
        let folder = self.executables(&root);
        if !self.answers(Some(&folder)) {
            say(&format!("installing {} {} (once per user)", self.package, self.version));
            self.install(&root)?;
            anyhow::ensure!(
                self.answers(Some(&folder)),
                "{} was installed but does not run",
                self.program
            );
        }
        Ok(Some(folder))
    }

    fn answers(&self, folder: Option<&Path>) -> bool {
        let mut command = program(self.program);
        if let Some(folder) = folder {
            command = Command::new(folder.join(command.get_program()));
        }
        capture(command.arg("--version")).is_ok_and(|said| is_version(&said, &self.greeting))
    }

    fn executables(&self, root: &Path) -> PathBuf {
        // npm puts global executables into the prefix itself on Windows.
        if cfg!(windows) && matches!(self.source, Source::Npm) {
            root.to_owned()
        } else {
            root.join("bin")
        }
    }

    fn install(&self, root: &Path) -> Result<()> {
        fs::create_dir_all(root).with_context(|| format!("{} cannot be made", root.display()))?;
        match self.source {
            Source::Cargo => self.cargo_install(root),
            Source::Npm => {
                let package = format!("{}@{}", self.package, self.version);
                let flags = [
                    "install",
                    "--global",
                    "--no-audit",
                    "--no-fund",
                    "--loglevel=error",
                    "--prefix",
                ];
                run(program("npm").args(flags).arg(root).arg(package))
            }
        }
    }

    /// Optimising the tools would take longer than they ever run. Started outside the checkout, whose cargo
    /// settings are not for them.
    fn cargo_install(&self, root: &Path) -> Result<()> {
        let build = paths::cache()?.join("build").join(self.package);
        let mut command = cargo();
        command.args(["install", self.package, "--version", &self.version, "--root"]).arg(root);
        command.arg("--target-dir").arg(&build).current_dir(root);
        for (setting, value) in
            [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "256"), ("DEBUG", "0")]
        {
            command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        run(&mut command)?;
        fs::remove_dir_all(&build).with_context(|| format!("{} cannot be removed", build.display()))
    }
}

/// `wasm-bindgen 0.2.13` must not pass for `wasm-bindgen 0.2.130`, nor the other way round.
fn is_version(said: &str, greeting: &str) -> bool {
    said.strip_prefix(greeting)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

/// The version of a crate in Cargo.lock.
fn locked_version(name: &str) -> Result<String> {
    let file = paths::root().join("Cargo.lock");
    let lock =
        fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    version_in(&lock, name).with_context(|| format!("Cargo.lock does not name {name}"))
}

fn version_in(lock: &str, name: &str) -> Option<String> {
    let heading = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != heading);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"').map(str::to_owned)
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
    use super::{is_version, version_in};

    #[test]
    fn versions_are_compared_whole() {
        assert!(is_version("wasm-bindgen 0.2.130\n", "wasm-bindgen 0.2.130"));
        assert!(is_version("wasm-opt version 132 (version_132)\n", "wasm-opt version 132"));
        assert!(!is_version("wasm-bindgen 0.2.130\n", "wasm-bindgen 0.2.13"));
        assert!(!is_version("wasm-bindgen 0.2.13\n", "wasm-bindgen 0.2.130"));
    }

    #[test]
    fn the_lock_file_is_read_by_exact_name() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"9.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n";
        assert_eq!(version_in(lock, "a").as_deref(), Some("1.2.3"));
        assert_eq!(version_in(lock, "b"), None);
    }
}
