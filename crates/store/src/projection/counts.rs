//! How many visits there are with the same people, place and service, which a search counts instead of the visits.
//! Triggers follow what changes and goes; what comes is counted here, once for all that come together.

use std::collections::HashMap;

use domain::id::{ChildId, OrganisationId, PersonId, PlaceId};
use domain::visit::Visit;
use rusqlite::Transaction;

use crate::StoreError;

#[derive(PartialEq, Eq, Hash)]
struct Alike {
    specialist: PersonId,
    organisation: OrganisationId,
    child: ChildId,
    place: Option<PlaceId>,
    service: String,
}

/// Visits whose rows are new and not counted yet.
#[derive(Default)]
pub(super) struct Counts(HashMap<Alike, u64>);

impl Counts {
    pub(super) fn add(&mut self, visit: &Visit) {
        let alike = Alike {
            specialist: visit.specialist,
            organisation: visit.organisation,
            child: visit.child,
            place: visit.place,
            service: visit.service.clone(),
        };
        *self.0.entry(alike).or_default() += 1;
    }

    pub(super) fn write(self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let mut count = transaction.prepare_cached(
            "INSERT INTO visit_count (specialist, organisation, child, place, service, visits_count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET visits_count = visits_count + excluded.visits_count",
        )?;
        for (alike, visits_count) in self.0 {
            let place = alike.place.map(|place| place.as_bytes().to_vec()).unwrap_or_default();
            count.execute((
                alike.specialist.as_bytes(),
                alike.organisation.as_bytes(),
                alike.child.as_bytes(),
                place,
                alike.service,
                visits_count,
            ))?;
        }
        Ok(())
    }
}
