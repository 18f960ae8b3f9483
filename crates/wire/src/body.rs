//! Bodies: deterministic CBOR, zstd above a size, with a limit on what comes out.

use std::io::Read;

use journal::cbor::{self, CborError};
use serde::{Serialize, de::DeserializeOwned};

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
    let bytes = zstd::bulk::compress(&plain, LEVEL).map_err(|_| BodyError::NotZstd)?;
    Ok(Encoded { bytes, encoding: Some(ZSTD) })
}

/// Reads a body.
///
/// # Errors
/// Every variant of [`BodyError`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8], encoding: Option<&str>) -> Result<T, BodyError> {
    if bytes.len() > MAX_BODY_BYTES {
        return Err(BodyError::TooLarge);
    }
    match encoding {
        None | Some("identity" | "") => Ok(cbor::from_slice(bytes)?),
        Some(ZSTD) => {
            let decoder = zstd::stream::Decoder::new(bytes).map_err(|_| BodyError::NotZstd)?;
            let mut plain = Vec::new();
            let limit = MAX_INFLATED_BYTES as u64 + 1;
            decoder.take(limit).read_to_end(&mut plain).map_err(|_| BodyError::NotZstd)?;
            if plain.len() > MAX_INFLATED_BYTES {
                return Err(BodyError::TooLarge);
            }
            Ok(cbor::from_slice(&plain)?)
        }
        Some(_) => Err(BodyError::UnknownEncoding),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bomb_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0; 64 * 1024 * 1024], 3).unwrap();
        assert!(bomb.len() < MAX_BODY_BYTES);
        assert!(matches!(decode::<Vec<u8>>(&bomb, Some(ZSTD)), Err(BodyError::TooLarge)));
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
