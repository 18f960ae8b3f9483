//! When a statement was made, as far as the log can tell: not before the tree head that it names, nor before its key
//! was bound, and not after it was registered. What its author claims beyond that proves nothing.

use domain::Kind;
use domain::content::Content;
use domain::flag::Flag;
use domain::flag::limit::{SKEW_MS, TAP_MS};
use journal::{Header, Statement};

use crate::register;
use crate::store::{BoundKey, StoreError, StoreRead};

/// The span in which a statement was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Not before; absent for the enrolment of a key, which is made before the key is bound. Another statement with the
    /// first number is a branch, and was made by a bound key like all others.
    earliest_ms: Option<i64>,
    /// Not after.
    registered_at_ms: i64,
    /// The author's claim.
    issued_at_ms: i64,
    /// The statement knows less of the log than the one before it in its series.
    falls_back: bool,
}

impl Moment {
    pub(super) fn of(
        read: &dyn StoreRead,
        key: &BoundKey,
        header: &Header,
        registered_at_ms: i64,
    ) -> Result<Self, StoreError> {
        let head_ms = match &header.beacon {
            Some(beacon) if register::is_ours(read, beacon)? => match beacon.tree_size.checked_sub(1) {
                Some(last_leaf) => read.head_covering(last_leaf)?.map(|head| head.signed_at_ms),
                None => None,
            },
            _ => None,
        };
        let is_enrolment = header.seq == 0 && header.kind == Kind::DeviceEnrolled;
        let earliest_ms = (!is_enrolment).then(|| key.bound_at_ms.max(head_ms.unwrap_or(i64::MIN)));
        Ok(Self {
            earliest_ms,
            registered_at_ms,
            issued_at_ms: header.issued_at_s.saturating_mul(1_000),
            falls_back: falls_back(read, header)?,
        })
    }

    /// A claimed time as far as it is possible: what is in force then is what counts.
    pub(super) fn judged(&self, claimed_ms: i64) -> i64 {
        claimed_ms.max(self.earliest_ms.unwrap_or(i64::MIN)).min(self.registered_at_ms)
    }

    /// When the statement was made.
    pub(super) fn issued_ms(&self) -> i64 {
        self.judged(self.issued_at_ms)
    }

    /// The moments at which a visit needs its author's engagement and care team. A late entry is judged by the claimed
    /// start and by when it was entered: neither can be chosen to hide the other.
    pub(super) fn of_visit(&self, started_at_ms: i64, is_late: bool) -> Vec<i64> {
        if is_late {
            vec![started_at_ms.min(self.registered_at_ms), self.issued_ms()]
        } else {
            vec![self.judged(started_at_ms)]
        }
    }

    fn is_possible(&self, claimed_ms: i64) -> bool {
        claimed_ms <= self.registered_at_ms.saturating_add(SKEW_MS)
            && self.earliest_ms.is_none_or(|earliest_ms| earliest_ms <= claimed_ms.saturating_add(SKEW_MS))
    }

    /// What the claimed times say against each other.
    pub(super) fn flags(&self, content: &Content) -> Vec<Flag> {
        let mut flags = Vec::new();
        let mut is_in_doubt = self.falls_back || !self.is_possible(self.issued_at_ms);
        if let Content::VisitRegistered(visit) = content {
            let started_at_ms = visit.started_at_ms;
            if visit.late.is_some() {
                // How long ago it was is the person's claim; that it is still to come, is none.
                is_in_doubt |= started_at_ms > self.issued_at_ms.saturating_add(SKEW_MS)
                    || started_at_ms > self.registered_at_ms.saturating_add(SKEW_MS);
                flags.push(Flag::LateEntry);
            } else {
                is_in_doubt |= !self.is_possible(started_at_ms);
                if started_at_ms.abs_diff(self.issued_at_ms) > TAP_MS.unsigned_abs() {
                    flags.push(Flag::LateEntry);
                }
            }
        }
        if is_in_doubt {
            flags.push(Flag::TimeInDoubt);
        }
        flags
    }
}

/// Whether the beacon is older than that of the statement before, or gone. A device never forgets a head that it
/// verified; without this rule an older one would open the past again.
fn falls_back(read: &dyn StoreRead, header: &Header) -> Result<bool, StoreError> {
    let Some(before) = header.prev else { return Ok(false) };
    let Some(before) = read.entry_by_id(before)? else {
        // Bytes that nobody could read took the place before this one, and with them what they knew.
        return Ok(header.beacon.is_none());
    };
    let before = Statement::decode(&before.statement)
        .map_err(|_| StoreError::Damaged("a registered statement is no longer readable"))?;
    let size = |beacon: &Option<journal::Beacon>| beacon.as_ref().map_or(0, |beacon| beacon.tree_size);
    Ok(size(&header.beacon) < size(&before.header().beacon))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn moment(issued_at_ms: i64) -> Moment {
        Moment {
            earliest_ms: Some(10 * HOUR_MS),
            registered_at_ms: 20 * HOUR_MS,
            issued_at_ms,
            falls_back: false,
        }
    }

    #[test]
    fn what_counts_lies_between_the_known_head_and_the_registration() {
        let moment = moment(15 * HOUR_MS);
        for (claimed_h, judged_h) in [(0, 10), (10, 10), (15, 15), (20, 20), (99, 20)] {
            assert_eq!(moment.judged(claimed_h * HOUR_MS), judged_h * HOUR_MS, "{claimed_h}");
        }
        assert_eq!(moment.judged(i64::MIN), 10 * HOUR_MS);
        assert_eq!(moment.judged(i64::MAX), 20 * HOUR_MS);
    }

    #[test]
    fn a_clock_that_is_minutes_off_is_no_doubt_and_one_that_is_hours_off_is() {
        for (issued_ms, doubted) in [
            (10 * HOUR_MS - SKEW_MS, false),
            (10 * HOUR_MS - SKEW_MS - 1, true),
            (20 * HOUR_MS + SKEW_MS, false),
            (20 * HOUR_MS + SKEW_MS + 1, true),
            (i64::MIN, true),
            (i64::MAX, true),
        ] {
            let finished = Content::VisitFinished(domain::content::VisitFinished { finished_at_ms: 0 });
            let flags = moment(issued_ms).flags(&finished);
            assert_eq!(flags.contains(&Flag::TimeInDoubt), doubted, "{issued_ms}");
        }
    }
}
