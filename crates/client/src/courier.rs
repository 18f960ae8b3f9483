//! The courier: what waits here, sealed so that only the operator can open it, as a file that somebody carries; and what
//! others gave this device to carry (docs/PROTOCOL.md, "The courier").
//!
//! Nothing here closes anything: an own statement waits until the operator's receipt for it verified.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};
use domain::Clock;
use domain::id::Digest;
use journal::codec;
use store::courier::{Due, ForeignParcel, SealedParcel, TakenIn};
use store::read::courier::{CarriedParcel, ParcelState};
use store::{Store, StoreError};
use sync::push::MAX_BATCH_BYTES;
use sync::{Outbox as _, Transport, TransportError};
use wire::courier::{
    CourierOutcome, CourierRefusal, CourierRequest, EXTENSION, Letter, MAX_PARCEL_BYTES, Outside, Parcel,
};
use wire::problem::ProblemCode;
use wire::push::MAX_ITEMS;

use crate::errors::{Failure, Result};
use crate::ipc::{
    CarriedParcelView, CourierView, ParcelFile, ParcelRef, ParcelRefusalCode, ParcelStateCode, SavedFile,
    SealedFiles, SealedParcelView,
};
use crate::session::{Session, blocking};

/// What was sealed here and what is carried here.
///
/// # Errors
/// Those of the store.
pub(crate) async fn list(session: &Arc<Session>) -> Result<CourierView> {
    let (sealed, carried) =
        session.read(|_, reader| Ok((reader.sealed_parcels()?, reader.carried_parcels()?))).await?;
    Ok(CourierView {
        sealed: sealed.iter().map(|(parcel, waiting)| sealed_view(parcel, *waiting)).collect(),
        carried: carried.iter().map(carried_view).collect(),
    })
}

/// Seals everything that waits and writes it into a folder: one file, or several when it is more than a push holds.
///
/// # Errors
/// [`Failure::NothingToSeal`], [`Failure::TrustEnded`], those of store and files; what was written stays.
pub(crate) async fn seal(session: &Arc<Session>, folder: PathBuf) -> Result<SealedFiles> {
    let sealing = Arc::clone(session);
    let files = blocking(move || seal_all(&sealing, &folder)).await?;
    session.changed();
    Ok(SealedFiles { files, courier: list(session).await? })
}

fn seal_all(session: &Session, folder: &Path) -> Result<Vec<SavedFile>> {
    let mut files = Vec::new();
    seal_waiting(&session.store, session.now_ms(), MAX_ITEMS, |sha256, bytes| {
        files.push(write(folder, sha256, bytes)?);
        Ok(())
    })?;
    Ok(files)
}

/// Gives everything that waits to `keep`, at most `max_items` in a parcel, and remembers what went out.
///
/// # Errors
/// As [`seal`], and those of `keep`.
pub(crate) fn seal_waiting(
    store: &Store,
    now_ms: i64,
    max_items: usize,
    mut keep: impl FnMut(Digest, &[u8]) -> Result<()>,
) -> Result<()> {
    let account = store.account()?.ok_or(StoreError::NoDevice)?;
    // What is stated while this runs, such as a position that was just read, is for the next time.
    let (courier_key, until) =
        store.read(|reader| Ok::<_, Failure>((reader.courier_key()?, reader.last_own_seq()?)))?;
    let operator = account.operator.key.id();
    let outside = Outside { operator, courier_key: &courier_key, sealed_at_s: now_ms.div_euclid(1_000) };
    let (mut parcels, mut from) = (Vec::new(), None);
    loop {
        let mut items = store.next_batch(from, max_items, MAX_BATCH_BYTES)?.items;
        items.retain(|item| until.is_some_and(|until| item.seq <= until));
        let (Some(first), Some(last)) = (items.first(), items.last()) else { break };
        let (first_seq, last_seq) = (first.seq, last.seq);
        from = Some(last_seq + 1);
        let unwritable = Failure::Bug("a letter that cannot be written");
        let letter = Letter::write(&outside, items, &account.key).map_err(|_| unwritable)?;
        // The key is in the operator's signed statement: one that is none is the operator's mistake.
        let sealed = recovery::courier::seal(&letter, &courier_key, &outside.associated_data())
            .map_err(|_| Failure::Bug("the operator's courier key is none"))?;
        let bytes = outside.parcel(sealed.encapsulated, sealed.sealed).to_bytes();
        if bytes.len() > MAX_PARCEL_BYTES {
            return Err(Failure::Bug("a parcel that is too large"));
        }
        let sha256 = codec::hash(&bytes);
        keep(sha256, &bytes)?;
        let length_bytes = bytes.len() as u64;
        parcels.push(SealedParcel { sha256, sealed_at_ms: now_ms, first_seq, last_seq, length_bytes });
    }
    if parcels.is_empty() {
        return Err(Failure::NothingToSeal);
    }
    Ok(store.note_sealed(&parcels)?)
}

