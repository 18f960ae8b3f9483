//! Whose file it is: the device's key, the operator, the person.

use domain::id::{DeviceId, KeyId, PersonId, StatementId};
use domain::{Clock, Rng};
use journal::{Beacon, SigningKey};
use sync::Operator;
use sync::wire::enrol::EnrolResponse;

use crate::{Store, StoreError};

/// What is known before a device is bound.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its random id.
    pub device: DeviceId,
    /// Its key; kept in the encrypted file.
    pub key: SigningKey,
    /// The operator, verified and compared by the person.
    pub operator: Operator,
    /// Where the operator is.
    pub address: String,
}

/// Whose file it is.
#[derive(Debug, Clone)]
pub struct Account {
    /// The device.
    pub device: DeviceId,
    /// Its key.
    pub key: SigningKey,
    /// The operator.
    pub operator: Operator,
    /// Where the operator is.
    pub address: String,
    /// Whose key it is; `None` until the operator has bound it.
    pub person: Option<PersonId>,
    /// When the operator bound it, UTC ms.
    pub bound_at_ms: Option<i64>,
}

impl Store {
    /// Writes whose file it is and seals `device-enrolled` as the first statement of the series, in one transaction.
    /// Called again (the app ended before the answer came) it changes nothing and returns the same statement.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_device(
        &self,
        new: &NewDevice,
        enrolled: &domain::content::DeviceEnrolled,
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> Result<journal::Sealed, StoreError> { todo!() }

    /// Takes the operator's answer to an enrolment: verifies `device-bound` and the receipt of `device-enrolled`.
    ///
    /// # Errors
    /// [`StoreError::Unproven`] when anything does not verify; then nothing is changed.
    pub fn bind(&self, response: &EnrolResponse) -> Result<PersonId, StoreError> { todo!() }

    /// Whose file it is; `None` before [`Store::begin_device`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn account(&self) -> Result<Option<Account>, StoreError> { todo!() }

    /// The operator moved.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_address(&self, address: &str) -> Result<(), StoreError> { todo!() }

    /// The last tree head that verified: what new statements carry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn beacon(&self) -> Result<Option<Beacon>, StoreError> { todo!() }
}
