//! The first statements of a new operator: its key, and the default edition of the agreements.

use domain::agreement::AgreementKind;
use domain::bin::Bin;
use domain::content::{Locale, OperatorKey};
use domain::id::RecordId;
use domain::{Clock, Rng};
use operator_core::publish::{Publication, PublishError, publish};
use operator_core::store::{Store as _, StoreError};
use operator_store::SqliteStore;
use std::sync::Arc;

use crate::clock::{SystemClock, SystemRng};
use crate::courier::CourierKeys;
use crate::folder::FolderError;
use crate::instance::OpenError;
use crate::{Folder, Instance};

/// Who the operator is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name in Kazakh.
    pub name_kk: String,
    /// Name in Russian.
    pub name_ru: String,
    /// Business identification number.
    pub bin: String,
}

/// Why an operator could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Opening what was made.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The default edition of an agreement.
    #[error("the default edition of the agreements: {0}")]
    Publish(#[from] PublishError),
    /// The number of the operator.
    #[error("the BIN of the operator: {0}")]
    Bin(#[from] domain::bin::BinError),
    /// The operator was set up before.
    #[error("an operator is set up in this folder already; nothing was changed")]
    Already,
}

macro_rules! edition {
    ($kind:ident, $name:literal) => {
        (
            AgreementKind::$kind,
            [
                (Locale::Kk, include_bytes!(concat!("../agreements/", $name, ".kk.txt")) as &[u8]),
                (Locale::Ru, include_bytes!(concat!("../agreements/", $name, ".ru.txt"))),
                (Locale::En, include_bytes!(concat!("../agreements/", $name, ".en.txt"))),
            ],
        )
    };
}

/// One agreement with its text in each language.
pub type Edition = (AgreementKind, [(Locale, &'static [u8]); 3]);

/// The default edition of the agreements, written for this product.
pub const DEFAULT_EDITION: [Edition; 3] = [
    edition!(Subject, "subject"),
    edition!(Specialist, "specialist"),
    edition!(CertifyingCentre, "certifying-centre"),
];

fn is_log_empty(folder: &Folder) -> Result<bool, StoreError> {
    let store = SqliteStore::open(&folder.database())?;
    Ok(store.read()?.log_size()? == 0)
}

/// Sets up a folder. What was begun and interrupted goes on.
///
/// # Errors
/// [`SetupError`]; [`SetupError::Already`] when it was finished before.
pub fn init(folder: Folder, identity: &Identity) -> Result<Instance, SetupError> {
    init_with(folder, identity, Arc::new(SystemClock::begin()), Arc::new(SystemRng))
}

/// As [`init`], with another clock and chance.
///
/// # Errors
/// As [`init`].
pub fn init_with(
    folder: Folder,
    identity: &Identity,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> Result<Instance, SetupError> {
    let bin = Bin::parse(&identity.bin)?;
    folder.create()?;
    // The database comes first: a key without one has lost its log, and gets no other.
    folder.ensure_database()?;
    if !is_log_empty(&folder)? {
        Instance::open_with(folder, clock, rng)?;
        return Err(SetupError::Already);
    }
    folder.ensure_signing_key(rng.as_ref())?;
    let recovery_key = folder.ensure_recovery_shares(rng.as_ref())?;
    let courier_key = CourierKeys::of(&folder).ensure(rng.as_ref())?;
    folder.ensure_config()?;
    let instance = Instance::begin(folder, clock, rng)?;
    instance.transact(|txn, operator| {
        if txn.log_size()? > 0 {
            return Err(SetupError::Already);
        }
        let now_ms = operator.clock.utc_ms();
        let key = OperatorKey {
            key: operator.key.verifying_key().to_cose_key(),
            recovery_key,
            courier_key,
            name_kk: identity.name_kk.clone(),
            name_ru: identity.name_ru.clone(),
            bin: bin.as_digits().to_owned(),
            valid_from_ms: now_ms,
            recovery_renewed: None,
        };
        operator.state(txn, RecordId::random(operator.rng), key)?;
        for (document, texts) in DEFAULT_EDITION {
            // One moment for the three languages of a version, also if the clock ticks between them.
            let effective_from_ms = operator.clock.utc_ms().max(now_ms);
            for (locale, bytes) in texts {
                let publication = Publication {
                    document,
                    locale,
                    version: 1,
                    effective_from_ms,
                    bytes,
                    geolocation_optional: false,
                };
                publish(txn, operator, &publication)?;
            }
        }
        Ok(())
    })?;
    Ok(instance)
}
