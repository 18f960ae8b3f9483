//! One visit as a folder that needs nothing else: docs/PROTOCOL.md, 10, says what lies in it.

mod page;
mod phrases;
mod story;

use std::collections::BTreeMap;
use std::path::Path;

use domain::content::Locale;
use domain::id::{Digest, KeyId, VisitId};
use journal::merkle;
use journal::receipt::TreeHead;
use journal::{Statement, manifest};
use operator_core::package::{Package, PackageRefusal, Reader, package};
use operator_core::store::{StoreError, StoreRead};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::Instance;
use crate::export::{ExportError, Leaf, begin};

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Files.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The visit, or its reader.
    #[error(transparent)]
    Refused(#[from] PackageRefusal),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the operator signs: every file of the package by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// Version of this layout.
    pub layout: u32,
    /// The visit.
    pub visit: VisitId,
    /// For whom: `person:<id>`, `organisation:<id>` or `everything`.
    pub reader: String,
    /// Thumbprint of the operator's key.
    pub operator_key: KeyId,
    /// Statements.
    pub statements: u64,
    /// Leaves under the head.
    pub tree_size: u64,
    /// Root under the head.
    pub root: Digest,
    /// SHA-256 of each other file but `manifest.cose`.
    pub files: BTreeMap<String, Digest>,
}

/// Files by name, as they will lie in the folder.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Writes the package of a visit into a folder that is empty or not there.
///
/// # Errors
/// [`PackageError`]; nothing is written when the reader may not see the visit.
pub fn export_visit(
    instance: &Instance,
    visit: VisitId,
    reader: Option<Reader>,
    locale: Locale,
    out: &Path,
) -> Result<Manifest, PackageError> {
    let read = instance.read()?;
    let now_ms = instance.now_ms();
    let made = package(read.as_ref(), visit, reader, instance.key.verifying_key(), now_ms)??;
    let files = files(read.as_ref(), instance, &made, locale)?;
    let hashes = files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect();
    let manifest = Manifest {
        layout: 1,
        visit,
        reader: match made.reader {
            Reader::Person(person) => format!("person:{person}"),
            Reader::Organisation(organisation) => format!("organisation:{organisation}"),
            Reader::Everything => "everything".into(),
        },
        operator_key: instance.key.id(),
        statements: made.items.len() as u64,
        tree_size: made.head.tree_size,
        root: made.head.root,
        files: hashes,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(ExportError::from)?;
    let folder = begin(out)?;
    for (name, bytes) in &files {
        folder.write(name, bytes)?;
    }
    folder.write("manifest.json", &text)?;
    let signed_at_s = now_ms.div_euclid(1_000);
    let signature = manifest::sign(&text, manifest::ContentType::Package, signed_at_s, &instance.key);
    folder.write("manifest.cose", &signature)?;
    Ok(manifest)
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

fn files(
    read: &dyn StoreRead,
    instance: &Instance,
    made: &Package,
    locale: Locale,
) -> Result<Files, PackageError> {
    let mut files = Files::new();
    let mut log = Vec::new();
    let mut spans = BTreeMap::new();
    for item in &made.items {
        let (leaf, entry) = (item.entry.leaf_index, &item.entry);
        files.insert(format!("statements/{leaf:012}.cose"), entry.statement.clone());
        files.insert(format!("receipts/{leaf:012}.cose"), item.receipt.clone());
        if let Some(content) = &item.content {
            files.insert(format!("contents/{leaf:012}.cbor"), content.clone());
        }
        let line =
            serde_json::to_string(&Leaf::of(entry, item.content.is_some())).map_err(ExportError::from)?;
        log.extend_from_slice(line.as_bytes());
        log.push(b'\n');
        if entry.kind.is_about_visit() {
            spans.insert(leaf, time(read, instance, made, leaf, &mut files)?);
        }
    }
    files.insert(format!("heads/{:012}.cose", made.head.tree_size), made.head.bytes.clone());
    files.insert("log.jsonl".into(), log);
    for (hash, text) in &made.texts {
        files.insert(format!("agreements/{hash}.txt"), text.clone());
    }
    let told = story::Story::of(made, &spans, instance.key.id(), instance.now_ms());
    files.insert("visit.html".into(), page::page(&told, locale).into_bytes());
    Ok(files)
}

/// What proves when a statement was made: the head that it names, and its receipt under the first head over it.
fn time(
    read: &dyn StoreRead,
    instance: &Instance,
    made: &Package,
    leaf: u64,
    files: &mut Files,
) -> Result<story::Span, PackageError> {
    let damaged = || StoreError::Damaged("a statement or a head cannot be read");
    let item = made.items.iter().find(|item| item.entry.leaf_index == leaf).ok_or_else(damaged)?;
    let statement = Statement::decode(&item.entry.statement).map_err(|_| damaged())?;
    let mut span = story::Span::default();
    let operator = instance.key.verifying_key();
    if let Some(beacon) = statement.header().beacon
        && let Some(last) = beacon.tree_size.checked_sub(1)
        && let Some(head) = read.head_covering(last)?.filter(|head| head.tree_size == beacon.tree_size)
        && let Ok(signed) = TreeHead::verify(&head.bytes, beacon.root, operator)
    {
        span.not_before_s = Some(signed.signed_at_s);
        files.insert(format!("heads/{:012}.cose", head.tree_size), head.bytes);
    }
    let head = read.head_covering(leaf)?.ok_or_else(damaged)?;
    let signed = TreeHead::verify(&head.bytes, head.root, operator).map_err(|_| damaged())?;
    let path = merkle::inclusion_path(&operator_core::head::tree(read), leaf, head.tree_size)?;
    let registration = signed.receipt(leaf, &path).map_err(|_| damaged())?;
    files.insert(format!("registrations/{leaf:012}.cose"), registration);
    span.not_after_s = Some(signed.signed_at_s);
    Ok(span)
}
