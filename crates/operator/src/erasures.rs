//! What was erased, in a file beside the mark that only grows: a backup that is older than an erasure brings nothing
//! back, even when no device heard of it yet. It holds the operator's own statements and, of visits whose registration was
//! erased, ids; it names no person.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use domain::erasing::Judgement;
use domain::id::{ChildId, OrganisationId, PersonId, StatementId};
use domain::scope::VisitParties;
use domain::{Content, Kind};
use journal::{Statement, codec};
use operator_core::erase::{self, EraseError};
use operator_core::pause::{RecoveryKeys, time_of};
use operator_core::store::{Entry, StoreError, StoreRead};
use serde::{Deserialize, Serialize};

use crate::Instance;
use crate::approval::Approved;

/// Why the list cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ErasuresError {
    /// The file holds something else.
    #[error(
        "{0} is not what this program writes: restore it, or what was erased may come back with a backup"
    )]
    Unreadable(PathBuf),
    /// A file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One erasure: a line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Where it stands in the log.
    pub leaf_index: u64,
    /// The signed `content-erased`.
    #[serde(with = "hex")]
    pub statement: Vec<u8>,
    /// Its content.
    #[serde(with = "hex")]
    pub content: Vec<u8>,
    /// Whom visits concern whose registration it took.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visits: Vec<ErasedVisit>,
}

/// Whom an erased visit concerns, by ids, as the operator's list of visits keeps it: what is said about the visit later is
/// judged and addressed by that, and after a restore nothing else tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedVisit {
    /// The `visit-registered`.
    pub registration: StatementId,
    /// Whom.
    pub child: ChildId,
    /// Who.
    pub specialist: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
}

impl ErasedVisit {
    /// As rules know it.
    pub const fn parties(&self) -> VisitParties {
        VisitParties { child: self.child, specialist: self.specialist, organisation: self.organisation }
    }

    /// Of the statements, those that registered a visit which is known.
    fn of(read: &dyn StoreRead, statements: &[StatementId]) -> Result<Vec<Self>, StoreError> {
        let mut visits = Vec::new();
        for registration in statements {
            let Some(entry) = read.entry_by_id(*registration)? else { continue };
            if entry.kind != Kind::VisitRegistered {
                continue;
            }
            let row = read.visit(entry.subject.into())?.filter(|row| row.leaf_index == entry.leaf_index);
            visits.extend(row.map(|row| {
                let VisitParties { child, specialist, organisation } = row.parties;
                Self { registration: *registration, child, specialist, organisation }
            }));
        }
        Ok(visits)
    }
}

mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::HEXLOWER.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(de::Error::custom)
    }
}

impl Erasure {
    /// Whose contents it took.
    fn statements(&self) -> Option<Vec<StatementId>> {
        let statement = Statement::decode(&self.statement).ok()?;
        if codec::hash(&self.content) != statement.payload() {
            return None;
        }
        match codec::decode(statement.header().kind, &self.content).ok()? {
            Content::ContentErased(erased) => Some(erased.statements),
            _ => None,
        }
    }
}

/// Erases what two officers approved: stated in the log, gone from the database, and in the list before anybody is told.
///
/// # Errors
/// [`EraseError`], then nothing is changed; [`ErasuresError`] when the list cannot be written: it is with the next
/// erasure or backup.
pub fn erase(
    instance: &Instance,
    _approved: &Approved,
    statements: &BTreeSet<StatementId>,
    basis: &str,
) -> Result<Result<Vec<Entry>, EraseError>, ErasuresError> {
    match instance.transact(|txn, operator| erase::erase(txn, operator, statements, basis)) {
        Ok((_, gone)) => {
            instance.folder.erasures().follow(instance.read()?.as_ref())?;
            Ok(Ok(gone))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// The file.
#[derive(Debug, Clone)]
pub struct Erasures(PathBuf);

impl Erasures {
    /// The list at a path, whether it is there or not.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn io(&self, source: io::Error) -> ErasuresError {
        ErasuresError::Io { path: self.0.clone(), source }
    }

    /// All erasures. A last line that was cut off by a crash is written again by the next [`Erasures::follow`].
    ///
    /// # Errors
    /// [`ErasuresError`].
    pub fn read(&self) -> Result<Vec<Erasure>, ErasuresError> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            // A link to a disk that is not there is not the same as nothing erased.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.0.is_symlink() => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(self.io(error)),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let unreadable = |_| ErasuresError::Unreadable(self.0.clone());
        whole.lines().map(|line| serde_json::from_str(line).map_err(unreadable)).collect()
    }

    /// Every statement whose content was erased, as far as the erasure counts beside the recovery keys that the log
    /// names ([`RecoveryKeys::judge`]): a file can be written anywhere, also where the clock is another.
    ///
    /// # Errors
    /// [`ErasuresError`].
    pub fn statements(
        &self,
        read: &dyn StoreRead,
        now_ms: i64,
    ) -> Result<BTreeSet<StatementId>, ErasuresError> {
        let keys = RecoveryKeys::of(read)?;
        let mut statements = BTreeSet::new();
        for erasure in self.read()? {
            let erased = erasure.statements().ok_or_else(|| ErasuresError::Unreadable(self.0.clone()))?;
            let (at_s, now_s) = (time_of(&erasure.statement)?, now_ms.div_euclid(1_000));
            if keys.judge(erasure.leaf_index, at_s, now_s)? == Judgement::Holds {
                statements.extend(erased);
            }
        }
        Ok(statements)
    }

    /// Writes down the erasures of a log that count and are not in the list yet; on the disk when it returns. What is in
    /// the list and not in the log stays.
    ///
    /// # Errors
    /// [`ErasuresError`].
    pub fn follow(&self, read: &dyn StoreRead) -> Result<(), ErasuresError> {
        let known: BTreeSet<u64> = self.read()?.iter().map(|erasure| erasure.leaf_index).collect();
        let mut lines = Vec::new();
        let holding = erase::holding(read, i64::MAX)?.into_iter().map(|(entry, _)| entry);
        for entry in holding.filter(|entry| !known.contains(&entry.leaf_index)) {
            let Some(content) = read.content(entry.leaf_index)? else { continue };
            let mut erasure = Erasure {
                leaf_index: entry.leaf_index,
                statement: entry.statement,
                content,
                visits: Vec::new(),
            };
            erasure.visits = ErasedVisit::of(read, &erasure.statements().unwrap_or_default())?;
            serde_json::to_writer(&mut lines, &erasure).map_err(|error| self.io(error.into()))?;
            lines.push(b'\n');
        }
        if lines.is_empty() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.0).map_err(|error| self.io(error))?;
        let mut write = || {
            file.lock()?;
            let text = std::fs::read(&self.0)?;
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end as u64 + 1);
            file.set_len(whole)?;
            io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
            file.write_all(&lines)?;
            file.sync_all()
        };
        write().map_err(|error| self.io(error))
    }
}
