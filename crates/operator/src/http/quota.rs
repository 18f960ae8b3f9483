//! How many bytes one device may send in a day, how many in vain, and how many connections are open at once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{AddExtension, Next};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use domain::id::KeyId;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceBuilder;
use wire::problem::ProblemCode;

use super::problem::Failure;

/// What devices may send so that it is kept, is counted by the day.
pub(super) const DAY: Duration = Duration::from_secs(86_400);
/// What they send in vain, by the hour: whoever only repeats itself waits for an hour and not for a day.
pub(super) const HOUR: Duration = Duration::from_secs(3_600);

/// What a device may send in vain within an hour, for what it may send in a day: more than repeats of the largest request
/// with the shortest pauses between them come to.
pub(super) const fn in_vain_mib(day_mib: u32) -> u32 {
    const LEAST_MIB: u32 = 64;
    let share = day_mib / 8;
    match (share > LEAST_MIB, day_mib > LEAST_MIB) {
        (true, _) => share,
        (false, true) => LEAST_MIB,
        (false, false) => day_mib,
    }
}

/// After how many seconds a device asks again that found no free connection.
const FULL_RETRY_S: u64 = 10;

struct Sent {
    since: Instant,
    bytes: u64,
}

/// Counts what each device sends. Only keys that are bound are counted, so there are as many rows as devices.
pub(super) struct Quota {
    allowed_bytes: u64,
    window: Duration,
    sent: Mutex<HashMap<KeyId, Sent>>,
}

impl Quota {
    pub(super) fn new(allowed_mib: u32, window: Duration) -> Self {
        Self { allowed_bytes: u64::from(allowed_mib) << 20, window, sent: Mutex::default() }
    }

    fn with<T>(&self, key: KeyId, now: Instant, then: impl FnOnce(&mut Sent, Duration) -> T) -> T {
        let mut all = self.sent.lock();
        let sent = all.entry(key).or_insert(Sent { since: now, bytes: 0 });
        let left = self.window.saturating_sub(now.duration_since(sent.since));
        if left.is_zero() {
            *sent = Sent { since: now, bytes: 0 };
            return then(sent, self.window);
        }
        then(sent, left)
    }

    /// Whether so much more fits; otherwise the seconds until the next window begins. The window of a device begins with
    /// its first request, so not all come back at midnight.
    pub(super) fn check(&self, key: KeyId, bytes: usize, now: Instant) -> Result<(), u64> {
        self.with(key, now, |sent, left| match sent.bytes.saturating_add(bytes as u64) {
            bytes if bytes > self.allowed_bytes => Err(left.as_secs() + 1),
            _ => Ok(()),
        })
    }

    /// Counts what was done, whether it fits or not.
    pub(super) fn count(&self, key: KeyId, bytes: usize, now: Instant) {
        self.with(key, now, |sent, _| sent.bytes = sent.bytes.saturating_add(bytes as u64));
    }

    /// Counts it if it fits.
    pub(super) fn take(&self, key: KeyId, bytes: usize, now: Instant) -> Result<(), u64> {
        self.with(key, now, |sent, left| {
            let bytes = sent.bytes.saturating_add(bytes as u64);
            if bytes > self.allowed_bytes {
                return Err(left.as_secs() + 1);
            }
            sent.bytes = bytes;
            Ok(())
        })
    }

    /// Takes back what was counted before it was known what it was.
    pub(super) fn give_back(&self, key: KeyId, bytes: usize, now: Instant) {
        self.with(key, now, |sent, _| sent.bytes = sent.bytes.saturating_sub(bytes as u64));
    }
}

/// Whoever came by a connection: with one of the places, or with none.
#[derive(Clone)]
pub(crate) struct Guest(Option<Arc<OwnedSemaphorePermit>>);

/// What answers on one connection.
pub(crate) type Connection = AddExtension<AddExtension<Router, Guest>, ConnectInfo<SocketAddr>>;

/// The places for connections. One is taken as long as a connection is open; who comes when none is free is told so, for
/// a connection that is not even accepted looks like a broken network.
#[derive(Clone)]
pub(crate) struct Places(Arc<Semaphore>);

impl Places {
    pub(crate) fn new(most: u32) -> Self {
        Self(Arc::new(Semaphore::new(most as usize)))
    }

    /// The routes for a new connection.
    pub(crate) fn enter(&self, routes: &Router, peer: SocketAddr) -> Connection {
        let place = Arc::clone(&self.0).try_acquire_owned().ok();
        ServiceBuilder::new()
            .layer(Extension(ConnectInfo(peer)))
            .layer(Extension(Guest(place.map(Arc::new))))
            .service(routes.clone())
    }
}

/// Answers who came without a place and ends the connection.
pub(super) async fn admit(request: Request, next: Next) -> Response {
    if !matches!(request.extensions().get(), Some(Guest(None))) {
        return next.run(request).await;
    }
    let full = Failure::new(ProblemCode::Unavailable, "too many connections are open");
    let mut response = full.retry_after(FULL_RETRY_S).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_may_send_so_much_a_day_and_others_have_their_own() {
        let quota = Quota::new(1, DAY);
        let (one, other) = (KeyId::from_bytes([1; 32]), KeyId::from_bytes([2; 32]));
        let began = Instant::now();
        assert_eq!(quota.take(one, 1 << 20, began), Ok(()), "all of it at once");
        let later = began + Duration::from_secs(400);
        assert_eq!(quota.take(one, 1, later), Err(86_001));
        assert_eq!(quota.take(one, 0, later), Ok(()), "what was refused is not counted");
        assert_eq!(quota.take(other, 1 << 20, later), Ok(()));
        assert_eq!(quota.take(one, 1 << 20, began + DAY), Ok(()), "a new day");
        assert_eq!(quota.take(one, 1, began + DAY), Err(86_401));
    }
}
