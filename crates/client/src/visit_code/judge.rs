//! Whether this person should take what a code says, as far as this device knows.

use domain::Kind;
use domain::content::Role;
use domain::id::{ChildId, StatementId};
use store::Reader;
use store::read::visit::VisitRow;

use super::heard::{Heard, Said};
use super::{Refusal, versions};
use crate::access::Viewer;
use crate::errors::{Failure, Result};
use crate::visits;

/// Lets through what this person should take.
///
/// # Errors
/// [`Failure::Code`] with the reason, [`Failure::AgreementRequired`], and those of the store.
pub(super) fn judge(reader: &Reader<'_>, viewer: &Viewer, heard: &Heard) -> Result<()> {
    for &key in &heard.keys {
        // The code proves that the operator bound the key once; what came since is known here, if anywhere.
        let is_good = |owner: store::read::signed::KeyOwner| owner.in_force && owner.person == heard.person;
        if reader.key_owner(key)?.is_some_and(|owner| !is_good(owner)) {
            return Err(Failure::Code(Refusal::UnknownKey));
        }
    }
    match &heard.said {
        Said::Visit { child, versions } => visit(reader, viewer, heard, *child, versions),
        Said::Answer { answer, basis } => self::answer(reader, viewer, heard, *answer, *basis),
    }
}

/// A visit, read by a representative of its child.
fn visit(
    reader: &Reader<'_>,
    viewer: &Viewer,
    heard: &Heard,
    child: ChildId,
    shown: &[StatementId],
) -> Result<()> {
    if heard.person == viewer.person {
        return Err(Failure::Code(Refusal::Own));
    }
    if !viewer.represents.contains(&child) {
        return Err(Failure::Code(Refusal::OtherFamily));
    }
    visits::role(viewer, Some(Role::Representative.into()))?;
    let Some(row) = reader.visit(heard.visit)? else { return Ok(()) };
    if shown.first() != Some(&row.registered) {
        // A second registration under the id of a visit: nobody has the right to it.
        return Err(Failure::Code(Refusal::Altered));
    }
    if versions(reader, &row)?.iter().any(|known| !shown.contains(&known.id)) {
        return Err(Failure::Code(Refusal::Outdated(row.id)));
    }
    let is_answered =
        |row: &VisitRow| row.answers.iter().any(|a| a.representative == viewer.person && a.current);
    if shown.last() == Some(&row.basis) && is_answered(&row) {
        return Err(Failure::Code(Refusal::Read(row.id)));
    }
    Ok(())
}

/// An answer, read by the specialist of the visit.
fn answer(
    reader: &Reader<'_>,
    viewer: &Viewer,
    heard: &Heard,
    answer: StatementId,
    basis: StatementId,
) -> Result<()> {
    let row = reader.visit(heard.visit)?.filter(|row| row.specialist == viewer.person);
    let row = row.ok_or(Failure::Code(Refusal::OtherVisit))?;
    let representations = reader.representations(row.child)?;
    if !representations.iter().any(|known| known.representative == heard.person)
        && !representations.is_empty()
    {
        return Err(Failure::Code(Refusal::OtherFamily));
    }
    let known = reader.signed_about(row.id)?;
    if known.iter().any(|known| known.id == answer) {
        return Err(Failure::Code(Refusal::Read(row.id)));
    }
    let is_version =
        |kind: Kind| matches!(kind, Kind::VisitRegistered | Kind::VisitFinished | Kind::VisitCorrected);
    if !known.iter().any(|known| known.id == basis && is_version(known.kind)) {
        // An answer to a version that this device never heard of was not given to what it shows.
        return Err(Failure::Code(Refusal::OtherVisit));
    }
    Ok(())
}
