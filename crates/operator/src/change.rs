//! What officers change. Each function states what the change is; nothing is edited.

use domain::agreement::AgreementKind;
use domain::content::{
    CareTeamChanged, DeviceRevoked, Engagement, Locale, MemberChanged, OrganisationChanged, RecordChanged,
    RecordData, RecordKind, RepresentationBasis, RepresentationChanged, RevocationReason, Role,
};
use domain::date::Date;
use domain::geo::Position;
use domain::id::{ChildId, KeyId, OrganisationId, PersonId, PlaceId};
use operator_core::directory::{self, MemberRow};
use operator_core::fact::{Class, FactQuery, role_name};
use operator_core::operator::Stated;
use operator_core::publish::{Publication, PublishError, Published};
use operator_core::store::{StoreError, StoreRead, StoreTxn};
use operator_core::{Operator, activation};

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Nobody and nothing has this id.
    #[error("there is no {what} with this id")]
    NotFound {
        /// Person, child...
        what: &'static str,
    },
    /// A field is out of range.
    #[error("{field}: {reason}")]
    BadInput {
        /// Which.
        field: &'static str,
        /// Why.
        reason: String,
    },
    /// The agreement.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn bad(field: &'static str, reason: impl ToString) -> ChangeError {
    ChangeError::BadInput { field, reason: reason.to_string() }
}

fn must_exist(
    read: &dyn StoreRead,
    class: Class,
    id: impl Into<domain::id::SubjectId>,
    what: &'static str,
) -> Result<(), ChangeError> {
    let found = read.facts(&FactQuery::of(class).about(id))?;
    if found.is_empty() { Err(ChangeError::NotFound { what }) } else { Ok(()) }
}

/// A name as the register writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Тегі.
    pub surname: String,
    /// Аты.
    pub given: String,
    /// Әкесінің аты.
    pub patronymic: Option<String>,
}

impl Name {
    fn data(&self) -> Result<RecordData, ChangeError> {
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (surname, given) = (tidy(&self.surname), tidy(&self.given));
        if surname.is_empty() || given.is_empty() {
            return Err(bad("name", "surname and given name are needed"));
        }
        let patronymic = self.patronymic.as_deref().map(tidy).filter(|text| !text.is_empty());
        Ok(RecordData::Name { surname, given, patronymic })
    }
}

fn record(record: RecordKind, data: RecordData) -> RecordChanged {
    RecordChanged { record, data }
}

fn check_iin(iin: &str) -> Result<RecordData, ChangeError> {
    let iin = domain::iin::Iin::parse(iin).map_err(|error| bad("iin", error))?;
    Ok(RecordData::Identifier { iin: iin.as_digits() })
}

/// Adds an organisation.
///
/// # Errors
/// [`ChangeError`].
pub fn add_organisation(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    name_kk: &str,
    name_ru: &str,
    bin: &str,
) -> Result<OrganisationId, ChangeError> {
    let bin = domain::bin::Bin::parse(bin).map_err(|error| bad("bin", error))?.as_digits();
    let id = OrganisationId::random(operator.rng);
    let (name_kk, name_ru) = (name_kk.to_owned(), name_ru.to_owned());
    operator.state(txn, id, OrganisationChanged { name_kk, name_ru, bin, active: true })?;
    Ok(id)
}

/// A person who is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Name.
    pub name: Name,
    /// Telephone, however it is typed.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Identification number.
    pub iin: Option<String>,
}

/// Adds a person: name, and what is known to reach and to identify the person, each a statement of its own.
///
/// # Errors
/// [`ChangeError`].
pub fn add_person(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    new: &NewPerson,
) -> Result<PersonId, ChangeError> {
    let id = PersonId::random(operator.rng);
    let phone = match &new.phone {
        Some(phone) => {
            let phone = domain::phone::Phone::parse(phone).map_err(|error| bad("phone", error))?;
            Some(phone.as_e164().to_owned())
        }
        None => None,
    };
    operator.state(txn, id, record(RecordKind::Person, new.name.data()?))?;
    if phone.is_some() || new.email.is_some() {
        let contact = RecordData::Contact { phone, email: new.email.clone() };
        operator.state(txn, id, record(RecordKind::Person, contact))?;
    }
    if let Some(iin) = &new.iin {
        operator.state(txn, id, record(RecordKind::Person, check_iin(iin)?))?;
    }
    Ok(id)
}

/// A role that is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// In this organisation.
    pub organisation: OrganisationId,
    /// As what; representatives are no members.
    pub role: Role,
    /// How engaged.
    pub engagement: Engagement,
    /// Position in Kazakh.
    pub position_kk: String,
    /// Position in Russian.
    pub position_ru: String,
    /// Since when; `None` is from now on.
    pub from_ms: Option<i64>,
}

