//! Rows of visits and stories.

use std::collections::BTreeSet;

use domain::content::{
    CorrectionReason, DisputeReason, LateReason, LocationOutcome, ReviewReason, UnavailableReason,
    VisitOutcome,
};
use domain::geo::Presence;
use domain::id::{CaptureId, ChildId, OrganisationId, PersonId, PlaceId, StatementId, VisitId};
use domain::visit::{Answer, Confirmation, Review};
use rusqlite::types::{FromSqlError, Value};
use rusqlite::{Row, params_from_iter};

use super::filter::{Conditions, order_by};
use super::search::{Tally, Way};
use super::{AnswerRow, StoryRow, VisitFilter, VisitOrder, VisitRow, VisitRows, VisitSort};
use crate::column::{Blob, Code, Flags, Json};
use crate::read::person::Name;
use crate::read::transport::Transport;
use crate::{Reader, StoreError, projection, statement};

const COLUMNS: &str = "
    SELECT v.id, v.registered, v.basis, v.child, c.surname, c.given, c.patronymic, v.specialist, s.surname, s.given,
           s.patronymic, v.organisation, v.place, p.label, p.lat_e7 IS NOT NULL, v.service, v.outcome,
           v.started_at_ms, v.finished_at_ms, v.offset_min, v.issued_at_s, v.late, v.cancelled, v.capture,
           v.capture IN (SELECT capture FROM pending_capture), v.warned, v.location, v.distance_m, v.presence,
           v.review, v.review_reason, v.confirmation, v.note, v.flags";
/// `visit v` with the names that it is shown and sorted with.
const NAMES: &str = "
      LEFT JOIN child c ON c.id = v.child
      LEFT JOIN person s ON s.id = v.specialist
      LEFT JOIN place p ON p.id = v.place";

