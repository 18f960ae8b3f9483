//! The exact bytes of the texts: fetched once, checked against their published digest, kept for reading offline.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::content::Role;
use domain::id::Digest;

use crate::access;
use crate::errors::{Failure, Result};
use crate::session::{Session, blocking};

fn name(sha256: Digest) -> String {
    format!("text/{sha256}")
}

/// The text of that digest, from the store or else from the operator.
///
/// # Errors
/// [`Failure::Offline`], [`Failure::AgreementAltered`], and those of the store.
pub(crate) async fn bytes(session: &Arc<Session>, sha256: Digest) -> Result<Vec<u8>> {
    if let Some(bytes) = session.read(move |_, reader| Ok(reader.get(&name(sha256))?)).await? {
        // Checked again: what is shown must be what was published, whatever happened to the file.
        return if journal::codec::hash(&bytes) == sha256 {
            Ok(bytes)
        } else {
            Err(Failure::AgreementAltered)
        };
    }
    fetch(session, sha256).await
}

async fn fetch(session: &Arc<Session>, sha256: Digest) -> Result<Vec<u8>> {
    let bytes = session.client.fetch_agreement(sha256).await?;
    let (storing, kept) = (Arc::clone(session), bytes.clone());
    blocking(move || Ok(storing.store.set(&name(sha256), Some(&kept))?)).await?;
    Ok(bytes)
}

/// Fetches every text that may be asked for: all languages of all versions of the person's agreements. Answers
/// whether anything came. One that does not come keeps no other from coming.
///
/// # Errors
/// Those of the store.
pub(crate) async fn fetch_missing(session: &Arc<Session>) -> Result<bool> {
    let missing = session
        .read(|session, reader| {
            let roles: Vec<Role> = access::roles(reader, session.person, access::now_ms(session, reader)?)?;
            let mut wanted = BTreeSet::new();
            for document in roles.iter().map(|role| role.agreement()) {
                let versions = reader.agreements(document)?;
                wanted.extend(versions.iter().flat_map(|row| &row.texts).map(|text| text.sha256));
            }
            let accepted = reader.acceptances(session.person)?;
            wanted.extend(accepted.iter().map(|row| row.accepted.sha256));
            let mut missing = Vec::new();
            for sha256 in wanted {
                if reader.get(&name(sha256))?.is_none() {
                    missing.push(sha256);
                }
            }
            Ok(missing)
        })
        .await?;
    let mut any_came = false;
    for sha256 in missing {
        match fetch(session, sha256).await {
            Ok(_) => any_came = true,
            Err(Failure::Offline) => break,
            Err(failure) => tracing::warn!(%failure, %sha256, "the text of an agreement did not come"),
        }
    }
    Ok(any_came)
}

/// The text of that digest if it is here already.
///
/// # Errors
/// Those of the store.
pub(crate) fn kept(reader: &store::Reader<'_>, sha256: Digest) -> Result<Option<Vec<u8>>> {
    Ok(reader.get(&name(sha256))?.filter(|bytes| journal::codec::hash(bytes) == sha256))
}