/// Gives a person a role.
///
/// # Errors
/// [`ChangeError`].
pub fn add_member(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    person: PersonId,
    new: &NewMember,
) -> Result<(), ChangeError> {
    must_exist(txn.as_read(), Class::PersonName, person, "person")?;
    must_exist(txn.as_read(), Class::Organisation, new.organisation, "organisation")?;
    if new.role == Role::Representative {
        return Err(bad("role", "a representative is made by a representation of a child"));
    }
    let member = MemberChanged {
        organisation: new.organisation,
        role: new.role,
        engagement: new.engagement,
        position_kk: new.position_kk.clone(),
        position_ru: new.position_ru.clone(),
        from_ms: new.from_ms.unwrap_or_else(|| operator.clock.utc_ms()),
        to_ms: None,
    };
    operator.state(txn, person, member)?;
    Ok(())
}

/// Ends a person's work and access: roles, care teams, representations, unused codes and devices. What was registered
/// stays, and the devices may still push what they had not sent.
///
/// # Errors
/// [`ChangeError`].
pub fn end_person(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    person: PersonId,
) -> Result<(), ChangeError> {
    let now_ms = operator.clock.utc_ms();
    let row =
        directory::person(txn.as_read(), person, now_ms)?.ok_or(ChangeError::NotFound { what: "person" })?;
    let is_open = |to_ms: Option<i64>| to_ms.is_none_or(|to_ms| now_ms < to_ms);
    for member in row.members.into_iter().filter(|member| is_open(member.to_ms)) {
        let MemberRow { organisation, role, engagement, position_kk, position_ru, from_ms, .. } = member;
        let to_ms = Some(now_ms);
        let ended =
            MemberChanged { organisation, role, engagement, position_kk, position_ru, from_ms, to_ms };
        operator.state(txn, person, ended)?;
    }
    for class in [Class::CareTeam, Class::Representation] {
        for fact in
            txn.facts(&FactQuery::of(class).with(person))?.into_iter().filter(|fact| is_open(fact.to_ms))
        {
            let ended: domain::Content = match fact.content(txn.as_read())? {
                Some(domain::Content::CareTeamChanged(team)) => {
                    CareTeamChanged { to_ms: Some(now_ms), ..team }.into()
                }
                Some(domain::Content::RepresentationChanged(representation)) => {
                    RepresentationChanged { to_ms: Some(now_ms), ..representation }.into()
                }
                _ => continue,
            };
            operator.state(txn, fact.subject, ended)?;
        }
    }
    activation::end_all(txn, person, now_ms)?;
    for key in row.keys.into_iter().filter(|key| key.revoked_at_ms.is_none()) {
        revoke_device(txn, operator, key.key.id(), RevocationReason::Ended)?;
    }
    Ok(())
}

/// Ends the activation codes of a person that are still alive, and says how many there were.
///
/// # Errors
/// [`ChangeError`].
pub fn cancel_activations(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    person: PersonId,
) -> Result<usize, ChangeError> {
    must_exist(txn.as_read(), Class::PersonName, person, "person")?;
    Ok(activation::end_all(txn, person, operator.clock.utc_ms())?)
}

/// Takes a device's key out of force.
///
/// # Errors
/// [`ChangeError`].
pub fn revoke_device(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    key: KeyId,
    reason: RevocationReason,
) -> Result<Stated, ChangeError> {
    let bound = txn.bound_key(key)?.ok_or(ChangeError::NotFound { what: "device" })?;
    let revoked = DeviceRevoked { key, reason, revoked_at_ms: operator.clock.utc_ms() };
    Ok(operator.state(txn, bound.device, revoked)?)
}

/// A place that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlace {
    /// As people say it.
    pub label: String,
    /// ISO 3166-2.
    pub region: String,
    /// Coordinates, if they are known.
    pub position: Option<Position>,
    /// Within how many metres a visit counts as being there.
    pub radius_m: u32,
}

/// Adds a place.
///
/// # Errors
/// [`ChangeError`].
pub fn add_place(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    new: &NewPlace,
) -> Result<PlaceId, ChangeError> {
    if !domain::region::REGIONS.iter().any(|region| region.iso == new.region) {
        return Err(bad("region", "not a region of Kazakhstan by ISO 3166-2, such as KZ-71"));
    }
    if new.label.trim().is_empty() {
        return Err(bad("label", "an address is needed"));
    }
    let id = PlaceId::random(operator.rng);
    let address = RecordData::Address { label: new.label.trim().to_owned(), region: new.region.clone() };
    operator.state(txn, id, record(RecordKind::Place, address))?;
    if let Some(position) = new.position {
        let data = RecordData::Position {
            lat_e7: position.lat_e7(),
            lon_e7: position.lon_e7(),
            radius_m: new.radius_m,
            adopted_from: None,
        };
        operator.state(txn, id, record(RecordKind::Place, data))?;
    }
    Ok(id)
}

