//! Who is what at a moment.

use domain::content::{Content, RecordData, Role};
use domain::id::{ChildId, OrganisationId, PersonId};

use crate::fact::{Class, Fact, FactQuery, role_name};
use crate::publish::begins_at_ms;
use crate::store::{StoreError, StoreRead};

/// Until when somebody is a child; who represents the grown person is decided anew.
const FULL_AGE_Y: u16 = 18;

/// Whether a person has a role in an organisation at a moment.
///
/// # Errors
/// Those of the store.
pub fn is_member(
    read: &dyn StoreRead,
    person: PersonId,
    organisation: OrganisationId,
    role: Role,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let query = FactQuery::of(Class::Member).about(person).with(organisation).qualified(role_name(role));
    Ok(read.facts(&query)?.iter().any(|fact| fact.is_valid_at(at_ms)))
}

/// Whether a person represents a child at a moment.
///
/// # Errors
/// Those of the store.
pub fn represents(
    read: &dyn StoreRead,
    person: PersonId,
    child: ChildId,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let query = FactQuery::of(Class::Representation).about(child).with(person);
    for fact in read.facts(&query)?.iter().filter(|fact| fact.is_valid_at(at_ms)) {
        if end_of_representation(read, fact)?.is_none_or(|end_ms| at_ms < end_ms) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When a representation ends by itself, exclusive: on the child's eighteenth birthday. One that began later was
/// given for the grown person by a court and stands as it was given.
///
/// # Errors
/// Those of the store.
pub fn end_of_representation(read: &dyn StoreRead, representation: &Fact) -> Result<Option<i64>, StoreError> {
    let births = read.facts(&FactQuery::of(Class::ChildBirth).about(representation.subject))?;
    let Some(birth) = births.last() else { return Ok(None) };
    let Some(Content::RecordChanged(changed)) = birth.content(read)? else { return Ok(None) };
    let RecordData::Birth { date } = &changed.data else { return Ok(None) };
    let of_age = date.parse().ok().and_then(|date: domain::date::Date| date.plus_years(FULL_AGE_Y));
    Ok(of_age.map(begins_at_ms).filter(|&end_ms| representation.from_ms < end_ms))
}

pub(super) fn is_in_care_team(
    read: &dyn StoreRead,
    person: PersonId,
    child: ChildId,
    organisation: OrganisationId,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let query = FactQuery::of(Class::CareTeam).about(child).with(person).qualified(organisation.to_string());
    Ok(read.facts(&query)?.iter().any(|fact| fact.is_valid_at(at_ms)))
}

/// Whether an organisation has to do with a child at a moment: it serves the child, or accompanies it with somebody.
pub(super) fn serves(
    read: &dyn StoreRead,
    organisation: OrganisationId,
    child: ChildId,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let served = FactQuery::of(Class::Served).about(child).with(organisation);
    let team = FactQuery::of(Class::CareTeam).about(child).qualified(organisation.to_string());
    for query in [served, team] {
        if read.facts(&query)?.iter().any(|fact| fact.is_valid_at(at_ms)) {
            return Ok(true);
        }
    }
    Ok(false)
}
