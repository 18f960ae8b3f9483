//! Where the operator keeps its log: backends of the port [`operator_core::store`].
//!
//! It must not know rules: what is registered, flagged or shown is decided in `operator-core`.
//!
//! | Module | Holds |
//! |---|---|
//! | [`collected`] | what devices handed back after a restore, until it is put together |
//! | [`sqlite`] | the embedded default: one file, no other service |

pub mod collected;
pub mod sqlite;

pub use collected::Collected;
pub use sqlite::SqliteStore;
