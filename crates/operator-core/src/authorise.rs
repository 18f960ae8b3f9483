//! Who may state what: flags for a person to look at, and the addresses of a statement. Never a refusal: the visit
//! happened offline, and all that is attributable is registered.
//!
//! | Module | Holds |
//! |---|---|
//! | [`authority`] | what each kind needs |
//! | [`membership`] | who is what at a moment |
//! | [`moment`] | when a statement was made, as far as the log can tell |
//! | [`neighbour`] | what it says beside others of the same person |
//! | [`place`] | where a visit was, and who gives a place its coordinates |
//! | [`told`] | what a reader is told about where a visit was |
//! | [`audience`] | whom a statement reaches |

mod audience;
mod authority;
mod membership;
mod moment;
pub(crate) mod neighbour;
mod place;
pub(crate) mod told;

use domain::Kind;
use domain::content::Content;
use domain::flag::Flag;
use domain::id::PersonId;
use journal::Header;

pub use audience::audiences;
pub(crate) use authority::has_own_id;
pub use membership::{end_of_representation, is_member, represents};

use crate::store::{BoundKey, StoreError, StoreRead};
use moment::Moment;

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The operator itself.
    Operator,
    /// A device.
    Device(Box<BoundKey>),
}

impl Author {
    /// The person, if it is one.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Author::Operator => None,
            Author::Device(key) => Some(key.person),
        }
    }
}

/// The flags of a statement whose content is not there: all that follows from the log alone.
///
/// # Errors
/// Those of the store.
pub(crate) fn flags_of_bare(read: &dyn StoreRead, header: &Header) -> Result<Vec<Flag>, StoreError> {
    let follows_a_visit = header.kind.is_about_visit() && header.kind != Kind::VisitRegistered;
    let is_unknown = follows_a_visit && read.visit(header.subject.into())?.is_none();
    Ok(of_id(header).into_iter().chain(is_unknown.then_some(Flag::UnknownSubject)).collect())
}

/// The flags of a statement whose content nobody can read.
pub(crate) fn flags_of_unreadable(header: &Header) -> Vec<Flag> {
    of_id(header).into_iter().chain([Flag::UnreadableContent]).collect()
}

/// A visit under the id of another key, which shows without any content.
fn of_id(header: &Header) -> Option<Flag> {
    (!has_own_id(header)).then_some(Flag::NoAuthority)
}

/// What a person should look at, by what is in force. Sorted.
///
/// # Errors
/// Those of the store.
pub fn flags(
    read: &dyn StoreRead,
    author: &Author,
    header: &Header,
    content: &Content,
    now_ms: i64,
) -> Result<Vec<Flag>, StoreError> {
    let Author::Device(key) = author else { return Ok(Vec::new()) };
    let moment = Moment::of(read, key, header, now_ms)?;
    let mut flags = authority::flags(read, key.person, header, content, &moment)?;
    flags.extend(moment.flags(content));
    flags.extend(neighbour::of_clock(read, header)?);
    flags.extend(neighbour::flags(read, key.person, header, content, now_ms)?);
    if !key.is_in_force() {
        flags.push(Flag::KeyRevoked);
    }
    flags.sort_unstable();
    flags.dedup();
    Ok(flags)
}

/// What of it follows from the visit, for a statement that came before it. Its clock, its moment, its key and what its
/// author accepted were judged when it was registered, and what came since then says nothing about them.
///
/// # Errors
/// Those of the store.
pub(crate) fn flags_beside_visit(
    read: &dyn StoreRead,
    author: &Author,
    header: &Header,
    content: &Content,
    registered_at_ms: i64,
) -> Result<Vec<Flag>, StoreError> {
    let Author::Device(key) = author else { return Ok(Vec::new()) };
    let moment = Moment::of(read, key, header, registered_at_ms)?;
    let mut flags = authority::flags_beside_visit(read, key.person, header, content, &moment)?;
    flags.extend(neighbour::flags(read, key.person, header, content, registered_at_ms)?);
    Ok(flags)
}
