//! The main job: registering a visit. What follows is the list of its steps (docs/ARCHITECTURE.md, "The main job").

use std::sync::Arc;

use domain::Kind;
use domain::content::{
    LocationMoment, NotePurpose, Role, UnavailableReason, VisitNoted, VisitOutcome, VisitRegistered,
};
use domain::id::{CaptureId, ChildId, VisitId};
use journal::Draft;
use store::{Appended, Appending, PendingCapture};

use crate::access::{self, Viewer};
use crate::errors::{Failure, Result};
use crate::ipc::{BeginVisit, LateCode, LateEntry, RegisterVisit, RegisteredVisits, VisitDraft};
use crate::session::Session;
use crate::{children, input, locate, room, visits};

/// Most children of one visit: a family, not a group.
const MAX_CHILDREN: usize = 20;

/// Gives the draft id by which two taps are one visit, and what must be said before the tap. Reads no location.
///
/// # Errors
/// [`Failure::NotAllowed`], [`Failure::NotFound`] for a child that is not in the list, and those of the store.
pub(crate) async fn begin(session: &Arc<Session>, request: BeginVisit) -> Result<VisitDraft> {
    let ids = child_ids(&request.children)?;
    let (cards, service, has_consent) = session
        .read(move |session, reader| {
            let viewer = Viewer::look(reader, session)?;
            viewer.require(Role::Specialist)?;
            let cards = children::cards(reader, &viewer, &ids)?;
            let service = children::usual_service(reader, &viewer, &cards, &ids)?;
            let document = Role::Specialist.agreement();
            Ok((cards, service, access::consents_to_geolocation(reader, viewer.person, document)?))
        })
        .await?;
    let warned = locate::readiness(session, has_consent).await;
    let draft_id = session.put_draft(warned);
    let location = crate::view::location::readiness(warned);
    Ok(VisitDraft { draft_id, children: cards, service, location, room: room::look(session).await? })
}

/// Registers: saved when it returns. Waits for neither network nor location nor sync.
///
/// # Errors
/// [`Failure::BadInput`], [`Failure::NotAllowed`], [`Failure::AgreementRequired`] and those of the store.
pub(crate) async fn register(session: &Arc<Session>, request: RegisterVisit) -> Result<RegisteredVisits> {
    // Only a late entry claims a time that must be possible; nobody at a door waits for another look at the file.
    let operator_time_ms = match request.late {
        Some(_) => session.read(|_, reader| Ok(reader.operator_time_ms()?)).await?,
        None => 0,
    };
    let entry = Entry::check(session, &request, operator_time_ms)?;
    tracing::trace!(target: "esep::step", step = "tap");
    let capture = (entry.late.is_none()).then(|| CaptureId::random(&*session.ports.rng));
    let appended = session
        .append(Some(format!("visit/{}", request.draft_id)), move |session, appending| {
            seal(session, appending, &entry, capture)
        })
        .await?;
    let registered = visits_of(&appended);
    if !appended.repeated {
        session.allow_undo(&registered);
        if let Some(capture) = capture {
            locate::start_named(session, capture).await;
        }
    }
    Ok(show(session, registered).await)
}

/// What is to be registered, checked as far as that needs no store.
struct Entry {
    children: Vec<ChildId>,
    service: String,
    outcome: VisitOutcome,
    note: Option<String>,
    late: Option<LateEntry>,
    late_text: Option<String>,
    warned: Option<UnavailableReason>,
}

impl Entry {
    fn check(session: &Session, request: &RegisterVisit, operator_time_ms: i64) -> Result<Self> {
        let children = child_ids(&request.children)?;
        let note = input::text(request.note.clone(), "note")?;
        if note.is_some() && children.len() > 1 {
            // What is written about one child must not stand in the record of another.
            return Err(Failure::BadInput("note"));
        }
        let late_text = match &request.late {
            Some(late) => {
                let possible = input::possible(session.now_ms(), operator_time_ms);
                input::start(late.started_at_ms, &possible)?;
                input::end(late.started_at_ms, late.finished_at_ms, &possible)?;
                input::text_if(late.reason == LateCode::Other, late.text.clone(), "text")?
            }
            None => None,
        };
        Ok(Self {
            children,
            service: input::service(request.service.clone())?,
            outcome: request.outcome.into(),
            note,
            warned: Self::warned(session, &request.draft_id)?,
            late: request.late.clone(),
            late_text,
        })
    }

