//! `POST /v1/enrol`: uses an activation code.
//!
//! 200: [`EnrolResponse`](wire::enrol::EnrolResponse), the same for the same request again. 400: not the first
//! statement of a new device. 404 `unknown-code`, 410 `used-code`, 410 `expired-code`. 429: too many wrong codes from
//! this address, with `Retry-After`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, State};
use axum::response::IntoResponse;
use operator_core::enrol::{self, EnrolRefusal};
use wire::body::MAX_ENROL_BYTES;
use wire::enrol::EnrolRequest;
use wire::problem::ProblemCode;

use super::App;
use super::authenticate::blocking;
use super::body::{Answer, Whole};
use super::problem::Failure;

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
    let too_many = |seconds| {
        let title = "too many wrong activation codes from this address";
        Failure::new(ProblemCode::TooManyRequests, title).retry_after(seconds)
    };
    app.enrol_limit.check(peer.ip(), Instant::now()).map_err(too_many)?;
    let request: EnrolRequest = whole.decode(MAX_ENROL_BYTES).await?;
    let instance = Arc::clone(&app.instance);
    let prepared = blocking(move || enrol::prepare(instance.read()?.as_ref(), &request)).await??;
    let outcome = match prepared {
        Err(refusal) => Err(refusal),
        Ok(prepared) => {
            let apply = move |txn: &mut dyn operator_core::StoreTxn,
                              operator: &operator_core::Operator<'_>| {
                enrol::enrol(txn, operator, &prepared)
            };
            app.sequencer
                .submit(apply, |read, enrolled| match enrolled {
                    Ok(enrolled) => enrol::answer(read, &enrolled).map(Ok),
                    Err(refusal) => Ok(Err(refusal)),
                })
                .await?
        }
    };
    if outcome.as_ref().is_err_and(|refusal| *refusal != EnrolRefusal::BadStatement) {
        app.enrol_limit.count(peer.ip(), Instant::now());
    }
    Ok(Answer::to(&whole.parts.headers, outcome?))
}
