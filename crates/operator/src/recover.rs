//! Two officers open a file that its owner could not open: what verifies is registered, and the opening is itself a
//! statement. Nobody is shown what the statements say.
//!
//! Whoever can open the file could also read the device's signing key in it. So the key ends with the opening, in the
//! same transaction: what was taken stands before its revocation in the log, and nothing after it has authority.

use std::fs::File;
use std::path::{Path, PathBuf};

use domain::content::{DeviceRevoked, RecoveryOpened, RevocationReason};
use domain::id::{Digest, KeyId, PersonId};
use operator_core::operator::said;
use operator_core::recover::{self, Found, Taken};
use operator_core::store::{StoreError, StoreRead};
use recovery::pack::{self, PackError};
use recovery::salvage::SalvageError;
use recovery::share::key_name;
use recovery::{Opener, Salvage};

use crate::Instance;
use crate::inbox::private_folder;

/// Longest name of an officer and longest reason, in characters.
pub(crate) const MAX_WORDS: usize = 500;

/// Why nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The file.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Its database.
    #[error(transparent)]
    Salvage(#[from] SalvageError),
    /// The shares belong to another operator, or to an operator that was set up anew.
    #[error("these shares do not belong to the recovery key that this operator published, now or before")]
    ForeignShares,
    /// The file was sealed to a recovery key that this operator never had.
    #[error("the file is sealed to the recovery key {0}, which this operator never published")]
    ForeignFile(String),
    /// The file was sealed to an older recovery key, or to a newer one.
    #[error(
        "the file is sealed to the recovery key {wanted}, and these are shares of {given}: bring the two whose \
         second line begins with {wanted}"
    )]
    OtherShares {
        /// Name of the key whose shares open it.
        wanted: String,
        /// Name of the key whose shares were given.
        given: String,
    },
    /// The seal was changed.
    #[error("the file's key was changed since it was sealed: nothing opens it")]
    Unsealable,
    /// No statement in it is signed by a key of this operator.
    #[error("nothing in the file is signed by a device of this operator: nothing was taken")]
    Nobody,
    /// A file could be made of somebody else's statements, to end that person's key.
    #[error(
        "the file was handed over by somebody else than the person whose device it is; ask both, and if it is in order \
         open it with --file {0}"
    )]
    OtherPerson(PathBuf),
    /// Officers and reason.
    #[error("{0}")]
    Words(&'static str),
    /// Room for the opened copy.
    #[error("no room for a copy of the file: {0}")]
    Scratch(std::io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who opens and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Two people.
    pub officers: [String; 2],
    /// In words.
    pub reason: String,
}

impl Opening {
    /// Two different people and a reason.
    ///
    /// # Errors
    /// [`RecoverError::Words`].
    pub fn new(officers: &[String], reason: &str) -> Result<Self, RecoverError> {
        let names: Vec<String> = officers.iter().map(|name| tidy(name)).collect();
        let [first, second] = names.as_slice() else {
            return Err(RecoverError::Words("two officers open a file: --officer twice"));
        };
        let reason = tidy(reason);
        if first.is_empty() || second.is_empty() || first.to_lowercase() == second.to_lowercase() {
            return Err(RecoverError::Words("two different officers open a file: one share each"));
        }
        if reason.is_empty() || [first, second, &reason].iter().any(|text| text.chars().count() > MAX_WORDS) {
            return Err(RecoverError::Words(
                "a reason is needed, of at most 500 characters, as are the names",
            ));
        }
        Ok(Self { officers: [first.clone(), second.clone()], reason })
    }
}

pub(crate) fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Key of the device whose file it is.
    pub key: KeyId,
    /// Whose device that is.
    pub person: PersonId,
    /// What was taken.
    pub taken: Taken,
    /// The file is what the device packed.
    pub is_whole: bool,
}

