//! The visit as it stands, folded by [`domain::visit::Visit::fold`].

use std::collections::BTreeSet;

use domain::Kind;
use domain::content::{Content, LocationMoment, LocationOutcome, VisitLocated};
use domain::flag::{Flag, location_flags};
use domain::geo::{Position, Presence, distance_m, presence};
use domain::id::{PlaceId, SubjectId};
use domain::service_catalogue;
use domain::text::SortKey;
use domain::visit::{Answer, Confirmation, Review, Visit, VisitStatement};
use rusqlite::{OptionalExtension, Transaction, named_params};

use super::Authors;
use super::authority::Parties;
use crate::StoreError;
use crate::account::Account;
use crate::column::{self, Blob, Flags, code, json};
use crate::statement::{self, Believed};

/// Folds one visit anew.
pub(super) fn fold(
    transaction: &Transaction<'_>,
    account: &Account,
    subject: SubjectId,
    authors: &mut Authors,
) -> Result<(), StoreError> {
    for table in ["visit_answer", "reading"] {
        let mut delete = transaction.prepare_cached(&format!("DELETE FROM {table} WHERE visit = ?1"))?;
        delete.execute([subject.as_bytes()])?;
    }
    let operator = account.operator.key.id();
    let mut known = statement::about(transaction, account, subject)?;
    known.retain(|statement| statement.kind.is_about_visit() && !statement.is_by(operator));
    let parties = Parties::of(&known);
    let mut statements = Vec::with_capacity(known.len());
    for statement in &mut known {
        let author = authors.of(transaction, account, statement.key)?;
        if let Some(Content::VisitLocated(located)) = &statement.content
            && (statement.own || (author.is_some() && author == account.person))
        {
            insert_reading(transaction, subject, located)?;
        }
        if let Some(Content::VisitLocated(located)) = &statement.content
            && located.moment == LocationMoment::Confirmed
        {
            // Where a representative was says nothing about where the specialist was.
            statement.flags.retain(|flag| !ABOUT_A_POSITION.contains(flag));
        }
        let has_authority = match parties {
            Some(parties) => parties.allow(transaction, statement, author)?,
            None => false,
        };
        if statement.kind != Kind::VisitRegistered {
            // An answer that overtook its visit: nothing is unknown any more.
            statement.flags.retain(|flag| *flag != Flag::UnknownSubject);
        }
        let by_guest = super::is_by_guest(transaction, account, statement)?;
        let (id, content) = (statement.id, statement.content.take());
        statements.push(VisitStatement { id, author, has_authority, by_guest, content });
    }
    let Some(visit) = Visit::fold(subject.into(), &statements) else {
        transaction.prepare_cached("DELETE FROM visit WHERE id = ?1")?.execute([subject.as_bytes()])?;
        return Ok(());
    };
    let whereabouts = match visit.place {
        Some(place) => whereabouts(transaction, place, visit.location.as_ref())?,
        None => None,
    };
    let flags = flags(&visit, &known, whereabouts.and_then(|(_, presence)| presence));
    let registered = known.iter().find(|statement| statement.id == visit.registered);
    upsert(
        transaction,
        &visit,
        whereabouts,
        &flags,
        registered.map_or(0, |statement| statement.issued_at_s),
    )?;
    for (representative, given) in &visit.answers {
        let (confirmed, reason) = match given.answer {
            Answer::Confirmed => (true, None),
            Answer::Disputed(reason) => (false, Some(code(&reason)?)),
        };
        transaction
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

pub(super) const AT_PLACE: &str = "SELECT id FROM visit WHERE place = ?1";
pub(super) const OF_CHILD: &str = "SELECT id FROM visit WHERE child = ?1";

/// Visits whose distance is measured from that place.
pub(super) fn at_place(transaction: &Transaction<'_>, place: PlaceId) -> Result<Vec<SubjectId>, StoreError> {
    ids(transaction, AT_PLACE, place.into())
}

/// Visits of that child.
pub(super) fn of_child(
    transaction: &Transaction<'_>,
    child: SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    ids(transaction, OF_CHILD, child)
}

fn ids(transaction: &Transaction<'_>, sql: &str, about: SubjectId) -> Result<Vec<SubjectId>, StoreError> {
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

/// The row of a visit; one that is there gets new values of the columns that no index holds, and `$more`.
macro_rules! upsert {
    ($more:literal) => {
        concat!(
            "INSERT INTO visit (id, registered, basis, child, specialist, organisation, place, service,
                 service_sort_key, outcome, started_at_ms, finished_at_ms, offset_min, issued_at_s, late, cancelled,
                 capture, warned, location, distance_m, presence, review, review_reason, confirmation, note, flags)
             VALUES (:id, :registered, :basis, :child, :specialist, :organisation, :place, :service,
                 :service_sort_key, :outcome, :started_at_ms, :finished_at_ms, :offset_min, :issued_at_s, :late,
                 :cancelled, :capture, :warned, :location, :distance_m, :presence, :review, :review_reason,
                 :confirmation, :note, :flags)
             ON CONFLICT (id) DO UPDATE SET registered = excluded.registered, basis = excluded.basis,
                 service_sort_key = excluded.service_sort_key, outcome = excluded.outcome,
                 finished_at_ms = excluded.finished_at_ms, offset_min = excluded.offset_min,
                 issued_at_s = excluded.issued_at_s, late = excluded.late, capture = excluded.capture,
                 warned = excluded.warned, location = excluded.location, distance_m = excluded.distance_m,
                 presence = excluded.presence, review_reason = excluded.review_reason, note = excluded.note,
                 flags = excluded.flags",
            $more
        )
    };
}

/// Changes nothing when the visit is found by something else now: naming a column writes its indexes, whether or not
/// its value is new, and a position or an end changes none of them.
const WITHOUT_KEYS: &str = upsert!(
    " WHERE child = excluded.child AND specialist = excluded.specialist AND organisation = excluded.organisation
            AND place IS excluded.place AND service = excluded.service AND started_at_ms = excluded.started_at_ms
            AND cancelled IS excluded.cancelled AND review = excluded.review
            AND confirmation = excluded.confirmation"
);
const WITH_KEYS: &str = upsert!(
    ", child = excluded.child, specialist = excluded.specialist, organisation = excluded.organisation,
       place = excluded.place, service = excluded.service, started_at_ms = excluded.started_at_ms,
       cancelled = excluded.cancelled, review = excluded.review, confirmation = excluded.confirmation"
);

fn upsert(
    transaction: &Transaction<'_>,
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
    let service_name =
        service_catalogue::find(&visit.service).map_or(visit.service.as_str(), |service| service.kk);
    let values = named_params! {
            ":id": visit.id.as_bytes(),
            ":registered": visit.registered.as_bytes(),
            ":basis": visit.basis.as_bytes(),
            ":child": visit.child.as_bytes(),
            ":specialist": visit.specialist.as_bytes(),
            ":organisation": visit.organisation.as_bytes(),
            ":place": visit.place.map(|place| *place.as_bytes()),
            ":service": visit.service,
            ":service_sort_key": SortKey::of(service_name).into_bytes(),
            ":outcome": code(&visit.outcome)?,
            ":started_at_ms": visit.started_at_ms,
            ":finished_at_ms": visit.finished_at_ms,
            ":offset_min": visit.offset_min,
            ":issued_at_s": issued_at_s,
            ":late": visit.late.as_ref().map(code).transpose()?,
            ":cancelled": visit.cancelled.as_ref().map(code).transpose()?,
            ":capture": visit.capture.map(|capture| *capture.as_bytes()),
            ":warned": visit.warned.as_ref().map(code).transpose()?,
            ":location": visit.location.as_ref().map(json).transpose()?,
            ":distance_m": whereabouts.map(|(distance_m, _)| distance_m),
            ":presence": whereabouts.and_then(|(_, presence)| presence).map(Presence::as_str),
            ":review": review,
            ":review_reason": review_reason,
            ":confirmation": visit.confirmation().as_str(),
            ":note": visit.note,
            ":flags": column::flags(flags),
    };
    if transaction.prepare_cached(WITHOUT_KEYS)?.execute(values)? == 0 {
        transaction.prepare_cached(WITH_KEYS)?.execute(values)?;
    }
    Ok(())
}

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
