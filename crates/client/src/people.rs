//! People, children and places; the person and the device.

use std::sync::Arc;

use crate::access::Viewer;
use crate::errors::Result;
use crate::ipc::{Directory, DirectoryQuery, Me};
use crate::session::Session;
use crate::view::card::Cards;
use crate::view::{directory, me};
use crate::visits;

/// What a role of the person, or all of them together, lets it see of others.
///
/// # Errors
/// [`Failure::NotAllowed`](crate::errors::Failure::NotAllowed) for a role that the person does not have, and those of
/// the store.
pub(crate) async fn directory(session: &Arc<Session>, query: DirectoryQuery) -> Result<Directory> {
    session
        .read(move |session, reader| {
            let mut viewer = Viewer::look(reader, session)?;
            if query.role.is_some() {
                viewer.see_as(visits::role(&viewer, query.role)?);
            }
            directory::view(&viewer, &mut Cards::new(reader, viewer.now_ms))
        })
        .await
}

/// The person and the device.
///
/// # Errors
/// Those of the store.
pub(crate) async fn me(session: &Arc<Session>, label: String) -> Result<Me> {
    session
        .read(|session, reader| {
            let viewer = Viewer::look(reader, session)?;
            me::view(session, &viewer, &mut Cards::new(reader, viewer.now_ms), label)
        })
        .await
}
