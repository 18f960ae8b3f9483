//! Bodies in and out: CBOR, zstd where it pays.

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::rejection::BytesRejection;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::body;
use wire::problem::ProblemCode;

use super::authenticate::blocking;
use super::problem::Failure;

/// A whole request, its body within the limit.
pub(super) struct Whole {
    pub(super) parts: Parts,
    pub(super) bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Failure;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let request = axum::extract::Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(error) if error.status().as_u16() == 413 => {
                Failure::new(ProblemCode::TooLarge, "the body is too large")
            }
            _ => Failure::new(ProblemCode::BadRequest, "the body did not arrive whole"),
        })?;
        Ok(Self { parts, bytes })
    }
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl Whole {
    /// The content encoding; absent and `identity` are the same.
    pub(super) fn encoding(&self) -> &str {
        match header(&self.parts.headers, header::CONTENT_ENCODING.as_str()) {
            None | Some("identity") => "",
            Some(encoding) => encoding,
        }
    }

    /// Reads the body, away from the threads that answer everybody. What inflates beyond the limit is refused.
    pub(super) async fn decode<T: DeserializeOwned + Send + 'static>(
        &self,
        max_bytes: usize,
    ) -> Result<T, Failure> {
        if header(&self.parts.headers, header::CONTENT_TYPE.as_str()) != Some(body::CONTENT_TYPE) {
            let title = format!("the body must be {}", body::CONTENT_TYPE);
            return Err(Failure::new(ProblemCode::UnsupportedMediaType, title));
        }
        let (bytes, encoding) = (self.bytes.clone(), self.encoding().to_owned());
        Ok(blocking(move || body::decode_within(&bytes, Some(&encoding), max_bytes)).await??)
    }
}

/// An answer in CBOR. Compressed for whoever accepts zstd.
pub(super) struct Answer<T> {
    pub(super) value: T,
    pub(super) accepts_zstd: bool,
}

impl<T> Answer<T> {
    pub(super) fn to(headers: &HeaderMap, value: T) -> Self {
        let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        let accepts_zstd = lines.flat_map(|line| line.split(',')).any(accepts_zstd);
        Self { value, accepts_zstd }
    }
}

/// Whether a coding of `accept-encoding` is zstd, in any case and with a weight above 0 (RFC 9110, 12.4.2 and 12.5.3).
fn accepts_zstd(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case(body::ZSTD)) {
        return false;
    }
    let weight = parts.next().map(|weight| weight.to_ascii_lowercase());
    weight.is_none_or(|weight| {
        weight
            .strip_prefix("q=")
            .and_then(|weight| weight.parse().ok())
            .is_some_and(|weight: f32| weight > 0.0)
    })
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let encoded = if self.accepts_zstd {
            body::encode(&self.value)
        } else {
            let plain = journal::cbor::to_vec(&self.value);
            plain.map(|bytes| body::Encoded { bytes, encoding: None }).map_err(body::BodyError::Cbor)
        };
        let Ok(encoded) = encoded else {
            return Failure::new(ProblemCode::Internal, "the answer cannot be written").into_response();
        };
        let mut response = encoded.bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(body::CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoded.encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_compressed_for_whoever_accepts_it() {
        for (accepted, is_zstd) in [
            (None, false),
            (Some(""), false),
            (Some("gzip, br"), false),
            (Some("zstdx"), false),
            (Some("zstd"), true),
            (Some("gzip, zstd"), true),
            (Some("ZSTD"), true),
            (Some("gzip;q=1.0,Zstd ; q=0.5"), true),
            (Some("zstd;q=0"), false),
            (Some("zstd; Q=0.000"), false),
            (Some("zstd;q=0.001"), true),
            (Some("zstd;q=x"), false),
            (Some("*"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            }
            assert_eq!(Answer::to(&headers, ()).accepts_zstd, is_zstd, "{accepted:?}");
        }
        let mut headers = HeaderMap::new();
        for line in ["gzip", "zstd"] {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
        }
        assert!(Answer::to(&headers, ()).accepts_zstd, "in a header of its own");
    }
}
