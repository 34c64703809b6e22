//! Building the page, and serving it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    data, module, paths,
    process::{capture, program, run, say},
    server::Server,
    tools,
};

/// Names a folder in which the page is already built, so that the browser tests need not build it.
pub const BUILT: &str = "ADVERSARIA_DIST";

/// The page's html, which names the rest of it as if it lay in a folder of this name.
const HTML: &str = "index.html";
const APP: &str = "app/";
/// Stands in the html for the list of files that are fetched when they are needed.
const LATER: &str = "[\"later\"]";
/// What lies beside the html under its own name; browsers ask for these by name.
const BESIDE: [&str; 5] =
    ["icon-192.png", "icon-512.png", "manifest.webmanifest", "sw.js", "worker.js"];
/// What lies with the program, in a folder named by what it holds, so that it can be kept for ever.
const WITHIN: [&str; 2] = ["web/public/favicon.svg", "web/styles/main.css"];

/// Runs that were trained before, beside the html.
const WARM: &str = "warm";

/// Left in the built page: what it was built from.
const STAMP: &str = ".built-from";

/// What the page does not depend on.
const ASIDE: [&str; 6] =
    [".ci/", "benchmarks/", "crates/cli/", "crates/xtask/", "tests/", "LICENSE"];

/// Builds the page, with its data, and gives the folder it lies in. Quick when nothing has changed.
///
/// # Errors
/// When a tool or the data cannot be had, or the build fails.
pub fn build() -> Result<PathBuf> {
    data::ensure()?;
    let tools = tools::ensure()?;
    let (dist, sources) = (paths::dist(), sources()?);
    let stamp = dist.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == sources) {
        say("the page is up to date");
        return Ok(dist);
    }
    say("building the page (some minutes the first time)");
    let fresh = dist.with_extension("new");
    clear(&fresh)?;
    assemble(&fresh, &tools)?;
    clear(&dist)?;
    fs::remove_dir(&dist).and_then(|()| fs::rename(&fresh, &dist)).with_context(|| {
        format!("{} cannot take the place of {}", fresh.display(), dist.display())
    })?;
    fs::write(&stamp, sources).with_context(|| format!("{} cannot be written", stamp.display()))?;
    Ok(dist)
}

/// Makes it an empty folder.
fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
    .with_context(|| format!("{} cannot be emptied", folder.display()))
}

/// Puts the page together in an empty folder.
fn assemble(into: &Path, tools: &tools::Tools) -> Result<()> {
    let root = paths::root();
    let app = into.join(APP);
    fs::create_dir(&app).with_context(|| format!("{} cannot be made", app.display()))?;
    let later = module::build(&tools.wasm_opt, &app)?;
    for file in WITHIN {
        copy(&root.join(file), &app)?;
    }
    for file in BESIDE {
        copy(&root.join("web/public").join(file), into)?;
    }
    squeeze(&tools.esbuild, &app)?;
    squeeze(&tools.esbuild, into)?;
    let warm = into.join(WARM);
    fs::create_dir(&warm).with_context(|| format!("{} cannot be made", warm.display()))?;
    let trained = root.join("web/public").join(WARM);
    for entry in fs::read_dir(&trained).with_context(|| format!("{} is gone", trained.display()))? {
        copy(&entry?.path(), &warm)?;
    }
    let packs = into.join("data");
    fs::create_dir(&packs).with_context(|| format!("{} cannot be made", packs.display()))?;
    for pack in data::PACKS {
        copy(&root.join("data").join(pack), &packs)?;
    }
    let named = format!("app-{}/", &contents(&app)?[..16]);
    fs::rename(&app, into.join(&named))
        .with_context(|| format!("{} cannot be named {named}", app.display()))?;
    let html = root.join(HTML);
    let html =
        fs::read_to_string(&html).with_context(|| format!("{} cannot be read", html.display()))?;
    anyhow::ensure!(html.contains(LATER), "{HTML} has no place for {LATER}");
    let later: Vec<String> = later.iter().map(|name| format!("./{APP}{name}")).collect();
    let html = html.replace(LATER, &serde_json::to_string(&later)?).replace(APP, &named);
    fs::write(into.join(HTML), html).with_context(|| format!("{HTML} cannot be written"))
}

/// wasm-bindgen writes a key for each part, and they are the same.
const SQUEEZE: [&str; 5] = [
    "--minify",
    "--charset=utf8",
    "--log-level=warning",
    "--log-override:duplicate-object-key=silent",
    "--allow-overwrite",
];

/// Scripts and styles of a folder without what only people read.
fn squeeze(esbuild: &tools::Tool, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|kind| kind == "js" || kind == "css") {
            let mut command = esbuild.command();
            command.args(SQUEEZE);
            run(command.arg(&file).arg(format!("--outfile={}", file.display())))?;
        }
    }
    Ok(())
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file has a name")?;
    fs::copy(file, folder.join(name))
        .map(|_| ())
        .with_context(|| format!("{} cannot be copied", file.display()))
}

/// A digest of every file in a folder.
fn contents(folder: &Path) -> Result<String> {
    let read = || format!("{} cannot be read", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .with_context(read)?;
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(fs::read(&file).with_context(read)?);
    }
    Ok(data::hex(&digest.finalize()))
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
