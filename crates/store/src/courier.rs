//! Parcels: own statements that were sealed for somebody to carry, and what others gave this device to carry
//! (docs/PROTOCOL.md, "The courier").
//!
//! # Invariants
//! Sealing closes nothing: an own statement waits until its receipt verified, whatever became of a parcel. What others
//! gave is kept until the operator has answered, and its bytes go then.

use domain::id::Digest;
use journal::codec;
use rusqlite::{OptionalExtension, named_params};
use sync::wire::courier::CourierOutcome;

use crate::column::Blob;
use crate::{Store, StoreError};

/// Parcels of others that wait here at a time: 80 MB at most.
const MAX_WAITING: u32 = 20;
/// Parcels that were put aside, which only their carrier drops: as many again.
const MAX_KEPT: u32 = 2 * MAX_WAITING;
/// After so many answers that an earlier parcel is missing, and so long after the first of them, a parcel is put aside.
const MAX_EARLY: u32 = 10;
const EARLY_FOR_MS: i64 = 14 * 86_400_000;
/// A parcel that was early rests so long after the first such answer, then twice as long after each, at most a day.
const EARLY_RESTS_MS: i64 = 3_600_000;
const EARLY_RESTS_MOST_MS: i64 = 86_400_000;
/// Whether a parcel that was early rests. A clock that was set back makes nobody rest longer.
const RESTS: &str = "(state = 'early' AND answered_at_ms <= :now_ms
    AND :now_ms < answered_at_ms + min(:rests_ms << min(early_count - 1, 8), :most_ms))";
/// Parcels that are remembered after the operator's answer.
const MAX_ANSWERED: u32 = 20;

/// An own parcel as it went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedParcel {
    /// SHA-256 of the parcel.
    pub sha256: Digest,
    /// When, UTC ms.
    pub sealed_at_ms: i64,
    /// First statement in it.
    pub first_seq: u64,
    /// Last statement in it.
    pub last_seq: u64,
    /// Length of the parcel.
    pub length_bytes: u64,
}

/// A parcel that somebody else sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignParcel {
    /// When, by its author's clock, UTC seconds.
    pub sealed_at_s: i64,
    /// The parcel.
    pub bytes: Vec<u8>,
}

/// What became of a parcel that was given to this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenIn {
    /// It is kept until the operator has answered.
    Now,
    /// It was here before.
    Already,
    /// Too many wait: deliver some first.
    Full,
}

/// Which parcels to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// What was never answered, and what was early and has rested by now (UTC ms).
    At(i64),
    /// All that the operator does not have: a person asks.
    All,
}