    /// The warning that stood on screen. A draft that was opened before the app locked is taken as well, but what
    /// stood there then is not known any more.
    fn warned(session: &Session, draft_id: &str) -> Result<Option<UnavailableReason>> {
        let is_id = draft_id.len() == 32 && draft_id.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id {
            return Err(Failure::BadInput("draft_id"));
        }
        Ok(session.draft(draft_id).and_then(|draft| draft.warned))
    }
}

fn child_ids(texts: &[String]) -> Result<Vec<ChildId>> {
    let mut ids: Vec<ChildId> = Vec::new();
    for text in texts {
        let id = text.parse().map_err(|_| Failure::BadInput("children"))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() || ids.len() > MAX_CHILDREN { Err(Failure::BadInput("children")) } else { Ok(ids) }
}

/// Seals everything that belongs to one tap, in one transaction.
fn seal(
    session: &Session,
    appending: &mut Appending<'_>,
    entry: &Entry,
    capture: Option<CaptureId>,
) -> Result<()> {
    let now_ms = session.now_ms();
    let (planned, has_consent) = plan(session, appending, entry, now_ms)?;
    let (mut ids, mut ids_of_now) = (Vec::new(), appending.visit_ids(now_ms));
    for visit in planned {
        let id = ids_of_now.fresh();
        let registered = VisitRegistered { capture, ..visit };
        let statement = appending.seal(&Draft::new(id, registered))?.id;
        let notes = [(NotePurpose::Care, &entry.note), (NotePurpose::Late, &entry.late_text)];
        for (purpose, text) in notes.into_iter().filter_map(|(purpose, text)| Some((purpose, text.clone()?)))
        {
            appending.seal(&Draft::new(id, VisitNoted { purpose, text, about: Some(statement) }))?;
        }
        ids.push(id);
    }
    let Some(capture) = capture.filter(|_| !has_consent) else { return Ok(()) };
    let pending =
        PendingCapture { capture, moment: LocationMoment::Registered, visits: ids, began_at_ms: now_ms };
    locate::seal_not_started(appending, &pending, UnavailableReason::NoConsent)
}

/// The visits without their reading, and whether one may be begun.
fn plan(
    session: &Session,
    appending: &Appending<'_>,
    entry: &Entry,
    now_ms: i64,
) -> Result<(Vec<VisitRegistered>, bool)> {
    let reader = appending.reader();
    access::require_specialist(&reader, session.person)?;
    let document = Role::Specialist.agreement();
    // An outdated acceptance is a flag, never a reason to lose a visit.
    access::require_any_agreement(&reader, session.person, document)?;
    let (started_at_ms, finished_at_ms) = match &entry.late {
        Some(late) => (late.started_at_ms, Some(late.finished_at_ms)),
        None => (now_ms, (entry.outcome == VisitOutcome::NobodyHome).then_some(now_ms)),
    };
    let offset_min = session.ports.clock.offset_min();
    let mut planned = Vec::new();
    for &child in &entry.children {
        let organisation = access::organisation_at(&reader, session, child, started_at_ms)?;
        planned.push(VisitRegistered {
            child,
            specialist: session.person,
            organisation,
            place: reader.place_of_child(child)?,
            service: entry.service.clone(),
            outcome: entry.outcome,
            started_at_ms,
            finished_at_ms,
            offset_min,
            late: entry.late.as_ref().map(|late| late.reason.into()),
            capture: None,
            warned: entry.warned.filter(|_| entry.late.is_none()),
        });
    }
    let has_consent = access::consents_to_geolocation(&reader, session.person, document)?;
    Ok((planned, has_consent))
}

fn visits_of(appended: &Appended) -> Vec<VisitId> {
    let registered =
        appended.statements.iter().filter(|statement| statement.header.kind == Kind::VisitRegistered);
    registered.map(|statement| statement.header.subject.into()).collect()
}

/// What was saved. A visit that cannot be read now is left out: that it is saved is true all the same.
async fn show(session: &Arc<Session>, registered: Vec<VisitId>) -> RegisteredVisits {
    let saved_count = u32::try_from(registered.len()).unwrap_or(u32::MAX);
    let mut views = Vec::new();
    for id in registered {
        match visits::one(session, id).await {
            Ok(view) => views.push(view),
            Err(failure) => tracing::error!(%failure, "a saved visit cannot be shown"),
        }
    }
    let undo_left_ms = views.iter().map(|view| view.can_undo_ms).min().unwrap_or(0);
    RegisteredVisits {
        undo_until_ms: session.now_ms() + i64::from(undo_left_ms),
        undo_left_ms,
        saved_count,
        visits: views,
    }
}
