//! Children, care teams, representations.

use domain::content::RepresentationBasis;
use domain::id::{ChildId, OrganisationId, PersonId, PlaceId, VisitId};
use domain::text::fold;
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::person::Name;
use crate::column::{Blob, Code};
use crate::{Reader, StoreError};

/// Whose children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildrenOf {
    /// Those in whose care team the person is now; most recently visited by that person first.
    Specialist(PersonId),
    /// Those whom the person represents now; by name.
    Representative(PersonId),
    /// Those whom the organisation serves now or whose care team has somebody of it; by name.
    Organisation(OrganisationId),
    /// Every child known here; by name.
    Anybody,
}

/// A child in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildRow {
    /// Whom.
    pub id: ChildId,
    /// As far as known here.
    pub name: Option<Name>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Identification number, when this reader may see it.
    pub iin: Option<String>,
    /// Where the child is visited.
    pub place: Option<PlaceId>,
    /// Its address.
    pub place_label: Option<String>,
    /// Start of the last visit that was not taken back; for [`ChildrenOf::Specialist`] by that person. UTC ms.
    pub last_visit_ms: Option<i64>,
    /// Code of the service of that visit.
    pub last_service: Option<String>,
    /// A visit (for [`ChildrenOf::Specialist`] by that person) that has begun, was not taken back and has no end.
    pub open_visit: Option<VisitId>,
}

/// Children of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildRows {
    /// The rows.
    pub children: Vec<ChildRow>,
    /// Rows of the whole list.
    pub total_count: u64,
}

/// Membership in a care team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CareTeamRow {
    /// Whose.
    pub child: ChildId,
    /// Who.
    pub person: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Code of the service.
    pub function: String,
    /// From, UTC ms.
    pub from_ms: i64,
    /// Until, exclusive, UTC ms.
    pub to_ms: Option<i64>,
}

/// A legal representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepresentationRow {
    /// Whom.
    pub child: ChildId,
    /// Who.
    pub representative: PersonId,
    /// On what basis.
    pub basis: RepresentationBasis,
    /// From, UTC ms.
    pub from_ms: i64,
    /// Until, exclusive, UTC ms.
    pub to_ms: Option<i64>,
}

