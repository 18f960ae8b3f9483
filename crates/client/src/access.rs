//! Who the person is at this moment, and what that allows. The operator flags, this refuses what makes no sense to
//! offer: a screen never shows an action that would only be refused.

use domain::agreement::AgreementKind;
use domain::content::Role;
use domain::id::{ChildId, OrganisationId, PersonId};
use store::Reader;
use store::read::agreement::AgreementRow;
use store::read::child::{CareTeamRow, ChildrenOf};
use store::read::visit::{VisitFilter, VisitOrder, VisitSort};

use crate::errors::{Failure, Result};
use crate::session::Session;

/// More children than a person represents or an account holds; bounds a query.
pub(crate) const ALL_CHILDREN: u32 = 10_000;

/// Who looks and acts.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    /// Who.
    pub(crate) person: PersonId,
    /// As what, in the order of [`Role`].
    pub(crate) roles: Vec<Role>,
    /// Those of them whose agreement was accepted in some version; the others' pages stay closed until then.
    pub(crate) entered: Vec<Role>,
    /// Is or was a specialist: the own facts can be registered, finished and put right also after an engagement, and
    /// whoever reviews them sees the flag.
    pub(crate) was_specialist: bool,
    /// Organisations of which the person is a coordinator.
    pub(crate) coordinates: Vec<OrganisationId>,
    /// Children whom the person represents.
    pub(crate) represents: Vec<ChildId>,
    /// When; see [`now_ms`].
    pub(crate) now_ms: i64,
}

/// The moment by which roles and care teams are judged: the device's clock, but never earlier than what the operator
/// has signed. A clock that fell back to its first day must not take anybody's children away.
///
/// # Errors
/// Those of the store.
pub(crate) fn now_ms(session: &Session, reader: &Reader<'_>) -> Result<i64> {
    Ok(session.now_ms().max(reader.operator_time_ms()?))
}

impl Viewer {
    /// The person as the store knows it now.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn look(reader: &Reader<'_>, session: &Session) -> Result<Self> {
        let (person, now_ms) = (session.person, now_ms(session, reader)?);
        let roles = roles(reader, person, now_ms)?;
        let memberships = reader.memberships(person)?;
        let coordinates = memberships.into_iter().filter(|m| m.role == Role::Coordinator && m.holds(now_ms));
        let represents = if roles.contains(&Role::Representative) {
            let children =
                reader.children(ChildrenOf::Representative(person), "", now_ms, 0, ALL_CHILDREN)?;
            children.children.into_iter().map(|child| child.id).collect()
        } else {
            Vec::new()
        };
        Ok(Self {
            person,
            entered: entered(reader, person, &roles)?,
            was_specialist: reader.was_specialist(person)?,
            roles,
            coordinates: coordinates.map(|m| m.organisation).collect(),
            represents,
            now_ms,
        })
    }

    /// Sees from here on what one role lets see, so that a parent who also works here finds the own children only.
    pub(crate) fn see_as(&mut self, role: Role) {
        self.roles = vec![role];
        if role != Role::Coordinator {
            self.coordinates.clear();
        }
        if role != Role::Representative {
            self.represents.clear();
        }
    }

    /// Whether the person has that role; for the one of a specialist it is enough to have had it.
    ///
    /// # Errors
    /// [`Failure::NotAllowed`].
    pub(crate) fn require(&self, role: Role) -> Result<()> {
        let had = role == Role::Specialist && self.was_specialist;
        if had || self.roles.contains(&role) { Ok(()) } else { Err(Failure::NotAllowed) }
    }
}

/// Whether the person works as a specialist or ever did: who may register a visit. A tap waits for it, so it asks for
/// less than a [`Viewer`].
///
/// # Errors
/// [`Failure::NotAllowed`] and those of the store.
pub(crate) fn require_specialist(reader: &Reader<'_>, person: PersonId) -> Result<()> {
    if reader.was_specialist(person)? { Ok(()) } else { Err(Failure::NotAllowed) }
}

