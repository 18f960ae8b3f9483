//! Binding a device: who answers at the address, then the person's tap, then the activation code is used.
//!
//! Nothing is sent before the person has seen the operator (a link never enrols without a tap), and no account is
//! left behind when it fails. When the answer is lost, the same request by the same key is sent again.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Rng;
use domain::content::DeviceEnrolled;
use domain::id::DeviceId;
use domain::sensitive::Sensitive;
use journal::{Sealed, SigningKey};
use parking_lot::Mutex;
use store::{NewDevice, OpenError, Store, StoreError};
use sync::http::{Address, Client};
use sync::{Operator, TransportError};
use wire::activation::{ActivationCode, ActivationLink, fingerprint_words};
use wire::enrol::{EnrolRequest, EnrolResponse};

use crate::account;
use crate::errors::{Failure, Result};
use crate::input;
use crate::ipc::{Enrol, InspectOperator, OperatorPreview};
use crate::options::Options;
use crate::pin::Pin;
use crate::ports::Ports;
use crate::reseal::Lock;
use crate::session::{Session, blocking};
use crate::vault::pending::{Pending, attempt_name};
use crate::vault::{AccountId, Guest, Vault};

/// Operators that were looked at and not enrolled with.
const MAX_PREVIEWS: usize = 16;

/// An operator that a person looks at.
#[derive(Debug, Clone)]
pub(crate) struct Preview {
    address: Address,
    code: ActivationCode,
    operator: Operator,
}

/// Operators that were looked at, by the id that the screen holds.
pub(crate) type Previews = Mutex<BTreeMap<String, Preview>>;

/// Asks who answers at an address; nothing of the code is sent.
///
/// # Errors
/// [`Failure::BadCode`], [`Failure::BadAddress`], [`Failure::InsecureAddress`], [`Failure::Offline`],
/// [`Failure::NotAnOperator`], [`Failure::WrongFingerprint`].
pub(crate) async fn inspect(
    previews: &Previews,
    options: &Options,
    rng: &dyn Rng,
    request: InspectOperator,
) -> Result<OperatorPreview> {
    let (address, code, fingerprint) = target(request)?;
    let client = Client::new(address.clone(), &options.extra_roots_pem)?;
    let operator = client.fetch_operator().await?.operator;
    if fingerprint.is_some_and(|expected| expected != operator.fingerprint()) {
        return Err(Failure::WrongFingerprint);
    }
    let preview_id = data_encoding::HEXLOWER.encode(&rng.array::<16>());
    let shown = OperatorPreview {
        preview_id: preview_id.clone(),
        address: address.to_string(),
        name_kk: operator.facts.name_kk.clone(),
        name_ru: operator.facts.name_ru.clone(),
        bin: operator.facts.bin.clone(),
        fingerprint_words: fingerprint_words(&operator.fingerprint()),
        confirmed_by_link: fingerprint.is_some(),
        code: code.reveal(),
    };
    let mut previews = previews.lock();
    while previews.len() >= MAX_PREVIEWS {
        previews.pop_first();
    }
    previews.insert(preview_id, Preview { address, code, operator });
    Ok(shown)
}

/// Where to ask, with which code, and which key must answer if that is known.
fn target(request: InspectOperator) -> Result<(Address, ActivationCode, Option<domain::id::KeyId>)> {
    let given =
        |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(link) = given(request.link) {
        let link: ActivationLink = link.parse().map_err(|_| Failure::BadCode)?;
        return Ok((link.address.parse()?, link.code, Some(link.fingerprint)));
    }
    let code = given(request.code).ok_or(Failure::BadCode)?.parse().map_err(|_| Failure::BadCode)?;
    let address = given(request.address).ok_or(Failure::BadAddress)?.parse()?;
    Ok((address, code, None))
}

/// Uses the code: makes the device's key inside a new encrypted store, lets the operator bind it, and only then is
/// there an account.
///
/// # Errors
/// [`Failure::WeakPin`], those of the code, [`Failure::Offline`] when it may be tried again as it is, and those of
/// files and key store.
pub(crate) async fn enrol(
    vault: &Arc<Vault>,
    previews: &Previews,
    ports: &Ports,
    options: &Options,
    request: Enrol,
) -> Result<Arc<Session>> {
    let preview = previews.lock().get(&request.preview_id).cloned().ok_or(Failure::BadInput("preview_id"))?;
    let pin = Pin::chosen(request.pin, &ports.facts)?;
    let label = input::label(&request.label)?;
    let attempt = attempt_name(&preview.operator.fingerprint(), &preview.code.reveal());
    let (beginning, on, with) = (Arc::clone(vault), preview.clone(), ports.clone());
    let (pending, store, enrolled) = blocking(move || begin(&beginning, &attempt, &on, &with)).await?;
    let question = EnrolRequest {
        lookup: preview.code.lookup().to_owned(),
        secret: preview.code.secret().expose().clone(),
        statement: enrolled.bytes,
        content: enrolled.content,
    };
    let client = Client::new(preview.address.clone(), &options.extra_roots_pem)?;
    let answer = match client.enrol(&question).await {
        Ok(answer) => answer,
        Err(error) => {
            drop(store);
            return Err(give_up(vault, pending.id, error).await);
        }
    };
    let (completing, recovery_key) = (Arc::clone(vault), preview.operator.facts.recovery_key.clone());
    let (id, key) = (pending.id.clone(), pending.key.clone());
    let store =
        blocking(move || complete(&completing, pending, store, &answer, &pin, &label, &recovery_key)).await?;
    previews.lock().remove(&request.preview_id);
    let lock = Lock { vault: Arc::clone(vault), id, key };
    let session = Session::new(lock, store, ports.clone(), options.clone())?;
    account::first_sync(&session).await;
    Ok(session)
}

