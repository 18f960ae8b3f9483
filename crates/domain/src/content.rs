//! What each kind of statement says. Field names are part of the hashed bytes and are for ever.
//!
//! # Units
//! `*_ms` UTC milliseconds since 1970, `*_e7` 1e-7 degree, `*_dm` decimetres, `*_m` metres, `*_min` minutes.
//!
//! # Invariants
//! One statement, one data class, one audience. No floats. Free text only in [`VisitNoted`]; coordinates only in
//! [`VisitLocated`] and [`RecordData::Position`]. The id that a statement is about is its `sub`, not repeated here.

use serde::{Deserialize, Serialize};

use crate::Kind;
use crate::agreement::AgreementKind;
use crate::id::{CaptureId, ChildId, Digest, KeyId, OrganisationId, PersonId, PlaceId, StatementId};

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Kazakh: the authoritative text.
    Kk,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Locale {
    /// All, the authoritative first.
    pub const ALL: [Locale; 3] = [Locale::Kk, Locale::Ru, Locale::En];

    /// `kk`, `ru` or `en`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Locale::Kk => "kk",
            Locale::Ru => "ru",
            Locale::En => "en",
        }
    }

    /// The locale of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.as_str() == name)
    }
}

/// How strong the evidence of an acceptance is: L0 a press on a button, L1 one-time code, L2 digital signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EvidenceLevel {
    /// A press on «Кіру», signed by the device's key.
    L0,
    /// Confirmed by a one-time code.
    L1,
    /// Signed with the national digital signature.
    L2,
}

/// One confirmation of an agreement, ticked or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationAnswer {
    /// Its number in the text.
    pub number: u8,
    /// Ticked.
    pub accepted: bool,
    /// When it was last changed.
    pub at_ms: i64,
}

/// Acceptance of one version of one agreement. `sub`: the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementAccepted {
    /// Which agreement.
    pub document: AgreementKind,
    /// Which version.
    pub version: u32,
    /// The text that was on screen.
    pub locale: Locale,
    /// SHA-256 of the exact bytes of that text.
    pub sha256: Digest,
    /// Each box with its time.
    pub confirmations: Vec<ConfirmationAnswer>,
    /// When the text was opened.
    pub opened_at_ms: i64,
    /// When its end was on screen.
    pub end_reached_at_ms: i64,
    /// When «Кіру» was pressed.
    pub accepted_at_ms: i64,
    /// Strength of the evidence.
    pub evidence_level: EvidenceLevel,
    /// Version of the app.
    pub app_version: String,
}

/// A withdrawal. `sub`: the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentWithdrawn {
    /// Which agreement.
    pub document: AgreementKind,
    /// What is withdrawn; empty means everything.
    pub purposes: Vec<String>,
    /// When.
    pub withdrawn_at_ms: i64,
}

/// Whether the visit was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisitOutcome {
    /// The child was there and the service was given or begun.
    Held,
    /// Nobody was at home.
    NobodyHome,
}

impl VisitOutcome {
    /// The code in statements and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            VisitOutcome::Held => "held",
            VisitOutcome::NobodyHome => "nobody-home",
        }
    }

    /// The outcome of that code.
    pub fn parse(code: &str) -> Option<Self> {
        [VisitOutcome::Held, VisitOutcome::NobodyHome].into_iter().find(|outcome| outcome.as_str() == code)
    }
}

/// Why a visit is entered after the fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LateReason {
    /// The device did not work.
    DeviceFailed,
    /// The device was not at hand.
    DeviceForgotten,
    /// Registering was forgotten.
    Forgotten,
    /// The child's condition did not allow it.
    ChildNeededCare,
    /// Another reason, told in a note.
    Other,
}

