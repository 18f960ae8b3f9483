//! What a statement says beside others of the same person: found by indexed look-ups among what is registered, so that
//! it is the same however often the log is read again in its order.
//!
//! The flag stands on the statement that is registered later; a reader who holds both shows it at both.

use domain::content::{Content, LocationMoment, VisitLocated};
use domain::flag::Flag;
use domain::flag::answer::{Answered, is_one_of_many};
use domain::flag::clock::{Tick, clock_change_ms, is_late_sync};
use domain::flag::limit::{DUPLICATE_MS, LONGEST_VISIT_MS, SITTING_MS};
use domain::flag::reading::{Reading, impossible_travel, is_copied, is_copied_from_place};
use domain::flag::stay::{Stay, clash};
use domain::id::{KeyId, PersonId, PlaceId};
use journal::Header;

use super::place;
use crate::store::{StoreError, StoreRead, VisitRow};
use crate::visit::stay_of;

/// The clocks of a statement. A stretch of more than 2^63 ms stands for all that are longer.
pub(crate) fn tick(header: &Header) -> Tick {
    let mut continuous = header.continuous;
    continuous.elapsed_ms = continuous.elapsed_ms.min(i64::MAX.unsigned_abs());
    Tick { issued_at_ms: header.issued_at_s.saturating_mul(1_000), continuous }
}

/// The reading of a specialist's `visit-located`; `None` when it has no position, or is a representative's.
pub(crate) fn reading(header: &Header, located: &VisitLocated) -> Option<Reading> {
    let tick = tick(header);
    let reading = Reading::of(located, tick.issued_at_ms, tick.continuous);
    reading.filter(|_| located.moment != LocationMoment::Confirmed)
}

/// Whether the clock was changed since the device's statement before.
pub(super) fn of_clock(read: &dyn StoreRead, header: &Header) -> Result<Option<Flag>, StoreError> {
    if !header.kind.is_about_visit() {
        return Ok(None);
    }
    let before = read.last_trace(header.key)?;
    let is_changed = before.is_some_and(|before| clock_change_ms(&before.tick, &tick(header)).is_some());
    Ok(is_changed.then_some(Flag::ClockChanged))
}

/// What follows from the visit that a person's statement is about, and from the person's other ones.
pub(super) fn flags(
    read: &dyn StoreRead,
    person: PersonId,
    header: &Header,
    content: &Content,
    registered_at_ms: i64,
) -> Result<Vec<Flag>, StoreError> {
    if !header.kind.is_about_visit() {
        return Ok(Vec::new());
    }
    let mut flags = Vec::new();
    let tick = tick(header);
    let visit = read.visit(header.subject.into())?;
    match (content, visit) {
        (Content::VisitRegistered(registered), None) => {
            if is_late_sync(tick.issued_at_ms, registered_at_ms) {
                flags.push(Flag::LateSync);
            }
            flags.extend(clashes(read, person, &stay_of(header.subject.into(), registered))?);
        }
        (Content::VisitFinished(_) | Content::VisitCorrected(_), Some(row))
            if row.parties.specialist == person =>
        {
            // Which statement gives the version decides nothing here.
            if let Some(stay) = row.changed_by(row.basis, content).and_then(|row| row.stay()) {
                flags.extend(clashes(read, person, &stay)?);
            }
        }
        (Content::VisitLocated(located), Some(row)) if row.parties.specialist == person => {
            if let Some(reading) = reading(header, located) {
                flags.extend(of_reading(read, person, row.place(), &reading)?);
            }
        }
        (Content::VisitConfirmed(_) | Content::VisitDisputed(_), Some(row)) => {
            flags.extend(of_answer(read, person, header.key, &tick, &row)?);
        }
        _ => {}
    }
    Ok(flags)
}

/// What is wrong with a visit beside the specialist's other ones.
fn clashes(read: &dyn StoreRead, specialist: PersonId, stay: &Stay) -> Result<Vec<Flag>, StoreError> {
    let from_ms = stay.started_at_ms.saturating_sub(LONGEST_VISIT_MS);
    let latest_ms = stay.started_at_ms.saturating_add(LONGEST_VISIT_MS);
    let to_ms = stay.finished_at_ms.unwrap_or(i64::MIN).max(stay.started_at_ms.saturating_add(DUPLICATE_MS));
    let others = read.visits_between(specialist, from_ms, to_ms.min(latest_ms))?;
    Ok(others.iter().filter_map(VisitRow::stay).filter_map(|other| clash(stay, &other)).collect())
}

fn of_reading(
    read: &dyn StoreRead,
    person: PersonId,
    place: Option<PlaceId>,
    reading: &Reading,
) -> Result<Vec<Flag>, StoreError> {
    let mut flags = Vec::new();
    let known = place::position(read, place)?;
    let same = read.readings_at(person, reading.position)?;
    if known.is_some_and(|(known, _)| is_copied_from_place(reading, known))
        || same.iter().any(|other| is_copied(&other.reading, reading))
    {
        flags.push(Flag::CopiedLocation);
    }
    let around = read.readings_around(person, reading.at_ms)?;
    if around.iter().any(|other| impossible_travel(&other.reading, reading).is_some()) {
        flags.push(Flag::ImpossibleTravel);
    }
    Ok(flags)
}

/// What is wrong with an answer beside what else came from its device and its author.
fn of_answer(
    read: &dyn StoreRead,
    person: PersonId,
    key: KeyId,
    tick: &Tick,
    row: &VisitRow,
) -> Result<Vec<Flag>, StoreError> {
    let mut flags = Vec::new();
    let specialist = row.parties.specialist;
    // The own binding says so, whatever the device writes of itself.
    let mut is_one_device = read.bound_key(key)?.is_some_and(|key| key.host == Some(specialist));
    for other in read.keys_in_epoch(tick.continuous.epoch)? {
        // An epoch has a random name, which belongs to one installation.
        is_one_device |= read.bound_key(other)?.is_some_and(|other| other.person == specialist);
    }
    if is_one_device {
        flags.push(Flag::OneDevice);
    }
    let from_ms = tick.issued_at_ms.saturating_sub(SITTING_MS);
    let mut others = Vec::new();
    for trace in read.answers_between(person, from_ms, tick.issued_at_ms)? {
        if let Some((_, visit)) = trace.answer
            && let Some(other) = read.visit(visit)?
        {
            others.push(answered(&other, trace.tick.issued_at_ms));
        }
    }
    if is_one_of_many(&answered(row, tick.issued_at_ms), &others) {
        flags.push(Flag::ManyAnswers);
    }
    Ok(flags)
}

fn answered(row: &VisitRow, at_ms: i64) -> Answered {
    Answered { visit: row.visit, child: row.parties.child, specialist: row.parties.specialist, at_ms }
}
