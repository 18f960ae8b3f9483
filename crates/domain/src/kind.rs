//! The kinds of signed statements. The names are for ever: they are part of the signed bytes.

use std::fmt;
use std::str::FromStr;

/// A kind that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of statement")]
pub struct UnknownKind;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What a statement states. See docs/PROTOCOL.md, "Kinds".
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $variant),+ }

        impl Kind {
            /// Every kind, in the order of docs/PROTOCOL.md.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),+];

            /// The name in signed bytes, SQL and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $name),+ }
            }

            /// The media type of the content, as it stands in the protected header (RFC 9995 label 259).
            pub const fn content_type(self) -> &'static str {
                match self { $(Kind::$variant => concat!("application/vnd.esep.", $name, "+cbor")),+ }
            }
        }

        impl AsRef<str> for Kind {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl FromStr for Kind {
            type Err = UnknownKind;

            fn from_str(name: &str) -> Result<Self, UnknownKind> {
                match name { $($name => Ok(Kind::$variant),)+ _ => Err(UnknownKind) }
            }
        }
    };
}

kinds! {
    /// A person accepted a version of an agreement (clauses 1.2, 1.3).
    AgreementAccepted = "agreement-accepted",
    /// A person withdrew consent (clause 6.3 of the subject's agreement).
    ConsentWithdrawn = "consent-withdrawn",
    /// A specialist registered a visit.
    VisitRegistered = "visit-registered",
    /// The outcome of the one reading of the location that belongs to a visit moment.
    VisitLocated = "visit-located",
    /// Free text about a visit.
    VisitNoted = "visit-noted",
    /// When the visit ended.
    VisitFinished = "visit-finished",
    /// A representative confirms that the visit took place as stated.
    VisitConfirmed = "visit-confirmed",
    /// A representative says that it was not so.
    VisitDisputed = "visit-disputed",
    /// A coordinator accepts or returns.
    VisitReviewed = "visit-reviewed",
    /// A mistake in a visit is put right; nothing is edited.
    VisitCorrected = "visit-corrected",
    /// Somebody opened a person's or a child's data (clause 4.2 of the specialist's agreement).
    RecordViewed = "record-viewed",
    /// The owner of a key says that others may have it.
    KeyCompromised = "key-compromised",
    /// The operator's key and name: the root of trust of a device.
    OperatorKey = "operator-key",
    /// A version of an agreement with the digests of its texts.
    AgreementPublished = "agreement-published",
    /// An organisation and its requisites.
    OrganisationChanged = "organisation-changed",
    /// A person's role and engagement in an organisation.
    MemberChanged = "member-changed",
    /// One class of data of a person, a child or a place.
    RecordChanged = "record-changed",
    /// Who accompanies a child, from when to when.
    CareTeamChanged = "care-team-changed",
    /// Who represents a child by law.
    RepresentationChanged = "representation-changed",
    /// A device made its key.
    DeviceEnrolled = "device-enrolled",
    /// The operator binds a key to a person.
    DeviceBound = "device-bound",
    /// A device's key no longer speaks for the person.
    DeviceRevoked = "device-revoked",
    /// Contents were lawfully erased; their statements stay.
    ContentErased = "content-erased",
    /// Two officers opened an account's file that its owner could not open.
    RecoveryOpened = "recovery-opened",
}

impl Kind {
    /// The kind whose content has this media type.
    ///
    /// # Errors
    /// [`UnknownKind`] when none has.
    pub fn from_content_type(content_type: &str) -> Result<Self, UnknownKind> {
        content_type
            .strip_prefix("application/vnd.esep.")
            .and_then(|rest| rest.strip_suffix("+cbor"))
            .ok_or(UnknownKind)?
            .parse()
    }

    /// Whether only the operator's key may sign it with effect.
    pub const fn is_operators(self) -> bool {
        matches!(
            self,
            Kind::OperatorKey
                | Kind::AgreementPublished
                | Kind::OrganisationChanged
                | Kind::MemberChanged
                | Kind::CareTeamChanged
                | Kind::RepresentationChanged
                | Kind::DeviceBound
                | Kind::DeviceRevoked
                | Kind::ContentErased
                | Kind::RecoveryOpened
        )
    }

    /// Whether its `sub` is a visit.
    pub const fn is_about_visit(self) -> bool {
        matches!(
            self,
            Kind::VisitRegistered
                | Kind::VisitLocated
                | Kind::VisitNoted
                | Kind::VisitFinished
                | Kind::VisitConfirmed
                | Kind::VisitDisputed
                | Kind::VisitReviewed
                | Kind::VisitCorrected
        )
    }

    /// Whether a device must learn of it before anything else: revocations and withdrawals, erasures, and the operator's
    /// keys, by which it judges these.
    pub const fn travels_first(self) -> bool {
        matches!(
            self,
            Kind::DeviceRevoked
                | Kind::KeyCompromised
                | Kind::ConsentWithdrawn
                | Kind::ContentErased
                | Kind::OperatorKey
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_media_types_go_there_and_back() {
        for &kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(Kind::from_content_type(kind.content_type()), Ok(kind));
        }
        assert_eq!(Kind::from_content_type("application/cbor"), Err(UnknownKind));
    }
}