/// The fact of service. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitRegistered {
    /// Whom.
    pub child: ChildId,
    /// Who.
    pub specialist: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Where it was agreed to take place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// Code of the service, [`crate::service_catalogue`].
    pub service: String,
    /// Held or nobody at home.
    pub outcome: VisitOutcome,
    /// Start. For a late entry the person's claim, otherwise the moment of the tap.
    pub started_at_ms: i64,
    /// End, when it is known already (late entry, nobody at home).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at_ms: Option<i64>,
    /// Minutes east of UTC on the device.
    pub offset_min: i16,
    /// Present for a late entry; then no location is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<LateReason>,
    /// The reading of the location that began with this tap; siblings share it. Absent for a late entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureId>,
    /// What warning of clause B2.3 was on screen before the tap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<UnavailableReason>,
}

/// Why there is no position. One list for all platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnavailableReason {
    /// The person or the system refused the permission.
    Denied,
    /// Location is switched off on the device.
    Off,
    /// The person gave no consent to geolocation.
    NoConsent,
    /// This device cannot tell its position.
    Unsupported,
    /// The system's location service has nobody to ask for permission.
    NoAgent,
    /// No fix came within the window.
    Timeout,
    /// Only an old position was offered.
    Stale,
    /// Latitude and longitude were both zero.
    NullIsland,
    /// The app ended while it was waiting; written at the next start.
    Interrupted,
    /// The confirmation came later than an hour after the visit: nothing was read.
    AfterVisit,
}

impl UnavailableReason {
    /// Every reason.
    pub const ALL: [UnavailableReason; 10] = [
        UnavailableReason::Denied,
        UnavailableReason::Off,
        UnavailableReason::NoConsent,
        UnavailableReason::Unsupported,
        UnavailableReason::NoAgent,
        UnavailableReason::Timeout,
        UnavailableReason::Stale,
        UnavailableReason::NullIsland,
        UnavailableReason::Interrupted,
        UnavailableReason::AfterVisit,
    ];

    /// The name in signed bytes.
    pub const fn as_str(self) -> &'static str {
        match self {
            UnavailableReason::Denied => "denied",
            UnavailableReason::Off => "off",
            UnavailableReason::NoConsent => "no-consent",
            UnavailableReason::Unsupported => "unsupported",
            UnavailableReason::NoAgent => "no-agent",
            UnavailableReason::Timeout => "timeout",
            UnavailableReason::Stale => "stale",
            UnavailableReason::NullIsland => "null-island",
            UnavailableReason::Interrupted => "interrupted",
            UnavailableReason::AfterVisit => "after-visit",
        }
    }
}

/// Which provider a position came from, as far as the platform tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixSource {
    /// Satellites.
    Gnss,
    /// Cells, Wi-Fi.
    Network,
    /// The platform does not tell.
    Unknown,
}

impl FixSource {
    /// The code in statements and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            FixSource::Gnss => "gnss",
            FixSource::Network => "network",
            FixSource::Unknown => "unknown",
        }
    }

    /// The source of that code.
    pub fn parse(code: &str) -> Option<Self> {
        [FixSource::Gnss, FixSource::Network, FixSource::Unknown]
            .into_iter()
            .find(|source| source.as_str() == code)
    }
}

/// A position as the platform gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// Latitude, 1e-7 degree.
    pub lat_e7: i32,
    /// Longitude, 1e-7 degree.
    pub lon_e7: i32,
    /// Radius of accuracy in decimetres; absent when the platform does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_dm: Option<u32>,
    /// When the provider took it; absent when it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_at_ms: Option<i64>,
    /// Where it came from.
    pub source: FixSource,
    /// Whether the platform says that it is simulated; absent when it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mock: Option<bool>,
}

/// What one reading of the location gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationOutcome {
    /// A position.
    Fix(Fix),
    /// None, and why.
    Unavailable(UnavailableReason),
}

/// Which act the reading belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationMoment {
    /// A specialist registered the visit.
    Registered,
    /// A specialist finished it (only where the organisation asks for it).
    Finished,
    /// A representative confirmed or disputed it.
    Confirmed,
}

