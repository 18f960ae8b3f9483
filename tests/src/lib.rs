//! Parts for the acceptance tests: real processes, real buses, real files.
//!
//! | Module | Holds |
//! |---|---|
//! | [`binaries`] | where the built programs lie |
//! | [`operator`] | an `esep-operator` process with a demo organisation |
//! | [`person`] | one person's client on this machine, with the ports of the desktop |
//! | [`window`] | the real window, driven through WebDriver |

pub mod binaries;
pub mod operator;
pub mod person;
pub mod window;
