//! Requests signed by the device's key (RFC 9421 with `content-digest` of RFC 9530).
//!
//! Covered: `@method`, `@path`, `@query` and, for a request with a body, `content-digest` and `content-encoding`.
//! Parameters: `created`, `expires`, `nonce`, `keyid` (thumbprint in hexadecimal), `alg`.

use data_encoding::BASE64;
use domain::id::KeyId;
use httpsig::prelude::message_component::HttpMessageComponentId;
use httpsig::prelude::{HttpSignatureHeaders, HttpSignatureParams};
use journal::{SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// Header names, lower case.
pub const SIGNATURE: &str = "signature";
/// See [`SIGNATURE`].
pub const SIGNATURE_INPUT: &str = "signature-input";
/// See [`SIGNATURE`].
pub const CONTENT_DIGEST: &str = "content-digest";

/// Seconds that a signed request lives.
pub const LIFETIME_S: i64 = 120;
/// Seconds that the two clocks may differ.
pub const CLOCK_SKEW_S: i64 = 120;

const ALGORITHM: &str = "ecdsa-p256-sha256";
const LABEL: &str = "esep";

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Headers missing or of another shape, or not everything is covered.
    #[error("the request is not signed as it must be")]
    Unsigned,
    /// Too old or too far in the future.
    #[error("the signature has expired")]
    Expired,
    /// The body is not the one that was signed, or the signature is wrong.
    #[error("the signature is wrong")]
    BadSignature,
}

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Upper case.
    pub method: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// Query without the question mark.
    pub query: &'a str,
    /// Body as on the wire.
    pub body: &'a [u8],
    /// Its content encoding, or an empty text.
    pub encoding: &'a str,
}

impl Request<'_> {
    fn digest(&self) -> String {
        format!("sha-256=:{}:", BASE64.encode(&Sha256::digest(self.body)))
    }

    fn lines(&self, digest: &str) -> [String; 5] {
        [
            format!("\"@method\": {}", self.method),
            format!("\"@path\": {}", self.path),
            format!("\"@query\": ?{}", self.query),
            format!("\"content-digest\": {digest}"),
            format!(
                "\"content-encoding\": {}",
                if self.encoding.is_empty() { "identity" } else { self.encoding }
            ),
        ]
    }
}

const COVERED: [&str; 5] = ["@method", "@path", "@query", "content-digest", "content-encoding"];

fn covered() -> Result<Vec<HttpMessageComponentId>, AuthError> {
    COVERED
        .iter()
        .map(|name| HttpMessageComponentId::try_from(*name).map_err(|_| AuthError::Unsigned))
        .collect()
}

/// What is signed (RFC 9421 section 2.5). `params` stand in it as their signer wrote them: their order is the signer's
/// (section 2.3), so a reader never writes them anew.
fn base(request: &Request<'_>, digest: &str, params: &str) -> Vec<u8> {
    let [method, path, query, digest, encoding] = request.lines(digest);
    format!("{method}\n{path}\n{query}\n{digest}\n{encoding}\n\"@signature-params\": {params}").into_bytes()
}

/// Headers of a signed request. The caller also sends `content-encoding` (`identity` when there is none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    /// Value of `signature`.
    pub signature: String,
    /// Value of `signature-input`.
    pub signature_input: String,
    /// Value of `content-digest`.
    pub content_digest: String,
}

/// Signs a request.
///
/// # Errors
/// [`AuthError::Unsigned`] for a time before 1970.
pub fn sign(
    request: &Request<'_>,
    now_s: i64,
    nonce: [u8; 16],
    key: &SigningKey,
) -> Result<SignedHeaders, AuthError> {
    let created = u64::try_from(now_s).map_err(|_| AuthError::Unsigned)?;
    let mut params = HttpSignatureParams::try_new(&covered()?).map_err(|_| AuthError::Unsigned)?;
    params.set_created(created).set_expires(created + LIFETIME_S as u64);
    params.set_nonce(&data_encoding::BASE64URL_NOPAD.encode(&nonce)).set_keyid(&key.id().to_string());
    params.alg = Some(ALGORITHM.into());
    let (digest, params) = (request.digest(), params.to_string());
    let signature = key.sign(&base(request, &digest, &params));
    Ok(SignedHeaders {
        signature: format!("{LABEL}=:{}:", BASE64.encode(&signature)),
        signature_input: format!("{LABEL}={params}"),
        content_digest: digest,
    })
}

