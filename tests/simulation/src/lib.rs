//! Devices and an operator in one process: the product's stores, sync and rules on disks, clocks and a network that fail
//! as a seed says. The same seed is the same run.
//!
//! It leaves out screens, HTTP and processes: those are tested in `tests/e2e`.
//!
//! | Module | Holds |
//! |---|---|
//! | [`run`] | one run: steps, healing, checks |
//! | [`world`] | devices, operator, and what people were told |
//! | [`template`] | how every run begins |
//! | `act` | what people do and what happens to their machines |
//! | [`check`] | the invariants |
//! | [`device`], [`server`] | the product's parts, which can end at any write |
//! | [`hands`] | parcels that lie about, and what the operator lost and waits for |
//! | [`network`] | loses, doubles, delays, damages |
//! | `watched` | how the store is asked |
//! | [`disk`] | what a power cut, a kill and a full disk do to SQLite |
//! | [`mistake`] | classic mistakes that must be found |
//! | [`plan`], [`chance`] | what a seed decides |
//! | [`due`] | what must have happened in many of them |

mod act;
pub mod chance;
pub mod check;
pub mod device;
pub mod disk;
pub mod due;
pub mod hands;
pub mod mistake;
pub mod network;
pub mod plan;
pub mod run;
pub mod server;
pub mod template;
mod watched;
pub mod world;
