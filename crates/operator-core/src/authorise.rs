//! Who may state what: flags for a person to look at, and the addresses of a statement. Never a refusal: the visit
//! happened offline, and all that is attributable is registered.

use domain::Kind;
use domain::agreement::AgreementKind;
use domain::content::{Content, LocationMoment, LocationOutcome, NotePurpose, RecordData, RecordKind, Role};
use domain::flag::Flag;
use domain::geo::{Position, Presence};
use domain::id::{ChildId, OrganisationId, PersonId, PlaceId, StatementId, SubjectId, VisitId};
use domain::scope::{Addressing, Scope, Sight};
use journal::Header;

use crate::agreement;
use crate::fact::{Class, FactQuery, role_name};
use crate::store::{BoundKey, StoreError, StoreRead};

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

/// What a person should look at, by what is in force. Sorted.
///
/// # Errors
/// Those of the store.
pub fn flags(
    read: &dyn StoreRead,
    author: &Author,
    header: &Header,
    content: &Content,
) -> Result<Vec<Flag>, StoreError> {
    let Author::Device(key) = author else { return Ok(Vec::new()) };
    let mut flags = by_person(read, key.person, header, content)?;
    if key.revoked_at_ms.is_some() {
        flags.push(Flag::KeyRevoked);
    }
    flags.sort_unstable();
    flags.dedup();
    Ok(flags)
}

/// Whom a statement reaches.
///
/// # Errors
/// Those of the store.
pub fn audiences(
    read: &dyn StoreRead,
    author: &Author,
    (kind, subject): (Kind, SubjectId),
    content: Option<&Content>,
    flags: &[Flag],
) -> Result<Vec<(Scope, Sight)>, StoreError> {
    let own = author.person().map(Scope::Person);
    let Some(content) = content.filter(|_| !flags.contains(&Flag::NoAuthority)) else {
        // Readers fold what reaches them: what its author had no right to say, and what nobody can read, stays with
        // the author and the operator.
        return Ok(own.map(|scope| (scope, Sight::Whole)).into_iter().collect());
    };
    let mut addressing = Addressing { author: author.person(), ..Addressing::default() };
    if kind.is_about_visit() {
        addressing.visit = read.visit(VisitId::from(subject))?.map(|row| row.parties);
    }
    match (content, author) {
        // A revocation reaches whoever verifies statements of that key.
        (Content::DeviceRevoked(revoked), Author::Operator) => {
            addressing.author = read.bound_key(revoked.key)?.map(|key| key.person);
        }
        (Content::AgreementAccepted(_) | Content::ConsentWithdrawn(_), Author::Device(key)) => {
            addressing.organisations = organisations_of(read, key.person)?;
        }
        _ => {}
    }
    Ok(domain::scope::audiences(subject, content, &addressing))
}

/// Organisations whose coordinators follow a person's consents: the own ones, and those that serve a child that the
/// person represents.
fn organisations_of(read: &dyn StoreRead, person: PersonId) -> Result<Vec<OrganisationId>, StoreError> {
    let mut organisations: Vec<OrganisationId> = Vec::new();
    let members = read.facts(&FactQuery::of(Class::Member).about(person))?;
    organisations.extend(members.iter().filter_map(|fact| fact.object).map(OrganisationId::from));
    for representation in read.facts(&FactQuery::of(Class::Representation).with(person))? {
        let served = read.facts(&FactQuery::of(Class::Served).about(representation.subject))?;
        organisations.extend(served.iter().filter_map(|fact| fact.object).map(OrganisationId::from));
    }
    organisations.sort_unstable();
    organisations.dedup();
    Ok(organisations)
}

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
    Ok(read.facts(&query)?.iter().any(|fact| fact.is_valid_at(at_ms)))
}

fn is_in_care_team(
    read: &dyn StoreRead,
    person: PersonId,
    child: ChildId,
    organisation: OrganisationId,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let query = FactQuery::of(Class::CareTeam).about(child).with(person).qualified(organisation.to_string());
    Ok(read.facts(&query)?.iter().any(|fact| fact.is_valid_at(at_ms)))
}

/// Whether a statement is about a visit at this place for an organisation that the person coordinates: only such a
/// visit gives its coordinates to the place.
fn may_adopt_from(
    read: &dyn StoreRead,
    person: PersonId,
    place: PlaceId,
    adopted_from: StatementId,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let Some(entry) = read.entry_by_id(adopted_from)?.filter(|entry| entry.kind.is_about_visit()) else {
        return Ok(false);
    };
    match read.visit(VisitId::from(entry.subject))? {
        Some(visit) if visit.place == Some(place) => {
            is_member(read, person, visit.parties.organisation, Role::Coordinator, at_ms)
        }
        _ => Ok(false),
    }
}

/// Whether a reading was at the place, as far as the place has known coordinates.
fn presence(
    read: &dyn StoreRead,
    place: Option<PlaceId>,
    outcome: &LocationOutcome,
) -> Result<Option<Presence>, StoreError> {
    let (Some(place), LocationOutcome::Fix(fix)) = (place, outcome) else { return Ok(None) };
    let known = read.facts(&FactQuery::of(Class::PlacePosition).about(place))?;
    let Some(known) = known.last() else { return Ok(None) };
    let Some(Content::RecordChanged(changed)) = known.content(read)? else { return Ok(None) };
    let RecordData::Position { lat_e7, lon_e7, radius_m, .. } = changed.data else { return Ok(None) };
    let (Ok(here), Ok(there)) = (Position::new(fix.lat_e7, fix.lon_e7), Position::new(lat_e7, lon_e7)) else {
        return Ok(None);
    };
    let distance_m = domain::geo::distance_m(here, there);
    Ok(Some(domain::geo::presence(distance_m, fix.accuracy_dm, radius_m)))
}

