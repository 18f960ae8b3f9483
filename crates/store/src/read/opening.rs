//! Files of this person that two officers opened: the operator's own word for it.

use domain::Kind;
use domain::content::Content;
use domain::id::Digest;
use journal::codec;

use crate::{Reader, StoreError};

/// One opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningRow {
    /// SHA-256 of the file.
    pub file: Digest,
    /// Who opened it.
    pub officers: Vec<String>,
    /// Why.
    pub reason: String,
    /// When, UTC ms.
    pub opened_at_ms: i64,
    /// Statements that were registered from it.
    pub taken_count: u32,
    /// Statements that the log held before.
    pub known_count: u32,
    /// Numbers of the series that the log still lacks.
    pub missing_count: u32,
}

impl Reader<'_> {
    /// Openings of files of this account's person, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn openings(&self) -> Result<Vec<OpeningRow>, StoreError> {
        let account = self.account()?;
        let Some(person) = account.person else { return Ok(Vec::new()) };
        let mut select = self.conn.prepare_cached(
            "SELECT f.content FROM foreign_statement f
              WHERE f.subject IN (SELECT device FROM key WHERE person = ?1)
                AND f.kind = ?2 AND f.key = ?3 AND f.believed = 1 AND f.content IS NOT NULL
              ORDER BY f.leaf_index DESC",
        )?;
        let kind = Kind::RecoveryOpened;
        let operator = account.operator.key.id();
        let contents = select.query_map((person.as_bytes(), kind.as_str(), operator.as_bytes()), |row| {
            row.get::<_, Vec<u8>>(0)
        })?;
        let mut openings = Vec::new();
        for content in contents {
            // One of a newer version is passed over, as everywhere.
            if let Ok(Content::RecoveryOpened(opened)) = codec::decode(kind, &content?) {
                openings.push(OpeningRow {
                    file: opened.file,
                    officers: opened.officers,
                    reason: opened.reason,
                    opened_at_ms: opened.opened_at_ms,
                    taken_count: opened.taken_count,
                    known_count: opened.known_count,
                    missing_count: opened.missing_count,
                });
            }
        }
        Ok(openings)
    }
}
