//! Children, care teams, representations.

use domain::content::RepresentationBasis;
use domain::id::{ChildId, OrganisationId, PersonId, PlaceId, VisitId};

use super::person::Name;
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
    ) -> Result<ChildRows, StoreError> { todo!() }

    /// One child as [`Reader::children`] of the same `of` shows it, whether or not it is in that list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn child(&self, of: ChildrenOf, id: ChildId) -> Result<Option<ChildRow>, StoreError> { todo!() }

    /// The care team of a child, also past and coming members; by beginning.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn care_team(&self, child: ChildId) -> Result<Vec<CareTeamRow>, StoreError> { todo!() }

    /// The care teams that a person is, was or will be in; by beginning.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn care_teams_of(&self, person: PersonId) -> Result<Vec<CareTeamRow>, StoreError> { todo!() }

    /// Legal representatives of a child, also past and coming ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn representations(&self, child: ChildId) -> Result<Vec<RepresentationRow>, StoreError> { todo!() }

    /// Organisation that serves a child at that moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn served_by(&self, child: ChildId, at_ms: i64) -> Result<Vec<OrganisationId>, StoreError> { todo!() }
}
