//! People, children and places, each as far as the viewer's roles reach.

use std::collections::BTreeSet;

use domain::content::Role;
use domain::id::{ChildId, OrganisationId};
use store::read::child::ChildrenOf;
use store::read::person::PersonRow;
use store::read::place::PlaceRow;

use super::card::Cards;
use super::child::{self, Siblings};
use crate::access::{ALL_CHILDREN, Viewer};
use crate::errors::Result;
use crate::ipc::{ChildRecord, Directory, MemberView, PlaceView, RoleCode};

/// The directory of a viewer: staff, children and places of a coordinator; own children of a representative; the
/// children of a specialist's care teams.
///
/// # Errors
/// Those of the store.
pub(crate) fn view(viewer: &Viewer, cards: &mut Cards<'_, '_>) -> Result<Directory> {
    let reader = cards.reader();
    let (mut members, mut places) = (Vec::new(), Vec::new());
    if !viewer.coordinates.is_empty() {
        for person in reader.members(&viewer.coordinates)? {
            members.push(member(viewer, cards, &person)?);
        }
        places = reader.places()?.iter().map(place).collect();
    }
    let mut lists: Vec<ChildrenOf> =
        viewer.coordinates.iter().map(|&id| ChildrenOf::Organisation(id)).collect();
    if viewer.roles.contains(&Role::Representative) {
        lists.push(ChildrenOf::Representative(viewer.person));
    }
    if viewer.roles.contains(&Role::Specialist) {
        lists.push(ChildrenOf::Specialist(viewer.person));
    }
    let mut children: Vec<ChildRecord> = Vec::new();
    let mut seen = BTreeSet::<ChildId>::new();
    for list in lists {
        let rows = reader.children(list, "", viewer.now_ms, 0, ALL_CHILDREN)?.children;
        let siblings = Siblings::of(reader, list, viewer.now_ms, &rows)?;
        for row in rows {
            if seen.insert(row.id) {
                children.push(child::record(cards, &row, &siblings, viewer.now_ms)?);
            }
        }
    }
    Ok(Directory { members, children, places })
}

fn member(viewer: &Viewer, cards: &mut Cards<'_, '_>, person: &PersonRow) -> Result<MemberView> {
    let here = |id: &OrganisationId| viewer.coordinates.contains(id);
    let memberships = person.memberships.iter().filter(|m| here(&m.organisation));
    let organisation =
        memberships.clone().max_by_key(|m| (m.holds(viewer.now_ms), m.from_ms)).map(|m| m.organisation);
    let mut roles: Vec<Role> = memberships.filter(|m| m.holds(viewer.now_ms)).map(|m| m.role).collect();
    roles.sort_unstable();
    roles.dedup();
    Ok(MemberView {
        person: cards.card_of(person.id, Some(person), organisation)?,
        roles: roles.into_iter().map(RoleCode::from).collect(),
        phone: person.phone.clone(),
    })
}

fn place(row: &PlaceRow) -> PlaceView {
    PlaceView {
        id: row.id.to_string(),
        label: row.label.clone().unwrap_or_default(),
        region: row.region.clone().unwrap_or_default(),
        has_position: row.position.is_some(),
        radius_m: row.radius_m,
    }
}
