//! After a check of the operator's log failed: a person can make the operator prove itself, and can hand the evidence on.
//! Nothing else brings the trust back (see [`store::trust`]); registering visits never waits for it.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::Serialize;
use store::trust::{Evidence, Finding, SignedHead};

use crate::errors::{Failure, Result};
use crate::ipc::{CsvFile, DistrustView, FindingCode};
use crate::session::{Session, blocking};

/// A log that grows while its proofs are fetched gives them for different heads; then all are fetched again.
const ATTEMPTS: u32 = 3;

/// What the screens show.
pub(crate) fn view(evidence: &Evidence) -> DistrustView {
    let finding = match evidence.finding {
        Finding::SplitView => FindingCode::SplitView,
        Finding::OtherLeaf => FindingCode::OtherLeaf,
        Finding::Unproven => FindingCode::Unproven,
    };
    DistrustView { finding, found_at_ms: evidence.found_at_ms }
}

/// Asks the operator to prove that its log goes on from every head that was kept.
///
/// # Errors
/// [`Failure::TrustEnded`] when it does not; those of network and store.
pub(crate) async fn check(session: &Arc<Session>) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let asking = Arc::clone(session);
        let sizes = blocking(move || Ok(asking.store.sizes_to_prove()?)).await?;
        let mut checkpoints = Vec::with_capacity(sizes.len());
        for size in sizes {
            checkpoints.push((size, session.client.fetch_checkpoint(size).await?));
        }
        let (settling, now_ms) = (Arc::clone(session), session.now_ms());
        if blocking(move || Ok(settling.store.settle(&checkpoints, now_ms)?)).await? {
            session.ports.events.changed();
            return Ok(());
        }
    }
    Err(Failure::TrustEnded)
}

#[derive(Serialize)]
struct File {
    about: &'static str,
    operator_key: String,
    device_key: String,
    evidence: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    finding: Finding,
    operator_key: String,
    found_at_ms: Option<i64>,
    settled_at_ms: Option<i64>,
    known_head: Option<Head>,
    shown_head: Option<Head>,
    /// CBOR of the part of the answer that failed.
    answer: String,
}

#[derive(Serialize)]
struct Head {
    tree_size: u64,
    root: String,
    cose_sign1: String,
}

impl From<SignedHead> for Head {
    fn from(head: SignedHead) -> Self {
        let (root, cose_sign1) = (HEXLOWER.encode(head.root.as_bytes()), HEXLOWER.encode(&head.bytes));
        Self { tree_size: head.tree_size, root, cose_sign1 }
    }
}

impl From<Evidence> for Entry {
    fn from(evidence: Evidence) -> Self {
        Self {
            finding: evidence.finding,
            operator_key: evidence.operator.to_string(),
            found_at_ms: evidence.found_at_ms,
            settled_at_ms: evidence.settled_at_ms,
            known_head: evidence.known.map(Head::from),
            shown_head: evidence.shown.map(Head::from),
            answer: HEXLOWER.encode(&evidence.detail),
        }
    }
}

/// All evidence with what a stranger needs to verify it (docs/PROTOCOL.md section 6). It names no person.
///
/// # Errors
/// Those of the store.
pub(crate) async fn file(session: &Arc<Session>) -> Result<CsvFile> {
    let evidence = session.read(|_, reader| Ok(reader.evidence()?)).await?;
    let account = &session.account;
    let file = File {
        about: "signed tree heads of an operator of ESEP.OTAN-MEKTEP that were not proven to be one log; bytes in hex",
        operator_key: HEXLOWER.encode(&account.operator.key.to_cose_key()),
        device_key: account.key.id().to_string(),
        evidence: evidence.into_iter().map(Entry::from).collect(),
    };
    let text = serde_json::to_string_pretty(&file).map_err(|_| Failure::Bug("evidence"))?;
    Ok(CsvFile { name: "esep-evidence.json".into(), text, path: None })
}
