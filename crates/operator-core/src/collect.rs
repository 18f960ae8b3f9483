//! The lost end of a log, put together again from what devices hold. Every statement goes through the same door as the
//! first time, so flags, facts and audiences follow from the log and from nobody's word; the place of each is believed
//! only because all of them together give a root that the operator's key signed.

use domain::Kind;
use domain::content::Content;
use domain::erasing::Judgement;
use domain::id::Digest;
use domain::scope::VisitParties;
use journal::merkle;
use journal::receipt::TreeHead;
use journal::{Statement, VerifyingKey};
use wire::push::Outcome;

use crate::authorise::Author;
use crate::erase;
use crate::pause::RecoveryKeys;
use crate::project;
use crate::recover::{MAX_GAP, keep_places};
use crate::register::{Tree, register};
use crate::store::{StoreError, StoreRead, StoreTxn, StoredHead};
use crate::verify::{Checked, check};

/// A statement that is said to be the next leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The signed bytes.
    pub statement: Vec<u8>,
    /// The content, if somebody had it.
    pub content: Option<Vec<u8>>,
    /// Whom the visit concerns that it registers, when what it says was erased.
    pub erased_visit: Option<VisitParties>,
    /// When it was registered as far as signed heads tell, UTC ms.
    pub registered_at_ms: i64,
}

/// Why a log cannot be put together from what is there. Nothing is kept.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A statement is not what this log can hold at its place.
    #[error("leaf {leaf_index}: {why}")]
    Misfit {
        /// Where.
        leaf_index: u64,
        /// Why.
        why: &'static str,
    },
    /// A head that was signed on the way is of another log.
    #[error("a head of {0} statements is signed by this key and contradicts what was put together")]
    OtherHead(u64),
    /// All together they are not what was signed.
    #[error(
        "the statements that were handed back do not give the root that was signed: one of them is not of this log"
    )]
    OtherRoot,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose statement it is, if the signature verifies by a key that is the operator's or bound by now.
fn author(
    read: &dyn StoreRead,
    operator: &VerifyingKey,
    statement: &Statement,
) -> Result<Option<(Author, VerifyingKey)>, StoreError> {
    let key = statement.header().key;
    if key == operator.id() {
        return Ok(Some((Author::Operator, operator.clone())));
    }
    let bound = read.bound_key(key)?;
    Ok(bound.map(|bound| (Author::Device(Box::new(bound.clone())), bound.key)))
}

/// Registers a candidate at the end of the log.
///
/// # Errors
/// [`CollectError`].
pub fn replay(
    txn: &mut dyn StoreTxn,
    operator: &VerifyingKey,
    candidate: &Candidate,
) -> Result<(), CollectError> {
    let leaf_index = txn.log_size()?;
    let misfit = |why| CollectError::Misfit { leaf_index, why };
    let statement =
        Statement::decode(&candidate.statement).map_err(|_| misfit("what came is not a statement"))?;
    let (author, key) =
        author(txn.as_read(), operator, &statement)?.ok_or(misfit("its key is not bound before it"))?;
    let checked = match &candidate.content {
        Some(content) => check(&candidate.statement, content, &key),
        None => statement.verify(&key).map(Checked::bare).map_err(|_| crate::store::Refusal::BadSignature),
    };
    let checked = checked.map_err(|_| misfit("it does not verify"))?;
    let header = checked.statement().header().clone();
    let mut outcome = register(txn, &author, &checked, candidate.registered_at_ms)?;
    if let Outcome::Gap { expected_seq } = outcome {
        if header.seq.saturating_sub(expected_seq) > MAX_GAP {
            return Err(misfit("more numbers are missing before it than anybody ever lost"));
        }
        // A refused item took these numbers then; it was not in the log and is not in the backup.
        let places = (expected_seq, header.seq);
        keep_places(txn, header.key, &|_| None, places, header.prev, candidate.registered_at_ms)?;
        outcome = register(txn, &author, &checked, candidate.registered_at_ms)?;
    }
    match outcome {
        Outcome::Registered { .. } | Outcome::Fork { .. } => {}
        _ => return Err(misfit("it stands in the log already, or has no place in its series")),
    }
    if let Some(parties) = candidate.erased_visit
        && checked.content().is_none()
    {
        project::put_erased_visit(txn, leaf_index, parties)?;
    }
    match checked.content() {
        Some(Content::ContentErased(erased)) if author == Author::Operator => {
            // What no signed time speaks against: later heads may, and then it is wanted back.
            let keys = RecoveryKeys::of(txn.as_read())?;
            match keys.judge(leaf_index, header.issued_at_s, i64::MAX)? {
                Judgement::Holds => Ok(erase::take_away(txn, &erased.statements)?),
                Judgement::Waits { .. } | Judgement::Void { .. } => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Ends a replay: the root over all leaves is the signed one, and the heads that were signed on the way are kept again.
///
/// # Errors
/// [`CollectError::OtherRoot`]; [`CollectError::OtherHead`], which proves that this key signed two logs.
pub fn conclude(
    txn: &mut dyn StoreTxn,
    signed: (u64, Digest),
    heads: &[TreeHead],
) -> Result<(), CollectError> {
    let (tree_size, root) = signed;
    if txn.log_size()? != tree_size || merkle::root(&Tree(txn.as_read()), tree_size)? != root {
        return Err(CollectError::OtherRoot);
    }
    let mut last = txn.latest_head()?.map_or(0, |head| head.tree_size);
    for head in heads.iter().filter(|head| head.tree_size <= tree_size) {
        if merkle::root(&Tree(txn.as_read()), head.tree_size)? != head.root {
            return Err(CollectError::OtherHead(head.tree_size));
        }
        if head.tree_size > last {
            last = head.tree_size;
            txn.put_head(&StoredHead {
                tree_size: head.tree_size,
                root: head.root,
                signed_at_ms: head.signed_at_s.saturating_mul(1_000),
                bytes: head.bytes.clone(),
            })?;
        }
    }
    Ok(())
}

/// Whether an operator's own statement binds this key: enough to know whose request it is when the log lost it.
pub fn binds(operator: &VerifyingKey, statement: &[u8], content: &[u8]) -> Option<VerifyingKey> {
    let checked = check(statement, content, operator).ok()?;
    match checked.content() {
        Some(Content::DeviceBound(bound)) if checked.statement().header().kind == Kind::DeviceBound => {
            VerifyingKey::from_cose_key(&bound.key).ok()
        }
        _ => None,
    }
}
