//! A synthetic organisation to try everything with. Every person, number and place is invented.

mod roster;

use std::collections::BTreeMap;

use domain::content::{CareTeamChanged, Engagement, RepresentationBasis, RepresentationChanged, Role};
use domain::geo::Position;
use domain::id::{ChildId, OrganisationId, PersonId, PlaceId};
use operator_core::Operator;
use operator_core::directory::{self, PersonRow};
use operator_core::store::{StoreError, StoreTxn};
use serde::Serialize;

use crate::change::{
    ChangeError, Name, NewChild, NewMember, NewPerson, NewPlace, add_child, add_member, add_organisation,
    add_person, add_place, set_care_team, set_representation,
};
use crate::issue::{IssueError, issue};
use crate::setup::{Identity, SetupError};
use crate::{Folder, Instance, setup};
use roster::{CHILDREN, PARENTS, PLACES, STAFF};

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Setting up the operator.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Opening it.
    #[error(transparent)]
    Open(#[from] crate::instance::OpenError),
    /// Adding its people.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Issuing codes.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The folder belongs to a real organisation.
    #[error("this folder holds an organisation that is not the demo's: choose another folder")]
    NotDemo,
    /// The roster of this file.
    #[error("the roster of the demo contradicts itself: {0}")]
    Roster(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the demo prints.
#[derive(Debug, Clone, Serialize)]
pub struct Demo {
    /// Who answers.
    pub operator: DemoOperator,
    /// Everybody, with a fresh code where one was issued.
    pub people: Vec<DemoPerson>,
    /// Every child.
    pub children: Vec<DemoChild>,
}

/// Who answers, and where.
#[derive(Debug, Clone, Serialize)]
pub struct DemoOperator {
    /// Thumbprint of the operator's key.
    pub fingerprint: String,
    /// Words to compare.
    pub fingerprint_words: Vec<String>,
    /// As it stands in the links.
    pub address: String,
    /// Id of the organisation.
    pub organisation: String,
}

/// A person of the demo.
#[derive(Debug, Clone, Serialize)]
pub struct DemoPerson {
    /// Id.
    pub person: String,
    /// `specialist`, `representative`, `coordinator`.
    pub roles: Vec<&'static str>,
    /// Full name.
    pub name: String,
    /// Synthetic identification number, to be looked for where it must not be.
    pub iin: Option<&'static str>,
    /// Activation code, if one was issued now.
    pub code: Option<String>,
    /// Activation link, if a code was issued now.
    pub link: Option<String>,
}

/// A child of the demo.
#[derive(Debug, Clone, Serialize)]
pub struct DemoChild {
    /// Id.
    pub child: String,
    /// Full name.
    pub name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Synthetic identification number.
    pub iin: Option<&'static str>,
    /// Id of the place.
    pub place: Option<String>,
    /// Address of the place.
    pub place_label: Option<String>,
    /// Latitude of the place, 1e-7 degree.
    pub lat_e7: Option<i32>,
    /// Longitude of the place, 1e-7 degree.
    pub lon_e7: Option<i32>,
    /// Ids of the people in the care team.
    pub care_team: Vec<String>,
    /// Ids of the representatives.
    pub representatives: Vec<String>,
}

/// The operator that the agreements name.
pub fn default_identity() -> Identity {
    Identity {
        name_kk: "«KazTechElectronica» ЖШС".into(),
        name_ru: "ТОО «KazTechElectronica»".into(),
        bin: "110640022582".into(),
    }
}

/// Opens the folder, makes operator and organisation if they are not there, and issues codes: for people without a
/// device, or with `renew` for all.
///
/// # Errors
/// [`DemoError`].
pub fn prepare(folder: Folder, address: Option<&str>, renew: bool) -> Result<Demo, DemoError> {
    let instance = match setup::init(folder.clone(), &default_identity()) {
        Ok(instance) => instance,
        Err(SetupError::Already) => Instance::open(folder)?,
        Err(error) => return Err(error.into()),
    };
    prepare_in(&instance, address, renew)
}

/// As [`prepare`], in an operator that is set up.
///
/// # Errors
/// [`DemoError`].
pub fn prepare_in(instance: &Instance, address: Option<&str>, renew: bool) -> Result<Demo, DemoError> {
    let organisation = instance.transact(|txn, operator| populate(txn, operator))?;
    let now_ms = instance.now_ms();
    let people = directory::people(instance.read()?.as_ref(), now_ms)?;
    let address = address.map(str::to_owned).or_else(|| instance.config.public_address());
    let address = address.ok_or(IssueError::NoAddress)?;
    let mut rows = Vec::new();
    for person in people {
        let roles = person.roles(now_ms);
        let has_device = person.keys.iter().any(|key| key.revoked_at_ms.is_none());
        let is_wanted = !roles.is_empty() && (renew || !has_device);
        let issued = if is_wanted { Some(issue(instance, person.id, Some(&address))?) } else { None };
        rows.push(DemoPerson {
            person: person.id.to_string(),
            roles: roles.into_iter().map(operator_core::fact::role_name).collect(),
            iin: roster::iin_of(&person.name),
            code: issued.as_ref().map(|issued| issued.code.reveal()),
            link: issued.as_ref().map(|issued| issued.link.to_string()),
            name: person.name,
        });
    }
    let id = instance.key.id();
    let operator = DemoOperator {
        fingerprint: id.to_string(),
        fingerprint_words: wire::activation::fingerprint_words(&id),
        address,
        organisation: organisation.to_string(),
    };
    Ok(Demo { operator, people: rows, children: children(instance)? })
}

fn children(instance: &Instance) -> Result<Vec<DemoChild>, DemoError> {
    use operator_core::fact::{Class, FactQuery};
    let read = instance.read()?;
    let places: BTreeMap<PlaceId, String> =
        directory::places(read.as_ref())?.into_iter().map(|place| (place.id, place.label)).collect();
    let mut rows = Vec::new();
    for child in directory::children(read.as_ref(), instance.now_ms())? {
        let ids = |class| -> Result<Vec<String>, StoreError> {
            let facts = read.facts(&FactQuery::of(class).about(child.id))?;
            Ok(facts.iter().filter_map(|fact| fact.object).map(|id| id.to_string()).collect())
        };
        let place_label = child.place.and_then(|place| places.get(&place).cloned());
        let position = PLACES.iter().find(|place| Some(place.label) == place_label.as_deref());
        let position = position.and_then(|place| place.position);
        rows.push(DemoChild {
            child: child.id.to_string(),
            iin: roster::iin_of(&child.name),
            name: child.name,
            birth_date: child.birth_date,
            place: child.place.map(|place| place.to_string()),
            place_label,
            lat_e7: position.map(|(lat_e7, _)| lat_e7),
            lon_e7: position.map(|(_, lon_e7)| lon_e7),
            care_team: ids(Class::CareTeam)?,
            representatives: ids(Class::Representation)?,
        });
    }
    Ok(rows)
}

fn name(full: &str) -> Name {
    let mut words = full.splitn(3, ' ').map(str::to_owned);
    let (surname, given) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Name { surname, given, patronymic: words.next() }
}

/// Makes the organisation and everybody in it, all or nothing.
fn populate(txn: &mut dyn StoreTxn, operator: &Operator<'_>) -> Result<OrganisationId, DemoError> {
    let organisations = directory::organisations(txn.as_read())?;
    if let Some((id, organisation)) = organisations.first() {
        let is_demo = organisations.len() == 1 && organisation.bin == roster::ORGANISATION_BIN;
        return if is_demo { Ok(*id) } else { Err(DemoError::NotDemo) };
    }
    let organisation = add_organisation(
        txn,
        operator,
        roster::ORGANISATION_KK,
        roster::ORGANISATION_RU,
        roster::ORGANISATION_BIN,
    )?;
    let staff = add_staff(txn, operator, organisation)?;
    let mut parents = BTreeMap::new();
    for parent in PARENTS {
        parents.insert(parent.name, add(txn, operator, parent)?);
    }
    let mut places = BTreeMap::new();
    for place in PLACES {
        let position = match place.position {
            Some((lat_e7, lon_e7)) => {
                Some(Position::new(lat_e7, lon_e7).map_err(|_| DemoError::Roster("a position"))?)
            }
            None => None,
        };
        let new = NewPlace {
            label: place.label.into(),
            region: place.region.into(),
            position,
            radius_m: domain::geo::DEFAULT_RADIUS_M,
        };
        places.insert(place.label, add_place(txn, operator, &new)?);
    }
    for child in CHILDREN {
        let unknown = DemoError::Roster("a child names a place that is not there");
        let new = NewChild {
            name: name(child.name),
            birth: child.birth.parse().map_err(|_| DemoError::Roster("a birth date"))?,
            iin: Some(child.iin.into()),
            place: Some(*places.get(child.place).ok_or(unknown)?),
            organisation,
        };
        let id = add_child(txn, operator, &new)?;
        relate(txn, operator, organisation, (id, child), &staff, &parents)?;
    }
    Ok(organisation)
}

fn add(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    person: &roster::Person,
) -> Result<PersonId, DemoError> {
    let new = NewPerson {
        name: name(person.name),
        phone: Some(person.phone.into()),
        email: None,
        iin: Some(person.iin.into()),
    };
    Ok(add_person(txn, operator, &new)?)
}

fn add_staff(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    organisation: OrganisationId,
) -> Result<BTreeMap<&'static str, PersonId>, DemoError> {
    let mut staff = BTreeMap::new();
    for member in STAFF {
        let id = add(txn, operator, &member.person)?;
        for &role in member.roles {
            let (position_kk, position_ru) = match role {
                Role::Coordinator => ("Үйлестіруші", "Координатор"),
                _ => (member.position_kk, member.position_ru),
            };
            let engagement =
                if member.by_contract { Engagement::CivilContract } else { Engagement::Employee };
            let new = NewMember {
                organisation,
                role,
                engagement,
                position_kk: position_kk.into(),
                position_ru: position_ru.into(),
                from_ms: None,
            };
            add_member(txn, operator, id, &new)?;
        }
        staff.insert(member.person.name, id);
    }
    Ok(staff)
}

fn relate(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    organisation: OrganisationId,
    (id, child): (ChildId, &roster::Child),
    staff: &BTreeMap<&'static str, PersonId>,
    parents: &BTreeMap<&'static str, PersonId>,
) -> Result<(), DemoError> {
    let from_ms = operator.clock.utc_ms();
    for (member, function) in child.team {
        let unknown = DemoError::Roster("a care team names somebody who is not there");
        let person = *staff.get(member).ok_or(unknown)?;
        let team =
            CareTeamChanged { person, organisation, function: (*function).into(), from_ms, to_ms: None };
        set_care_team(txn, operator, id, team)?;
    }
    for parent in child.parents {
        let unknown = DemoError::Roster("a child names a parent who is not there");
        let representative = *parents.get(parent).ok_or(unknown)?;
        let basis = if child.is_in_guardianship {
            RepresentationBasis::Guardian
        } else {
            RepresentationBasis::Parent
        };
        let representation = RepresentationChanged { representative, basis, from_ms, to_ms: None };
        set_representation(txn, operator, id, representation)?;
    }
    Ok(())
}

/// The first person who has exactly these roles; tests play them.
pub fn find_by_roles<'a>(people: &'a [PersonRow], roles: &[Role], now_ms: i64) -> Option<&'a PersonRow> {
    people.iter().find(|person| person.roles(now_ms) == roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roster_keeps_its_promises() {
        assert!(CHILDREN.len() >= 12);
        assert!(CHILDREN.iter().any(|child| child.parents.len() == 2), "one child with two representatives");
        assert!(PLACES.iter().any(|place| place.position.is_none()), "one place without coordinates");
        let at = |label| CHILDREN.iter().filter(|child| child.place == label).count();
        assert!(PLACES.iter().any(|place| at(place.label) == 2), "a pair of siblings at one place");
        assert!(
            CHILDREN.iter().any(|child| name(child.name).surname.chars().count() > 25),
            "a very long surname"
        );
        let roles = |wanted: &[Role]| STAFF.iter().filter(|member| member.roles == wanted).count();
        assert_eq!(roles(&[Role::Specialist]), 2);
        assert_eq!(roles(&[Role::Coordinator]), 1);
        assert_eq!(roles(&[Role::Specialist, Role::Coordinator]), 1);
        for member in STAFF {
            assert!(domain::iin::Iin::parse(member.person.iin).is_ok(), "{}", member.person.iin);
        }
        for parent in PARENTS {
            assert!(domain::iin::Iin::parse(parent.iin).is_ok(), "{}", parent.iin);
        }
        for child in CHILDREN {
            let iin = domain::iin::Iin::parse(child.iin).unwrap();
            assert_eq!(iin.birth_date().unwrap().to_string(), child.birth, "{}", child.iin);
        }
    }

    #[test]
    fn a_second_run_adds_nobody_and_issues_fresh_codes() {
        let temporary = tempfile::tempdir().unwrap();
        let first = prepare(Folder::at(temporary.path()), Some("http://127.0.0.1:1"), false).unwrap();
        let second = prepare(Folder::at(temporary.path()), None, false).unwrap();
        assert_eq!(first.people.len(), second.people.len());
        assert_eq!(first.children.len(), second.children.len());
        let codes =
            |demo: &Demo| demo.people.iter().map(|person| person.code.clone().unwrap()).collect::<Vec<_>>();
        assert!(codes(&first).iter().all(|code| !codes(&second).contains(code)));
        let end = crate::change::end_person;
        let instance = Instance::open(Folder::at(temporary.path())).unwrap();
        let leaver: PersonId = first.people[0].person.parse().unwrap();
        instance.transact(|txn, operator| end(txn, operator, leaver)).unwrap();
        let third = prepare(Folder::at(temporary.path()), None, true).unwrap();
        let row = third.people.iter().find(|person| person.person == leaver.to_string()).unwrap();
        assert_eq!((row.code.as_ref(), row.roles.len()), (None, 0), "nobody who left gets a code");
    }
}
