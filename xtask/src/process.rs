//! Running a command so that its failure says what failed and how to mend it.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// What went wrong and what a person can do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) mend: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\n  how to mend it: {}", self.what, self.mend)
    }
}

/// Turns an error of the file system into a failure that names the path.
pub(crate) fn on_path<T>(path: &Path, result: std::io::Result<T>) -> Outcome<T> {
    result.map_err(|error| {
        Failure::new(
            format!("{}: {error}", path.display()),
            "check that the path exists, that you own it, and that the disk has room",
        )
    })
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// Where Cargo puts what it builds; everything that these commands write lies below it too.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// One command with the sentence that helps when it fails.
pub(crate) struct Step {
    command: Command,
    mend: String,
}

/// A command run from the root of the repository.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Step {
    let mut command = Command::new(name);
    command.current_dir(root());
    Step { command, mend: "read what it printed above".into() }
}

/// What Cargo tells a program that it runs about that program's package.
const OF_THIS_PACKAGE: &[&str] = &["CARGO_MANIFEST_", "CARGO_PKG_"];

/// The same Cargo that runs this program, and nothing of what that said about this program: build scripts (of `ring`,
/// for one) watch such variables, and whoever builds now by hand and now from here would compile half the house anew.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Step {
    let mut step = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).args(arguments);
    for (name, _) in std::env::vars_os() {
        if OF_THIS_PACKAGE.iter().any(|begin| name.to_string_lossy().starts_with(begin)) {
            step.command.env_remove(name);
        }
    }
    step
}

impl Step {
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub(crate) fn mend(mut self, sentence: &str) -> Self {
        self.mend = sentence.into();
        self
    }

    /// Runs it in sight of the person.
    pub(crate) fn run(mut self) -> Outcome {
        println!("$ {}", self.line());
        let status = self.command.status().map_err(|error| self.cannot_start(&error))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("`{}` ended with {status}", self.line()), self.mend))
    }

    /// Runs it unseen and gives what it printed; on failure, its last words are part of the failure.
    pub(crate) fn read(mut self) -> Outcome<String> {
        let output = self.command.stdin(Stdio::null()).output().map_err(|error| self.cannot_start(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let what = format!("`{}` ended with {}\n{}", self.line(), output.status, words.trim_end());
        Err(Failure::new(what, self.mend))
    }

    /// Whether it can be started and succeeds, without a word on the screen.
    pub(crate) fn quiet_succeeds(mut self) -> bool {
        let quiet = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }

    /// Starts it beside this program, set up by `pipes`.
    pub(crate) fn start(mut self, pipes: impl FnOnce(&mut Command)) -> Outcome<Child> {
        pipes(&mut self.command);
        self.command.spawn().map_err(|error| self.cannot_start(&error))
    }

    fn cannot_start(&self, error: &std::io::Error) -> Failure {
        let name = self.command.get_program().to_string_lossy();
        Failure::new(
            format!("`{name}` cannot be started: {error}"),
            format!("install {name}, or put it on the PATH"),
        )
    }

    /// The command as a person would type it, paths below the root shortened.
    fn line(&self) -> String {
        let root = format!("{}/", root().display());
        let name = Path::new(self.command.get_program()).file_name().unwrap_or_default().to_string_lossy();
        let mut line = name.into_owned();
        for argument in self.command.get_args() {
            line.push(' ');
            line.push_str(&argument.to_string_lossy().replace(&root, ""));
        }
        line
    }
}
