//! Which versions are to be read, and where that leaves the person.

use domain::agreement::AgreementKind;
use domain::content::Role;
use store::Reader;
use store::read::agreement::AgreementRow;

use crate::access;
use crate::errors::Result;
use crate::session::Session;
use crate::sync_loop;

/// The agreements of a person's roles, each once.
fn documents(roles: &[Role]) -> Vec<AgreementKind> {
    let mut documents: Vec<_> = roles.iter().map(|role| role.agreement()).collect();
    documents.sort_unstable();
    documents.dedup();
    documents
}

/// Versions to read, with whether they are only announced; what binds comes first.
///
/// # Errors
/// Those of the store.
pub(crate) fn list(session: &Session, reader: &Reader<'_>) -> Result<Vec<(AgreementRow, bool)>> {
    let now_ms = access::now_ms(session, reader)?;
    let mut due = Vec::new();
    for document in documents(&access::roles(reader, session.person, now_ms)?) {
        let versions = reader.agreements(document)?;
        let accepted = access::accepted_version(reader, session.person, document)?;
        due.extend(choose(&versions, accepted, now_ms));
    }
    due.sort_by_key(|(_, announced)| *announced);
    Ok(due)
}

/// Of one agreement: the version in force, if it was not accepted, and the next that was announced.
///
/// Whoever has accepted none begins with what there is, because nothing can be used before an acceptance.
fn choose(versions: &[AgreementRow], accepted: Option<u32>, now_ms: i64) -> Vec<(AgreementRow, bool)> {
    let is_new = |row: &&AgreementRow| accepted.is_none_or(|accepted| row.version > accepted);
    let in_force = access::in_force(versions, now_ms);
    let coming = versions
        .iter()
        .filter(|row| row.effective_from_ms > now_ms)
        .filter(|row| in_force.is_none_or(|current| row.version > current.version))
        .filter(is_new)
        .min_by_key(|row| (row.effective_from_ms, row.version));
    let binding = in_force.filter(is_new).cloned().map(|row| (row, false));
    let is_first = accepted.is_none() && binding.is_none();
    binding.into_iter().chain(coming.cloned().map(|row| (row, !is_first))).collect()
}

/// Whether no agreement is accepted that any of the roles needs, or all of them were withdrawn: then the person stands before it, not at home.
/// A further role keeps nobody from the work of the others: its agreement is due, and only its own pages and acts wait
/// for it. Before the first sync nobody knows the roles.
///
/// # Errors
/// Those of the store.
pub(crate) fn stands_before_agreement(session: &Session, reader: &Reader<'_>) -> Result<bool> {
    if !sync_loop::has_synced(reader)? {
        return Ok(true);
    }
    let roles = access::roles(reader, session.person, access::now_ms(session, reader)?)?;
    Ok(!roles.is_empty() && access::entered(reader, session.person, &roles)?.is_empty())
}

#[cfg(test)]
mod tests {
    use domain::id::RecordId;

    use super::*;

    fn version(version: u32, effective_from_ms: i64) -> AgreementRow {
        AgreementRow {
            id: RecordId::from_bytes([version as u8; 16]),
            document: AgreementKind::Specialist,
            version,
            effective_from_ms,
            texts: Vec::new(),
            optional_confirmations: Vec::new(),
            geolocation_confirmation: None,
        }
    }

    fn chosen(versions: &[AgreementRow], accepted: Option<u32>, now_ms: i64) -> Vec<(u32, bool)> {
        choose(versions, accepted, now_ms)
            .into_iter()
            .map(|(row, announced)| (row.version, announced))
            .collect()
    }

    #[test]
    fn the_version_in_force_is_due_and_the_next_is_announced() {
        let versions = [version(3, 300), version(2, 200), version(1, 100)];
        assert_eq!(chosen(&versions, None, 150), [(1, false), (2, true)]);
        assert_eq!(chosen(&versions, Some(1), 150), [(2, true)]);
        assert_eq!(
            chosen(&versions, Some(1), 200),
            [(2, false), (3, true)],
            "from its first moment it binds"
        );
        assert_eq!(chosen(&versions, Some(2), 150), [(3, true)], "accepted early");
        assert_eq!(chosen(&versions, Some(3), 400), []);
        assert_eq!(chosen(&versions, None, 50), [(1, false)], "the first one can be read before it binds");
        assert_eq!(chosen(&[], None, 50), []);
    }

    #[test]
    fn two_roles_with_one_agreement_read_it_once() {
        assert_eq!(documents(&[Role::Specialist, Role::Coordinator]), [AgreementKind::Specialist]);
        assert_eq!(documents(&[Role::Specialist, Role::Representative]).len(), 2);
    }
}
