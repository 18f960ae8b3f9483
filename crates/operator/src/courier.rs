//! Parcels that others carry here: the keys that open them, and the way from the file into the log.
//!
//! ```text
//! courier.keys   a line for each secret, the current one last; who removes a line refuses what was sealed to it
//! ```

use std::fs;
use std::io;
use std::path::PathBuf;

use domain::Rng;
use domain::content::{Content, OperatorKey};
use domain::id::KeyId;
use operator_core::courier::{self, Delivery};
use operator_core::store::{StoreError, StoreRead};
use recovery::courier::CourierSecret;
use wire::courier::{CourierOutcome, CourierRefusal, Parcel};
use zeroize::Zeroizing;

use crate::folder::{self, FolderError};
use crate::{Folder, Instance};

/// Why a parcel could not be examined at all.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The keys.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The secrets to which devices seal.
#[derive(Debug, Clone)]
pub struct CourierKeys(PathBuf);

impl CourierKeys {
    /// Of an operator's folder.
    pub fn of(folder: &Folder) -> Self {
        Self(folder.courier_keys())
    }

    /// All of them, the oldest first; none where there is no file.
    ///
    /// # Errors
    /// [`FolderError::Io`], [`FolderError::BadKey`].
    pub fn read(&self) -> Result<Vec<CourierSecret>, FolderError> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(FolderError::Io { path: self.0.clone(), source }),
        };
        let bad = || FolderError::BadKey(self.0.clone());
        let secret = |line: &str| {
            let seed = Zeroizing::new(data_encoding::HEXLOWER.decode(line.as_bytes()).map_err(|_| bad())?);
            let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| bad())?;
            Ok(CourierSecret::from_seed(Zeroizing::new(seed)))
        };
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(secret).collect()
    }

    /// The public half of the current one, made if there is none. Only for a folder whose log is empty.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn ensure(&self, rng: &dyn Rng) -> Result<Vec<u8>, FolderError> {
        match self.read()?.last() {
            Some(current) => Ok(current.public().to_vec()),
            None => self.add(rng),
        }
    }

    /// Makes a new current one beside the older ones, which still open what was sealed to them. The old file or the new
    /// one survives a power cut, never half of either.
    fn add(&self, rng: &dyn Rng) -> Result<Vec<u8>, FolderError> {
        let secrets = self.read()?;
        let fresh = CourierSecret::make(rng);
        let mut text = Zeroizing::new(String::new());
        for secret in secrets.iter().chain([&fresh]) {
            text.push_str(&Zeroizing::new(data_encoding::HEXLOWER.encode(secret.seed())));
            text.push('\n');
        }
        folder::replace_private(&self.0, &text)?;
        Ok(fresh.public().to_vec())
    }
}

/// Opens a parcel and checks who wrote it. Nothing is changed.
///
/// # Errors
/// [`CourierError`]; why it is not believed is a value.
pub fn examine(instance: &Instance, bytes: &[u8]) -> Result<Result<Delivery, CourierRefusal>, CourierError> {
    let parcel = match Parcel::read(bytes) {
        Ok(parcel) if parcel.operator == instance.key.id() => parcel,
        Ok(_) => return Ok(Err(CourierRefusal::OtherOperator)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let outside = parcel.outside();
    let secrets = CourierKeys::of(&instance.folder).read()?;
    let Some(secret) = secrets.iter().find(|secret| secret.public() == outside.courier_key) else {
        let was_ours = courier::was_ours(instance.read()?.as_ref(), outside.courier_key)?;
        return Ok(Err(if was_ours { CourierRefusal::TooOld } else { CourierRefusal::UnknownKey }));
    };
    match secret.open(&parcel.encapsulated, &parcel.sealed, &outside.associated_data()) {
        Some(plain) => Ok(courier::examine(instance.read()?.as_ref(), &outside, &plain)?),
        None => Ok(Err(CourierRefusal::Altered)),
    }
}

/// Takes a parcel that was brought to the operator's own machine.
///
/// # Errors
/// [`CourierError`]; then nothing was registered.
pub fn take(instance: &Instance, bytes: &[u8]) -> Result<CourierOutcome, CourierError> {
    match examine(instance, bytes)? {
        Ok(delivery) => instance.transact(|txn, operator| {
            Ok::<_, CourierError>(courier::apply(txn, &delivery, operator.clock.utc_ms())?.0)
        }),
        Err(reason) => Ok(CourierOutcome::Refused { reason }),
    }
}

/// Makes a new courier key and states it. Devices seal to it from their next pull on; what was sealed before opens as
/// long as its secret stays in the file.
///
/// # Errors
/// [`CourierError`].
pub fn renew(instance: &Instance) -> Result<(), CourierError> {
    // The secret comes first: nothing is sealed to a key that nobody holds.
    let courier_key = CourierKeys::of(&instance.folder).add(instance.rng.as_ref())?;
    instance.transact(|txn, operator| {
        let missing = StoreError::Damaged("the log names no operator");
        let subject = txn.entry(0)?.ok_or(StoreError::Damaged("the log is empty"))?.subject;
        let before = stated(txn.as_read())?.ok_or(missing)?;
        let valid_from_ms = operator.clock.utc_ms();
        operator.state(
            txn,
            subject,
            OperatorKey { courier_key, valid_from_ms, recovery_renewed: None, ..before },
        )?;
        Ok::<_, CourierError>(())
    })
}

/// What the operator says of itself now.
///
/// # Errors
/// Those of the store.
pub fn stated(read: &dyn StoreRead) -> Result<Option<OperatorKey>, StoreError> {
    use operator_core::fact::{Class, FactQuery};

    let facts = read.facts(&FactQuery::of(Class::Operator))?;
    let said = facts.last().map(|fact| fact.content(read)).transpose()?.flatten();
    Ok(said.and_then(|content| match content {
        Content::OperatorKey(stated) => Some(stated),
        _ => None,
    }))
}

/// Who delivered what, for the operator's log: thumbprints and a digest, never what is inside.
pub(crate) fn log(carrier: Option<KeyId>, parcel: &[u8], outcome: CourierOutcome) {
    let sha256 = journal::codec::hash(parcel);
    let carrier = carrier.map_or_else(|| "by hand".to_owned(), |key| key.to_string());
    let outcome = match outcome {
        CourierOutcome::Taken => "taken",
        CourierOutcome::Early => "early",
        CourierOutcome::Refused { reason } => reason.as_str(),
    };
    tracing::info!(carrier, parcel = %sha256, length_bytes = parcel.len(), outcome, "a parcel was delivered");
}