fn write(folder: &Path, sha256: Digest, bytes: &[u8]) -> Result<SavedFile> {
    std::fs::create_dir_all(folder)?;
    let name = file_name(sha256);
    let path = folder.join(&name);
    crate::file::replace(&path, bytes)?;
    Ok(SavedFile { name, path: path.to_string_lossy().into_owned() })
}

/// The digest names a parcel, and so its file: it says neither who wrote it nor what is inside.
fn file_name(sha256: Digest) -> String {
    format!("esep-{}.{EXTENSION}", &sha256.to_string()[..12])
}

/// Takes a parcel in, to be delivered with the next sync.
///
/// # Errors
/// [`Failure::NotAParcel`], [`Failure::ParcelOfOtherOperator`], [`Failure::TooManyParcels`] and those of the store.
pub(crate) async fn take_in(session: &Arc<Session>, request: ParcelFile) -> Result<CourierView> {
    let taking = Arc::clone(session);
    blocking(move || {
        // A page may hand over a data URL as it is.
        let encoded = request.base64.rsplit_once(',').map_or(request.base64.as_str(), |(_, encoded)| encoded);
        if encoded.len() / 4 * 3 > MAX_PARCEL_BYTES + 3 {
            return Err(Failure::NotAParcel);
        }
        let bytes = BASE64.decode(encoded.trim().as_bytes()).map_err(|_| Failure::NotAParcel)?;
        let parcel = Parcel::read(&bytes).map_err(|_| Failure::NotAParcel)?;
        if parcel.operator != taking.account.operator.key.id() {
            return Err(Failure::ParcelOfOtherOperator);
        }
        let foreign = ForeignParcel { sealed_at_s: parcel.sealed_at_s, bytes };
        match taking.store.take_in(&foreign, taking.now_ms())? {
            TakenIn::Now | TakenIn::Already => Ok(()),
            TakenIn::Full => Err(Failure::TooManyParcels),
        }
    })
    .await?;
    session.changed();
    list(session).await
}

/// Gives up a parcel of somebody else that the operator could not take yet.
///
/// # Errors
/// [`Failure::NotFound`] and those of the store.
pub(crate) async fn give_up(session: &Arc<Session>, request: ParcelRef) -> Result<CourierView> {
    let dropping = Arc::clone(session);
    blocking(move || {
        let bytes = HEXLOWER.decode(request.id.as_bytes()).map_err(|_| Failure::NotFound)?;
        let sha256 = Digest::from_slice(&bytes).map_err(|_| Failure::NotFound)?;
        if dropping.store.drop_parcel(sha256)? { Ok(()) } else { Err(Failure::NotFound) }
    })
    .await?;
    session.changed();
    list(session).await
}

/// Delivers what is carried; when a person asks also what rests or was put aside. Its authors keep everything until they know, so a
/// failure here is only told to the log. Gives whether anything changed.
pub(crate) async fn deliver(session: &Arc<Session>, asked: bool) -> bool {
    deliver_from(&session.store, &session.transport, &*session.ports.clock, asked).await
}