/// Why the reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureEnd {
    /// A fix was good enough.
    GoodFix,
    /// The window was over; the best fix so far, or none.
    WindowOver,
    /// The platform refused or failed.
    Failed,
    /// The app ended.
    Interrupted,
    /// Nothing was read at all.
    NotStarted,
}

/// The outcome of the reading that belongs to a visit moment. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitLocated {
    /// The reading.
    pub capture: CaptureId,
    /// Which act it belongs to.
    pub moment: LocationMoment,
    /// Position or reason.
    pub outcome: LocationOutcome,
    /// When the reading began.
    pub began_at_ms: i64,
    /// When it ended.
    pub ended_at_ms: i64,
    /// Why it ended.
    pub ended_by: CaptureEnd,
}

/// Who may read a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotePurpose {
    /// About the child: care team and representatives.
    Care,
    /// Why a representative disputes.
    Dispute,
    /// Why a coordinator returned, or what was found out.
    Review,
    /// Why something was corrected.
    Correction,
    /// Why an entry is late.
    Late,
}

/// Free text. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitNoted {
    /// Decides the audience.
    pub purpose: NotePurpose,
    /// The text, at most 4,000 characters.
    pub text: String,
    /// The statement that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<StatementId>,
}

/// The end of a visit. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitFinished {
    /// When.
    pub finished_at_ms: i64,
}

/// A representative's confirmation. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitConfirmed {
    /// The `visit-registered` or latest `visit-corrected` that was on screen.
    pub basis: StatementId,
    /// Who confirms.
    pub representative: PersonId,
    /// When.
    pub answered_at_ms: i64,
    /// The representative's own reading of the location, if the rule allowed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureId>,
}

/// Why a representative says that it was not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisputeReason {
    /// Nobody came.
    NobodyCame,
    /// Somebody else came.
    OtherPerson,
    /// At another time.
    OtherTime,
    /// At another place.
    OtherPlace,
    /// Another service.
    OtherService,
    /// The child was not there.
    ChildAbsent,
    /// Something else, told in a note.
    Other,
}

/// A representative's dispute. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitDisputed {
    /// As in [`VisitConfirmed`].
    pub basis: StatementId,
    /// Who disputes.
    pub representative: PersonId,
    /// Why.
    pub reason: DisputeReason,
    /// When.
    pub answered_at_ms: i64,
    /// As in [`VisitConfirmed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureId>,
}

/// A coordinator's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewDecision {
    /// The visit counts.
    Accepted,
    /// It goes back to the specialist.
    Returned,
}

/// Why a coordinator decided so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewReason {
    /// Nothing speaks against it.
    InOrder,
    /// What was flagged has been explained.
    Explained,
    /// The family confirmed by telephone.
    FamilyCalled,
    /// The time must be put right.
    WrongTime,
    /// The service must be put right.
    WrongService,
    /// The same visit is there twice.
    Duplicate,
    /// The place does not fit.
    WrongPlace,
    /// It did not take place.
    NotHeld,
    /// More must be told.
    MoreNeeded,
}

/// A review. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitReviewed {
    /// The `visit-registered` or latest `visit-corrected` that was reviewed.
    pub basis: StatementId,
    /// The decision.
    pub decision: ReviewDecision,
    /// Its reason.
    pub reason: ReviewReason,
    /// Codes of the flags that were on screen, sorted.
    pub flags_seen: Vec<String>,
    /// When.
    pub reviewed_at_ms: i64,
}

/// Why something is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CorrectionReason {
    /// Undone within seconds of the tap.
    Undone,
    /// The wrong child.
    WrongChild,
    /// The wrong service.
    WrongService,
    /// The wrong time.
    WrongTime,
    /// The same visit was entered twice.
    Duplicate,
    /// The coordinator asked for it.
    Returned,
    /// Another reason, told in a note.
    Other,
}

