//! Agreements at first login and afterwards: what is due, the evidence of reading, acceptance, declining.
//!
//! The screen says what happened (opened, end on screen, ticked); this module takes the time and keeps it in the
//! encrypted store, so that a restart in between loses nothing and the page can claim no time of its own.
//!
//! | Module | Holds |
//! |---|---|
//! | `due` | which versions are to be read |
//! | `progress` | the evidence of reading so far |
//! | `texts` | the exact bytes, checked against their published digest |

pub(crate) mod due;
pub(crate) mod progress;
pub(crate) mod texts;

use std::sync::Arc;

use domain::agreement::{self, AgreementKind, AgreementText};
use domain::content::{AgreementAccepted, ConfirmationAnswer, EvidenceLevel, Locale};
use journal::Draft;
use store::Reader;
use store::read::agreement::AgreementRow;

use crate::access;
use crate::errors::{Failure, Result};
use crate::ipc::{AgreementDue, AgreementRef, Tick};
use crate::session::{Session, blocking};
use crate::sync_loop;
use crate::view::agreement as view;
use progress::Progress;

/// Texts to read and accept, and announced ones, in the wanted language.
///
/// # Errors
/// [`Failure::Offline`] when a text is not here yet and cannot be fetched, [`Failure::AgreementAltered`].
pub(crate) async fn due(session: &Arc<Session>, locale: Locale) -> Result<Vec<AgreementDue>> {
    if !session.read(|_, reader| sync_loop::has_synced(reader)).await? {
        // Right after enrolling without network nothing is known yet, not even what is to be read.
        sync_loop::run_once(session).await;
        if !session.read(|_, reader| sync_loop::has_synced(reader)).await? {
            return Err(Failure::Offline);
        }
    }
    let wanted = session.read(due::list).await?;
    let mut dues = Vec::new();
    for (version, announced) in wanted {
        let locale_missing = !version.texts.iter().any(|text| text.locale == locale);
        let shown = if locale_missing { Locale::Kk } else { locale };
        let text = structured(session, &version, shown).await?;
        let progress = read_progress(session, version.document, version.version).await?;
        let document = version.document;
        let withdrawn_at_ms = session
            .read(move |session, reader| access::withdrawn_at_ms(reader, session.person, document))
            .await?;
        let shown = view::Shown { locale: shown, locale_missing, announced, withdrawn_at_ms };
        dues.push(view::due(&version, &shown, &text, &progress));
    }
    Ok(dues)
}

/// The text of a version in a language, from its exact bytes.
async fn structured(session: &Arc<Session>, version: &AgreementRow, locale: Locale) -> Result<AgreementText> {
    let published = version.texts.iter().find(|text| text.locale == locale).ok_or(Failure::NotFound)?;
    let bytes = texts::bytes(session, published.sha256).await?;
    // The operator refuses to publish what cannot be structured, so these are not the bytes that were published.
    agreement::parse(version.document, &bytes).map_err(|_| Failure::AgreementAltered)
}

async fn read_progress(session: &Arc<Session>, document: AgreementKind, version: u32) -> Result<Progress> {
    session.read(move |session, reader| Progress::read(reader, session.person, document, version)).await
}

/// A text is on screen.
///
/// # Errors
/// [`Failure::NotFound`] for what was never published, and those of the store.
pub(crate) async fn opened(session: &Arc<Session>, request: AgreementRef) -> Result<()> {
    note(session, request, |progress, locale, now_ms| progress.opened(locale, now_ms)).await
}

/// Its end was on screen.
///
/// # Errors
/// As [`opened`].
pub(crate) async fn end_reached(session: &Arc<Session>, request: AgreementRef) -> Result<()> {
    note(session, request, |progress, locale, now_ms| progress.end_reached(locale, now_ms)).await
}

async fn note(
    session: &Arc<Session>,
    request: AgreementRef,
    change: impl Fn(&mut Progress, Locale, i64) + Send + 'static,
) -> Result<()> {
    let (document, version, locale) = reference(&request)?;
    update(session, document, version, move |progress, now_ms| change(progress, locale, now_ms)).await
}

/// One confirmation was ticked or unticked.
///
/// # Errors
/// As [`opened`].
pub(crate) async fn ticked(session: &Arc<Session>, request: Tick) -> Result<()> {
    let document = AgreementKind::parse(&request.document).ok_or(Failure::BadInput("document"))?;
    let Tick { version, number, accepted, .. } = request;
    update(session, document, version, move |progress, now_ms| progress.ticked(number, accepted, now_ms))
        .await
}

