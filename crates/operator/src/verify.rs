//! Is what was registered still what it was? The whole log against itself, and the projections against the log.
//!
//! `doctor` asks the same of the log, and more of the installation: files, settings, the database file, the key.

use std::collections::BTreeSet;
use std::fmt::Debug;

use domain::id::SubjectId;
use journal::VerifyingKey;
use operator_core::audit::{Audit, Finding, Signatures, audit};
use operator_core::fact::{Class, Fact};
use operator_core::project;
use operator_core::store::{Projections, Store as _, StoreError};
use operator_store::SqliteStore;
use serde::Serialize;

use crate::Folder;

/// Why the verification itself could not be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Place for the copy.
    #[error("no place for a copy of the database: {0}")]
    Copy(std::io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Whether signatures are checked.
    pub signatures: Signatures,
    /// Whether projections are made anew in a copy of the database and compared.
    pub projections: bool,
}

impl Extent {
    /// Everything.
    pub const WHOLE: Self = Self { signatures: Signatures::Check, projections: true };
}

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// The log.
    #[serde(flatten)]
    pub log: Audit,
    /// Rows of the projections that were compared with what the log gives; absent when they were left out.
    pub projections: Option<u64>,
}

/// Verifies a store. A server that runs beside it goes on.
///
/// # Errors
/// [`VerifyError`] when it could not be made; what is wrong is a finding.
pub fn verify(
    store: &SqliteStore,
    folder: &Folder,
    operator: &VerifyingKey,
    extent: Extent,
    progress: &mut dyn FnMut(u64),
) -> Result<Verification, VerifyError> {
    let log = audit(store.read()?.as_ref(), operator, extent.signatures, progress)?;
    let mut verification = Verification { log, projections: None };
    if extent.projections {
        let copy = Copy::make(store, folder)?;
        match compare(&copy.store, &mut verification.log) {
            Ok(rows) => verification.projections = Some(rows),
            Err(StoreError::Damaged(what)) => {
                verification.log.findings.push(projection(None, what.to_owned()))
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(verification)
}

/// A copy of the database beside it, removed afterwards.
struct Copy {
    folder: std::path::PathBuf,
    store: SqliteStore,
}

impl Copy {
    fn make(store: &SqliteStore, folder: &Folder) -> Result<Self, VerifyError> {
        let place = Folder::at(folder.path().join(format!("verify-{}", std::process::id())));
        place.create().map_err(|error| VerifyError::Copy(std::io::Error::other(error)))?;
        let copied = store.copy_to(&place.database()).and_then(|()| SqliteStore::open(&place.database()));
        match copied {
            Ok(store) => Ok(Self { folder: place.path().to_owned(), store }),
            Err(error) => {
                drop(std::fs::remove_dir_all(place.path()));
                Err(error.into())
            }
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("esep-operator: remove {} by hand, it holds a copy: {error}", self.folder.display());
        }
    }
}

fn projection(leaf_index: Option<u64>, detail: String) -> Finding {
    Finding { code: "projection", leaf_index, statement: None, detail }
}

/// What was projected from a content that was erased since stands beside what the log gives now.
fn without_erased(projections: &mut Projections, erased: &BTreeSet<u64>, slots: &BTreeSet<Slot>) {
    projections.facts.retain(|fact| !slots.contains(&slot(fact)));
    projections.audiences.retain(|(_, leaf_index, _)| !erased.contains(leaf_index));
    projections.readings.retain(|reading| !erased.contains(&reading.leaf_index));
    projections.traces.retain(|trace| !erased.contains(&trace.leaf_index));
}

type Slot = (Class, SubjectId, Option<SubjectId>, String);

fn slot(fact: &Fact) -> Slot {
    (fact.class, fact.subject, fact.slot_object(), fact.qualifier.clone())
}

fn compare(copy: &SqliteStore, log: &mut Audit) -> Result<u64, StoreError> {
    let mut stored = copy.read()?.projections()?;
    let mut txn = copy.write()?;
    project::rebuild(txn.as_mut())?;
    let mut rebuilt = txn.projections()?;
    drop(txn);
    let is_erased = |fact: &&Fact| log.erased_leaves.contains(&fact.leaf_index);
    let slots: BTreeSet<Slot> = stored.facts.iter().filter(is_erased).map(slot).collect();
    without_erased(&mut stored, &log.erased_leaves, &slots);
    without_erased(&mut rebuilt, &log.erased_leaves, &slots);
    let findings = &mut log.findings;
    let Projections { facts, keys, visits, audiences, readings, traces } = &rebuilt;
    findings.extend(first("facts", &stored.facts, facts, |fact| Some(fact.leaf_index)));
    findings.extend(first("keys", &stored.keys, keys, |_| None));
    findings.extend(first("visits", &stored.visits, visits, |visit| Some(visit.leaf_index)));
    findings.extend(first("audiences", &stored.audiences, audiences, |(_, leaf_index, _)| Some(*leaf_index)));
    findings.extend(first("readings", &stored.readings, readings, |reading| Some(reading.leaf_index)));
    findings.extend(first("traces", &stored.traces, traces, |trace| Some(trace.leaf_index)));
    let counts = [facts.len(), keys.len(), visits.len(), audiences.len(), readings.len(), traces.len()];
    Ok(counts.iter().sum::<usize>() as u64)
}

/// Where two sorted lists part for the first time, with the leaf of the row.
fn first<T: PartialEq + Debug>(
    what: &str,
    stored: &[T],
    rebuilt: &[T],
    leaf: impl Fn(&T) -> Option<u64>,
) -> Option<Finding> {
    if stored == rebuilt {
        return None;
    }
    let at = stored.iter().zip(rebuilt).take_while(|(one, other)| one == other).count();
    let row = rebuilt.get(at).or_else(|| stored.get(at));
    let detail = format!(
        "the {what} differ from what the log gives, {} rows for {}: `esep-operator rebuild` makes them anew",
        stored.len(),
        rebuilt.len()
    );
    Some(projection(row.and_then(leaf), detail))
}
