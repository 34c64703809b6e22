//! Building the page with trunk, and serving it.

use std::{fs, io, path::PathBuf, thread};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    data, paths,
    process::{capture, program, run, say},
    server::Server,
    tools,
};

/// Names a folder in which the page is already built, so that the browser tests need not build it.
pub const BUILT: &str = "ADVERSARIA_DIST";

/// Left in the built page: what it was built from. trunk removes it with the rest of an older build.
const STAMP: &str = ".built-from";

/// What the page does not depend on.
const ASIDE: [&str; 5] = [".ci/", "crates/cli/", "crates/xtask/", "tests/", "LICENSE"];

/// Builds the page, with its data, and gives the folder it lies in. Quick when nothing has changed.
///
/// # Errors
/// When a tool or the data cannot be had, or the build fails.
pub fn build() -> Result<PathBuf> {
    data::ensure()?;
    let toolbox = tools::ensure()?;
    let (dist, sources) = (paths::dist(), sources()?);
    let stamp = dist.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == sources) {
        say("the page is up to date");
        return Ok(dist);
    }
    say("building the page (some minutes the first time)");
    let mut trunk = program("trunk");
    trunk.args(["build", "--offline"]).current_dir(paths::root()).env("PATH", toolbox.path()?);
    // trunk reads this as the value of a flag and stumbles over the customary "1".
    run(trunk.env_remove("NO_COLOR"))?;
    fs::write(&stamp, sources).with_context(|| format!("{} cannot be written", stamp.display()))?;
    Ok(dist)
}

/// A digest of everything that the page is built from.
fn sources() -> Result<String> {
    let root = paths::root();
    let mut git = program("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&root);
    let list = capture(&mut git)?;
    let data = data::PACKS.map(|name| format!("data/{name}"));
    let aside =
        |path: &&str| path.ends_with(".md") || ASIDE.iter().any(|start| path.starts_with(start));
    let listed = list.split('\0').filter(|path| !path.is_empty() && !aside(path));
    let mut digest = Sha256::new();
    for path in listed.chain(data.iter().map(String::as_str)) {
        let file = match fs::read(root.join(path)) {
            Ok(file) => file,
            // Deleted but not yet committed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("{path} cannot be read")),
        };
        digest.update(path);
        digest.update((file.len() as u64).to_le_bytes());
        digest.update(file);
    }
    Ok(data::hex(&digest.finalize()))
}

/// Builds the page and serves it until interrupted.
///
/// # Errors
/// As [`build`], and when the port is taken.
pub fn serve(port: Option<u16>) -> Result<()> {
    let dist = build()?;
    let server = Server::start(&dist, port)?;
    server.check()?;
    say(&format!("Adversaria is at {}/ (Ctrl-C ends it)", server.address()));
    loop {
        thread::park();
    }
}
