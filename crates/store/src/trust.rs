//! Trust in the operator's key, and its end: an answer that fails a check is kept as evidence, and from then on nothing
//! is sent, fetched or believed until a person acts. Own statements go on being saved; nothing unsent is touched.
//!
//! A person can let the device ask once more. Only a proof brings the trust back: one later head under which both heads
//! of the evidence lie in one history (RFC 9162 section 2.1.4). Two roots of one size never do.

use domain::id::{Digest, KeyId};
use journal::receipt::TreeHead;
use journal::{Beacon, VerifyingKey, cbor, merkle};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::Serialize;
use sync::OutboxError;
use sync::wire::pull::{Checkpoint, PullItem};

use crate::column::{Blob, Code, code};
use crate::outbox::Failed;
use crate::{Reader, Store, StoreError, receipts};

/// Which check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Two heads that the operator signed were not proven to be one history.
    SplitView,
    /// Two statements at one place of the log, or one at two: delivered, or proven by a receipt. No head settles it.
    OtherLeaf,
    /// A receipt or a head that does not verify by the operator's key.
    Unproven,
}

/// A tree head with its signature, which verified when it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// Leaves in the tree.
    pub tree_size: u64,
    /// Its root.
    pub root: Digest,
    /// The COSE_Sign1 with the detached root.
    pub bytes: Vec<u8>,
}

impl SignedHead {
    pub(crate) fn beacon(&self) -> Beacon {
        Beacon { tree_size: self.tree_size, root: self.root }
    }
}

impl From<&TreeHead> for SignedHead {
    fn from(head: &TreeHead) -> Self {
        Self { tree_size: head.tree_size, root: head.root, bytes: head.bytes.clone() }
    }
}

/// One answer that failed a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Which check.
    pub finding: Finding,
    /// The operator's key by then.
    pub operator: KeyId,
    /// The head that this device had verified before; `None` for none.
    pub known: Option<SignedHead>,
    /// The head that came; `None` when the key did not sign what came.
    pub shown: Option<SignedHead>,
    /// CBOR: the part of the answer that failed.
    pub detail: Vec<u8>,
    /// UTC ms; `None` when the app ended before it asked the clock.
    pub found_at_ms: Option<i64>,
    /// When both heads were proven to be one history after all, UTC ms.
    pub settled_at_ms: Option<i64>,
}

/// What is about to become evidence.
pub(crate) struct Found {
    finding: Finding,
    /// `None`: the head that stands in the file.
    known: Option<SignedHead>,
    shown: Option<SignedHead>,
    detail: Vec<u8>,
}

impl Found {
    pub(crate) fn split_view(known: Option<SignedHead>, shown: &TreeHead, part: &impl Serialize) -> Self {
        Self { finding: Finding::SplitView, known, shown: Some(shown.into()), detail: detail(part) }
    }

    /// The content stays out of it: evidence is handed on to others.
    pub(crate) fn other_leaf(item: &PullItem) -> Self {
        let bare = PullItem { content: None, ..item.clone() };
        Self { finding: Finding::OtherLeaf, known: None, shown: None, detail: detail(&bare) }
    }

    /// A head and a proof under it place an own statement where another one was delivered, or an own one elsewhere.
    pub(crate) fn other_receipt(shown: &TreeHead, part: &impl Serialize) -> Self {
        Self { finding: Finding::OtherLeaf, known: None, shown: Some(shown.into()), detail: detail(part) }
    }

    pub(crate) fn unproven(part: &impl Serialize) -> Self {
        Self { finding: Finding::Unproven, known: None, shown: None, detail: detail(part) }
    }

    pub(crate) fn error(&self) -> OutboxError {
        match self.finding {
            Finding::Unproven => OutboxError::Unproven,
            Finding::SplitView | Finding::OtherLeaf => OutboxError::SplitView,
        }
    }
}

/// Everything that comes over the wire can be written as it came; were it not so, the heads alone are the evidence.
fn detail(part: &impl Serialize) -> Vec<u8> {
    cbor::to_vec(part).unwrap_or_default()
}

/// Fails while evidence is not settled.
pub(crate) fn require(conn: &Connection) -> Result<(), Failed> {
    let mut select =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM evidence WHERE settled_at_ms IS NULL)")?;
    match select.query_row([], |row| row.get(0))? {
        true => Err(Failed::of(OutboxError::TrustEnded)),
        false => Ok(()),
    }
}

/// The head of a checkpoint that the operator's key signed.
pub(crate) fn read_head(checkpoint: &Checkpoint, operator: &VerifyingKey) -> Option<TreeHead> {
    let head = TreeHead::verify(&checkpoint.head, checkpoint.root, operator).ok()?;
    (head.tree_size == checkpoint.tree_size).then_some(head)
}

const COLUMNS: &str =
    "finding, operator, known_tree_size, known_root, known_head, shown_tree_size, shown_root,
    shown_head, detail, found_at_ms, settled_at_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<Evidence> {
    let head = |at: usize| -> rusqlite::Result<Option<SignedHead>> {
        let root: Option<Blob<Digest>> = row.get(at + 1)?;
        root.map(|root| Ok(SignedHead { tree_size: row.get(at)?, root: root.0, bytes: row.get(at + 2)? }))
            .transpose()
    };
    Ok(Evidence {
        finding: row.get::<_, Code<Finding>>(0)?.0,
        operator: row.get::<_, Blob<KeyId>>(1)?.0,
        known: head(2)?,
        shown: head(5)?,
        detail: row.get(8)?,
        found_at_ms: row.get(9)?,
        settled_at_ms: row.get(10)?,
    })
}

