//! Parcels: what was sealed here, what is carried here, and the key to seal to.

use domain::id::Digest;
use sync::wire::courier::CourierRefusal;

use crate::column::Blob;
use crate::courier::SealedParcel;
use crate::{Reader, StoreError};

/// Where a parcel that is carried stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParcelState {
    /// Not delivered yet.
    Waiting,
    /// The operator misses an earlier parcel of the same device; it is delivered again.
    Early,
    /// The same for so long that it is delivered only when a person asks.
    Aside,
    /// The operator has all of it.
    Taken,
    /// The operator takes nothing of it.
    Refused(CourierRefusal),
}

/// A row of the list of carried parcels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedParcel {
    /// SHA-256 of the parcel.
    pub sha256: Digest,
    /// When it was sealed, by its author's clock, UTC seconds.
    pub sealed_at_s: i64,
    /// When it came here, UTC ms.
    pub taken_in_at_ms: i64,
    /// Length of the parcel.
    pub length_bytes: u64,
    /// Where it stands.
    pub state: ParcelState,
    /// When the operator answered last, UTC ms.
    pub answered_at_ms: Option<i64>,
}

impl Reader<'_> {
    /// The courier key that the operator stated last, as far as this device knows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn courier_key(&self) -> Result<Vec<u8>, StoreError> {
        Ok(self.operator_in_force()?.courier_key)
    }

    /// The number of the last own statement; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_own_seq(&self) -> Result<Option<u64>, StoreError> {
        let mut select = self.conn.prepare_cached("SELECT max(seq) FROM own_statement")?;
        Ok(select.query_row([], |row| row.get(0))?)
    }

    /// Own parcels, the latest first, each with how many of its statements the operator has not confirmed yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sealed_parcels(&self) -> Result<Vec<(SealedParcel, u64)>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT sha256, sealed_at_ms, first_seq, last_seq, length_bytes,
                    (SELECT count(*) FROM outbox WHERE seq BETWEEN first_seq AND last_seq)
               FROM sealed_parcel ORDER BY sealed_at_ms DESC, first_seq DESC",
        )?;
        let rows = select.query_map([], |row| {
            let parcel = SealedParcel {
                sha256: row.get::<_, Blob<Digest>>(0)?.0,
                sealed_at_ms: row.get(1)?,
                first_seq: row.get(2)?,
                last_seq: row.get(3)?,
                length_bytes: row.get(4)?,
            };
            Ok((parcel, row.get(5)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Parcels of others, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn carried_parcels(&self) -> Result<Vec<CarriedParcel>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT sha256, sealed_at_s, taken_in_at_ms, length_bytes, state, refusal, answered_at_ms
               FROM carried_parcel ORDER BY taken_in_at_ms DESC, sha256",
        )?;
        let mut rows = select.query([])?;
        let mut parcels = Vec::new();
        while let Some(row) = rows.next()? {
            let (state, refusal) = (row.get::<_, String>(4)?, row.get::<_, Option<String>>(5)?);
            let state = match (state.as_str(), refusal.as_deref().and_then(CourierRefusal::parse)) {
                ("waiting", _) => ParcelState::Waiting,
                ("early", _) => ParcelState::Early,
                ("aside", _) => ParcelState::Aside,
                ("taken", _) => ParcelState::Taken,
                ("refused", Some(reason)) => ParcelState::Refused(reason),
                _ => return Err(StoreError::Row("carried_parcel.state")),
            };
            parcels.push(CarriedParcel {
                sha256: row.get::<_, Blob<Digest>>(0)?.0,
                sealed_at_s: row.get(1)?,
                taken_in_at_ms: row.get(2)?,
                length_bytes: row.get(3)?,
                state,
                answered_at_ms: row.get(6)?,
            });
        }
        Ok(parcels)
    }
}
