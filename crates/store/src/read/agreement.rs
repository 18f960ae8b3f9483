//! Published versions of agreements, and who accepted them.

use std::rc::Rc;

use domain::Kind;
use domain::agreement::AgreementKind;
use domain::consent::{self, Consent, Ends};
use domain::content::{AgreementAccepted, ConsentWithdrawn, Content, PublishedText};
use domain::id::{PersonId, RecordId, StatementId};
use rusqlite::OptionalExtension as _;

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
    /// Whether it counts at all: not when the operator refused it, or its flags say that it accepts nothing.
    pub counts: bool,
    /// The withdrawal of all that ended it.
    pub withdrawn: Option<ConsentWithdrawn>,
    /// The first withdrawal that ended its consent to geolocation, if it gave one; also one of all.
    pub geolocation_withdrawn: Option<ConsentWithdrawn>,
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

    /// Whether an acceptance ticks the consent to a reading of the location. Where the version is not known here nobody
    /// can say what was ticked: there is a doubt, and a doubt is no consent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lets_locate(&self, accepted: &AgreementAccepted) -> Result<bool, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT geolocation_confirmation FROM agreement WHERE document = ?1 AND version = ?2 ORDER BY id LIMIT 1",
        )?;
        let published: Option<Option<u8>> =
            select.query_row((accepted.document.as_str(), accepted.version), |row| row.get(0)).optional()?;
        Ok(published.is_some_and(|number| accepted.lets_locate(number)))
    }

    /// Acceptances of a person with what was withdrawn of them since, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acceptances(&self, person: PersonId) -> Result<Vec<AcceptanceRow>, StoreError> {
        let declared = self.declared_by(person)?;
        let mut rows: Vec<AcceptanceRow> = Vec::new();
        for statement in declared.iter() {
            match &statement.content {
                Some(Content::AgreementAccepted(accepted)) => rows.push(AcceptanceRow {
                    statement: statement.id,
                    person,
                    accepted: accepted.clone(),
                    transport: statement.transport,
                    counts: is_acceptance(statement),
                    withdrawn: None,
                    geolocation_withdrawn: None,
                }),
                Some(Content::ConsentWithdrawn(withdrawn)) if consent::is_withdrawal(&statement.flags) => {
                    let Some(ends) = withdrawn.ends() else { continue };
                    for row in rows.iter_mut().filter(|row| row.accepted.document == withdrawn.document) {
                        row.geolocation_withdrawn.get_or_insert_with(|| withdrawn.clone());
                        if ends == Ends::All {
                            row.withdrawn.get_or_insert_with(|| withdrawn.clone());
                        }
                    }
                }
                _ => {}
            }
        }
        rows.reverse();
        Ok(rows)
    }

    /// What of an agreement a person accepts now, as the operator judges it: registered statements in the order of the
    /// log, then the own ones that wait, in that of the series.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn consent(
        &self,
        person: PersonId,
        document: AgreementKind,
    ) -> Result<Consent<AgreementAccepted>, StoreError> {
        let mut consent = Consent::default();
        for statement in self.declared_by(person)?.iter() {
            match &statement.content {
                Some(Content::AgreementAccepted(accepted))
                    if accepted.document == document && is_acceptance(statement) =>
                {
                    consent.accept(accepted.version, accepted.clone());
                }
                Some(Content::ConsentWithdrawn(withdrawn))
                    if withdrawn.document == document && consent::is_withdrawal(&statement.flags) =>
                {
                    if let Some(ends) = withdrawn.ends() {
                        consent.withdraw(ends);
                    }
                }
                _ => {}
            }
        }
        Ok(consent)
    }

    /// The latest statement of a person that left an agreement to be accepted anew: a withdrawal of all, or an
    /// acceptance that accepts nothing. What was read and ticked before it belongs to an acceptance that is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ended_by(
        &self,
        person: PersonId,
        document: AgreementKind,
    ) -> Result<Option<StatementId>, StoreError> {
        let declared = self.declared_by(person)?;
        let ended = declared.iter().rev().find(|statement| match &statement.content {
            Some(Content::AgreementAccepted(accepted)) => {
                accepted.document == document && !is_acceptance(statement)
            }
            Some(Content::ConsentWithdrawn(withdrawn)) => {
                let is_of_all = withdrawn.document == document && withdrawn.ends() == Some(Ends::All);
                is_of_all && consent::is_withdrawal(&statement.flags)
            }
            _ => false,
        });
        Ok(ended.map(|statement| statement.id))
    }

    /// What a person accepted and withdrew under the own signature: nobody does so for another. In the order
    /// in which it counts.
    fn declared_by(&self, person: PersonId) -> Result<Rc<[Believed]>, StoreError> {
        if let Some((whose, declared)) = &*self.declared.borrow()
            && *whose == person
        {
            return Ok(Rc::clone(declared));
        }
        let account = self.account()?;
        let kinds = [Kind::AgreementAccepted, Kind::ConsentWithdrawn];
        let mut declared = Vec::new();
        for statement in statement::about_as(self.conn, account, person.into(), kinds)? {
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

/// The operator holds nothing of what it refused; until it answers an own acceptance counts.
fn is_acceptance(statement: &Believed) -> bool {
    !matches!(statement.transport, Transport::Refused(_)) && consent::is_acceptance(&statement.flags)
}
