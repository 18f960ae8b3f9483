//! The use cases of the client (see docs/ARCHITECTURE.md).
pub mod ipc;
pub mod ports;
#[cfg(any(test, feature = "test-support"))]
pub mod testing;

mod code_image;
mod errors;
mod file;
mod locate;
mod pin;
mod vault;
