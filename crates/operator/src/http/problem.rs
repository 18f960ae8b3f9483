//! Failures as problem details (RFC 9457): the one place that turns an error into a status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use operator_core::enrol::EnrolRefusal;
use operator_core::store::StoreError;
use wire::auth::AuthError;
use wire::body::BodyError;
use wire::problem::{CONTENT_TYPE, Problem, ProblemCode};

use crate::sequencer::SequenceError;

/// After how many seconds a busy server is asked again.
const RETRY_AFTER_S: u64 = 5;

/// A failed request.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Problem,
    retry_after_s: Option<u64>,
    /// The operator's time, where the client's clock is the cause.
    now_ms: Option<i64>,
}

impl Failure {
    pub(crate) fn new(code: ProblemCode, title: impl Into<String>) -> Self {
        Self { problem: Problem::new(code, title), retry_after_s: None, now_ms: None }
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// From the signature of a request.
    pub(crate) fn from_auth(error: AuthError, now_ms: i64) -> Self {
        let code = match error {
            AuthError::Unsigned => ProblemCode::Unsigned,
            AuthError::Expired => ProblemCode::Expired,
            AuthError::BadSignature => ProblemCode::BadSignature,
        };
        Self { now_ms: Some(now_ms), ..Self::new(code, error.to_string()) }
    }
}

pub(crate) async fn no_such_route() -> Failure {
    Failure::new(ProblemCode::NotFound, "there is no such route")
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        // Logged once, here. These texts hold no personal data: they name files and rules, never contents.
        tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        match error {
            StoreError::Busy => {
                Self::new(ProblemCode::Unavailable, "the operator is busy").retry_after(RETRY_AFTER_S)
            }
            StoreError::Unavailable(_) => {
                Self::new(ProblemCode::Unavailable, "the operator's store is not available")
                    .retry_after(RETRY_AFTER_S * 6)
            }
            StoreError::Damaged(_) | StoreError::TooNew { .. } => {
                Self::new(ProblemCode::Internal, "the operator's store needs a person")
            }
        }
    }
}

impl From<SequenceError> for Failure {
    fn from(error: SequenceError) -> Self {
        match error {
            SequenceError::Store(error) => error.into(),
            SequenceError::Full | SequenceError::Stopped => {
                Self::new(ProblemCode::Unavailable, error.to_string()).retry_after(RETRY_AFTER_S)
            }
        }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLarge => ProblemCode::TooLarge,
            BodyError::UnknownEncoding => ProblemCode::UnsupportedMediaType,
            BodyError::NotZstd | BodyError::Cbor(_) => ProblemCode::BadRequest,
        };
        Self::new(code, error.to_string())
    }
}

impl From<EnrolRefusal> for Failure {
    fn from(refusal: EnrolRefusal) -> Self {
        let code = match refusal {
            EnrolRefusal::UnknownCode => ProblemCode::UnknownCode,
            EnrolRefusal::UsedCode => ProblemCode::UsedCode,
            EnrolRefusal::ExpiredCode => ProblemCode::ExpiredCode,
            EnrolRefusal::BadStatement => ProblemCode::BadRequest,
        };
        Self::new(code, refusal.to_string())
    }
}

/// A time as HTTP writes it (RFC 9110 section 5.6.7).
fn http_date(now_ms: i64) -> Option<HeaderValue> {
    let time = chrono::DateTime::from_timestamp_millis(now_ms)?;
    HeaderValue::from_str(&time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(date) = self.now_ms.and_then(http_date) {
            headers.insert(header::DATE, date);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_that_of_http() {
        assert_eq!(http_date(784_111_777_000).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn every_problem_has_its_status_and_media_type() {
        for &code in ProblemCode::ALL {
            let response = Failure::new(code, "title").into_response();
            assert_eq!(response.status().as_u16(), code.status(), "{}", code.as_str());
            assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
        }
    }
}
