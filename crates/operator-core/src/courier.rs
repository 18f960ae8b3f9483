//! What a device could not push itself, through somebody else's hands (docs/PROTOCOL.md, "The courier"). It comes in
//! by the very door of a push: the signature inside stands for the author's request, whoever made this one.

use std::sync::Arc;

use domain::id::KeyId;
use journal::VerifyingKey;
use wire::courier::{CourierOutcome, CourierRefusal, Letter, Outside};
use wire::push::{Outcome, PushItem, Refusal};

use crate::authorise::Author;
use crate::operator::said;
use crate::push;
use crate::store::{StoreError, StoreRead, StoreTxn};
use crate::verify::Checked;

/// A letter whose author's key signed it, its statements checked.
#[derive(Debug, Clone)]
pub struct Delivery {
    author: VerifyingKey,
    items: Arc<Vec<PushItem>>,
    checked: Arc<Vec<Result<Checked, Refusal>>>,
}

impl Delivery {
    /// Whose key signed it.
    pub fn author(&self) -> KeyId {
        self.author.id()
    }
}

/// Whether a courier key was ever this operator's, by its own statements.
///
/// # Errors
/// Those of the store.
pub fn was_ours(read: &dyn StoreRead, courier_key: &[u8]) -> Result<bool, StoreError> {
    Ok(said(read)?.iter().any(|stated| stated.courier_key == courier_key))
}

/// Believes what was opened, or says why not. Nothing is changed.
///
/// # Errors
/// Those of the store.
pub fn examine(
    read: &dyn StoreRead,
    outside: &Outside<'_>,
    plain: &[u8],
) -> Result<Result<Delivery, CourierRefusal>, StoreError> {
    let letter = match Letter::read(plain) {
        Ok(letter) => letter,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(bound) = read.bound_key(letter.author())? else { return Ok(Err(CourierRefusal::UnknownAuthor)) };
    Ok(letter.verify(outside, &bound.key).map(|items| {
        let checked = push::check_all(&items, &bound.key);
        Delivery { author: bound.key, items: Arc::new(items), checked: Arc::new(checked) }
    }))
}

/// Registers it as a push of its author would be. Also tells whether more is kept than before ([`push::Applied`]).
///
/// # Errors
/// Those of the store.
pub fn apply(
    txn: &mut dyn StoreTxn,
    delivery: &Delivery,
    now_ms: i64,
) -> Result<(CourierOutcome, bool), StoreError> {
    let key = delivery.author();
    // Read here: the device may have been revoked since the letter was examined.
    let bound = txn.bound_key(key)?.ok_or(StoreError::Damaged("a bound key is gone"))?;
    let author = Author::Device(Box::new(bound));
    let applied = push::apply(txn, &author, key, &delivery.items, delivery.checked.iter(), now_ms)?;
    let is_early = applied.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Gap { .. }));
    let outcome = if is_early { CourierOutcome::Early } else { CourierOutcome::Taken };
    Ok((outcome, applied.has_grown))
}
