//! An account's file that its owner cannot open any more: the key that lies sealed beside it, the pack in which it
//! travels, and what can still be read of it (architecture 7).
//!
//! The device seals and packs; two officers together open and read. Both sides share this crate, so that the form is
//! written once; so is what somebody carries sealed to the operator ([`courier`]). It must not know of sockets, of accounts, or of what statements mean.
//!
//! | Module | Holds |
//! |---|---|
//! | [`courier`] | unsent statements on their way through somebody else's hands: sealing and opening |
//! | [`sealed`] | the data key, sealed to the recovery key |
//! | [`share`] | the recovery secret in two halves, each worth nothing alone |
//! | [`pack`] | the files of one account as one file, without a copy of them |
//! | [`salvage`] | own statements out of a whole or damaged file, one by one |

pub mod courier;
pub mod pack;
pub mod salvage;
pub mod sealed;
pub mod share;

pub use pack::Pack;
pub use salvage::Salvage;
pub use sealed::SealedKey;
pub use share::{Opener, Share};
