//! Unsent statements on their way through somebody else's hands (docs/PROTOCOL.md, "The courier").
//!
//! A [`Parcel`] is what is carried: sealed to the operator's courier key, it tells its carrier the operator and the day.
//! Inside is a [`Letter`]: what a push would have sent, signed by the device's key as a request to push would be.
//! Sealing itself lies with whoever owns HPKE.

use domain::content::bytes;
use domain::id::KeyId;
use journal::{SigningKey, VerifyingKey, cbor, hashed};
use serde::{Deserialize, Serialize};

use crate::body::{self, Bytes, MAX_BODY_BYTES, MAX_INFLATED_BYTES};
use crate::packed;
use crate::push::{MAX_ITEMS, PushItem};

/// Largest parcel: one request carries one.
pub const MAX_PARCEL_BYTES: usize = MAX_BODY_BYTES - 4 * 1024;
/// Ending of a parcel's file name.
pub const EXTENSION: &str = "esep-courier";
/// Form and version of a parcel.
const FORM: &str = "esep-courier-1";
/// What the device's signature says that it signed.
const CONTENT_TYPE: &str = "application/vnd.esep.courier+cbor";

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Why a parcel is not taken: nothing of it was registered, and its author keeps everything.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
        #[serde(rename_all = "kebab-case")]
        pub enum CourierRefusal { $($(#[$doc])* #[error($name)] $variant),+ }

        impl CourierRefusal {
            /// The code in SQL and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(CourierRefusal::$variant => $name),+ }
            }

            /// The refusal of that code.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($name => Some(CourierRefusal::$variant),)+ _ => None }
            }
        }
    };
}

refusals! {
    /// Not a parcel, or of a version that the reader does not know.
    NotAParcel = "not-a-parcel",
    /// Larger than a parcel or a push may be.
    TooLarge = "too-large",
    /// For another operator.
    OtherOperator = "other-operator",
    /// Sealed to a key that never was this operator's.
    UnknownKey = "unknown-key",
    /// Sealed to a key that this operator has destroyed since.
    TooOld = "too-old",
    /// It does not open: something was changed.
    Altered = "altered",
    /// Written by a key that is bound to nobody here.
    UnknownAuthor = "unknown-author",
    /// Not signed by the key that it names.
    BadSignature = "bad-signature",
}

/// A parcel as it is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    form: String,
    /// Thumbprint of the operator's key.
    pub operator: KeyId,
    /// The courier key that it is sealed to (X25519, 32 bytes).
    #[serde(with = "bytes")]
    pub courier_key: Vec<u8>,
    /// When, by its author's clock, UTC seconds.
    pub sealed_at_s: i64,
    /// The encapsulated key of HPKE.
    #[serde(with = "bytes")]
    pub encapsulated: Vec<u8>,
    /// The letter, sealed.
    #[serde(with = "bytes")]
    pub sealed: Vec<u8>,
}

/// The outside of a parcel, to which its inside is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside<'a> {
    /// Thumbprint of the operator's key.
    pub operator: KeyId,
    /// The operator's courier key.
    pub courier_key: &'a [u8],
    /// When it is sealed, UTC seconds.
    pub sealed_at_s: i64,
}

impl Outside<'_> {
    /// The associated data of HPKE.
    pub fn associated_data(&self) -> Vec<u8> {
        let data = (FORM, self.operator, Bytes(self.courier_key.to_vec()), self.sealed_at_s);
        cbor::to_vec(&data).expect("a text, byte strings and an integer are always encodable")
    }

    /// The whole parcel; `encapsulated` and `sealed` are what HPKE made.
    pub fn parcel(&self, encapsulated: Vec<u8>, sealed: Vec<u8>) -> Parcel {
        Parcel {
            form: FORM.into(),
            operator: self.operator,
            courier_key: self.courier_key.to_vec(),
            sealed_at_s: self.sealed_at_s,
            encapsulated,
            sealed,
        }
    }
}

impl Parcel {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_vec(self).expect("a text, byte strings and an integer are always encodable")
    }

    /// Reads what was carried.
    ///
    /// # Errors
    /// [`CourierRefusal::TooLarge`], [`CourierRefusal::NotAParcel`].
    pub fn read(bytes: &[u8]) -> Result<Self, CourierRefusal> {
        if bytes.len() > MAX_PARCEL_BYTES {
            return Err(CourierRefusal::TooLarge);
        }
        let parcel: Self = cbor::from_slice(bytes).map_err(|_| CourierRefusal::NotAParcel)?;
        // Members that nobody knows would be carried unsealed and unsigned.
        let is_whole = parcel.form == FORM && parcel.courier_key.len() == 32 && parcel.to_bytes() == bytes;
        if is_whole { Ok(parcel) } else { Err(CourierRefusal::NotAParcel) }
    }

    /// Its outside.
    pub fn outside(&self) -> Outside<'_> {
        let Self { operator, courier_key, sealed_at_s, .. } = self;
        Outside { operator: *operator, courier_key, sealed_at_s: *sealed_at_s }
    }
}

