//! Packed statements as an independent program writes them (`tests/vectors/packed.py`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::path::Path;

use data_encoding::HEXLOWER;
use domain::flag::Flag;
use domain::scope::Scope;
use journal::{Statement, cbor};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wire::pull::{Content, PullItem, PullResponse};
use wire::push::{PushItem, PushRequest};

#[derive(Deserialize)]
struct Statements {
    sealed: Vec<Sealed>,
}

#[derive(Deserialize)]
struct Sealed {
    signer: String,
    statement: String,
    content_bytes: String,
}

#[derive(Deserialize)]
struct Packed {
    push: String,
    page: Page,
}

#[derive(Deserialize)]
struct Page {
    body: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    leaf_index: u64,
    has_content: bool,
    scopes: Vec<Scope>,
    flags: Vec<Flag>,
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

#[test]
fn a_push_has_the_same_columns_and_gives_the_same_items() {
    let (stated, packed): (Statements, Packed) = (read("statements.json"), read("packed.json"));
    let own = stated.sealed.iter().filter(|sealed| sealed.signer == "specialist");
    let item = |sealed: &Sealed| {
        let statement = bytes(&sealed.statement);
        let decoded = Statement::decode(&statement).unwrap();
        let (id, seq) = (decoded.id(), decoded.header().seq);
        PushItem { id, seq, statement, content: bytes(&sealed.content_bytes) }
    };
    let request = PushRequest { items: own.map(item).collect(), known_tree_size: 7 };
    assert!(request.items.len() > 40);
    let body = bytes(&packed.push);
    assert!(cbor::from_slice::<PushRequest>(&body).unwrap() == request, "what they packed");
    assert!(cbor::to_vec(&request).unwrap() == body, "what we pack");
}

#[test]
fn a_page_of_several_keys_has_the_same_columns_and_gives_the_same_items() {
    let (stated, packed): (Statements, Packed) = (read("statements.json"), read("packed.json"));
    let item = |(item, sealed): (Item, &Sealed)| PullItem {
        leaf_index: item.leaf_index,
        statement: bytes(&sealed.statement),
        content: item.has_content.then(|| Content(bytes(&sealed.content_bytes))),
        scopes: item.scopes,
        flags: item.flags,
    };
    let items: Vec<PullItem> = packed.page.items.into_iter().zip(&stated.sealed).map(item).collect();
    assert!(items.iter().any(|item| item.content.is_none()), "some are withheld");
    let body = bytes(&packed.page.body);
    let page: PullResponse = cbor::from_slice(&body).unwrap();
    assert!(page.items == items, "what they packed");
    assert!(cbor::to_vec(&page).unwrap() == body, "what we pack");
}
