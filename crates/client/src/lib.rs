//! The use cases of the client (see docs/ARCHITECTURE.md).
pub mod ipc;
pub mod ports;
