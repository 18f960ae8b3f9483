//! The files in `tests/vectors`, as they are.

use std::collections::BTreeMap;
use std::path::Path;

use ciborium::Value;
use data_encoding::HEXLOWER;
use domain::id::{Digest, KeyId, StatementId, SubjectId};
use domain::{Content, Kind, for_each_content};
use journal::Beacon;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

pub(crate) fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn keys() -> BTreeMap<String, KeyVector> {
    read("keys.json")
}

/// Bytes in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Hex {
    pub(crate) fn array<const N: usize>(&self) -> [u8; N] {
        self.0.as_slice().try_into().expect("a vector of the right length")
    }
}

impl std::fmt::Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        HEXLOWER.decode(text.as_bytes()).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
pub(crate) struct KeyVector {
    pub(crate) secret: Hex,
    pub(crate) cose_key: Hex,
    pub(crate) thumbprint: KeyId,
    pub(crate) issuer: String,
    pub(crate) fingerprint: String,
    pub(crate) visit_id: SubjectId,
}

/// What one device shows another: the text of the picture, and what it holds.
#[derive(Deserialize)]
pub(crate) struct CodeVector {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) items: Vec<CodeItem>,
}

#[derive(Deserialize)]
pub(crate) struct CodeItem {
    pub(crate) statement: Hex,
    pub(crate) content_bytes: Hex,
}

#[derive(Deserialize)]
pub(crate) struct Statements {
    pub(crate) sealed: Vec<StatedVector>,
    pub(crate) newer: Vec<StatedVector>,
}

#[derive(Deserialize)]
pub(crate) struct StatedVector {
    pub(crate) kind: String,
    pub(crate) signer: String,
    pub(crate) subject: SubjectId,
    pub(crate) wall_ms: i64,
    pub(crate) seq: u64,
    pub(crate) prev: Option<StatementId>,
    pub(crate) beacon: Option<Beacon>,
    pub(crate) epoch: Hex,
    pub(crate) elapsed_ms: u64,
    pub(crate) salt: Hex,
    pub(crate) content: serde_json::Value,
    pub(crate) content_bytes: Hex,
    pub(crate) statement: Hex,
    pub(crate) id: StatementId,
}

#[derive(Deserialize)]
pub(crate) struct RefusedStatement {
    pub(crate) name: String,
    pub(crate) rule: String,
    pub(crate) signer: String,
    pub(crate) statement: Hex,
    pub(crate) content_bytes: Hex,
}

#[derive(Deserialize)]
pub(crate) struct Forms {
    pub(crate) accepted: Vec<Hex>,
    pub(crate) refused: Vec<Hex>,
}

#[derive(Deserialize)]
pub(crate) struct ScopeList {
    pub(crate) names: Vec<String>,
    pub(crate) version: Hex,
}

#[derive(Deserialize)]
pub(crate) struct LogVectors {
    pub(crate) leaf_hashes: Vec<Digest>,
    pub(crate) roots: Vec<Digest>,
    pub(crate) inclusion: Vec<Inclusion>,
    pub(crate) ranges: Vec<Range>,
    pub(crate) consistency: Vec<Consistency>,
    pub(crate) heads: Vec<Head>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) refused: Vec<RefusedReceipt>,
}

#[derive(Deserialize)]
pub(crate) struct Inclusion {
    pub(crate) leaf_index: u64,
    pub(crate) tree_size: u64,
    pub(crate) path: Vec<Digest>,
}

#[derive(Deserialize)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) count: u64,
    pub(crate) tree_size: u64,
    pub(crate) proof: Vec<Digest>,
}

#[derive(Deserialize)]
pub(crate) struct Consistency {
    pub(crate) old: u64,
    pub(crate) new: u64,
    pub(crate) proof: Vec<Digest>,
}

#[derive(Deserialize)]
pub(crate) struct Head {
    pub(crate) tree_size: u64,
    pub(crate) iat: i64,
    pub(crate) head: Hex,
}

#[derive(Deserialize)]
pub(crate) struct Receipt {
    pub(crate) leaf_index: u64,
    pub(crate) tree_size: u64,
    pub(crate) receipt: Hex,
}

#[derive(Deserialize)]
pub(crate) struct RefusedReceipt {
    pub(crate) name: String,
    pub(crate) statement: Hex,
    pub(crate) receipt: Hex,
}

/// The content that a vector states in JSON, where a byte string is `{"bytes": hexadecimal}`.
pub(crate) fn meaning(kind: Kind, json: &serde_json::Value) -> Content {
    let value = from_json(json);
    macro_rules! content {
        ($($variant:ident)+) => {
            match kind { $(Kind::$variant => value.deserialized().map(Content::$variant)),+ }
        };
    }
    for_each_content!(content).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

fn from_json(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Integer(number.as_i64().expect("integers only").into()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(from_json).collect()),
        Json::Object(members) => match members.get("bytes").and_then(Json::as_str) {
            Some(hex) => Value::Bytes(HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal")),
            None => Value::Map(
                members.iter().map(|(name, value)| (name.as_str().into(), from_json(value))).collect(),
            ),
        },
    }
}
