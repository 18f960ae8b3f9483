//! Whom a statement reaches.

use domain::content::Content;
use domain::flag::Flag;
use domain::id::{OrganisationId, PersonId, VisitId};
use domain::scope::{Addressing, Scope, Sight, VisitParties};

use super::Author;
use super::membership::serves;
use crate::fact::{Class, Fact, FactQuery};
use crate::store::{Entry, StoreError, StoreRead, VisitRow};

/// Whom a statement reaches.
///
/// # Errors
/// Those of the store.
pub fn audiences(
    read: &dyn StoreRead,
    author: &Author,
    entry: &Entry,
    content: Option<&Content>,
) -> Result<Vec<(Scope, Sight)>, StoreError> {
    let visit = match entry.kind.is_about_visit() {
        true => read.visit(VisitId::from(entry.subject))?,
        false => None,
    };
    let hears = match &visit {
        Some(visit) => hearing_organisation(read, entry, visit)?,
        None => None,
    };
    let Some(content) = content.filter(|content| is_for_others(content, &entry.flags)) else {
        // Readers fold what reaches them: what its author had no right to say, and what nobody can read, stays with
        // the author and the operator. That it was said about a visit, its coordinators learn. They would whatever it
        // says, so a log that was restored without the content addresses that as well.
        let own = author.person().map(|person| (Scope::Person(person), Sight::Whole));
        let envelope = hears.map(|organisation| (Scope::Organisation(organisation), Sight::Envelope));
        return Ok(own.into_iter().chain(envelope).collect());
    };
    let mut addressing = Addressing { author: author.person(), ..Addressing::default() };
    addressing.visit = visit.map(|row| row.parties);
    match (content, author) {
        // A revocation reaches whoever verifies statements of that key.
        (Content::DeviceRevoked(revoked), Author::Operator) => {
            addressing.author = read.bound_key(revoked.key)?.map(|key| key.person);
        }
        // An opening is told to the person whose file it was, and to nobody else.
        (Content::RecoveryOpened(opened), Author::Operator) => {
            addressing.author = read.bound_key(opened.key)?.map(|key| key.person);
        }
        (Content::AgreementAccepted(_) | Content::ConsentWithdrawn(_), Author::Device(key)) => {
            addressing.organisations = organisations_of(read, key.person, entry.registered_at_ms)?;
        }
        _ => {}
    }
    let mut audiences = domain::scope::audiences(entry.subject, content, &addressing);
    if entry.kind.is_about_visit() {
        let is_heard = |scope: &Scope| match scope {
            Scope::Organisation(organisation) => Some(*organisation) == hears,
            _ => true,
        };
        audiences.retain(|(scope, _)| is_heard(scope));
    }
    Ok(audiences)
}

fn is_for_others(content: &Content, flags: &[Flag]) -> bool {
    let says_nothing = matches!(content, Content::RecordViewed(_)) && flags.contains(&Flag::UnknownSubject);
    !says_nothing && !flags.contains(&Flag::NoAuthority)
}

/// The organisation whose coordinators hear of a visit: the named one, if it has to do with the child or with the
/// specialist. A name alone opens nobody's door to a family.
fn hearing_organisation(
    read: &dyn StoreRead,
    entry: &Entry,
    visit: &VisitRow,
) -> Result<Option<OrganisationId>, StoreError> {
    let earlier = match visit.leaf_index == entry.leaf_index {
        true => None,
        false => read.entry(visit.leaf_index)?,
    };
    let registered = earlier.as_ref().unwrap_or(entry);
    let VisitParties { child, organisation, .. } = visit.parties;
    let is_strange = registered.flags.contains(&Flag::OutsideEngagement)
        && !serves(read, organisation, child, registered.registered_at_ms)?;
    Ok((!is_strange).then_some(organisation))
}

/// Organisations whose coordinators follow a person's consents: the own ones, and those that serve a child that the
/// person represents, as it is at that moment.
fn organisations_of(
    read: &dyn StoreRead,
    person: PersonId,
    at_ms: i64,
) -> Result<Vec<OrganisationId>, StoreError> {
    let valid = |query: FactQuery| -> Result<Vec<Fact>, StoreError> {
        let mut facts = read.facts(&query)?;
        facts.retain(|fact| fact.is_valid_at(at_ms));
        Ok(facts)
    };
    let mut organisations: Vec<OrganisationId> = Vec::new();
    let members = valid(FactQuery::of(Class::Member).about(person))?;
    organisations.extend(members.iter().filter_map(|fact| fact.object).map(OrganisationId::from));
    for representation in valid(FactQuery::of(Class::Representation).with(person))? {
        let served = valid(FactQuery::of(Class::Served).about(representation.subject))?;
        organisations.extend(served.iter().filter_map(|fact| fact.object).map(OrganisationId::from));
    }
    organisations.sort_unstable();
    organisations.dedup();
    Ok(organisations)
}
