//! Visits: filtered, sorted and paged in SQL; one visit; its story.
//!
//! | Module | Holds |
//! |---|---|
//! | `filter` | a filter and an order as SQL |
//! | `neighbour` | the other visit of a flag about two |
//! | `search` | how many a search finds, and how to come by them |
//! | `select` | rows |

mod filter;
mod neighbour;
mod search;
mod select;

use domain::Kind;
use domain::content::{
    Content, CorrectionReason, LateReason, LocationOutcome, UnavailableReason, VisitOutcome,
};
use domain::flag::Flag;
use domain::geo::Presence;
use domain::id::{CaptureId, ChildId, OrganisationId, PersonId, PlaceId, StatementId, VisitId};
use domain::visit::{Answer, Confirmation, Review};

use super::person::Name;
use super::transport::Transport;

/// What to show. The default shows everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VisitFilter {
    /// Words that child, specialist, place or service must hold, as people type them; empty for any.
    pub search: String,
    /// Where the review stands.
    pub review: Option<ReviewState>,
    /// The confirmation as a whole.
    pub confirmation: Option<Confirmation>,
    /// Where the person's own records of the visit are on their way.
    pub transport: Option<TransportFilter>,
    /// Only visits with at least one flag, and those that such a flag of another visit is about.
    pub flagged: bool,
    /// Whom.
    pub child: Option<ChildId>,
    /// Any of these children (a representative's).
    pub children: Option<Vec<ChildId>>,
    /// Who.
    pub specialist: Option<PersonId>,
    /// For any of these organisations (a coordinator's).
    pub organisations: Option<Vec<OrganisationId>>,
    /// Started at or after, UTC ms.
    pub from_ms: Option<i64>,
    /// Started before, UTC ms.
    pub to_ms: Option<i64>,
    /// Held, not taken back, and without an end.
    pub unfinished: bool,
    /// Returned, or disputed and not accepted, as it stands, and not taken back; or a record of it was refused: needs
    /// its specialist.
    pub needs_specialist: bool,
    /// Taken back or not.
    pub cancelled: Option<bool>,
}

/// Where a review stands, without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// Nobody has decided.
    Open,
    /// Accepted.
    Accepted,
    /// Returned.
    Returned,
}

/// Where records are on their way, without the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportFilter {
    /// At least one is only on this device.
    Saved,
    /// At least one was sent and has no answer.
    Sent,
    /// All are registered.
    Registered,
    /// At least one was refused.
    Refused,
}

/// What to sort by; equal ones by start, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitSort {
    /// Start.
    Started,
    /// Name of the child, in Kazakh order.
    Child,
    /// Name of the specialist, in Kazakh order.
    Specialist,
    /// Kazakh name of the service.
    Service,
    /// Distance to the registered place; unknown ones last.
    Distance,
    /// Open, returned, accepted.
    Review,
    /// Disputed, none, confirmed on the specialist's device, confirmed.
    Confirmation,
}

/// Which part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitOrder {
    /// By what.
    pub sort: VisitSort,
    /// Backwards.
    pub descending: bool,
    /// Rows to skip.
    pub offset: u32,
    /// Most rows.
    pub limit: u32,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRows {
    /// The rows.
    pub visits: Vec<VisitRow>,
    /// Rows of the whole list.
    pub total_count: u64,
}

/// A visit as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// Its id.
    pub id: VisitId,
    /// The statement that registered it.
    pub registered: StatementId,
    /// The latest of registration, finish and corrections.
    pub basis: StatementId,
    /// Whom.
    pub child: ChildId,
    /// As far as known here.
    pub child_name: Option<Name>,
    /// Who.
    pub specialist: PersonId,
    /// As far as known here.
    pub specialist_name: Option<Name>,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Agreed place.
    pub place: Option<PlaceId>,
    /// Its address.
    pub place_label: Option<String>,
    /// Its coordinates are known here.
    pub place_has_position: bool,
    /// Code of the service.
    pub service: String,
    /// Held or nobody at home.
    pub outcome: VisitOutcome,
    /// Start, UTC ms.
    pub started_at_ms: i64,
    /// End, UTC ms.
    pub finished_at_ms: Option<i64>,
    /// Minutes east of UTC at the place.
    pub offset_min: i16,
    /// When it was registered by the device's clock, UTC ms, to the second.
    pub issued_at_ms: i64,
    /// Entered after the fact.
    pub late: Option<LateReason>,
    /// Taken back, and why.
    pub cancelled: Option<CorrectionReason>,
    /// The reading of the location that belongs to it.
    pub capture: Option<CaptureId>,
    /// That reading runs on this device.
    pub capture_pending: bool,
    /// The warning before the tap.
    pub warned: Option<UnavailableReason>,
    /// Outcome of that reading; `None` while it runs or when this reader may not see it.
    pub location: Option<LocationOutcome>,
    /// From the position to the registered place.
    pub distance_m: Option<u32>,
    /// At the place or not; `None` without a position or without known coordinates of the place.
    pub presence: Option<Presence>,
    /// Where the review stands.
    pub review: Review,
    /// The confirmation as a whole.
    pub confirmation: Confirmation,
    /// Answers of the representatives, of each the one to the latest version that was answered.
    pub answers: Vec<AnswerRow>,
    /// The latest note for the care team, when this reader may see it.
    pub note: Option<String>,
    /// What a person should look at.
    pub flags: Vec<Flag>,
    /// The other visits that such flags are about, as far as known here.
    pub pairs: Vec<PairRow>,
    /// Where this device's records of it are on their way.
    pub transport: Transport,
}

/// Another visit of the specialist that a flag is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairRow {
    /// What was found.
    pub flag: Flag,
    /// The other visit.
    pub other: VisitId,
    /// Whom that was with, as far as known here.
    pub child_name: Option<Name>,
    /// Its start, UTC ms.
    pub started_at_ms: i64,
    /// From one reading to the other.
    pub distance_m: Option<u32>,
    /// How long the journey took, or both visits ran.
    pub lasted_ms: Option<i64>,
}

/// One representative's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// Whose.
    pub representative: PersonId,
    /// As far as known here.
    pub name: Option<Name>,
    /// The answer.
    pub answer: Answer,
    /// When, UTC ms.
    pub answered_at_ms: i64,
    /// Given to the visit as it stands.
    pub current: bool,
    /// The statement.
    pub statement: StatementId,
    /// Given on a specialist's device: weaker evidence.
    pub by_guest: bool,
}

/// One statement in the story of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryRow {
    /// Its id.
    pub id: StatementId,
    /// Its kind.
    pub kind: Kind,
    /// Person bound to the key that signed it, as far as known here.
    pub author: Option<PersonId>,
    /// Signed by this device.
    pub own: bool,
    /// An answer that was given on a specialist's device.
    pub by_guest: bool,
    /// When, by the signer's clock, UTC ms, to the second.
    pub issued_at_ms: i64,
    /// What it says; `None` when this reader may not see it or it was erased.
    pub content: Option<Content>,
    /// It was erased by law: nobody may see it any more.
    pub erased: bool,
    /// Position in the log; `None` until it is registered.
    pub leaf_index: Option<u64>,
    /// When the operator signed the head that proves it, UTC ms; own statements only.
    pub receipt_at_ms: Option<i64>,
    /// What a person should look at.
    pub flags: Vec<Flag>,
    /// Where it is on its way.
    pub transport: Transport,
}
