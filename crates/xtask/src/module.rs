//! The page's program: compiled, split into what the first visit needs and what is fetched later, bound to JavaScript,
//! and shrunk.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::{Options, transform};

use crate::{
    paths,
    process::{cargo, run},
    tools::WasmOpt,
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
pub fn build(wasm_opt: &WasmOpt, into: &Path) -> Result<Vec<String>> {
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
    run(command.current_dir(paths::root()))?;
    Ok(target.join(crate::tools::WASM_TARGET).join(PROFILE).join(NAME).with_extension("wasm"))
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
    bindgen.web(true).and_then(|bindgen| bindgen.generate(into)).context("the wasm was not bound")
}

fn shrink(wasm_opt: &WasmOpt, wasm: &Path) -> Result<()> {
    run(wasm_opt.command().arg("-O2").args(FEATURES).arg(wasm).arg("-o").arg(wasm))
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
