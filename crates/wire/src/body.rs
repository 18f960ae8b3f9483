//! Bodies: deterministic CBOR, zstd above a size, with a limit on what comes out.

use std::io::Read;

use journal::cbor::{self, CborError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Media type of all bodies but problems.
pub const CONTENT_TYPE: &str = "application/cbor";
/// Content-Encoding of a compressed body.
pub const ZSTD: &str = "zstd";
/// Below this many bytes compressing does not pay.
pub const COMPRESS_ABOVE_BYTES: usize = 512;
/// Largest body on the wire.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Largest body after decompression.
pub const MAX_INFLATED_BYTES: usize = 16 * 1024 * 1024;
/// Largest body of an enrolment after decompression: one statement, its content and a code, from somebody unknown.
pub const MAX_ENROL_BYTES: usize = 128 * 1024;
/// Largest body of a pull after decompression. A coordinator who gains a thousand children names their scopes in it.
pub const MAX_PULL_BYTES: usize = 1024 * 1024;
/// zstd level: 3 is the knee of size against time for batches of statements.
const LEVEL: i32 = 3;

/// Why a body is refused.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Larger than allowed, before or after decompression.
    #[error("body too large")]
    TooLarge,
    /// Not zstd.
    #[error("not zstd")]
    NotZstd,
    /// An encoding that nobody announced.
    #[error("unknown content encoding")]
    UnknownEncoding,
    /// Not the expected CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
}

/// A byte string inside a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Bytes(#[serde(with = "domain::content::bytes")] pub(crate) Vec<u8>);

/// A body ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// `Some("zstd")` when compressed.
    pub encoding: Option<&'static str>,
}

/// Writes a body.
///
/// # Errors
/// [`BodyError::Cbor`] for what cannot be represented.
pub fn encode<T: Serialize>(value: &T) -> Result<Encoded, BodyError> {
    let plain = cbor::to_vec(value)?;
    if plain.len() <= COMPRESS_ABOVE_BYTES {
        return Ok(Encoded { bytes: plain, encoding: None });
    }
    Ok(Encoded { bytes: compress(&plain)?, encoding: Some(ZSTD) })
}

pub(crate) fn compress(plain: &[u8]) -> Result<Vec<u8>, BodyError> {
    zstd::bulk::compress(plain, LEVEL).map_err(|_| BodyError::NotZstd)
}

/// Reads a body.
///
/// # Errors
/// Every variant of [`BodyError`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8], encoding: Option<&str>) -> Result<T, BodyError> {
    decode_within(bytes, encoding, MAX_INFLATED_BYTES)
}

/// Reads a body that is at most so large after decompression. It works as long as the bytes are many: keep it off the
/// threads that others wait for.
///
/// # Errors
/// Every variant of [`BodyError`].
pub fn decode_within<T: DeserializeOwned>(
    bytes: &[u8],
    encoding: Option<&str>,
    max_bytes: usize,
) -> Result<T, BodyError> {
    if bytes.len() > MAX_BODY_BYTES {
        return Err(BodyError::TooLarge);
    }
    // Names of codings are the same in any case (RFC 9110, 8.4.1).
    match encoding.unwrap_or_default().to_ascii_lowercase().as_str() {
        "identity" | "" if bytes.len() > max_bytes => Err(BodyError::TooLarge),
        "identity" | "" => Ok(cbor::from_slice(bytes)?),
        ZSTD => Ok(cbor::from_slice(&inflate(bytes, max_bytes)?)?),
        _ => Err(BodyError::UnknownEncoding),
    }
}

