//! What each kind of statement needs of its author.

use domain::Kind;
use domain::agreement::AgreementKind;
use domain::content::{
    Content, LocationMoment, LocationOutcome, NotePurpose, RecordKind, RecordViewed, Role, VisitLocated,
    VisitRegistered,
};
use domain::flag::Flag;
use domain::id::PersonId;
use domain::scope::VisitParties;
use domain::service_catalogue;
use journal::Header;

use super::membership::{is_in_care_team, is_member, represents};
use super::moment::Moment;
use super::place;
use crate::agreement;
use crate::fact::{Class, FactQuery};
use crate::store::{BoundKey, StoreError, StoreRead, VisitRow};

/// What somebody may look at a record for. A free text would be a way to write to any family.
const VIEW_PURPOSES: [&str; 4] = ["visit", "review", "answer", "support"];

/// What a statement is found to be.
struct Finding {
    flags: Vec<Flag>,
    has_authority: bool,
    /// The agreement that its author must have accepted, and as it stood when.
    needed: Option<(AgreementKind, i64)>,
}

impl Finding {
    /// Nothing but the question of authority.
    const fn of(has_authority: bool) -> Self {
        Self { flags: Vec::new(), has_authority, needed: None }
    }

    fn under(self, document: AgreementKind, at_ms: i64) -> Self {
        Self { needed: Some((document, at_ms)), ..self }
    }
}

/// Flags of a person's statement.
pub(super) fn flags(
    read: &dyn StoreRead,
    person: PersonId,
    header: &Header,
    content: &Content,
    moment: &Moment,
) -> Result<Vec<Flag>, StoreError> {
    let finding = match header.kind.is_about_visit() {
        true => {
            let visit = read.visit(header.subject.into())?;
            match (&visit, content) {
                (_, Content::VisitRegistered(registered)) => {
                    registration(read, person, header, registered, visit.is_some(), moment)?
                }
                (visit, _) => {
                    let mut finding = of_author(read, (person, header), content, moment)?;
                    match visit {
                        Some(visit) => {
                            let beside = beside_visit(read, person, content, visit, moment)?;
                            finding.has_authority &= beside.has_authority;
                            finding.flags.extend(beside.flags);
                        }
                        None => finding.flags.push(Flag::UnknownSubject),
                    }
                    finding
                }
            }
        }
        false => elsewhere(read, person, header, content, moment)?,
    };
    let Finding { mut flags, has_authority, needed } = finding;
    if !has_authority {
        flags.push(Flag::NoAuthority);
    }
    if let Some((document, at_ms)) = needed
        && !agreement::has_accepted_in_force(read, person, document, at_ms)?
    {
        flags.push(Flag::AgreementOutdated);
    }
    Ok(flags)
}

/// Whether the id of a visit that is registered was made from the registering key; other kinds need none.
pub(crate) fn has_own_id(header: &Header) -> bool {
    header.kind != Kind::VisitRegistered || journal::visit::is_of(header.subject, header.key)
}

fn registration(
    read: &dyn StoreRead,
    person: PersonId,
    header: &Header,
    registered: &VisitRegistered,
    is_known: bool,
    moment: &Moment,
) -> Result<Finding, StoreError> {
    if is_known || !has_own_id(header) {
        // A visit is registered once, by the key that made its id. Another registration under its id would reach people
        // whom the first one did not name, and what they answer would count for nothing.
        return Ok(Finding::of(false));
    }
    let mut flags = Vec::new();
    for at_ms in moment.of_visit(registered.started_at_ms, registered.late.is_some()) {
        if !is_member(read, person, registered.organisation, Role::Specialist, at_ms)? {
            flags.push(Flag::OutsideEngagement);
        }
        if !is_in_care_team(read, person, registered.child, registered.organisation, at_ms)? {
            flags.push(Flag::OutsideCareTeam);
        }
    }
    if registered.late.is_none() && registered.capture.is_none() {
        // A tap begins a reading, or says why there is none; silence is for those who enter later.
        flags.push(Flag::NoLocation);
    }
    let child = FactQuery::of(Class::ChildName).about(registered.child);
    let organisation = FactQuery::of(Class::Organisation).about(registered.organisation);
    if read.facts(&child)?.is_empty()
        || read.facts(&organisation)?.is_empty()
        || service_catalogue::find(&registered.service).is_none()
        || !place::is_at_childs_place(read, registered, header.beacon.as_ref())?
    {
        flags.push(Flag::UnknownSubject);
    }
    let at_ms = match registered.late {
        Some(_) => moment.issued_ms(),
        None => moment.judged(registered.started_at_ms),
    };
    let has_authority = registered.specialist == person;
    Ok(Finding { flags, has_authority, needed: Some((AgreementKind::Specialist, at_ms)) })
}