async fn update(
    session: &Arc<Session>,
    document: AgreementKind,
    version: u32,
    change: impl Fn(&mut Progress, i64) + Send + 'static,
) -> Result<()> {
    // Not through the session's append: reading evidence changes nothing on screen and has nothing to send.
    let session = Arc::clone(session);
    blocking(move || {
        let (clock, rng) = (&*session.ports.clock, &*session.ports.rng);
        session.store.append(None, clock, rng, |appending| {
            let (mut progress, name) = {
                let reader = appending.reader();
                find(&reader, document, version)?;
                let after = reader.ended_by(session.person, document)?;
                let progress = Progress::read(&reader, session.person, document, version)?;
                (progress, Progress::name(document, version, after))
            };
            change(&mut progress, session.now_ms());
            appending.set(&name, Some(&progress.to_bytes()?))?;
            Ok::<(), Failure>(())
        })
    })
    .await?;
    Ok(())
}

fn find(reader: &Reader<'_>, document: AgreementKind, version: u32) -> Result<AgreementRow> {
    let versions = reader.agreements(document)?;
    versions.into_iter().find(|row| row.version == version).ok_or(Failure::NotFound)
}

fn reference(request: &AgreementRef) -> Result<(AgreementKind, u32, Locale)> {
    let document = AgreementKind::parse(&request.document).ok_or(Failure::BadInput("document"))?;
    Ok((document, request.version, Locale::from(request.locale)))
}

/// «Кіру»: seals the acceptance with its evidence. Pressed twice it is one acceptance; after a withdrawal it is another.
///
/// # Errors
/// [`Failure::AgreementIncomplete`] when the end was not on screen or a required confirmation is not ticked,
/// [`Failure::AgreementAltered`], [`Failure::NotFound`] and those of the store.
pub(crate) async fn accept(session: &Arc<Session>, request: AgreementRef) -> Result<()> {
    let (document, version, locale) = reference(&request)?;
    let row = session.read(move |_, reader| find(reader, document, version)).await?;
    let published = row.texts.iter().find(|text| text.locale == locale).ok_or(Failure::NotFound)?;
    let sha256 = published.sha256;
    let text = structured(session, &row, locale).await?;
    let after = session.read(move |session, reader| Ok(reader.ended_by(session.person, document)?)).await?;
    let after = after.map(|ended| format!("/{ended}")).unwrap_or_default();
    let name = format!("accept/{}/{version}{after}", document.as_str());
    session
        .append(Some(name), move |session, appending| {
            let progress = Progress::read(&appending.reader(), session.person, document, version)?;
            let accepted_at_ms = session.now_ms();
            let (opened_at_ms, end_reached_at_ms) =
                progress.evidence(locale).ok_or(Failure::AgreementIncomplete)?;
            let confirmations = answers(&text, &row, &progress, opened_at_ms)?;
            let accepted = AgreementAccepted {
                document,
                version,
                locale,
                sha256,
                confirmations,
                opened_at_ms,
                end_reached_at_ms,
                accepted_at_ms,
                evidence_level: EvidenceLevel::L0,
                app_version: session.ports.facts.app_version.to_owned(),
            };
            appending.seal(&Draft::new(session.person, accepted))?;
            Ok(())
        })
        .await?;
    Ok(())
}

/// Each box of the text with its time; a box that was never touched stands as it was when the text was opened.
fn answers(
    text: &AgreementText,
    row: &AgreementRow,
    progress: &Progress,
    opened_at_ms: i64,
) -> Result<Vec<ConfirmationAnswer>> {
    let mut answers = Vec::new();
    for confirmation in &text.confirmations {
        let number = confirmation.number;
        let (accepted, at_ms) = progress.tick(number).unwrap_or((false, opened_at_ms));
        if !accepted && !row.optional_confirmations.contains(&number) {
            return Err(Failure::AgreementIncomplete);
        }
        answers.push(ConfirmationAnswer { number, accepted, at_ms });
    }
    Ok(answers)
}

/// Whether leaving may remove the account: only while nothing was ever accepted, because afterwards the device may
/// hold what was not sent. Who accepted and withdrew keeps it.
///
/// # Errors
/// Those of the store.
pub(crate) fn may_forget(session: &Session, reader: &Reader<'_>) -> Result<bool> {
    Ok(reader.acceptances(session.person)?.is_empty())
}