/// The same without a session.
pub(crate) async fn deliver_from(
    store: &Arc<Store>,
    transport: &dyn Transport,
    clock: &dyn Clock,
    asked: bool,
) -> bool {
    let mut changed = false;
    let mut due = if asked { Due::All } else { Due::At(clock.utc_ms()) };
    loop {
        match round(store, transport, clock, due).await {
            Ok(done) => {
                changed |= done.any;
                // One that was early may follow on another that was taken after it.
                if !(done.taken && done.early) {
                    return changed;
                }
                due = Due::All;
            }
            Err(failure) => {
                tracing::warn!(%failure, "parcels of others were not all delivered");
                return changed;
            }
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Round {
    any: bool,
    taken: bool,
    early: bool,
}

async fn round(store: &Arc<Store>, transport: &dyn Transport, clock: &dyn Clock, due: Due) -> Result<Round> {
    let looking = Arc::clone(store);
    let waiting = blocking(move || Ok(looking.parcels_to_deliver(due)?)).await?;
    let mut done = Round::default();
    for sha256 in waiting {
        let reading = Arc::clone(store);
        let Some(parcel) = blocking(move || Ok(reading.parcel(sha256)?)).await? else { continue };
        let outcome = match transport.deliver(&CourierRequest { parcel }).await {
            Ok(response) => response.outcome,
            Err(TransportError::Problem { code: ProblemCode::TooLarge, .. }) => {
                CourierOutcome::Refused { reason: CourierRefusal::TooLarge }
            }
            Err(error) if error.can_retry() => return Err(error.into()),
            // Only this one: the others are delivered all the same, and it is tried again with the next sync.
            Err(error) => {
                tracing::warn!(%error, "a parcel was not delivered");
                continue;
            }
        };
        let (noting, now_ms) = (Arc::clone(store), clock.utc_ms());
        blocking(move || Ok(noting.note_delivered(sha256, outcome, now_ms)?)).await?;
        done.any = true;
        done.taken |= outcome == CourierOutcome::Taken;
        done.early |= outcome == CourierOutcome::Early;
    }
    Ok(done)
}

fn sealed_view(parcel: &SealedParcel, waiting: u64) -> SealedParcelView {
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    SealedParcelView {
        name: file_name(parcel.sha256),
        sealed_at_ms: parcel.sealed_at_ms,
        length_bytes: count(parcel.length_bytes),
        statement_count: count(parcel.last_seq - parcel.first_seq + 1),
        waiting_count: count(waiting),
    }
}

fn carried_view(parcel: &CarriedParcel) -> CarriedParcelView {
    let (state, refusal) = match parcel.state {
        ParcelState::Waiting => (ParcelStateCode::Waiting, None),
        ParcelState::Early => (ParcelStateCode::Early, None),
        ParcelState::Aside => (ParcelStateCode::Aside, None),
        ParcelState::Taken => (ParcelStateCode::Taken, None),
        ParcelState::Refused(reason) => (ParcelStateCode::Refused, Some(refusal_code(reason))),
    };
    CarriedParcelView {
        id: parcel.sha256.to_string(),
        name: file_name(parcel.sha256),
        sealed_at_ms: parcel.sealed_at_s.saturating_mul(1_000),
        taken_in_at_ms: parcel.taken_in_at_ms,
        length_bytes: u32::try_from(parcel.length_bytes).unwrap_or(u32::MAX),
        state,
        refusal,
        answered_at_ms: parcel.answered_at_ms,
    }
}

const fn refusal_code(reason: CourierRefusal) -> ParcelRefusalCode {
    match reason {
        CourierRefusal::NotAParcel => ParcelRefusalCode::NotAParcel,
        CourierRefusal::TooLarge => ParcelRefusalCode::TooLarge,
        CourierRefusal::OtherOperator => ParcelRefusalCode::OtherOperator,
        CourierRefusal::UnknownKey => ParcelRefusalCode::UnknownKey,
        CourierRefusal::TooOld => ParcelRefusalCode::TooOld,
        CourierRefusal::Altered => ParcelRefusalCode::Altered,
        CourierRefusal::UnknownAuthor => ParcelRefusalCode::UnknownAuthor,
        CourierRefusal::BadSignature => ParcelRefusalCode::BadSignature,
    }
}
