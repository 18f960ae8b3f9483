//! People, children and places. Only the operator's statements count, and positions of places that a coordinator
//! adopted from an accepted visit.

use std::collections::{BTreeMap, BTreeSet};

use domain::content::{
    CareTeamChanged, Content, MemberChanged, RecordChanged, RecordData, RecordKind, RepresentationChanged,
    Role,
};
use domain::flag::Flag;
use domain::id::{OrganisationId, PersonId, PlaceId, StatementId, SubjectId};
use domain::text::{SortKey, fold as fold_text};
use rusqlite::{Transaction, named_params};

use crate::StoreError;
use crate::account::Account;
use crate::column::{Blob, code};
use crate::statement::{self, Believed};

type Name = (String, String, Option<String>);

/// Everything that the statements about one subject say.
#[derive(Default)]
struct Record {
    person: bool,
    child: bool,
    place: bool,
    name: Option<Name>,
    birth_date: Option<String>,
    iin: Option<String>,
    contact: Option<(Option<String>, Option<String>)>,
    lives: Option<PlaceId>,
    served: BTreeMap<OrganisationId, (i64, Option<i64>)>,
    address: Option<(String, String)>,
    position: Option<(i32, i32, u32, Option<StatementId>)>,
    members: BTreeMap<(OrganisationId, Role), MemberChanged>,
    care_team: BTreeMap<(PersonId, OrganisationId), CareTeamChanged>,
    representations: BTreeMap<PersonId, RepresentationChanged>,
}

impl Record {
    fn apply(&mut self, content: Content) {
        match content {
            Content::RecordChanged(changed) => self.apply_change(changed),
            Content::MemberChanged(member) => {
                self.person = true;
                self.members.insert((member.organisation, member.role), member);
            }
            Content::CareTeamChanged(team) => {
                self.child = true;
                self.care_team.insert((team.person, team.organisation), team);
            }
            Content::RepresentationChanged(representation) => {
                self.child = true;
                self.representations.insert(representation.representative, representation);
            }
            _ => {}
        }
    }

    fn apply_change(&mut self, changed: RecordChanged) {
        match changed.record {
            RecordKind::Person => self.person = true,
            RecordKind::Child => self.child = true,
            RecordKind::Place => self.place = true,
        }
        match changed.data {
            RecordData::Name { surname, given, patronymic } => self.name = Some((surname, given, patronymic)),
            RecordData::Birth { date } => self.birth_date = Some(date),
            RecordData::Identifier { iin } => self.iin = Some(iin),
            RecordData::Contact { phone, email } => self.contact = Some((phone, email)),
            RecordData::Served { organisation, from_ms, to_ms } => {
                self.served.insert(organisation, (from_ms, to_ms));
            }
            RecordData::Lives { place } => self.lives = Some(place),
            RecordData::Address { label, region } => self.address = Some((label, region)),
            RecordData::Position { lat_e7, lon_e7, radius_m, adopted_from } => {
                self.position = Some((lat_e7, lon_e7, radius_m, adopted_from));
            }
        }
    }

    fn full_name(&self) -> String {
        self.name.as_ref().map_or_else(String::new, |(surname, given, patronymic)| {
            let parts = [Some(surname), Some(given), patronymic.as_ref()];
            parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
        })
    }
}

/// What else does not fit any more, once subjects were folded anew.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Their position is another one now.
    pub(super) places: BTreeSet<PlaceId>,
    /// Roles may have changed.
    pub(super) members: bool,
    /// People who coordinate other organisations now: their reviews count elsewhere.
    pub(super) coordinators: BTreeSet<PersonId>,
    /// Children whom others represent now: others answer for them.
    pub(super) represented: BTreeSet<SubjectId>,
}

