//! `verifier`: the auditor's offline verifier on a log that the built operator exports, and on damaged copies of it.

use crate::process::{Failure, Outcome, cargo, target};
use crate::python::Python;

const OPERATOR: &str = "debug/esep-operator";

/// Builds the one program whose export is verified, then runs the tests.
///
/// # Errors
/// As [`check`], or when the operator does not compile.
pub(crate) fn check_alone() -> Outcome {
    cargo(["build", "--package", "operator", "--bin", "esep-operator"]).run()?;
    check()
}

/// Prepares Python with the verifier's own libraries and runs its tests on the operator that was built.
///
/// # Errors
/// When there is no such operator, when Python or a library cannot be had, or when a test fails.
pub(crate) fn check() -> Outcome {
    let operator = target().join(OPERATOR);
    if !operator.is_file() {
        return Err(Failure::new(
            format!("{} is not built", operator.display()),
            "cargo xtask verifier builds it and runs this stage alone",
        ));
    }
    Python::with("verifier/requirements.txt")?
        .args(["-m", "unittest", "discover", "-s", "verifier/tests", "-t", "."])
        .env("ESEP_OPERATOR_BIN", &operator)
        .mend("docs/PROTOCOL.md decides whether the log or the verifier is wrong")
        .run()
}
