//! People, children and places; the person and the device.

use std::sync::Arc;

use crate::access::Viewer;
use crate::errors::Result;
use crate::ipc::{Directory, Me};
use crate::session::Session;
use crate::view::card::Cards;
use crate::view::{directory, me};

/// What the person's roles let it see of others.
///
/// # Errors
/// Those of the store.
pub(crate) async fn directory(session: &Arc<Session>) -> Result<Directory> {
    session
        .read(|session, reader| {
            let viewer = Viewer::look(reader, session.person, session.now_ms())?;
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
            let viewer = Viewer::look(reader, session.person, session.now_ms())?;
            me::view(session, &viewer, &mut Cards::new(reader, viewer.now_ms), label)
        })
        .await
}
