//! The manners that a compiler does not teach: what a file may hold, and which words a crate must not know.

use crate::sources::{Source, all, code, has_word};

const MOST_LINES: usize = 600;
const MOST_BYTES: usize = 1_000_000;

/// Unfinished code, and tests that do not run or cannot fail. In pieces, so that this file does not hold them.
const UNFINISHED: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[", "ignore"),
    concat!("assert!(", "true)"),
];

/// Folders of one machine.
const PLACES: [&str; 5] = ["work", "root", "farm", "home", "Users"];

/// What the sources in a folder must not know, comments aside.
const NEVER: &[(&str, &[&str])] = &[
    (
        "crates/core/src/",
        &["std::fs", "std::net", "std::thread", "Instant", "SystemTime", "wgpu", "wasm_bindgen"],
    ),
    (
        "crates/kernels/src/",
        &["std::fs", "std::net", "Instant", "SystemTime", "wgpu", "async", "web_sys"],
    ),
    (
        "crates/engine/src/",
        &["std::fs", "std::net", "std::thread", "Instant", "SystemTime", "wgpu", "web_sys"],
    ),
    ("crates/protocol/src/", &["std::fs", "std::net", "std::thread", "Instant", "web_sys"]),
    ("crates/plot/src/", &["std::fs", "std::path", "web_sys", "static mut"]),
    ("crates/worker/src/", &["HtmlElement", "HtmlCanvasElement", "Document"]),
];

/// Words of the game, which the arithmetic must not know; comments included.
const GAME: [&str; 2] = ["generator", "discriminator"];

/// The folder in which `unsafe` may stand.
const UNSAFE: &str = "crates/kernels/src/simd";

/// What a file breaks.
fn broken(file: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |line: usize, what: String| found.push(format!("{}:{line}: {what}", file.path));
    if file.bytes >= MOST_BYTES {
        note(1, format!("{} bytes; large files are fetched, not committed", file.bytes));
    }
    if file.path != "Cargo.lock" {
        for (number, line) in numbered(&file.text)
            .filter(|(_, line)| PLACES.iter().any(|place| is_place(line, place)))
        {
            note(number, format!("a path of one machine: {}", line.trim()));
        }
    }
    if !file.is_rust() {
        return found;
    }
    if !file.text.starts_with("//!") {
        note(1, "the first line does not say why the file exists (`//!`)".into());
    }
    if file.text.lines().count() > MOST_LINES {
        note(MOST_LINES, format!("more than {MOST_LINES} lines"));
    }
    for (number, line) in numbered(&file.text) {
        UNFINISHED
            .iter()
            .filter(|mark| line.contains(**mark))
            .for_each(|mark| note(number, format!("unfinished: {mark}")));
        let is_kernel = file.path.starts_with("crates/kernels/src/");
        GAME.iter()
            .filter(|word| is_kernel && has_word(&line.to_lowercase(), word))
            .for_each(|word| note(number, format!("a word of the game: {word}")));
    }
    for (number, line) in code(&file.text) {
        // A measurement in bare WebAssembly has to export its functions somehow.
        let exports = file.path.contains("/examples/") && line.contains("#[unsafe(no_mangle)]");
        if has_word(&line, "unsafe") && !file.path.starts_with(UNSAFE) && !exports {
            note(number, "unsafe outside the SIMD module".into());
        }
        for (_, words) in NEVER.iter().filter(|(folder, _)| file.path.starts_with(folder)) {
            words
                .iter()
                .filter(|word| has_word(&line, word))
                .for_each(|word| note(number, format!("must not know {word}")));
        }
    }
    found.extend(unexplained_unsafe(file));
    found
}