fn by_person(
    read: &dyn StoreRead,
    person: PersonId,
    header: &Header,
    content: &Content,
) -> Result<Vec<Flag>, StoreError> {
    let row = match header.kind.is_about_visit() {
        true => read.visit(VisitId::from(header.subject))?,
        false => None,
    };
    let visit = row.as_ref().map(|row| &row.parties);
    let issued_at_ms = header.issued_at_s.saturating_mul(1_000);
    let mut flags = Vec::new();
    if header.kind.is_about_visit() && header.kind != Kind::VisitRegistered && visit.is_none() {
        return Ok(vec![Flag::UnknownSubject]);
    }
    let is_specialist = visit.is_some_and(|visit| visit.specialist == person);
    let accepted = |document, at_ms| agreement::has_accepted_in_force(read, person, document, at_ms);
    let (has_authority, needed) = match content {
        Content::VisitRegistered(registered) => {
            let at_ms = registered.started_at_ms;
            if registered.specialist != person {
                flags.push(Flag::NoAuthority);
            }
            if !is_member(read, person, registered.organisation, Role::Specialist, at_ms)? {
                flags.push(Flag::OutsideEngagement);
            }
            if !is_in_care_team(read, person, registered.child, registered.organisation, at_ms)? {
                flags.push(Flag::OutsideCareTeam);
            }
            if registered.late.is_some() {
                flags.push(Flag::LateEntry);
            }
            let child = FactQuery::of(Class::ChildName).about(registered.child);
            let organisation = FactQuery::of(Class::Organisation).about(registered.organisation);
            if read.facts(&child)?.is_empty() || read.facts(&organisation)?.is_empty() {
                flags.push(Flag::UnknownSubject);
            }
            (visit.is_none_or(|visit| visit.specialist == person), Some((AgreementKind::Specialist, at_ms)))
        }
        Content::VisitFinished(_) | Content::VisitCorrected(_) => {
            (is_specialist, Some((AgreementKind::Specialist, issued_at_ms)))
        }
        Content::VisitLocated(located) if located.moment != LocationMoment::Confirmed => {
            let place = row.and_then(|row| row.place);
            flags.extend(domain::flag::location_flags(
                &located.outcome,
                presence(read, place, &located.outcome)?,
            ));
            (is_specialist, None)
        }
        Content::VisitNoted(note) => match (note.purpose, visit) {
            (NotePurpose::Care | NotePurpose::Correction | NotePurpose::Late, _) => (is_specialist, None),
            (NotePurpose::Dispute, Some(visit)) => {
                (represents(read, person, visit.child, issued_at_ms)?, None)
            }
            (NotePurpose::Review, Some(visit)) => {
                (is_member(read, person, visit.organisation, Role::Coordinator, issued_at_ms)?, None)
            }
            _ => (false, None),
        },
        Content::VisitLocated(_) | Content::VisitConfirmed(_) | Content::VisitDisputed(_) => {
            let named = match content {
                Content::VisitConfirmed(confirmed) => confirmed.representative,
                Content::VisitDisputed(disputed) => disputed.representative,
                _ => person,
            };
            let child = visit.map(|visit| visit.child);
            let may = match child {
                Some(child) => named == person && represents(read, person, child, issued_at_ms)?,
                None => false,
            };
            (may, Some((AgreementKind::Subject, issued_at_ms)))
        }
        Content::VisitReviewed(_) => {
            let may = match visit {
                // Nobody reviews the own visit.
                Some(visit) if visit.specialist != person => {
                    is_member(read, person, visit.organisation, Role::Coordinator, issued_at_ms)?
                }
                _ => false,
            };
            (may, Some((AgreementKind::Specialist, issued_at_ms)))
        }
        Content::AgreementAccepted(accepted) => {
            if !agreement::is_complete_acceptance(read, accepted)? {
                flags.push(Flag::UnknownSubject);
            }
            (header.subject == person.into(), None)
        }
        Content::ConsentWithdrawn(_) => (header.subject == person.into(), None),
        Content::RecordViewed(viewed) => (viewed.viewer == person, None),
        Content::KeyCompromised(compromised) => {
            (read.bound_key(compromised.key)?.is_some_and(|key| key.person == person), None)
        }
        Content::DeviceEnrolled(enrolled) => {
            let own =
                journal::VerifyingKey::from_cose_key(&enrolled.key).is_ok_and(|key| key.id() == header.key);
            (own && header.seq == 0, None)
        }
        Content::RecordChanged(changed) => {
            // A coordinator adopts the coordinates of a visit; every other record is the operator's.
            let may = match (changed.record, &changed.data) {
                (RecordKind::Place, RecordData::Position { adopted_from: Some(visit), .. }) => {
                    may_adopt_from(read, person, header.subject.into(), *visit, issued_at_ms)?
                }
                _ => false,
            };
            (may, None)
        }
        Content::OperatorKey(_)
        | Content::AgreementPublished(_)
        | Content::OrganisationChanged(_)
        | Content::MemberChanged(_)
        | Content::CareTeamChanged(_)
        | Content::RepresentationChanged(_)
        | Content::DeviceBound(_)
        | Content::DeviceRevoked(_)
        | Content::ContentErased(_) => (false, None),
    };
    if !has_authority {
        flags.push(Flag::NoAuthority);
    }
    if let Some((document, at_ms)) = needed
        && !accepted(document, at_ms)?
    {
        flags.push(Flag::AgreementOutdated);
    }
    Ok(flags)
}
