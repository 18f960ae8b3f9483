//! `POST /v1/courier`: a sealed parcel of another device.
//!
//! 200: [`CourierResponse`]. 401 as `POST /v1/push`. 413: larger than a parcel may be. 429: too many from this device.
//! A revoked device may still hand over what it holds: a parcel stands for itself.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::response::IntoResponse;
use operator_core::courier;
use wire::body::MAX_BODY_BYTES;
use wire::courier::{CourierOutcome, CourierRequest, CourierResponse};
use wire::problem::ProblemCode;

use super::App;
use super::authenticate::{authenticate_carrier, blocking, replayed};
use super::body::{Answer, Whole};
use super::problem::Failure;
use crate::courier::{CourierError, examine, log};

#[utoipa::path(post, path = "/v1/courier", tag = "sync",
    request_body(description = "CourierRequest; the request is signed by the carrying device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "CourierResponse", content_type = "application/cbor"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key`, `expired` or `replayed`", content_type = "application/problem+json"),
        (status = 413, description = "Problem `too-large`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`, with Retry-After", content_type = "application/problem+json"),
        (status = 503, description = "Problem `unavailable`, with Retry-After", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    let signed = authenticate_carrier(&app, &whole).await?;
    let carrier = signed.key.key.id();
    let now = Instant::now();
    app.courier_limit.check(carrier, now).map_err(|seconds| {
        let title = "too many parcels from this device";
        Failure::new(ProblemCode::TooManyRequests, title).retry_after(seconds)
    })?;
    app.courier_limit.count(carrier, now);
    if app.instance.restored.is_waiting() {
        // Its author may be among the statements that the backup lacks: a refusal would be final.
        return Err(super::is_examined());
    }
    let request: CourierRequest = whole.decode(MAX_BODY_BYTES).await?;
    let parcel = Arc::new(request.parcel);
    let (instance, examined) = (Arc::clone(&app.instance), Arc::clone(&parcel));
    let delivery = blocking(move || examine(&instance, &examined)).await??;
    let author = delivery.as_ref().ok().map(courier::Delivery::author);
    // Its author's day is full: as with an own push nothing of it is taken, and it comes again.
    let is_too_much = author.is_some_and(|author| !signed.fits(&app, author, parcel.len()));
    let nonce = signed.nonce();
    let apply = move |txn: &mut dyn operator_core::StoreTxn, operator: &operator_core::Operator<'_>| {
        let now_ms = operator.clock.utc_ms();
        if !nonce.remember(txn, now_ms)? {
            return Ok(None);
        }
        match &delivery {
            Ok(_) if is_too_much => Ok(Some((CourierOutcome::Early, false))),
            Ok(delivery) => courier::apply(txn, delivery, now_ms).map(Some),
            Err(reason) => Ok(Some((CourierOutcome::Refused { reason: *reason }, false))),
        }
    };
    let (outcome, has_grown) =
        app.sequencer.submit(apply, |_, outcome| Ok(outcome)).await?.ok_or_else(replayed)?;
    if let Some(author) = author.filter(|_| has_grown) {
        signed.kept_of(&app, author, parcel.len());
    }
    log(Some(carrier), &parcel, outcome);
    Ok(Answer::to(&whole.parts.headers, CourierResponse { outcome }))
}

impl From<CourierError> for Failure {
    fn from(error: CourierError) -> Self {
        match error {
            CourierError::Store(error) => error.into(),
            CourierError::Folder(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the courier keys cannot be read");
                Self::new(ProblemCode::Unavailable, "parcels cannot be opened now")
            }
        }
    }
}
