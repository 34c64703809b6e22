//! The page's program: compiled, split into what the first visit needs and what is fetched later, bound to JavaScript,
//! and shrunk.

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::{Options, transform};

use crate::{
    paths,
    process::{cargo, run},
    tools::Tool,
};

/// The crate with the program, its binary, and the profile that it is built in.
const PACKAGE: &str = "adversaria-app";
const NAME: &str = "adversaria";
const PROFILE: &str = "page";
/// What the wasm may hold besides the first version's instructions.
const FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Builds the program into `into`; gives the names of the parts that are fetched when they are needed.
///
/// # Errors
/// When a tool fails or a file cannot be written.
pub fn build(wasm_opt: &Tool, into: &Path) -> Result<Vec<String>> {
    let whole = compile()?;
    let apart = whole.with_file_name("parts");
    fresh(&apart)?;
    let (main, later) = split(&whole, &apart)?;
    bind(&main, into)?;
    fs::remove_file(&main).with_context(|| format!("{} cannot be removed", main.display()))?;
    copy_all(&apart, into)?;
    // The main part takes as long as all others.
    thread::scope(|scope| {
        let main = scope.spawn(|| shrink(wasm_opt, &into.join(format!("{NAME}_bg.wasm"))));
        later.iter().try_for_each(|name| shrink(wasm_opt, &into.join(name)))?;
        main.join().map_err(|_| anyhow!("shrinking the main part panicked"))?
    })?;
    Ok(later)
}

fn compile() -> Result<PathBuf> {
    let target = paths::root().join("target");
    let mut command = cargo();
    command.args(["build", "--offline", "--profile", PROFILE, "--package", PACKAGE]);
    command.args(["--target", crate::tools::WASM_TARGET, "--target-dir"]).arg(&target);
    let remap: Vec<String> = sources().map(|from| format!("--remap-path-prefix={from}=")).collect();
    let flags = serde_json::to_string(&remap)?;
    command.args(["--config", &format!("target.{}.rustflags={flags}", crate::tools::WASM_TARGET)]);
    run(command.current_dir(paths::root()))?;
    Ok(target.join(crate::tools::WASM_TARGET).join(PROFILE).join(NAME).with_extension("wasm"))
}

/// Where cargo keeps the sources of other crates. Messages name them, and a page should not tell who built it.
fn sources() -> impl Iterator<Item = String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries =
        home.into_iter().filter_map(|home| fs::read_dir(home.join("registry/src")).ok());
    registries.flatten().flatten().filter_map(|entry| entry.path().to_str().map(str::to_owned))
}

/// Splits at the functions marked `wasm_split`: the main part, and the names of the others.
fn split(whole: &Path, into: &Path) -> Result<(PathBuf, Vec<String>)> {
    let bytes = fs::read(whole).with_context(|| format!("{} cannot be read", whole.display()))?;
    let (main, script) = (into.join(NAME).with_extension("wasm"), format!("./{NAME}.js"));
    let mut options = Options::new(&bytes);
    options.output_dir = into;
    options.main_out_path = &main;
    options.main_module = &script;
    let split = transform(options).map_err(|error| anyhow!("the wasm was not split: {error:#}"))?;
    let name = |path: &PathBuf| {
        path.file_name()
            .and_then(|name| name.to_str())
            .map(str::to_owned)
            .context("a part has no name")
    };
    let mut later = split.split_modules.iter().map(name).collect::<Result<Vec<_>>>()?;
    later.sort();
    Ok((main, later))
}

fn bind(main: &Path, into: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    // The parts import from the main one what its exports name.
    bindgen
        .input_path(main)
        .out_name(NAME)
        .typescript(false)
        .keep_lld_exports(true)
        .demangle(false);
    let mut output =
        bindgen.web(true).and_then(Bindgen::generate_output).context("the wasm was not bound")?;
    let mut names = Vec::new();
    for import in output.wasm_mut().imports.iter_mut().filter(|import| is_hashed(&import.name)) {
        let short = format!("w{}", names.len());
        names.push((std::mem::replace(&mut import.name, short.clone()), short));
    }
    output.emit(into).context("the bound program cannot be written")?;
    let script = into.join(NAME).with_extension("js");
    let text = fs::read_to_string(&script)
        .with_context(|| format!("{} cannot be read", script.display()))?;
    fs::write(&script, renamed(text, &names))
        .with_context(|| format!("{} cannot be written", script.display()))
}

/// Whether an import has a name such as `__wbg_get_0123456789abcdef`. Hundreds of hashes, which nothing packs, are 10 KB.
fn is_hashed(name: &str) -> bool {
    let hash = name.strip_prefix("__wbg_").and_then(|rest| rest.rsplit_once('_'));
    hash.is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The script with other names; none of the old ones is a part of another word, since each ends with its hash.
fn renamed(script: String, names: &[(String, String)]) -> String {
    names.iter().fold(script, |script, (name, short)| script.replace(name, short))
}

/// What makes the wasm small once it is packed, by trial: 1 % less than `-O2` alone. Functions stay where they are called,
/// but for those of a few instructions, and those of like names, which are alike, stand side by side.
const SHRINK: [&str; 4] = [
    "-O2",
    "--one-caller-inline-max-function-size=40",
    "--always-inline-max-function-size=3",
    "--reorder-functions-by-name",
];

fn shrink(wasm_opt: &Tool, wasm: &Path) -> Result<()> {
    run(wasm_opt.command().args(SHRINK).args(FEATURES).arg(wasm).arg("-o").arg(wasm))
}

fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be emptied", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

fn copy_all(from: &Path, into: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), into.join(entry.file_name()))
            .with_context(|| format!("{} cannot be copied", entry.path().display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{is_hashed, renamed};

    #[test]
    fn only_hashed_names_are_short_afterwards() {
        assert!(is_hashed("__wbg_get_0123456789abcdef") && is_hashed("__wbg_a_b_0123456789abcdef"));
        assert!(!is_hashed("__wbindgen_throw") && !is_hashed("__wbg_get_0123456789abcde"));
        let names = [("__wbg_get_0123456789abcdef".to_owned(), "w0".to_owned())];
        let script = "__wbg_get_0123456789abcdef: get(), __wbg_ptr".to_owned();
        assert_eq!(renamed(script, &names), "w0: get(), __wbg_ptr");
    }
}
