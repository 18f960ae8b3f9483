//! `stranger`: a second client, written in Python from docs/PROTOCOL.md alone, on the operator that was built.

use crate::process::{Outcome, cargo};
use crate::python::Python;
use crate::verifier;

/// Builds the operator, then runs the tests of the second client.
///
/// # Errors
/// As [`check`], or when the operator does not compile.
pub(crate) fn check_alone() -> Outcome {
    cargo(["build", "--package", "operator", "--bin", "esep-operator"]).run()?;
    check()
}

/// Prepares Python with the client's own libraries and lets it work with the operator that was built.
///
/// # Errors
/// When there is no such operator, when Python or a library cannot be had, or when a test fails.
pub(crate) fn check() -> Outcome {
    let operator = verifier::operator("cargo xtask stranger")?;
    Python::with("tests/stranger/requirements.txt")?
        .args(["-m", "unittest", "discover", "-s", "tests/stranger"])
        .env("ESEP_OPERATOR_BIN", &operator)
        .mend("docs/PROTOCOL.md decides whether the operator or the client is wrong; where it is silent, mend it first")
        .run()
}