/// A signed request that has been read but not believed.
#[derive(Debug)]
pub struct Claim {
    /// Who says to have signed.
    pub key: KeyId,
    /// To be remembered by the receiver until `expires_s`, so that a repeat is recognised.
    pub nonce: String,
    /// UTC seconds.
    pub expires_s: i64,
    base: Vec<u8>,
    signature: [u8; 64],
}

/// Reads the signature of a request and checks its time and its body's digest.
///
/// # Errors
/// [`AuthError::Unsigned`], [`AuthError::Expired`], [`AuthError::BadSignature`] for another body.
pub fn read(request: &Request<'_>, headers: &SignedHeaders, now_s: i64) -> Result<Claim, AuthError> {
    if headers.content_digest != request.digest() {
        return Err(AuthError::BadSignature);
    }
    let parsed = HttpSignatureHeaders::try_parse(&headers.signature, &headers.signature_input)
        .map_err(|_| AuthError::Unsigned)?;
    // One label only, so that what follows it is its value to the end.
    let written = headers.signature_input.strip_prefix(LABEL).and_then(|value| value.strip_prefix('='));
    let (1, Some(parsed), Some(written)) = (parsed.len(), parsed.get(LABEL), written) else {
        return Err(AuthError::Unsigned);
    };
    let params = parsed.signature_params();
    if params.covered_components != covered()? || params.alg.as_deref() != Some(ALGORITHM) {
        return Err(AuthError::Unsigned);
    }
    let seconds = |time: Option<u64>| time.and_then(|t| i64::try_from(t).ok()).ok_or(AuthError::Unsigned);
    let (created_s, expires_s) = (seconds(params.created)?, seconds(params.expires)?);
    let lifetime_s = expires_s.saturating_sub(created_s);
    if !(0..=LIFETIME_S).contains(&lifetime_s)
        || created_s > now_s.saturating_add(CLOCK_SKEW_S)
        || expires_s.saturating_add(CLOCK_SKEW_S) < now_s
    {
        return Err(AuthError::Expired);
    }
    let key = params.keyid.as_deref().and_then(|id| id.parse().ok()).ok_or(AuthError::Unsigned)?;
    let nonce = params.nonce.clone().filter(|nonce| nonce.len() == 22).ok_or(AuthError::Unsigned)?;
    let signature = BASE64
        .decode(parsed.signature().to_string().as_bytes())
        .ok()
        .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
        .ok_or(AuthError::Unsigned)?;
    let base = base(request, &headers.content_digest, written);
    Ok(Claim { key, nonce, expires_s: expires_s.saturating_add(CLOCK_SKEW_S), base, signature })
}

