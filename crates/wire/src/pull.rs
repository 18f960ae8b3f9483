//! Statements down, by scope.
//!
//! A pull is a short conversation. The device names the version of the scope list that it applied. While that is not
//! the current one, the answer holds nothing but the new list (and what travels first): the device deletes what lost
//! scopes held, notes the gained ones for backfill and asks again. Then it backfills gained scopes from 0 up to its
//! cursor, then goes on from the cursor. A cursor is a log index, never a time.

use domain::content::bytes;
use domain::flag::Flag;
use domain::id::Digest;
use domain::scope::Scope;
use serde::{Deserialize, Serialize};

use crate::packed::{self, Repeating};

/// Most statements in one answer: a line of long delay stands idle less often than with fewer, and a tap that meets the
/// transaction of a page waits shorter than with more.
pub const MAX_ITEMS: u32 = 1_500;

/// Gained scopes that are being filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Which.
    pub scopes: Vec<Scope>,
    /// Leaves below this one were delivered.
    pub cursor: u64,
}

/// How far the reader has what comes in front of a page and did not fit into one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// Leaves below this one were delivered of it.
    pub cursor: u64,
    /// Where that page ends, exclusive: what comes in front of it stays the same while the log grows.
    pub to: u64,
}

/// `POST /v1/pull`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Version of the scope list that the device applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes_version: Option<Digest>,
    /// Leaves below this one were delivered for all scopes of that version but those in `backfill`.
    pub cursor: u64,
    /// Gained scopes, until they have caught up with `cursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<Backfill>,
    /// Size of the last tree head that the device verified; 0 for none.
    pub known_tree_size: u64,
    /// Leaves below this one were checked for what travels first.
    pub urgent_cursor: u64,
    /// As the answer before gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
    /// Most items wanted.
    pub limit: u32,
}

/// One statement of others or of the reader's other devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullItem {
    /// Position in the log.
    pub leaf_index: u64,
    /// The signed bytes.
    #[serde(with = "bytes")]
    pub statement: Vec<u8>,
    /// The content, unless the reader may see only the envelope or it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Scopes of the reader that hold it.
    #[serde(deserialize_with = "known")]
    pub scopes: Vec<Scope>,
    /// What a person should look at; the operator's view, not signed.
    #[serde(deserialize_with = "domain::flag::known")]
    pub flags: Vec<Flag>,
}

impl packed::Item for PullItem {
    type Columns = PackedItems;
}

/// Names of scopes that hold one statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
struct Scopes(#[serde(deserialize_with = "known")] Vec<Scope>);

/// Flags of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
struct Flags(#[serde(deserialize_with = "domain::flag::known")] Vec<Flag>);

/// Items of one or several keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackedItems {
    statements: packed::Statements,
    /// null where there is none.
    content: Vec<Option<Content>>,
    /// Steps.
    leaf_index: Vec<i64>,
    scopes: packed::Repeated<Scopes>,
    flags: packed::Repeated<Flags>,
}

impl packed::Columns<PullItem> for PackedItems {
    fn pack(items: &[PullItem]) -> (usize, Self) {
        let mut packer = packed::Packer::default();
        let (mut leaf, mut leaf_index) = (packed::Running::default(), Vec::new());
        let (mut content, mut scopes, mut flags) = (Vec::new(), Repeating::default(), Repeating::default());
        for item in items {
            let mut after = leaf;
            let Some(step) = after.step(item.leaf_index) else { break };
            if packer.push(&item.statement, item.content.is_some(), |_| true).is_none() {
                break;
            }
            leaf = after;
            leaf_index.push(step);
            content.push(item.content.clone());
            scopes.push(Scopes(item.scopes.clone()));
            flags.push(Flags(item.flags.clone()));
        }
        let (scopes, flags) = (scopes.into_column(), flags.into_column());
        (content.len(), Self { statements: packer.finish(), content, leaf_index, scopes, flags })
    }

    fn unpack(&self, budget: &mut packed::Budget) -> Result<Vec<PullItem>, packed::PackedError> {
        let contents: Vec<_> =
            self.content.iter().map(|content| content.as_ref().map(|content| content.0.as_slice())).collect();
        let unpacked = self.statements.unpack(&contents, budget)?;
        let count = unpacked.len();
        if [self.leaf_index.len(), self.scopes.len(), self.flags.len()] != [count; 3] {
            return Err(packed::PackedError::Length);
        }
        let mut leaf = packed::Running::default();
        let mut items = Vec::with_capacity(count);
        for (row, unpacked) in unpacked.into_iter().enumerate() {
            let (scopes, flags) = (&self.scopes.get(row)?.0, &self.flags.get(row)?.0);
            budget.take(size_of_val(scopes.as_slice()) + size_of_val(flags.as_slice()))?;
            items.push(PullItem {
                leaf_index: leaf.follow(self.leaf_index[row])?,
                statement: unpacked.statement,
                content: self.content[row].clone(),
                scopes: scopes.clone(),
                flags: flags.clone(),
            });
        }
        Ok(items)
    }
}

/// The content's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(#[serde(with = "bytes")] pub Vec<u8>);

/// The signed head of the log, consistent with the one that the device knew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The signed tree head ([`journal::receipt::TreeHead`]).
    #[serde(with = "bytes")]
    pub head: Vec<u8>,
    /// Its root.
    pub root: Digest,
    /// Its size.
    pub tree_size: u64,
    /// From the device's `known_tree_size` to this one (RFC 9162 section 2.1.4).
    pub consistency: Vec<Digest>,
}

