//! Push, pull, parcels and recovery files, signed by the device's key (RFC 9421).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use domain::{Clock, Rng};
use journal::SigningKey;
use reqwest::header::{CONTENT_ENCODING, DATE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::auth;
use wire::carry::{CarryRequest, CarryResponse};
use wire::collect::{CollectRequest, CollectResponse};
use wire::courier::{CourierRequest, CourierResponse};
use wire::problem::ProblemCode;
use wire::pull::{PullRequest, PullResponse};
use wire::push::{PushRequest, PushResponse};
use wire::recovery::{RecoveryHave, RecoveryPart};

use super::{Client, answer, encode};
use crate::transport::{Transport, TransportError};

/// The signed part of the API.
pub struct HttpTransport {
    client: Client,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    /// Operator's clock less ours. Used for signing requests only, never for statements: those say what this
    /// device's clock said.
    offset_s: AtomicI64,
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpTransport({:?})", self.key)
    }
}

impl HttpTransport {
    /// A transport that signs with the device's key.
    pub fn new(client: Client, key: SigningKey, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { client, key, clock, rng, offset_s: AtomicI64::new(0) }
    }

    /// Seconds that the operator's clock is ahead of this device's, as far as a refused request showed it.
    pub fn clock_offset_s(&self) -> i64 {
        self.offset_s.load(Ordering::Relaxed)
    }

    /// Sends a part of a recovery file; with no bytes it asks how much is there.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn hand_over(&self, part: &RecoveryPart) -> Result<RecoveryHave, TransportError> {
        self.call(wire::path::RECOVERY, part).await
    }

    async fn call<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        path: &str,
        question: &Q,
    ) -> Result<A, TransportError> {
        let (bytes, headers) = encode(question)?;
        let mut corrected = false;
        loop {
            let response = self.send_signed(path, &bytes, headers.clone()).await?;
            let date_s = answer::header(&response, DATE)
                .and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok())
                .map(|date| date.timestamp());
            match (answer::read(response).await, date_s) {
                // A clock that is far off, or an answer that was lost on its way: once more, signed anew.
                (Err(TransportError::Problem { code: ProblemCode::Expired, .. }), Some(date_s))
                    if !corrected =>
                {
                    self.offset_s.store(date_s - self.clock.utc_ms().div_euclid(1_000), Ordering::Relaxed);
                }
                (Err(TransportError::Problem { code: ProblemCode::Replayed, .. }), _) if !corrected => {}
                (result, _) => return result,
            }
            corrected = true;
        }
    }

    async fn send_signed(
        &self,
        path: &str,
        bytes: &[u8],
        mut headers: HeaderMap,
    ) -> Result<reqwest::Response, TransportError> {
        let url = self.client.address.join(path)?;
        let encoding =
            headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // The route, not the whole path: what stands in front of an operator may strip a prefix, and its routes are
        // all that an operator knows.
        let request = auth::Request { method: "POST", path, query: "", body: bytes, encoding };
        let now_s = self.clock.utc_ms().div_euclid(1_000) + self.clock_offset_s();
        let signed =
            auth::sign(&request, now_s, self.rng.array(), &self.key).map_err(|_| TransportError::Request)?;
        for (name, value) in [
            (auth::SIGNATURE, signed.signature),
            (auth::SIGNATURE_INPUT, signed.signature_input),
            (auth::CONTENT_DIGEST, signed.content_digest),
        ] {
            let value = HeaderValue::from_str(&value).map_err(|_| TransportError::Request)?;
            headers.insert(HeaderName::from_static(name), value);
        }
        self.client.send(self.client.http.post(url).headers(headers), bytes.to_vec()).await
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        self.call(wire::path::PUSH, request).await
    }

    async fn carry(&self, request: &CarryRequest) -> Result<CarryResponse, TransportError> {
        self.call(wire::path::CARRY, request).await
    }

    async fn collect(&self, request: &CollectRequest) -> Result<CollectResponse, TransportError> {
        self.call(wire::path::COLLECT, request).await
    }

    async fn deliver(&self, request: &CourierRequest) -> Result<CourierResponse, TransportError> {
        self.call(wire::path::COURIER, request).await
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        self.call(wire::path::PULL, request).await
    }
}
