//! Between the specialist's account and a guest's on one device: no picture and no age, but every signature.

use std::sync::Arc;

use domain::id::PersonId;
use journal::{Statement, VerifyingKey, codec};
use store::carry::Carried;
use store::read::signed::Signed;

use super::heard::{self, Heard};
use super::{Refusal, judge};
use crate::access::Viewer;
use crate::errors::{Failure, Result};
use crate::session::{Session, blocking};

/// The guest takes a visit of the host. One that was answered before may be answered anew.
///
/// # Errors
/// [`Failure::Code`] with the reason, [`Failure::AgreementRequired`] and those of the store; then nothing was kept.
pub(crate) async fn take_as_guest(session: &Arc<Session>, bytes: Vec<u8>) -> Result<()> {
    let session = Arc::clone(session);
    blocking(move || {
        let heard = Heard::verify(&bytes, &session.account.operator.key)?;
        session.store.carry(|reader| {
            let viewer = Viewer::look(reader, &session)?;
            match judge::judge(reader, &viewer, &heard) {
                Ok(()) | Err(Failure::Code(Refusal::Read(_))) => Ok(heard.carried),
                Err(failure) => Err(failure),
            }
        })
    })
    .await
}

/// The host takes the guest's answers to the own visits, and what stands between them in the guest's series and is about no
/// visit: the operator takes no answer while the acceptance before it is missing. What is about others' visits stays with
/// the guest.
///
/// # Errors
/// [`Failure::Code`] when the key is not a guest's of this host or was revoked, and those of the store.
pub(crate) async fn take_from_guest(
    host: &Arc<Session>,
    guest: PersonId,
    binding: Signed,
    unsent: Vec<Signed>,
) -> Result<()> {
    let session = Arc::clone(host);
    blocking(move || {
        let mut carried = Vec::with_capacity(unsent.len() + 1);
        let bound = heard::bind_signed(&binding, &session.account.operator.key, &mut carried)?;
        if bound.person != guest || bound.host != Some(session.person) {
            return Err(Failure::Code(Refusal::UnknownKey));
        }
        session.store.carry(|reader| {
            let owner = reader.key_owner(bound.key.id())?;
            if owner.is_some_and(|owner| !owner.in_force || owner.person != guest) {
                return Err(Failure::Code(Refusal::UnknownKey));
            }
            for signed in unsent {
                let item = verify(signed, &bound.key)?;
                let header = item.statement.header();
                let is_for_host = match header.kind.is_about_visit() {
                    true => reader
                        .visit(header.subject.into())?
                        .is_some_and(|row| row.specialist == session.person),
                    false => true,
                };
                if is_for_host {
                    carried.push(item);
                }
            }
            Ok(carried)
        })
    })
    .await?;
    host.changed();
    Ok(())
}

fn verify(signed: Signed, key: &VerifyingKey) -> Result<Carried> {
    let altered = Failure::Code(Refusal::Altered);
    let Ok(statement) = Statement::decode(&signed.bytes) else { return Err(altered) };
    let Ok(statement) = statement.verify(key) else { return Err(altered) };
    if statement.payload() != codec::hash(&signed.content) {
        return Err(altered);
    }
    Ok(Carried { statement, content: signed.content })
}
