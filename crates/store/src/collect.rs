//! What a restored operator lost, as far as it is here: own statements with the receipts that prove their places, and
//! those of others at the leaves at which they were delivered (docs/PROTOCOL.md, "Collecting").

use domain::id::Digest;
use journal::Statement;
use rusqlite::{Connection, Row};
use sync::outbox::{HandedBack, Lost, Standing};
use sync::wire::collect::{KnownHead, Leaf, MAX_LEAVES, RangeProof, Stretch};
use sync::wire::enrol::Pair;
use sync::wire::pull::Content;

use crate::column::Json;
use crate::pull::verify::known_key;
use crate::{StoreError, receipts, setting};

/// Statements and contents of one batch of others' statements.
const BATCH_BYTES: usize = 1024 * 1024;

/// Names of the two halves of the operator's `device-bound`.
const BINDING: [&str; 2] = ["binding-statement", "binding-content"];

/// Keeps the operator's word that this device is bound: it may have to show it to an operator that lost it.
pub(crate) fn keep_binding(conn: &Connection, bound: &Pair) -> Result<(), StoreError> {
    setting::write(conn, BINDING[0], Some(&bound.statement))?;
    setting::write(conn, BINDING[1], Some(&bound.content))
}

pub(crate) fn standing(conn: &Connection) -> Result<Standing, StoreError> {
    let halves = (setting::read(conn, BINDING[0])?, setting::read(conn, BINDING[1])?);
    let binding = match halves {
        (Some(statement), Some(content)) => Some(Pair { statement, content }),
        _ => None,
    };
    let known = receipts::known_head(conn)?;
    let known = known.map(|head| KnownHead { tree_size: head.tree_size, root: head.root, head: head.bytes });
    Ok(Standing { binding, known })
}

/// The next batch: one registration with its receipt, or a page of others' statements.
pub(crate) fn lost(
    conn: &Connection,
    wanted: &[Stretch],
    after: HandedBack,
) -> Result<Option<Lost>, StoreError> {
    let Some(first) = wanted.first() else { return Ok(None) };
    let from = match after {
        HandedBack::Own(row) => match own(conn, wanted, row)? {
            Some(lost) => return Ok(Some(lost)),
            None => first.from,
        },
        HandedBack::Foreign(leaf_index) => leaf_index,
    };
    foreign(conn, wanted, from)
}

fn is_wanted(wanted: &[Stretch], leaf_index: u64) -> bool {
    let at = wanted.partition_point(|stretch| stretch.to <= leaf_index);
    wanted.get(at).is_some_and(|stretch| stretch.from <= leaf_index)
}

/// The first registration behind a row with a leaf that is wanted. It goes as a whole: its receipt proves all or none.
fn own(conn: &Connection, wanted: &[Stretch], after: i64) -> Result<Option<Lost>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT id, first_leaf, runs, tree_size, head, proof FROM registration WHERE id > ?1 AND tree_size > ?2 ORDER BY id",
    )?;
    let lowest = wanted.first().map_or(0, |stretch| stretch.from);
    let mut rows = select.query((after, lowest))?;
    while let Some(row) = rows.next()? {
        let (id, first_leaf): (i64, u64) = (row.get(0)?, row.get(1)?);
        let runs = row.get::<_, Json<Vec<(u64, u64)>>>(2)?.0;
        let count: u64 = runs.iter().map(|(_, count)| count).sum();
        if !(first_leaf..first_leaf + count).any(|leaf_index| is_wanted(wanted, leaf_index)) {
            continue;
        }
        let proof: Vec<u8> = row.get(5)?;
        let hashes = proof.chunks_exact(32).filter_map(|hash| Digest::from_slice(hash).ok()).collect();
        let proof = RangeProof { tree_size: row.get(3)?, head: row.get(4)?, hashes };
        let leaves = own_leaves(conn, &runs, first_leaf)?;
        return Ok(Some(Lost {
            leaves,
            proof: Some(proof),
            spoiled: Vec::new(),
            after: HandedBack::Own(id),
        }));
    }
    Ok(None)
}

fn own_leaves(conn: &Connection, runs: &[(u64, u64)], first_leaf: u64) -> Result<Vec<Leaf>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT bytes, content FROM own_statement WHERE seq >= ?1 AND seq < ?1 + ?2 ORDER BY seq",
    )?;
    let mut leaves = Vec::new();
    for run in runs {
        let rows = select.query_map(*run, |row| leaf(row, 0, 0))?;
        for row in rows {
            leaves.push(Leaf { leaf_index: first_leaf + leaves.len() as u64, ..row? });
        }
    }
    Ok(leaves)
}

fn leaf(row: &Row<'_>, leaf_index: u64, first_column: usize) -> rusqlite::Result<Leaf> {
    let content = row.get::<_, Option<Vec<u8>>>(first_column + 1)?.map(Content);
    Ok(Leaf { leaf_index, statement: row.get(first_column)?, content })
}

fn foreign(conn: &Connection, wanted: &[Stretch], from: u64) -> Result<Option<Lost>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT leaf_index, bytes, content FROM foreign_statement
          WHERE leaf_index >= ?1 AND leaf_index < ?2 ORDER BY leaf_index",
    )?;
    let to = wanted.last().map_or(0, |stretch| stretch.to);
    let mut rows = select.query((from, to))?;
    let (mut leaves, mut spoiled, mut size_bytes) = (Vec::new(), Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let leaf_index = row.get(0)?;
        if !is_wanted(wanted, leaf_index) {
            continue;
        }
        let leaf = leaf(row, leaf_index, 1)?;
        if is_spoiled(conn, &leaf.statement)? {
            spoiled.push(leaf_index);
        }
        size_bytes += leaf.statement.len() + leaf.content.as_ref().map_or(0, |content| content.0.len());
        leaves.push(leaf);
        if leaves.len() == MAX_LEAVES || size_bytes > BATCH_BYTES {
            break;
        }
    }
    let after = leaves.last().map(|leaf| HandedBack::Foreign(leaf.leaf_index + 1));
    Ok(after.map(|after| Lost { leaves, proof: None, spoiled, after }))
}

/// Whether a statement's own signature is wrong: when it came, another one may have vouched for it. That of a key that is not
/// known here, or is the operator's, was looked at when it came or can not be.
fn is_spoiled(conn: &Connection, bytes: &[u8]) -> Result<bool, StoreError> {
    let Ok(statement) = Statement::decode(bytes) else { return Ok(true) };
    let key = known_key(conn, statement.header().key)?;
    Ok(key.is_some_and(|key| statement.verify(&key).is_err()))
}
