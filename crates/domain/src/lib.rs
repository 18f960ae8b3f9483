//! The words of the product: people, children, visits, consents, places and who may see what.
//!
//! Pure: no file, no network, no clock of its own. Time comes in through [`clock::Clock`], chance through
//! [`clock::Rng`]. It must not know how a statement is encoded (crate `journal`), stored or sent.
//!
//! | Module | Holds |
//! |---|---|
//! | [`id`] | a newtype for each random id, key ids and statement ids |
//! | [`kind`] | the kinds of signed statements |
//! | [`content`] | what each kind says |
//! | [`scope`] | audiences: which statement reaches whom, whole or as an envelope |
//! | [`visit`] | the state machine of one visit, folded from its statements |
//! | [`flag`] | reasons for a person to look |
//! | [`interval`] | when a statement was made, as far as it can be proven |
//! | [`erasing`] | from when a renewed recovery key may approve an erasing |
//! | [`agreement`] | the text of an agreement, structured |
//! | [`consent`] | what of it a person accepts, after all that was withdrawn |
//! | [`iin`], [`bin`], [`phone`], [`text`], [`geo`] | numbers, names and positions of Kazakhstan |
//! | [`service_catalogue`] | the coded list of services |
//! | [`words`] | words for codes in the three languages |

pub mod agreement;
pub mod bin;
pub mod clock;
pub mod consent;
pub mod content;
pub mod date;
pub mod erasing;
pub mod flag;
pub mod geo;
pub mod id;
mod identity_number;
pub mod iin;
pub mod interval;
pub mod kind;
pub mod phone;
pub mod region;
pub mod scope;
pub mod sensitive;
pub mod service_catalogue;
pub mod text;
pub mod visit;
pub mod words;

pub use clock::{Clock, ContinuousTime, Rng};
pub use content::Content;
pub use kind::Kind;
