//! What is shown, made from believed statements and disposable: `Store::rebuild` drops and makes it anew.
//!
//! # Invariants
//! Rows about one subject are always folded anew from all statements about it, in their order. So it does not matter
//! in which order statements arrive, whether one goes with its scope, or when a key becomes known; and rebuilding
//! gives the same rows.
//!
//! | Module | Subject | Rows |
//! |---|---|---|
//! | [`device`] | a device | whose key it is |
//! | [`authority`] | | who may answer to a visit and review it |
//! | [`record`] | a person, a child, a place | names, roles, care teams, representations, positions |
//! | [`publication`] | an organisation, a version of an agreement | |
//! | [`counts`] | | how many visits are alike |
//! | [`visit`] | a visit | the visit as it stands, answers, own readings of the location |

mod authority;
mod counts;
mod device;
mod publication;
mod record;
mod visit;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::Kind;
use domain::flag::Flag;
use domain::id::{KeyId, PersonId, SubjectId};
use journal::Statement;
use rusqlite::{Connection, OptionalExtension, Transaction};
use sync::wire::pull::PullItem;

use crate::account::Account;
use crate::column::{Blob, Text};
use crate::statement::Believed;
use crate::{Store, StoreError, lookup, setting};

/// Subjects whose rows do not fit their statements any more.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    devices: BTreeSet<SubjectId>,
    records: BTreeSet<SubjectId>,
    organisations: BTreeSet<SubjectId>,
    agreements: BTreeSet<SubjectId>,
    /// With everything that is said about them, where all of it came just now: it is not read back then.
    visits: BTreeMap<SubjectId, Option<Vec<Believed>>>,
}

/// What another statement says about a subject.
const ANYTHING_ELSE: &str = "SELECT 1 FROM foreign_statement WHERE subject = ?1 AND leaf_index <> ?2
     UNION ALL SELECT 1 FROM own_subject WHERE subject = ?1
     UNION ALL SELECT 1 FROM carried_statement WHERE subject = ?1";

impl Stale {
    /// A statement of that kind about that subject came, changed or went.
    pub(crate) fn mark(&mut self, kind: Kind, subject: SubjectId) {
        let subjects = match kind {
            Kind::DeviceBound | Kind::DeviceRevoked | Kind::KeyCompromised => &mut self.devices,
            Kind::RecordChanged
            | Kind::MemberChanged
            | Kind::CareTeamChanged
            | Kind::RepresentationChanged => &mut self.records,
            Kind::OrganisationChanged => &mut self.organisations,
            Kind::AgreementPublished => &mut self.agreements,
            kind if kind.is_about_visit() => {
                self.visits.insert(subject, None);
                return;
            }
            // Read straight from the statements, or of no interest to a screen.
            _ => return,
        };
        subjects.insert(subject);
    }

    /// A statement that is believed came as another's, with a content that no erasure concerns.
    pub(crate) fn came(
        &mut self,
        transaction: &Transaction<'_>,
        statement: &Statement,
        item: &PullItem,
    ) -> Result<(), StoreError> {
        let header = statement.header();
        if !header.kind.is_about_visit() {
            self.mark(header.kind, header.subject);
            return Ok(());
        }
        match self.visits.entry(header.subject) {
            Entry::Occupied(mut known) => {
                if let Some(all) = known.get_mut() {
                    all.push(Believed::of_item(statement, item));
                }
            }
            Entry::Vacant(unknown) => {
                let mut select = transaction.prepare_cached(ANYTHING_ELSE)?;
                let is_any = select.exists((header.subject.as_bytes(), item.leaf_index))?;
                unknown.insert((!is_any).then(|| vec![Believed::of_item(statement, item)]));
            }
        }
        Ok(())
    }

    /// Folds the keys first, because which statements are believed may follow from them.
    pub(crate) fn settle_keys(
        &mut self,
        transaction: &Transaction<'_>,
        account: &Account,
    ) -> Result<(), StoreError> {
        for subject in std::mem::take(&mut self.devices) {
            for key in device::fold(transaction, account, subject)? {
                self.mark_statements_of(transaction, key)?;
            }
        }
        Ok(())
    }

