//! A private Python for what is checked by another language and other libraries than the product's.

use crate::process::{Outcome, Step, program, root, target};
use std::ffi::OsStr;
use std::path::PathBuf;

/// An interpreter below `target/` that has the pinned libraries of its users.
pub(crate) struct Python(PathBuf);

impl Python {
    /// Prepares it with what the file `requirements`, named from the root, pins. Files that name the same library
    /// must pin the same version: there is one interpreter.
    ///
    /// # Errors
    /// When Python or a library cannot be had.
    pub(crate) fn with(requirements: &str) -> Outcome<Self> {
        let home = target().join("python");
        let python = Self(home.join("bin/python"));
        if !python.0.is_file() {
            program("python3")
                .args(["-m", "venv"])
                .args([&home])
                .mend("install Python 3.11 or later with its venv module: sudo apt-get install python3-venv")
                .run()?;
        }
        python
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .args([root().join(requirements)])
            .mend("check the connection to the Python package index, then remove target/python and try again")
            .run()?;
        Ok(python)
    }

    /// One run of it, which leaves no compiled files among the sources.
    pub(crate) fn args<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Step {
        program(&self.0).env("PYTHONDONTWRITEBYTECODE", "1").args(arguments)
    }
}