impl Store {
    /// Remembers what went out. Earlier parcels of which nothing waits any more are forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_sealed(&self, parcels: &[SealedParcel]) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "DELETE FROM sealed_parcel WHERE NOT EXISTS
                   (SELECT 1 FROM outbox WHERE seq BETWEEN first_seq AND last_seq)",
                [],
            )?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO sealed_parcel (sha256, sealed_at_ms, first_seq, last_seq, length_bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for parcel in parcels {
                insert.execute((
                    parcel.sha256.as_bytes(),
                    parcel.sealed_at_ms,
                    parcel.first_seq,
                    parcel.last_seq,
                    parcel.length_bytes,
                ))?;
            }
            Ok(())
        })
    }

    /// Keeps what somebody gave to carry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_in(&self, parcel: &ForeignParcel, now_ms: i64) -> Result<TakenIn, StoreError> {
        let sha256 = codec::hash(&parcel.bytes);
        self.write(|transaction| {
            let known = transaction
                .prepare_cached("SELECT 1 FROM carried_parcel WHERE sha256 = ?1")?
                .exists([sha256.as_bytes()])?;
            if known {
                return Ok(TakenIn::Already);
            }
            let (waiting, kept): (u32, u32) = transaction.query_row(
                "SELECT count(*) FILTER (WHERE state <> 'aside'), count(*) FROM carried_parcel
                  WHERE bytes IS NOT NULL",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if waiting >= MAX_WAITING || kept >= MAX_KEPT {
                return Ok(TakenIn::Full);
            }
            transaction.execute(
                "INSERT INTO carried_parcel (sha256, sealed_at_s, taken_in_at_ms, length_bytes, bytes, state,
                    early_count)
                 VALUES (:sha256, :sealed_at_s, :now_ms, :length_bytes, :bytes, 'waiting', 0)",
                named_params! {
                    ":sha256": sha256.as_bytes(),
                    ":sealed_at_s": parcel.sealed_at_s,
                    ":now_ms": now_ms,
                    ":length_bytes": parcel.bytes.len(),
                    ":bytes": parcel.bytes,
                },
            )?;
            Ok(TakenIn::Now)
        })
    }

    /// What to deliver, in the order in which it was sealed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn parcels_to_deliver(&self, due: Due) -> Result<Vec<Digest>, StoreError> {
        let (all, now_ms) = match due {
            Due::At(now_ms) => (false, now_ms),
            Due::All => (true, 0),
        };
        self.with_reader(|conn| {
            let mut select = conn.prepare_cached(&format!(
                "SELECT sha256 FROM carried_parcel
                  WHERE bytes IS NOT NULL AND (:all OR state = 'waiting' OR (state = 'early' AND NOT {RESTS}))
                  ORDER BY sealed_at_s, taken_in_at_ms, sha256",
            ))?;
            let values = named_params! {
                ":all": all,
                ":now_ms": now_ms,
                ":rests_ms": EARLY_RESTS_MS,
                ":most_ms": EARLY_RESTS_MOST_MS,
            };
            let rows = select.query_map(values, |row| Ok(row.get::<_, Blob<Digest>>(0)?.0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The bytes of a parcel; `None` when they are gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn parcel(&self, sha256: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.with_reader(|conn| {
            let mut select = conn.prepare_cached("SELECT bytes FROM carried_parcel WHERE sha256 = ?1")?;
            Ok(select.query_row([sha256.as_bytes()], |row| row.get(0)).optional()?.flatten())
        })
    }

    /// Stores the operator's answer; what can come to nothing more gives up its bytes, and what was early for weeks is put
    /// aside: its author has all of it still, and waits for nobody.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_delivered(
        &self,
        sha256: Digest,
        outcome: CourierOutcome,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let (state, refusal) = match outcome {
            CourierOutcome::Early => ("early", None),
            CourierOutcome::Taken => ("taken", None),
            CourierOutcome::Refused { reason } => ("refused", Some(reason.as_str())),
        };
        self.write(|transaction| {
            // A person who asks again and again while it rests makes nothing of it: neither is the next rest longer, nor
            // comes it aside sooner.
            let rests = transaction
                .prepare_cached(&format!("SELECT 1 FROM carried_parcel WHERE sha256 = :sha256 AND {RESTS}"))?
                .exists(named_params! {
                    ":sha256": sha256.as_bytes(),
                    ":now_ms": now_ms,
                    ":rests_ms": EARLY_RESTS_MS,
                    ":most_ms": EARLY_RESTS_MOST_MS,
                })?;
            if rests && outcome == CourierOutcome::Early {
                return Ok(());
            }
            transaction.execute(
                "UPDATE carried_parcel
                    SET state = iif(:state = 'early' AND (state = 'aside' OR (early_count + 1 >= :most
                            AND :now_ms - coalesce(first_early_at_ms, :now_ms) >= :for_ms)), 'aside', :state),
                        refusal = :refusal, answered_at_ms = :now_ms,
                        early_count = early_count + (:state = 'early'),
                        first_early_at_ms = coalesce(first_early_at_ms, iif(:state = 'early', :now_ms, NULL)),
                        bytes = iif(:state = 'early', bytes, NULL)
                  WHERE sha256 = :sha256 AND bytes IS NOT NULL",
                named_params! {
                    ":sha256": sha256.as_bytes(),
                    ":state": state,
                    ":refusal": refusal,
                    ":now_ms": now_ms,
                    ":most": MAX_EARLY,
                    ":for_ms": EARLY_FOR_MS,
                },
            )?;
            transaction.execute(
                "DELETE FROM carried_parcel WHERE bytes IS NULL AND sha256 NOT IN
                   (SELECT sha256 FROM carried_parcel WHERE bytes IS NULL
                     ORDER BY answered_at_ms DESC, sha256 LIMIT ?1)",
                [MAX_ANSWERED],
            )?;
            Ok(())
        })
    }

    /// Gives up a parcel that the operator could not take yet; `false` when there is none such. Its author has all of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drop_parcel(&self, sha256: Digest) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let sql = "DELETE FROM carried_parcel WHERE sha256 = ?1 AND state IN ('early', 'aside')";
            Ok(transaction.execute(sql, [sha256.as_bytes()])? > 0)
        })
    }
}

#[cfg(test)]
mod tests;
