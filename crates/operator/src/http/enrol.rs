//! `POST /v1/enrol`: uses an activation code.
//!
//! 200: [`EnrolResponse`](wire::enrol::EnrolResponse), the same for the same request again. 400: not the first
//! statement of a new device. 404 `unknown-code`: also for a wrong secret. 410 `used-code`, 410 `expired-code`: for the
//! right one. 429: too many wrong codes from
//! this address, with `Retry-After`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, State};
use axum::response::IntoResponse;
use operator_core::enrol::{self, EnrolRefusal};
use operator_core::{Operator, StoreRead, StoreTxn};
use wire::body::MAX_ENROL_BYTES;
use wire::enrol::{EnrolRequest, EnrolResponse};
use wire::problem::ProblemCode;

use super::authenticate::blocking;
use super::body::{Answer, Whole};
use super::problem::Failure;
use super::{App, limit};

#[utoipa::path(post, path = "/v1/enrol", tag = "enrolment",
    request_body(description = "EnrolRequest", content_type = "application/cbor"),
    responses(
        (status = 200, description = "EnrolResponse", content_type = "application/cbor"),
        (status = 400, description = "Problem `bad-request`", content_type = "application/problem+json"),
        (status = 404, description = "Problem `unknown-code`", content_type = "application/problem+json"),
        (status = 410, description = "Problem `used-code` or `expired-code`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`, with Retry-After", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    whole: Whole,
) -> Result<impl IntoResponse, Failure> {
    let address =
        limit::client_address(peer.ip(), &whole.parts.headers, &app.instance.config.trusted_proxies);
    let may_try = || {
        app.enrol_limit.check(address, Instant::now()).map_err(|seconds| {
            let title = "too many wrong activation codes from this address";
            Failure::new(ProblemCode::TooManyRequests, title).retry_after(seconds)
        })
    };
    may_try()?;
    let request: EnrolRequest = whole.decode(MAX_ENROL_BYTES).await?;
    // Few hashes at once, and whoever waited is asked again: those that went first may have used the tries up.
    let closed = |_| Failure::new(ProblemCode::Unavailable, "the server is stopping");
    let permit = Arc::clone(&app.hashing).acquire_owned().await.map_err(closed)?;
    may_try()?;
    let outcome = attempt(&app, request).await;
    drop(permit);
    let outcome = outcome?;
    if outcome.as_ref().is_err_and(|refusal| *refusal != EnrolRefusal::BadStatement) {
        app.enrol_limit.count(address, Instant::now());
    }
    Ok(Answer::to(&whole.parts.headers, outcome?))
}

/// Counts the attempt, hashes, binds: the count is kept before the hash is begun.
async fn attempt(app: &App, request: EnrolRequest) -> Result<Result<EnrolResponse, EnrolRefusal>, Failure> {
    let request = Arc::new(request);
    let reserve = {
        let request = Arc::clone(&request);
        move |txn: &mut dyn StoreTxn, _: &Operator<'_>| enrol::reserve(txn, &request)
    };
    let activation = match app.sequencer.submit(reserve, |_, reserved| Ok(reserved)).await? {
        Ok(activation) => activation,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let prepared = blocking(move || enrol::prepare(activation, &request)).await??;
    let bind = move |txn: &mut dyn StoreTxn, operator: &Operator<'_>| enrol::enrol(txn, operator, &prepared);
    let answer = |read: &dyn StoreRead, enrolled: Result<enrol::Enrolled, EnrolRefusal>| match enrolled {
        Ok(enrolled) => enrol::answer(read, &enrolled).map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    };
    Ok(app.sequencer.submit(bind, answer).await?)
}
