//! Statements as they were signed, to show them to another device, and whose keys they are.

use domain::Kind;
use domain::content::{Content, DeviceBound};
use domain::id::{KeyId, PersonId, StatementId, SubjectId, VisitId};
use journal::{VerifyingKey, codec};
use rusqlite::{Connection, OptionalExtension};

use crate::column::{Blob, Text};
use crate::{Reader, StoreError, projection, statement};

/// A believed statement as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its id.
    pub id: StatementId,
    /// Its kind.
    pub kind: Kind,
    /// The key that signed it.
    pub key: KeyId,
    /// To whom that key is bound, as far as known here.
    pub author: Option<PersonId>,
    /// The signed bytes.
    pub bytes: Vec<u8>,
    /// Its content's bytes.
    pub content: Vec<u8>,
}

/// Whose a key is, as far as known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyOwner {
    /// Whose.
    pub person: PersonId,
    /// Neither revoked nor called compromised.
    pub in_force: bool,
}

impl Reader<'_> {
    /// Believed statements about a visit whose content is here, in the order of the fold.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn signed_about(&self, visit: VisitId) -> Result<Vec<Signed>, StoreError> {
        self.signed(visit.into())
    }

    /// The operator's statement that binds a key, with the person to whom it does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn binding(&self, key: KeyId) -> Result<Option<(Signed, PersonId)>, StoreError> {
        let mut select = self.conn.prepare_cached("SELECT device FROM key WHERE id = ?1")?;
        let device = select.query_row([key.as_bytes()], |row| row.get::<_, Blob<SubjectId>>(0)).optional()?;
        let Some(device) = device else { return Ok(None) };
        let operator = self.account()?.operator.key.id();
        let bindings = self.signed(device.0)?.into_iter().filter(|signed| signed.key == operator);
        Ok(bindings.rev().find_map(|signed| {
            let Ok(Content::DeviceBound(DeviceBound { key: bound, person, .. })) =
                codec::decode(signed.kind, &signed.content)
            else {
                return None;
            };
            let is_it = VerifyingKey::from_cose_key(&bound).is_ok_and(|bound| bound.id() == key);
            is_it.then_some((signed, person))
        }))
    }

    /// Whose a key is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn key_owner(&self, key: KeyId) -> Result<Option<KeyOwner>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT person, revoked_at_ms IS NULL AND compromised_since_ms IS NULL FROM key WHERE id = ?1",
        )?;
        let owner = select.query_row([key.as_bytes()], |row| {
            Ok(KeyOwner { person: row.get::<_, Blob<PersonId>>(0)?.0, in_force: row.get(1)? })
        });
        Ok(owner.optional()?)
    }

    /// Own statements that no receipt proves yet, in the order of the series.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unsent(&self) -> Result<Vec<Signed>, StoreError> {
        let account = self.account()?;
        let mut select = self.conn.prepare_cached(
            "SELECT o.id, o.kind, o.bytes, o.content FROM outbox x JOIN own_statement o ON o.seq = x.seq
              WHERE o.content IS NOT NULL ORDER BY o.seq",
        )?;
        let rows = select.query_map([], |row| {
            Ok(Signed {
                id: row.get::<_, Blob<StatementId>>(0)?.0,
                kind: row.get::<_, Text<Kind>>(1)?.0,
                key: account.key.id(),
                author: account.person,
                bytes: row.get(2)?,
                content: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn signed(&self, subject: SubjectId) -> Result<Vec<Signed>, StoreError> {
        let account = self.account()?;
        let mut signed = Vec::new();
        for known in statement::about(self.conn, account, subject)? {
            let Some((bytes, content)) = as_signed(self.conn, known.id)? else { continue };
            let author = projection::author(self.conn, account, known.key)?;
            signed.push(Signed { id: known.id, kind: known.kind, key: known.key, author, bytes, content });
        }
        Ok(signed)
    }
}

const AS_SIGNED: &str = "SELECT bytes, content FROM foreign_statement WHERE id = ?1 AND content IS NOT NULL
     UNION ALL SELECT o.bytes, o.content FROM own_id l JOIN own_statement o ON o.seq = l.seq
       WHERE l.id = ?1 AND o.content IS NOT NULL
     UNION ALL SELECT bytes, content FROM carried_statement WHERE id = ?1";

/// Statement and content.
type Bytes = (Vec<u8>, Vec<u8>);

fn as_signed(conn: &Connection, id: StatementId) -> Result<Option<Bytes>, StoreError> {
    let mut select = conn.prepare_cached(AS_SIGNED)?;
    Ok(select.query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