impl Reader<'_> {
    /// Visits, filtered, sorted and paged.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn visits(&self, filter: &VisitFilter, order: VisitOrder) -> Result<VisitRows, StoreError> {
        let mut conditions = self.conditions(filter)?;
        let tally = self.tally(&mut conditions, order.sort)?;
        let Tally { found_count, way, .. } = tally;
        if found_count == 0 {
            return Ok(VisitRows { visits: Vec::new(), total_count: 0 });
        }
        let total_count = match conditions.are_counted() {
            true => found_count,
            false => self.count(&conditions, way)?,
        };
        conditions.is_long = tally.is_long(total_count);
        Ok(VisitRows { visits: self.page_of_visits(conditions, way, order)?, total_count })
    }

    /// The same for who needs no number of all: counting may look at each of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_visits(&self, filter: &VisitFilter, order: VisitOrder) -> Result<Vec<VisitRow>, StoreError> {
        let mut conditions = self.conditions(filter)?;
        let way = match conditions.has_words() {
            true => self.tally(&mut conditions, order.sort)?.way,
            false => Way::Read,
        };
        self.page_of_visits(conditions, way, order)
    }

    pub(super) fn conditions(&self, filter: &VisitFilter) -> Result<Conditions, StoreError> {
        let beside = if filter.flagged { self.beside_flagged(filter)? } else { BTreeSet::new() };
        Ok(Conditions::of(filter, &beside))
    }

    /// Counts by looking at each of them.
    pub(super) fn count(&self, conditions: &Conditions, way: Way) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM visit v WHERE {}", conditions.sql(way));
        let mut select = self.conn.prepare_cached(&sql)?;
        Ok(select.query_row(params_from_iter(&conditions.values), |row| row.get(0))?)
    }

    pub(super) fn page_of_visits(
        &self,
        mut conditions: Conditions,
        way: Way,
        order: VisitOrder,
    ) -> Result<Vec<VisitRow>, StoreError> {
        let sql = page_sql(&mut conditions, way, order);
        self.select(&sql, &conditions.values)
    }

    /// One visit; `None` when it is not known here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn visit(&self, id: VisitId) -> Result<Option<VisitRow>, StoreError> {
        let values = [Value::Blob(id.as_bytes().to_vec())];
        Ok(self.select(&format!("{COLUMNS} FROM visit v{NAMES} WHERE v.id = ?1"), &values)?.pop())
    }

    /// The statements of one visit: registered ones in the order of the log, then those that wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn story(&self, id: VisitId) -> Result<Vec<StoryRow>, StoreError> {
        let account = self.account()?;
        let mut story = Vec::new();
        let statements = statement::about(self.conn, account, id.into())?;
        for statement in statements.into_iter().filter(|statement| statement.kind.is_about_visit()) {
            story.push(StoryRow {
                id: statement.id,
                kind: statement.kind,
                author: projection::author(self.conn, account, statement.key)?,
                own: statement.own,
                by_guest: projection::is_by_guest(self.conn, account, &statement)?,
                issued_at_ms: statement.issued_at_s.saturating_mul(1_000),
                erased: statement.content.is_none() && self.is_erased(statement.id)?,
                content: statement.content,
                leaf_index: statement.leaf_index,
                receipt_at_ms: statement.receipt_at_s.map(|at_s| at_s.saturating_mul(1_000)),
                flags: statement.flags,
                transport: statement.transport,
            });
        }
        Ok(story)
    }

    fn select(&self, sql: &str, values: &[Value]) -> Result<Vec<VisitRow>, StoreError> {
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map(params_from_iter(values), VisitRow::from_row)?;
        let mut visits = rows.collect::<Result<Vec<_>, _>>()?;
        for visit in &mut visits {
            visit.answers = self.answers(visit)?;
            visit.pairs = self.pairs(visit)?;
            visit.flags.extend(visit.pairs.iter().map(|pair| pair.flag));
            visit.flags.sort_unstable();
            visit.flags.dedup();
            visit.transport = self.transport_about(visit.id.into())?;
        }
        Ok(visits)
    }

    fn answers(&self, visit: &VisitRow) -> Result<Vec<AnswerRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT a.representative, p.surname, p.given, p.patronymic, a.confirmed, a.reason, a.answered_at_ms,
                    a.basis, a.statement, a.by_guest
               FROM visit_answer a LEFT JOIN person p ON p.id = a.representative
              WHERE a.visit = ?1 ORDER BY a.answered_at_ms, a.representative",
        )?;
        let rows = select.query_map([visit.id.as_bytes()], |row| {
            let reason: Option<Code<DisputeReason>> = row.get(5)?;
            Ok(AnswerRow {
                representative: row.get::<_, Blob<PersonId>>(0)?.0,
                name: Name::from_row(row, 1)?,
                answer: match (row.get(4)?, reason) {
                    (true, _) => Answer::Confirmed,
                    (false, Some(reason)) => Answer::Disputed(reason.0),
                    (false, None) => return Err(FromSqlError::InvalidType.into()),
                },
                answered_at_ms: row.get(6)?,
                current: row.get::<_, Blob<StatementId>>(7)?.0 == visit.basis,
                statement: row.get::<_, Blob<StatementId>>(8)?.0,
                by_guest: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

pub(super) fn page_sql(conditions: &mut Conditions, way: Way, order: VisitOrder) -> String {
    let condition = conditions.sql(way);
    let (limit, offset) = (conditions.bind(order.limit), conditions.bind(order.offset));
    // Nothing tells the planner that the list is long and the page is short.
    let is_by_start = order.sort == VisitSort::Started && way != Way::LookUp;
    let found_by =
        if is_by_start && conditions.hold_for_many(way) { " INDEXED BY visit_started" } else { "" };
    let order_by = order_by(order.sort, order.descending);
    // What a row shows is looked up for the rows of this page alone.
    format!(
        "WITH listed AS (SELECT v.rowid AS number FROM visit v{found_by}{NAMES}
              WHERE {condition} ORDER BY {order_by} LIMIT {limit} OFFSET {offset})
         {COLUMNS} FROM listed JOIN visit v ON v.rowid = listed.number{NAMES} ORDER BY {order_by}"
    )
}

impl VisitRow {
    /// All but answers and transport, which the caller adds.
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let place: Option<Blob<PlaceId>> = row.get(12)?;
        let late: Option<Code<LateReason>> = row.get(21)?;
        let cancelled: Option<Code<CorrectionReason>> = row.get(22)?;
        let capture: Option<Blob<CaptureId>> = row.get(23)?;
        let capture_pending: Option<bool> = row.get(24)?;
        let warned: Option<Code<UnavailableReason>> = row.get(25)?;
        let location: Option<Json<LocationOutcome>> = row.get(26)?;
        let presence: Option<String> = row.get(28)?;
        Ok(Self {
            id: row.get::<_, Blob<VisitId>>(0)?.0,
            registered: row.get::<_, Blob<StatementId>>(1)?.0,
            basis: row.get::<_, Blob<StatementId>>(2)?.0,
            child: row.get::<_, Blob<ChildId>>(3)?.0,
            child_name: Name::from_row(row, 4)?,
            specialist: row.get::<_, Blob<PersonId>>(7)?.0,
            specialist_name: Name::from_row(row, 8)?,
            organisation: row.get::<_, Blob<OrganisationId>>(11)?.0,
            place: place.map(|place| place.0),
            place_label: row.get(13)?,
            place_has_position: row.get(14)?,
            service: row.get(15)?,
            outcome: row.get::<_, Code<VisitOutcome>>(16)?.0,
            started_at_ms: row.get(17)?,
            finished_at_ms: row.get(18)?,
            offset_min: row.get(19)?,
            issued_at_ms: row.get::<_, i64>(20)?.saturating_mul(1_000),
            late: late.map(|late| late.0),
            cancelled: cancelled.map(|cancelled| cancelled.0),
            capture: capture.map(|capture| capture.0),
            capture_pending: capture_pending.unwrap_or(false),
            warned: warned.map(|warned| warned.0),
            location: location.map(|location| location.0),
            distance_m: row.get(27)?,
            presence: presence.as_deref().and_then(Presence::parse),
            review: review(row, 29)?,
            confirmation: Confirmation::parse(&row.get::<_, String>(31)?).ok_or(FromSqlError::InvalidType)?,
            answers: Vec::new(),
            note: row.get(32)?,
            flags: row.get::<_, Flags>(33)?.0,
            pairs: Vec::new(),
            transport: Transport::Registered,
        })
    }
}

fn review(row: &Row<'_>, at: usize) -> rusqlite::Result<Review> {
    let reason: Option<Code<ReviewReason>> = row.get(at + 1)?;
    match (row.get::<_, String>(at)?.as_str(), reason) {
        ("open", _) => Ok(Review::Open),
        ("accepted", Some(reason)) => Ok(Review::Accepted(reason.0)),
        ("returned", Some(reason)) => Ok(Review::Returned(reason.0)),
        _ => Err(FromSqlError::InvalidType.into()),
    }
}
