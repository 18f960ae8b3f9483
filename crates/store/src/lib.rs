//! The device's encrypted store: one SQLCipher file per account with the journal, the outbox and what is shown.
//!
//! It must not know the network or the screens. Raw connections never leave it: reading goes through [`Reader`],
//! writing statements through [`Appending`], each within one transaction.
//!
//! | Module | Holds |
//! |---|---|
//! | [`open`] | creating, opening, checking and moving aside a file |
//! | [`account`] | whose file it is: device key, operator, person |
//! | [`append`] | sealing own statements: one immediate transaction |
//! | [`carry`] | what another device showed without a network |
//! | `collect` | what a restored operator lost and this device holds |
//! | [`courier`] | parcels: own ones that were sealed, and those of others that are carried |
//! | `capture` | readings of the location that are still running |
//! | `lookup` | how own statements are found again |
//! | `outbox`, `receipts` | what waits, and what closes it |
//! | [`trust`] | the end of the trust in the operator's key, and its evidence |
//! | `pull`, `scope` | others' statements, and forgetting them when a scope is lost |
//! | `erasing` | erasures that wait out a pause of the recovery key |
//! | `projection` | what is shown, made from statements and disposable |
//! | [`read`] | lists and details for the screens |
//! | `statement`, `column`, `schema` | rows and tables |
//! | `reserve` | room for visits on a full disk |
//! | `setting` | small values: reading progress, preferences |

pub mod account;
pub mod append;
mod capture;
pub mod carry;
mod collect;
mod column;
pub mod courier;
mod erasing;
pub mod error;
mod lookup;
pub mod open;
mod outbox;
mod projection;
mod pull;
pub mod read;
mod receipts;
mod reserve;
mod schema;
mod scope;
mod setting;
mod statement;
#[cfg(test)]
mod testing;
pub mod trust;

pub use account::{Account, NewDevice};
pub use append::{Appended, Appending};
pub use capture::PendingCapture;
pub use carry::Carried;
pub use error::{OpenError, StoreError};
pub use open::{Key, Store, move_aside};
pub use read::Reader;
