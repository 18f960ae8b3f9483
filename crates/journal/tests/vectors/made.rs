//! Statements, proofs and receipts for drawn inputs, for the independent reader.
//!
//! `VECTORS_OUT` names the file, by default `vectors/rust.json` below the build folder; `VECTORS_SEED` repeats a run.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use domain::id::{Digest, SubjectId};
use domain::{Content, ContinuousTime, Kind, for_each_content};
use journal::receipt::TreeHead;
use journal::seal::Stamp;
use journal::{Beacon, Draft, SeriesHead, SigningKey, merkle, seal};
use serde_json::{Value as Json, json};

use crate::draw::Draw;
use crate::log::Tree;

const STATEMENTS_OF_EACH_KIND: usize = 8;
const SIGNERS: usize = 4;

#[test]
fn statements_and_proofs_are_written_for_the_independent_reader() {
    let seed = match std::env::var("VECTORS_SEED") {
        Ok(seed) => seed.parse().expect("VECTORS_SEED is a number"),
        Err(_) => RandomState::new().hash_one("vectors"),
    };
    println!("VECTORS_SEED={seed}");
    let mut draw = Draw(seed);
    let mut kinds: Vec<Kind> = Kind::ALL.repeat(STATEMENTS_OF_EACH_KIND);
    for last in (1..kinds.len()).rev() {
        kinds.swap(last, draw.below(last + 1));
    }
    let mut series: Vec<(SigningKey, SeriesHead)> =
        (0..SIGNERS).map(|_| (draw.key(), SeriesHead::EMPTY)).collect();
    let (mut stated, mut entries) = (Vec::new(), Vec::new());
    for kind in kinds {
        let (key, head) = &mut series[draw.below(SIGNERS)];
        let (vector, bytes) = state(&mut draw, kind, key, head);
        stated.push(vector);
        entries.push(bytes);
    }
    let operator = draw.key();
    let made = json!({
        "seed": seed,
        "operator": hex(&operator.verifying_key().to_cose_key()),
        "statements": stated,
        "log": prove(&mut draw, &operator, &entries),
    });
    let path = path();
    std::fs::create_dir_all(path.parent().expect("a file in a folder")).unwrap();
    std::fs::write(&path, serde_json::to_vec(&made).unwrap()).unwrap();
}

fn path() -> PathBuf {
    std::env::var_os("VECTORS_OUT").map_or_else(
        // Cargo names a folder for what tests write; it lies in the build folder.
        || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("vectors").join("rust.json"),
        PathBuf::from,
    )
}

fn state(draw: &mut Draw, kind: Kind, key: &SigningKey, head: &mut SeriesHead) -> (Json, Vec<u8>) {
    let beacon = (draw.below(3) > 0).then(|| Beacon {
        tree_size: draw.whole(0, i64::MAX) as u64,
        root: Digest::from_bytes(draw.array()),
    });
    let continuous = ContinuousTime { epoch: draw.array(), elapsed_ms: draw.whole(0, i64::MAX) as u64 };
    let draft = Draft { subject: SubjectId::from_bytes(draw.array()), content: draw.content(kind) };
    let stamp = Stamp { utc_ms: draw.whole(i64::MIN, i64::MAX), continuous, beacon };
    let sealed = seal(&draft, head, stamp, draw.array(), key).expect("drawn contents are small");
    let vector = json!({
        "key": hex(&key.verifying_key().to_cose_key()),
        "kind": kind.as_str(),
        "subject": draft.subject.to_string(),
        "iat": stamp.utc_ms.div_euclid(1_000),
        "seq": head.next_seq,
        "epoch": hex(&continuous.epoch),
        "elapsed_ms": continuous.elapsed_ms,
        "beacon": beacon.map(|beacon| json!([beacon.tree_size, beacon.root.to_string()])),
        "id": sealed.id.to_string(),
        "statement": hex(&sealed.bytes),
        "content": to_json(&draft.content),
        "content_bytes": hex(&sealed.content),
    });
    *head = head.after(sealed.id);
    (vector, sealed.bytes)
}

fn to_json(content: &Content) -> Json {
    macro_rules! json {
        ($($variant:ident)+) => {
            match content { $(Content::$variant(inner) => serde_json::to_value(inner)),+ }
        };
    }
    for_each_content!(json).expect("contents have a form in JSON")
}

fn prove(draw: &mut Draw, operator: &SigningKey, entries: &[Vec<u8>]) -> Json {
    let tree = Tree::grow(entries);
    let full = entries.len() as u64;
    let leaf_hashes: Vec<Digest> = entries.iter().map(|entry| merkle::leaf_hash(entry)).collect();
    let roots: Vec<Digest> = (0..=full).map(|size| tree.root(size)).collect();
    let (mut inclusion, mut ranges, mut consistency) = (Vec::new(), Vec::new(), Vec::new());
    let (mut heads, mut receipts) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let tree_size = 1 + draw.below(entries.len()) as u64;
        let leaf_index = draw.below(tree_size as usize) as u64;
        let count = 1 + draw.below((tree_size - leaf_index) as usize) as u64;
        let Ok(path) = merkle::inclusion_path(&tree, leaf_index, tree_size);
        inclusion.push(json!({ "leaf_index": leaf_index, "tree_size": tree_size, "path": path }));
        let Ok(proof) = merkle::range_proof(&tree, leaf_index, count, tree_size);
        ranges.push(json!({ "first": leaf_index, "count": count, "tree_size": tree_size, "proof": proof }));
        let Ok(proof) = merkle::consistency_proof(&tree, leaf_index, tree_size);
        consistency.push(json!({ "old": leaf_index, "new": tree_size, "proof": proof }));
        let head = TreeHead::sign(tree_size, tree.root(tree_size), draw.whole(i64::MIN, i64::MAX), operator);
        let receipt = head.receipt(leaf_index, &path).expect("the head is our own");
        heads.push(json!({ "tree_size": tree_size, "iat": head.signed_at_s, "head": hex(&head.bytes) }));
        receipts.push(json!({ "leaf_index": leaf_index, "tree_size": tree_size, "receipt": hex(&receipt) }));
    }
    json!({
        "leaf_hashes": leaf_hashes,
        "roots": roots,
        "inclusion": inclusion,
        "ranges": ranges,
        "consistency": consistency,
        "heads": heads,
        "receipts": receipts,
    })
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
