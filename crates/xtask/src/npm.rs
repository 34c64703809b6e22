//! Single files from npm, held to the sums that are pinned here. Nothing of them is run on this side.

use std::{fs, io::Read as _, path::Path, path::PathBuf};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha512};

use crate::{
    paths,
    process::{program, run, say},
};

/// A package of which something is wanted.
pub(crate) struct Package {
    /// Name and version, `name@1.2.3`.
    pub(crate) name: &'static str,
    /// The file that npm makes of it.
    pub(crate) tarball: &'static str,
    /// npm's integrity field of that file.
    pub(crate) sha512: &'static str,
}

/// The checker of accessibility that the browser tests run in the page.
const AXE: Package = Package {
    name: "axe-core@4.14.1",
    tarball: "axe-core-4.14.1.tgz",
    sha512: "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
};
const AXE_FILE: &str = "package/axe.min.js";

impl Package {
    /// The tarball's bytes, fetched into `folder`, where nothing of it stays.
    ///
    /// # Errors
    /// When npm cannot be reached or the file is not the pinned one.
    pub(crate) fn fetch(&self, folder: &Path) -> Result<Vec<u8>> {
        run(program("npm")
            .args(["pack", self.name, "--silent", "--pack-destination"])
            .arg(folder)
            .current_dir(folder))?;
        let file = folder.join(self.tarball);
        let bytes =
            fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))?;
        let sum = BASE64_STANDARD.encode(Sha512::digest(&bytes));
        ensure!(
            sum == self.sha512,
            "{} is not the file that is pinned: its SHA-512 is {sum}",
            self.tarball
        );
        Ok(bytes)
    }
}

/// The script of axe-core, from the per-user cache.
///
/// # Errors
/// When it is not there and cannot be fetched.
pub fn axe() -> Result<PathBuf> {
    let folder = paths::cache()?.join("tools").join(AXE.tarball.trim_end_matches(".tgz"));
    let file = folder.join("axe.min.js");
    if file.is_file() {
        return Ok(file);
    }
    say(&format!("fetching {} (once per user)", AXE.name));
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let script = entry(&AXE.fetch(&folder)?, AXE_FILE)?;
    // Whole or not at all, also when two do it at once.
    let part = folder.join(format!("axe-{}.part", std::process::id()));
    fs::write(&part, script).with_context(|| format!("{} cannot be written", part.display()))?;
    fs::rename(&part, &file).with_context(|| format!("{} cannot be made", file.display()))?;
    Ok(file)
}

/// One file of a tarball.
fn entry(tarball: &[u8], name: &str) -> Result<Vec<u8>> {
    for entry in tar::Archive::new(GzDecoder::new(tarball)).entries()? {
        let mut entry = entry?;
        if entry.path()?.as_ref() == Path::new(name) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    anyhow::bail!("the package has no {name}")
}
