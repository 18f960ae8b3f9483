//! The other visit that a flag about two is about. The operator puts such a flag on the statement that came later;
//! whoever holds both visits shows it at both, by the same rules.

use std::collections::BTreeSet;

use domain::ContinuousTime;
use domain::content::{LocationOutcome, VisitOutcome};
use domain::flag::Flag;
use domain::flag::limit::LONGEST_VISIT_MS;
use domain::flag::reading::{Reading, impossible_travel, is_copied};
use domain::flag::stay::{Stay, clash};
use domain::geo::Position;
use domain::id::{CaptureId, ChildId, PersonId, PlaceId, VisitId};
use rusqlite::{Row, params};

use super::{PairRow, VisitFilter, VisitRow};
use crate::column::{Blob, Code, Flags, Json};
use crate::read::person::Name;
use crate::{Reader, StoreError};

/// So many visits around one are compared.
const NEIGHBOURS: u32 = 64;

const ABOUT_TWO: [Flag; 4] =
    [Flag::CopiedLocation, Flag::ImpossibleTravel, Flag::VisitsOverlap, Flag::DuplicateVisit];

const AROUND: &str =
    "SELECT v.id, v.child, v.place, v.capture, v.outcome, v.started_at_ms, v.finished_at_ms, v.location,
           v.flags, c.surname, c.given, c.patronymic
      FROM visit v LEFT JOIN child c ON c.id = v.child
     WHERE v.specialist = ?1 AND v.started_at_ms BETWEEN ?2 AND ?3 AND v.id <> ?4 AND v.cancelled IS NULL
     ORDER BY v.started_at_ms DESC LIMIT ?5";

/// Visits that bear a flag, in the columns of [`AROUND`], with their specialist.
const FLAGGED: &str =
    "SELECT v.id, v.child, v.place, v.capture, v.outcome, v.started_at_ms, v.finished_at_ms, v.location,
           v.flags, NULL, NULL, NULL, v.specialist
      FROM visit v
     WHERE v.flags <> '' AND v.cancelled IS NULL AND v.started_at_ms BETWEEN ?1 AND ?2
           AND (?3 IS NULL OR v.specialist = ?3)";

struct Neighbour {
    stay: Stay,
    location: Option<LocationOutcome>,
    flags: Vec<Flag>,
    name: Option<Name>,
}

impl Neighbour {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let place: Option<Blob<PlaceId>> = row.get(2)?;
        let capture: Option<Blob<CaptureId>> = row.get(3)?;
        let location: Option<Json<LocationOutcome>> = row.get(7)?;
        Ok(Self {
            stay: Stay {
                visit: row.get::<_, Blob<VisitId>>(0)?.0,
                child: row.get::<_, Blob<ChildId>>(1)?.0,
                place: place.map(|place| place.0),
                capture: capture.map(|capture| capture.0),
                outcome: row.get::<_, Code<VisitOutcome>>(4)?.0,
                started_at_ms: row.get(5)?,
                finished_at_ms: row.get(6)?,
            },
            location: location.map(|location| location.0),
            flags: row.get::<_, Flags>(8)?.0,
            name: Name::from_row(row, 9)?,
        })
    }
}

