//! `POST /v1/push`: statements up.
//!
//! 200: [`PushResponse`](wire::push::PushResponse). 401: `unsigned`, `bad-signature`, `unknown-key`, `expired` (with the
//! operator's `Date`), `replayed`. 413: too many or too large. A revoked device may still push: its late statements are
//! registered with a flag.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use operator_core::authorise::Author;
use operator_core::push;
use wire::body::MAX_INFLATED_BYTES;
use wire::problem::ProblemCode;
use wire::push::{MAX_ITEMS, PushRequest};

use super::authenticate::{authenticate, blocking, replayed};
use super::body::{Answer, Whole};
use super::checks::Checks;
use super::collect;
use super::problem::Failure;
use super::{App, is_examined};

#[utoipa::path(post, path = "/v1/push", tag = "sync",
    request_body(description = "PushRequest; the request is signed by the device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "PushResponse", content_type = "application/cbor"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key`, `expired` or `replayed`", content_type = "application/problem+json"),
        (status = 413, description = "Problem `too-large`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`, with Retry-After", content_type = "application/problem+json"),
        (status = 503, description = "Problem `unavailable`, with Retry-After", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    if app.instance.restored.is_waiting() {
        return Err(collect::take_pushed(&app, &whole).await.err().unwrap_or_else(is_examined));
    }
    let signed = authenticate(&app, &whole).await?;
    let request = read(&whole).await?;
    let items_count = request.items.len();
    let items = Arc::new(request.items);
    app.may_serve(signed.key.key.id(), request.known_tree_size).await?;
    let key = signed.key.key.clone();
    let known_tree_size = request.known_tree_size;
    let checks = Checks::begin(Arc::clone(&items), key.clone());
    {
        let checks = Arc::clone(&checks);
        blocking(move || checks.reach(items_count / 2)).await?;
    }
    let (nonce, id) = (signed.nonce(), key.id());
    let apply = move |txn: &mut dyn operator_core::StoreTxn, operator: &operator_core::Operator<'_>| {
        let now_ms = operator.clock.utc_ms();
        if !nonce.remember(txn, now_ms)? {
            return Ok(None);
        }
        // Read again here: the device may have been revoked since the signature was checked.
        let unbound = operator_core::StoreError::Damaged("a bound key is gone");
        let author = Author::Device(Box::new(txn.bound_key(id)?.ok_or(unbound)?));
        // The rest is checked meanwhile by the other cores.
        push::apply(txn, &author, id, &items, checks.iter(), now_ms).map(Some)
    };
    let response = app
        .sequencer
        .submit(apply, move |read, applied: Option<push::Applied>| {
            let answer = |applied: push::Applied| {
                let response = push::answer(read, id, known_tree_size, applied.outcomes)?;
                Ok::<_, operator_core::StoreError>((response, applied.has_grown))
            };
            applied.map(answer).transpose()
        })
        .await?;
    let (response, has_grown) = response.ok_or_else(replayed)?;
    if has_grown {
        signed.kept(&app);
    }
    Ok(Answer::to(&whole.parts.headers, response))
}

pub(super) async fn read(whole: &Whole) -> Result<PushRequest, Failure> {
    let request: PushRequest = whole.decode(MAX_INFLATED_BYTES).await?;
    if request.items.len() > MAX_ITEMS {
        let title = format!("a push holds at most {MAX_ITEMS} statements");
        return Err(Failure::new(ProblemCode::TooLarge, title));
    }
    Ok(request)
}
