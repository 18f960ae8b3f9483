//! Lists of visits: what a role sees, filtered and sorted as asked.

use std::sync::Arc;

use domain::content::Role;
use domain::id::{ChildId, VisitId};
use domain::visit::Confirmation;
use store::Reader;
use store::read::visit::{
    ReviewState as StoredReview, TransportFilter, VisitFilter, VisitOrder, VisitRow, VisitSort,
};

use crate::access::Viewer;
use crate::errors::{Failure, Result};
use crate::ipc::{
    ConfirmationState, CsvFile, ReviewState, RoleCode, SortColumn, Transport, VisitDetails, VisitPage,
    VisitQuery, VisitView,
};
use crate::preferences::Kept;
use crate::session::Session;
use crate::view::card::Cards;
use crate::view::{evidence, story, visit};
use crate::visits_csv;

/// Most visits in one answer to a screen.
const MAX_PAGE: u32 = 500;
/// Most visits in one file: ten years of a large organisation would be several files.
const MAX_FILE: u32 = 1_000_000;

/// The id of a visit as a screen sends it.
///
/// # Errors
/// [`Failure::BadInput`].
pub(crate) fn visit_id(text: &str) -> Result<VisitId> {
    text.parse().map_err(|_| Failure::BadInput("visit"))
}

/// A visit that this device knows.
///
/// # Errors
/// [`Failure::NotFound`] and those of the store.
pub(crate) fn find(reader: &Reader<'_>, id: VisitId) -> Result<VisitRow> {
    reader.visit(id)?.ok_or(Failure::NotFound)
}

/// One visit as it stands now.
///
/// # Errors
/// As [`find`].
pub(crate) async fn one(session: &Arc<Session>, id: VisitId) -> Result<VisitView> {
    session
        .read(move |session, reader| {
            let viewer = Viewer::look(reader, session)?;
            visit::view(session, &viewer, &mut Cards::new(reader, viewer.now_ms), &find(reader, id)?)
        })
        .await
}

/// One visit with its story.
///
/// # Errors
/// As [`find`].
pub(crate) async fn details(session: &Arc<Session>, id: VisitId) -> Result<VisitDetails> {
    session
        .read(move |session, reader| {
            let viewer = Viewer::look(reader, session)?;
            let mut cards = Cards::new(reader, viewer.now_ms);
            let row = find(reader, id)?;
            let story = story::view(&mut cards, &row, &reader.story(id)?)?;
            let visit = visit::view(session, &viewer, &mut cards, &row)?;
            let proven = reader.proven_interval(id.into(), row.registered)?;
            let reasons = evidence::reasons(&row, &visit.flags, proven.as_ref());
            Ok(VisitDetails { visit, story, proof: evidence::proof(proven), reasons })
        })
        .await
}

/// A page of a list.
///
/// # Errors
/// [`Failure::BadInput`], [`Failure::NotAllowed`] for a role that the person does not have, and those of the store.
pub(crate) async fn page(session: &Arc<Session>, query: VisitQuery) -> Result<VisitPage> {
    session
        .read(move |session, reader| {
            let viewer = Viewer::look(reader, session)?;
            list(session, reader, &viewer, &query, query.limit.min(MAX_PAGE))
        })
        .await
}

/// The whole list as a file. Only for coordinators: nobody else takes personal data out in bulk (clause B3.1).
///
/// # Errors
/// As [`page`].
pub(crate) async fn csv(
    session: &Arc<Session>,
    preferences: &Kept,
    mut query: VisitQuery,
) -> Result<CsvFile> {
    let locale = preferences.get().locale.into();
    query.offset = 0;
    query.role = Some(RoleCode::Coordinator);
    let (visits, now_ms) = session
        .read(move |session, reader| {
            let viewer = Viewer::look(reader, session)?;
            Ok((list(session, reader, &viewer, &query, MAX_FILE)?.visits, session.now_ms()))
        })
        .await?;
    let local = visits_csv::local_time(now_ms, session.ports.clock.offset_min());
    let day = local.split(' ').next().unwrap_or_default();
    Ok(CsvFile { name: format!("esep-{day}.csv"), text: visits_csv::write(&visits, locale), path: None })
}

