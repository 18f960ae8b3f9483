//! From the rows of the store to what the screens show. Nothing here writes or waits.
//!
//! | Module | Holds |
//! |---|---|
//! | `card` | people as others see them, with what is looked up once for a list |
//! | `visit` | a visit in a list, with what may be done with it |
//! | `story` | the statements of a visit |
//! | `evidence` | the proven time of a visit, and what its flags are about in numbers |
//! | `location` | outcome of a reading in words and metres |
//! | `child` | children, siblings, care teams |
//! | `agreement` | structured texts, acceptances |
//! | `directory` | people, children, places |
//! | `me` | the person and the device |

pub(crate) mod agreement;
pub(crate) mod card;
pub(crate) mod child;
pub(crate) mod directory;
pub(crate) mod evidence;
pub(crate) mod location;
pub(crate) mod me;
pub(crate) mod story;
pub(crate) mod visit;
