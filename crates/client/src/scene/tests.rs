//! The use cases, one after another, as people meet them.

mod answering;
mod deciding;
mod enduring;
mod getting_in;
mod registering;
mod showing;
