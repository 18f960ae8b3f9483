//! The acceptance tests of the product, on real parts. Run by `cargo xtask test`, which builds the programs and opens
//! a session bus with a key store around them (tests/harness/keyring.sh).

mod acceptance;
#[path = "../../crates/platform/tests/support/location.rs"]
mod location_bus;
mod window;