/// What follows from the author alone, whichever visit it is about.
fn of_author(
    read: &dyn StoreRead,
    (person, header): (PersonId, &Header),
    content: &Content,
    moment: &Moment,
) -> Result<Finding, StoreError> {
    let at_ms = moment.issued_ms();
    let finding = Finding::of(true);
    Ok(match content {
        Content::VisitFinished(_) | Content::VisitCorrected(_) | Content::VisitReviewed(_) => {
            finding.under(AgreementKind::Specialist, at_ms)
        }
        Content::VisitConfirmed(_) | Content::VisitDisputed(_) => {
            finding.under(AgreementKind::Subject, at_ms)
        }
        Content::VisitLocated(located) if located.moment == LocationMoment::Confirmed => {
            let document = AgreementKind::Subject;
            let may_read = may_read_location(read, person, (header, located), document, at_ms)?;
            Finding::of(may_read).under(document, at_ms)
        }
        Content::VisitLocated(located) => {
            let document = AgreementKind::Specialist;
            Finding::of(may_read_location(read, person, (header, located), document, at_ms)?)
        }
        _ => finding,
    })
}

/// What follows from the visit, for a statement that came before it.
pub(super) fn flags_beside_visit(
    read: &dyn StoreRead,
    person: PersonId,
    header: &Header,
    content: &Content,
    moment: &Moment,
) -> Result<Vec<Flag>, StoreError> {
    let Some(visit) = read.visit(header.subject.into())? else { return Ok(Vec::new()) };
    let Finding { mut flags, has_authority, needed: _ } =
        beside_visit(read, person, content, &visit, moment)?;
    if !has_authority {
        flags.push(Flag::NoAuthority);
    }
    Ok(flags)
}

/// Who the author is to the visit.
fn beside_visit(
    read: &dyn StoreRead,
    person: PersonId,
    content: &Content,
    row: &VisitRow,
    moment: &Moment,
) -> Result<Finding, StoreError> {
    let at_ms = moment.issued_ms();
    let VisitParties { child, specialist, organisation } = row.parties;
    let is_specialist = specialist == person;
    let coordinates = || is_member(read, person, organisation, Role::Coordinator, at_ms);
    let represents = || represents(read, person, child, at_ms);
    Ok(match content {
        Content::VisitFinished(_) | Content::VisitCorrected(_) => Finding::of(is_specialist),
        Content::VisitLocated(located) if located.moment == LocationMoment::Confirmed => {
            Finding::of(represents()?)
        }
        Content::VisitLocated(located) => {
            let presence = place::presence(read, row.place(), &located.outcome)?;
            let flags = domain::flag::location_flags(&located.outcome, presence);
            Finding { flags, ..Finding::of(is_specialist) }
        }
        Content::VisitNoted(note) => Finding::of(match note.purpose {
            NotePurpose::Care | NotePurpose::Correction | NotePurpose::Late => is_specialist,
            NotePurpose::Dispute => represents()?,
            NotePurpose::Review => coordinates()?,
        }),
        Content::VisitConfirmed(confirmed) => {
            Finding::of(confirmed.representative == person && represents()?)
        }
        Content::VisitDisputed(disputed) => Finding::of(disputed.representative == person && represents()?),
        // Nobody reviews the own visit.
        Content::VisitReviewed(_) => Finding::of(!is_specialist && coordinates()?),
        _ => Finding::of(false),
    })
}

/// Whether a position was read with its owner's consent. Without it the position goes to nobody.
fn may_read_location(
    read: &dyn StoreRead,
    person: PersonId,
    (header, located): (&Header, &VisitLocated),
    document: AgreementKind,
    at_ms: i64,
) -> Result<bool, StoreError> {
    match located.outcome {
        LocationOutcome::Unavailable(_) => Ok(true),
        LocationOutcome::Fix(_) => agreement::consents_to_geolocation(read, person, document, header, at_ms),
    }
}

fn elsewhere(
    read: &dyn StoreRead,
    person: PersonId,
    header: &Header,
    content: &Content,
    moment: &Moment,
) -> Result<Finding, StoreError> {
    Ok(match content {
        Content::AgreementAccepted(accepted) => {
            let is_complete = agreement::is_complete_acceptance(read, accepted)?;
            let flags = if is_complete { Vec::new() } else { vec![Flag::UnknownSubject] };
            Finding { flags, ..Finding::of(header.subject == person.into()) }
        }
        Content::ConsentWithdrawn(_) => Finding::of(header.subject == person.into()),
        Content::RecordViewed(viewed) => view(person, viewed),
        Content::KeyCompromised(compromised) => {
            // About another device no reader would find it, and the operator alone would trust the key no more.
            let is_own = |key: BoundKey| key.person == person && header.subject == key.device.into();
            Finding::of(read.bound_key(compromised.key)?.is_some_and(is_own))
        }
        Content::DeviceEnrolled(enrolled) => {
            let own =
                journal::VerifyingKey::from_cose_key(&enrolled.key).is_ok_and(|key| key.id() == header.key);
            Finding::of(own && header.seq == 0)
        }
        // A coordinator adopts the coordinates of a visit; every other record is the operator's.
        Content::RecordChanged(changed) if changed.record == RecordKind::Place => {
            let at_ms = moment.issued_ms();
            Finding::of(place::may_adopt(read, person, header.subject.into(), &changed.data, at_ms)?)
        }
        _ => Finding::of(false),
    })
}

fn view(person: PersonId, viewed: &RecordViewed) -> Finding {
    let is_known = VIEW_PURPOSES.contains(&viewed.purpose.as_str());
    let flags = if is_known { Vec::new() } else { vec![Flag::UnknownSubject] };
    Finding { flags, ..Finding::of(viewed.viewer == person) }
}
