//! `POST /v1/collect`: what a restored operator lost, from a device that holds it.
//!
//! 200: [`CollectResponse`]; empty when nothing is wanted. 400: a receipt that this operator did not sign. 401 as of a
//! push; a key whose binding is among what was lost shows it, at first in a small request. 403 `disbelieved`: an officer
//! left this device out. A revoked device may hand back as it may push. The same request again changes nothing, so no
//! nonce is kept: nothing can be written into a log that waits, and into one that went on without some contents only
//! these, whose hashes it holds.
//!
//! Before anything is unpacked it is known whose it is, and that something is wanted.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::KeyId;
use journal::VerifyingKey;
use operator_core::collect::binds;
use operator_core::fill;
use wire::body::MAX_INFLATED_BYTES;
use wire::collect::{CollectRequest, CollectResponse, MAX_LEAVES, MAX_STRETCHES, Stretch};
use wire::problem::ProblemCode;
use wire::push::PushItem;

use super::authenticate::{Claimed, blocking, take};
use super::body::{Answer, Whole};
use super::problem::Failure;
use super::{App, is_examined};
use crate::Instance;
use crate::collect::{AssembleError, Collecting, ReceiveError};

/// Most bytes, packed and unpacked, of a request by a key that nobody here knows: it shows its binding and asks.
const MAX_SHOWN_BYTES: usize = 16 * 1024;

