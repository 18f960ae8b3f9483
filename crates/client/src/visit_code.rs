//! Two devices without a network: a specialist shows a visit as a code, a representative's device reads it, answers in
//! the normal way and shows its answer back (docs/PROTOCOL.md, "Two devices without a network").
//!
//! | Module | Holds |
//! |---|---|
//! | [`picture`] | bytes as the text of a QR code, and its picture |
//! | [`guest`] | the same between two accounts of one device |
//! | [`heard`] | what a code says, once every signature in it verified |
//! | [`judge`] | whether this person should take it |

mod guest;
mod heard;
mod judge;
mod picture;

use std::sync::Arc;

use domain::Kind;
use domain::id::{PersonId, VisitId};
use journal::Statement;
use journal::code::{self, Shown};
use store::Reader;
use store::carry::Carried;
use store::read::signed::Signed;
use store::read::visit::VisitRow;

use crate::access::{self, Viewer};
use crate::errors::{Failure, Result};
use crate::ipc::{ReadCode, ReadVisit, ShownCode, VisitRef};
use crate::session::{Session, blocking};
use crate::visits::{self, visit_id};

pub(crate) use guest::{take_as_guest, take_from_guest};

/// How long after its newest statement a code is shown and taken: an answer is given while both still remember. Later
/// the visit and the answer go by the network.
const VALID_MS: i64 = 24 * 3_600_000;

/// Why a code is not taken, or not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("not a code of a visit or of an answer")]
    OtherKind,
    #[error("changed, or not signed by whom it names")]
    Altered,
    #[error("of another operator")]
    OtherOperator,
    #[error("signed by a key that does not speak for that person here")]
    UnknownKey,
    #[error(
        "about a child whom this person does not represent, or by somebody who does not represent the child"
    )]
    OtherFamily,
    #[error("an answer to a visit that is not this person's")]
    OtherVisit,
    #[error("older than a day")]
    TooOld,
    #[error("read and answered before")]
    Read(VisitId),
    #[error("a newer version of the visit is known here")]
    Outdated(VisitId),
    #[error("the person's own visit")]
    Own,
    #[error("too much for one picture")]
    TooLarge,
}

/// Shows an own visit to its child's representative, or the own answer to its specialist.
///
/// # Errors
/// [`Failure::Code`] with `TooOld` and `TooLarge`, [`Failure::NotAllowed`], [`Failure::NotFound`] and those of the store.
pub(crate) async fn show(session: &Arc<Session>, request: VisitRef) -> Result<ShownCode> {
    let id = visit_id(&request.visit)?;
    session
        .read(move |session, reader| {
            let row = visits::find(reader, id)?;
            let signed = match row.specialist == session.person {
                true if row.cancelled.is_some() => return Err(Failure::NotAllowed),
                true => versions(reader, &row)?,
                false => vec![own_answer(session, reader, &row)?],
            };
            let (bytes, newest_s) = encode(session, reader, &signed)?;
            require_fresh(session, reader, newest_s)?;
            picture::draw(&bytes)
        })
        .await
}

/// The bytes of a code, and when the newest statement in it was signed.
fn encode(session: &Session, reader: &Reader<'_>, signed: &[Signed]) -> Result<(Vec<u8>, i64)> {
    let shown = with_bindings(reader, signed)?;
    let newest_s = shown.iter().skip(shown.len() - signed.len());
    let newest_s = newest_s.map(|shown| shown.statement.header().issued_at_s).max().unwrap_or_default();
    let bytes = code::encode(session.account.operator.key.id(), &shown)
        .map_err(|_| Failure::Code(Refusal::TooLarge))?;
    // A copy that the operator delivered may have a spoiled signature: whoever reads the code should not be the first to tell.
    heard::Heard::verify(&bytes, &session.account.operator.key)?;
    Ok((bytes, newest_s))
}

/// An own visit as a code would show it, for a guest of this device.
///
/// # Errors
/// As [`show`], but that it may be of any age: both are here.
pub(crate) fn bytes_of_visit(session: &Session, reader: &Reader<'_>, row: &VisitRow) -> Result<Vec<u8>> {
    Ok(encode(session, reader, &versions(reader, row)?)?.0)
}