/// What becomes of the visit. Absent fields stay as they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitChange {
    /// The visit is taken back.
    pub cancelled: bool,
    /// Another service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Another outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<VisitOutcome>,
    /// Another start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at_ms: Option<i64>,
    /// Another end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at_ms: Option<i64>,
}

/// A correction by the specialist. `sub`: the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitCorrected {
    /// The `visit-registered` or earlier `visit-corrected` that it corrects.
    pub basis: StatementId,
    /// Why.
    pub reason: CorrectionReason,
    /// What.
    pub change: VisitChange,
    /// When.
    pub corrected_at_ms: i64,
}

/// Whose data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// A person's.
    Person,
    /// A child's.
    Child,
    /// A place's.
    Place,
}

/// Somebody opened data. `sub`: the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordViewed {
    /// Whose.
    pub record: RecordKind,
    /// Who looked.
    pub viewer: PersonId,
    /// What for.
    pub purpose: String,
    /// When.
    pub viewed_at_ms: i64,
}

/// A key that others may have. `sub`: the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCompromised {
    /// The key.
    pub key: KeyId,
    /// Since when it is suspected.
    pub since_ms: i64,
}

/// The operator. `sub`: the operator; signed by the key that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorKey {
    /// COSE_Key of the signing key, deterministic CBOR.
    #[serde(with = "bytes")]
    pub key: Vec<u8>,
    /// X25519 public key to which devices seal their recovery secret.
    #[serde(with = "bytes")]
    pub recovery_key: Vec<u8>,
    /// X25519 public key to which devices seal what somebody else carries to the operator.
    #[serde(with = "bytes")]
    pub courier_key: Vec<u8>,
    /// Name in Kazakh.
    pub name_kk: String,
    /// Name in Russian.
    pub name_ru: String,
    /// Business identification number, 12 digits.
    pub bin: String,
    /// Since when.
    pub valid_from_ms: i64,
    /// Why the recovery key is another one than before, where this statement changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_renewed: Option<RecoveryRenewed>,
}

/// How the recovery key was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryRenewed {
    /// What became of the shares of the key before.
    pub shares: OldShares,
    /// In words.
    pub reason: String,
    /// The replaced key whose shares were there, where it is not the one before: an objection to a key that came
    /// without both shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares_of: Option<ReplacedKey>,
}

/// A recovery key, X25519.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplacedKey(#[serde(with = "bytes")] pub Vec<u8>);

/// The shares of a recovery key that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OldShares {
    /// Both were there: two officers agreed.
    Both,
    /// At least one is lost: nothing proves that an officer agreed.
    Lost,
}

/// One text of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedText {
    /// Its language.
    pub locale: Locale,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Length in bytes.
    pub length_bytes: u32,
}

/// A version of an agreement. `sub`: the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementPublished {
    /// Which agreement.
    pub document: AgreementKind,
    /// Which version, rising.
    pub version: u32,
    /// From when it binds.
    pub effective_from_ms: i64,
    /// Its texts; Kazakh is always there and authoritative. A later statement for the same version adds locales.
    pub texts: Vec<PublishedText>,
    /// Numbers of the confirmations that need not be ticked.
    pub optional_confirmations: Vec<u8>,
    /// Number of the confirmation on geolocation, if the text has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geolocation_confirmation: Option<u8>,
}

/// An organisation. `sub`: the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationChanged {
    /// Name in Kazakh.
    pub name_kk: String,
    /// Name in Russian.
    pub name_ru: String,
    /// Business identification number, 12 digits.
    pub bin: String,
    /// Still works with the operator.
    pub active: bool,
}

/// What a person may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Visits children.
    Specialist,
    /// Represents a child by law ("subject").
    Representative,
    /// Reviews visits of an organisation.
    Coordinator,
}

impl Role {
    /// The agreement that this role accepts; coordinators accept the specialist's text.
    pub const fn agreement(self) -> AgreementKind {
        match self {
            Role::Representative => AgreementKind::Subject,
            Role::Specialist | Role::Coordinator => AgreementKind::Specialist,
        }
    }
}

