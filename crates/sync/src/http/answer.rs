//! Telling an operator's answer from everything else that answers: captive portals, proxies, other servers.

use reqwest::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use wire::body;
use wire::problem::{self, Problem, ProblemCode};

use crate::transport::TransportError;

/// The media type of a web page, which no answer of an operator is.
const HTML: &str = "text/html";
/// Largest problem that is read.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;
/// Longest pause that is believed: a proxy's mistake must not silence a device for days.
const MAX_RETRY_AFTER_S: u32 = 6 * 3_600;

/// The value of a header, when it is text.
pub(super) fn header(response: &Response, name: HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

fn media_type(response: &Response) -> String {
    let value = header(response, CONTENT_TYPE).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Reads an answer of the API.
pub(super) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, TransportError> {
    if response.status() != StatusCode::OK {
        return Err(refusal(response).await);
    }
    match media_type(&response).as_str() {
        body::CONTENT_TYPE => {}
        HTML => return Err(TransportError::SignInNeeded),
        _ => return Err(TransportError::NotAnOperator),
    }
    super::decode(response).await
}

/// Reads bytes whose digest the caller checks.
pub(super) async fn read_text(response: Response) -> Result<Vec<u8>, TransportError> {
    if response.status() != StatusCode::OK {
        return Err(refusal(response).await);
    }
    if media_type(&response) == HTML {
        return Err(TransportError::SignInNeeded);
    }
    read_bytes(response).await
}

/// Reads a whole body, up to the limit of the API.
pub(super) async fn read_bytes(response: Response) -> Result<Vec<u8>, TransportError> {
    read_up_to(response, body::MAX_BODY_BYTES).await
}

async fn read_up_to(mut response: Response, limit_bytes: usize) -> Result<Vec<u8>, TransportError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| TransportError::Offline)? {
        if bytes.len() + chunk.len() > limit_bytes {
            return Err(TransportError::NotAnOperator);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What an answer other than 200 means.
async fn refusal(response: Response) -> TransportError {
    let status = response.status();
    let retry_after_s = header(&response, RETRY_AFTER)
        .and_then(|value| value.trim().parse::<u32>().ok())
        .map(|seconds| seconds.min(MAX_RETRY_AFTER_S));
    if media_type(&response) == problem::CONTENT_TYPE
        && let Ok(bytes) = read_up_to(response, MAX_PROBLEM_BYTES).await
        && let Ok(problem) = serde_json::from_slice::<Problem>(&bytes)
    {
        return TransportError::Problem { code: problem.code, retry_after_s };
    }
    // What stands in front of an operator (a load balancer) speaks only in status codes.
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::TooLarge,
        StatusCode::TOO_MANY_REQUESTS => ProblemCode::TooManyRequests,
        // RFC 6585 section 6, and what portals did before it: they send the browser to their page.
        StatusCode::NETWORK_AUTHENTICATION_REQUIRED => return TransportError::SignInNeeded,
        status if status.is_redirection() => return TransportError::SignInNeeded,
        status if status.is_server_error() => ProblemCode::Unavailable,
        _ => return TransportError::NotAnOperator,
    };
    TransportError::Problem { code, retry_after_s }
}