/// A child who is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChild {
    /// Name.
    pub name: Name,
    /// Birth date.
    pub birth: Date,
    /// Identification number.
    pub iin: Option<String>,
    /// Where the child is visited.
    pub place: Option<PlaceId>,
    /// The organisation that serves the child.
    pub organisation: OrganisationId,
}

/// Adds a child, each class of data a statement of its own.
///
/// # Errors
/// [`ChangeError`].
pub fn add_child(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    new: &NewChild,
) -> Result<ChildId, ChangeError> {
    must_exist(txn.as_read(), Class::Organisation, new.organisation, "organisation")?;
    let id = ChildId::random(operator.rng);
    let mut state = |data| operator.state(txn, id, record(RecordKind::Child, data)).map(drop);
    state(new.name.data()?)?;
    state(RecordData::Birth { date: new.birth.to_string() })?;
    if let Some(iin) = &new.iin {
        state(check_iin(iin)?)?;
    }
    let (organisation, from_ms) = (new.organisation, operator.clock.utc_ms());
    state(RecordData::Served { organisation, from_ms, to_ms: None })?;
    if let Some(place) = new.place {
        must_exist(txn.as_read(), Class::PlaceAddress, place, "place")?;
        operator.state(txn, id, record(RecordKind::Child, RecordData::Lives { place }))?;
    }
    Ok(id)
}

/// Takes a specialist of an organisation into a child's care team, or with `to_ms` anybody out of it.
///
/// # Errors
/// [`ChangeError`].
pub fn set_care_team(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    child: ChildId,
    team: CareTeamChanged,
) -> Result<(), ChangeError> {
    must_exist(txn.as_read(), Class::ChildName, child, "child")?;
    must_exist(txn.as_read(), Class::PersonName, team.person, "person")?;
    must_exist(txn.as_read(), Class::Organisation, team.organisation, "organisation")?;
    if domain::service_catalogue::find(&team.function).is_none() {
        return Err(bad("function", "not a code of the list of services"));
    }
    if team.to_ms.is_none() {
        let now_ms = operator.clock.utc_ms();
        let roles = FactQuery::of(Class::Member).about(team.person).with(team.organisation);
        let roles = txn.facts(&roles.qualified(role_name(Role::Specialist)))?;
        // A role may begin later than today; one that is over opens no child's door.
        if !roles.iter().any(|role| role.to_ms.is_none_or(|to_ms| now_ms < to_ms)) {
            return Err(bad("person", "no specialist of this organisation: give the role first"));
        }
    }
    operator.state(txn, child, team)?;
    Ok(())
}

/// Makes a person a child's representative, or with `to_ms` ends it.
///
/// # Errors
/// [`ChangeError`].
pub fn set_representation(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    child: ChildId,
    representation: RepresentationChanged,
) -> Result<(), ChangeError> {
    must_exist(txn.as_read(), Class::ChildName, child, "child")?;
    must_exist(txn.as_read(), Class::PersonName, representation.representative, "person")?;
    operator.state(txn, child, representation)?;
    Ok(())
}

/// Publishes a text that takes effect on a day. A translation takes over the moment of its version.
///
/// # Errors
/// [`ChangeError::Publish`].
pub fn publish(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    (document, locale, version): (AgreementKind, Locale, u32),
    effective: Date,
    geolocation_optional: bool,
    bytes: &[u8],
) -> Result<Published, ChangeError> {
    use operator_core::publish::{begins_at_ms, effective_from_ms, publish};
    let versions = operator_core::agreement::versions(txn.as_read(), document)?;
    let same = versions.iter().find(|other| other.published.version == version);
    let day_ms = begins_at_ms(effective)..begins_at_ms(effective) + 86_400_000;
    let effective_from_ms = match same {
        Some(same) if day_ms.contains(&same.published.effective_from_ms) => same.published.effective_from_ms,
        Some(_) => return Err(PublishError::OtherEffectiveDate.into()),
        None => effective_from_ms(effective, operator.clock)?,
    };
    let publication =
        Publication { document, locale, version, effective_from_ms, bytes, geolocation_optional };
    Ok(publish(txn, operator, &publication)?)
}

/// The basis of that name.
pub fn parse_basis(name: &str) -> Option<RepresentationBasis> {
    Some(match name {
        "parent" => RepresentationBasis::Parent,
        "adopter" => RepresentationBasis::Adopter,
        "guardian" => RepresentationBasis::Guardian,
        "trustee" => RepresentationBasis::Trustee,
        "foster" => RepresentationBasis::Foster,
        "other" => RepresentationBasis::Other,
        _ => return None,
    })
}
