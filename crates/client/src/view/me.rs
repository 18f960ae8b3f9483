//! The person and the device.

use domain::content::{OldShares, OperatorKey, RecoveryRenewed};
use domain::erasing::Pause;
use store::Reader;

use super::agreement;
use super::card::Cards;
use crate::access::Viewer;
use crate::aside;
use crate::errors::Result;
use crate::ipc::{Me, RenewalView, RoleCode};
use crate::session::Session;

/// What the person sees about itself.
///
/// # Errors
/// Those of the store.
pub(crate) fn view(
    session: &Session,
    viewer: &Viewer,
    cards: &mut Cards<'_, '_>,
    label: String,
) -> Result<Me> {
    let reader = cards.reader();
    let account = &session.account;
    let acceptances = reader.acceptances(session.person)?;
    let acceptances =
        acceptances.iter().map(|row| agreement::acceptance(reader, row)).collect::<Result<Vec<_>>>()?;
    Ok(Me {
        card: cards.card(session.person, None)?,
        roles: viewer.roles.iter().copied().map(RoleCode::from).collect(),
        phone: reader.person(session.person)?.and_then(|person| person.phone),
        operator_name_kk: account.operator.facts.name_kk.clone(),
        operator_name_ru: account.operator.facts.name_ru.clone(),
        operator_bin: account.operator.facts.bin.clone(),
        address: account.address.clone(),
        device_key: account.key.id().to_string(),
        enrolled_at_ms: account.bound_at_ms.unwrap_or_default(),
        acceptances,
        openings: reader.openings()?.iter().map(aside::opening_view).collect(),
        renewals: renewals(reader)?,
        label,
    })
}

fn renewals(reader: &Reader<'_>) -> Result<Vec<RenewalView>> {
    let keys = reader.recovery_keys()?;
    let said = reader.operator_said()?;
    Ok(said.into_iter().filter_map(|stated| renewal(stated, keys.pauses())).collect())
}

fn renewal(stated: OperatorKey, pauses: &[Pause]) -> Option<RenewalView> {
    let RecoveryRenewed { shares, reason, .. } = stated.recovery_renewed?;
    let pause = pauses.iter().find(|pause| pause.key == stated.recovery_key);
    let erases_from_ms = pause.map(|pause| pause.until_s().saturating_mul(1_000));
    let approved = shares == OldShares::Both;
    Some(RenewalView { at_ms: stated.valid_from_ms, approved, reason, erases_from_ms })
}
