//! Published versions of agreements, and who accepted them.

use std::rc::Rc;

use domain::Kind;
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
        let declared = self.declared_by(person)?;
        let rows = declared.iter().filter_map(|statement| match &statement.content {
            Some(Content::AgreementAccepted(accepted)) => Some(AcceptanceRow {
                statement: statement.id,
                person,
                accepted: accepted.clone(),
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
        let declared = self.declared_by(person)?;
        let rows = declared.iter().filter_map(|statement| match &statement.content {
            Some(Content::ConsentWithdrawn(withdrawn)) => {
                Some(WithdrawalRow { statement: statement.id, person, withdrawn: withdrawn.clone() })
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    /// What a person accepted and withdrew under the own signature: nobody does so for another. The newest first.
    fn declared_by(&self, person: PersonId) -> Result<Rc<[Believed]>, StoreError> {
        if let Some((whose, declared)) = &*self.declared.borrow()
            && *whose == person
        {
            return Ok(Rc::clone(declared));
        }
        let account = self.account()?;
        let kinds = [Kind::AgreementAccepted, Kind::ConsentWithdrawn];
        let mut declared = Vec::new();
        for statement in statement::about_as(self.conn, account, person.into(), kinds)?.into_iter().rev() {
            // A key of which this reader cannot tell whose it is may be anybody's.
            if projection::author(self.conn, account, statement.key)? == Some(person) {
                declared.push(statement);
            }
        }
        let declared: Rc<[Believed]> = declared.into();
        *self.declared.borrow_mut() = Some((person, Rc::clone(&declared)));
        Ok(declared)
    }
}
