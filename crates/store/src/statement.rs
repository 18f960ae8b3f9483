//! Statements as they lie in the two tables, read back for the fold, the story and repeats.

use domain::content::Content;
use domain::flag::Flag;
use domain::id::{KeyId, StatementId, SubjectId};
use domain::{Kind, content};
use journal::{Sealed, Statement, codec};
use rusqlite::{Connection, Row, Rows};
use sync::wire::pull::PullItem;
use sync::wire::push::Refusal;

use crate::StoreError;
use crate::account::Account;
use crate::column::{Blob, Flags, Text};
use crate::read::transport::Transport;

/// A statement that is believed: sealed here, or sure to be made by the holder of its key.
#[derive(Debug, Clone)]
pub(crate) struct Believed {
    pub(crate) id: StatementId,
    pub(crate) key: KeyId,
    pub(crate) own: bool,
    pub(crate) kind: Kind,
    pub(crate) issued_at_s: i64,
    pub(crate) leaf_index: Option<u64>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) transport: Transport,
    pub(crate) receipt_at_s: Option<i64>,
    /// Absent when withheld, erased, or written by a newer version in a way that this one cannot read.
    pub(crate) content: Option<Content>,
}

impl Believed {
    /// Whether it says something with the operator's authority.
    pub(crate) fn is_by(&self, key: KeyId) -> bool {
        self.key == key
    }

    /// As it comes with a pull, and as it will be read from the row that is made of it.
    pub(crate) fn of_item(statement: &Statement, item: &PullItem) -> Self {
        let header = statement.header();
        let content = item.content.as_ref();
        Self {
            id: statement.id(),
            key: header.key,
            own: false,
            kind: header.kind,
            issued_at_s: header.issued_at_s,
            leaf_index: Some(item.leaf_index),
            flags: item.flags.clone(),
            transport: Transport::Registered,
            receipt_at_s: None,
            content: content.and_then(|content| codec::decode(header.kind, &content.0).ok()),
        }
    }

