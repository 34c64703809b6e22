//! Running the built program in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that is gone after the test.
pub(crate) struct Place(PathBuf);

impl Place {
    /// A new one; the name is the test's.
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("adversaria-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file in it.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Writes a file in it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).expect("written");
    }

    /// The program, to be run here, where Vulkan finds no driver; the arguments are separated by blanks.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = self.command_on_gpu(arguments);
        for list in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
            command.env(list, self.path("no-driver.json"));
        }
        command
    }

    /// The same with the drivers that this machine has.
    pub(crate) fn command_on_gpu(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adversaria"));
        command.args(arguments.split_whitespace()).current_dir(&self.0);
        command.env("ADVERSARIA_DATA", self.path("images"));
        command
    }

    /// Runs it with the drivers that this machine has; it must succeed. `None` where there is no adapter and none is
    /// required.
    pub(crate) fn done_on_gpu(&self, arguments: &str) -> Option<String> {
        let output = self.command_on_gpu(arguments).output().expect("the program starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        let required = std::env::var("GPU").is_ok_and(|wish| wish == "require");
        if errors.contains("no GPU adapter") && !required {
            println!("skipped: {errors}");
            return None;
        }
        assert!(output.status.success(), "{arguments}: {errors}");
        Some(String::from_utf8(output.stdout).expect("text"))
    }

    /// Runs it, whatever comes of it.
    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs it; it must succeed. Its standard output.
    pub(crate) fn done(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs it; it must end with this code and one sentence, which is given back.
    pub(crate) fn refused(&self, arguments: &str, code: i32) -> String {
        let output = self.run(arguments);
        sentence(&output, code, arguments)
    }
}

/// The one line on standard error of a run that ended with this code, behind the note that the CPU computes.
pub(crate) fn sentence(output: &Output, code: i32, what: &str) -> String {
    let errors = String::from_utf8(output.stderr.clone()).expect("text");
    let noted = errors.strip_prefix("on the CPU: ").and_then(|rest| rest.split_once('\n'));
    let errors = noted.map_or(errors.clone(), |(_, rest)| rest.to_owned());
    assert_eq!(output.status.code(), Some(code), "{what}: {errors}");
    assert_eq!(errors.lines().count(), 1, "{what} gives one line: {errors}");
    assert!(errors.ends_with('\n') && errors.trim().len() > 20, "{what}: {errors}");
    assert!(output.stdout.is_empty(), "{what} prints nothing else");
    errors
}

/// Whether a file is there.
pub(crate) fn is_there(path: &Path) -> bool {
    path.is_file()
}

impl Drop for Place {
    fn drop(&mut self) {
        // What a test leaves behind in the temporary folder fails nothing.
        if std::fs::remove_dir_all(&self.0).is_err() {}
    }
}
