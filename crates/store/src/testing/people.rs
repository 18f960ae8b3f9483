//! Synthetic people of the tests.

use domain::agreement::AgreementKind;
use domain::content::{AgreementAccepted, EvidenceLevel, Locale, VisitOutcome, VisitRegistered};
use domain::id::{CaptureId, ChildId, Digest, OrganisationId, PersonId, PlaceId, VisitId};
use journal::{Draft, VisitIds};

use super::{NOW_MS, TestRng, signing_key};

pub(crate) const SPECIALIST: PersonId = PersonId::from_bytes([0x11; 16]);
pub(crate) const PARENT: PersonId = PersonId::from_bytes([0x12; 16]);
pub(crate) const COORDINATOR: PersonId = PersonId::from_bytes([0x13; 16]);
pub(crate) const CHILD: ChildId = ChildId::from_bytes([0x21; 16]);
pub(crate) const PLACE: PlaceId = PlaceId::from_bytes([0x31; 16]);
pub(crate) const ORGANISATION: OrganisationId = OrganisationId::from_bytes([0x41; 16]);

/// The fact of service on the specialist's usual device, whose key is 0x81 of person 0x11 and so on, with a reading of the
/// location that bears the visit's number.
pub(crate) fn visit(n: u8, specialist: PersonId, child: ChildId) -> (VisitId, Draft) {
    let key = signing_key(0x70 + specialist.as_bytes()[0]);
    let id = VisitIds::new(key.id(), NOW_MS + i64::from(n) * 60_000, &TestRng::new(n.into())).fresh();
    let content = VisitRegistered {
        child,
        specialist,
        organisation: ORGANISATION,
        place: Some(PLACE),
        service: "speech-therapy".into(),
        outcome: VisitOutcome::Held,
        started_at_ms: NOW_MS + i64::from(n) * 60_000,
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        capture: Some(CaptureId::from_bytes([n; 16])),
        warned: None,
    };
    (id, Draft::new(id, content))
}

/// An acceptance of the specialist's agreement.
pub(crate) fn agreement_accepted(person: PersonId) -> Draft {
    let accepted = AgreementAccepted {
        document: AgreementKind::Specialist,
        version: 1,
        locale: Locale::Kk,
        sha256: Digest::from_bytes([9; 32]),
        confirmations: Vec::new(),
        opened_at_ms: NOW_MS,
        end_reached_at_ms: NOW_MS,
        accepted_at_ms: NOW_MS,
        evidence_level: EvidenceLevel::L0,
        app_version: "0.1.0".into(),
    };
    Draft::new(person, accepted)
}
