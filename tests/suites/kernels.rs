//! The kernels' WGSL files, all of them.

use adversaria_kernels::wgsl::{BLOCK, DISPATCH, QUAD, RESIDENT, TILE};

/// Which of a folder's texts are in no module.
fn left_out(texts: &[String]) -> Vec<&str> {
    let modules = [&DISPATCH, &RESIDENT, &TILE, &BLOCK, &QUAD];
    let is_in = |text: &str| modules.iter().any(|module| module.source.contains(text));
    texts.iter().map(String::as_str).filter(|text| !is_in(text)).collect()
}

#[test]
fn every_wgsl_file_is_in_a_module() {
    let folder = xtask::paths::root().join("crates/kernels/src/wgsl");
    let mut texts = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        // Modules are joined without comments.
        let lines = text.split_inclusive('\n').filter(|line| !line.trim().starts_with("//"));
        texts.push(lines.collect());
    }
    assert!(texts.len() >= 12, "{} files", texts.len());
    assert_eq!(left_out(&texts), Vec::<&str>::new());
    assert_eq!(left_out(&["fn nobody_has() {}".to_owned()]).len(), 1, "what is left out passes");
}
