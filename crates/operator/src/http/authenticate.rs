//! Which device a request is from (RFC 9421). Every signed request is believed once.

use std::sync::Arc;
use std::time::Instant;

use domain::id::KeyId;
use journal::VerifyingKey;
use operator_core::store::{BoundKey, StoreError, StoreTxn};
use wire::auth::{self, Claim, SignedHeaders};
use wire::problem::ProblemCode;

use super::App;
use super::body::{Whole, header};
use super::problem::Failure;

/// A request whose signature is right. Whether it was seen before is known only inside the transaction.
pub(super) struct Signed {
    pub(super) key: BoundKey,
    nonce: String,
    expires_s: i64,
}

/// A nonce to be remembered in the transaction of its request.
#[derive(Clone)]
pub(super) struct Nonce {
    key: KeyId,
    nonce: String,
    expires_s: i64,
}

impl Nonce {
    /// `false`: this very request was seen before.
    pub(super) fn remember(&self, txn: &mut dyn StoreTxn, now_ms: i64) -> Result<bool, StoreError> {
        txn.remember_nonce(self.key, &self.nonce, self.expires_s, now_ms.div_euclid(1_000))
    }
}

pub(super) fn replayed() -> Failure {
    Failure::new(ProblemCode::Replayed, "this very request was seen before")
}

impl Signed {
    pub(super) fn nonce(&self) -> Nonce {
        Nonce { key: self.key.key.id(), nonce: self.nonce.clone(), expires_s: self.expires_s }
    }
}

/// Reads the signature, finds the key and checks.
pub(super) async fn authenticate(app: &App, whole: &Whole) -> Result<Signed, Failure> {
    let now_ms = app.instance.now_ms();
    let failed = |error| Failure::from_auth(error, now_ms);
    let claim = read(whole, now_ms).map_err(failed)?;
    let instance = Arc::clone(&app.instance);
    let wanted = claim.key;
    let key = blocking(move || instance.read()?.bound_key(wanted)).await??;
    let key = match key {
        Some(key) => key,
        // What bound it may be among the statements that the backup lacks.
        None if app.instance.restored.is_waiting() => return Err(super::is_examined()),
        None => return Err(Failure::new(ProblemCode::UnknownKey, "nobody is bound to this key")),
    };
    claim.verify(&key.key).map_err(failed)?;
    app.quota.take(wanted, whole.bytes.len(), Instant::now()).map_err(|seconds| {
        Failure::new(ProblemCode::TooManyRequests, "this device sent too much today").retry_after(seconds)
    })?;
    Ok(Signed { key, nonce: claim.nonce, expires_s: claim.expires_s })
}

/// The same for a log that lost its end: the key may be known only by the binding that the request shows.
pub(super) async fn verify_by(
    app: &App,
    whole: &Whole,
    shown: Option<VerifyingKey>,
) -> Result<KeyId, Failure> {
    let now_ms = app.instance.now_ms();
    let failed = |error| Failure::from_auth(error, now_ms);
    let claim = read(whole, now_ms).map_err(failed)?;
    let (instance, wanted) = (Arc::clone(&app.instance), claim.key);
    let known = blocking(move || instance.read()?.bound_key(wanted)).await??.map(|bound| bound.key);
    let shown = shown.filter(|key| key.id() == wanted);
    let unknown = || Failure::new(ProblemCode::UnknownKey, "nobody is bound to this key");
    claim.verify(&known.or(shown).ok_or_else(unknown)?).map_err(failed)?;
    Ok(wanted)
}

fn read(whole: &Whole, now_ms: i64) -> Result<Claim, auth::AuthError> {
    let parts = &whole.parts;
    let text = |name| header(&parts.headers, name).map(str::to_owned).ok_or(auth::AuthError::Unsigned);
    let headers = SignedHeaders {
        signature: text(auth::SIGNATURE)?,
        signature_input: text(auth::SIGNATURE_INPUT)?,
        content_digest: text(auth::CONTENT_DIGEST)?,
    };
    let request = auth::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        body: &whole.bytes,
        encoding: whole.encoding(),
    };
    auth::read(&request, &headers, now_ms.div_euclid(1_000))
}

/// Runs what waits for the disk or works long on a thread for that.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::new(ProblemCode::Internal, "the request made the server stumble"))
}
