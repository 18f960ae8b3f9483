//! `GET /v1/operator`: who the operator is.
//!
//! 200: [`OperatorInfo`] in CBOR. 503: not set up yet.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use operator_core::fact::{Class, FactQuery};
use operator_core::store::StoreError;
use wire::enrol::{OperatorInfo, SYSTEM};
use wire::problem::ProblemCode;

use super::App;
use super::authenticate::blocking;
use super::body::Answer;
use super::problem::Failure;

const API_VERSION: u32 = 1;

#[utoipa::path(get, path = "/v1/operator", tag = "operator", responses(
    (status = 200, description = "OperatorInfo: the operator's signed key statement with its content", content_type = "application/cbor"),
    (status = 503, description = "Problem `unavailable`", content_type = "application/problem+json"),
))]
pub(super) async fn get(State(app): State<App>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let instance = Arc::clone(&app.instance);
    let found = blocking(move || {
        let read = instance.read()?;
        let Some(fact) = read.facts(&FactQuery::of(Class::Operator))?.pop() else { return Ok(None) };
        let entry = read.entry(fact.leaf_index)?;
        Ok::<_, StoreError>(entry.zip(read.content(fact.leaf_index)?))
    });
    let (entry, content) = found.await??.ok_or_else(|| {
        Failure::new(ProblemCode::Unavailable, "the operator is not set up").retry_after(60)
    })?;
    let info = OperatorInfo {
        system: SYSTEM.into(),
        version: API_VERSION,
        statement: entry.statement,
        content,
        now_ms: app.instance.now_ms(),
    };
    Ok(Answer::to(&headers, info))
}
