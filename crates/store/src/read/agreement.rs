//! Published versions of agreements, and who accepted them.

use domain::agreement::AgreementKind;
use domain::content::{AgreementAccepted, ConsentWithdrawn, Content, PublishedText};
use domain::id::{PersonId, RecordId, StatementId};

use super::transport::Transport;
use crate::column::{Blob, Json};
use crate::statement::{self, Believed};
use crate::{Reader, StoreError, projection};

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
    pub fn agreements(&self, document: AgreementKind) -> Result<Vec<AgreementRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT id, version, effective_from_ms, optional_confirmations, geolocation_confirmation, texts
               FROM agreement WHERE document = ?1 ORDER BY version DESC, id",
        )?;
        let rows = select.query_map([document.as_str()], |row| {
            Ok(AgreementRow {
                id: row.get::<_, Blob<RecordId>>(0)?.0,
                document,
                version: row.get(1)?,
                effective_from_ms: row.get(2)?,
                optional_confirmations: row.get(3)?,
                geolocation_confirmation: row.get(4)?,
                texts: row.get::<_, Json<Vec<PublishedText>>>(5)?.0,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Acceptances of a person, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acceptances(&self, person: PersonId) -> Result<Vec<AcceptanceRow>, StoreError> {
        let rows = self.by_person(person)?.into_iter().filter_map(|statement| match statement.content {
            Some(Content::AgreementAccepted(accepted)) => Some(AcceptanceRow {
                statement: statement.id,
                person,
                accepted,
                transport: statement.transport,
            }),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Withdrawals of a person, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn withdrawals(&self, person: PersonId) -> Result<Vec<WithdrawalRow>, StoreError> {
        let rows = self.by_person(person)?.into_iter().filter_map(|statement| match statement.content {
            Some(Content::ConsentWithdrawn(withdrawn)) => {
                Some(WithdrawalRow { statement: statement.id, person, withdrawn })
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Statements about a person that the person signed: nobody accepts or withdraws for another. The newest first.
    fn by_person(&self, person: PersonId) -> Result<Vec<Believed>, StoreError> {
        let account = self.account()?;
        let mut statements = statement::about(self.conn, account, person.into())?;
        let mut by_person = Vec::with_capacity(statements.len());
        for statement in statements.drain(..).rev() {
            // A key of which this reader cannot tell whose it is may be anybody's.
            if projection::author(self.conn, account, statement.key)? == Some(person) {
                by_person.push(statement);
            }
        }
        Ok(by_person)
    }
}
