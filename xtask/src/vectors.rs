//! `vectors`: the statement vectors, made and verified by a COSE library that shares no line with ours.

use crate::process::{Outcome, program, root, target};

/// Prepares a private Python with the library, then runs the independent check.
///
/// # Errors
/// When Python or the library cannot be had, or when a vector does not verify.
pub(crate) fn check() -> Outcome {
    let folder = root().join("tests/vectors");
    let home = target().join("python");
    let python = home.join("bin/python");
    if !python.is_file() {
        program("python3")
            .args(["-m", "venv"])
            .args([&home])
            .mend("install Python 3.11 or later with its venv module: sudo apt-get install python3-venv")
            .run()?;
    }
    program(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .args([folder.join("requirements.txt")])
        .mend("check the connection to the Python package index, then remove target/python and try again")
        .run()?;
    program(&python)
        .args([folder.join("check.py")])
        .mend("a statement format is for ever: mend the code, not the vector")
        .run()
}