#[utoipa::path(post, path = "/v1/collect", tag = "sync",
    request_body(description = "CollectRequest; the request is signed by the device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "CollectResponse", content_type = "application/cbor"),
        (status = 400, description = "Problem `bad-request`: the receipt does not hold", content_type = "application/problem+json"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key` or `expired`", content_type = "application/problem+json"),
        (status = 403, description = "Problem `disbelieved`: an officer left this device out", content_type = "application/problem+json"),
        (status = 413, description = "Problem `too-large`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`, with Retry-After", content_type = "application/problem+json"),
        (status = 503, description = "Problem `incomplete` while the log is put together, or `unavailable`", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    let claimed = Claimed::read(&app, &whole)?;
    let giver = claimed.key();
    let known = known_key(&app, giver).await?;
    if let Some(key) = &known {
        claimed.verify(key)?;
        take(&app.collect_quota, giver, &whole)?;
    }
    if known.is_none() && (!app.instance.restored.is_waiting() || whole.bytes.len() > MAX_SHOWN_BYTES) {
        return Err(unknown_key());
    }
    if !app.instance.restored.is_waiting() {
        let wanted = lost_contents(&app, &whole).await?;
        return Ok(Answer::to(&whole.parts.headers, CollectResponse { wanted }));
    }
    let most_bytes = if known.is_some() { MAX_INFLATED_BYTES } else { MAX_SHOWN_BYTES };
    let request: CollectRequest = whole.decode(most_bytes).await?;
    if known.is_none() {
        let binding = request.binding.as_ref().ok_or_else(unknown_key)?;
        let shown = binds(app.instance.key.verifying_key(), &binding.statement, &binding.content);
        let shown = shown.filter(|key| key.id() == giver).ok_or_else(unknown_key)?;
        claimed.verify(&shown)?;
        app.shown.lock().insert(giver, shown);
    }
    check_count(&request)?;
    let instance = Arc::clone(&app.instance);
    let wanted = blocking(move || receive(&instance, giver, &request)).await??;
    Ok(Answer::to(&whole.parts.headers, CollectResponse { wanted }))
}

fn check_count(request: &CollectRequest) -> Result<(), Failure> {
    if request.leaves.len() <= MAX_LEAVES {
        return Ok(());
    }
    let title = format!("one request hands back at most {MAX_LEAVES} statements");
    Err(Failure::new(ProblemCode::TooLarge, title))
}

/// When the log went on without some contents: which they are, or what a device has of them.
async fn lost_contents(app: &App, whole: &Whole) -> Result<Vec<Stretch>, Failure> {
    let instance = Arc::clone(&app.instance);
    // Asked before anything is unpacked, so by the first lost leaf alone and not by the list of all.
    if blocking(move || instance.read()?.lost_contents(0, 1)).await??.is_empty() {
        return Ok(Vec::new());
    }
    let request: CollectRequest = whole.decode(MAX_INFLATED_BYTES).await?;
    check_count(&request)?;
    if request.leaves.is_empty() {
        let instance = Arc::clone(&app.instance);
        let wanted = move || fill::wanted(instance.read()?.as_ref(), request.from, MAX_STRETCHES);
        return Ok(blocking(wanted).await??);
    }
    let leaves = request.leaves;
    let take = move |txn: &mut dyn operator_core::StoreTxn, _: &operator_core::Operator<'_>| {
        fill::take_all(txn, &leaves)
    };
    app.sequencer.submit(take, |_, ()| Ok(())).await?;
    Ok(Vec::new())
}

/// The key of a device that the log knows, or that has shown the operator's own binding since this server began.
async fn known_key(app: &App, wanted: KeyId) -> Result<Option<VerifyingKey>, Failure> {
    let instance = Arc::clone(&app.instance);
    let bound = blocking(move || instance.read()?.bound_key(wanted)).await??;
    Ok(bound.map(|bound| bound.key).or_else(|| app.shown.lock().get(&wanted).cloned()))
}

fn unknown_key() -> Failure {
    Failure::new(ProblemCode::UnknownKey, "nobody is bound to this key")
}

/// One request at a time: this server has nothing else to do meanwhile, and `resume` may end it from beside.
fn receive(instance: &Instance, giver: KeyId, request: &CollectRequest) -> Result<Vec<Stretch>, Failure> {
    let exclusive = instance.restored.exclusively().map_err(not_kept)?.ok_or_else(is_examined)?;
    if !exclusive.is_waiting() {
        return Ok(Vec::new());
    }
    let wanted =
        Collecting::open(instance).map_err(AssembleError::from).map_err(not_kept)?.receive(giver, request)?;
    let known_tree_size = request.known.as_ref().map_or(0, |known| known.tree_size);
    // A device whose binding was lost is heard here only.
    exclusive.hear(giver, known_tree_size).map_err(not_kept)?;
    Ok(wanted)
}

/// Takes from a push what the log that waits for it lacks, also of a device whose binding it lost and that has shown it.
/// Like what is handed back it counts apart from what a device may send in a day.
pub(super) async fn take_pushed(app: &App, whole: &Whole) -> Result<(), Failure> {
    let claimed = Claimed::read(app, whole)?;
    let giver = claimed.key();
    // What bound it may be among the statements that the backup lacks.
    let key = known_key(app, giver).await?.ok_or_else(is_examined)?;
    claimed.verify(&key)?;
    take(&app.collect_quota, giver, whole)?;
    let request = super::push::read(whole).await?;
    let instance = Arc::clone(&app.instance);
    blocking(move || fill_from(&instance, &request.items)).await??;
    app.may_serve(giver, request.known_tree_size).await
}

fn fill_from(instance: &Instance, pushed: &[PushItem]) -> Result<(), Failure> {
    let exclusive = instance.restored.exclusively().map_err(not_kept)?.ok_or_else(is_examined)?;
    if exclusive.is_waiting() {
        Collecting::open(instance)
            .map_err(AssembleError::from)
            .map_err(not_kept)?
            .fill(pushed)
            .map_err(not_kept)?;
    }
    Ok(())
}

fn not_kept(error: impl std::error::Error + 'static) -> Failure {
    tracing::error!(error = &error as &dyn std::error::Error, "what devices hold cannot be kept");
    Failure::new(ProblemCode::Unavailable, "what devices hold cannot be kept now")
}

impl From<ReceiveError> for Failure {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Unproven => Self::new(ProblemCode::BadRequest, error.to_string()),
            ReceiveError::Disbelieved => Self::new(ProblemCode::Disbelieved, error.to_string()),
            ReceiveError::Assemble(error) => not_kept(error),
        }
    }
}
