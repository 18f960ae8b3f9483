//! Parts for the acceptance tests: real processes, real buses, real files.
//!
//! | Module | Holds |
//! |---|---|
//! | [`binaries`] | where the built programs lie |
//! | [`deadline`] | the end of a test that hangs |
//! | [`operator`] | an `esep-operator` process with a demo organisation |
//! | [`person`] | one person's client on this machine, with the ports of the desktop |
//! | [`picture`] | a code on a screen, as another device looks at it |
//! | [`proxy`] | a bad network between a device and an operator |
//! | [`steps`] | the steps of the core as it tells them |
//! | [`window`] | the real window, driven through WebDriver |

pub mod binaries;
pub mod deadline;
pub mod operator;
pub mod person;
pub mod picture;
pub mod proxy;
pub mod steps;
pub mod window;