/// Opens a file with two shares. Who handed it over is known of what came over the network.
///
/// # Errors
/// [`RecoverError`]; then nothing was registered.
pub fn open(
    instance: &Instance,
    file: &Path,
    handed_over_by: Option<PersonId>,
    opener: &Opener,
    opening: &Opening,
) -> Result<Opened, RecoverError> {
    check_shares(instance.read()?.as_ref(), file, opener)?;
    let scratch = Scratch::make(instance)?;
    let digest = pack::hash(&mut File::open(file).map_err(PackError::Io)?).map_err(PackError::Io)?;
    let mut reader = std::io::BufReader::new(File::open(file).map_err(PackError::Io)?);
    let unpacked = pack::unpack(&mut reader, &scratch.0)?;
    let key = opener.open(&unpacked.head.key, &unpacked.head.account).ok_or(RecoverError::Unsealable)?;
    let mut salvage = Salvage::open(&scratch.0.join(pack::DATABASE), &key)?;
    let found: Vec<Found> = (0..salvage.ends_at()).map(|seq| found(salvage.row(seq))).collect();
    let (bound, sifted) = {
        let read = instance.read()?;
        let bound = recover::author(read.as_ref(), &found)?.ok_or(RecoverError::Nobody)?;
        if handed_over_by.is_some_and(|person| person != bound.person) {
            return Err(RecoverError::OtherPerson(file.to_owned()));
        }
        let sifted = recover::sift(read.as_ref(), &bound, found)?;
        (bound, sifted)
    };
    let taken = instance.transact(|txn, operator| {
        let now_ms = operator.clock.utc_ms();
        let taken = recover::take(txn, &bound, &sifted, now_ms)?;
        operator.state(txn, bound.device, statement(bound.key.id(), digest, opening, &taken, now_ms))?;
        if txn.bound_key(bound.key.id())?.is_some_and(|key| key.revoked_at_ms.is_none()) {
            let (key, reason) = (bound.key.id(), RevocationReason::Replaced);
            operator.state(txn, bound.device, DeviceRevoked { key, reason, revoked_at_ms: now_ms })?;
        }
        Ok::<_, StoreError>(taken)
    })?;
    Ok(Opened { key: bound.key.id(), person: bound.person, taken, is_whole: unpacked.is_whole })
}

/// Whether these are shares of the key to which the file is sealed. That may be one that was replaced since.
fn check_shares(read: &dyn StoreRead, file: &Path, opener: &Opener) -> Result<(), RecoverError> {
    let said = said(read)?;
    let was_ours = |key: &[u8]| said.iter().any(|stated| stated.recovery_key == key);
    if !was_ours(opener.recovery_key()) {
        return Err(RecoverError::ForeignShares);
    }
    let sealed_to = pack::read_head(&mut File::open(file).map_err(PackError::Io)?)?.key.recovery_key;
    if sealed_to == opener.recovery_key() {
        return Ok(());
    }
    let (wanted, given) = (key_name(&sealed_to), key_name(opener.recovery_key()));
    Err(match was_ours(&sealed_to) {
        true => RecoverError::OtherShares { wanted, given },
        false => RecoverError::ForeignFile(wanted),
    })
}

fn found(row: recovery::salvage::Row) -> Found {
    Found { seq: row.seq, id: row.id, statement: row.statement, content: row.content }
}

fn statement(
    key: KeyId,
    file: Digest,
    opening: &Opening,
    taken: &Taken,
    opened_at_ms: i64,
) -> RecoveryOpened {
    RecoveryOpened {
        key,
        file,
        officers: opening.officers.to_vec(),
        reason: opening.reason.clone(),
        opened_at_ms,
        taken_count: taken.taken_count,
        known_count: taken.known_count,
        missing_count: u32::try_from(taken.missing.len()).unwrap_or(u32::MAX),
    }
}

/// Room for the opened copy, for its owner only; gone when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn make(instance: &Instance) -> Result<Self, RecoverError> {
        let path = instance.folder.path().join(format!("recovery-scratch-{}", std::process::id()));
        private_folder(&path).map_err(RecoverError::Scratch)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("esep-operator: remove {} by hand, it holds a copy: {error}", self.0.display());
        }
    }
}
