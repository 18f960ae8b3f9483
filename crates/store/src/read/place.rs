//! Places where visits happen.

use domain::geo::Position;
use domain::id::{PlaceId, StatementId};

use crate::{Reader, StoreError};

/// A place as far as known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// Which.
    pub id: PlaceId,
    /// Address as people say it.
    pub label: Option<String>,
    /// Region, ISO 3166-2.
    pub region: Option<String>,
    /// Known coordinates.
    pub position: Option<Position>,
    /// Within how many metres a visit counts as being there.
    pub radius_m: Option<u32>,
    /// The accepted visit from which the coordinates were adopted.
    pub adopted_from: Option<StatementId>,
}

impl Reader<'_> {
    /// One place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place(&self, id: PlaceId) -> Result<Option<PlaceRow>, StoreError> { todo!() }

    /// Every place known here, by address in Kazakh order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn places(&self) -> Result<Vec<PlaceRow>, StoreError> { todo!() }
}
