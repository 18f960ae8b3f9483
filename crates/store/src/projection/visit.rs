//! The visit as it stands, folded by [`domain::visit::Visit::fold`].

use std::collections::{BTreeSet, HashMap};

use domain::Kind;
use domain::content::{Content, LocationMoment, LocationOutcome, VisitLocated};
use domain::flag::{Flag, location_flags};
use domain::geo::{Position, Presence, distance_m, presence};
use domain::id::{PlaceId, SubjectId};
use domain::service_catalogue;
use domain::text::SortKey;
use domain::visit::{Answer, Confirmation, Review, Visit, VisitStatement};
use rusqlite::{CachedStatement, OptionalExtension, Transaction, named_params, params};

use super::Authors;
use super::authority::Parties;
use super::counts::Counts;
use crate::StoreError;
use crate::account::Account;
use crate::column::{self, Blob, Flags, code, json};
use crate::statement::{self, Believed};

/// Folds visits, each from what is known about it already, or else from what the file holds.
pub(super) fn fold_all(
    transaction: &Transaction<'_>,
    account: &Account,
    visits: impl IntoIterator<Item = (SubjectId, Option<Vec<Believed>>)>,
) -> Result<(), StoreError> {
    let mut folding = Folding::new(transaction, account)?;
    for (subject, known) in visits {
        folding.fold(subject, known)?;
    }
    folding.counts.write(transaction)
}

/// What is asked of the file for each visit is prepared once.
struct Folding<'a> {
    transaction: &'a Transaction<'a>,
    account: &'a Account,
    authors: Authors,
    /// Of the services, of which there are few.
    sort_keys: HashMap<String, Vec<u8>>,
    about: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    counts: Counts,
    /// Whether any visit has rows there, which fold anew with it.
    has_answers: bool,
    has_readings: bool,
}

