//! The data key, sealed anew: the operator may have another recovery key than at the enrolment.

use recovery::SealedKey;

use super::wrap::DataKey;
use super::{AccountId, Vault};
use crate::errors::{Failure, Result};

impl Vault {
    /// Seals the key of an open account to a recovery key, when it is sealed to another one; says whether it was. A
    /// power cut leaves the old seal or the new one.
    ///
    /// # Errors
    /// [`Failure::NotAnOperator`] for what is no key, and those of the files; then the old seal stays.
    pub(crate) fn reseal(&self, id: &AccountId, key: &DataKey, recovery_key: &[u8]) -> Result<bool> {
        let _changing = self.changing.lock();
        let mut account = self.read(id)?;
        if account.recovery.recovery_key == recovery_key {
            return Ok(false);
        }
        account.recovery =
            SealedKey::seal(key.expose(), recovery_key, id.as_str()).map_err(|_| Failure::NotAnOperator)?;
        self.write(id, &account)?;
        Ok(true)
    }
}
