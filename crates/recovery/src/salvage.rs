//! Own statements out of an account's file, one by one: of a damaged file, what can be read.
//!
//! Each row is looked up by its number, so that a damaged page takes only the rows that lie on it; a scan would end
//! there. What comes out is not believed: whoever takes it checks signatures and contents.
//!
//! SQLCipher reads nothing more through a connection that met a bad page, so each error costs a connection.
//!
//! The file comes from a person who could have written anything into it. It is opened as a stranger's: functions and
//! triggers of its schema are not called, values have a limit, and only plain tables are read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::id::StatementId;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use zeroize::Zeroizing;

/// Longest series that is looked through: a hundred statements a day for thirty years.
const MAX_STATEMENTS: u64 = 1_000_000;
/// Errors after which the rest counts as gone: a damaged root lets every look fail.
const MAX_ERRORS: u32 = 20_000;
/// Longest value: a content with room to spare.
const MAX_VALUE_BYTES: i32 = 256 * 1024;

/// Why nothing can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SalvageError {
    /// The key does not open it, or a page is gone that says which tables there are (some of the first ones).
    #[error("the first pages of the database cannot be read with this key: nothing can be recovered from it")]
    NotReadable,
    /// No table of own statements.
    #[error("the database holds no journal of this program")]
    NoJournal,
}

/// A row as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub seq: u64,
    /// The id that the journal lists for it; there may be one although the statement is gone.
    pub id: Option<StatementId>,
    /// The statement's bytes.
    pub statement: Option<Vec<u8>>,
    /// The content's bytes; also absent when it was erased.
    pub content: Option<Vec<u8>>,
}

/// An opened file.
pub struct Salvage {
    database: PathBuf,
    key: Zeroizing<[u8; 32]>,
    conn: Connection,
    errors_left: u32,
    ids: BTreeMap<u64, StatementId>,
    ends_at: u64,
}

impl Salvage {
    /// Opens a copy of a database: SQLite may bring in the log that lies beside it.
    ///
    /// # Errors
    /// [`SalvageError`].
    pub fn open(database: &Path, key: &[u8; 32]) -> Result<Self, SalvageError> {
        let conn = connect(database, key).map_err(|_| SalvageError::NotReadable)?;
        let is_table = |name: &str| {
            let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND sql NOT LIKE '%VIRTUAL%'";
            conn.query_row(sql, [name], |row| row.get::<_, i64>(0)).map(|count| count == 1)
        };
        match is_table("own_statement") {
            Ok(true) => {}
            Err(_) => return Err(SalvageError::NotReadable),
            Ok(false) => return Err(SalvageError::NoJournal),
        }
        let (database, key) = (database.to_owned(), Zeroizing::new(*key));
        let mut salvage =
            Self { database, key, conn, errors_left: MAX_ERRORS, ids: BTreeMap::new(), ends_at: 0 };
        salvage.read_ids();
        salvage.find_end();
        Ok(salvage)
    }

    /// The number after the last one that anything in the file speaks of.
    pub fn ends_at(&self) -> u64 {
        self.ends_at
    }

    /// What is left of one number.
    pub fn row(&mut self, seq: u64) -> Row {
        Row {
            seq,
            id: self.ids.get(&seq).copied(),
            statement: self.look("SELECT bytes FROM own_statement WHERE seq = ?1", [seq]),
            content: self
                .look("SELECT content FROM own_statement WHERE seq = ?1 AND content IS NOT NULL", [seq]),
        }
    }

    /// A value; nothing when there is none or it cannot be read.
    fn look<T: FromSql>(&mut self, sql: &str, params: impl rusqlite::Params) -> Option<T> {
        let looked = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut select| select.query_row(params, |row| row.get(0)).optional());
        looked.unwrap_or_else(|_| {
            self.begin_anew();
            None
        })
    }

    /// Takes a fresh connection after an error, unless there were so many that the file is beyond help.
    fn begin_anew(&mut self) {
        self.errors_left = self.errors_left.saturating_sub(1);
        if self.errors_left > 0
            && let Ok(conn) = connect(&self.database, &self.key)
        {
            self.conn = conn;
        }
    }

    /// The index of ids, which knows a row whose page is gone: from both ends, as far as a damaged page lets it be read.
    fn read_ids(&mut self) {
        for order in ["ASC", "DESC"] {
            let sql = format!("SELECT seq, id FROM own_id ORDER BY id {order}");
            let whole = scan(&self.conn, &sql, |seq, id| {
                if seq < MAX_STATEMENTS
                    && let Ok(id) = StatementId::from_slice(&id)
                {
                    self.ids.insert(seq, id);
                }
            });
            if whole.is_ok() {
                return;
            }
            self.begin_anew();
        }
    }

    /// The number after the highest one that a table or the index can still tell.
    fn find_end(&mut self) {
        let tables = ["own_statement", "outbox"];
        let told = tables
            .map(|table| self.look::<Option<u64>>(&format!("SELECT max(seq) FROM {table}"), []).flatten());
        let listed = self.ids.keys().next_back().copied();
        let last = told.into_iter().chain([listed]).flatten().max();
        self.ends_at = last.map_or(0, |seq| seq.saturating_add(1)).min(MAX_STATEMENTS);
    }
}

fn scan(conn: &Connection, sql: &str, mut row: impl FnMut(u64, Vec<u8>)) -> rusqlite::Result<()> {
    let mut select = conn.prepare(sql)?;
    let mut rows = select.query([])?;
    while let Some(found) = rows.next()? {
        row(found.get(0)?, found.get(1)?);
    }
    Ok(())
}

fn connect(database: &Path, key: &[u8; 32]) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(database, flags)?;
    let mut pragma = Zeroizing::new(String::with_capacity(120));
    pragma.push_str("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'");
    for byte in key {
        pragma.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')));
    }
    pragma.push_str("'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;");
    conn.execute_batch(&pragma)?;
    // Without SQLCipher the pragma above does nothing.
    conn.query_row("PRAGMA cipher_version", [], |row| row.get::<_, String>(0))?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)?;
    conn.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;
         PRAGMA writable_schema = OFF;",
    )?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    // From here on the file is only read.
    conn.execute_batch("PRAGMA query_only = ON")?;
    Ok(conn)
}

#[cfg(test)]
mod tests;
