//! The whole log as files, for an auditor or a move.
//!
//! | Path | Holds |
//! |---|---|
//! | `statements/<leaf>.cose` | each signed statement, byte for byte |
//! | `contents/<leaf>.cbor` | its content, unless it was erased |
//! | `heads/<size>.cose` | each signed tree head |
//! | `log.jsonl` | a line for each leaf: id, flags, when it was registered |
//! | `refusals.jsonl` | a line for each refused item |
//! | `agreements/<sha256>.txt` | the published texts |
//! | `manifest.json` | how many, and the last root |
//!
//! Numbers have twelve digits, so that names sort as the log does. Contents are personal data: the folder is made for
//! its owner only.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use domain::agreement::AgreementKind;
use domain::flag::Flag;
use domain::id::{Digest, KeyId, StatementId};
use operator_core::store::{Entry, StoreError, StoreRead};
use serde::Serialize;

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
    /// A line.
    #[error("a line cannot be written: {0}")]
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

/// A line of `log.jsonl`.
#[derive(Serialize)]
pub(crate) struct Leaf<'a> {
    leaf_index: u64,
    id: StatementId,
    registered_at_ms: i64,
    flags: &'a [Flag],
    has_content: bool,
}

impl<'a> Leaf<'a> {
    pub(crate) fn of(entry: &'a Entry, has_content: bool) -> Self {
        let Entry { leaf_index, id, registered_at_ms, flags, .. } = entry;
        Self { leaf_index: *leaf_index, id: *id, registered_at_ms: *registered_at_ms, flags, has_content }
    }
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
    /// Hexadecimal.
    statement: String,
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|source| ExportError::Io { path, source })
}

fn make(out: &Path, name: &str) -> Result<PathBuf, ExportError> {
    let path = out.join(name);
    fs::create_dir(&path).map_err(|source| ExportError::Io { path: path.clone(), source })?;
    Ok(path)
}

/// A file that takes one JSON object a line.
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
    count: u64,
}

impl Lines {
    fn create(folder: &Path, name: &str) -> Result<Self, ExportError> {
        let path = folder.join(name);
        let file =
            File::create_new(&path).map_err(|source| ExportError::Io { path: path.clone(), source })?;
        Ok(Self { path, file: BufWriter::new(file), count: 0 })
    }

    fn push<T: Serialize>(&mut self, item: &T) -> Result<(), ExportError> {
        let line = serde_json::to_string(item)?;
        self.count += 1;
        writeln!(self.file, "{line}").map_err(|source| ExportError::Io { path: self.path.clone(), source })
    }

    fn finish(mut self) -> Result<u64, ExportError> {
        let flushed = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        flushed.map_err(|source| ExportError::Io { path: self.path, source })?;
        Ok(self.count)
    }
}

/// A folder of its own, for its owner only.
pub(crate) struct Out<'a>(&'a Path);

/// Makes the folder of an export.
///
/// # Errors
/// [`ExportError::NotEmpty`], or that it cannot be made.
pub(crate) fn begin(out: &Path) -> Result<Out<'_>, ExportError> {
    let io = |source| ExportError::Io { path: out.to_owned(), source };
    if out.exists() && fs::read_dir(out).map_err(io)?.next().is_some() {
        return Err(ExportError::NotEmpty(out.to_owned()));
    }
    Folder::at(out).create()?;
    Ok(Out(out))
}

impl Out<'_> {
    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        if let Some(folder) = self.0.join(name).parent() {
            let io = |source| ExportError::Io { path: folder.to_owned(), source };
            fs::create_dir_all(folder).map_err(io)?;
        }
        write(self.0, name, bytes)
    }
}

/// Writes everything from one snapshot.
///
/// # Errors
/// [`ExportError`].
pub fn export(read: &dyn StoreRead, operator_key: KeyId, out: &Path) -> Result<Manifest, ExportError> {
    begin(out)?;
    let (statements, contents) = (make(out, "statements")?, make(out, "contents")?);
    let mut log = Lines::create(out, "log.jsonl")?;
    loop {
        let entries = read.entries(log.count, BATCH)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let leaf_index = entry.leaf_index;
            write(&statements, &format!("{leaf_index:012}.cose"), &entry.statement)?;
            let content = read.content(leaf_index)?;
            if let Some(content) = &content {
                write(&contents, &format!("{leaf_index:012}.cbor"), content)?;
            }
            log.push(&Leaf::of(&entry, content.is_some()))?;
        }
    }
    let (folder, heads) = (make(out, "heads")?, read.heads()?);
    for head in &heads {
        write(&folder, &format!("{:012}.cose", head.tree_size), &head.bytes)?;
    }
    let mut refusals = Lines::create(out, "refusals.jsonl")?;
    for refused in read.refusals()? {
        refusals.push(&Refusal {
            key: refused.key,
            id: refused.id,
            seq: refused.seq,
            took_place: refused.took_place,
            reason: refused.reason.as_str(),
            refused_at_ms: refused.refused_at_ms,
            sha256: refused.sha256,
            statement: data_encoding::HEXLOWER.encode(&refused.statement),
        })?;
    }
    let manifest = Manifest {
        layout: 1,
        operator_key,
        statements: log.finish()?,
        heads: heads.len() as u64,
        refusals: refusals.finish()?,
        agreements: agreements(read, &make(out, "agreements")?)?,
        root: heads.last().map(|head| head.root),
    };
    write(out, "manifest.json", &serde_json::to_vec_pretty(&manifest)?)?;
    Ok(manifest)
}

fn agreements(read: &dyn StoreRead, folder: &Path) -> Result<u64, ExportError> {
    // Two versions may share a text word for word: it is one file.
    let mut texts = BTreeSet::new();
    for document in AgreementKind::ALL {
        for version in operator_core::agreement::versions(read, document)? {
            texts.extend(version.published.texts.into_iter().map(|text| text.sha256));
        }
    }
    for sha256 in &texts {
        let missing = StoreError::Damaged("a published text is missing");
        write(folder, &format!("{sha256}.txt"), &read.document(*sha256)?.ok_or(missing)?)?;
    }
    Ok(texts.len() as u64)
}
