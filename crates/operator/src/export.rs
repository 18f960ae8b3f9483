//! The whole log as files, for an auditor or a move.
//!
//! | File | Holds |
//! |---|---|
//! | `log.cbor` | a CBOR sequence (RFC 8742), one map for each leaf: statement, content unless erased, flags, time |
//! | `heads.cbor` | a CBOR sequence, one map for each signed tree head |
//! | `refusals.cbor` | a CBOR sequence, one map for each refused item |
//! | `agreements/<sha256>.txt` | the published texts |
//! | `manifest.json` | how many, and the last head |
//!
//! Contents are personal data: the folder is made for its owner only.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use domain::agreement::AgreementKind;
use domain::content::bytes;
use domain::flag::Flag;
use domain::id::{Digest, KeyId, StatementId};
use operator_core::store::{StoreError, StoreRead};
use serde::Serialize;
use wire::pull::Content;

use crate::Folder;
use crate::folder::FolderError;

/// Rows that are read at once.
const BATCH: u32 = 500;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Something is there already.
    #[error("{0} is not empty: an export goes into a folder of its own")]
    NotEmpty(PathBuf),
    /// A file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Making the folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A row that cannot be written.
    #[error("a row cannot be represented: {0}")]
    Cbor(#[from] journal::cbor::CborError),
    /// The manifest.
    #[error("the manifest cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// Version of this layout.
    pub layout: u32,
    /// Thumbprint of the operator's key.
    pub operator_key: KeyId,
    /// Leaves.
    pub statements: u64,
    /// Heads.
    pub heads: u64,
    /// Refused items.
    pub refusals: u64,
    /// Published texts.
    pub agreements: u64,
    /// Root under the last head.
    pub root: Option<Digest>,
}

#[derive(Serialize)]
struct Leaf {
    leaf_index: u64,
    registered_at_ms: i64,
    flags: Vec<Flag>,
    #[serde(with = "bytes")]
    statement: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
}

#[derive(Serialize)]
struct Head {
    tree_size: u64,
    root: Digest,
    signed_at_ms: i64,
    #[serde(with = "bytes")]
    head: Vec<u8>,
}

#[derive(Serialize)]
struct Refusal {
    key: KeyId,
    id: StatementId,
    seq: u64,
    took_place: bool,
    reason: &'static str,
    refused_at_ms: i64,
    sha256: Digest,
    #[serde(with = "bytes")]
    statement: Vec<u8>,
}

/// A file that takes CBOR items one after the other.
struct Sequence {
    path: PathBuf,
    file: BufWriter<File>,
    count: u64,
}

impl Sequence {
    fn create(folder: &Path, name: &str) -> Result<Self, ExportError> {
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(|source| ExportError::Io { path: path.clone(), source })?;
        Ok(Self { path, file: BufWriter::new(file), count: 0 })
    }

    fn push<T: Serialize>(&mut self, item: &T) -> Result<(), ExportError> {
        let bytes = journal::cbor::to_vec(item)?;
        self.count += 1;
        self.file.write_all(&bytes).map_err(|source| ExportError::Io { path: self.path.clone(), source })
    }

    fn finish(mut self) -> Result<u64, ExportError> {
        let flushed = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        flushed.map_err(|source| ExportError::Io { path: self.path, source })?;
        Ok(self.count)
    }
}

/// Writes everything from one snapshot.
///
/// # Errors
/// [`ExportError`].
pub fn export(read: &dyn StoreRead, operator_key: KeyId, out: &Path) -> Result<Manifest, ExportError> {
    let io = |source| ExportError::Io { path: out.to_owned(), source };
    Folder::at(out).create()?;
    if fs::read_dir(out).map_err(io)?.next().is_some() {
        return Err(ExportError::NotEmpty(out.to_owned()));
    }
    let mut log = Sequence::create(out, "log.cbor")?;
    loop {
        let entries = read.entries(log.count, BATCH)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            log.push(&Leaf {
                leaf_index: entry.leaf_index,
                registered_at_ms: entry.registered_at_ms,
                flags: entry.flags,
                content: read.content(entry.leaf_index)?.map(Content),
                statement: entry.statement,
            })?;
        }
    }
    let mut heads = Sequence::create(out, "heads.cbor")?;
    for head in read.heads()? {
        let (tree_size, root, signed_at_ms) = (head.tree_size, head.root, head.signed_at_ms);
        heads.push(&Head { tree_size, root, signed_at_ms, head: head.bytes })?;
    }
    let mut refusals = Sequence::create(out, "refusals.cbor")?;
    for refused in read.refusals()? {
        refusals.push(&Refusal {
            key: refused.key,
            id: refused.id,
            seq: refused.seq,
            took_place: refused.took_place,
            reason: refused.reason.as_str(),
            refused_at_ms: refused.refused_at_ms,
            sha256: refused.sha256,
            statement: refused.statement,
        })?;
    }
    let manifest = Manifest {
        layout: 1,
        operator_key,
        statements: log.finish()?,
        heads: heads.finish()?,
        refusals: refusals.finish()?,
        agreements: agreements(read, &out.join("agreements"))?,
        root: read.latest_head()?.map(|head| head.root),
    };
    fs::write(out.join("manifest.json"), serde_json::to_vec_pretty(&manifest)?).map_err(io)?;
    Ok(manifest)
}

fn agreements(read: &dyn StoreRead, folder: &Path) -> Result<u64, ExportError> {
    let io = |source| ExportError::Io { path: folder.to_owned(), source };
    fs::create_dir(folder).map_err(io)?;
    let mut count = 0;
    for document in AgreementKind::ALL {
        for version in operator_core::agreement::versions(read, document)? {
            for text in version.published.texts {
                let missing = StoreError::Damaged("a published text is missing");
                let bytes = read.document(text.sha256)?.ok_or(missing)?;
                fs::write(folder.join(format!("{}.txt", text.sha256)), bytes).map_err(io)?;
                count += 1;
            }
        }
    }
    Ok(count)
}
