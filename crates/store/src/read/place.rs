//! Places where visits happen.

use domain::geo::Position;
use domain::id::{PlaceId, StatementId};
use rusqlite::{OptionalExtension, Row};

use crate::column::Blob;
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

impl PlaceRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (lat_e7, lon_e7): (Option<i32>, Option<i32>) = (row.get(3)?, row.get(4)?);
        let position = lat_e7.zip(lon_e7).and_then(|(lat_e7, lon_e7)| Position::new(lat_e7, lon_e7).ok());
        let adopted_from: Option<Blob<StatementId>> = row.get(6)?;
        Ok(Self {
            id: row.get::<_, Blob<PlaceId>>(0)?.0,
            label: row.get(1)?,
            region: row.get(2)?,
            position,
            radius_m: row.get(5)?,
            adopted_from: adopted_from.map(|id| id.0),
        })
    }
}

impl Reader<'_> {
    /// One place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place(&self, id: PlaceId) -> Result<Option<PlaceRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT id, label, region, lat_e7, lon_e7, radius_m, adopted_from FROM place WHERE id = ?1",
        )?;
        Ok(select.query_row([id.as_bytes()], PlaceRow::from_row).optional()?)
    }

    /// Every place known here, by address in Kazakh order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn places(&self) -> Result<Vec<PlaceRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT id, label, region, lat_e7, lon_e7, radius_m, adopted_from FROM place ORDER BY sort_key, id",
        )?;
        let rows = select.query_map([], PlaceRow::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