    /// Makes every row fit again.
    pub(crate) fn settle(
        mut self,
        transaction: &Transaction<'_>,
        account: &Account,
    ) -> Result<(), StoreError> {
        self.settle_keys(transaction, account)?;
        let mut moved = record::Moved::default();
        for &subject in &self.records {
            record::fold(transaction, account, subject, &mut moved)?;
        }
        if moved.members {
            // Who is a coordinator decides whose positions of places count.
            for subject in record::positions_not_by_operator(transaction, account)? {
                record::fold(transaction, account, subject, &mut moved)?;
            }
        }
        for place in moved.places {
            self.mark_visits(visit::ids(transaction, visit::AT_PLACE, place.into())?);
        }
        for child in moved.represented {
            self.mark_visits(visit::ids(transaction, visit::OF_CHILD, child)?);
        }
        for person in moved.coordinators {
            self.mark_visits(reviewed_by(transaction, account, person)?);
        }
        for &subject in &self.organisations {
            publication::fold_organisation(transaction, account, subject)?;
        }
        for &subject in &self.agreements {
            publication::fold_agreement(transaction, account, subject)?;
        }
        if !self.visits.is_empty() {
            visit::fold_all(transaction, account, self.visits)?;
        }
        Ok(())
    }

    /// What is shown of them does not follow from what came just now alone.
    fn mark_visits(&mut self, visits: Vec<SubjectId>) {
        self.visits.extend(visits.into_iter().map(|visit| (visit, None)));
    }

    /// A key was bound, or is not any more: whoever signed with it has another name now.
    fn mark_statements_of(&mut self, transaction: &Transaction<'_>, key: KeyId) -> Result<(), StoreError> {
        let mut select = transaction.prepare_cached(
            "SELECT kind, subject FROM foreign_statement WHERE key = ?1 AND believed = 1
             UNION SELECT kind, subject FROM carried_statement WHERE key = ?1",
        )?;
        let rows = select.query_map([key.as_bytes()], |row| {
            Ok((row.get::<_, Text<Kind>>(0)?.0, row.get::<_, Blob<SubjectId>>(1)?.0))
        })?;
        for row in rows {
            let (kind, subject) = row?;
            // Keys follow from the operator's statements alone.
            if kind.is_about_visit() || kind == Kind::RecordChanged {
                self.mark(kind, subject);
            }
        }
        Ok(())
    }
}

const REVIEWED_BY: &str = "SELECT f.subject FROM key k JOIN foreign_statement f ON f.key = k.id
     WHERE k.person = ?1 AND f.kind = 'visit-reviewed' AND f.believed = 1";
const REVIEWED_HERE: &str = "SELECT subject FROM own_kind WHERE kind = 'visit-reviewed'";

/// Visits that a person reviewed.
fn reviewed_by(
    transaction: &Transaction<'_>,
    account: &Account,
    person: PersonId,
) -> Result<Vec<SubjectId>, StoreError> {
    let mut select = transaction.prepare_cached(REVIEWED_BY)?;
    let rows = select.query_map([person.as_bytes()], |row| Ok(row.get::<_, Blob<SubjectId>>(0)?.0))?;
    let mut visits = rows.collect::<Result<Vec<_>, _>>()?;
    if account.person == Some(person) {
        let mut select = transaction.prepare_cached(REVIEWED_HERE)?;
        let rows = select.query_map([], |row| Ok(row.get::<_, Blob<SubjectId>>(0)?.0))?;
        for visit in rows {
            visits.push(visit?);
        }
    }
    Ok(visits)
}

/// Flags of a position that the fold of its visit takes over as they are.
const AS_THEY_ARE: [Flag; 4] =
    [Flag::TimeInDoubt, Flag::ClockChanged, Flag::CopiedLocation, Flag::ImpossibleTravel];

/// Shows flags that an own statement got from the operator. False when it takes more than adding them.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn add_flags(
    transaction: &Transaction<'_>,
    kind: Kind,
    subject: SubjectId,
    flags: &[Flag],
) -> Result<bool, StoreError> {
    match kind {
        Kind::VisitRegistered => visit::add_flags(transaction, subject, flags),
        Kind::VisitLocated if flags.iter().all(|flag| AS_THEY_ARE.contains(flag)) => {
            visit::add_flags(transaction, subject, flags)
        }
        // What is said may be believed less for its flags, and another position count.
        _ => Ok(false),
    }
}

