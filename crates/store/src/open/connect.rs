//! One connection: its key and its settings.
//!
//! | Pragma | Value | Why |
//! |---|---|---|
//! | `key` | raw 32 bytes | the caller derives it (Argon2id); SQLCipher only derives the page keys |
//! | `cipher_hmac_algorithm` | `HMAC_SHA256` | phones and laptops compute it in hardware, SHA-512 few of them; 32 bytes more a page |
//! | `cipher_log_level` | `NONE` | nothing of the file reaches a log |
//! | `journal_mode` | `WAL` | readers go on while a page of a pull is written |
//! | `synchronous` | `FULL` | what is called saved survives a power cut; `NORMAL` for a transaction whose rows are disposable |
//! | `fullfsync`, `checkpoint_fullfsync` | on | on Apple systems fsync alone does not reach the disk |
//! | `wal_autocheckpoint` | by [`super::Durability`] | nobody waits at a tap while the log is written back into the file |
//! | `foreign_keys` | on | no receipt without its statement |
//! | `secure_delete` | on | what a lost scope held is overwritten, not only unlinked |
//! | `temp_store` | `MEMORY` | sorting never writes a plain temporary file |
//! | `trusted_schema` | off | a foreign file's schema cannot call functions |
//! | `cache_size` | 8 MiB | decrypted pages of the indexes stay in memory at 100,000 visits |
//! | `journal_size_limit` | 16 MiB | a log that became long once does not take that room for ever |
//! | `busy_timeout` | 10 s | another handle on the same file commits within that |

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::Key;
use crate::OpenError;

/// Prepared statements that a connection keeps.
const CACHED_STATEMENTS: usize = 128;

/// As long as this the log of a file may stay when it was written back.
pub(super) const LOG_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// Opens a connection and proves that the key fits.
pub(super) fn connect(path: &Path, key: &Key) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    let mut pragma = Zeroizing::new(String::with_capacity(90));
    pragma.push_str("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'");
    for byte in key.expose() {
        let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
        pragma.extend(digits);
    }
    pragma.push_str("'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;");
    conn.execute_batch(&pragma)?;
    // Without SQLCipher the pragma above does nothing, and the file would lie there in plain.
    conn.query_row("PRAGMA cipher_version", [], |row| row.get::<_, String>(0))?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    conn.execute_batch(&format!(
        "PRAGMA busy_timeout = 10000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = -8192;
         PRAGMA journal_size_limit = {LOG_LIMIT_BYTES};",
    ))?;
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(conn)
}
