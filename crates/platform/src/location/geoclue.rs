//! GeoClue2 over the system bus.
//!
//! # Source
//! <https://www.freedesktop.org/software/geoclue/docs/>. What differs between its versions and between desktops was
//! learned from the service itself: with nobody to ask for permission, 2.6 leaves `GetClient` unanswered and earlier
//! versions refuse `Start`; a radius of zero means that it is unknown.

mod proxies;
mod refusal;
mod session;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use client::ports::{LocationSource, Reading, VisitMoment};
use domain::content::UnavailableReason;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use zbus::names::BusName;

use proxies::{ManagerProxy, SERVICE};
use session::Session;

/// How long the service may leave a question unanswered that needs no person.
const ANSWER: Duration = Duration::from_secs(2);

/// Which bus the service is on.
#[derive(Debug, Clone)]
pub enum Bus {
    /// The system's.
    System,
    /// The one at this D-Bus address.
    At(String),
}

impl Bus {
    async fn connect(&self) -> zbus::Result<zbus::Connection> {
        let builder = match self {
            Bus::System => zbus::connection::Builder::system()?,
            Bus::At(address) => zbus::connection::Builder::address(address.as_str())?,
        };
        match timeout(ANSWER, builder.build()).await {
            Ok(connection) => connection,
            Err(elapsed) => Err(zbus::Error::InputOutput(Arc::new(elapsed.into()))),
        }
    }
}

/// The location service of a Linux desktop.
#[derive(Debug)]
pub struct GeoClue {
    bus: Bus,
    desktop_id: String,
}

impl GeoClue {
    /// `desktop_id` names the application to the person who decides: its desktop file without `.desktop`.
    pub fn new(bus: Bus, desktop_id: &str) -> Self {
        Self { bus, desktop_id: desktop_id.to_owned() }
    }

    /// `Ok` is what the service says of itself; an error means that there is no service.
    async fn look(&self) -> zbus::Result<Option<UnavailableReason>> {
        let bus = self.bus.connect().await?;
        let names = zbus::fdo::DBusProxy::new(&bus).await?;
        let is_running = names.name_has_owner(BusName::from_static_str(SERVICE)?).await?;
        if !is_running && !names.list_activatable_names().await?.iter().any(|name| name.as_str() == SERVICE) {
            return Ok(Some(UnavailableReason::Unsupported));
        }
        let level = ManagerProxy::new(&bus).await?.available_accuracy_level().await?;
        Ok((level == 0).then_some(UnavailableReason::Off))
    }
}

#[async_trait]
impl LocationSource for GeoClue {
    /// Connects, looks for the service and asks which accuracy it has; makes no client of it.
    ///
    /// Whether a person or a rule will refuse is known only after the start, so it is never told here.
    async fn readiness(&self) -> Option<UnavailableReason> {
        // A service that is slow to answer hinders nothing yet: the window is longer.
        let looked = timeout(2 * ANSWER, self.look()).await.ok()?;
        looked.unwrap_or_else(|error| Some(refusal::reason(&error)))
    }

    async fn read(&self, _moment: &VisitMoment, readings: mpsc::Sender<Reading>) {
        let session = Session { bus: self.bus.clone(), desktop_id: self.desktop_id.clone(), readings };
        // The session runs by itself, so that dropping this call cannot cut off its orderly stop.
        let (_alive, abandoned) = oneshot::channel::<()>();
        if let Err(error) = tokio::spawn(session.run(abandoned)).await {
            tracing::error!(panicked = error.is_panic(), "the location session broke off");
        }
    }
}