/// Folds one subject anew, and notes what follows from it.
pub(super) fn fold(
    transaction: &Transaction<'_>,
    account: &Account,
    subject: SubjectId,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let position_before = position(transaction, subject)?;
    let coordinated_before = others(transaction, COORDINATED_BY, subject)?;
    let representatives_before = others(transaction, REPRESENTATIVES_OF, subject)?;
    for (table, id) in [
        ("person", "id"),
        ("member", "person"),
        ("child", "id"),
        ("served", "child"),
        ("care_team", "child"),
        ("representation", "child"),
        ("place", "id"),
    ] {
        let mut delete = transaction.prepare_cached(&format!("DELETE FROM {table} WHERE {id} = ?1"))?;
        let deleted_count = delete.execute([subject.as_bytes()])?;
        moved.members |= table == "member" && deleted_count > 0;
    }
    let mut record = Record::default();
    for statement in statement::about(transaction, account, subject)? {
        if counts(transaction, account, &statement)?
            && let Some(content) = statement.content
        {
            record.apply(content);
        }
    }
    moved.members |= !record.members.is_empty();
    if record.person {
        insert_person(transaction, subject, &record)?;
    }
    if record.child {
        insert_child(transaction, subject, &record)?;
    }
    if record.place {
        insert_place(transaction, subject, &record)?;
    }
    if position(transaction, subject)? != position_before {
        moved.places.insert(subject.into());
    }
    if others(transaction, COORDINATED_BY, subject)? != coordinated_before {
        moved.coordinators.insert(subject.into());
    }
    if others(transaction, REPRESENTATIVES_OF, subject)? != representatives_before {
        moved.represented.insert(subject);
    }
    Ok(())
}

pub(super) const COORDINATED_BY: &str =
    "SELECT organisation FROM member WHERE person = ?1 AND role = 'coordinator' ORDER BY organisation";
pub(super) const REPRESENTATIVES_OF: &str =
    "SELECT representative FROM representation WHERE child = ?1 ORDER BY representative";

