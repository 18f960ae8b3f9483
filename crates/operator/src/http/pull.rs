//! `POST /v1/pull`: statements down.
//!
//! 200: [`PullResponse`](wire::pull::PullResponse). 401 as for a push. 403: the device is revoked, or its owner
//! calls its key compromised.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use operator_core::pull::pull;
use wire::body::MAX_PULL_BYTES;
use wire::problem::ProblemCode;
use wire::pull::PullRequest;

use super::App;
use super::authenticate::{authenticate, blocking, replayed};
use super::body::{Answer, Whole};
use super::problem::Failure;

#[utoipa::path(post, path = "/v1/pull", tag = "sync",
    request_body(description = "PullRequest; the request is signed by the device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "PullResponse", content_type = "application/cbor"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key`, `expired` or `replayed`", content_type = "application/problem+json"),
        (status = 403, description = "Problem `revoked`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`, with Retry-After", content_type = "application/problem+json"),
        (status = 503, description = "Problem `unavailable`, with Retry-After", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    let signed = authenticate(&app, &whole).await?;
    let request: PullRequest = whole.decode(MAX_PULL_BYTES).await?;
    app.may_serve(signed.key.key.id(), request.known_tree_size).await?;
    let nonce = signed.nonce();
    let apply = move |txn: &mut dyn operator_core::StoreTxn, operator: &operator_core::Operator<'_>| {
        nonce.remember(txn, operator.clock.utc_ms())
    };
    if !app.sequencer.submit(apply, |_, is_fresh| Ok(is_fresh)).await? {
        return Err(replayed());
    }
    let (instance, id) = (Arc::clone(&app.instance), signed.key.key.id());
    let response = blocking(move || {
        let read = instance.read()?;
        // One snapshot for the right and for what it gives: a revocation in between closes the door.
        if !read.bound_key(id)?.is_some_and(|key| key.is_in_force()) {
            return Err(Failure::new(
                ProblemCode::Revoked,
                "this device is revoked, or its key may be with others",
            ));
        }
        Ok(pull(read.as_ref(), signed.key.person, id, &request, instance.now_ms())?)
    });
    Ok(Answer::to(&whole.parts.headers, response.await??))
}
