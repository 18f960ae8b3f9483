//! People as others see them: name, position, organisation, and nothing else (clause B3.3).

use std::collections::BTreeMap;

use domain::content::Role;
use domain::id::{OrganisationId, PersonId};
use store::Reader;
use store::read::person::{Membership, Name, OrganisationRow, PersonRow};

use crate::errors::Result;
use crate::ipc::PersonCard;

/// Shown where a name is not known here (not yet pulled, or not for this reader).
const NO_NAME: &str = "—";

/// Surname, given name and patronymic, as documents write them.
pub(crate) fn full_name(name: Option<&Name>) -> String {
    let Some(name) = name else { return NO_NAME.into() };
    let parts = [Some(name.surname.as_str()), Some(name.given.as_str()), name.patronymic.as_deref()];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Surname and given name: enough in a list of children.
pub(crate) fn short_name(name: Option<&Name>) -> String {
    let Some(name) = name else { return NO_NAME.into() };
    format!("{} {}", name.surname, name.given).trim().to_owned()
}

/// "Айгерім Б.": how the app greets.
pub(crate) fn display_name(name: &Name) -> String {
    match name.surname.chars().next() {
        Some(initial) => format!("{} {initial}.", name.given),
        None => name.given.clone(),
    }
}

/// Looks people and organisations up once for a whole list.
pub(crate) struct Cards<'a, 'r> {
    reader: &'a Reader<'r>,
    now_ms: i64,
    people: BTreeMap<PersonId, Option<PersonRow>>,
    organisations: BTreeMap<OrganisationId, Option<OrganisationRow>>,
}

impl<'a, 'r> Cards<'a, 'r> {
    /// Empty.
    pub(crate) fn new(reader: &'a Reader<'r>, now_ms: i64) -> Self {
        Self { reader, now_ms, people: BTreeMap::new(), organisations: BTreeMap::new() }
    }

    /// What they are looked up in.
    pub(crate) fn reader(&self) -> &'a Reader<'r> {
        self.reader
    }

    fn person(&mut self, id: PersonId) -> Result<Option<PersonRow>> {
        if let Some(known) = self.people.get(&id) {
            return Ok(known.clone());
        }
        let found = self.reader.person(id)?;
        self.people.insert(id, found.clone());
        Ok(found)
    }

    fn organisation(&mut self, id: OrganisationId) -> Result<Option<OrganisationRow>> {
        if let Some(known) = self.organisations.get(&id) {
            return Ok(known.clone());
        }
        let found = self.reader.organisation(id)?;
        self.organisations.insert(id, found.clone());
        Ok(found)
    }

    /// A person; with the position held in `organisation`, or else the one held now.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn card(&mut self, id: PersonId, organisation: Option<OrganisationId>) -> Result<PersonCard> {
        let person = self.person(id)?;
        self.card_of(id, person.as_ref(), organisation)
    }

    /// The card of a person who was looked up already.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn card_of(
        &mut self,
        id: PersonId,
        person: Option<&PersonRow>,
        organisation: Option<OrganisationId>,
    ) -> Result<PersonCard> {
        let memberships = person.map_or(&[][..], |person| person.memberships.as_slice());
        let membership = choose(memberships, organisation, self.now_ms).cloned();
        let organisation = match membership.as_ref().map(|m| m.organisation).or(organisation) {
            Some(id) => self.organisation(id)?,
            None => None,
        };
        Ok(PersonCard {
            id: id.to_string(),
            name: full_name(person.and_then(|person| person.name.as_ref())),
            position_kk: membership.as_ref().map(|m| m.position_kk.clone()).filter(|text| !text.is_empty()),
            position_ru: membership.as_ref().map(|m| m.position_ru.clone()).filter(|text| !text.is_empty()),
            organisation_kk: organisation.as_ref().map(|row| row.name_kk.clone()),
            organisation_ru: organisation.as_ref().map(|row| row.name_ru.clone()),
        })
    }
}

/// The membership that a card speaks of. A representative's is none: parents are nobody's staff.
fn choose(
    memberships: &[Membership],
    organisation: Option<OrganisationId>,
    now_ms: i64,
) -> Option<&Membership> {
    let rank = |m: &&Membership| (Some(m.organisation) == organisation, m.holds(now_ms), m.from_ms);
    memberships.iter().filter(|m| m.role != Role::Representative).max_by_key(rank)
}

#[cfg(test)]
mod tests {
    use domain::content::Engagement;

    use super::*;

    fn name(surname: &str, given: &str, patronymic: Option<&str>) -> Name {
        Name { surname: surname.into(), given: given.into(), patronymic: patronymic.map(Into::into) }
    }

    #[test]
    fn names_are_written_as_documents_write_them() {
        let with = name("Бекова", "Айгерім", Some("Серікқызы"));
        assert_eq!(full_name(Some(&with)), "Бекова Айгерім Серікқызы");
        assert_eq!(short_name(Some(&with)), "Бекова Айгерім");
        assert_eq!(display_name(&with), "Айгерім Б.");
        assert_eq!(full_name(Some(&name("Бекова", "Айгерім", None))), "Бекова Айгерім");
        assert_eq!(display_name(&name("", "Айгерім", None)), "Айгерім");
        assert_eq!(full_name(None), "—");
    }

    #[test]
    fn the_position_is_the_one_in_the_organisation_of_the_visit() {
        let membership = |organisation: u8, role, from_ms, to_ms| Membership {
            person: PersonId::from_bytes([1; 16]),
            organisation: OrganisationId::from_bytes([organisation; 16]),
            role,
            engagement: Engagement::Employee,
            position_kk: String::new(),
            position_ru: String::new(),
            from_ms,
            to_ms,
        };
        let rows = [
            membership(1, Role::Specialist, 0, Some(50)),
            membership(2, Role::Specialist, 10, None),
            membership(3, Role::Representative, 20, None),
        ];
        let chosen = |organisation: Option<u8>| {
            let organisation = organisation.map(|n| OrganisationId::from_bytes([n; 16]));
            choose(&rows, organisation, 100).map(|m| m.organisation.as_bytes()[0])
        };
        assert_eq!(chosen(Some(1)), Some(1), "also when it has ended since");
        assert_eq!(chosen(None), Some(2));
        assert_eq!(chosen(Some(9)), Some(2));
        assert!(choose(&rows[2..], None, 100).is_none());
    }
}
