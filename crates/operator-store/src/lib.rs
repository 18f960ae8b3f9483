//! Where the operator keeps its log: backends of the port [`operator_core::store`].
//!
//! It must not know rules: what is registered, flagged or shown is decided in `operator-core`.
//!
//! | Module | Holds |
//! |---|---|
//! | [`sqlite`] | the embedded default: one file, no other service |

pub mod sqlite;

pub use sqlite::SqliteStore;
