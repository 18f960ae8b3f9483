//! Opening an account and where the app stands.

use std::sync::Arc;
use std::time::Duration;

use crate::access;
use crate::agreement::due;
use crate::errors::Result;
use crate::ipc::{RoleCode, Stage};
use crate::options::Options;
use crate::pin::Pin;
use crate::ports::Ports;
use crate::reseal::Lock;
use crate::session::{Session, blocking};
use crate::sync_loop;
use crate::vault::{AccountId, Vault};
use crate::view::card;

/// How long enrolling waits for the agreements to come along.
const FIRST_SYNC: Duration = Duration::from_secs(20);

/// Opens an account with its PIN.
///
/// # Errors
/// Those of the PIN and the key store ([`Vault::open`]); [`Failure::DatabaseDamaged`] when the file is not what the
/// right key opens: it stays as it is until the person sets the account aside; [`Failure::DatabaseTooNew`].
pub(crate) async fn unlock(
    vault: &Arc<Vault>,
    ports: &Ports,
    options: &Options,
    id: AccountId,
    pin: Pin,
) -> Result<Arc<Session>> {
    let (vault, ports, options) = (Arc::clone(vault), ports.clone(), options.clone());
    blocking(move || {
        let lock = Lock::open(vault, id, &pin)?;
        let store = lock.store()?;
        Session::new(lock, store, ports, options)
    })
    .await
}

/// Fetches what the first screens need, as far as the network lets it.
pub(crate) async fn first_sync(session: &Arc<Session>) {
    if tokio::time::timeout(FIRST_SYNC, sync_loop::run_once(session)).await.is_err() {
        tracing::info!("the first sync takes longer and goes on by itself");
    }
}

/// What the app's state says about an open account.
pub(crate) struct Standing {
    /// Agreement or home.
    pub(crate) stage: Stage,
    /// As what; at home only those whose agreement was accepted.
    pub(crate) roles: Vec<RoleCode>,
    /// "Айгерім Б."
    pub(crate) display_name: Option<String>,
}

/// Where an open account stands.
///
/// # Errors
/// Those of the store.
pub(crate) async fn standing(session: &Arc<Session>) -> Result<Standing> {
    session
        .read(|session, reader| {
            let roles = access::roles(reader, session.person, access::now_ms(session, reader)?)?;
            let (stage, roles) = if due::stands_before_agreement(session, reader)? {
                (Stage::Agreement, roles)
            } else {
                (Stage::Home, access::entered(reader, session.person, &roles)?)
            };
            let name = reader.person(session.person)?.and_then(|person| person.name);
            Ok(Standing {
                stage,
                roles: roles.into_iter().map(RoleCode::from).collect(),
                display_name: name.as_ref().map(card::display_name),
            })
        })
        .await
}
