//! Statements of devices that others hand over (docs/PROTOCOL.md, "Two devices without a network").

use journal::Statement;
use journal::statement::MAX_STATEMENT_BYTES;
use wire::carry::{CarryItem, CarryOutcome};
use wire::push::Outcome;

use crate::authorise::Author;
use crate::register::register;
use crate::store::{StoreError, StoreTxn};
use crate::verify;

/// Registers what verifies by the key that it names, at its place in that key's series. What does not is refused and
/// takes no place: only a key's own device may say that a number was used.
///
/// # Errors
/// Those of the store.
pub fn apply(
    txn: &mut dyn StoreTxn,
    items: &[CarryItem],
    now_ms: i64,
) -> Result<Vec<CarryOutcome>, StoreError> {
    items.iter().map(|item| take(txn, item, now_ms)).collect()
}

fn take(txn: &mut dyn StoreTxn, item: &CarryItem, now_ms: i64) -> Result<CarryOutcome, StoreError> {
    if item.statement.len() > MAX_STATEMENT_BYTES {
        return Ok(CarryOutcome::Refused);
    }
    let Ok(statement) = Statement::decode(&item.statement) else { return Ok(CarryOutcome::Refused) };
    let Some(bound) = txn.bound_key(statement.header().key)? else { return Ok(CarryOutcome::Refused) };
    let Ok(checked) = verify::check(&item.statement, &item.content, &bound.key) else {
        return Ok(CarryOutcome::Refused);
    };
    Ok(match register(txn, &Author::Device(Box::new(bound)), &checked, now_ms)? {
        Outcome::Registered { .. } | Outcome::AlreadyHave { .. } | Outcome::Fork { .. } => {
            CarryOutcome::Taken
        }
        Outcome::Gap { .. } => CarryOutcome::Early,
        Outcome::Refused { .. } => CarryOutcome::Refused,
    })
}