impl Reader<'_> {
    /// What the operator found about this visit and another one that is known here.
    pub(super) fn pairs(&self, visit: &VisitRow) -> Result<Vec<PairRow>, StoreError> {
        if visit.cancelled.is_some() {
            return Ok(Vec::new());
        }
        let own = Neighbour {
            stay: Stay {
                visit: visit.id,
                child: visit.child,
                place: visit.place,
                capture: visit.capture,
                outcome: visit.outcome,
                started_at_ms: visit.started_at_ms,
                finished_at_ms: visit.finished_at_ms,
            },
            location: visit.location,
            flags: visit.flags.clone(),
            name: None,
        };
        self.pairs_of(&own, visit.specialist)
    }

    /// The other visits that flags of visits are about, for a list of flagged ones: they stand on the later visit, and a
    /// person looks at both.
    pub(super) fn beside_flagged(&self, filter: &VisitFilter) -> Result<BTreeSet<VisitId>, StoreError> {
        let mut select = self.conn.prepare_cached(FLAGGED)?;
        let flagged = select.query_map(
            params![
                filter.from_ms.map_or(i64::MIN, |from_ms| from_ms.saturating_sub(LONGEST_VISIT_MS)),
                filter.to_ms.map_or(i64::MAX, |to_ms| to_ms.saturating_add(LONGEST_VISIT_MS)),
                filter.specialist.map(|specialist| *specialist.as_bytes()),
            ],
            |row| Ok((Neighbour::from_row(row)?, row.get::<_, Blob<PersonId>>(12)?.0)),
        )?;
        let mut beside = BTreeSet::new();
        for visit in flagged {
            let (own, specialist) = visit?;
            if own.flags.iter().any(|flag| ABOUT_TWO.contains(flag)) {
                beside.extend(self.pairs_of(&own, specialist)?.into_iter().map(|pair| pair.other));
            }
        }
        Ok(beside)
    }

    fn pairs_of(&self, own: &Neighbour, specialist: PersonId) -> Result<Vec<PairRow>, StoreError> {
        let mut select = self.conn.prepare_cached(AROUND)?;
        let started_at_ms = own.stay.started_at_ms;
        let neighbours = select.query_map(
            params![
                specialist.as_bytes(),
                started_at_ms.saturating_sub(LONGEST_VISIT_MS),
                started_at_ms.saturating_add(LONGEST_VISIT_MS),
                own.stay.visit.as_bytes(),
                NEIGHBOURS,
            ],
            Neighbour::from_row,
        )?;
        let mut pairs = Vec::new();
        for other in neighbours {
            let other = other?;
            let is_found = |flag: Flag| own.flags.contains(&flag) || other.flags.contains(&flag);
            if ABOUT_TWO.into_iter().any(is_found) {
                pairs.extend(compare(own, &other).into_iter().filter(|pair| is_found(pair.flag)));
            }
        }
        Ok(pairs)
    }
}

fn compare(own: &Neighbour, other: &Neighbour) -> Vec<PairRow> {
    let pair = |flag, distance_m, lasted_ms| PairRow {
        flag,
        other: other.stay.visit,
        child_name: other.name.clone(),
        started_at_ms: other.stay.started_at_ms,
        distance_m,
        lasted_ms,
    };
    let mut pairs = Vec::new();
    if let Some(flag) = clash(&own.stay, &other.stay) {
        pairs.push(pair(flag, None, together_ms(&own.stay, &other.stay)));
    }
    if let (Some(a), Some(b)) = (reading(own), reading(other)) {
        if is_copied(&a, &b) {
            pairs.push(pair(Flag::CopiedLocation, None, None));
        }
        if let Some(travel) = impossible_travel(&a, &b) {
            pairs.push(pair(Flag::ImpossibleTravel, Some(travel.distance_m), Some(travel.took_ms)));
        }
    }
    pairs
}

/// How long both ran, when both ends are known.
fn together_ms(a: &Stay, b: &Stay) -> Option<i64> {
    let (a_end, b_end) = (a.finished_at_ms?, b.finished_at_ms?);
    let ms = a_end.min(b_end).saturating_sub(a.started_at_ms.max(b.started_at_ms));
    Some(ms).filter(|&ms| ms > 0)
}

/// The reading of a visit as it stands here, at the moment of the tap unless the provider tells.
fn reading(visit: &Neighbour) -> Option<Reading> {
    let Some(LocationOutcome::Fix(fix)) = visit.location else { return None };
    let mut epoch = [0; 8];
    // The end of an id is random, so no other visit has it.
    epoch.copy_from_slice(&visit.stay.visit.as_bytes()[8..]);
    Some(Reading {
        capture: visit.stay.capture?,
        position: Position::new(fix.lat_e7, fix.lon_e7).ok()?,
        accuracy_dm: fix.accuracy_dm.filter(|&accuracy_dm| accuracy_dm > 0),
        at_ms: fix.fixed_at_ms.unwrap_or(visit.stay.started_at_ms),
        fixed_at_ms: fix.fixed_at_ms,
        source: fix.source,
        issued_at_ms: visit.stay.started_at_ms,
        // The clock that counts sleep was the operator's to judge; here the claimed times are shown.
        continuous: ContinuousTime { epoch, elapsed_ms: 0 },
    })
}

#[cfg(test)]
mod tests {
    use domain::content::{CorrectionReason, Fix, FixSource, VisitChange, VisitCorrected};
    use journal::Draft;

