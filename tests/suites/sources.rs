//! The project's files, as git sees them, and what of a Rust file is code.

use std::{fs, path::PathBuf, process::Command};

/// A file of the project.
pub(crate) struct Source {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// Empty when it is not text.
    pub(crate) text: String,
    /// Its length.
    pub(crate) bytes: usize,
}

impl Source {
    /// A file that exists only in a test.
    pub(crate) fn planted(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into(), bytes: text.len() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every file that is committed or would be.
pub(crate) fn all() -> Vec<Source> {
    let root = xtask::paths::root();
    let list = Command::new("git")
        .args(["ls-files", "-z", "-co", "--exclude-standard"])
        .current_dir(&root)
        .output();
    let list = String::from_utf8(list.unwrap().stdout).unwrap();
    let paths = list.split('\0').filter(|path| !path.is_empty());
    // A file that is deleted but not yet committed is still listed.
    paths
        .map(|path| (path, root.join(path)))
        .filter(|(_, file)| file.is_file())
        .map(|(path, file)| read(path, file))
        .collect()
}

fn read(path: &str, file: PathBuf) -> Source {
    let bytes = fs::read(file).unwrap();
    Source {
        path: path.into(),
        bytes: bytes.len(),
        text: String::from_utf8(bytes).unwrap_or_default(),
    }
}

/// Each line of a Rust file without its comment and without the insides of its strings on one line.
pub(crate) fn code(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    text.lines().enumerate().map(|(number, line)| (number + 1, strip(line)))
}

fn strip(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let (mut in_string, mut previous) = (false, ' ');
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        if !in_string && c == '/' && rest.peek() == Some(&'/') {
            break;
        }
        if c == '"' && previous != '\\' && previous != '\'' {
            in_string = !in_string;
            kept.push(c);
        } else if !in_string {
            kept.push(c);
        }
        previous = if previous == '\\' && c == '\\' { ' ' } else { c };
    }
    kept
}

/// Whether the word stands in the line by itself.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[test]
fn comments_and_strings_are_not_code() {
    assert_eq!(strip(r#"let a = "un\"safe // x"; // unsafe"#), r#"let a = ""; "#);
    assert_eq!(strip("let quote = '\"'; unsafe"), "let quote = '\"'; unsafe");
    assert!(has_word("an unsafe {", "unsafe") && !has_word("unsafe_code", "unsafe"));
}