/// Takes what another device shows, once all of it is checked, and gives the visit as it stands now.
///
/// # Errors
/// [`Failure::Code`] with the reason, [`Failure::AgreementRequired`] and those of the store; then nothing was kept.
pub(crate) async fn read(session: &Arc<Session>, request: ReadCode) -> Result<ReadVisit> {
    let bytes = picture::bytes_of(&request.text)?;
    let operator = &session.account.operator.key;
    let heard = heard::Heard::verify(&bytes, operator)?;
    let id = heard.visit;
    {
        let session = Arc::clone(session);
        blocking(move || {
            session.store.carry(|reader| {
                let viewer = Viewer::look(reader, &session)?;
                require_fresh(&session, reader, heard.newest_s)?;
                judge::judge(reader, &viewer, &heard)?;
                Ok::<Vec<Carried>, Failure>(heard.carried)
            })
        })
        .await?;
    }
    session.changed();
    let visit = visits::one(session, id).await?;
    let in_care_team = session.read(move |_, reader| is_in_care_team(reader, id)).await?;
    Ok(ReadVisit { visit, in_care_team })
}

/// Whether the visit's specialist accompanies the child, as far as this device was told. It warns and refuses nothing:
/// plans change, and the person who answers stands in front of the other.
fn is_in_care_team(reader: &Reader<'_>, id: VisitId) -> Result<bool> {
    let row = visits::find(reader, id)?;
    let team = reader.care_team(row.child)?;
    let holds = |from_ms: i64, to_ms: Option<i64>| {
        from_ms <= row.started_at_ms && to_ms.is_none_or(|to_ms| row.started_at_ms < to_ms)
    };
    Ok(team.iter().any(|place| place.person == row.specialist && holds(place.from_ms, place.to_ms)))
}

/// By the later of the own clock and of what the operator signed last: a clock that fell back makes nothing fresh.
fn require_fresh(session: &Session, reader: &Reader<'_>, newest_s: i64) -> Result<()> {
    let age_ms = access::now_ms(session, reader)?.saturating_sub(newest_s.saturating_mul(1_000));
    if (-VALID_MS..=VALID_MS).contains(&age_ms) { Ok(()) } else { Err(Failure::Code(Refusal::TooOld)) }
}

/// What the visit is: its registration, its end and its corrections, in the order of the fold.
fn versions(reader: &Reader<'_>, row: &VisitRow) -> Result<Vec<Signed>> {
    let mut signed = reader.signed_about(row.id)?;
    signed.retain(|signed| match signed.kind {
        Kind::VisitRegistered => signed.id == row.registered,
        Kind::VisitFinished | Kind::VisitCorrected => signed.author == Some(row.specialist),
        _ => false,
    });
    if signed.first().is_some_and(|first| first.id == row.registered) {
        return Ok(signed);
    }
    Err(Failure::NotFound)
}

fn own_answer(session: &Session, reader: &Reader<'_>, row: &VisitRow) -> Result<Signed> {
    let mine = |person: PersonId| person == session.person;
    let answer = row.answers.iter().find(|answer| mine(answer.representative)).ok_or(Failure::NotFound)?;
    let mut signed = reader.signed_about(row.id)?.into_iter();
    signed.find(|signed| signed.id == answer.statement).ok_or(Failure::NotFound)
}

/// The operator's bindings of the keys, then what they signed: a device that never heard of them can check all.
fn with_bindings(reader: &Reader<'_>, signed: &[Signed]) -> Result<Vec<Shown>> {
    let mut keys: Vec<_> = signed.iter().map(|signed| signed.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut all = Vec::with_capacity(keys.len() + signed.len());
    for key in keys {
        let (binding, _) = reader.binding(key)?.ok_or(Failure::NotFound)?;
        all.push(binding);
    }
    all.extend_from_slice(signed);
    let decode = |signed: Signed| {
        let damaged = Failure::Bug("a stored statement cannot be read");
        let statement = Statement::decode(&signed.bytes).map_err(|_| damaged)?;
        Ok(Shown { statement, content: signed.content })
    };
    all.into_iter().map(decode).collect()
}
