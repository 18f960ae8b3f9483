//! `GET /v1/agreements/{sha256}`: the exact bytes of a published text. Public; whoever reads it checks the digest.
//!
//! 200: the text. 404: no such text was published.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use domain::id::Digest;
use wire::problem::ProblemCode;

use super::App;
use super::authenticate::blocking;
use super::problem::Failure;

#[utoipa::path(get, path = "/v1/agreements/{sha256}", tag = "agreements",
    params(("sha256" = String, Path, description = "SHA-256 of the text, 64 hexadecimal digits")),
    responses(
        (status = 200, description = "The exact bytes that were published", content_type = "text/plain; charset=utf-8"),
        (status = 404, description = "Problem `not-found`", content_type = "application/problem+json"),
    ))]
pub(super) async fn get(
    State(app): State<App>,
    Path(sha256): Path<String>,
) -> Result<impl IntoResponse, Failure> {
    let not_found = || Failure::new(ProblemCode::NotFound, "no such text was published");
    let sha256: Digest = sha256.parse().map_err(|_| not_found())?;
    let instance = Arc::clone(&app.instance);
    let bytes = blocking(move || instance.read()?.document(sha256)).await??.ok_or_else(not_found)?;
    // Its address is its digest, so it never changes.
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes))
}
