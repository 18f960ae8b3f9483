//! What a person may see at this moment: a pure function of the facts in force and the time.

use std::collections::BTreeSet;

use domain::content::Role;
use domain::id::{ChildId, Digest, OrganisationId, PersonId, PlaceId};
use domain::scope::{Scope, Sight};
use sha2::{Digest as _, Sha256};

use crate::fact::{Class, Fact, FactQuery, role_name};
use crate::store::{StoreError, StoreRead};
use crate::{agreement, authorise};

/// The scopes of a person (docs/PROTOCOL.md, "Scopes").
///
/// Before the agreement of a role is accepted only what the person is told at the door: the operator's statements and
/// the own name, contact and roles.
///
/// # Errors
/// Those of the store.
pub fn scopes_of(read: &dyn StoreRead, person: PersonId, now_ms: i64) -> Result<BTreeSet<Scope>, StoreError> {
    let mut view = View { read, now_ms, scopes: BTreeSet::new() };
    view.scopes.extend([
        Scope::Operator,
        Scope::Person(person),
        Scope::Card(person),
        Scope::Contact(person),
        Scope::Identity(person),
    ]);
    let accepted = |role: Role| agreement::has_accepted(read, person, role.agreement());
    if accepted(Role::Specialist)? {
        view.as_specialist(person)?;
        view.as_coordinator(person)?;
    }
    if accepted(Role::Representative)? {
        view.as_representative(person)?;
    }
    Ok(view.scopes)
}

/// The scopes of whoever coordinates visits for an organisation: what leaves the house about them by default.
///
/// # Errors
/// Those of the store.
pub fn scopes_of_organisation(
    read: &dyn StoreRead,
    organisation: OrganisationId,
    now_ms: i64,
) -> Result<BTreeSet<Scope>, StoreError> {
    let mut view = View { read, now_ms, scopes: BTreeSet::from([Scope::Operator]) };
    view.coordinate(organisation)?;
    Ok(view.scopes)
}

/// How much of a statement somebody with these scopes sees; `None`: not even that it exists.
///
/// # Errors
/// Those of the store.
pub fn sight(
    read: &dyn StoreRead,
    leaf_index: u64,
    scopes: &BTreeSet<Scope>,
) -> Result<Option<Sight>, StoreError> {
    let audiences = read.audiences(leaf_index)?;
    Ok(audiences.iter().filter(|(scope, _)| scopes.contains(scope)).map(|(_, sight)| *sight).max())
}

/// The version of a list of scopes: SHA-256 over their sorted names, joined by line feeds.
pub fn version(scopes: &BTreeSet<Scope>) -> Digest {
    let mut names: Vec<String> = scopes.iter().map(Scope::to_string).collect();
    names.sort_unstable();
    Digest::from_bytes(Sha256::digest(names.join("\n")).into())
}

struct View<'a> {
    read: &'a dyn StoreRead,
    now_ms: i64,
    scopes: BTreeSet<Scope>,
}

