//! What the author of a reading is told about it.
//!
//! `far-from-place` and `copied-location` tell where a place is to whoever tries often enough. They stand in the log and
//! reach all who follow the visit; an author who may not know the place is answered without them, and so is each other
//! device of that person.

use domain::Kind;
use domain::flag::Flag;
use domain::id::{PersonId, PlaceId};

use super::membership::is_in_care_team;
use crate::fact::{Class, FactQuery};
use crate::store::{Entry, StoreError, StoreRead};

/// Flags that follow from where a place is.
const OF_THE_PLACE: [Flag; 2] = [Flag::FarFromPlace, Flag::CopiedLocation];

/// Whether not everybody may be told all of these flags.
pub(crate) fn may_be_hidden(flags: &[Flag]) -> bool {
    flags.iter().any(|flag| OF_THE_PLACE.contains(flag))
}

/// The flags of a statement as a person is told them.
///
/// # Errors
/// Those of the store.
pub(crate) fn to(read: &dyn StoreRead, person: PersonId, entry: &Entry) -> Result<Vec<Flag>, StoreError> {
    let mut flags = entry.flags.clone();
    if entry.kind == Kind::VisitLocated
        && may_be_hidden(&flags)
        && read.bound_key(entry.key)?.is_some_and(|key| key.person == person)
        && !may_know_place(read, person, entry)?
    {
        flags.retain(|flag| !OF_THE_PLACE.contains(flag));
    }
    Ok(flags)
}

/// Whether the author of a reading is shown where its visit was: as its specialist, in the child's team when the reading
/// comes, at a place where the child lives. Else no reading of the own visit would be needed, or a visit to any place
/// whose id is known.
fn may_know_place(read: &dyn StoreRead, person: PersonId, reading: &Entry) -> Result<bool, StoreError> {
    let Some(visit) = read.visit(reading.subject.into())? else { return Ok(false) };
    let parties = visit.parties;
    if parties.specialist != person {
        return Ok(false);
    }
    let Some(place) = visit.place() else { return Ok(false) };
    let lives = read.facts(&FactQuery::of(Class::Lives).about(parties.child))?;
    if !lives.iter().any(|fact| fact.object.map(PlaceId::from) == Some(place)) {
        return Ok(false);
    }
    is_in_care_team(read, person, parties.child, parties.organisation, reading.registered_at_ms)
}
