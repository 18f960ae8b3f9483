//! Children as lists show them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::id::{ChildId, PlaceId};
use store::Reader;
use store::read::child::{CareTeamRow, ChildRow, ChildrenOf};

use super::card::{self, Cards};
use crate::errors::Result;
use crate::ipc::{CareTeamView, ChildCard, ChildRecord, RepresentativeView, SiblingView};

/// The children of a list by the place where they are visited, to offer siblings in one go.
pub(crate) struct Siblings(BTreeMap<PlaceId, Vec<(ChildId, SiblingView)>>);

impl Siblings {
    /// Looks who of a list is visited where these children are.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn of(reader: &Reader<'_>, of: ChildrenOf, now_ms: i64, rows: &[ChildRow]) -> Result<Self> {
        let mut by_place = BTreeMap::new();
        for place in rows.iter().filter_map(|row| row.place) {
            if let Entry::Vacant(vacant) = by_place.entry(place) {
                let together = reader.children_at(of, place, now_ms)?.into_iter().map(|(id, name)| {
                    (id, SiblingView { id: id.to_string(), name: card::short_name(name.as_ref()) })
                });
                vacant.insert(together.collect());
            }
        }
        Ok(Self(by_place))
    }

    fn beside(&self, row: &ChildRow) -> Vec<SiblingView> {
        let together = row.place.and_then(|place| self.0.get(&place)).map_or(&[][..], Vec::as_slice);
        together.iter().filter(|(id, _)| *id != row.id).map(|(_, view)| view.clone()).collect()
    }
}

/// A child in a list.
pub(crate) fn card(row: &ChildRow, siblings: &Siblings) -> ChildCard {
    ChildCard {
        id: row.id.to_string(),
        name: card::short_name(row.name.as_ref()),
        birth_date: row.birth_date.clone(),
        place_label: row.place_label.clone(),
        last_visit_ms: row.last_visit_ms,
        siblings: siblings.beside(row),
        last_service: row.last_service.clone(),
        open_visit: row.open_visit.map(|visit| visit.to_string()),
    }
}

/// A child with everybody around it.
///
/// # Errors
/// Those of the store.
pub(crate) fn record(
    cards: &mut Cards<'_, '_>,
    row: &ChildRow,
    siblings: &Siblings,
    now_ms: i64,
) -> Result<ChildRecord> {
    let mut care_team = Vec::new();
    for CareTeamRow { person, organisation, function, from_ms, to_ms, .. } in
        cards.reader().care_team(row.id)?
    {
        care_team.push(CareTeamView {
            person: cards.card(person, Some(organisation))?,
            function,
            from_ms,
            to_ms,
        });
    }
    let mut representatives = Vec::new();
    for representation in cards.reader().representations(row.id)? {
        let holds =
            representation.from_ms <= now_ms && representation.to_ms.is_none_or(|to_ms| now_ms < to_ms);
        if holds {
            let id = representation.representative;
            let phone = cards.reader().person(id)?.and_then(|person| person.phone);
            representatives.push(RepresentativeView { person: cards.card(id, None)?, phone });
        }
    }
    Ok(ChildRecord { child: card(row, siblings), care_team, representatives })
}