impl Reader<'_> {
    /// Children, filtered and paged. `search` as people type it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn children(
        &self,
        of: ChildrenOf,
        search: &str,
        now_ms: i64,
        offset: u32,
        limit: u32,
    ) -> Result<ChildRows, StoreError> {
        let mut question = Question::of(of, now_ms);
        for word in fold(search).split(' ').filter(|word| !word.is_empty()) {
            let number = question.push(Value::Text(word.to_owned()));
            question
                .conditions
                .push(format!("(instr(c.search, ?{number}) > 0 OR instr(p.search, ?{number}) > 0)"));
        }
        let conditions = question.conditions.join(" AND ");
        let total =
            format!("SELECT count(*) FROM child c LEFT JOIN place p ON p.id = c.place WHERE {conditions}");
        let total_count = self
            .conn
            .prepare_cached(&total)?
            .query_row(params_from_iter(&question.values), |row| row.get(0))?;
        let order = match of {
            ChildrenOf::Specialist(_) => "last_visit_ms IS NULL, last_visit_ms DESC, c.sort_key, c.id",
            _ => "c.sort_key, c.id",
        };
        let (limit, offset) = (question.push(limit.into()), question.push(offset.into()));
        let select = format!(
            "{} WHERE {conditions} ORDER BY {order} LIMIT ?{limit} OFFSET ?{offset}",
            question.columns()
        );
        let mut select = self.conn.prepare_cached(&select)?;
        let rows = select.query_map(params_from_iter(&question.values), ChildRow::from_row)?;
        Ok(ChildRows { children: rows.collect::<Result<_, _>>()?, total_count })
    }

    /// One child as [`Reader::children`] of the same `of` shows it, whether or not it is in that list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn child(&self, of: ChildrenOf, id: ChildId) -> Result<Option<ChildRow>, StoreError> {
        let mut question = Question::of(of, 0);
        let number = question.push(Value::Blob(id.as_bytes().to_vec()));
        // The parameters of the list itself stay bound, so the condition keeps their numbers without filtering.
        let select = format!("{} WHERE c.id = ?{number}", question.columns());
        let mut select = self.conn.prepare_cached(&select)?;
        let mut rows = select.query_map(params_from_iter(&question.values), ChildRow::from_row)?;
        Ok(rows.next().transpose()?)
    }

    /// The care team of a child, also past and coming members; by beginning.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn care_team(&self, child: ChildId) -> Result<Vec<CareTeamRow>, StoreError> {
        self.care_teams("child", child.as_bytes())
    }

    /// The care teams that a person is, was or will be in; by beginning.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn care_teams_of(&self, person: PersonId) -> Result<Vec<CareTeamRow>, StoreError> {
        self.care_teams("person", person.as_bytes())
    }

    fn care_teams(&self, column: &str, id: &[u8; 16]) -> Result<Vec<CareTeamRow>, StoreError> {
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT child, person, organisation, function, from_ms, to_ms FROM care_team WHERE {column} = ?1
              ORDER BY from_ms, child, person, organisation"
        ))?;
        let rows = select.query_map([id], |row| {
            Ok(CareTeamRow {
                child: row.get::<_, Blob<ChildId>>(0)?.0,
                person: row.get::<_, Blob<PersonId>>(1)?.0,
                organisation: row.get::<_, Blob<OrganisationId>>(2)?.0,
                function: row.get(3)?,
                from_ms: row.get(4)?,
                to_ms: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Legal representatives of a child, also past and coming ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn representations(&self, child: ChildId) -> Result<Vec<RepresentationRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT representative, basis, from_ms, to_ms FROM representation WHERE child = ?1
              ORDER BY from_ms, representative",
        )?;
        let rows = select.query_map([child.as_bytes()], |row| {
            Ok(RepresentationRow {
                child,
                representative: row.get::<_, Blob<PersonId>>(0)?.0,
                basis: row.get::<_, Code<RepresentationBasis>>(1)?.0,
                from_ms: row.get(2)?,
                to_ms: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Organisations that serve a child at that moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn served_by(&self, child: ChildId, at_ms: i64) -> Result<Vec<OrganisationId>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT organisation FROM served WHERE child = ?1 AND from_ms <= ?2 AND (to_ms IS NULL OR to_ms > ?2)
              ORDER BY from_ms, organisation",
        )?;
        let rows = select
            .query_map((child.as_bytes(), at_ms), |row| Ok(row.get::<_, Blob<OrganisationId>>(0)?.0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Parameters and conditions of a list of children. Parameter 1 is whose children, 2 the moment.
struct Question {
    of: ChildrenOf,
    values: Vec<Value>,
    conditions: Vec<String>,
}

impl Question {
    fn of(of: ChildrenOf, now_ms: i64) -> Self {
        let valid = "from_ms <= ?2 AND (to_ms IS NULL OR to_ms > ?2)";
        let (whose, condition) = match of {
            ChildrenOf::Specialist(person) => (
                Value::Blob(person.as_bytes().to_vec()),
                format!("c.id IN (SELECT child FROM care_team WHERE person = ?1 AND {valid})"),
            ),
            ChildrenOf::Representative(person) => (
                Value::Blob(person.as_bytes().to_vec()),
                format!("c.id IN (SELECT child FROM representation WHERE representative = ?1 AND {valid})"),
            ),
            ChildrenOf::Organisation(organisation) => (
                Value::Blob(organisation.as_bytes().to_vec()),
                format!(
                    "c.id IN (SELECT child FROM served WHERE organisation = ?1 AND {valid}
                        UNION SELECT child FROM care_team WHERE organisation = ?1 AND {valid})"
                ),
            ),
            ChildrenOf::Anybody => (Value::Null, "?1 IS NULL AND ?2 IS NOT NULL".to_owned()),
        };
        Self { of, values: vec![whose, now_ms.into()], conditions: vec![condition] }
    }

    /// Adds a parameter and tells its number.
    fn push(&mut self, value: Value) -> usize {
        self.values.push(value);
        self.values.len()
    }

    fn columns(&self) -> String {
        let by = match self.of {
            ChildrenOf::Specialist(_) => "v.child = c.id AND v.specialist = ?1 AND v.cancelled IS NULL",
            _ => "v.child = c.id AND v.cancelled IS NULL",
        };
        let last = |column: &str, more: &str| {
            format!(
                "(SELECT v.{column} FROM visit v WHERE {by}{more} ORDER BY v.started_at_ms DESC, v.id LIMIT 1)"
            )
        };
        format!(
            "SELECT c.id, c.surname, c.given, c.patronymic, c.birth_date, c.iin, c.place, p.label,
                    {} AS last_visit_ms, {}, {}
               FROM child c LEFT JOIN place p ON p.id = c.place",
            last("started_at_ms", ""),
            last("service", ""),
            last("id", " AND v.finished_at_ms IS NULL AND v.outcome = 'held'"),
        )
    }
}

impl ChildRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let place: Option<Blob<PlaceId>> = row.get(6)?;
        let open_visit: Option<Blob<VisitId>> = row.get(10)?;
        Ok(Self {
            id: row.get::<_, Blob<ChildId>>(0)?.0,
            name: Name::from_row(row, 1)?,
            birth_date: row.get(4)?,
            iin: row.get(5)?,
            place: place.map(|place| place.0),
            place_label: row.get(7)?,
            last_visit_ms: row.get(8)?,
            last_service: row.get(9)?,
            open_visit: open_visit.map(|visit| visit.0),
        })
    }
}