/// Organisations of a person, or representatives of a child.
fn others(
    transaction: &Transaction<'_>,
    sql: &str,
    subject: SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let mut select = transaction.prepare_cached(sql)?;
    let rows = select.query_map([subject.as_bytes()], |row| Ok(row.get::<_, Blob<SubjectId>>(0)?.0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a statement has the authority for what it says.
fn counts(
    transaction: &Transaction<'_>,
    account: &Account,
    statement: &Believed,
) -> Result<bool, StoreError> {
    if statement.is_by(account.operator.key.id()) {
        return Ok(true);
    }
    let is_refused = matches!(statement.transport, crate::read::transport::Transport::Refused(_));
    // What the operator does not count moves no place here either.
    let is_void = statement.flags.iter().any(|flag| matches!(flag, Flag::NoAuthority | Flag::KeyRevoked));
    if is_refused || is_void || !statement.content.as_ref().is_some_and(statement::is_position) {
        return Ok(false);
    }
    let Some(author) = super::person_of(transaction, account, statement.key)? else { return Ok(false) };
    let at_ms = statement.issued_at_s.saturating_mul(1_000);
    let mut select = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM member WHERE person = ?1 AND role = ?2 AND from_ms <= ?3
            AND (to_ms IS NULL OR to_ms > ?3))",
    )?;
    Ok(select.query_row((author.as_bytes(), code(&Role::Coordinator)?, at_ms), |row| row.get(0))?)
}

/// The kind stands in the text, because only so the indexes of that kind are used.
pub(super) const NOT_BY_OPERATOR: &str =
    "SELECT subject FROM foreign_statement WHERE kind = 'record-changed' AND believed = 1 AND key <> ?1
     UNION SELECT subject FROM own_kind WHERE kind = 'record-changed'";

/// Places about which somebody else than the operator said something.
pub(super) fn positions_not_by_operator(
    transaction: &Transaction<'_>,
    account: &Account,
) -> Result<Vec<SubjectId>, StoreError> {
    let mut select = transaction.prepare_cached(NOT_BY_OPERATOR)?;
    let rows = select
        .query_map([account.operator.key.id().as_bytes()], |row| Ok(row.get::<_, Blob<SubjectId>>(0)?.0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

type Position = Option<(Option<i64>, Option<i64>, Option<i64>)>;

fn position(transaction: &Transaction<'_>, place: SubjectId) -> Result<Position, StoreError> {
    let mut select =
        transaction.prepare_cached("SELECT lat_e7, lon_e7, radius_m FROM place WHERE id = ?1")?;
    let mut rows = select.query([place.as_bytes()])?;
    match rows.next()? {
        Some(row) => Ok(Some((row.get(0)?, row.get(1)?, row.get(2)?))),
        None => Ok(None),
    }
}

fn insert_person(
    transaction: &Transaction<'_>,
    subject: SubjectId,
    record: &Record,
) -> Result<(), StoreError> {
    let full_name = record.full_name();
    let (phone, email) = record.contact.clone().unwrap_or_default();
    transaction
        .prepare_cached(
            "INSERT INTO person (id, surname, given, patronymic, phone, email, iin, search, sort_key)
             VALUES (:id, :surname, :given, :patronymic, :phone, :email, :iin, :search, :sort_key)",
        )?
        .execute(named_params! {
            ":id": subject.as_bytes(),
            ":surname": record.name.as_ref().map(|(surname, ..)| surname),
            ":given": record.name.as_ref().map(|(_, given, _)| given),
            ":patronymic": record.name.as_ref().and_then(|(.., patronymic)| patronymic.as_ref()),
            ":phone": phone,
            ":email": email,
            ":iin": record.iin,
            ":search": fold_text(&full_name),
            ":sort_key": SortKey::of(&full_name).into_bytes(),
        })?;
    for member in record.members.values() {
        transaction
            .prepare_cached(
                "INSERT INTO member (person, organisation, role, engagement, position_kk, position_ru, from_ms, to_ms)
                 VALUES (:person, :organisation, :role, :engagement, :position_kk, :position_ru, :from_ms, :to_ms)",
            )?
            .execute(named_params! {
                ":person": subject.as_bytes(),
                ":organisation": member.organisation.as_bytes(),
                ":role": code(&member.role)?,
                ":engagement": code(&member.engagement)?,
                ":position_kk": member.position_kk,
                ":position_ru": member.position_ru,
                ":from_ms": member.from_ms,
                ":to_ms": member.to_ms,
            })?;
    }
    Ok(())
}

fn insert_child(
    transaction: &Transaction<'_>,
    subject: SubjectId,
    record: &Record,
) -> Result<(), StoreError> {
    let full_name = record.full_name();
    transaction
        .prepare_cached(
            "INSERT INTO child (id, surname, given, patronymic, birth_date, iin, place, search, sort_key)
             VALUES (:id, :surname, :given, :patronymic, :birth_date, :iin, :place, :search, :sort_key)",
        )?
        .execute(named_params! {
            ":id": subject.as_bytes(),
            ":surname": record.name.as_ref().map(|(surname, ..)| surname),
            ":given": record.name.as_ref().map(|(_, given, _)| given),
            ":patronymic": record.name.as_ref().and_then(|(.., patronymic)| patronymic.as_ref()),
            ":birth_date": record.birth_date,
            ":iin": record.iin,
            ":place": record.lives.map(|place| *place.as_bytes()),
            ":search": fold_text(&full_name),
            ":sort_key": SortKey::of(&full_name).into_bytes(),
        })?;
    for (organisation, (from_ms, to_ms)) in &record.served {
        transaction
            .prepare_cached(
                "INSERT INTO served (child, organisation, from_ms, to_ms) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((subject.as_bytes(), organisation.as_bytes(), from_ms, to_ms))?;
    }
    for team in record.care_team.values() {
        transaction
            .prepare_cached(
                "INSERT INTO care_team (child, person, organisation, function, from_ms, to_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                subject.as_bytes(),
                team.person.as_bytes(),
                team.organisation.as_bytes(),
                &team.function,
                team.from_ms,
                team.to_ms,
            ))?;
    }
    for representation in record.representations.values() {
        transaction
            .prepare_cached(
                "INSERT INTO representation (child, representative, basis, from_ms, to_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                subject.as_bytes(),
                representation.representative.as_bytes(),
                code(&representation.basis)?,
                representation.from_ms,
                representation.to_ms,
            ))?;
    }
    Ok(())
}

fn insert_place(
    transaction: &Transaction<'_>,
    subject: SubjectId,
    record: &Record,
) -> Result<(), StoreError> {
    let label = record.address.as_ref().map_or("", |(label, _)| label);
    transaction
        .prepare_cached(
            "INSERT INTO place (id, label, region, lat_e7, lon_e7, radius_m, adopted_from, search, sort_key)
             VALUES (:id, :label, :region, :lat_e7, :lon_e7, :radius_m, :adopted_from, :search, :sort_key)",
        )?
        .execute(named_params! {
            ":id": subject.as_bytes(),
            ":label": record.address.as_ref().map(|(label, _)| label),
            ":region": record.address.as_ref().map(|(_, region)| region),
            ":lat_e7": record.position.map(|(lat_e7, ..)| lat_e7),
            ":lon_e7": record.position.map(|(_, lon_e7, ..)| lon_e7),
            ":radius_m": record.position.map(|(_, _, radius_m, _)| radius_m),
            ":adopted_from": record.position.and_then(|(.., from)| from).map(|from| *from.as_bytes()),
            ":search": fold_text(label),
            ":sort_key": SortKey::of(label).into_bytes(),
        })?;
    Ok(())
}
