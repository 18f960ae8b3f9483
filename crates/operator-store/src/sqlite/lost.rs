//! Lost contents.

use std::ops::Deref;

use domain::flag::Flag;
use domain::id::VisitId;
use operator_core::store::lost::{LostRead, LostTxn};
use operator_core::store::{StoreError, StoreRead as _};
use rusqlite::{Connection, params};

use super::query::many;
use super::read::Txn;
use super::rows::{self, signed};
use super::write::Writing;

impl<C: Deref<Target = Connection>> LostRead for Txn<C> {
    fn lost_contents(&self, from: u64, limit: u32) -> Result<Vec<u64>, StoreError> {
        let sql = "SELECT leaf_index FROM lost_contents WHERE leaf_index >= ?1 AND back_at_size IS NULL
            ORDER BY leaf_index LIMIT ?2";
        many(&self.connection, sql, params![signed(from), limit], |row| rows::unsigned(row, 0))
    }

    fn contents_back(&self, from: u64, to: u64) -> Result<Vec<u64>, StoreError> {
        let sql = "SELECT leaf_index FROM lost_contents WHERE back_at_size >= ?1 AND back_at_size < ?2
            ORDER BY leaf_index";
        many(&self.connection, sql, params![signed(from), signed(to)], |row| rows::unsigned(row, 0))
    }
}

impl LostTxn for Txn<Writing<'_>> {
    fn put_lost_content(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        self.run("INSERT INTO lost_contents (leaf_index) VALUES (?1)", [signed(leaf_index)]).map(drop)
    }

    fn fill_content(&mut self, leaf_index: u64, content: &[u8]) -> Result<(), StoreError> {
        let size = signed(self.log_size()?);
        let sql = "UPDATE lost_contents SET back_at_size = ?2 WHERE leaf_index = ?1 AND back_at_size IS NULL";
        if self.run(sql, params![signed(leaf_index), size])? != 1 {
            return Err(StoreError::Damaged("a content that comes back was not lost"));
        }
        self.memory.said.clear();
        let sql = "INSERT INTO contents (leaf_index, content) VALUES (?1, ?2)";
        self.run(sql, params![signed(leaf_index), content]).map(drop)
    }

    fn put_content_back(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        let size = signed(self.log_size()?);
        let sql = "INSERT INTO lost_contents (leaf_index, back_at_size) VALUES (?1, ?2)";
        self.run(sql, [signed(leaf_index), size]).map(drop)
    }

    fn judge_again(&mut self, leaf_index: u64, flags: &[Flag]) -> Result<(), StoreError> {
        self.memory.entries.forget(&leaf_index);
        let sql = "UPDATE journal SET flags = ?2 WHERE leaf_index = ?1";
        match self.run(sql, params![signed(leaf_index), rows::flags(flags)])? {
            1 => Ok(()),
            _ => Err(StoreError::Damaged("a leaf that is judged is not there")),
        }
    }

    fn forget_projected(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        self.memory.last_traces.clear();
        ["readings", "traces", "audiences"].iter().try_for_each(|table| {
            self.run(&format!("DELETE FROM {table} WHERE leaf_index = ?1"), [signed(leaf_index)]).map(drop)
        })
    }

    fn forget_visit(&mut self, visit: VisitId) -> Result<(), StoreError> {
        self.memory.visits.forget(&visit);
        self.run("DELETE FROM visits WHERE visit = ?1", [visit.as_bytes()]).map(drop)
    }
}