/// Roles of a person now, in the order in which the screens offer them. Who has none any more but was a specialist
/// goes on as one, because there may be visits to finish, to enter and to answer for.
///
/// # Errors
/// Those of the store.
pub(crate) fn roles(reader: &Reader<'_>, person: PersonId, now_ms: i64) -> Result<Vec<Role>> {
    let mut roles = reader.roles(person, now_ms)?;
    if roles.is_empty() && reader.memberships(person)?.iter().any(|m| m.role == Role::Specialist) {
        roles.push(Role::Specialist);
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

/// Those of the roles whose agreement the person accepts in some version, after all that was withdrawn.
///
/// # Errors
/// Those of the store.
pub(crate) fn entered(reader: &Reader<'_>, person: PersonId, roles: &[Role]) -> Result<Vec<Role>> {
    let mut entered = Vec::new();
    for &role in roles {
        if accepted_version(reader, person, role.agreement())?.is_some() {
            entered.push(role);
        }
    }
    Ok(entered)
}

/// The version of an agreement that binds now; the newest first in `versions`.
pub(crate) fn in_force(versions: &[AgreementRow], now_ms: i64) -> Option<&AgreementRow> {
    versions
        .iter()
        .filter(|version| version.effective_from_ms <= now_ms)
        .max_by_key(|version| version.version)
}

/// The largest version of an agreement that the person accepts now.
///
/// # Errors
/// Those of the store.
pub(crate) fn accepted_version(
    reader: &Reader<'_>,
    person: PersonId,
    document: AgreementKind,
) -> Result<Option<u32>> {
    Ok(reader.consent(person, document)?.version())
}

/// When the person withdrew all that was accepted of an agreement, as that withdrawal says, UTC ms; `None` while
/// something is accepted, or nothing ever was.
///
/// # Errors
/// Those of the store.
pub(crate) fn withdrawn_at_ms(
    reader: &Reader<'_>,
    person: PersonId,
    document: AgreementKind,
) -> Result<Option<i64>> {
    if accepted_version(reader, person, document)?.is_some() {
        return Ok(None);
    }
    let latest = reader.acceptances(person)?.into_iter().find(|row| row.accepted.document == document);
    Ok(latest.and_then(|row| row.withdrawn).map(|withdrawn| withdrawn.withdrawn_at_ms))
}

/// Whether the version in force is accepted: what is written needs it, registering a visit excepted.
///
/// # Errors
/// [`Failure::AgreementRequired`] and those of the store.
pub(crate) fn require_agreement(reader: &Reader<'_>, viewer: &Viewer, document: AgreementKind) -> Result<()> {
    let versions = reader.agreements(document)?;
    let wanted = in_force(&versions, viewer.now_ms).map_or(0, |version| version.version);
    match accepted_version(reader, viewer.person, document)? {
        Some(accepted) if accepted >= wanted => Ok(()),
        _ => Err(Failure::AgreementRequired),
    }
}

/// Whether any version is accepted: the least for registering a visit.
///
/// # Errors
/// [`Failure::AgreementRequired`] and those of the store.
pub(crate) fn require_any_agreement(
    reader: &Reader<'_>,
    person: PersonId,
    document: AgreementKind,
) -> Result<()> {
    match accepted_version(reader, person, document)? {
        Some(_) => Ok(()),
        None => Err(Failure::AgreementRequired),
    }
}

/// Whether the person lets the location be read at a visit (clauses A2.1, B2.1): the acceptance of the largest version
/// ticked it, and it was not withdrawn since.
///
/// # Errors
/// Those of the store.
pub(crate) fn consents_to_geolocation(
    reader: &Reader<'_>,
    person: PersonId,
    document: AgreementKind,
) -> Result<bool> {
    let consent = reader.consent(person, document)?;
    match consent.for_geolocation() {
        Some((_, accepted)) => Ok(reader.lets_locate(accepted)?),
        None => Ok(false),
    }
}

/// For which organisation the person visits a child at a moment: by the place in its care team then; failing that by
/// the one now, by any that there is or was, by the latest own visit, because plans change and clocks go wrong, and a
/// person decides about the flag.
///
/// # Errors
/// [`Failure::NotAllowed`] when the person never had anything to do with the child.
pub(crate) fn organisation_at(
    reader: &Reader<'_>,
    session: &Session,
    child: ChildId,
    at_ms: i64,
) -> Result<OrganisationId> {
    let person = session.person;
    if let Some(row) = care_team_at(reader, person, child, at_ms, || now_ms(session, reader))? {
        return Ok(row.organisation);
    }
    let own = VisitFilter { child: Some(child), specialist: Some(person), ..VisitFilter::default() };
    let latest = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: 1 };
    let visits = reader.first_visits(&own, latest)?;
    visits.first().map(|visit| visit.organisation).ok_or(Failure::NotAllowed)
}

/// The person's place in a child's care team at a moment, otherwise now, otherwise the latest one.
///
/// # Errors
/// Those of the store and of `now_ms`.
pub(crate) fn care_team_at(
    reader: &Reader<'_>,
    person: PersonId,
    child: ChildId,
    at_ms: i64,
    now_ms: impl FnOnce() -> Result<i64>,
) -> Result<Option<CareTeamRow>> {
    let rows = reader.places_in_care_team(child, person)?;
    let place_at = |at_ms: i64| {
        let holds = |row: &&CareTeamRow| row.from_ms <= at_ms && row.to_ms.is_none_or(|to_ms| at_ms < to_ms);
        rows.iter().find(holds)
    };
    let found = match place_at(at_ms) {
        Some(row) => Some(row),
        None => place_at(now_ms()?).or_else(|| rows.iter().max_by_key(|row| row.from_ms)),
    };
    Ok(found.cloned())
}
