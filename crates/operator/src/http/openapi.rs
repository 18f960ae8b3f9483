//! `GET /v1/openapi.json`: the description of this API (OpenAPI 3.1). Bodies in CBOR are described by
//! docs/PROTOCOL.md; JSON Schema has no words for byte strings.

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::OpenApi as _;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "ESEP.OTAN-MEKTEP operator",
        description = "Sync API of the operator. Bodies are deterministic CBOR (docs/PROTOCOL.md, \"API\"), compressed with zstd where it pays; failures are problem details (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        super::operator_info::get,
        super::enrol::post,
        super::push::post,
        super::carry::post,
        super::courier::post,
        super::pull::post,
        super::collect::post,
        super::recovery::post,
        super::agreement::get,
        super::checkpoint::get,
        super::health::get,
        get,
    )
)]
struct Description;

/// The description as JSON.
///
/// # Errors
/// When it cannot be written, which is a mistake in this program.
pub fn description() -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(Description::openapi())?;
    value.sort_all_objects();
    serde_json::to_string_pretty(&value)
}

#[utoipa::path(get, path = "/v1/openapi.json", tag = "operator", responses(
    (status = 200, description = "This description", content_type = "application/json"),
))]
pub(super) async fn get() -> Result<impl IntoResponse, super::problem::Failure> {
    let text = description().map_err(|_| {
        super::problem::Failure::new(
            wire::problem::ProblemCode::Internal,
            "the description cannot be written",
        )
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}
