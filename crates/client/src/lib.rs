//! The use cases of the client: enrol, accept, register a visit, confirm it, review it, and what the screens show.
//!
//! It must not know windows, pages or platforms: the machine comes in through [`ports`], the screens see [`ipc`].
//!
//! | Module | Holds |
//! |---|---|
//! | [`app`] | the facade: one method for each command |
//! | [`ipc`] | what crosses to the screens and back |
//! | [`ports`] | what is needed from the machine |
//! | `vault`, `pin` | account folders, keys, wrong PINs |
//! | `enrol`, `account`, `session` | binding a device, opening an account, what runs while it is open |
//! | `agreement` | reading and accepting |
//! | `access` | who the person is and what that allows |
//! | `register_visit`, `change_visit`, `confirm_visit`, `review_visit` | the facts |
//! | `room` | whether a visit more finds room |
//! | `guest` | a representative without a phone answers on the specialist's device |
//! | `visit_code` | two devices without a network |
//! | `courier` | unsent statements through somebody else's hands |
//! | `locate` | the only reader of a location |
//! | `children`, `visits`, `people`, `readings`, `view` | lists and details |
//! | `visits_csv`, `code_image` | files out, pictures in |
//! | `trust` | asking for a proof, and handing the evidence on, after a check of the operator failed |
//! | `reseal` | the account's key, sealed to the recovery key in force |
//! | `sync_loop`, `background` | what happens by itself |
//! | `errors` | the one mapping to the closed list of the screens |

pub mod app;
pub mod ipc;
pub mod ports;
#[cfg(any(test, feature = "test-support"))]
pub mod testing;

mod access;
mod account;
mod agreement;
mod aside;
mod background;
mod change_visit;
mod children;
mod code_image;
mod codes;
mod confirm_visit;
mod courier;
mod enrol;
mod errors;
mod file;
mod guest;
mod input;
mod locate;
mod options;
mod people;
mod pin;
mod preferences;
mod profile;
mod readings;
mod register_visit;
mod reseal;
mod review_visit;
mod room;
#[cfg(test)]
mod scene;
mod session;
mod sync_loop;
mod trust;
mod vault;
mod view;
mod visit_code;
mod visits;
mod visits_csv;

pub use app::App;
pub use options::{CAPTURE_WINDOW, Options};
pub use profile::profile_id;
pub use visits_csv::save_csv;
