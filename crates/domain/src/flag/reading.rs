//! Two readings of one person's location against each other.

use super::limit::{
    FLIGHT_FROM_M, FLIGHT_KMH, FLIGHT_MS, HELD_FIX_MS, JUMP_M, LOW_ACCURACY_DM, ROAD_KMH, SIGNING_MS,
};
use crate::clock::ContinuousTime;
use crate::content::{Fix, FixSource, LocationOutcome, VisitLocated};
use crate::geo::{COARSEST_PROOF_DM, Position, distance_m};
use crate::id::CaptureId;

/// One reading with a position, as the comparison needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Which reading; siblings share one.
    pub capture: CaptureId,
    /// Where.
    pub position: Position,
    /// Radius of accuracy; absent when unknown.
    pub accuracy_dm: Option<u32>,
    /// When, by the claim of the provider or of the device.
    pub at_ms: i64,
    /// The provider's own time of it.
    pub fixed_at_ms: Option<i64>,
    /// Where it came from.
    pub source: FixSource,
    /// When the statement was signed, by the device's wall clock.
    pub issued_at_ms: i64,
    /// The same by the clock that counts sleep.
    pub continuous: ContinuousTime,
}

impl Reading {
    /// The reading of a statement; `None` when it has no position.
    pub fn of(located: &VisitLocated, issued_at_ms: i64, continuous: ContinuousTime) -> Option<Self> {
        let LocationOutcome::Fix(fix) = located.outcome else { return None };
        let Fix { lat_e7, lon_e7, accuracy_dm, fixed_at_ms, source, .. } = fix;
        Some(Self {
            capture: located.capture,
            position: Position::new(lat_e7, lon_e7).ok()?,
            accuracy_dm: accuracy_dm.filter(|&accuracy_dm| accuracy_dm > 0),
            at_ms: fixed_at_ms.unwrap_or(located.ended_at_ms),
            fixed_at_ms,
            source,
            issued_at_ms,
            continuous,
        })
    }

    /// Masts and access points stand in a table, which gives the same digits each time.
    fn is_from_a_table(&self) -> bool {
        self.source == FixSource::Network || self.accuracy_dm.is_none_or(|dm| dm > LOW_ACCURACY_DM)
    }
}

/// Whether one repeats the other to the last digit, 11 mm, which no second measurement does.
///
/// Not when both are one reading (siblings), one answer of the provider within [`HELD_FIX_MS`], or answers of a table.
pub fn is_copied(a: &Reading, b: &Reading) -> bool {
    let is_held = a.fixed_at_ms.is_some()
        && a.fixed_at_ms == b.fixed_at_ms
        && a.issued_at_ms.abs_diff(b.issued_at_ms) <= HELD_FIX_MS.unsigned_abs();
    let is_one_tap =
        a.capture == b.capture && a.issued_at_ms.abs_diff(b.issued_at_ms) <= HELD_FIX_MS.unsigned_abs();
    let are_from_tables = a.is_from_a_table() && b.is_from_a_table();
    let is_excused = is_one_tap || is_held || are_from_tables;
    a.position == b.position && !is_excused
}

/// Whether a reading repeats the registered coordinates of its place to the last digit.
pub fn is_copied_from_place(reading: &Reading, place: Position) -> bool {
    reading.position == place && !reading.is_from_a_table()
}

/// A journey between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Travel {
    /// As the crow flies, metres.
    pub distance_m: u32,
    /// Time between them, ms.
    pub took_ms: i64,
}

/// The journey between two readings, if nobody makes it.
///
/// Within one epoch the time is that of the clock that counts sleep: nobody sets it. Both accuracies are taken off the
/// distance; a reading without one, or with a coarse one, proves nothing.
pub fn impossible_travel(a: &Reading, b: &Reading) -> Option<Travel> {
    let accuracy = |reading: &Reading| reading.accuracy_dm.filter(|&dm| dm <= COARSEST_PROOF_DM);
    let granted_m = accuracy(a)?.div_ceil(10) + accuracy(b)?.div_ceil(10) + JUMP_M;
    let distance = distance_m(a.position, b.position);
    let took_ms = if a.continuous.epoch == b.continuous.epoch {
        i64::try_from(a.continuous.elapsed_ms.abs_diff(b.continuous.elapsed_ms)).unwrap_or(i64::MAX)
    } else {
        i64::try_from(a.at_ms.abs_diff(b.at_ms)).unwrap_or(i64::MAX)
    };
    let may_be_flight = distance >= FLIGHT_FROM_M && took_ms >= FLIGHT_MS;
    let kmh = if may_be_flight { FLIGHT_KMH } else { ROAD_KMH };
    // km/h are metres in 3,600 ms.
    let reach_m = i128::from(took_ms.saturating_add(SIGNING_MS)) * i128::from(kmh) / 3_600;
    let travelled_m = distance.saturating_sub(granted_m);
    (i128::from(travelled_m) > reach_m).then_some(Travel { distance_m: distance, took_ms })
}

#[cfg(test)]
mod tests;
