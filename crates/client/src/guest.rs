//! A guest: a representative without a phone who answers on the specialist's device, with an account and a PIN of the
//! own (docs/PROTOCOL.md, "A guest").
//!
//! The specialist hands the device over for one visit: from then on every other command is closed, until it is taken
//! back, and that ends the specialist's session as well. The guest's account is open for the one answer only. What the
//! guest reads and signs passes between the two stores as it passes between two phones: verified, and by its signature.
//!
//! # Invariants
//! * The specialist's session never holds the guest's key, nor the other way round.
//! * An account is a guest's exactly when the operator's binding of its key names the host.

use std::sync::Arc;

use domain::id::{PersonId, VisitId};
use store::Reader;
use store::read::signed::Signed;

use crate::confirm_visit::Given;
use crate::errors::{Failure, Result};
use crate::ipc::{DisputeCode, GuestAnswer, GuestView, HandOver, VisitRef};
use crate::options::Options;
use crate::ports::Ports;
use crate::reseal::{self, Lock};
use crate::session::{Session, blocking};
use crate::vault::{AccountId, Listed, Vault};
use crate::view::card::{self, Cards};
use crate::visits::{self, visit_id};
use crate::{confirm_visit, input, visit_code};

/// A device in other hands.
#[derive(Clone)]
pub(crate) struct HandedOver {
    /// Whose device it is; open underneath, so that the answer finds its way, and shown to nobody.
    pub(crate) host: Arc<Session>,
    /// What is asked about.
    pub(crate) visit: VisitId,
}

/// The guests of this device who may answer to a visit.
///
/// # Errors
/// [`Failure::NotFound`], [`Failure::NotAllowed`] for a visit that is not the person's own, and those of vault and store.
pub(crate) async fn list(
    vault: &Arc<Vault>,
    host: &Arc<Session>,
    request: VisitRef,
) -> Result<Vec<GuestView>> {
    Ok(show(vault, host, visit_id(&request.visit)?).await?.guests)
}

/// Hands the device over for a visit.
///
/// # Errors
/// As [`list`].
pub(crate) async fn hand_over(
    vault: &Arc<Vault>,
    host: Arc<Session>,
    request: VisitRef,
) -> Result<(HandedOver, HandOver)> {
    let visit = visit_id(&request.visit)?;
    let shown = show(vault, &host, visit).await?;
    Ok((HandedOver { host, visit }, shown))
}

/// What the guest sees: this visit and nothing else.
///
/// # Errors
/// As [`list`].
pub(crate) async fn show(vault: &Arc<Vault>, host: &Arc<Session>, visit: VisitId) -> Result<HandOver> {
    let vault = Arc::clone(vault);
    host.read(move |host, reader| {
        let row = visits::find(reader, visit)?;
        if row.specialist != host.person || row.cancelled.is_some() {
            return Err(Failure::NotAllowed);
        }
        let mut cards = Cards::new(reader, host.now_ms());
        let mut guests = Vec::new();
        for account in vault.list()? {
            let Some(person) = guest_of(&account, host.person) else { continue };
            if !reader.representations(row.child)?.iter().any(|known| known.representative == person) {
                continue;
            }
            let given = row.answers.iter().find(|answer| answer.representative == person && answer.current);
            guests.push(GuestView {
                account: account.id.as_str().to_owned(),
                name: cards.card(person, None)?.name,
                wait_s: account.wait_s,
                locked_for_good: account.is_locked,
                confirmed: given.map(|given| given.answer == domain::visit::Answer::Confirmed),
            });
        }
        Ok(HandOver {
            visit: row.id.to_string(),
            basis: row.basis.to_string(),
            child: card::short_name(row.child_name.as_ref()),
            specialist: cards.card(row.specialist, Some(row.organisation))?,
            place_label: row.place_label.clone(),
            service: row.service.clone(),
            outcome: row.outcome.into(),
            started_at_ms: row.started_at_ms,
            finished_at_ms: row.finished_at_ms,
            offset_min: row.offset_min,
            guests,
        })
    })
    .await
}

