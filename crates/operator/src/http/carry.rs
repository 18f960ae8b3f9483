//! `POST /v1/carry`: statements of other devices up.
//!
//! 200: [`CarryResponse`]. 401 as `POST /v1/push`. 413: too many or too large. A revoked device may still hand over
//! what it holds: each statement stands for itself.

use axum::extract::State;
use axum::response::IntoResponse;
use operator_core::carry;
use wire::body::MAX_PULL_BYTES;
use wire::carry::{CarryRequest, CarryResponse, MAX_ITEMS};
use wire::problem::ProblemCode;

use super::App;
use super::authenticate::{authenticate, replayed};
use super::body::{Answer, Whole};
use super::problem::Failure;

#[utoipa::path(post, path = "/v1/carry", tag = "sync",
    request_body(description = "CarryRequest; the request is signed by the carrying device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "CarryResponse", content_type = "application/cbor"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key`, `expired` or `replayed`", content_type = "application/problem+json"),
        (status = 413, description = "Problem `too-large`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`, with Retry-After", content_type = "application/problem+json"),
        (status = 503, description = "Problem `unavailable`, with Retry-After", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    let signed = authenticate(&app, &whole).await?;
    let CarryRequest { items } = whole.decode(MAX_PULL_BYTES).await?;
    if items.len() > MAX_ITEMS {
        return Err(Failure::new(
            ProblemCode::TooLarge,
            format!("a carry holds at most {MAX_ITEMS} statements"),
        ));
    }
    let nonce = signed.nonce();
    let apply = move |txn: &mut dyn operator_core::StoreTxn, operator: &operator_core::Operator<'_>| {
        let now_ms = operator.clock.utc_ms();
        if !nonce.remember(txn, now_ms)? {
            return Ok(None);
        }
        let before = txn.log_size()?;
        let outcomes = carry::apply(txn, &items, now_ms)?;
        Ok(Some((outcomes, txn.log_size()? > before)))
    };
    let outcomes = app.sequencer.submit(apply, |_, outcomes| Ok(outcomes)).await?;
    let (outcomes, has_grown) = outcomes.ok_or_else(replayed)?;
    if has_grown {
        signed.kept(&app);
    }
    Ok(Answer::to(&whole.parts.headers, CarryResponse { outcomes }))
}
