//! `GET /v1/health`: whether the server can read its store.
//!
//! 200: `{"status":"ok","tree_size":n}`. 503: it cannot.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::App;
use super::authenticate::blocking;
use super::problem::Failure;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
    /// Leaves in the log.
    tree_size: u64,
}

#[utoipa::path(get, path = "/v1/health", tag = "operator", responses(
    (status = 200, description = "The server can read its store", body = Health),
    (status = 503, description = "Problem `unavailable`", content_type = "application/problem+json"),
))]
pub(super) async fn get(State(app): State<App>) -> Result<Json<Health>, Failure> {
    let instance = Arc::clone(&app.instance);
    let tree_size = blocking(move || instance.read()?.log_size()).await??;
    Ok(Json(Health { status: "ok", tree_size }))
}