fn guest_of(account: &Listed, host: PersonId) -> Option<PersonId> {
    account.guest.filter(|guest| guest.host == host).map(|guest| guest.person)
}

/// The guest's answer, under the guest's PIN. Once it is signed it is kept in both accounts.
///
/// # Errors
/// [`Failure::Stale`] when the visit is another one than on screen, those of the PIN ([`Vault::open`]), of the reading
/// of a code and of an answer; [`Failure::NotAllowed`] for an account that is not a guest's of this host.
pub(crate) async fn answer(
    vault: &Arc<Vault>,
    ports: &Ports,
    options: &Options,
    handed: &HandedOver,
    request: GuestAnswer,
) -> Result<()> {
    let HandedOver { host, visit } = handed;
    let visit = *visit;
    let text = input::text_if(request.dispute == Some(DisputeCode::Other), request.text, "text")?;
    let given = Given { basis: request.basis, dispute: request.dispute.map(Into::into), text };
    let shown = {
        let basis = given.basis.clone();
        host.read(move |host, reader| {
            let row = visits::find(reader, visit)?;
            if row.basis.to_string() != basis {
                return Err(Failure::Stale);
            }
            visit_code::bytes_of_visit(host, reader, &row)
        })
        .await?
    };
    let guest = open(vault, ports, options, host, &request.account, request.pin).await?;
    let said = say(&guest, host, visit, shown, given).await;
    // Closing a database writes; that belongs off the async threads.
    blocking(move || {
        drop(guest);
        Ok(())
    })
    .await?;
    said
}

async fn open(
    vault: &Arc<Vault>,
    ports: &Ports,
    options: &Options,
    host: &Arc<Session>,
    account: &str,
    pin: String,
) -> Result<Arc<Session>> {
    let id = AccountId::parse(account).ok_or(Failure::NotFound)?;
    let (vault, ports, options, host) = (Arc::clone(vault), ports.clone(), options.clone(), Arc::clone(host));
    blocking(move || {
        let listed = vault.list()?.into_iter().find(|listed| listed.id == id).ok_or(Failure::NotFound)?;
        guest_of(&listed, host.person).ok_or(Failure::NotAllowed)?;
        let lock = Lock::open(vault, id, &crate::pin::Pin::typed(pin))?;
        let store = lock.store()?;
        let guest = Session::new(lock, store, ports, options)?;
        // The list is only a help for the screen: what counts is what the operator signed.
        let is_guest = guest.account.host == Some(host.person)
            && guest.account.operator.key.id() == host.account.operator.key.id();
        if !is_guest {
            return Err(Failure::NotAllowed);
        }
        if let Err(failure) = reseal::as_host_knows(&guest, &host) {
            tracing::warn!(%failure, "a guest's account stays sealed to an older recovery key");
        }
        Ok(guest)
    })
    .await
}

async fn say(
    guest: &Arc<Session>,
    host: &Arc<Session>,
    visit: VisitId,
    shown: Vec<u8>,
    given: Given,
) -> Result<()> {
    let binding = guest.read(binding).await?;
    // Before anything is signed: a key that was revoked says nothing that counts.
    visit_code::take_from_guest(host, guest.person, binding.clone(), Vec::new()).await?;
    visit_code::take_as_guest(guest, shown).await?;
    confirm_visit::answer_as_guest(guest, visit, given).await?;
    // All that waits, not the last alone: the app may have been killed between the two stores before.
    let unsent = guest.read(|_, reader| Ok(reader.unsent()?)).await?;
    visit_code::take_from_guest(host, guest.person, binding, unsent).await
}

fn binding(guest: &Session, reader: &Reader<'_>) -> Result<Signed> {
    let (binding, _) = reader.binding(guest.account.key.id())?.ok_or(Failure::NotFound)?;
    Ok(binding)
}