/// A store with the device's key and its first statement: a new one, or the one of an attempt whose answer was lost.
fn begin(vault: &Vault, attempt: &str, preview: &Preview, ports: &Ports) -> Result<(Pending, Store, Sealed)> {
    let pending = vault.begin(attempt)?;
    let key = Sensitive::new(*pending.key.expose());
    let store = match Store::create(&pending.database, &key) {
        Err(OpenError::Exists) => match Store::open(&pending.database, &key) {
            // The app ended while the file was being made. It never held more than a key that speaks for nobody.
            Err(OpenError::NotADatabase | OpenError::Damaged) => {
                store::move_aside(&pending.database, &ports.clock.utc_ms().to_string())?;
                Store::create(&pending.database, &key)?
            }
            opened => opened?,
        },
        created => created?,
    };
    let rng = &*ports.rng;
    let device = NewDevice {
        device: DeviceId::random(rng),
        key: SigningKey::generate(rng),
        operator: preview.operator.clone(),
        address: preview.address.to_string(),
    };
    let enrolled = DeviceEnrolled {
        key: device.key.verifying_key().to_cose_key(),
        activation: preview.code.lookup().to_owned(),
        platform: ports.facts.platform.to_owned(),
        app_version: ports.facts.app_version.to_owned(),
    };
    let sealed = store.begin_device(&device, &enrolled, &*ports.clock, rng)?;
    Ok((pending, store, sealed))
}

fn complete(
    vault: &Vault,
    pending: Pending,
    store: Store,
    answer: &EnrolResponse,
    pin: &Pin,
    label: &str,
    recovery_key: &[u8],
) -> Result<Store> {
    let person = match store.bind(answer) {
        Ok(person) => person,
        // Whoever answered does not hold the key that the person compared.
        Err(StoreError::Unproven) => {
            drop(store);
            vault.discard(&pending.id)?;
            return Err(Failure::NotAnOperator);
        }
        Err(error) => return Err(error.into()),
    };
    let host = store.account()?.and_then(|account| account.host);
    let guest = host.map(|host| Guest { person, host });
    vault.complete(&pending, pin, label, recovery_key, guest)?;
    Ok(store)
}

/// What is left of a failed attempt: nothing when the operator said no; the request itself when it may have been
/// heard, so that the next try gets the same answer.
async fn give_up(vault: &Arc<Vault>, id: AccountId, error: TransportError) -> Failure {
    // "Too many" is said before the request is looked at: an earlier try of the same one may have been heard.
    let may_have_been_heard = matches!(
        Failure::from(error),
        Failure::Offline | Failure::NotAnOperator | Failure::TooManyTries { .. }
    );
    if !may_have_been_heard {
        let discarding = Arc::clone(vault);
        if let Err(failure) = blocking(move || discarding.discard(&id)).await {
            // The next start sweeps it away.
            tracing::warn!(%failure, "a failed enrolment was not removed");
        }
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use wire::problem::ProblemCode;

    use super::*;

    fn typed(address: &str, code: &str) -> InspectOperator {
        InspectOperator { link: None, address: Some(address.into()), code: Some(code.into()) }
    }

    const CODE: &str = "ABCD-EFGH-JKMN-PQRS";

    #[test]
    fn a_link_names_the_key_and_typing_does_not() {
        let fingerprint = domain::id::KeyId::from_bytes([7; 32]);
        let link =
            ActivationLink { address: "http://127.0.0.1:9".into(), code: CODE.parse().unwrap(), fingerprint };
        let request = InspectOperator { link: Some(format!(" {link}\n")), address: None, code: None };
        let (address, code, expected) = target(request).unwrap();
        assert_eq!(
            (address.to_string().as_str(), code.reveal().as_str(), expected),
            ("http://127.0.0.1:9", CODE, Some(fingerprint))
        );
        assert_eq!(target(typed("esep.example.kz", CODE)).unwrap().2, None);
    }

    #[test]
    fn each_mistake_of_typing_has_its_own_message() {
        assert!(matches!(target(typed("esep.example.kz", "ABCD")), Err(Failure::BadCode)));
        assert!(matches!(target(typed("esep.example.kz", " ")), Err(Failure::BadCode)));
        assert!(matches!(target(typed("", CODE)), Err(Failure::BadAddress)));
        assert!(matches!(target(typed("http://esep.example.kz", CODE)), Err(Failure::InsecureAddress)));
        let link =
            InspectOperator { link: Some("https://esep.example.kz".into()), address: None, code: None };
        assert!(matches!(target(link), Err(Failure::BadCode)));
    }

    #[tokio::test]
    async fn an_operator_that_asks_to_wait_does_not_cost_the_key_of_a_request_that_it_may_have_heard() {
        let profile = tempfile::tempdir().unwrap();
        let clock = Arc::new(crate::testing::ManualClock::at(1_795_000_000_000));
        let rng = Arc::new(crate::testing::SeededRng::new(7));
        let secrets = Arc::new(crate::testing::MemorySecrets::default());
        let vault = Arc::new(Vault::new(profile.path(), secrets, clock, rng));
        let first = vault.begin("a").unwrap();
        let wait = TransportError::Problem { code: ProblemCode::TooManyRequests, retry_after_s: Some(9) };
        let said = give_up(&vault, first.id.clone(), wait).await;
        assert!(matches!(said, Failure::TooManyTries { wait_s: 9 }));
        assert_eq!(vault.begin("a").unwrap().id, first.id, "the same request can be sent again");
        let used = TransportError::Problem { code: ProblemCode::UsedCode, retry_after_s: None };
        assert!(matches!(give_up(&vault, first.id.clone(), used).await, Failure::UsedCode));
        assert_ne!(vault.begin("a").unwrap().id, first.id, "a no is a no");
    }
}
