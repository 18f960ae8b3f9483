//! Who may answer and review: representatives of the child and coordinators of the organisation, now or once
//! (docs/PROTOCOL.md, "A visit").

use domain::content::{Content, Role};
use domain::flag::Flag;
use domain::id::{ChildId, OrganisationId, PersonId};
use rusqlite::Transaction;

use crate::StoreError;
use crate::column::code;
use crate::statement::Believed;

/// For whom and for which organisation a visit was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parties {
    child: ChildId,
    organisation: OrganisationId,
}

impl Parties {
    /// From the registration, as the fold of the visit takes it.
    pub(super) fn of(statements: &[Believed]) -> Option<Self> {
        statements.iter().find_map(|statement| match &statement.content {
            Some(Content::VisitRegistered(visit)) => {
                Some(Self { child: visit.child, organisation: visit.organisation })
            }
            _ => None,
        })
    }

    /// Whether an answer or a review is by somebody who may give it. Of other statements the fold asks nothing.
    pub(super) fn allow(
        self,
        transaction: &Transaction<'_>,
        statement: &Believed,
        author: Option<PersonId>,
    ) -> Result<bool, StoreError> {
        let Some(author) = author else { return Ok(false) };
        if statement.flags.contains(&Flag::NoAuthority) {
            return Ok(false);
        }
        match &statement.content {
            Some(Content::VisitConfirmed(_) | Content::VisitDisputed(_)) => {
                // The operator did not know the visit yet and has judged nothing: only what this reader is shown counts.
                let is_judged = !statement.flags.contains(&Flag::UnknownSubject);
                represents(transaction, author, self.child, is_judged)
            }
            Some(Content::VisitReviewed(_)) => coordinates(transaction, author, self.organisation),
            _ => Ok(true),
        }
    }
}

/// Whoever is shown the child is shown every representation of it. Whoever is shown none (a former colleague reading
/// the own visits) cannot tell, and counts on the operator's flag.
fn represents(
    transaction: &Transaction<'_>,
    person: PersonId,
    child: ChildId,
    is_judged: bool,
) -> Result<bool, StoreError> {
    let mut select = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM representation WHERE child = ?1 AND representative = ?2)
             OR (?3 AND NOT EXISTS (SELECT 1 FROM representation WHERE child = ?1))",
    )?;
    Ok(select.query_row((child.as_bytes(), person.as_bytes(), is_judged), |row| row.get(0))?)
}

/// Memberships come with the card of a person, as the key does by which the author is known at all.
fn coordinates(
    transaction: &Transaction<'_>,
    person: PersonId,
    organisation: OrganisationId,
) -> Result<bool, StoreError> {
    let mut select = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM member WHERE person = ?1 AND organisation = ?2 AND role = ?3)",
    )?;
    let role = code(&Role::Coordinator)?;
    Ok(select.query_row((person.as_bytes(), organisation.as_bytes(), role), |row| row.get(0))?)
}
