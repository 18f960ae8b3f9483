//! Published versions of agreements, and who accepted them.

use domain::agreement::AgreementKind;
use domain::content::{AgreementAccepted, ConsentWithdrawn, PublishedText};
use domain::id::{PersonId, RecordId, StatementId};

use super::transport::Transport;
use crate::{Reader, StoreError};

/// A version of an agreement: the statements that published it, put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementRow {
    /// The version's id.
    pub id: RecordId,
    /// Which agreement.
    pub document: AgreementKind,
    /// Which version.
    pub version: u32,
    /// From when it binds, UTC ms.
    pub effective_from_ms: i64,
    /// Its texts, Kazakh first.
    pub texts: Vec<PublishedText>,
    /// Numbers of the confirmations that need not be ticked.
    pub optional_confirmations: Vec<u8>,
    /// Number of the confirmation on geolocation.
    pub geolocation_confirmation: Option<u8>,
}

/// An acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptanceRow {
    /// The statement.
    pub statement: StatementId,
    /// Who.
    pub person: PersonId,
    /// What.
    pub accepted: AgreementAccepted,
    /// Where it is on its way.
    pub transport: Transport,
}

/// A withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawalRow {
    /// The statement.
    pub statement: StatementId,
    /// Who.
    pub person: PersonId,
    /// What.
    pub withdrawn: ConsentWithdrawn,
}

impl Reader<'_> {
    /// Published versions of an agreement, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn agreements(&self, document: AgreementKind) -> Result<Vec<AgreementRow>, StoreError> { todo!() }

    /// Acceptances of a person, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acceptances(&self, person: PersonId) -> Result<Vec<AcceptanceRow>, StoreError> { todo!() }

    /// Withdrawals of a person, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn withdrawals(&self, person: PersonId) -> Result<Vec<WithdrawalRow>, StoreError> { todo!() }
}
