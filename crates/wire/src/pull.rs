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

/// Most statements in one answer.
pub const MAX_ITEMS: u32 = 1_000;

/// Gained scopes that are being filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Which.
    pub scopes: Vec<Scope>,
    /// Leaves below this one were delivered.
    pub cursor: u64,
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
    pub urgent: Vec<PullItem>,
    /// What the next request names as `urgent_cursor`.
    pub urgent_cursor: u64,
    /// In the order of the log.
    pub items: Vec<PullItem>,
    /// What the next request names as `cursor`.
    pub cursor: u64,
    /// What the next request names as backfill cursor; at `cursor` it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill_cursor: Option<u64>,
    /// Ask again at once.
    pub more: bool,
    /// How many items are left after these, for the progress.
    pub remaining: u64,
    /// The head of the log; absent while the log is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
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