impl<'a> Folding<'a> {
    fn new(transaction: &'a Transaction<'a>, account: &'a Account) -> Result<Self, StoreError> {
        let has_rows = |table: &str| {
            let mut select = transaction.prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {table})"))?;
            select.query_row([], |row| row.get::<_, bool>(0))
        };
        Ok(Self {
            transaction,
            account,
            authors: Authors::default(),
            sort_keys: HashMap::new(),
            about: transaction.prepare_cached(statement::ABOUT)?,
            insert: transaction.prepare_cached(INSERT)?,
            counts: Counts::default(),
            has_answers: has_rows("visit_answer")?,
            has_readings: has_rows("reading")?,
        })
    }

    fn forget(&self, subject: SubjectId) -> Result<(), StoreError> {
        for (has_rows, delete) in [
            (self.has_answers, "DELETE FROM visit_answer WHERE visit = ?1"),
            (self.has_readings, "DELETE FROM reading WHERE visit = ?1"),
        ] {
            if has_rows {
                self.transaction.prepare_cached(delete)?.execute([subject.as_bytes()])?;
            }
        }
        Ok(())
    }

    fn fold(&mut self, subject: SubjectId, known: Option<Vec<Believed>>) -> Result<(), StoreError> {
        self.forget(subject)?;
        let mut known = match known {
            Some(mut known) => {
                known.sort_by_key(|statement| statement.leaf_index);
                known
            }
            None => statement::believed(&mut self.about, self.account, subject)?,
        };
        let operator = self.account.operator.key.id();
        // A registration under the id of another key's visit has no authority, whatever the operator says of it.
        let is_of_its_key = |statement: &Believed| {
            statement.kind != Kind::VisitRegistered || journal::visit::is_of(subject, statement.key)
        };
        known.retain(|statement| {
            statement.kind.is_about_visit() && !statement.is_by(operator) && is_of_its_key(statement)
        });
        let parties = Parties::of(&known);
        let mut statements = Vec::with_capacity(known.len());
        for statement in &mut known {
            let author = self.authors.of(self.transaction, self.account, statement.key)?;
            if let Some(Content::VisitLocated(located)) = &statement.content
                && (statement.own || (author.is_some() && author == self.account.person))
            {
                self.has_readings = true;
                insert_reading(self.transaction, subject, located)?;
            }
            if let Some(Content::VisitLocated(located)) = &statement.content
                && located.moment == LocationMoment::Confirmed
            {
                // Where a representative was says nothing about where the specialist was.
                statement.flags.retain(|flag| !ABOUT_A_POSITION.contains(flag));
            }
            let has_authority = match parties {
                Some(parties) => parties.allow(self.transaction, statement, author)?,
                None => false,
            };
            if statement.kind != Kind::VisitRegistered {
                // An answer that overtook its visit: nothing is unknown any more.
                statement.flags.retain(|flag| *flag != Flag::UnknownSubject);
            }
            let by_guest = super::is_by_guest(self.transaction, self.account, statement)?;
            let (id, content) = (statement.id, statement.content.take());
            statements.push(VisitStatement { id, author, has_authority, by_guest, content });
        }
        let Some(visit) = Visit::fold(subject.into(), &statements) else {
            self.transaction
                .prepare_cached("DELETE FROM visit WHERE id = ?1")?
                .execute([subject.as_bytes()])?;
            return Ok(());
        };
        let whereabouts = match visit.place {
            Some(place) => whereabouts(self.transaction, place, visit.location.as_ref())?,
            None => None,
        };
        let flags = flags(&visit, &known, whereabouts.and_then(|(_, presence)| presence));
        let registered = known.iter().find(|statement| statement.id == visit.registered);
        self.write(&visit, whereabouts, &flags, registered.map_or(0, |statement| statement.issued_at_s))?;
        for (representative, given) in &visit.answers {
            let (confirmed, reason) = match given.answer {
                Answer::Confirmed => (true, None),
                Answer::Disputed(reason) => (false, Some(code(&reason)?)),
            };
            self.has_answers = true;
            self.transaction
                .prepare_cached(
                    "INSERT INTO visit_answer
                         (visit, representative, confirmed, reason, answered_at_ms, basis, statement, by_guest)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute((
                    subject.as_bytes(),
                    representative.as_bytes(),
                    confirmed,
                    reason,
                    given.answered_at_ms,
                    given.basis.as_bytes(),
                    given.statement.as_bytes(),
                    given.by_guest,
                ))?;
        }
        Ok(())
    }

    /// Writes the row of a visit.
    fn write(
        &mut self,
        visit: &Visit,
        whereabouts: Option<(u32, Option<Presence>)>,
        flags: &BTreeSet<Flag>,
        issued_at_s: i64,
    ) -> Result<(), StoreError> {
        let (review, review_reason) = match visit.review {
            Review::Open => ("open", None),
            Review::Accepted(reason) => ("accepted", Some(code(&reason)?)),
            Review::Returned(reason) => ("returned", Some(code(&reason)?)),
        };
        if !self.sort_keys.contains_key(&visit.service) {
            let found = service_catalogue::find(&visit.service);
            let name = found.map_or(visit.service.as_str(), |service| service.kk);
            self.sort_keys.insert(visit.service.clone(), SortKey::of(name).into_bytes());
        }
        let values = params![
            visit.id.as_bytes(),
            visit.registered.as_bytes(),
            visit.basis.as_bytes(),
            visit.child.as_bytes(),
            visit.specialist.as_bytes(),
            visit.organisation.as_bytes(),
            visit.place.map(|place| *place.as_bytes()),
            visit.service,
            self.sort_keys.get(&visit.service),
            code(&visit.outcome)?,
            visit.started_at_ms,
            visit.finished_at_ms,
            visit.offset_min,
            issued_at_s,
            visit.late.as_ref().map(code).transpose()?,
            visit.cancelled.as_ref().map(code).transpose()?,
            visit.capture.map(|capture| *capture.as_bytes()),
            visit.warned.as_ref().map(code).transpose()?,
            visit.location.as_ref().map(json).transpose()?,
            whereabouts.map(|(distance_m, _)| distance_m),
            whereabouts.and_then(|(_, presence)| presence).map(Presence::as_str),
            review,
            review_reason,
            visit.confirmation().as_str(),
            visit.note,
            column::flags(flags),
        ];
        // Whether there is a row only the file knows.
        if self.insert.execute(values)? == 1 {
            self.counts.add(visit);
        } else if self.transaction.prepare_cached(UPDATE_WITHOUT_KEYS)?.execute(values)? == 0 {
            self.transaction.prepare_cached(UPDATE_WITH_KEYS)?.execute(values)?;
        }
        Ok(())
    }
}

/// Visits whose distance is measured from a place; found by the children who were visited there.
pub(super) const AT_PLACE: &str = "SELECT id FROM visit
     WHERE place = ?1 AND child IN (SELECT child FROM visit_count WHERE place = ?1)";
/// Visits of a child.
pub(super) const OF_CHILD: &str = "SELECT id FROM visit WHERE child = ?1";

