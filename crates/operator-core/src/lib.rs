//! The rules of the operator: verify, register, authorise, flag, project, enrol, push, pull, publish.
//!
//! Pure and synchronous: no socket, no file, no clock of its own. It must not know HTTP, SQL or a file system; what it
//! keeps goes through the port [`store::StoreTxn`].
//!
//! | Module | Holds |
//! |---|---|
//! | [`store`] | the port, its consistency contract and the rows |
//! | [`memory`] | the store of tests and of the conformance suite |
//! | [`fact`] | pointers to the statements in force |
//! | [`verify`] | bytes -> [`verify::Checked`], before any transaction |
//! | [`register`] | one verified statement into the log |
//! | [`authorise`] | flags and addresses of a statement |
//! | [`project`] | what follows from the log; rebuilt to equality |
//! | [`scopes`] | what a person may see now |
//! | [`head`] | signed tree heads and proofs |
//! | [`operator`] | the operator's own statements |
//! | [`activation`], [`enrol`] | codes, and binding a device |
//! | [`push`], [`pull`] | the two halves of a sync |
//! | [`carry`] | statements of other devices, handed over |
//! | [`collect`] | the lost end of a log, put together again |
//! | [`fill`] | a content that the log lost, brought later |
//! | [`erase`] | contents that go while their statements stay |
//! | [`pause`] | from when a renewed recovery key may approve that |
//! | [`courier`] | sealed parcels of other devices, opened |
//! | [`recover`] | statements out of a file that its owner could not open |
//! | [`agreement`], [`publish`] | versions of the agreements |
//! | [`directory`] | people, children and places by name, for officers |
//! | [`package`] | one visit with all that makes it believable, for a reader |
//! | `visit` | a visit as the rules compare it with others |
//! | [`audit`] | is everything whole |

pub mod activation;
pub mod agreement;
pub mod audit;
pub mod authorise;
pub mod carry;
pub mod collect;
pub mod courier;
pub mod directory;
pub mod enrol;
pub mod erase;
pub mod fact;
pub mod fill;
pub mod head;
pub mod memory;
pub mod operator;
pub mod package;
pub mod pause;
pub mod project;
pub mod publish;
pub mod pull;
pub mod push;
pub mod recover;
pub mod register;
pub mod scopes;
pub mod store;
pub mod verify;
mod visit;

pub use operator::Operator;
pub use store::{Store, StoreError, StoreRead, StoreTxn};