    use super::*;
    use crate::read::visit::{VisitOrder, VisitSort};
    use crate::testing::{CHILD, SPECIALIST, TestDevice, TestOperator, visit};

    fn neighbour(n: u8, from_min: i64, to_min: Option<i64>, north_m: i32) -> Neighbour {
        let fix = Fix {
            lat_e7: 511_605_000 + north_m * 90,
            lon_e7: 714_704_000,
            accuracy_dm: Some(80),
            fixed_at_ms: None,
            source: FixSource::Unknown,
            mock: None,
        };
        Neighbour {
            stay: Stay {
                visit: VisitId::from_bytes([n; 16]),
                child: ChildId::from_bytes([n; 16]),
                place: None,
                capture: Some(CaptureId::from_bytes([n; 16])),
                outcome: VisitOutcome::Held,
                started_at_ms: from_min * 60_000,
                finished_at_ms: to_min.map(|min| min * 60_000),
            },
            location: Some(LocationOutcome::Fix(fix)),
            flags: Vec::new(),
            name: None,
        }
    }

    #[test]
    fn a_pair_says_how_far_and_how_long() {
        let first = neighbour(1, 0, Some(50), 0);
        let found = compare(&neighbour(2, 11, Some(40), 84_000), &first);
        let said: Vec<_> = found.iter().map(|pair| (pair.flag, pair.lasted_ms)).collect();
        let (overlap_ms, travel_ms) = (Some(29 * 60_000), Some(11 * 60_000));
        assert_eq!(said, [(Flag::VisitsOverlap, overlap_ms), (Flag::ImpossibleTravel, travel_ms)]);
        assert!(found[1].distance_m.is_some_and(|metres| (83_500..84_500).contains(&metres)));
        assert!(found.iter().all(|pair| pair.other == first.stay.visit));
        let copied = compare(&neighbour(2, 600, None, 0), &first);
        assert_eq!(copied.iter().map(|pair| pair.flag).collect::<Vec<_>>(), [Flag::CopiedLocation]);
    }

    #[test]
    fn both_visits_show_what_the_operator_said_of_the_later_one() {
        let mut operator = TestOperator::new();
        let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
        device.pull(&operator);
        let [(first, draft), (second, again)] = [1, 2].map(|n| visit(n, SPECIALIST, CHILD));
        device.state(&[draft]);
        device.push(&mut operator);
        let basis = device.state(&[again])[0].id;
        let shown = |id| device.store.read(|reader| reader.visit(id)).unwrap().unwrap();
        assert_eq!((shown(first).flags, shown(second).flags), (vec![], vec![]), "nobody has judged it yet");
        operator.flags = vec![Flag::DuplicateVisit];
        device.push(&mut operator);
        operator.flags = Vec::new();
        for (id, other) in [(first, second), (second, first)] {
            let row = shown(id);
            assert_eq!(row.flags, [Flag::DuplicateVisit], "{id}");
            assert_eq!(row.pairs.iter().map(|pair| pair.other).collect::<Vec<_>>(), [other]);
        }
        assert_eq!(flagged(&device, None), [second, first], "both are found");
        let started_at_ms = shown(second).started_at_ms;
        assert_eq!(flagged(&device, Some(started_at_ms - 1)), [first], "also when only one is asked for");
        let change = VisitChange {
            cancelled: true,
            service: None,
            outcome: None,
            started_at_ms: None,
            finished_at_ms: None,
        };
        let reason = CorrectionReason::Duplicate;
        device.state(&[Draft::new(second, VisitCorrected { basis, reason, change, corrected_at_ms: 1 })]);
        assert_eq!(shown(first).flags, [], "the other one was taken back");
        assert_eq!(flagged(&device, None), [second]);
    }

    /// Flagged visits until a moment, the latest first.
    fn flagged(device: &TestDevice, to_ms: Option<i64>) -> Vec<VisitId> {
        let filter = VisitFilter { flagged: true, to_ms, ..VisitFilter::default() };
        let order = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: 10 };
        let rows = device.store.read(|reader| reader.visits(&filter, order)).unwrap();
        assert_eq!(rows.total_count, rows.visits.len() as u64);
        assert!(rows.visits.iter().all(|row| !row.flags.is_empty()), "each has its reason");
        rows.visits.iter().map(|row| row.id).collect()
    }
}
