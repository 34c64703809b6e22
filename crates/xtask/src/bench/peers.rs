//! What a comparison in the browser needs: our page built and served, the peers fetched and bundled.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Bench,
    contender::{Browser, Contender, OURS},
};
use crate::{
    browser, page, paths,
    process::{program, run, say},
    server::Server,
};

/// The peers and the backends on which each is run.
const PEERS: [(&str, &str); 6] = [
    ("tfjs", "cpu"),
    ("tfjs", "wasm"),
    ("tfjs", "webgl"),
    ("tfjs", "webgpu"),
    ("jaxjs", "wasm"),
    ("jaxjs", "webgpu"),
];

/// Everything that browsers are given, for as long as it lives.
pub(super) struct Arena {
    server: Server,
    folder: PathBuf,
    chromium: PathBuf,
    hardware: bool,
}

/// Builds and serves the page, and sets the peers up.
///
/// # Errors
/// When the page does not build, a peer cannot be fetched, or there is no browser.
pub(super) fn set_up(options: &Bench) -> Result<Arena> {
    let dist = page::build()?;
    let folder = fetch()?;
    let chromium = browser::ensure()?.chromium;
    Ok(Arena {
        server: Server::start(&dist, Some(0))?,
        folder,
        chromium,
        hardware: options.hardware,
    })
}

impl Arena {
    /// The page on each of its backends, and all peers.
    pub(super) fn contenders(&self, backends: &[String]) -> Vec<Contender> {
        let ours = backends.iter().map(|backend| (OURS, backend.as_str()));
        ours.chain(PEERS).map(|(peer, backend)| self.contender(peer, backend)).collect()
    }

    fn contender(&self, peer: &'static str, backend: &str) -> Contender {
        Contender::Browser(Browser { peer, ..self.page(backend) })
    }

    /// The page on one of its backends.
    pub(super) fn page(&self, backend: &str) -> Browser {
        Browser {
            peer: OURS,
            backend: backend.to_owned(),
            folder: self.folder.clone(),
            chromium: self.chromium.clone(),
            page: self.server.address(),
            hardware: self.hardware,
        }
    }
}

/// The peers' folder in the per-user cache, where their packages are.
fn fetch() -> Result<PathBuf> {
    let (from, to) = (paths::root().join("benchmarks/peers"), paths::cache()?.join("peers"));
    fs::create_dir_all(&to).with_context(|| format!("{} cannot be made", to.display()))?;
    copy_all(&from, &to)?;
    let (manifest, stamp) = (fs::read(from.join("package.json"))?, to.join(".installed"));
    if fs::read(&stamp).ok().as_ref() != Some(&manifest) {
        say("fetching the peers (npm, once per user)");
        let flags = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
        run(program("npm").args(flags).current_dir(&to))?;
        fs::write(&stamp, manifest)
            .with_context(|| format!("{} cannot be written", stamp.display()))?;
    }
    run(program("node").arg("build.mjs").current_dir(&to))?;
    Ok(to)
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let file = entry?.path();
        let (true, Some(name)) = (file.is_file(), file.file_name()) else { continue };
        fs::copy(&file, to.join(name))
            .with_context(|| format!("{} cannot be copied", file.display()))?;
    }
    Ok(())
}
