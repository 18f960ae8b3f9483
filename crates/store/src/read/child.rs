//! Children, care teams, representations.

use domain::content::RepresentationBasis;
use domain::id::{ChildId, OrganisationId, PersonId, PlaceId, VisitId};
use domain::text::fold;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params_from_iter};

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

impl CareTeamRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            child: row.get::<_, Blob<ChildId>>(0)?.0,
            person: row.get::<_, Blob<PersonId>>(1)?.0,
            organisation: row.get::<_, Blob<OrganisationId>>(2)?.0,
            function: row.get(3)?,
            from_ms: row.get(4)?,
            to_ms: row.get(5)?,
        })
    }
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
            // Places are searched once for each word, not once for each child.
            question.conditions.push(format!(
                "(instr(c.search, ?{number}) > 0
                  OR c.place IN (SELECT id FROM place WHERE instr(search, ?{number}) > 0))"
            ));
        }
        let conditions = question.conditions.join(" AND ");
        let count = format!("SELECT count(*) FROM child c WHERE {conditions}");
        let counted = question.values.clone();
        let (order, key) = match of {
            // Nothing is less than anything, so it stands last.
            ChildrenOf::Specialist(_) => (LATEST, "latest_ms DESC, "),
            _ => ("NULL", ""),
        };
        let (limit, offset_number) = (question.push(limit.into()), question.push(offset.into()));
        // What a row shows is looked up for the rows of this page alone.
        let select = format!(
            "WITH listed AS (SELECT c.id, c.sort_key, {order} AS latest_ms, count(*) OVER () AS total
                  FROM child c WHERE {conditions}
                 ORDER BY {key}c.sort_key, c.id LIMIT ?{limit} OFFSET ?{offset_number})
             {}, listed.total FROM listed JOIN child c ON c.id = listed.id {PLACE}
              ORDER BY {key}listed.sort_key, listed.id",
            question.columns()
        );
        let mut select = self.conn.prepare_cached(&select)?;
        let mut rows = select.query(params_from_iter(&question.values))?;
        let (mut children, mut total_count) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            children.push(ChildRow::from_row(row)?);
            total_count = row.get("total")?;
        }
        if children.is_empty() && offset > 0 {
            // A page behind the last one tells no number.
            total_count =
                self.conn.prepare_cached(&count)?.query_row(params_from_iter(&counted), |row| row.get(0))?;
        }
        Ok(ChildRows { children, total_count })
    }

    /// Children of a list who are visited at a place, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn children_at(
        &self,
        of: ChildrenOf,
        place: PlaceId,
        now_ms: i64,
    ) -> Result<Vec<(ChildId, Option<Name>)>, StoreError> {
        let mut question = Question::of(of, now_ms);
        let number = question.push(Value::Blob(place.as_bytes().to_vec()));
        let conditions = question.conditions.join(" AND ");
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT c.id, c.surname, c.given, c.patronymic FROM child c WHERE c.place = ?{number} AND {conditions}
              ORDER BY c.sort_key, c.id"
        ))?;
        let rows = select.query_map(params_from_iter(&question.values), |row| {
            Ok((row.get::<_, Blob<ChildId>>(0)?.0, Name::from_row(row, 1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One child as [`Reader::children`] of the same `of` shows it, whether or not it is in that list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn child(&self, of: ChildrenOf, id: ChildId) -> Result<Option<ChildRow>, StoreError> {
        let mut question = Question::of(of, 0);
        let number = question.push(Value::Blob(id.as_bytes().to_vec()));
        // The parameters of the list itself stay bound, so the condition keeps their numbers without filtering.
        let select = format!("{} FROM child c {PLACE} WHERE c.id = ?{number}", question.columns());
        let mut select = self.conn.prepare_cached(&select)?;
        let mut rows = select.query_map(params_from_iter(&question.values), ChildRow::from_row)?;
        Ok(rows.next().transpose()?)
    }

    /// Where a child is visited; `None` when that or the child is not known here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place_of_child(&self, id: ChildId) -> Result<Option<PlaceId>, StoreError> {
        let mut select = self.conn.prepare_cached("SELECT place FROM child WHERE id = ?1")?;
        let place =
            select.query_row([id.as_bytes()], |row| row.get::<_, Option<Blob<PlaceId>>>(0)).optional()?;
        Ok(place.flatten().map(|place| place.0))
    }

    /// The care team of a child, also past and coming members; by beginning.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn care_team(&self, child: ChildId) -> Result<Vec<CareTeamRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT child, person, organisation, function, from_ms, to_ms FROM care_team WHERE child = ?1
              ORDER BY from_ms, person, organisation",
        )?;
        let rows = select.query_map([child.as_bytes()], CareTeamRow::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A person's places in the care team of a child, also past and coming ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn places_in_care_team(
        &self,
        child: ChildId,
        person: PersonId,
    ) -> Result<Vec<CareTeamRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT child, person, organisation, function, from_ms, to_ms FROM care_team
              WHERE child = ?1 AND person = ?2",
        )?;
        let rows = select.query_map((child.as_bytes(), person.as_bytes()), CareTeamRow::from_row)?;
        let mut places = rows.collect::<Result<Vec<_>, _>>()?;
        // One or two: a tree to sort them would cost a tap more than to find them.
        places.sort_by_key(|place| (place.from_ms, place.organisation));
        Ok(places)
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

/// Start of a child's latest visit by the person of parameter 1; answered by that index alone.
pub(super) const LATEST: &str = "(SELECT max(v.started_at_ms) FROM visit v INDEXED BY visit_child
    WHERE v.specialist = ?1 AND v.child = c.id AND v.cancelled IS NULL)";
pub(super) const PLACE: &str = "LEFT JOIN place p ON p.id = c.place";

/// Parameters and conditions of a list of children. Parameter 1 is whose children, 2 the moment.
pub(super) struct Question {
    of: ChildrenOf,
    values: Vec<Value>,
    conditions: Vec<String>,
}

impl Question {
    pub(super) fn of(of: ChildrenOf, now_ms: i64) -> Self {
        let valid = "from_ms <= ?2 AND (to_ms IS NULL OR to_ms > ?2)";
        let (whose, condition) = match of {
            ChildrenOf::Specialist(person) => (
                Value::Blob(person.as_bytes().to_vec()),
                format!("EXISTS (SELECT 1 FROM care_team WHERE child = c.id AND person = ?1 AND {valid})"),
            ),
            ChildrenOf::Representative(person) => (
                Value::Blob(person.as_bytes().to_vec()),
                format!(
                    "EXISTS (SELECT 1 FROM representation WHERE child = c.id AND representative = ?1 AND {valid})"
                ),
            ),
            ChildrenOf::Organisation(organisation) => (
                Value::Blob(organisation.as_bytes().to_vec()),
                format!(
                    "(EXISTS (SELECT 1 FROM served WHERE child = c.id AND organisation = ?1 AND {valid})
                      OR EXISTS (SELECT 1 FROM care_team WHERE child = c.id AND organisation = ?1 AND {valid}))"
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

    /// What a row shows. A child without visits must not have all of the specialist's looked through.
    pub(super) fn columns(&self) -> String {
        let by = match self.of {
            ChildrenOf::Specialist(_) => "v.child = c.id AND v.specialist = ?1 AND v.cancelled IS NULL",
            _ => "v.child = c.id AND v.cancelled IS NULL",
        };
        let last = |column: &str, more: &str| {
            format!(
                "(SELECT v.{column} FROM visit v INDEXED BY visit_child
                   WHERE {by}{more} ORDER BY v.started_at_ms DESC, v.id LIMIT 1)"
            )
        };
        format!(
            "SELECT c.id, c.surname, c.given, c.patronymic, c.birth_date, c.iin, c.place, p.label,
                    {}, {}, {}",
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