/// How a person is engaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engagement {
    /// Employed.
    Employee,
    /// By civil contract (АҚС).
    CivilContract,
}

/// A role in an organisation. `sub`: the person. The latest for the same organisation and role holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberChanged {
    /// Where.
    pub organisation: OrganisationId,
    /// As what.
    pub role: Role,
    /// How engaged.
    pub engagement: Engagement,
    /// Position in Kazakh.
    pub position_kk: String,
    /// Position in Russian.
    pub position_ru: String,
    /// From.
    pub from_ms: i64,
    /// Until, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
}

/// One class of data about a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordData {
    /// Name of a person or a child, as the register writes it.
    Name {
        /// Тегі.
        surname: String,
        /// Аты.
        given: String,
        /// Әкесінің аты, if the document has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patronymic: Option<String>,
    },
    /// Birth date of a child, `YYYY-MM-DD`.
    Birth {
        /// The date.
        date: String,
    },
    /// Individual identification number.
    Identifier {
        /// 12 digits.
        iin: String,
    },
    /// Ways to reach a person.
    Contact {
        /// E.164.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<String>,
        /// E-mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
    },
    /// The organisation that serves a child.
    Served {
        /// Which.
        organisation: OrganisationId,
        /// From.
        from_ms: i64,
        /// Until, exclusive.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_ms: Option<i64>,
    },
    /// Where a child is visited.
    Lives {
        /// The place.
        place: PlaceId,
    },
    /// Address of a place.
    Address {
        /// As people say it: "Үй, Абай к. 12".
        label: String,
        /// Region, ISO 3166-2.
        region: String,
    },
    /// Known coordinates of a place.
    Position {
        /// Latitude, 1e-7 degree.
        lat_e7: i32,
        /// Longitude, 1e-7 degree.
        lon_e7: i32,
        /// Within how many metres a visit counts as being there.
        radius_m: u32,
        /// The accepted visit from which the coordinates were adopted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        adopted_from: Option<StatementId>,
    },
}

/// Data of a person, a child or a place. `sub`: the record. The latest of a class holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordChanged {
    /// Whose.
    pub record: RecordKind,
    /// What.
    pub data: RecordData,
}

/// Membership in a child's care team. `sub`: the child. The latest for the same person and organisation holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareTeamChanged {
    /// Who.
    pub person: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// As what: a code of [`crate::service_catalogue`].
    pub function: String,
    /// From.
    pub from_ms: i64,
    /// Until, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
}

/// On what a representation rests (clause A5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepresentationBasis {
    /// Parent.
    Parent,
    /// Adoptive parent.
    Adopter,
    /// Guardian.
    Guardian,
    /// Trustee.
    Trustee,
    /// Foster carer.
    Foster,
    /// Something else.
    Other,
}

/// Legal representation. `sub`: the child. The latest for the same representative holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepresentationChanged {
    /// Who.
    pub representative: PersonId,
    /// On what basis.
    pub basis: RepresentationBasis,
    /// From.
    pub from_ms: i64,
    /// Until, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
}

/// A device made its key. `sub`: the device; signed by the new key, first of its series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceEnrolled {
    /// COSE_Key of the device, deterministic CBOR.
    #[serde(with = "bytes")]
    pub key: Vec<u8>,
    /// Lookup id of the activation code.
    pub activation: String,
    /// `linux`, `windows`, `macos`, `android`, `ios`.
    pub platform: String,
    /// Version of the app.
    pub app_version: String,
}

/// The operator binds a key to a person. `sub`: the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceBound {
    /// COSE_Key of the device.
    #[serde(with = "bytes")]
    pub key: Vec<u8>,
    /// Whose.
    pub person: PersonId,
    /// Lookup id of the activation code that was used.
    pub activation: String,
    /// Key of the officer or operator who issued the code.
    pub issued_by: KeyId,
    /// When.
    pub bound_at_ms: i64,
    /// Whose device it is, when it is not the person's own: the code was issued for a guest on that person's device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<PersonId>,
}