impl Claim {
    /// Checks the signature with the key that the claim names.
    ///
    /// # Errors
    /// [`AuthError::BadSignature`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), AuthError> {
        if key.id() != self.key {
            return Err(AuthError::BadSignature);
        }
        key.verify(&self.base, &self.signature).map_err(|_| AuthError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_795_000_000;

    fn key() -> SigningKey {
        SigningKey::from_secret(&[5; 32]).unwrap()
    }

    fn request<'a>(path: &'a str, body: &'a [u8]) -> Request<'a> {
        Request { method: "POST", path, query: "", body, encoding: "zstd" }
    }

    #[test]
    fn a_signed_request_is_believed_for_two_minutes() {
        let request = request("/v1/push", b"body");
        let headers = sign(&request, NOW_S, [7; 16], &key()).unwrap();
        let claim = read(&request, &headers, NOW_S + 60).unwrap();
        assert_eq!(claim.key, key().id());
        claim.verify(key().verifying_key()).unwrap();
        let late = NOW_S + LIFETIME_S + CLOCK_SKEW_S + 1;
        assert_eq!(read(&request, &headers, late).unwrap_err(), AuthError::Expired);
        assert_eq!(read(&request, &headers, NOW_S - CLOCK_SKEW_S - 1).unwrap_err(), AuthError::Expired);
    }

    #[test]
    fn another_path_body_encoding_or_key_is_refused() {
        let request = request("/v1/push", b"body");
        let headers = sign(&request, NOW_S, [7; 16], &key()).unwrap();
        let other_path = Request { path: "/v1/pull", ..request };
        let claim = read(&other_path, &headers, NOW_S).unwrap();
        assert_eq!(claim.verify(key().verifying_key()), Err(AuthError::BadSignature));
        let other_encoding = Request { encoding: "", ..request };
        let claim = read(&other_encoding, &headers, NOW_S).unwrap();
        assert_eq!(claim.verify(key().verifying_key()), Err(AuthError::BadSignature));
        let other_body = Request { body: b"b0dy", ..request };
        assert_eq!(read(&other_body, &headers, NOW_S).unwrap_err(), AuthError::BadSignature);
        let other_key = SigningKey::from_secret(&[6; 32]).unwrap();
        let claim = read(&request, &headers, NOW_S).unwrap();
        assert_eq!(claim.verify(other_key.verifying_key()), Err(AuthError::BadSignature));
    }

    /// Headers as another library makes them: what the text says, in an order of its own.
    fn by_hand(request: &Request<'_>, params: &str) -> SignedHeaders {
        let digest = request.digest();
        let covered = "(\"@method\" \"@path\" \"@query\" \"content-digest\" \"content-encoding\")";
        let base = format!(
            "\"@method\": POST\n\"@path\": {}\n\"@query\": ?\n\"content-digest\": {digest}\n\
             \"content-encoding\": zstd\n\"@signature-params\": {covered}{params}",
            request.path
        );
        SignedHeaders {
            signature: format!("esep=:{}:", BASE64.encode(&key().sign(base.as_bytes()))),
            signature_input: format!("esep={covered}{params}"),
            content_digest: digest,
        }
    }

    #[test]
    fn parameters_in_any_order_are_believed() {
        let request = request("/v1/push", b"body");
        let (created, expires) = (NOW_S, NOW_S + 60);
        let nonce = "BwcHBwcHBwcHBwcHBwcHBw";
        for params in [
            format!(
                ";created={created};expires={expires};nonce=\"{nonce}\";keyid=\"{}\";alg=\"ecdsa-p256-sha256\"",
                key().id()
            ),
            format!(
                ";alg=\"ecdsa-p256-sha256\";keyid=\"{}\";nonce=\"{nonce}\";expires={expires};created={created}",
                key().id()
            ),
        ] {
            let headers = by_hand(&request, &params);
            read(&request, &headers, NOW_S).unwrap().verify(key().verifying_key()).unwrap();
            let mut other = headers.clone();
            other.signature_input =
                other.signature_input.replace(&expires.to_string(), &(expires + 1).to_string());
            let claim = read(&request, &other, NOW_S).unwrap();
            assert_eq!(claim.verify(key().verifying_key()), Err(AuthError::BadSignature));
        }
    }

    #[test]
    fn a_second_signature_beside_it_is_refused() {
        let request = request("/v1/push", b"body");
        let mut headers = sign(&request, NOW_S, [7; 16], &key()).unwrap();
        let another = headers.signature_input.replace("esep=", "other=");
        headers.signature_input = format!("{}, {another}", headers.signature_input);
        headers.signature =
            format!("{}, {}", headers.signature, headers.signature.replace("esep=", "other="));
        assert_eq!(read(&request, &headers, NOW_S).unwrap_err(), AuthError::Unsigned);
    }

    #[test]
    fn a_signature_that_covers_less_is_refused() {
        let request = request("/v1/push", b"body");
        let mut headers = sign(&request, NOW_S, [7; 16], &key()).unwrap();
        headers.signature_input = headers.signature_input.replace(" \"content-digest\"", "");
        assert_eq!(read(&request, &headers, NOW_S).unwrap_err(), AuthError::Unsigned);
    }
}
