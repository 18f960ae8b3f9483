//! Statements up.

use domain::content::bytes;
use domain::flag::Flag;
use domain::id::{Digest, StatementId};
use journal::statement::Claimed;
use serde::{Deserialize, Serialize};

use crate::body::Bytes;
use crate::packed;

/// Most statements in one push: some 120 kB on the wire, half a second at 2 Mbit/s. With fewer a line of long delay would
/// stand idle, with more a cut would cost more.
pub const MAX_ITEMS: usize = 1_000;

/// One statement with its content.
///
/// `id` and `seq` are the client's claim; they matter only when the bytes cannot be verified: then the id is recorded
/// with the reason and the series goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushItem {
    /// Id by the client. It counts for bytes that cannot be attributed; of others their own does.
    pub id: StatementId,
    /// Place in the device's series by the client.
    pub seq: u64,
    /// The signed bytes.
    #[serde(with = "bytes")]
    pub statement: Vec<u8>,
    /// The content's bytes.
    #[serde(with = "bytes")]
    pub content: Vec<u8>,
}

impl packed::Item for PushItem {
    type Columns = PackedItems;
}

/// Items whose claims follow from their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackedItems {
    statements: packed::Statements,
    content: Vec<Bytes>,
}

impl packed::Columns<PushItem> for PackedItems {
    fn pack(items: &[PushItem]) -> (usize, Self) {
        let mut packer = packed::Packer::default();
        let is_packed = |item: &&PushItem| {
            let is_as_said =
                |statement: &Claimed| statement.id == item.id && statement.header.seq == item.seq;
            packer.push(&item.statement, true, is_as_said).is_some()
        };
        let content: Vec<_> =
            items.iter().take_while(is_packed).map(|item| Bytes(item.content.clone())).collect();
        (content.len(), Self { statements: packer.finish(), content })
    }

    fn unpack(&self, budget: &mut packed::Budget) -> Result<Vec<PushItem>, packed::PackedError> {
        let contents: Vec<_> = self.content.iter().map(|content| Some(content.0.as_slice())).collect();
        let unpacked = self.statements.unpack(&contents, budget)?;
        let whole = |(unpacked, content): (packed::Unpacked, &Bytes)| PushItem {
            id: unpacked.id,
            seq: unpacked.seq,
            statement: unpacked.statement,
            content: content.0.clone(),
        };
        Ok(unpacked.into_iter().zip(&self.content).map(whole).collect())
    }
}

/// `POST /v1/push`: a run of one device's series, in order, without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    /// At most [`MAX_ITEMS`].
    #[serde(with = "packed")]
    pub items: Vec<PushItem>,
    /// Size of the last tree head that the device verified; 0 for none.
    pub known_tree_size: u64,
}

/// Why bytes were refused: only what cannot be attributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Larger than a statement or a content may be.
    TooLarge,
    /// Not a statement in its one byte form.
    NotAStatement,
    /// The signature is wrong.
    BadSignature,
    /// The key is not that of the authenticated device.
    UnknownKey,
    /// The content is not the one whose hash was signed.
    WrongContent,
}

impl Refusal {
    /// The code in SQL and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Refusal::TooLarge => "too-large",
            Refusal::NotAStatement => "not-a-statement",
            Refusal::BadSignature => "bad-signature",
            Refusal::UnknownKey => "unknown-key",
            Refusal::WrongContent => "wrong-content",
        }
    }

    /// The refusal of that code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::TooLarge, Self::NotAStatement, Self::BadSignature, Self::UnknownKey, Self::WrongContent]
            .into_iter()
            .find(|refusal| refusal.as_str() == code)
    }
}

/// What became of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Registered now.
    Registered {
        /// Position in the log.
        leaf_index: u64,
        /// What a person should look at.
        #[serde(deserialize_with = "domain::flag::known")]
        flags: Vec<Flag>,
    },
    /// Registered before; the same answer again.
    AlreadyHave {
        /// Position in the log.
        leaf_index: u64,
        /// As then.
        #[serde(deserialize_with = "domain::flag::known")]
        flags: Vec<Flag>,
    },
    /// Registered as a second branch: another statement stands at the same place of the series.
    Fork {
        /// Position in the log.
        leaf_index: u64,
        /// Contains `fork`.
        #[serde(deserialize_with = "domain::flag::known")]
        flags: Vec<Flag>,
    },
    /// Statements before it are missing; nothing happened.
    Gap {
        /// Number that the operator expects next.
        expected_seq: u64,
    },
    /// Cannot be attributed; recorded under the client's id, the series goes on.
    Refused {
        /// Why.
        #[serde(deserialize_with = "reason")]
        reason: Refusal,
    },
}

impl Outcome {
    /// Where it is in the log, if it is.
    pub const fn leaf_index(&self) -> Option<u64> {
        match self {
            Outcome::Registered { leaf_index, .. }
            | Outcome::AlreadyHave { leaf_index, .. }
            | Outcome::Fork { leaf_index, .. } => Some(*leaf_index),
            Outcome::Gap { .. } | Outcome::Refused { .. } => None,
        }
    }
}

/// Contiguous leaves of this device under one signed tree head, with one range proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Position of the first leaf.
    pub first_leaf: u64,
    /// How many leaves. Which statements stand there follows from the outcomes; the device has their bytes.
    pub count: u64,
    /// The signed tree head ([`journal::receipt::TreeHead`]).
    #[serde(with = "bytes")]
    pub head: Vec<u8>,
    /// Size of the tree under that head.
    pub tree_size: u64,
    /// Hashes outside the range, left to right ([`journal::merkle::range_proof`]).
    pub proof: Vec<Digest>,
    /// Between this head and the largest tree that the device knows by then, that of `known_tree_size` or of a
    /// registration before this one, from the smaller to the larger (RFC 9162 section 2.1.4): no receipt comes from a
    /// log that nobody else is shown.
    pub consistency: Vec<Digest>,
}

/// Answer to a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResponse {
    /// One for each item, in order.
    pub outcomes: Vec<Outcome>,
    /// Cover every item that is registered.
    pub registrations: Vec<Registration>,
    /// Number that the operator expects next from this device.
    pub next_seq: u64,
}

/// Reads a reason; one of a newer operator counts as the broadest: the statement is parked all the same.
fn reason<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Refusal, D::Error> {
    let code = String::deserialize(deserializer)?;
    Ok(Refusal::parse(&code).unwrap_or(Refusal::NotAStatement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_a_newer_version_refuses_without_spoiling_the_answer() {
        let read = |code: &str| {
            let refused = std::collections::BTreeMap::from([("reason", code)]);
            let answer = vec![std::collections::BTreeMap::from([("refused", refused)])];
            let bytes = crate::body::encode(&answer).unwrap().bytes;
            crate::body::decode::<Vec<Outcome>>(&bytes, None).unwrap()
        };
        assert_eq!(read("wrong-content"), [Outcome::Refused { reason: Refusal::WrongContent }]);
        assert_eq!(read("wrong-moon"), [Outcome::Refused { reason: Refusal::NotAStatement }]);
    }
}
