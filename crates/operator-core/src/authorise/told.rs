//! What a reader is told about where a visit was.
//!
//! `far-from-place` and `copied-location` tell where a place is to whoever tries readings often enough, alone or with a
//! reader of the visits. They stand in the log as they were found; who is not shown the place is told the rest.

use std::collections::BTreeSet;

use domain::Kind;
use domain::flag::Flag;
use domain::scope::Scope;

use crate::store::{Entry, StoreError, StoreRead};

/// Flags that follow from where a place is.
const OF_THE_PLACE: [Flag; 2] = [Flag::FarFromPlace, Flag::CopiedLocation];

/// Whether not everybody may be told all of these flags.
pub(crate) fn may_be_hidden(flags: &[Flag]) -> bool {
    flags.iter().any(|flag| OF_THE_PLACE.contains(flag))
}

/// The flags of a statement as a reader who holds these scopes is told them.
///
/// # Errors
/// Those of the store.
pub(crate) fn to(
    read: &dyn StoreRead,
    scopes: &BTreeSet<Scope>,
    entry: &Entry,
) -> Result<Vec<Flag>, StoreError> {
    let mut flags = entry.flags.clone();
    if entry.kind != Kind::VisitLocated || !may_be_hidden(&flags) {
        return Ok(flags);
    }
    let place = read.visit(entry.subject.into())?.and_then(|visit| visit.place());
    if !place.is_some_and(|place| scopes.contains(&Scope::Place(place))) {
        flags.retain(|flag| !OF_THE_PLACE.contains(flag));
    }
    Ok(flags)
}
