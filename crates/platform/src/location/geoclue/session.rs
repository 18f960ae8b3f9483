//! One reading: one client of the service, started once and stopped once.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use client::ports::Reading;
use domain::content::{FixSource, UnavailableReason};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use zbus::fdo::PropertiesProxy;
use zbus::names::InterfaceName;
use zbus::proxy::CacheProperties;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue};

use super::proxies::{
    ClientProxy, EXACT, LOCATION, LocationUpdated, LocationUpdatedStream, ManagerProxy, SERVICE,
};
use super::{ANSWER, Bus, refusal};
use crate::location::measured::Measured;

/// Who waits longer for a client waits for an agent that nobody has started.
const AGENT: Duration = Duration::from_secs(5);

/// How long after the start a service that has no source at all may still find one.
const SOURCES: Duration = Duration::from_secs(5);

pub(super) struct Session {
    pub(super) bus: Bus,
    pub(super) desktop_id: String,
    pub(super) readings: mpsc::Sender<Reading>,
}

impl Session {
    /// Runs until nobody listens or nothing more can come. `abandoned` resolves when the caller has gone. The client
    /// is stopped and removed on every way out.
    pub(super) async fn run(self, abandoned: oneshot::Receiver<()>) {
        let Ok(connection) = self.bus.connect().await else {
            return self.say(Reading::Unavailable(UnavailableReason::Unsupported)).await;
        };
        let opened = OnceLock::new();
        let unavailable = tokio::select! {
            biased;
            _ = abandoned => None,
            () = self.readings.closed() => None,
            reason = self.follow(&connection, &opened) => Some(reason),
        };
        // Side by side: a listener who is slow to take the reason must not keep the client running.
        tokio::join!(close(connection, opened), async {
            if let Some(reason) = unavailable {
                self.say(Reading::Unavailable(reason)).await;
            }
        });
    }

    async fn say(&self, reading: Reading) {
        // A listener who has gone needs no answer.
        let _ = self.readings.send(reading).await;
    }

    /// Gets a client, starts it and passes on what it reports; ends with the reason why nothing more can come.
    async fn follow(&self, bus: &zbus::Connection, opened: &OnceLock<Opened>) -> UnavailableReason {
        match self.try_follow(bus, opened).await {
            Ok(reason) => reason,
            Err(error) => {
                tracing::info!(%error, "the location service refused");
                refusal::reason(&error)
            }
        }
    }

    async fn try_follow(
        &self,
        bus: &zbus::Connection,
        opened: &OnceLock<Opened>,
    ) -> zbus::Result<UnavailableReason> {
        let manager = ManagerProxy::new(bus).await?;
        let Ok(path) = timeout(AGENT, manager.get_client()).await else {
            return Ok(UnavailableReason::NoAgent);
        };
        let client = Opened::new(bus, manager, path?).await?;
        let opened = opened.get_or_init(|| client);

        let mut updates = opened.start(&self.desktop_id).await?;
        let sources_known = Instant::now() + SOURCES;
        // Either a position came, or the service was asked why none does.
        let mut has_spoken = false;
        loop {
            tokio::select! {
                update = updates.next() => {
                    // The stream ends with the connection.
                    let Some(update) = update else { return Ok(UnavailableReason::Unsupported) };
                    if let Some(reading) = read_location(bus, &update).await.and_then(Measured::reading) {
                        has_spoken = true;
                        self.say(reading).await;
                    }
                }
                () = sleep_until(sources_known), if !has_spoken => {
                    has_spoken = true;
                    if matches!(opened.manager.available_accuracy_level().await, Ok(0)) {
                        return Ok(UnavailableReason::Off);
                    }
                }
            }
        }
    }
}

/// Stops and removes the client, if there is one, and leaves the bus: the service forgets what belonged to a
/// connection that is gone, also where it did not answer.
async fn close(connection: zbus::Connection, opened: OnceLock<Opened>) {
    if let Some(client) = opened.into_inner() {
        client.close().await;
    }
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "the connection to the location service was gone already");
    }
}

/// A client that the service made for us.
struct Opened {
    manager: ManagerProxy<'static>,
    client: ClientProxy<'static>,
    is_started: AtomicBool,
}

impl Opened {
    async fn new(
        bus: &zbus::Connection,
        manager: ManagerProxy<'static>,
        path: OwnedObjectPath,
    ) -> zbus::Result<Self> {
        let client =
            ClientProxy::builder(bus).path(path)?.cache_properties(CacheProperties::No).build().await?;
        Ok(Self { manager, client, is_started: AtomicBool::new(false) })
    }

    /// Starts the client. A person may be asked by now, so it is waited for as long as the window is open.
    async fn start(&self, desktop_id: &str) -> zbus::Result<LocationUpdatedStream> {
        self.client.set_desktop_id(desktop_id).await?;
        self.client.set_requested_accuracy_level(EXACT).await?;
        // Before the start: the first position may follow it at once.
        let updates = self.client.receive_location_updated().await?;
        // Noted before the call is sent: from here on a stop is owed, whatever becomes of the answer.
        self.is_started.store(true, Ordering::Relaxed);
        self.client.start().await?;
        Ok(updates)
    }

    async fn close(self) {
        let stopped = async {
            if self.is_started.load(Ordering::Relaxed) {
                self.client.stop().await?;
            }
            self.manager.delete_client(self.client.inner().path()).await
        };
        if !matches!(timeout(ANSWER, stopped).await, Ok(Ok(()))) {
            tracing::warn!("the location service did not confirm its stop");
        }
    }
}

/// Reads the location that an update points to; `None` when it is gone already.
async fn read_location(bus: &zbus::Connection, update: &LocationUpdated) -> Option<Measured> {
    let path: ObjectPath<'_> = update.args().ok()?.new;
    let interface = InterfaceName::from_static_str(LOCATION).ok()?;
    let read = async {
        let properties = PropertiesProxy::new(bus, SERVICE, path).await?;
        properties.get_all(interface).await
    };
    let values = timeout(ANSWER, read).await.ok()?.ok()?;
    Some(Measured {
        latitude: number(&values, "Latitude")?,
        longitude: number(&values, "Longitude")?,
        accuracy_m: number(&values, "Accuracy").unwrap_or(f64::NAN),
        taken_at_ms: taken_at_ms(&values),
        // GeoClue mixes its sources and does not say which one it was, nor whether it was simulated.
        source: FixSource::Unknown,
        mock: None,
    })
}

fn number(values: &HashMap<String, OwnedValue>, name: &str) -> Option<f64> {
    f64::try_from(values.get(name)?).ok()
}

/// `Timestamp` is seconds and microseconds since 1970; zero seconds means that the service does not know.
fn taken_at_ms(values: &HashMap<String, OwnedValue>) -> Option<i64> {
    let (seconds, micros) = <(u64, u64)>::try_from(values.get("Timestamp")?.try_clone().ok()?).ok()?;
    let ms = seconds.checked_mul(1000)?.checked_add(micros / 1000)?;
    i64::try_from(ms).ok().filter(|_| seconds > 0)
}
