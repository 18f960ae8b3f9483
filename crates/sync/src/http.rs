//! The API over https, and plain http to this computer alone.
//!
//! | Part | Holds |
//! |---|---|
//! | [`Client`] | calls that need no account: who the operator is, enrolling, texts of agreements |
//! | [`HttpTransport`] | push and pull, signed by the device's key |
//! | `address` | which addresses may be used |
//! | `answer` | telling an operator's answer from everything else that answers |
//! | `taken` | telling that a request is on its way |

mod address;
mod answer;
mod signed;
mod taken;

use std::pin::pin;
use std::time::Duration;

use domain::id::Digest;
use journal::codec;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::body;
use wire::enrol::{EnrolRequest, EnrolResponse, OperatorInfo, SYSTEM};
use wire::pull::Checkpoint;

pub use address::Address;
pub use signed::HttpTransport;
use taken::Watched;

use crate::operator::Operator;
use crate::transport::TransportError;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long it may take until a request is on its way: a connection, and a moment. One that the HTTP library lost would
/// otherwise hold up a sync for as long as nothing may arrive (`taken`).
const BEGIN_TIMEOUT: Duration = Duration::from_secs(CONNECT_TIMEOUT.as_secs() + 5);
/// How long nothing may arrive: a batch of 3 MB goes up within it at 200 kbit/s.
const READ_TIMEOUT: Duration = Duration::from_secs(120);
/// The slowest line on which a request still gets through, 200 kbit/s.
const SLOWEST_BYTES_PER_S: u64 = 25_000;
/// How long a request may take from its beginning to the last byte of its answer, beside the time that its own body
/// needs: an answer of the largest size, and as much again as nothing may arrive. A server that gives a byte now and then
/// would otherwise hold up a sync for ever.
const WHOLE_TIMEOUT: Duration =
    Duration::from_secs(READ_TIMEOUT.as_secs() + body::MAX_BODY_BYTES as u64 / SLOWEST_BYTES_PER_S);
/// Version of the API that this client speaks.
const API_VERSION: u32 = 1;

/// Makes ring the process's provider of TLS cryptography. Call it once before the first [`Client`]; later calls
/// change nothing.
pub fn install_crypto_provider() {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A connection to one operator.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: Address,
    /// [`WHOLE_TIMEOUT`]
    whole_timeout: Duration,
    /// [`BEGIN_TIMEOUT`]
    begin_timeout: Duration,
}

/// The operator and its clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who answers.
    pub operator: Operator,
    /// Its clock, UTC ms, to tell the person that the own one is far off.
    pub now_ms: i64,
}

