//! Lists and details for the screens, each from one consistent snapshot.
//!
//! | Module | Holds |
//! |---|---|
//! | [`visit`] | visits: filtered, sorted and paged in SQL; one visit; its story |
//! | [`child`] | children, care teams, representations |
//! | [`courier`] | parcels that were sealed or are carried, and the key to seal to |
//! | `erased` | what was erased by law |
//! | [`person`] | people, roles, organisations |
//! | [`place`] | places |
//! | [`agreement`] | published versions, acceptances |
//! | [`proof`] | when a statement was made, as far as this device can prove it |
//! | [`reading`] | when the location was read |
//! | `operator` | what the operator says of itself: its keys, now and before |
//! | [`opening`] | files of this person that officers opened |
//! | [`signed`] | statements as they were signed, and whose keys they are |
//! | [`transport`] | what waits, was sent, registered or refused |

pub mod agreement;
pub mod child;
pub mod courier;
mod erased;
pub mod opening;
mod operator;
pub mod person;
pub mod place;
pub mod proof;
pub mod reading;
pub mod signed;
pub mod transport;
pub mod visit;

use std::cell::RefCell;
use std::rc::Rc;

use domain::id::PersonId;
use rusqlite::Connection;

use crate::account::Account;
use crate::statement::Believed;
use crate::{PendingCapture, StoreError, capture, lookup, setting};

/// A consistent snapshot of the store.
#[derive(Debug)]
pub struct Reader<'a> {
    conn: &'a Connection,
    account: Option<&'a Account>,
    /// What one person accepted and withdrew: a use case asks several times, the snapshot does not change.
    declared: RefCell<Option<(PersonId, Rc<[Believed]>)>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(conn: &'a Connection, account: Option<&'a Account>) -> Self {
        Self { conn, account, declared: RefCell::new(None) }
    }

    pub(crate) fn conn(&self) -> &'a Connection {
        self.conn
    }

    fn account(&self) -> Result<&Account, StoreError> {
        self.account.ok_or(StoreError::NoDevice)
    }

    /// A small value.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        setting::read(self.conn, name)
    }

    /// The latest moment that the operator has signed to this device, by the operator's clock: it is not earlier than
    /// that, whatever the own clock says. UTC ms.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_time_ms(&self) -> Result<i64, StoreError> {
        let account = self.account()?;
        let mut select = self.conn.prepare_cached(
            "SELECT max(
                coalesce((SELECT issued_at_s FROM foreign_statement WHERE key = ?1
                           ORDER BY leaf_index DESC LIMIT 1), 0),
                coalesce((SELECT signed_at_s FROM registration ORDER BY id DESC LIMIT 1), 0))",
        )?;
        let at_s: i64 = select.query_row([account.operator.key.id().as_bytes()], |row| row.get(0))?;
        Ok(at_s.saturating_mul(1_000).max(account.bound_at_ms.unwrap_or_default()))
    }

    /// Readings of the location whose outcome is not written yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pending_captures(&self) -> Result<Vec<PendingCapture>, StoreError> {
        capture::pending(self.conn, lookup::found(self.conn)?)
    }
}

#[cfg(test)]
mod tests;
