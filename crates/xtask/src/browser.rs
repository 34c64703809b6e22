//! Finding Chromium and its driver, and installing them where that is ours to do.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::process::{find, program, run, say};

const DEBIAN: [&str; 3] = ["chromium", "chromium-driver", "mesa-vulkan-drivers"];

/// The two programs that the browser tests start.
#[derive(Debug)]
pub struct Browser {
    /// Chromium or Chrome.
    pub chromium: PathBuf,
    /// Its WebDriver.
    pub driver: PathBuf,
}

/// The browser that is here: `$CHROMIUM` and `$CHROMEDRIVER`, else what `PATH` has.
#[must_use]
pub fn locate() -> Option<Browser> {
    let named = |variable: &str| env::var_os(variable).map(PathBuf::from);
    let chromium =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    Some(Browser {
        chromium: named("CHROMIUM").or_else(|| chromium.into_iter().find_map(find))?,
        driver: named("CHROMEDRIVER").or_else(|| find("chromedriver"))?,
    })
}

/// The browser, and a Vulkan adapter beside it, installed from Debian's packages when one is missing and we may.
///
/// # Errors
/// When the browser is missing and must be installed by hand: the sentence says what.
pub fn ensure() -> Result<Browser> {
    let found = locate();
    if !installs_here() {
        let Some(browser) = found else {
            bail!(
                "install Chromium and its chromedriver (on Debian and Ubuntu as root: apt-get install {})",
                DEBIAN.join(" ")
            );
        };
        return Ok(browser);
    }
    if let Some(browser) = found
        && has_mesa()
    {
        return Ok(browser);
    }
    say("installing Chromium, its driver and Mesa's software Vulkan");
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get");
        run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-q"])?;
    apt(&[&["install", "-y", "-q", "--no-install-recommends"], &DEBIAN[..]].concat())?;
    locate().map_or_else(|| bail!("Chromium was installed but is not on PATH"), Ok)
}

/// Whether there is a Vulkan adapter that we install ourselves: then tests may ask for one.
#[must_use]
pub fn has_adapter() -> bool {
    installs_here() && has_mesa()
}

/// Debian as root, as in continuous integration: its packages are ours to install.
fn installs_here() -> bool {
    Path::new("/etc/debian_version").is_file() && is_root()
}

/// Whether Vulkan's loader is told of Mesa's software adapter.
fn has_mesa() -> bool {
    let Ok(drivers) = std::fs::read_dir("/usr/share/vulkan/icd.d") else { return false };
    drivers.flatten().any(|driver| driver.file_name().to_string_lossy().starts_with("lvp_icd"))
}

fn is_root() -> bool {
    crate::process::capture(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
