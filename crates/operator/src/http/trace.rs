//! One log line for each request, without personal data: no address, no header, no body; the paths hold none.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use wire::problem::ProblemCode;

use super::problem::Failure;

pub(super) async fn observe(timeout: Duration, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let response = tokio::time::timeout(timeout, next.run(request)).await.unwrap_or_else(|_| {
        Failure::new(ProblemCode::Unavailable, "the request took too long").retry_after(5).into_response()
    });
    let (status, elapsed_ms) = (response.status().as_u16(), began.elapsed().as_millis());
    tracing::info!(%method, route, status, elapsed_ms, "request");
    response
}
