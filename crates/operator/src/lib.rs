//! The operator's server and its command line: HTTP around the rules of `operator-core`, on the store of
//! `operator-store`.
//!
//! It must not know rules. A route parses, calls, and maps the answer; a command does the same.
//!
//! | Module | Holds |
//! |---|---|
//! | [`instance`] | one data folder, opened: keys, store, clock |
//! | [`folder`] | the files of a data folder |
//! | [`config`] | settings by file and environment |
//! | [`setup`] | the first statements of a new operator |
//! | [`change`] | what officers change: organisations, people, children, places |
//! | [`approval`] | what two officers must do together |
//! | [`inbox`], [`recover`] | files that their owners cannot open: received, and opened by two officers |
//! | [`renew`] | a new recovery key, with new shares |
//! | [`courier`] | sealed parcels that others carry here, and the keys that open them |
//! | [`issue`], [`qr`] | activation codes, their links and pictures |
//! | [`demo`] | a synthetic organisation |
//! | [`sequencer`] | the one writer: several requests in one transaction, one tree head for each |
//! | [`http`] | the routes |
//! | [`serve`] | listening, TLS, shutting down |
//! | [`verify`], [`doctor`] | is the log what it was; can the installation do its work |
//! | [`backup`], [`mark`], [`restored`] | copies of all; how far the log was signed; the way back |
//! | [`collect`], [`erasures`] | the lost end of the log from devices; what stays erased whatever is restored |
//! | [`export`], [`package`] | the whole log as files; one visit with its evidence |
//! | [`cli`] | `esep-operator` |

pub mod approval;
pub mod backup;
pub mod change;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod courier;
pub mod demo;
pub mod doctor;
pub mod erasures;
pub mod export;
pub mod folder;
pub mod http;
pub mod inbox;
pub mod instance;
pub mod issue;
pub mod mark;
pub mod package;
pub mod qr;
pub mod recover;
pub mod renew;
pub mod restored;
pub mod sequencer;
pub mod serve;
pub mod setup;
pub mod verify;

pub use config::Config;
pub use folder::Folder;
pub use instance::Instance;
pub use serve::Server;