impl Reader<'_> {
    /// All evidence, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        let mut select =
            self.conn().prepare_cached(&format!("SELECT {COLUMNS} FROM evidence ORDER BY id"))?;
        let rows = select.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first evidence that is not settled: why the operator is not trusted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn distrust(&self) -> Result<Option<Evidence>, StoreError> {
        let mut select = self.conn().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM evidence WHERE settled_at_ms IS NULL ORDER BY id LIMIT 1"
        ))?;
        Ok(select.query_row([], read).optional()?)
    }
}

impl Store {
    /// Hands an answer's outcome on and keeps what of it is evidence.
    pub(crate) fn answered<T>(&self, applied: Result<T, Failed>) -> Result<T, OutboxError> {
        applied.map_err(|Failed { error, found }| {
            if let Some(found) = found
                && let Err(failure) = self.keep(*found)
            {
                // The answer counts for nothing all the same, and the next one will fail the same check.
                tracing::error!(%failure, "evidence against the operator could not be kept");
            }
            error
        })
    }

    fn keep(&self, found: Found) -> Result<(), StoreError> {
        let operator = self.shared_account().ok_or(StoreError::NoDevice)?.operator.key.id();
        let finding = code(&found.finding)?;
        self.write(|transaction| {
            let known = match found.known {
                Some(known) => Some(known),
                None => receipts::known_head(transaction)?,
            };
            transaction.execute(
                "INSERT INTO evidence (finding, operator, known_tree_size, known_root, known_head, shown_tree_size,
                    shown_root, shown_head, detail)
                 VALUES (:finding, :operator, :known_tree_size, :known_root, :known_head, :shown_tree_size,
                    :shown_root, :shown_head, :detail)",
                named_params! {
                    ":finding": finding,
                    ":operator": operator.as_bytes(),
                    ":known_tree_size": known.as_ref().map_or(0, |head| head.tree_size),
                    ":known_root": known.as_ref().map(|head| head.root.as_bytes()),
                    ":known_head": known.as_ref().map(|head| &head.bytes),
                    ":shown_tree_size": found.shown.as_ref().map(|head| head.tree_size),
                    ":shown_root": found.shown.as_ref().map(|head| head.root.as_bytes()),
                    ":shown_head": found.shown.as_ref().map(|head| &head.bytes),
                    ":detail": found.detail,
                },
            )?;
            Ok(())
        })
    }

    /// Notes when evidence was found, where that is not noted yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn date_evidence(&self, now_ms: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .execute("UPDATE evidence SET found_at_ms = ?1 WHERE found_at_ms IS NULL", [now_ms])?;
            Ok(())
        })
    }

    /// The sizes from which the operator must prove its current head, so that the trust can return: those of both heads
    /// of each evidence that is not settled, and of the last head that verified.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sizes_to_prove(&self) -> Result<Vec<u64>, StoreError> {
        self.read(|reader| {
            let known = receipts::known_head(reader.conn())?;
            let unsettled =
                reader.evidence()?.into_iter().filter(|evidence| evidence.settled_at_ms.is_none());
            let heads = unsettled.flat_map(|evidence| [evidence.known, evidence.shown]).flatten();
            let mut sizes: Vec<u64> = heads.chain(known).map(|head| head.tree_size).collect();
            sizes.sort_unstable();
            sizes.dedup();
            Ok(sizes)
        })
    }

    /// Settles the evidence when the checkpoints, one for each of [`Store::sizes_to_prove`], prove one current head to
    /// go on from every head that was kept. Returns whether the operator is trusted again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settle(&self, checkpoints: &[(u64, Checkpoint)], now_ms: i64) -> Result<bool, StoreError> {
        let account = self.shared_account().ok_or(StoreError::NoDevice)?;
        let head = checkpoints.first().and_then(|(_, now)| read_head(now, &account.operator.key));
        let Some(now) = head else { return Ok(false) };
        let goes_on_from = |before: &SignedHead| {
            checkpoints.iter().any(|(size, checkpoint)| {
                *size == before.tree_size
                    && (checkpoint.tree_size, checkpoint.root) == (now.tree_size, now.root)
                    && merkle::check_consistency(
                        (before.tree_size, before.root),
                        (now.tree_size, now.root),
                        &checkpoint.consistency,
                    )
                    .is_ok()
            })
        };
        self.write(|transaction| {
            let reader = Reader::new(transaction, Some(&account));
            let unsettled: Vec<Evidence> =
                reader.evidence()?.into_iter().filter(|evidence| evidence.settled_at_ms.is_none()).collect();
            let is_proven = |evidence: &Evidence| {
                evidence.finding != Finding::OtherLeaf
                    && evidence.operator == now.key
                    && [&evidence.known, &evidence.shown].into_iter().flatten().all(goes_on_from)
            };
            let goes_on = receipts::known_head(transaction)?.as_ref().is_none_or(goes_on_from);
            if !goes_on || !unsettled.iter().all(is_proven) {
                return Ok(false);
            }
            transaction
                .execute("UPDATE evidence SET settled_at_ms = ?1 WHERE settled_at_ms IS NULL", [now_ms])?;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests;
