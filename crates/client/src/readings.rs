//! "When was my location read": the person's own list.

use std::sync::Arc;

use store::read::reading::ReadingRow;

use crate::errors::Result;
use crate::ipc::{LocationMomentView, LocationState};
use crate::session::Session;
use crate::view::location;

/// Readings that are shown: years of daily visits.
const SHOWN: u32 = 2_000;

/// The readings of this account's person, the latest first.
///
/// # Errors
/// Those of the store.
pub(crate) async fn list(session: &Arc<Session>) -> Result<Vec<LocationMomentView>> {
    session.read(|_, reader| Ok(reader.readings(0, SHOWN)?.iter().map(view).collect())).await
}

fn view(row: &ReadingRow) -> LocationMomentView {
    LocationMomentView {
        at_ms: row.began_at_ms,
        moment: row.moment.into(),
        visits: row.visits.iter().map(ToString::to_string).collect(),
        location: match &row.outcome {
            Some(outcome) => location::view(outcome, None, None),
            None => location::without_outcome(LocationState::Pending),
        },
    }
}
