//! Organisations and versions of agreements, as the operator publishes them.

use domain::content::{AgreementPublished, Content};
use domain::id::SubjectId;
use rusqlite::{Transaction, named_params};

use crate::StoreError;
use crate::account::Account;
use crate::column::json;
use crate::statement;

/// The latest `organisation-changed` holds.
pub(super) fn fold_organisation(
    transaction: &Transaction<'_>,
    account: &Account,
    subject: SubjectId,
) -> Result<(), StoreError> {
    transaction.prepare_cached("DELETE FROM organisation WHERE id = ?1")?.execute([subject.as_bytes()])?;
    let operator = account.operator.key.id();
    let statements = statement::about(transaction, account, subject)?;
    let latest =
        statements.into_iter().filter(|statement| statement.is_by(operator)).rev().find_map(|statement| {
            match statement.content {
                Some(Content::OrganisationChanged(content)) => Some(content),
                _ => None,
            }
        });
    if let Some(organisation) = latest {
        transaction
            .prepare_cached(
                "INSERT INTO organisation (id, name_kk, name_ru, bin, active)
                 VALUES (:id, :name_kk, :name_ru, :bin, :active)",
            )?
            .execute(named_params! {
                ":id": subject.as_bytes(),
                ":name_kk": organisation.name_kk,
                ":name_ru": organisation.name_ru,
                ":bin": organisation.bin,
                ":active": organisation.active,
            })?;
    }
    Ok(())
}

/// The first `agreement-published` of a version says when it binds; later ones for the same version add languages and
/// change nothing that was published.
pub(super) fn fold_agreement(
    transaction: &Transaction<'_>,
    account: &Account,
    subject: SubjectId,
) -> Result<(), StoreError> {
    transaction.prepare_cached("DELETE FROM agreement WHERE id = ?1")?.execute([subject.as_bytes()])?;
    let operator = account.operator.key.id();
    let mut version: Option<AgreementPublished> = None;
    for statement in statement::about(transaction, account, subject)? {
        let by_operator = statement.is_by(operator);
        let Some(Content::AgreementPublished(content)) = statement.content else { continue };
        match &mut version {
            _ if !by_operator => {}
            None => version = Some(content),
            Some(version) if (version.document, version.version) == (content.document, content.version) => {
                for text in content.texts {
                    if version.texts.iter().all(|known| known.locale != text.locale) {
                        version.texts.push(text);
                    }
                }
            }
            Some(_) => {}
        }
    }
    if let Some(mut version) = version {
        version.texts.sort_by_key(|text| text.locale);
        transaction
            .prepare_cached(
                "INSERT INTO agreement (id, document, version, effective_from_ms, optional_confirmations,
                     geolocation_confirmation, texts)
                 VALUES (:id, :document, :version, :effective_from_ms, :optional_confirmations,
                     :geolocation_confirmation, :texts)",
            )?
            .execute(named_params! {
                ":id": subject.as_bytes(),
                ":document": version.document.as_str(),
                ":version": version.version,
                ":effective_from_ms": version.effective_from_ms,
                ":optional_confirmations": version.optional_confirmations,
                ":geolocation_confirmation": version.geolocation_confirmation,
                ":texts": json(&version.texts)?,
            })?;
    }
    Ok(())
}
