//! One checked statement into the log. Everything that a client can cause is a value; an error means that the store
//! failed and nothing happened.

use domain::flag::Flag;
use domain::id::Digest;
use journal::merkle::{self, Nodes};
use journal::{Beacon, Header};
use wire::push::Outcome;

use crate::authorise::{self, Author};
use crate::fill;
use crate::project::{self, Overtakers};
use crate::store::{Entry, StoreError, StoreRead, StoreTxn};
use crate::verify::Checked;

/// The tree of a store.
pub(crate) struct Tree<'a>(pub(crate) &'a dyn StoreRead);

impl Nodes for Tree<'_> {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Digest, StoreError> {
        self.0.node(level, index)
    }
}

/// Where a statement stands in its key's series.
enum Place {
    /// It is the next one.
    Next,
    /// Its place is taken by another statement, or it follows one that is on a branch.
    Branch,
    /// Statements before it are missing.
    Gap(u64),
}

/// Registers a statement of an author whose key verified it.
///
/// # Errors
/// Those of the store.
pub fn register(
    txn: &mut dyn StoreTxn,
    author: &Author,
    checked: &Checked,
    now_ms: i64,
) -> Result<Outcome, StoreError> {
    let statement = checked.statement();
    if let Some(entry) = txn.entry_by_id(statement.id())? {
        let again = match checked.content_bytes() {
            Some(content) => fill::take_back(txn, &entry, content)?,
            None => None,
        };
        let flags = again.unwrap_or(entry.flags);
        return Ok(Outcome::AlreadyHave { leaf_index: entry.leaf_index, flags });
    }
    let branch = match place(txn.as_read(), checked)? {
        Place::Gap(expected_seq) => return Ok(Outcome::Gap { expected_seq }),
        Place::Next => false,
        Place::Branch => true,
    };
    let header = statement.header();
    let mut flags = match checked.content() {
        Some(content) => authorise::flags(txn.as_read(), author, header, content, now_ms)?,
        None if checked.content_bytes().is_some() => authorise::flags_of_unreadable(header),
        // Else what was flagged then followed from a content that is gone.
        None => authorise::flags_of_bare(txn.as_read(), header)?,
    };
    if branch {
        flags.push(Flag::Fork);
    }
    if let Some(beacon) = &header.beacon
        && !is_ours(txn.as_read(), beacon)?
    {
        flags.push(Flag::SplitView);
    }
    flags.sort_unstable();
    let entry = entry(txn.log_size()?, checked, header, branch, flags, now_ms);
    append(txn, &entry, checked.content_bytes())?;
    project::apply(txn, &entry, header, author, checked.content(), Overtakers::Judge)?;
    let (leaf_index, flags) = (entry.leaf_index, entry.flags);
    Ok(if branch { Outcome::Fork { leaf_index, flags } } else { Outcome::Registered { leaf_index, flags } })
}

fn entry(
    leaf_index: u64,
    checked: &Checked,
    header: &Header,
    branch: bool,
    flags: Vec<Flag>,
    registered_at_ms: i64,
) -> Entry {
    Entry {
        leaf_index,
        id: checked.statement().id(),
        key: header.key,
        seq: header.seq,
        kind: header.kind,
        subject: header.subject,
        registered_at_ms,
        branch,
        flags,
        statement: checked.statement().bytes().to_vec(),
    }
}

fn append(txn: &mut dyn StoreTxn, entry: &Entry, content: Option<&[u8]>) -> Result<(), StoreError> {
    let leaf = merkle::leaf_hash(&entry.statement);
    let complete = merkle::append(&Tree(txn.as_read()), entry.leaf_index, leaf)?;
    txn.append(entry, content)?;
    complete.into_iter().try_for_each(|(level, index, hash)| txn.put_node(level, index, hash))
}

fn place(read: &dyn StoreRead, checked: &Checked) -> Result<Place, StoreError> {
    let header = checked.statement().header();
    let head = read.series_head(header.key)?;
    if header.seq == head.next_seq && header.prev == head.prev {
        return Ok(Place::Next);
    }
    if header.seq > head.next_seq {
        // On a branch the numbers may run ahead of the main line.
        let follows_known = match header.prev {
            Some(prev) => read.entry_by_id(prev)?.is_some_and(|entry| {
                entry.branch && entry.key == header.key && entry.seq.checked_add(1) == Some(header.seq)
            }),
            None => false,
        };
        return Ok(if follows_known { Place::Branch } else { Place::Gap(head.next_seq) });
    }
    // Bytes that could not be read when they first came, and now can: the series already went on after this very id.
    let was_refused = read.refusal(header.key, checked.statement().id())?;
    let place_was_kept = was_refused.is_some_and(|refused| refused.took_place && refused.seq == header.seq);
    Ok(match place_was_kept && follows_main_line(read, header)? {
        true => Place::Next,
        false => Place::Branch,
    })
}

/// Whether the statement that this one names stands right before it on the main line, registered or refused.
fn follows_main_line(read: &dyn StoreRead, header: &Header) -> Result<bool, StoreError> {
    let Some(prev) = header.prev else { return Ok(header.seq == 0) };
    let is_before = |seq: u64| seq.checked_add(1) == Some(header.seq);
    if read.refusal(header.key, prev)?.is_some_and(|refused| refused.took_place && is_before(refused.seq)) {
        return Ok(true);
    }
    let entry = read.entry_by_id(prev)?;
    Ok(entry.is_some_and(|entry| entry.key == header.key && !entry.branch && is_before(entry.seq)))
}

/// Whether a checkpoint that a device saw is in the history of this log.
pub(crate) fn is_ours(read: &dyn StoreRead, beacon: &Beacon) -> Result<bool, StoreError> {
    Ok(beacon.tree_size <= read.log_size()? && read.root(beacon.tree_size)? == beacon.root)
}
