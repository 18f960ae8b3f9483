//! What the operator says of itself: its keys, now and before.

use domain::Kind;
use domain::content::{Content, OperatorKey};
use domain::erasing::Renewals;
use journal::codec;

use crate::{Reader, StoreError, erasing};

/// Behind every leaf.
const END: u64 = u64::MAX >> 1;

impl Reader<'_> {
    /// What the operator said of itself last, as far as this device knows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_in_force(&self) -> Result<OperatorKey, StoreError> {
        Ok(self.operator_said()?.swap_remove(0))
    }

    /// Everything that the operator said of itself, the latest first: at least what it said at the enrolment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_said(&self) -> Result<Vec<OperatorKey>, StoreError> {
        let operator = &self.account()?.operator;
        let mut select = self.conn.prepare_cached(
            "SELECT f.content FROM foreign_statement f
              WHERE f.subject = ?1 AND f.kind = ?2 AND f.key = ?3 AND f.believed = 1 AND f.content IS NOT NULL
              ORDER BY f.leaf_index DESC",
        )?;
        let (kind, key) = (Kind::OperatorKey, operator.key.id());
        let contents = select.query_map((operator.id.as_bytes(), kind.as_str(), key.as_bytes()), |row| {
            row.get::<_, Vec<u8>>(0)
        })?;
        let mut said = Vec::new();
        for content in contents {
            // One of a newer version is passed over, as everywhere.
            if let Ok(Content::OperatorKey(stated)) = codec::decode(kind, &content?) {
                said.push(stated);
            }
        }
        let at_enrolment = &operator.facts;
        if !said.contains(at_enrolment) {
            // The log has not been pulled that far: what came of it until now is older than the enrolment.
            let is_newer =
                said.first().is_none_or(|latest| latest.valid_from_ms <= at_enrolment.valid_from_ms);
            said.insert(if is_newer { 0 } else { said.len() }, at_enrolment.clone());
        }
        Ok(said)
    }

    /// The recovery keys of this operator, and the pauses that nobody objected to, as far as this device knows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn recovery_keys(&self) -> Result<Renewals, StoreError> {
        erasing::renewals(self.conn, self.account()?, END)
    }
}