/// What a push would have sent, and for whom it was written: nobody who opens it can seal it to another operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Batch {
    operator: KeyId,
    #[serde(with = "bytes")]
    courier_key: Vec<u8>,
    #[serde(with = "packed")]
    items: Vec<PushItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Inside {
    #[serde(with = "bytes")]
    batch: Vec<u8>,
    /// COSE_Sign1 over it, by the author's key.
    #[serde(with = "bytes")]
    signed: Vec<u8>,
}

/// The inside of a parcel, its author not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    author: KeyId,
    inside: Inside,
}

impl Letter {
    /// Writes and signs a letter: its plain bytes, to be sealed at once.
    ///
    /// # Errors
    /// [`body::BodyError::Cbor`] for what cannot be represented.
    pub fn write(
        outside: &Outside<'_>,
        items: Vec<PushItem>,
        key: &SigningKey,
    ) -> Result<Vec<u8>, body::BodyError> {
        let batch = Batch { operator: outside.operator, courier_key: outside.courier_key.to_vec(), items };
        let batch = cbor::to_vec(&batch)?;
        let signed = hashed::sign(&batch, CONTENT_TYPE, outside.sealed_at_s, key);
        body::compress(&cbor::to_vec(&Inside { batch, signed })?)
    }

    /// Reads opened bytes.
    ///
    /// # Errors
    /// [`CourierRefusal::TooLarge`], [`CourierRefusal::NotAParcel`].
    pub fn read(plain: &[u8]) -> Result<Self, CourierRefusal> {
        let inflated = body::inflate(plain, MAX_INFLATED_BYTES).map_err(|error| match error {
            body::BodyError::TooLarge => CourierRefusal::TooLarge,
            _ => CourierRefusal::NotAParcel,
        })?;
        let inside: Inside = cbor::from_slice(&inflated).map_err(|_| CourierRefusal::NotAParcel)?;
        let author = hashed::signer(&inside.signed).map_err(|_| CourierRefusal::NotAParcel)?;
        Ok(Self { author, inside })
    }

    /// Whose key it claims to be from.
    pub fn author(&self) -> KeyId {
        self.author
    }

    /// What the author's device wanted to push, once that device's key signed it for this operator and this parcel.
    ///
    /// # Errors
    /// [`CourierRefusal::BadSignature`], [`CourierRefusal::NotAParcel`], [`CourierRefusal::TooLarge`].
    pub fn verify(self, outside: &Outside<'_>, key: &VerifyingKey) -> Result<Vec<PushItem>, CourierRefusal> {
        let Inside { batch, signed } = self.inside;
        let signed_at_s = hashed::verify(&signed, &batch, CONTENT_TYPE, key);
        let batch: Batch = match signed_at_s {
            Ok(at_s) if at_s == outside.sealed_at_s => {
                cbor::from_slice(&batch).map_err(|_| CourierRefusal::NotAParcel)?
            }
            _ => return Err(CourierRefusal::BadSignature),
        };
        if batch.operator != outside.operator || batch.courier_key != outside.courier_key {
            return Err(CourierRefusal::BadSignature);
        }
        if batch.items.len() > MAX_ITEMS { Err(CourierRefusal::TooLarge) } else { Ok(batch.items) }
    }
}

/// `POST /v1/courier`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourierRequest {
    /// A parcel as it came.
    #[serde(with = "bytes")]
    pub parcel: Vec<u8>,
}

/// What became of a parcel. Its carrier learns no more; receipts are for the device that signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CourierOutcome {
    /// The operator has all of it, now or since long.
    Taken,
    /// Statements before it in its author's series are missing; nothing happened, and it can be taken later.
    Early,
    /// Nothing of it is taken, ever.
    Refused {
        /// Why.
        #[serde(deserialize_with = "reason")]
        reason: CourierRefusal,
    },
}

/// Answer to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourierResponse {
    /// What became of it.
    pub outcome: CourierOutcome,
}

/// Reads a reason; one of a newer operator counts as the broadest.
fn reason<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<CourierRefusal, D::Error> {
    let code = String::deserialize(deserializer)?;
    Ok(CourierRefusal::parse(&code).unwrap_or(CourierRefusal::NotAParcel))
}

#[cfg(test)]
mod tests;
