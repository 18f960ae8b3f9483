//! People, children, places and organisations by name, for the officers at the command line. Personal: for the screen of
//! who asks, never for a log.

use domain::content::{Content, Engagement, OrganisationChanged, RecordData, Role};
use domain::id::{ChildId, OrganisationId, PersonId, PlaceId, SubjectId};

use crate::fact::{Class, Fact, FactQuery, parse_role};
use crate::store::{BoundKey, StoreError, StoreRead};

/// A role of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// In this organisation.
    pub organisation: OrganisationId,
    /// As what.
    pub role: Role,
    /// How engaged.
    pub engagement: Engagement,
    /// Position in Kazakh.
    pub position_kk: String,
    /// Position in Russian.
    pub position_ru: String,
    /// From.
    pub from_ms: i64,
    /// Until, exclusive.
    pub to_ms: Option<i64>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Id.
    pub id: PersonId,
    /// «Тегі Аты Әкесінің аты».
    pub name: String,
    /// Roles in organisations, ended ones too.
    pub members: Vec<MemberRow>,
    /// Children whom the person represents now.
    pub represents: Vec<ChildId>,
    /// Keys, revoked ones too.
    pub keys: Vec<BoundKey>,
}

impl PersonRow {
    /// What the person is at a moment.
    pub fn roles(&self, at_ms: i64) -> Vec<Role> {
        let is_valid = |row: &&MemberRow| row.from_ms <= at_ms && row.to_ms.is_none_or(|to_ms| at_ms < to_ms);
        let mut roles: Vec<Role> = self.members.iter().filter(is_valid).map(|row| row.role).collect();
        if !self.represents.is_empty() {
            roles.push(Role::Representative);
        }
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

fn full_name(data: &RecordData) -> Option<String> {
    let RecordData::Name { surname, given, patronymic } = data else { return None };
    let words = [surname.as_str(), given.as_str(), patronymic.as_deref().unwrap_or_default()];
    Some(words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

fn record(read: &dyn StoreRead, fact: &Fact) -> Result<Option<RecordData>, StoreError> {
    Ok(match fact.content(read)? {
        Some(Content::RecordChanged(changed)) => Some(changed.data),
        _ => None,
    })
}

fn data_of(read: &dyn StoreRead, class: Class, subject: SubjectId) -> Result<Option<RecordData>, StoreError> {
    match read.facts(&FactQuery::of(class).about(subject))?.last() {
        Some(fact) => record(read, fact),
        None => Ok(None),
    }
}

/// Everybody, in Kazakh order.
///
/// # Errors
/// Those of the store.
pub fn people(read: &dyn StoreRead, now_ms: i64) -> Result<Vec<PersonRow>, StoreError> {
    let mut people = Vec::new();
    for fact in read.facts(&FactQuery::of(Class::PersonName))? {
        people.push(person_row(read, fact.subject.into(), record(read, &fact)?, now_ms)?);
    }
    people.sort_by_cached_key(|person| domain::text::SortKey::of(&person.name));
    Ok(people)
}

/// One person; `None` when nobody has this id.
///
/// # Errors
/// Those of the store.
pub fn person(read: &dyn StoreRead, id: PersonId, now_ms: i64) -> Result<Option<PersonRow>, StoreError> {
    match read.facts(&FactQuery::of(Class::PersonName).about(id))?.last() {
        Some(fact) => person_row(read, id, record(read, fact)?, now_ms).map(Some),
        None => Ok(None),
    }
}

fn person_row(
    read: &dyn StoreRead,
    id: PersonId,
    name: Option<RecordData>,
    now_ms: i64,
) -> Result<PersonRow, StoreError> {
    let mut members = Vec::new();
    for fact in read.facts(&FactQuery::of(Class::Member).about(id))? {
        if let (Some(Content::MemberChanged(member)), Some(role)) =
            (fact.content(read)?, parse_role(&fact.qualifier))
        {
            members.push(MemberRow {
                organisation: member.organisation,
                role,
                engagement: member.engagement,
                position_kk: member.position_kk,
                position_ru: member.position_ru,
                from_ms: member.from_ms,
                to_ms: member.to_ms,
            });
        }
    }
    let representations = read.facts(&FactQuery::of(Class::Representation).with(id))?;
    let valid = representations.iter().filter(|fact| fact.is_valid_at(now_ms));
    Ok(PersonRow {
        id,
        name: name.as_ref().and_then(full_name).unwrap_or_default(),
        members,
        represents: valid.map(|fact| fact.subject.into()).collect(),
        keys: read.bound_keys(Some(id))?,
    })
}

/// A child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildRow {
    /// Id.
    pub id: ChildId,
    /// Full name.
    pub name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Where the child is visited.
    pub place: Option<PlaceId>,
    /// Organisations that serve the child.
    pub organisations: Vec<OrganisationId>,
}

/// All children, in Kazakh order.
///
/// # Errors
/// Those of the store.
pub fn children(read: &dyn StoreRead, now_ms: i64) -> Result<Vec<ChildRow>, StoreError> {
    let mut children = Vec::new();
    for fact in read.facts(&FactQuery::of(Class::ChildName))? {
        let birth = data_of(read, Class::ChildBirth, fact.subject)?;
        let lives = read.facts(&FactQuery::of(Class::Lives).about(fact.subject))?;
        let served = read.facts(&FactQuery::of(Class::Served).about(fact.subject))?;
        children.push(ChildRow {
            id: fact.subject.into(),
            name: record(read, &fact)?.as_ref().and_then(full_name).unwrap_or_default(),
            birth_date: match birth {
                Some(RecordData::Birth { date }) => Some(date),
                _ => None,
            },
            place: lives.last().and_then(|fact| fact.object).map(PlaceId::from),
            organisations: served
                .iter()
                .filter(|fact| fact.is_valid_at(now_ms))
                .filter_map(|fact| fact.object.map(OrganisationId::from))
                .collect(),
        });
    }
    children.sort_by_cached_key(|child| domain::text::SortKey::of(&child.name));
    Ok(children)
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// Id.
    pub id: PlaceId,
    /// As people say it.
    pub label: String,
    /// ISO 3166-2.
    pub region: String,
    /// Whether its coordinates are known.
    pub has_position: bool,
}

/// All places, in Kazakh order.
///
/// # Errors
/// Those of the store.
pub fn places(read: &dyn StoreRead) -> Result<Vec<PlaceRow>, StoreError> {
    let mut places = Vec::new();
    for fact in read.facts(&FactQuery::of(Class::PlaceAddress))? {
        let Some(RecordData::Address { label, region }) = record(read, &fact)? else { continue };
        let positions = read.facts(&FactQuery::of(Class::PlacePosition).about(fact.subject))?;
        places.push(PlaceRow { id: fact.subject.into(), label, region, has_position: !positions.is_empty() });
    }
    places.sort_by_cached_key(|place| domain::text::SortKey::of(&place.label));
    Ok(places)
}

/// All organisations, in Kazakh order.
///
/// # Errors
/// Those of the store.
pub fn organisations(read: &dyn StoreRead) -> Result<Vec<(OrganisationId, OrganisationChanged)>, StoreError> {
    let mut organisations = Vec::new();
    for fact in read.facts(&FactQuery::of(Class::Organisation))? {
        if let Some(Content::OrganisationChanged(organisation)) = fact.content(read)? {
            organisations.push((OrganisationId::from(fact.subject), organisation));
        }
    }
    organisations.sort_by_cached_key(|(_, organisation)| domain::text::SortKey::of(&organisation.name_kk));
    Ok(organisations)
}
