//! Whether a visit more finds room, said before the tap.

use std::sync::Arc;

use crate::errors::Result;
use crate::ipc::RoomCode;
use crate::session::{Session, blocking};

/// Below this much the person is told: a phone with less is about to stop taking anything.
const LOW_BYTES: u64 = 50 * 1024 * 1024;

/// Looks at the disk, and sets room aside for a visit when that was used up and there is some again.
///
/// # Errors
/// Those of the runtime.
pub(crate) async fn look(session: &Arc<Session>) -> Result<RoomCode> {
    let session = Arc::clone(session);
    blocking(move || {
        let is_aside = session.store.set_room_aside();
        let free_bytes = session.ports.disk.free_bytes(&session.ports.profile);
        Ok(match (free_bytes.is_some_and(|free_bytes| free_bytes < LOW_BYTES), is_aside) {
            (true, true) => RoomCode::Low,
            (true, false) => RoomCode::None,
            // Room is there, whatever keeps the file from being made.
            (false, _) => RoomCode::Enough,
        })
    })
    .await
}
