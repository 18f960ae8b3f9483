//! When a lost leaf is on no device any more: what is lost, said openly and signed, and what came back, kept as files. The
//! log itself signs nothing, so a device that turns up after all can still make it whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::id::{Digest, KeyId};
use journal::manifest::{self, ContentType};
use operator_core::store::StoreError;
use serde::Serialize;

use super::{AssembleError, Collecting};

/// Why no notice was written.
#[derive(Debug, thiserror::Error)]
pub enum GiveUpError {
    /// Nothing is.
    #[error(
        "nothing is lost: every statement up to the last signed head was handed back; `resume` puts them together"
    )]
    NothingLost,
    /// A file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was collected.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
}

impl From<StoreError> for GiveUpError {
    fn from(error: StoreError) -> Self {
        AssembleError::from(error).into()
    }
}

/// `lost.json`: the notice for everybody. It names places, never people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostEnd {
    /// Whose log.
    pub operator_key: KeyId,
    /// Statements of the log that are whole and under a signed head.
    pub kept_size: u64,
    /// Root over them.
    pub kept_root: Digest,
    /// Statements over which this key ever signed, as far as anybody shows.
    pub signed_size: u64,
    /// Root over them.
    pub signed_root: Digest,
    /// Places behind the kept ones that nobody holds: first leaf, and the leaf after the last.
    pub lost: Vec<(u64, u64)>,
    /// Places behind the kept ones of which a statement came back; it lies beside this file, and is under no head here.
    pub handed_back_count: u64,
    /// When it was said, UTC ms.
    pub said_at_ms: i64,
}

fn write(path: PathBuf, bytes: &[u8]) -> Result<(), GiveUpError> {
    use io::Write as _;
    let written = crate::folder::private_file(&path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|source| GiveUpError::Io { path, source })
}

impl Collecting<'_> {
    /// Writes the notice with this key's signature, and what came back, into a folder of its own.
    ///
    /// # Errors
    /// [`GiveUpError`]; `NothingLost` when the log can be put together.
    pub fn give_up(&self, out: &Path) -> Result<LostEnd, GiveUpError> {
        let instance = self.instance;
        let read = instance.read()?;
        let target = self.target(read.as_ref(), &self.heads()?)?;
        let kept_size = read.log_size()?;
        let missing = self.missing(kept_size, target)?;
        if missing.is_empty() {
            return Err(GiveUpError::NothingLost);
        }
        let io = |source| GiveUpError::Io { path: out.to_owned(), source };
        for folder in [out.to_owned(), out.join("statements"), out.join("contents")] {
            fs::create_dir(&folder).map_err(io)?;
        }
        let held = self.file.held(kept_size, target.tree_size)?;
        for leaf_index in &held {
            let Some(given) = self.file.best(*leaf_index)? else { continue };
            write(out.join(format!("statements/{leaf_index:012}.cose")), &given.statement)?;
            if let Some(content) = given.content {
                write(out.join(format!("contents/{leaf_index:012}.cbor")), &content)?;
            }
        }
        let notice = LostEnd {
            operator_key: instance.key.id(),
            kept_size,
            kept_root: journal::merkle::root(&operator_core::head::tree(read.as_ref()), kept_size)?,
            signed_size: target.tree_size,
            signed_root: target.root,
            lost: missing.iter().map(|stretch| (stretch.from, stretch.to)).collect(),
            handed_back_count: held.len() as u64,
            said_at_ms: instance.now_ms(),
        };
        let text = serde_json::to_vec_pretty(&notice).map_err(|error| io(error.into()))?;
        let signed_at_s = notice.said_at_ms.div_euclid(1_000);
        write(out.join("lost.json"), &text)?;
        write(
            out.join("lost.cose"),
            &manifest::sign(&text, ContentType::LostEnd, signed_at_s, &instance.key),
        )?;
        Ok(notice)
    }
}
