//! `GET /v1/checkpoint?from=<size>`: the signed head of the log, proven to go on from a smaller one. Public.
//!
//! 200: [`Checkpoint`](wire::pull::Checkpoint) in CBOR. 400: `from` is no size. 404: the log is empty. 503: the log was
//! restored and waits. Whoever saw a larger head would read its own as one of another log.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use operator_core::head;
use serde::Deserialize;
use wire::problem::ProblemCode;

use super::authenticate::blocking;
use super::body::Answer;
use super::problem::Failure;
use super::{App, is_examined};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct Known {
    /// Leaves in the head that the reader verified before; 0 for none.
    #[serde(default)]
    from: u64,
}

#[utoipa::path(get, path = "/v1/checkpoint", tag = "log", params(Known), responses(
    (status = 200, description = "Checkpoint", content_type = "application/cbor"),
    (status = 400, description = "Problem `bad-request`", content_type = "application/problem+json"),
    (status = 404, description = "Problem `not-found`: the log is empty", content_type = "application/problem+json"),
    (status = 503, description = "Problem `incomplete`, with Retry-After", content_type = "application/problem+json"),
))]
pub(super) async fn get(
    State(app): State<App>,
    known: Result<Query<Known>, QueryRejection>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Failure> {
    let Query(known) =
        known.map_err(|_| Failure::new(ProblemCode::BadRequest, "`from` is the size of a tree"))?;
    if app.instance.restored.is_waiting() {
        return Err(is_examined());
    }
    let instance = Arc::clone(&app.instance);
    let checkpoint = blocking(move || head::checkpoint(instance.read()?.as_ref(), known.from)).await??;
    let checkpoint = checkpoint.ok_or_else(|| Failure::new(ProblemCode::NotFound, "the log is empty"))?;
    Ok(Answer::to(&headers, checkpoint))
}
