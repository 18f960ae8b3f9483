//! Where a visit was, and who gives a place its coordinates.

use domain::Kind;
use domain::content::{Content, LocationMoment, LocationOutcome, RecordData, Role, VisitRegistered};
use domain::flag::Flag;
use domain::geo::{Position, Presence};
use domain::id::{PersonId, PlaceId, VisitId};
use journal::Beacon;

use super::membership::is_member;
use crate::fact::{Class, FactQuery};
use crate::store::{Entry, StoreError, StoreRead};

/// Radii that a coordinator may give a place: below the smallest no phone is ever inside, beyond the largest a whole
/// town is.
const RADII_M: std::ops::RangeInclusive<u32> = 50..=5_000;

/// A visit with one of these is none from which a place learns where it is.
const DOUBTED: [Flag; 7] = [
    Flag::NoAuthority,
    Flag::OutsideCareTeam,
    Flag::OutsideEngagement,
    Flag::KeyRevoked,
    Flag::UnknownSubject,
    Flag::Fork,
    Flag::TimeInDoubt,
];

/// Whether a place may take these coordinates from a visit.
///
/// The statement that is named is the `visit-registered` at this place or its `visit-located`. The place has no
/// coordinates yet, the visit bears no flag of authority, a reading of its specialist gave exactly these coordinates,
/// and the adopter coordinates the organisation and is somebody else.
pub(super) fn may_adopt(
    read: &dyn StoreRead,
    person: PersonId,
    place: PlaceId,
    data: &RecordData,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let RecordData::Position { lat_e7, lon_e7, radius_m, adopted_from: Some(adopted_from) } = data else {
        return Ok(false);
    };
    if !RADII_M.contains(radius_m) || Position::new(*lat_e7, *lon_e7).is_err() {
        return Ok(false);
    }
    if !read.facts(&FactQuery::of(Class::PlacePosition).about(place))?.is_empty() {
        return Ok(false);
    }
    let Some(named) = read.entry_by_id(*adopted_from)?.filter(|entry| entry.kind.is_about_visit()) else {
        return Ok(false);
    };
    let Some(visit) = read.visit(VisitId::from(named.subject))?.filter(|visit| visit.place() == Some(place))
    else {
        return Ok(false);
    };
    let parties = visit.parties;
    let registered = read.entry(visit.leaf_index)?;
    let is_clean = registered.is_some_and(|entry| !DOUBTED.iter().any(|flag| entry.flags.contains(flag)));
    if !is_clean
        || parties.specialist == person
        || !is_member(read, person, parties.organisation, Role::Coordinator, at_ms)?
    {
        return Ok(false);
    }
    for reading in readings(read, &named, visit.leaf_index)? {
        if is_reading_of(read, &reading, parties.specialist, (*lat_e7, *lon_e7))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The readings that a named statement stands for: itself, or those of the visit that it registered.
fn readings(read: &dyn StoreRead, named: &Entry, registered: u64) -> Result<Vec<Entry>, StoreError> {
    match named.kind {
        Kind::VisitLocated => Ok(vec![named.clone()]),
        Kind::VisitRegistered if named.leaf_index == registered => {
            read.entries_about(named.subject, Kind::VisitLocated)
        }
        _ => Ok(Vec::new()),
    }
}

fn is_reading_of(
    read: &dyn StoreRead,
    entry: &Entry,
    specialist: PersonId,
    (lat_e7, lon_e7): (i32, i32),
) -> Result<bool, StoreError> {
    let is_doubted = DOUBTED.iter().chain(&[Flag::MockLocation]).any(|flag| entry.flags.contains(flag));
    let author = read.bound_key(entry.key)?.map(|key| key.person);
    if is_doubted || author != Some(specialist) {
        return Ok(false);
    }
    let Some(Content::VisitLocated(located)) = read.said(entry.leaf_index)? else { return Ok(false) };
    Ok(located.moment != LocationMoment::Confirmed
        && matches!(located.outcome,
            LocationOutcome::Fix(fix) if (fix.lat_e7, fix.lon_e7) == (lat_e7, lon_e7)))
}

/// Whether a reading was at the place, as far as the place has known coordinates.
pub(super) fn presence(
    read: &dyn StoreRead,
    place: Option<PlaceId>,
    outcome: &LocationOutcome,
) -> Result<Option<Presence>, StoreError> {
    let LocationOutcome::Fix(fix) = outcome else { return Ok(None) };
    let Some((there, radius_m)) = position(read, place)? else { return Ok(None) };
    let Ok(here) = Position::new(fix.lat_e7, fix.lon_e7) else { return Ok(None) };
    let distance_m = domain::geo::distance_m(here, there);
    Ok(Some(domain::geo::presence(distance_m, fix.accuracy_dm, radius_m)))
}

/// The registered coordinates of a place and its radius in metres, if they are known.
pub(super) fn position(
    read: &dyn StoreRead,
    place: Option<PlaceId>,
) -> Result<Option<(Position, u32)>, StoreError> {
    let Some(place) = place else { return Ok(None) };
    let known = read.facts(&FactQuery::of(Class::PlacePosition).about(place))?;
    let Some(known) = known.last() else { return Ok(None) };
    let Some(Content::RecordChanged(changed)) = known.content(read)? else { return Ok(None) };
    let RecordData::Position { lat_e7, lon_e7, radius_m, .. } = changed.data else { return Ok(None) };
    Ok(Position::new(lat_e7, lon_e7).ok().map(|position| (position, radius_m)))
}

/// Whether a visit names the place where its child is visited. A device that could not know of the child's new place
/// names the old one.
pub(super) fn is_at_childs_place(
    read: &dyn StoreRead,
    visit: &VisitRegistered,
    beacon: Option<&Beacon>,
) -> Result<bool, StoreError> {
    if let Some(place) = visit.place
        && read.facts(&FactQuery::of(Class::PlaceAddress).about(place))?.is_empty()
    {
        return Ok(false);
    }
    let lives = read.facts(&FactQuery::of(Class::Lives).about(visit.child))?;
    let Some(lives) = lives.last() else { return Ok(true) };
    let could_know = beacon.is_none_or(|beacon| lives.leaf_index < beacon.tree_size);
    Ok(!could_know || lives.object.map(PlaceId::from) == visit.place)
}