impl Client {
    /// A client of the operator at that address. Trusts what the platform trusts, and `extra_roots_pem` (an
    /// organisation's own authority; tests).
    ///
    /// # Errors
    /// [`TransportError::Request`] when a certificate cannot be read or TLS cannot be set up.
    pub fn new(address: Address, extra_roots_pem: &[Vec<u8>]) -> Result<Self, TransportError> {
        install_crypto_provider();
        let mut roots = Vec::new();
        for pem in extra_roots_pem {
            roots.extend(reqwest::Certificate::from_pem_bundle(pem).map_err(|_| TransportError::Request)?);
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // An operator never redirects; a captive portal does.
            .redirect(reqwest::redirect::Policy::none())
            .https_only(address.is_https())
            .user_agent(concat!("esep/", env!("CARGO_PKG_VERSION")))
            .tls_certs_merge(roots)
            .build()
            .map_err(|_| TransportError::Request)?;
        Ok(Self { http, address, whole_timeout: WHOLE_TIMEOUT, begin_timeout: BEGIN_TIMEOUT })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// `GET /v1/operator`.
    ///
    /// # Errors
    /// [`TransportError::NotAnOperator`], [`TransportError::SignInNeeded`] when something else answers.
    pub async fn fetch_operator(&self) -> Result<Found, TransportError> {
        let request =
            self.http.get(self.address.join(wire::path::OPERATOR)?).header(ACCEPT_ENCODING, body::ZSTD);
        let info: OperatorInfo = answer::read(self.send(request, Vec::new()).await?).await?;
        if info.system != SYSTEM || info.version != API_VERSION {
            return Err(TransportError::NotAnOperator);
        }
        let operator =
            Operator::verify(&info.statement, &info.content).map_err(|_| TransportError::NotAnOperator)?;
        Ok(Found { operator, now_ms: info.now_ms })
    }

    /// `POST /v1/enrol`. The same request again gets the same answer, so a lost one is no harm.
    ///
    /// # Errors
    /// [`TransportError::Problem`] with what is wrong with the code.
    pub async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolResponse, TransportError> {
        let (bytes, headers) = encode(request)?;
        let request = self.http.post(self.address.join(wire::path::ENROL)?).headers(headers);
        answer::read(self.send(request, bytes).await?).await
    }

    /// `GET /v1/agreements/{sha256}`: the exact bytes of a text.
    ///
    /// # Errors
    /// [`TransportError::Altered`] when the bytes do not have that digest.
    pub async fn fetch_agreement(&self, sha256: Digest) -> Result<Vec<u8>, TransportError> {
        let path = wire::path::AGREEMENT.replace("{sha256}", &sha256.to_string());
        let request = self.http.get(self.address.join(&path)?);
        let text = answer::read_text(self.send(request, Vec::new()).await?).await?;
        if codec::hash(&text) == sha256 { Ok(text) } else { Err(TransportError::Altered) }
    }

    /// `GET /v1/checkpoint`: the signed head of the log, with the proof that it goes on from that many leaves. Nothing
    /// of it is verified here.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn fetch_checkpoint(&self, from: u64) -> Result<Checkpoint, TransportError> {
        let path = format!("{}?from={from}", wire::path::CHECKPOINT);
        let request = self.http.get(self.address.join(&path)?).header(ACCEPT_ENCODING, body::ZSTD);
        answer::read(self.send(request, Vec::new()).await?).await
    }

    /// Sends a request with that body. One without a body is answered at once by every operator, so that its answer has
    /// to begin when another would have to be on its way.
    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        body: Vec<u8>,
    ) -> Result<reqwest::Response, TransportError> {
        let upload = Duration::from_secs(body.len() as u64 / SLOWEST_BYTES_PER_S);
        let (body, taken) = Watched::new(body);
        let request = request.body(reqwest::Body::wrap(body)).timeout(self.whole_timeout + upload);
        let mut answered = pin!(request.send());
        let answer = tokio::select! {
            answer = &mut answered => answer,
            () = taken.notified() => answered.await,
            () = tokio::time::sleep(self.begin_timeout) => return Err(TransportError::Offline),
        };
        answer.map_err(|error| failure(&error))
    }
}

/// A body and its headers.
fn encode<T: Serialize>(value: &T) -> Result<(Vec<u8>, HeaderMap), TransportError> {
    let encoded = body::encode(value).map_err(|_| TransportError::Request)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(body::CONTENT_TYPE));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoded.encoding.unwrap_or("identity")));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ZSTD));
    Ok((encoded.bytes, headers))
}

/// What a failed exchange means. The error's own text may hold the address, so it goes no further.
fn failure(error: &reqwest::Error) -> TransportError {
    if error.is_builder() {
        TransportError::Request
    } else if is_certificate_refused(error) {
        TransportError::NotAnOperator
    } else {
        TransportError::Offline
    }
}

/// Whether the server's certificate was refused: a captive portal, or somebody in between.
fn is_certificate_refused(error: &reqwest::Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return matches!(
                tls,
                rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented
            );
        }
        // An io error wraps another one, and names as its source not that one but that one's source.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    false
}

async fn decode<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, TransportError> {
    let encoding = answer::header(&response, CONTENT_ENCODING).map(str::to_owned);
    let bytes = answer::read_bytes(response).await?;
    body::decode(&bytes, encoding.as_deref()).map_err(|_| TransportError::NotAnOperator)
}

#[cfg(test)]
mod tests;
