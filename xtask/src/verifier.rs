//! `verifier`: the auditor's offline verifier on a log that the built operator exports, and on damaged copies of it.

use crate::process::{Failure, Outcome, cargo, target};
use crate::python::Python;
use crate::suite::WORKSPACE;
use std::path::PathBuf;

const OPERATOR: &str = "debug/esep-operator";
/// Makes a log in which a visit was told about to the end.
const TOLD: &str = "debug/examples/told";

/// Builds the two programs whose exports are verified, then runs the tests.
///
/// # Errors
/// As [`verify`], or when the operator does not compile.
pub(crate) fn check_alone() -> Outcome {
    cargo(["build", "--package", "operator", "--bin", "esep-operator", "--example", "told"]).run()?;
    verify()
}

/// The same after the stage that built the workspace: with its features, so that nothing is compiled a second time.
///
/// # Errors
/// As [`check_alone`].
pub(crate) fn check() -> Outcome {
    cargo(["build"].iter().chain(WORKSPACE).chain(&["--example", "told"])).run()?;
    verify()
}

/// Prepares Python with the verifier's own libraries and runs its tests on the operator that was built.
///
/// # Errors
/// When there is no such operator, when Python or a library cannot be had, or when a test fails.
fn verify() -> Outcome {
    let operator = operator("cargo xtask verifier")?;
    Python::with("verifier/requirements.txt")?
        .args(["-m", "unittest", "discover", "-s", "verifier/tests", "-t", "."])
        .env("ESEP_OPERATOR_BIN", &operator)
        .env("ESEP_TOLD_BIN", target().join(TOLD))
        .mend("docs/PROTOCOL.md decides whether the log or the verifier is wrong")
        .run()
}

/// The operator that was built; `alone` is the command that builds it and runs the asking stage by itself.
///
/// # Errors
/// When there is none.
pub(crate) fn operator(alone: &str) -> Outcome<PathBuf> {
    let operator = target().join(OPERATOR);
    if !operator.is_file() {
        return Err(Failure::new(
            format!("{} is not built", operator.display()),
            format!("{alone} builds it and runs this stage alone"),
        ));
    }
    Ok(operator)
}