/// Visits that such a statement finds.
pub(super) fn ids(
    transaction: &Transaction<'_>,
    sql: &str,
    about: SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let mut select = transaction.prepare_cached(sql)?;
    let rows = select.query_map([about.as_bytes()], |row| Ok(row.get::<_, Blob<SubjectId>>(0)?.0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Flags of a reading of the location.
const ABOUT_A_POSITION: [Flag; 4] =
    [Flag::NoLocation, Flag::LowAccuracy, Flag::FarFromPlace, Flag::MockLocation];
/// Flags that say how the visit stands; the operator's view of them may be older than a correction.
const FOLLOW_FROM_STATE: [Flag; 2] = [Flag::Disputed, Flag::Unconfirmed];

fn flags(visit: &Visit, statements: &[Believed], presence: Option<Presence>) -> BTreeSet<Flag> {
    let mut flags: BTreeSet<Flag> =
        statements.iter().flat_map(|statement| statement.flags.iter().copied()).collect();
    flags.retain(|flag| !FOLLOW_FROM_STATE.contains(flag));
    if let Some(location) = &visit.location {
        flags.extend(location_flags(location, presence));
    }
    if visit.late.is_some() {
        flags.insert(Flag::LateEntry);
    }
    if visit.confirmation() == Confirmation::Disputed {
        flags.insert(Flag::Disputed);
    }
    flags
}

/// Adds flags of a statement to those of its visit, as folding it anew would. False when there is no such visit.
pub(super) fn add_flags(
    transaction: &Transaction<'_>,
    visit: SubjectId,
    added: &[Flag],
) -> Result<bool, StoreError> {
    let mut select = transaction.prepare_cached("SELECT flags FROM visit WHERE id = ?1")?;
    let shown = select.query_row([visit.as_bytes()], |row| row.get::<_, Flags>(0)).optional()?;
    let Some(Flags(shown)) = shown else { return Ok(false) };
    let shown: BTreeSet<Flag> = shown.into_iter().collect();
    let added = added.iter().filter(|flag| !FOLLOW_FROM_STATE.contains(flag));
    let all: BTreeSet<Flag> = shown.iter().chain(added).copied().collect();
    if all != shown {
        transaction
            .prepare_cached("UPDATE visit SET flags = ?2 WHERE id = ?1")?
            .execute((visit.as_bytes(), column::flags(&all)))?;
    }
    Ok(true)
}

/// From a position to the registered place: metres, and whether that is there. `None` when either is unknown.
fn whereabouts(
    transaction: &Transaction<'_>,
    place: PlaceId,
    location: Option<&LocationOutcome>,
) -> Result<Option<(u32, Option<Presence>)>, StoreError> {
    let Some(LocationOutcome::Fix(fix)) = location else { return Ok(None) };
    let known: Option<(i32, i32, u32)> = transaction
        .prepare_cached("SELECT lat_e7, lon_e7, radius_m FROM place WHERE id = ?1 AND lat_e7 IS NOT NULL")?
        .query_row([place.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((lat_e7, lon_e7, radius_m)) = known else { return Ok(None) };
    let (Ok(from), Ok(to)) = (Position::new(fix.lat_e7, fix.lon_e7), Position::new(lat_e7, lon_e7)) else {
        return Ok(None);
    };
    let distance_m = distance_m(from, to);
    Ok(Some((distance_m, Some(presence(distance_m, fix.accuracy_dm, radius_m)))))
}

/// The row of a visit that is new. What fails here ends the whole transaction, so SQLite need not keep the pages of the
/// table as they were before the statement, which an upsert would make it do.
const INSERT: &str = "INSERT OR FAIL INTO visit (id, registered, basis, child, specialist, organisation, place, service,
         service_sort_key, outcome, started_at_ms, finished_at_ms, offset_min, issued_at_s, late, cancelled, capture,
         warned, location, distance_m, presence, review, review_reason, confirmation, note, flags)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
         ?24, ?25, ?26)
     ON CONFLICT (id) DO NOTHING";

/// New values of a row that is there: of the columns that no index holds, and `$more`.
macro_rules! update {
    ($more:literal) => {
        concat!(
            "UPDATE OR FAIL visit SET registered = ?2, basis = ?3, service_sort_key = ?9, outcome = ?10,
                 finished_at_ms = ?12, offset_min = ?13, issued_at_s = ?14, late = ?15, capture = ?17, warned = ?18,
                 location = ?19, distance_m = ?20, presence = ?21, review_reason = ?23, note = ?25, flags = ?26",
            $more
        )
    };
}

/// Changes nothing when the visit is found by something else now: naming a column writes its indexes, whether or not
/// its value is new, and a position or an end changes none of them.
const UPDATE_WITHOUT_KEYS: &str = update!(
    " WHERE id = ?1 AND child = ?4 AND specialist = ?5 AND organisation = ?6 AND place IS ?7 AND service = ?8
            AND started_at_ms = ?11 AND cancelled IS ?16 AND review = ?22 AND confirmation = ?24"
);
const UPDATE_WITH_KEYS: &str = update!(
    ", child = ?4, specialist = ?5, organisation = ?6, place = ?7, service = ?8, started_at_ms = ?11, cancelled = ?16,
       review = ?22, confirmation = ?24
     WHERE id = ?1"
);

/// The first outcome of a capture holds, as in the fold of the visit.
fn insert_reading(
    transaction: &Transaction<'_>,
    visit: SubjectId,
    located: &VisitLocated,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO reading (visit, capture, moment, began_at_ms, ended_at_ms, ended_by, outcome)
             VALUES (:visit, :capture, :moment, :began_at_ms, :ended_at_ms, :ended_by, :outcome)
             ON CONFLICT (visit, capture) DO NOTHING",
        )?
        .execute(named_params! {
            ":visit": visit.as_bytes(),
            ":capture": located.capture.as_bytes(),
            ":moment": code(&located.moment)?,
            ":began_at_ms": located.began_at_ms,
            ":ended_at_ms": located.ended_at_ms,
            ":ended_by": code(&located.ended_by)?,
            ":outcome": json(&located.outcome)?,
        })?;
    Ok(())
}
