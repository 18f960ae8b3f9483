//! Lists of children, the first screen, the services.

use std::sync::Arc;

use domain::content::Role;
use domain::id::ChildId;
use domain::service_catalogue;
use store::Reader;
use store::read::child::ChildrenOf;
use store::read::visit::{VisitFilter, VisitOrder, VisitSort};

use crate::access::{self, Viewer};
use crate::errors::{Failure, Result};
use crate::ipc::{ChildCard, ChildQuery, ServiceView, Today, VisitView};
use crate::session::Session;
use crate::view::card::Cards;
use crate::view::child::{self, Siblings};
use crate::view::{location, visit};
use crate::{locate, visits};

/// Most children in one answer to a screen.
const MAX_PAGE: u32 = 500;
/// Children on the first screen; the rest is behind "all".
const FIRST_SCREEN: u32 = 50;
/// Visits in each list of the first screen.
const TODAYS: u32 = 100;

fn list_of(viewer: &Viewer, role: Role) -> ChildrenOf {
    match role {
        Role::Specialist => ChildrenOf::Specialist(viewer.person),
        Role::Representative => ChildrenOf::Representative(viewer.person),
        Role::Coordinator => match viewer.coordinates.as_slice() {
            [only] => ChildrenOf::Organisation(*only),
            _ => ChildrenOf::Anybody,
        },
    }
}

/// The children of a role.
///
/// # Errors
/// [`Failure::NotAllowed`] and those of the store.
pub(crate) async fn list(session: &Arc<Session>, query: ChildQuery) -> Result<Vec<ChildCard>> {
    session
        .read(move |session, reader| {
            let viewer = Viewer::look(reader, session)?;
            let of = list_of(&viewer, visits::role(&viewer, query.role)?);
            let limit = query.limit.min(MAX_PAGE);
            let rows = reader.children(of, &query.search, viewer.now_ms, query.offset, limit)?;
            let siblings = Siblings::of(reader, of, viewer.now_ms, &rows.children)?;
            Ok(rows.children.iter().map(|row| child::card(row, &siblings)).collect())
        })
        .await
}

/// The specialist's cards of these children.
///
/// # Errors
/// [`Failure::NotFound`] for a child that this device does not know, and those of the store.
pub(crate) fn cards(reader: &Reader<'_>, viewer: &Viewer, ids: &[ChildId]) -> Result<Vec<ChildCard>> {
    let of = ChildrenOf::Specialist(viewer.person);
    let known = |&id: &ChildId| reader.child(of, id)?.ok_or(Failure::NotFound);
    let rows = ids.iter().map(known).collect::<Result<Vec<_>>>()?;
    let siblings = Siblings::of(reader, of, viewer.now_ms, &rows)?;
    Ok(rows.iter().map(|row| child::card(row, &siblings)).collect())
}

/// The service that is chosen beforehand: the last one to the first child, or the person's function in the care
/// team, or the first of the list.
///
/// # Errors
/// Those of the store.
pub(crate) fn usual_service(
    reader: &Reader<'_>,
    viewer: &Viewer,
    cards: &[ChildCard],
    ids: &[ChildId],
) -> Result<String> {
    let last = cards.first().and_then(|card| card.last_service.clone());
    let function = match ids.first() {
        Some(&child) => {
            let now_ms = viewer.now_ms;
            let place = access::care_team_at(reader, viewer.person, child, now_ms, || Ok(now_ms))?;
            place.map(|row| row.function)
        }
        None => None,
    };
    let known = [last, function].into_iter().flatten().find(|code| service_catalogue::find(code).is_some());
    Ok(known.unwrap_or_else(|| service_catalogue::SERVICES[0].code.to_owned()))
}

/// Names of the coded services.
pub(crate) fn services() -> Vec<ServiceView> {
    let services = service_catalogue::SERVICES.iter();
    services
        .map(|service| ServiceView {
            code: service.code.to_owned(),
            kk: service.kk.to_owned(),
            ru: service.ru.to_owned(),
            en: service.en.to_owned(),
        })
        .collect()
}

/// First screen of a specialist.
///
/// # Errors
/// [`Failure::NotAllowed`] and those of the store.
pub(crate) async fn today(session: &Arc<Session>) -> Result<Today> {
    let (mut today, has_consent) = session.read(read_today).await?;
    today.location = location::readiness(locate::last_readiness(session, has_consent));
    Ok(today)
}

fn read_today(session: &Session, reader: &Reader<'_>) -> Result<(Today, bool)> {
    let viewer = Viewer::look(reader, session)?;
    viewer.require(Role::Specialist)?;
    let of = ChildrenOf::Specialist(viewer.person);
    let rows = reader.children(of, "", viewer.now_ms, 0, FIRST_SCREEN)?;
    let siblings = Siblings::of(reader, of, viewer.now_ms, &rows.children)?;
    let mut cards = Cards::new(reader, viewer.now_ms);
    let mut show = |filter: VisitFilter| -> Result<Vec<VisitView>> {
        let filter = VisitFilter { specialist: Some(viewer.person), ..filter };
        let order = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: TODAYS };
        let rows = reader.first_visits(&filter, order)?;
        rows.iter().map(|row| visit::view(session, &viewer, &mut cards, row)).collect()
    };
    let midnight_ms = midnight_before(session.now_ms(), session.ports.clock.offset_min());
    let today = Today {
        children: rows.children.iter().map(|row| child::card(row, &siblings)).collect(),
        children_count: u32::try_from(rows.total_count).unwrap_or(u32::MAX),
        open_visits: show(VisitFilter { unfinished: true, ..VisitFilter::default() })?,
        visits_today: show(VisitFilter { from_ms: Some(midnight_ms), ..VisitFilter::default() })?,
        needs_me: show(VisitFilter { needs_specialist: true, ..VisitFilter::default() })?,
        location: location::readiness(None),
        services: services(),
    };
    let document = Role::Specialist.agreement();
    Ok((today, access::consents_to_geolocation(reader, viewer.person, document)?))
}

/// The last midnight as this device's clock shows it, UTC ms.
fn midnight_before(now_ms: i64, offset_min: i16) -> i64 {
    const DAY_MS: i64 = 86_400_000;
    let offset_ms = i64::from(offset_min) * 60_000;
    (now_ms + offset_ms).div_euclid(DAY_MS) * DAY_MS - offset_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_begins_at_midnight_here() {
        let noon_ms = 1_767_252_600_000;
        assert_eq!(crate::visits_csv::local_time(noon_ms, 300), "2026-01-01 12:30");
        assert_eq!(crate::visits_csv::local_time(midnight_before(noon_ms, 300), 300), "2026-01-01 00:00");
        assert_eq!(midnight_before(midnight_before(noon_ms, 300), 300), midnight_before(noon_ms, 300));
    }

    #[test]
    fn every_service_has_three_names() {
        let services = services();
        assert_eq!(services.len(), service_catalogue::SERVICES.len());
        assert!(services.iter().all(|s| ![&s.code, &s.kk, &s.ru, &s.en].iter().any(|text| text.is_empty())));
    }
}