impl View<'_> {
    fn valid(&self, query: FactQuery) -> Result<Vec<Fact>, StoreError> {
        let mut facts = self.read.facts(&query)?;
        facts.retain(|fact| fact.is_valid_at(self.now_ms));
        Ok(facts)
    }

    /// A representation of a child who has come of age is over.
    fn is_in_force(&self, representation: &Fact) -> Result<bool, StoreError> {
        let end_ms = authorise::end_of_representation(self.read, representation)?;
        Ok(end_ms.is_none_or(|end_ms| self.now_ms < end_ms))
    }

    fn as_specialist(&mut self, person: PersonId) -> Result<(), StoreError> {
        let children: BTreeSet<ChildId> = self
            .valid(FactQuery::of(Class::CareTeam).with(person))?
            .iter()
            .map(|f| f.subject.into())
            .collect();
        for child in children {
            self.scopes.extend([Scope::Child(child), Scope::Team(child)]);
            self.add_places(child)?;
            // Whoever ever came stays known, here as for the family: without the key a visit cannot be verified.
            for member in self.read.facts(&FactQuery::of(Class::CareTeam).about(child))? {
                self.scopes.extend(member.object.map(|id| Scope::Card(id.into())));
            }
            self.scopes.extend(self.read.specialists_of_child(child)?.into_iter().map(Scope::Card));
            self.add_representatives(child, true)?;
        }
        // Answers to own visits still come after a place in a care team ended: they are believed by these cards.
        for ended in self.read.facts(&FactQuery::of(Class::CareTeam).with(person))? {
            self.add_representatives(ended.subject.into(), false)?;
        }
        let query = FactQuery::of(Class::Member).about(person).qualified(role_name(Role::Specialist));
        for membership in self.read.facts(&query)? {
            let Some(organisation) = membership.object.map(OrganisationId::from) else { continue };
            self.add_coordinators(organisation)?;
        }
        Ok(())
    }

    fn as_representative(&mut self, person: PersonId) -> Result<(), StoreError> {
        for representation in self.valid(FactQuery::of(Class::Representation).with(person))? {
            if !self.is_in_force(&representation)? {
                continue;
            }
            let child = ChildId::from(representation.subject);
            self.scopes.extend([Scope::Child(child), Scope::ChildIdentity(child), Scope::Family(child)]);
            self.add_places(child)?;
            // Whoever ever came stays known, so that old visits keep their names.
            for member in self.read.facts(&FactQuery::of(Class::CareTeam).about(child))? {
                self.scopes.extend(member.object.map(|id| Scope::Card(id.into())));
            }
            self.scopes.extend(self.read.specialists_of_child(child)?.into_iter().map(Scope::Card));
            self.add_representatives(child, false)?;
            for organisation in self.organisations_of(child)? {
                self.add_coordinators(organisation)?;
            }
        }
        Ok(())
    }

    /// Whoever reviews or reviewed for an organisation, by name and key.
    fn add_coordinators(&mut self, organisation: OrganisationId) -> Result<(), StoreError> {
        let query = FactQuery::of(Class::Member).with(organisation).qualified(role_name(Role::Coordinator));
        for member in self.read.facts(&query)? {
            self.scopes.insert(Scope::Card(member.subject.into()));
        }
        Ok(())
    }

    fn as_coordinator(&mut self, person: PersonId) -> Result<(), StoreError> {
        let query = FactQuery::of(Class::Member).about(person).qualified(role_name(Role::Coordinator));
        for membership in self.valid(query)? {
            let Some(organisation) = membership.object.map(OrganisationId::from) else { continue };
            self.coordinate(organisation)?;
        }
        Ok(())
    }

    fn coordinate(&mut self, organisation: OrganisationId) -> Result<(), StoreError> {
        self.scopes.insert(Scope::Organisation(organisation));
        for membership in self.read.facts(&FactQuery::of(Class::Member).with(organisation))? {
            let member = PersonId::from(membership.subject);
            // Who left signed what still has to be verified; only the telephone is for those who are there.
            self.scopes.insert(Scope::Card(member));
            if membership.is_valid_at(self.now_ms) {
                self.scopes.insert(Scope::Contact(member));
            }
        }
        self.scopes.extend(self.read.specialists_of_organisation(organisation)?.into_iter().map(Scope::Card));
        for child in self.children_of(organisation)? {
            self.scopes.insert(Scope::Child(child));
            self.add_places(child)?;
            self.add_representatives(child, true)?;
        }
        // A child who left: what the family answered must stay verifiable, the telephone is nobody's business any
        // more.
        for child in self.children_ever_of(organisation)? {
            self.add_representatives(child, false)?;
        }
        Ok(())
    }

    fn add_places(&mut self, child: ChildId) -> Result<(), StoreError> {
        let lives = self.read.facts(&FactQuery::of(Class::Lives).about(child))?;
        self.scopes.extend(lives.iter().filter_map(|f| f.object).map(|id| Scope::Place(PlaceId::from(id))));
        Ok(())
    }

    fn add_representatives(&mut self, child: ChildId, with_contact: bool) -> Result<(), StoreError> {
        for representation in self.read.facts(&FactQuery::of(Class::Representation).about(child))? {
            let Some(person) = representation.object.map(PersonId::from) else { continue };
            self.scopes.insert(Scope::Card(person));
            if with_contact && representation.is_valid_at(self.now_ms) && self.is_in_force(&representation)? {
                self.scopes.insert(Scope::Contact(person));
            }
        }
        Ok(())
    }

    fn organisations_of(&self, child: ChildId) -> Result<BTreeSet<OrganisationId>, StoreError> {
        let served = self.valid(FactQuery::of(Class::Served).about(child))?;
        let mut organisations: BTreeSet<OrganisationId> =
            served.iter().filter_map(|fact| fact.object).map(OrganisationId::from).collect();
        let teams = self.valid(FactQuery::of(Class::CareTeam).about(child))?;
        organisations.extend(teams.iter().filter_map(|fact| fact.qualifier.parse::<OrganisationId>().ok()));
        Ok(organisations)
    }

    fn children_of(&self, organisation: OrganisationId) -> Result<BTreeSet<ChildId>, StoreError> {
        let served = self.valid(FactQuery::of(Class::Served).with(organisation))?;
        let mut children: BTreeSet<ChildId> = served.iter().map(|fact| fact.subject.into()).collect();
        let teams = self.valid(FactQuery::of(Class::CareTeam).qualified(organisation.to_string()))?;
        children.extend(teams.iter().map(|fact| ChildId::from(fact.subject)));
        Ok(children)
    }

    fn children_ever_of(&self, organisation: OrganisationId) -> Result<BTreeSet<ChildId>, StoreError> {
        let served = self.read.facts(&FactQuery::of(Class::Served).with(organisation))?;
        let teams = self.read.facts(&FactQuery::of(Class::CareTeam).qualified(organisation.to_string()))?;
        Ok(served.iter().chain(&teams).map(|fact| ChildId::from(fact.subject)).collect())
    }
}