pub(crate) fn inflate(bytes: &[u8], max_bytes: usize) -> Result<Vec<u8>, BodyError> {
    let promised = zstd::zstd_safe::get_frame_content_size(bytes).map_err(|_| BodyError::NotZstd)?;
    if promised.is_some_and(|promised| promised > max_bytes as u64) {
        return Err(BodyError::TooLarge);
    }
    let mut decoder = zstd::stream::Decoder::new(bytes).map_err(|_| BodyError::NotZstd)?;
    // A frame names the memory that it wants; what fits the limit never needs more than the limit.
    decoder.window_log_max(max_bytes.next_power_of_two().ilog2()).map_err(|_| BodyError::NotZstd)?;
    let mut plain = Vec::new();
    decoder.take(max_bytes as u64 + 1).read_to_end(&mut plain).map_err(|_| BodyError::NotZstd)?;
    if plain.len() > max_bytes { Err(BodyError::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bomb_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0; 64 * 1024 * 1024], 3).unwrap();
        assert!(bomb.len() < MAX_BODY_BYTES);
        assert!(matches!(decode::<Vec<u8>>(&bomb, Some(ZSTD)), Err(BodyError::TooLarge)));
    }

    #[test]
    fn a_small_body_that_becomes_much_in_memory_is_refused() {
        // 14 arrays inside each other, so often that 15 MiB of them would be gigabytes of values.
        let mut nest = vec![0x81; 13];
        nest.push(0x80);
        let count = 1_100_000_u32;
        let mut plain = vec![0x9a];
        plain.extend(count.to_be_bytes());
        plain.extend(nest.repeat(count as usize));
        assert!(plain.len() < MAX_INFLATED_BYTES);
        let bomb = zstd::bulk::compress(&plain, 19).unwrap();
        assert!(bomb.len() < 8 * 1024, "{}", bomb.len());
        let refused = decode::<crate::push::PushRequest>(&bomb, Some(ZSTD));
        assert!(matches!(refused, Err(BodyError::Cbor(CborError::TooMany))), "{refused:?}");
    }

    #[test]
    fn the_name_of_a_coding_is_read_in_any_case() {
        let body = encode(&"x".repeat(1_000)).unwrap();
        assert_eq!(body.encoding, Some(ZSTD));
        for coding in ["zstd", "ZSTD", "Zstd"] {
            assert!(decode::<String>(&body.bytes, Some(coding)).is_ok(), "{coding}");
        }
        let plain = cbor::to_vec(&"x").unwrap();
        for coding in [None, Some(""), Some("identity"), Some("Identity")] {
            assert!(decode::<String>(&plain, coding).is_ok(), "{coding:?}");
        }
        assert!(matches!(decode::<String>(&plain, Some("gzip")), Err(BodyError::UnknownEncoding)));
    }

    #[test]
    fn a_frame_asks_for_no_larger_window_than_its_limit() {
        let plain = cbor::to_vec(&"x".repeat(1_000)).unwrap();
        let stream = |window_log: Option<u32>, tells_size: bool| {
            let mut encoder = zstd::stream::Encoder::new(Vec::new(), LEVEL).unwrap();
            if let Some(window_log) = window_log {
                encoder.window_log(window_log).unwrap();
            }
            if tells_size {
                encoder.set_pledged_src_size(Some(plain.len() as u64)).unwrap();
            }
            encoder.write_all(&plain).unwrap();
            encoder.finish().unwrap()
        };
        let read = |frame: &[u8], limit| decode_within::<String>(frame, Some(ZSTD), limit);
        let usual = stream(None, false);
        assert!(
            matches!(read(&usual, MAX_PULL_BYTES), Err(BodyError::NotZstd)),
            "2 MiB, as libraries choose"
        );
        assert!(read(&usual, MAX_INFLATED_BYTES).is_ok());
        assert!(read(&stream(Some(20), false), MAX_PULL_BYTES).is_ok(), "exactly the limit");
        assert!(read(&stream(None, true), MAX_ENROL_BYTES).is_ok(), "what is small needs no more");
    }

    #[test]
    fn a_limit_counts_what_comes_out() {
        let value = vec![0_u8; MAX_ENROL_BYTES - 3];
        let body = encode(&value).unwrap();
        let read = |limit| decode_within::<Vec<u8>>(&body.bytes, body.encoding, limit);
        let fits = cbor::to_vec(&value).unwrap().len();
        assert!(read(fits).is_ok() && read(MAX_INFLATED_BYTES).is_ok());
        assert!(matches!(read(fits / 2), Err(BodyError::TooLarge)));
        let plain = cbor::to_vec(&value).unwrap();
        assert!(matches!(decode_within::<Vec<u8>>(&plain, None, fits - 1), Err(BodyError::TooLarge)));
    }

    proptest! {
        #[test]
        fn there_and_back(texts in proptest::collection::vec(".{0,40}", 0..40)) {
            let body = encode(&texts).unwrap();
            prop_assert_eq!(decode::<Vec<String>>(&body.bytes, body.encoding).unwrap(), texts);
        }

        #[test]
        fn foreign_bytes_never_crash(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<crate::push::PushRequest>(&bytes, None);
            let _ = decode::<crate::push::PushRequest>(&bytes, Some(ZSTD));
            let _ = decode::<crate::pull::PullRequest>(&bytes, None);
        }
    }
}