/// Answer to a pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullResponse {
    /// Version of the reader's scope list now.
    pub scopes_version: Digest,
    /// The list, when the device named another version; then `items` is empty.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known_list")]
    pub scopes: Option<Vec<Scope>>,
    /// Revocations, withdrawals and erasures beyond `urgent_cursor`, whatever page they will come on again.
    #[serde(with = "packed")]
    pub urgent: Vec<PullItem>,
    /// What the next request names as `urgent_cursor`.
    pub urgent_cursor: u64,
    /// In the order of the log.
    #[serde(with = "packed")]
    pub items: Vec<PullItem>,
    /// What the next request names as `cursor`.
    pub cursor: u64,
    /// What the next request names as backfill cursor; at `cursor` it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill_cursor: Option<u64>,
    /// Present: what comes in front of the page did not fit, no cursor moved, and the next request names this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
    /// Ask again at once.
    pub more: bool,
    /// About how many items are left after these, for the progress.
    pub remaining: u64,
    /// The head of the log; absent while the log is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// The operator lost contents in a restore: whoever holds some hands them back ([`crate::collect`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_contents: bool,
}

/// Reads scopes and leaves out those that this version does not know: a newer operator must not silence an older device,
/// which asks for the list again once it is updated.
fn known<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Scope>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

fn known_list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Scope>>, D::Error> {
    known(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_of_a_newer_version_is_left_out() {
        #[derive(Serialize)]
        struct Newer {
            leaf_index: u64,
            #[serde(with = "bytes")]
            statement: Vec<u8>,
            scopes: Vec<&'static str>,
            flags: Vec<&'static str>,
        }
        let newer = Newer {
            leaf_index: 7,
            statement: vec![1],
            scopes: vec!["operator", "galaxy", "moon:00112233445566778899aabbccddeeff"],
            flags: Vec::new(),
        };
        let bytes = crate::body::encode(&newer).unwrap().bytes;
        let item: PullItem = crate::body::decode(&bytes, None).unwrap();
        assert_eq!(item.scopes, [Scope::Operator]);
    }

    #[test]
    fn an_answer_with_a_newer_list_is_read_and_one_without_a_list_has_none() {
        #[derive(Serialize)]
        struct List {
            #[serde(skip_serializing_if = "Option::is_none")]
            scopes: Option<Vec<&'static str>>,
        }
        #[derive(Deserialize)]
        struct Read {
            #[serde(default, deserialize_with = "known_list")]
            scopes: Option<Vec<Scope>>,
        }
        let read = |scopes| {
            let bytes = crate::body::encode(&List { scopes }).unwrap().bytes;
            crate::body::decode::<Read>(&bytes, None).unwrap().scopes
        };
        assert_eq!(read(Some(vec!["galaxy", "operator"])), Some(vec![Scope::Operator]));
        assert_eq!(read(None), None);
    }
}
