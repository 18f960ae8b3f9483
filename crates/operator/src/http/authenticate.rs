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
use super::quota::Quota;

/// A request whose signature is right. Whether it was seen before is known only inside the transaction.
pub(super) struct Signed {
    pub(super) key: BoundKey,
    nonce: String,
    expires_s: i64,
    bytes_count: usize,
    in_vain: Arc<Quota>,
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
    /// Something of the request was kept, or answered: it is not one of those in vain.
    pub(super) fn kept(&self, app: &App) {
        self.kept_of(app, self.key.key.id(), self.bytes_count);
    }

    /// The same for what is somebody else's: a parcel counts for its author.
    pub(super) fn kept_of(&self, app: &App, author: KeyId, bytes_count: usize) {
        let now = Instant::now();
        self.in_vain.give_back(self.key.key.id(), self.bytes_count, now);
        app.quota.count(author, bytes_count, now);
    }

    /// Whether the day of an author has room for what this request brings.
    pub(super) fn fits(&self, app: &App, author: KeyId, bytes_count: usize) -> bool {
        app.quota.check(author, bytes_count, Instant::now()).is_ok()
    }

    pub(super) fn nonce(&self) -> Nonce {
        Nonce { key: self.key.key.id(), nonce: self.nonce.clone(), expires_s: self.expires_s }
    }
}

/// Reads the signature, finds the key and checks.
pub(super) async fn authenticate(app: &App, whole: &Whole) -> Result<Signed, Failure> {
    authenticate_counting(app, whole, Some(&app.quota), &app.in_vain).await
}

/// The same for what is somebody else's: it has an hour of its own for what comes in vain, and no day of who brings it.
pub(super) async fn authenticate_carrier(app: &App, whole: &Whole) -> Result<Signed, Failure> {
    authenticate_counting(app, whole, None, &app.parcels_in_vain).await
}

async fn authenticate_counting(
    app: &App,
    whole: &Whole,
    day: Option<&Quota>,
    in_vain: &Arc<Quota>,
) -> Result<Signed, Failure> {
    let claimed = Claimed::read(app, whole)?;
    let wanted = claimed.key();
    let instance = Arc::clone(&app.instance);
    let key = blocking(move || instance.read()?.bound_key(wanted)).await??;
    let key = match key {
        Some(key) => key,
        // What bound it may be among the statements that the backup lacks.
        None if app.instance.restored.is_waiting() => return Err(super::is_examined()),
        None => return Err(Failure::new(ProblemCode::UnknownKey, "nobody is bound to this key")),
    };
    claimed.verify(&key.key)?;
    let (bytes_count, now) = (whole.bytes.len(), Instant::now());
    day.map_or(Ok(()), |day| day.check(wanted, bytes_count, now)).map_err(too_much)?;
    // Counted as in vain until something of it is kept.
    in_vain.take(wanted, bytes_count, now).map_err(too_much)?;
    let Claim { nonce, expires_s, .. } = claimed.claim;
    Ok(Signed { key, nonce, expires_s, bytes_count, in_vain: Arc::clone(in_vain) })
}

/// A request that says whose it is, before its key is known.
pub(super) struct Claimed {
    claim: Claim,
    now_ms: i64,
}

impl Claimed {
    pub(super) fn read(app: &App, whole: &Whole) -> Result<Self, Failure> {
        let now_ms = app.instance.now_ms();
        let claim = read(whole, now_ms).map_err(|error| Failure::from_auth(error, now_ms))?;
        Ok(Self { claim, now_ms })
    }

    pub(super) fn key(&self) -> KeyId {
        self.claim.key
    }

    pub(super) fn verify(&self, key: &VerifyingKey) -> Result<(), Failure> {
        self.claim.verify(key).map_err(|error| Failure::from_auth(error, self.now_ms))
    }
}

/// Counts what a device sends.
pub(super) fn take(quota: &Quota, key: KeyId, whole: &Whole) -> Result<(), Failure> {
    quota.take(key, whole.bytes.len(), Instant::now()).map_err(too_much)
}

fn too_much(seconds: u64) -> Failure {
    Failure::new(ProblemCode::TooManyRequests, "this device sent too much").retry_after(seconds)
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