    /// From a row of [`ABOUT`].
    fn from_row(row: &Row<'_>, own_key: KeyId) -> rusqlite::Result<Self> {
        let key: Option<Blob<KeyId>> = row.get(1)?;
        let kind = row.get::<_, Text<Kind>>(2)?.0;
        let (state, refusal): (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
        // Read in place: a fold decodes thousands of them.
        let content = row.get_ref(9)?.as_blob_or_null()?;
        Ok(Self {
            id: row.get::<_, Blob<StatementId>>(0)?.0,
            key: key.map_or(own_key, |key| key.0),
            own: key.is_none(),
            kind,
            issued_at_s: row.get(3)?,
            leaf_index: row.get(4)?,
            flags: row.get::<_, Flags>(5)?.0,
            transport: Transport::from_columns(state.as_deref(), refusal.as_deref()),
            receipt_at_s: row.get(8)?,
            content: content.and_then(|bytes| codec::decode(kind, bytes).ok()),
        })
    }
}

impl Transport {
    /// From an outbox row; none means that the receipt is there.
    pub(crate) fn from_columns(state: Option<&str>, refusal: Option<&str>) -> Self {
        match (state, refusal.and_then(Refusal::parse)) {
            (None, _) => Transport::Registered,
            (Some("sent"), _) => Transport::Sent,
            (Some("refused"), Some(reason)) => Transport::Refused(reason),
            // A reason of a newer version that was rolled back: still parked, and said in the broadest words.
            (Some("refused"), None) => Transport::Refused(Refusal::NotAStatement),
            (Some(_), _) => Transport::Saved,
        }
    }
}

/// The query, with one more condition on every table. Its rows are put in order after it ([`in_order`]), because they
/// are few and the sorter of SQLite copies each of them with its content.
macro_rules! about {
    ($and:literal) => {
        concat!(
            "SELECT f.id, f.key, f.kind, f.issued_at_s, f.leaf_index, f.flags, NULL AS state, NULL AS refusal,
 NULL AS receipt_at_s, f.content, NULL AS seq, 0 AS turn
FROM foreign_statement f
WHERE f.subject = ?1 AND f.believed = 1",
            $and,
            "
UNION ALL
SELECT o.id, NULL, o.kind, o.issued_at_s, r.leaf_index, coalesce(r.flags, ''), x.state, x.refusal,
 g.signed_at_s, o.content, o.seq, 1
FROM own_subject l
JOIN own_statement o ON o.seq = l.seq
LEFT JOIN outbox x ON x.seq = o.seq
LEFT JOIN receipt r ON r.seq = o.seq
LEFT JOIN registration g ON g.id = r.registration
WHERE l.subject = ?1",
            $and,
            "
UNION ALL
SELECT id, key, kind, issued_at_s, NULL, '', iif(state = 'done', NULL, 'saved'), NULL, NULL, content, seq,
 iif(kind IN ('visit-confirmed', 'visit-disputed', 'visit-noted'), 2, 0)
FROM carried_statement
WHERE subject = ?1",
            $and
        )
    };
}

pub(crate) const ABOUT: &str = about!("");
const ABOUT_OF_TWO_KINDS: &str = about!(" AND kind IN (?2, ?3)");

/// Believed statements about one subject: registered ones in the order of the log, then those that wait, in the
/// order of the series; among these what another device showed of a visit before the own ones, its answers after them.
pub(crate) fn about(
    conn: &Connection,
    account: &Account,
    subject: SubjectId,
) -> Result<Vec<Believed>, StoreError> {
    believed(&mut *conn.prepare_cached(ABOUT)?, account, subject)
}

/// The same, for who asks for many subjects and prepared [`ABOUT`] once.
pub(crate) fn believed(
    about: &mut rusqlite::Statement<'_>,
    account: &Account,
    subject: SubjectId,
) -> Result<Vec<Believed>, StoreError> {
    in_order(about.query([subject.as_bytes()])?, account)
}

/// Believed statements of two kinds about one subject, in the same order.
pub(crate) fn about_as(
    conn: &Connection,
    account: &Account,
    subject: SubjectId,
    kinds: [Kind; 2],
) -> Result<Vec<Believed>, StoreError> {
    let mut select = conn.prepare_cached(ABOUT_OF_TWO_KINDS)?;
    in_order(select.query((subject.as_bytes(), kinds[0].as_str(), kinds[1].as_str()))?, account)
}

fn in_order(mut rows: Rows<'_>, account: &Account) -> Result<Vec<Believed>, StoreError> {
    let own_key = account.key.id();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let believed = Believed::from_row(row, own_key)?;
        let (seq, turn): (Option<u64>, u8) = (row.get(10)?, row.get(11)?);
        found.push(((believed.leaf_index.is_none(), believed.leaf_index, turn, seq), believed));
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, believed)| believed).collect())
}

/// Own statements with their contents, as they were sealed.
pub(crate) fn own(conn: &Connection, first_seq: u64, count: u64) -> Result<Vec<Sealed>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT bytes, coalesce(content, x'') FROM own_statement WHERE seq >= ?1 AND seq < ?1 + ?2 ORDER BY seq",
    )?;
    let rows = select.query_map([first_seq, count], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut statements = Vec::new();
    for row in rows {
        let (bytes, content): (Vec<u8>, Vec<u8>) = row?;
        let statement = Statement::decode(&bytes).map_err(|_| StoreError::Row("own_statement.bytes"))?;
        statements.push(Sealed { id: statement.id(), header: statement.header().clone(), bytes, content });
    }
    Ok(statements)
}

/// Whether it changes where something is known to be: by a person, not by the operator alone.
pub(crate) fn is_position(content: &Content) -> bool {
    matches!(
        content,
        Content::RecordChanged(content::RecordChanged { data: content::RecordData::Position { .. }, .. })
    )
}