/// Each unsafe block or implementation has its SAFETY line, at most three lines above.
fn unexplained_unsafe(file: &Source) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let opens = |line: &str| line.contains("unsafe {") || line.contains("unsafe impl");
    let explained = |number: usize| {
        lines[number.saturating_sub(4)..number].iter().any(|line| line.contains("SAFETY"))
    };
    code(&file.text)
        .filter(|(number, line)| opens(line) && !explained(*number))
        .map(|(number, _)| format!("{}:{number}: unsafe without its SAFETY line", file.path))
        .collect()
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

/// `/place/` at the beginning of a path, not within a longer one or an address.
fn is_place(line: &str, place: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "_.-~}$".contains(c);
    line.match_indices(&format!("/{place}/")).any(|(at, _)| !line[..at].ends_with(inside))
}

#[test]
fn every_file_keeps_the_manners() {
    let files = all();
    let rust = files.iter().filter(|file| file.is_rust()).count();
    assert!(rust >= 40, "only {rust} Rust files were found");
    for (folder, _) in NEVER {
        assert!(files.iter().any(|file| file.path.starts_with(folder)), "{folder} holds no file");
    }
    let found: Vec<String> = files.iter().flat_map(broken).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_manifest_takes_the_workspace_lints() {
    let manifests: Vec<_> =
        all().into_iter().filter(|file| file.path.ends_with("/Cargo.toml")).collect();
    assert!(manifests.len() >= 10, "only {} manifests were found", manifests.len());
    for manifest in manifests {
        assert!(
            manifest.text.contains("[lints]\nworkspace = true"),
            "{} has lints of its own",
            manifest.path
        );
    }
}

#[test]
fn the_licences_are_whole() {
    let files = all();
    let text = |path: &str| {
        files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str())
    };
    let (mit, apache) = (text("LICENSE-MIT"), text("LICENSE-APACHE"));
    assert!(
        mit.contains("Permission is hereby granted, free of charge")
            && mit.contains("THE SOFTWARE IS PROVIDED \"AS IS\"")
    );
    assert!(
        apache.contains("Version 2.0, January 2004")
            && apache.contains("END OF TERMS AND CONDITIONS")
    );
}

#[test]
fn planted_faults_are_found() {
    let finds = |path: &str, text: &str, what: &str| {
        let found = broken(&Source::planted(path, text));
        assert!(found.len() == 1 && found[0].contains(what), "{path}: {found:?}");
    };
    finds("a.rs", "// why\n", "why the file exists");
    finds("a.rs", &format!("//! why\n// {}\n", UNFINISHED[0]), "a.rs:2: unfinished");
    finds("a.rs", &format!("//! why\n{}]\n", UNFINISHED[4]), "unfinished");
    finds("a.rs", &format!("//! why\n{}", "//\n".repeat(MOST_LINES)), "more than");
    finds("a.rs", "//! why\nunsafe fn f() {}\n", "outside the SIMD module");
    finds(
        "crates/kernels/src/simd/x.rs",
        "//! why\nlet x = unsafe { y() };\n",
        "without its SAFETY",
    );
    finds("crates/kernels/src/x.rs", "//! why\n// The Generator's loss.\n", "word of the game");
    finds("crates/core/src/x.rs", "//! why\nuse std::fs::File;\n", "must not know std::fs");
    finds("README.md", &format!("see /{}/x\n", PLACES[0]), "a path of one machine");
    finds("a.bin", &"x".repeat(MOST_BYTES), "are fetched, not committed");
}

#[test]
fn what_is_fine_passes() {
    let passes = |path: &str, text: &str| {
        assert_eq!(broken(&Source::planted(path, text)), Vec::<String>::new());
    };
    passes(
        "crates/core/src/x.rs",
        "//! why\n// Never std::fs, nor unsafe.\nlet wgpu_like = \"wgpu\";\n",
    );
    passes(
        "crates/kernels/src/simd/x.rs",
        "//! why\n// SAFETY: in bounds.\nlet x = unsafe { y() };\n",
    );
    passes("README.md", "https://example.org/home/ and $HOME/home/x\n");
}
