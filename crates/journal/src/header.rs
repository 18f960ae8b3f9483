//! The protected header of a statement: who signed, what kind, about what, where in the series, when at the earliest.

use coset::iana::EnumI64 as _;
use coset::{Header as CoseHeader, Label, RegisteredLabelWithPrivate, iana};
use domain::id::{Digest, KeyId, StatementId, SubjectId};
use domain::{ContinuousTime, Kind};

use crate::cbor::{self, CborError};

/// payload-hash-alg (RFC 9995).
const PAYLOAD_HASH_ALG: i64 = 258;
/// payload-preimage-content-type (RFC 9995).
const PREIMAGE_CONTENT_TYPE: i64 = 259;
/// CWT claims (RFC 9597).
const CWT_CLAIMS: i64 = 15;
/// The private map of a series (docs/PROTOCOL.md, "Protected header").
pub const SERIES: i64 = -75_001;
/// SHA-256 as a COSE algorithm (RFC 9054).
const SHA_256: i64 = -16;
/// COSE key thumbprint URI (RFC 9679 section 5.6).
const ISS_PREFIX: &str = "urn:ietf:params:oauth:ckt:sha-256:";

/// Room for the protected header of most statements.
const USUAL_BYTES: usize = 352;

/// A checkpoint of the operator's log that the signer had seen: the statement is younger than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Beacon {
    /// Leaves in the tree.
    pub tree_size: u64,
    /// Root of that tree.
    pub root: Digest,
}

/// What the protected header of a statement says. `K` is the kind, or the name of one that may be of a newer version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<K = Kind> {
    /// Thumbprint of the signing key: `kid` and, as a URI, `iss`.
    pub key: KeyId,
    /// The kind: media type of the content.
    pub kind: K,
    /// What it is about: `sub`.
    pub subject: SubjectId,
    /// When, by the signer's wall clock, in seconds: `iat`.
    pub issued_at_s: i64,
    /// Place in the signer's series, dense from 0.
    pub seq: u64,
    /// The statement before it; absent only at 0.
    pub prev: Option<StatementId>,
    /// Last checkpoint seen; absent before the first sync.
    pub beacon: Option<Beacon>,
    /// The clock that counts sleep.
    pub continuous: ContinuousTime,
}

impl<K: AsRef<str>> Header<K> {
    /// Writes the protected header in its one form.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Ascending by encoded label: 1, 4, 15, 258, 259, then the negative private one.
        let mut to = cbor::Writer::with_capacity(USUAL_BYTES)
            .map(6)
            .uint(1)
            .int(iana::Algorithm::ES256.to_i64())
            .uint(4)
            .bytes(self.key.as_bytes())
            .int(CWT_CLAIMS)
            .map(3)
            .uint(1)
            .text(&format!("{ISS_PREFIX}{}", base64url(self.key.as_bytes())))
            .uint(2)
            .text(&base64url(self.subject.as_bytes()))
            .uint(6)
            .int(self.issued_at_s)
            .int(PAYLOAD_HASH_ALG)
            .int(SHA_256)
            .int(PREIMAGE_CONTENT_TYPE)
            .text(&format!("application/vnd.esep.{}+cbor", self.kind.as_ref()))
            .int(SERIES)
            .map(3 + u64::from(self.prev.is_some()) + u64::from(self.beacon.is_some()))
            .uint(1)
            .uint(self.seq);
        if let Some(prev) = self.prev {
            to = to.uint(2).bytes(prev.as_bytes());
        }
        if let Some(beacon) = self.beacon {
            to = to.uint(3).array(2).uint(beacon.tree_size).bytes(beacon.root.as_bytes());
        }
        to.uint(4).bytes(&self.continuous.epoch).uint(5).uint(self.continuous.elapsed_ms).into_bytes()
    }
}

impl Header {
    /// Reads a COSE header. Whether its bytes were in the one form is checked by the caller, who re-encodes.
    pub(crate) fn from_cose(header: &CoseHeader) -> Result<Self, CborError> {
        const ES256: RegisteredLabelWithPrivate<iana::Algorithm> =
            RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256);
        if header.alg != Some(ES256) {
            return Err(CborError::Shape("alg ES256 was expected"));
        }
        let value = |label: i64| {
            let found = header.rest.iter().find(|(key, _)| *key == Label::Int(label));
            found.map(|(_, value)| value.clone()).ok_or(CborError::Shape("a label is missing"))
        };
        if value(PAYLOAD_HASH_ALG)?.as_integer() != Some(SHA_256.into()) {
            return Err(CborError::Shape("payload-hash-alg SHA-256 was expected"));
        }
        let kind = value(PREIMAGE_CONTENT_TYPE)?
            .as_text()
            .and_then(|name| Kind::from_content_type(name).ok())
            .ok_or(CborError::Shape("unknown kind"))?;
        let key = KeyId::from_slice(&header.key_id).map_err(|_| CborError::Shape("kid of 32 bytes"))?;
        let claims = cbor::int_map(value(CWT_CLAIMS)?)?;
        let [(1, iss), (2, sub), (6, iat)] = claims.as_slice() else {
            return Err(CborError::Shape("claims iss, sub, iat were expected"));
        };
        let named = iss.as_text().and_then(|iss| iss.strip_prefix(ISS_PREFIX));
        if named != Some(base64url(key.as_bytes()).as_str()) {
            return Err(CborError::Shape("iss must name the key of kid"));
        }
        let subject = sub
            .as_text()
            .and_then(|sub| data_encoding::BASE64URL_NOPAD.decode(sub.as_bytes()).ok())
            .and_then(|bytes| SubjectId::from_slice(&bytes).ok())
            .ok_or(CborError::Shape("sub must be a random id"))?;
        let issued_at_s = iat
            .as_integer()
            .and_then(|iat| i64::try_from(iat).ok())
            .ok_or(CborError::Shape("iat in seconds was expected"))?;
        let (mut seq, mut prev, mut beacon, mut epoch, mut elapsed_ms) = (None, None, None, None, None);
        for (label, value) in cbor::int_map(value(SERIES)?)? {
            match label {
                1 => seq = Some(cbor::uint(&value)?),
                2 => prev = Some(StatementId::from_bytes(cbor::array(&value)?)),
                3 => {
                    let Some([size, root]) = value.as_array().map(Vec::as_slice) else {
                        return Err(CborError::Shape("beacon: size and root were expected"));
                    };
                    beacon = Some(Beacon {
                        tree_size: cbor::uint(size)?,
                        root: Digest::from_bytes(cbor::array(root)?),
                    });
                }
                4 => epoch = Some(cbor::array(&value)?),
                5 => elapsed_ms = Some(cbor::uint(&value)?),
                _ => return Err(CborError::Shape("unknown label in the series map")),
            }
        }
        let missing = CborError::Shape("the series map is incomplete");
        let (Some(seq), Some(epoch), Some(elapsed_ms)) = (seq, epoch, elapsed_ms) else {
            return Err(missing);
        };
        if (seq == 0) != prev.is_none() {
            return Err(CborError::Shape("prev is absent exactly at seq 0"));
        }
        let continuous = ContinuousTime { epoch, elapsed_ms };
        Ok(Self { key, kind, subject, issued_at_s, seq, prev, beacon, continuous })
    }
}

fn base64url(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}