/// The person to whom a key is bound, as far as known here.
fn person_of(conn: &Connection, account: &Account, key: KeyId) -> Result<Option<PersonId>, StoreError> {
    if key == account.key.id() {
        return Ok(account.person);
    }
    let mut select = conn.prepare_cached("SELECT person FROM key WHERE id = ?1")?;
    let person = select.query_row([key.as_bytes()], |row| row.get::<_, Blob<PersonId>>(0)).optional()?;
    Ok(person.map(|person| person.0))
}

/// Whether a statement is an answer that was given on a specialist's device: the binding of its key names a host, or
/// the operator found the specialist's records on the same device.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn is_by_guest(
    conn: &Connection,
    account: &Account,
    statement: &Believed,
) -> Result<bool, StoreError> {
    if !matches!(statement.kind, Kind::VisitConfirmed | Kind::VisitDisputed) {
        return Ok(false);
    }
    if statement.own && account.host.is_some() || statement.flags.contains(&Flag::OneDevice) {
        return Ok(true);
    }
    let mut select =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM key WHERE id = ?1 AND host IS NOT NULL)")?;
    Ok(select.query_row([statement.key.as_bytes()], |row| row.get(0))?)
}

/// To whom keys are bound, as far as known here, while none is bound anew: many visits are signed by few keys.
#[derive(Debug, Default)]
struct Authors(HashMap<KeyId, Option<PersonId>>);

impl Authors {
    fn of(
        &mut self,
        conn: &Connection,
        account: &Account,
        key: KeyId,
    ) -> Result<Option<PersonId>, StoreError> {
        if let Some(person) = self.0.get(&key) {
            return Ok(*person);
        }
        let person = person_of(conn, account, key)?;
        self.0.insert(key, person);
        Ok(person)
    }
}

/// The person to whom a key is bound, for readers.
pub(crate) fn author(
    conn: &Connection,
    account: &Account,
    key: KeyId,
) -> Result<Option<PersonId>, StoreError> {
    person_of(conn, account, key)
}

/// Up to which own statement, exclusive, the rows were made.
const SHOWN: &str = "projection/shown";

/// Makes the rows fit own statements that were sealed since they last did: those of the append before, and after a
/// crash or a power cut those of any append whose rows did not reach the disk.
///
/// # Errors
/// [`StoreError`]; then the rows are as they were.
pub(crate) fn show_own(transaction: &Transaction<'_>, account: &Account) -> Result<(), StoreError> {
    let shown = setting::read(transaction, SHOWN)?.and_then(|bytes| bytes.try_into().ok());
    let from = shown.map_or(0, u64::from_be_bytes);
    let (mut stale, mut next) = (Stale::default(), from);
    {
        let mut select = transaction
            .prepare_cached("SELECT seq, kind, subject FROM own_statement WHERE seq >= ?1 ORDER BY seq")?;
        let mut rows = select.query([from])?;
        while let Some(row) = rows.next()? {
            stale.mark(row.get::<_, Text<Kind>>(1)?.0, row.get::<_, Blob<SubjectId>>(2)?.0);
            next = row.get::<_, u64>(0)? + 1;
        }
    }
    if next == from {
        return Ok(());
    }
    stale.settle(transaction, account)?;
    setting::write(transaction, SHOWN, Some(&next.to_be_bytes()))
}

pub(crate) const TABLES: &[&str] = &[
    "key",
    "person",
    "member",
    "child",
    "served",
    "care_team",
    "representation",
    "place",
    "organisation",
    "agreement",
    "visit",
    "visit_answer",
    "reading",
];

impl Store {
    /// Drops and rebuilds everything that is shown from the statements.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rebuild(&self) -> Result<(), StoreError> {
        let account = self.shared_account().ok_or(StoreError::NoDevice)?;
        self.write(|transaction| {
            lookup::rebuild(transaction)?;
            for table in TABLES {
                transaction.execute_batch(&format!("DELETE FROM {table}"))?;
            }
            let mut stale = Stale::default();
            {
                let mut select = transaction.prepare(
                    "SELECT kind, subject FROM foreign_statement WHERE believed = 1
                     UNION SELECT kind, subject FROM own_statement
                     UNION SELECT kind, subject FROM carried_statement",
                )?;
                let mut rows = select.query([])?;
                while let Some(row) = rows.next()? {
                    stale.mark(row.get::<_, Text<Kind>>(0)?.0, row.get::<_, Blob<SubjectId>>(1)?.0);
                }
            }
            stale.settle(transaction, &account)
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