fn list(
    session: &Session,
    reader: &Reader<'_>,
    viewer: &Viewer,
    query: &VisitQuery,
    limit: u32,
) -> Result<VisitPage> {
    let filter = filter(viewer, query)?;
    let order =
        VisitOrder { sort: sort(query.sort), descending: query.descending, offset: query.offset, limit };
    let rows = reader.visits(&filter, order)?;
    let mut cards = Cards::new(reader, viewer.now_ms);
    let visits = rows.visits.iter().map(|row| visit::view(session, viewer, &mut cards, row));
    let visits = visits.collect::<Result<Vec<_>>>()?;
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let erased = count(reader.erased_visits_count()?);
    Ok(VisitPage { visits, total: count(rows.total_count), erased })
}

/// The role that a list is for: the one asked for, otherwise the person's first whose agreement was accepted.
///
/// # Errors
/// [`Failure::NotAllowed`] for a role that the person does not have, [`Failure::AgreementRequired`] for one whose
/// agreement was never accepted.
pub(crate) fn role(viewer: &Viewer, asked: Option<RoleCode>) -> Result<Role> {
    let first = viewer.entered.first().or(viewer.roles.first()).copied();
    let role = asked.map(Role::from).or(first).ok_or(Failure::NotAllowed)?;
    viewer.require(role)?;
    let awaits_agreement = viewer.roles.contains(&role) && !viewer.entered.contains(&role);
    if awaits_agreement { Err(Failure::AgreementRequired) } else { Ok(role) }
}

fn filter(viewer: &Viewer, query: &VisitQuery) -> Result<VisitFilter> {
    let child = query.child.as_deref().map(str::parse::<ChildId>).transpose();
    // What was taken back waits for nobody's decision.
    let is_work = query.review == Some(ReviewState::Open) || query.flagged;
    let mut filter = VisitFilter {
        search: query.search.clone(),
        review: query.review.map(|state| match state {
            ReviewState::Open => StoredReview::Open,
            ReviewState::Accepted => StoredReview::Accepted,
            ReviewState::Returned => StoredReview::Returned,
        }),
        confirmation: query.confirmation.map(|state| match state {
            ConfirmationState::None => Confirmation::None,
            ConfirmationState::ConfirmedOnDevice => Confirmation::ByGuest,
            ConfirmationState::Confirmed => Confirmation::Confirmed,
            ConfirmationState::Disputed => Confirmation::Disputed,
        }),
        transport: query.transport.map(|state| match state {
            Transport::Saved => TransportFilter::Saved,
            Transport::Sent => TransportFilter::Sent,
            Transport::Registered => TransportFilter::Registered,
            Transport::Refused => TransportFilter::Refused,
        }),
        flagged: query.flagged,
        child: child.map_err(|_| Failure::BadInput("child"))?,
        from_ms: query.from_ms,
        to_ms: query.to_ms,
        cancelled: is_work.then_some(false),
        ..VisitFilter::default()
    };
    match role(viewer, query.role)? {
        Role::Specialist => filter.specialist = Some(viewer.person),
        Role::Representative => filter.children = Some(viewer.represents.clone()),
        // Only the own ones: another role of the person may bring visits of other organisations to this device.
        Role::Coordinator => filter.organisations = Some(viewer.coordinates.clone()),
    }
    Ok(filter)
}

fn sort(column: SortColumn) -> VisitSort {
    match column {
        SortColumn::Started => VisitSort::Started,
        SortColumn::Child => VisitSort::Child,
        SortColumn::Specialist => VisitSort::Specialist,
        SortColumn::Service => VisitSort::Service,
        SortColumn::Distance => VisitSort::Distance,
        SortColumn::Review => VisitSort::Review,
        SortColumn::Confirmation => VisitSort::Confirmation,
    }
}
