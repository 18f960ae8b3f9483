use domain::content::{CorrectionReason, Fix, FixSource, ReviewReason, Role};
use domain::id::{CaptureId, ChildId, OrganisationId, PersonId, PlaceId, StatementId, VisitId};

use super::*;

const ME: PersonId = PersonId::from_bytes([1; 16]);
const OTHER: PersonId = PersonId::from_bytes([2; 16]);
const CHILD: ChildId = ChildId::from_bytes([3; 16]);
const HERE: OrganisationId = OrganisationId::from_bytes([4; 16]);

fn row(specialist: PersonId) -> VisitRow {
    VisitRow {
        id: VisitId::from_bytes([5; 16]),
        registered: StatementId::from_bytes([6; 32]),
        basis: StatementId::from_bytes([6; 32]),
        child: CHILD,
        child_name: None,
        specialist,
        specialist_name: None,
        organisation: HERE,
        place: Some(PlaceId::from_bytes([7; 16])),
        place_label: None,
        place_has_position: false,
        service: "massage".into(),
        outcome: VisitOutcome::Held,
        started_at_ms: 0,
        finished_at_ms: None,
        offset_min: 300,
        issued_at_ms: 0,
        late: None,
        cancelled: None,
        capture: Some(CaptureId::from_bytes([8; 16])),
        capture_pending: false,
        warned: None,
        location: None,
        distance_m: None,
        presence: None,
        review: Review::Open,
        confirmation: Confirmation::None,
        answers: Vec::new(),
        note: None,
        flags: Vec::new(),
        pairs: Vec::new(),
        transport: StoredTransport::Saved,
    }
}

fn viewer(roles: &[Role]) -> Viewer {
    let has = |role| roles.contains(&role);
    Viewer {
        person: ME,
        roles: roles.to_vec(),
        entered: roles.to_vec(),
        was_specialist: has(Role::Specialist),
        coordinates: if has(Role::Coordinator) { vec![HERE] } else { Vec::new() },
        represents: if has(Role::Representative) { vec![CHILD] } else { Vec::new() },
        now_ms: 0,
    }
}

fn fix(accuracy_dm: Option<u32>, mock: Option<bool>) -> Option<LocationOutcome> {
    Some(LocationOutcome::Fix(Fix {
        lat_e7: 511_605_000,
        lon_e7: 714_704_000,
        accuracy_dm,
        fixed_at_ms: None,
        source: FixSource::Unknown,
        mock,
    }))
}

const NOTHING: May =
    May { finish: false, correct: false, answer: false, review: false, adopt_position: false };

#[test]
fn each_role_may_do_its_own() {
    let may = |roles: &[Role], specialist| May::with(&viewer(roles), &row(specialist));
    assert_eq!(may(&[Role::Specialist], ME), May { finish: true, correct: true, ..NOTHING });
    assert_eq!(may(&[Role::Specialist], OTHER), NOTHING, "a colleague's visit");
    assert_eq!(may(&[Role::Representative], OTHER), May { answer: true, ..NOTHING });
    assert_eq!(may(&[Role::Coordinator], OTHER), May { review: true, ..NOTHING });
    assert!(!may(&[Role::Specialist, Role::Coordinator], ME).review, "nobody decides about the own visit");
    assert!(!may(&[Role::Specialist, Role::Representative], ME).answer, "nor answers for it");
    let ended = may(&[], ME);
    assert_eq!(ended, May { finish: true, correct: true, ..NOTHING }, "an engagement that ended");
}

#[test]
fn what_was_taken_back_is_over_for_everybody() {
    let undone = VisitRow { cancelled: Some(CorrectionReason::Undone), ..row(ME) };
    let all = [Role::Specialist, Role::Representative, Role::Coordinator];
    assert_eq!(May::with(&viewer(&all), &undone), NOTHING);
    assert_eq!(
        May::with(&viewer(&all), &VisitRow { cancelled: Some(CorrectionReason::Undone), ..row(OTHER) }),
        NOTHING
    );
}

#[test]
fn a_place_takes_only_good_coordinates_of_an_accepted_visit() {
    let may = |change: &dyn Fn(&mut VisitRow)| {
        let mut visit = VisitRow {
            review: Review::Accepted(ReviewReason::InOrder),
            location: fix(Some(120), None),
            ..row(OTHER)
        };
        change(&mut visit);
        May::with(&viewer(&[Role::Coordinator]), &visit).adopt_position
    };
    assert!(may(&|_| ()));
    assert!(!may(&|visit| visit.review = Review::Open));
    assert!(!may(&|visit| visit.place_has_position = true));
    assert!(!may(&|visit| visit.place = None));
    assert!(!may(&|visit| visit.location = fix(Some(20_000), None)), "too coarse");
    assert!(!may(&|visit| visit.location = fix(None, None)), "accuracy unknown");
    assert!(!may(&|visit| visit.location = fix(Some(50), Some(true))), "simulated");
    assert!(!may(&|visit| visit.location = None));
}

#[test]
fn an_outcome_that_is_not_here_is_pending_or_hidden_or_not_due() {
    let state = |roles: &[Role], visit: VisitRow| place_of(&viewer(roles), &visit).state;
    assert_eq!(state(&[Role::Specialist], row(ME)), LocationState::Pending);
    assert_eq!(state(&[Role::Coordinator], row(OTHER)), LocationState::Pending);
    assert_eq!(state(&[Role::Representative], row(OTHER)), LocationState::Pending);
    assert_eq!(state(&[Role::Specialist], row(OTHER)), LocationState::Hidden, "colleagues never see it");
    assert_eq!(state(&[Role::Specialist], VisitRow { capture: None, ..row(ME) }), LocationState::NotDue);
    assert_eq!(
        state(&[Role::Coordinator], VisitRow { location: fix(Some(50), None), ..row(OTHER) }),
        LocationState::Fix
    );
}