/// A device's key no longer speaks for the person. `sub`: the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRevoked {
    /// The key.
    pub key: KeyId,
    /// Why.
    pub reason: RevocationReason,
    /// When.
    pub revoked_at_ms: i64,
}

/// Why a device is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// Lost or stolen.
    Lost,
    /// The key may be known to others.
    KeyCompromise,
    /// The person's work ended.
    Ended,
    /// A newer device took over.
    Replaced,
}

/// Contents were erased. `sub`: the erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentErased {
    /// Whose contents.
    pub statements: Vec<StatementId>,
    /// Legal basis in words.
    pub basis: String,
    /// When.
    pub erased_at_ms: i64,
}

/// Two officers opened an account's file that its owner could not open, and took what verified. `sub`: the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryOpened {
    /// Key of that device.
    pub key: KeyId,
    /// SHA-256 of the file as the device packed it: the device that keeps it may let it go now.
    pub file: Digest,
    /// Who opened it.
    pub officers: Vec<String>,
    /// Why, in words.
    pub reason: String,
    /// When, UTC ms.
    pub opened_at_ms: i64,
    /// Statements that were registered from it.
    pub taken_count: u32,
    /// Statements that the log held before.
    pub known_count: u32,
    /// Numbers of the series that the log still lacks: not readable, or not proven.
    pub missing_count: u32,
}

/// The content of a statement, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is documented on its type")]
pub enum Content {
    AgreementAccepted(AgreementAccepted),
    ConsentWithdrawn(ConsentWithdrawn),
    VisitRegistered(VisitRegistered),
    VisitLocated(VisitLocated),
    VisitNoted(VisitNoted),
    VisitFinished(VisitFinished),
    VisitConfirmed(VisitConfirmed),
    VisitDisputed(VisitDisputed),
    VisitReviewed(VisitReviewed),
    VisitCorrected(VisitCorrected),
    RecordViewed(RecordViewed),
    KeyCompromised(KeyCompromised),
    OperatorKey(OperatorKey),
    AgreementPublished(AgreementPublished),
    OrganisationChanged(OrganisationChanged),
    MemberChanged(MemberChanged),
    RecordChanged(RecordChanged),
    CareTeamChanged(CareTeamChanged),
    RepresentationChanged(RepresentationChanged),
    DeviceEnrolled(DeviceEnrolled),
    DeviceBound(DeviceBound),
    DeviceRevoked(DeviceRevoked),
    ContentErased(ContentErased),
    RecoveryOpened(RecoveryOpened),
}

/// Calls `$do!(Variant)` for each kind; the one place that lists them for the codec.
#[macro_export]
macro_rules! for_each_content {
    ($do:ident) => {
        $do! {
            AgreementAccepted ConsentWithdrawn VisitRegistered VisitLocated VisitNoted VisitFinished VisitConfirmed
            VisitDisputed VisitReviewed VisitCorrected RecordViewed KeyCompromised OperatorKey AgreementPublished
            OrganisationChanged MemberChanged RecordChanged CareTeamChanged RepresentationChanged DeviceEnrolled
            DeviceBound DeviceRevoked ContentErased RecoveryOpened
        }
    };
}

macro_rules! content_kind {
    ($($variant:ident)+) => {
        impl Content {
            /// The kind of statement that this belongs to.
            pub const fn kind(&self) -> Kind {
                match self { $(Content::$variant(_) => Kind::$variant),+ }
            }
        }
        $(impl From<$variant> for Content {
            fn from(content: $variant) -> Self { Content::$variant(content) }
        })+
    };
}
for_each_content!(content_kind);

/// Byte strings in CBOR for `Vec<u8>` fields.
pub mod bytes {
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    /// Writes a byte string.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    /// Reads a byte string.
    ///
    /// # Errors
    /// Those of the deserialiser.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}
