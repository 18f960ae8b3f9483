//! Where a place is follows from the operator and from its coordinators.

use super::*;

#[test]
fn a_place_takes_the_position_that_a_coordinator_adopted_and_distances_follow() {
    let (mut operator, specialist, parent, coordinator) = scene();
    assert_eq!(shown(&parent, 1).unwrap().presence, None);
    let position = |lat_e7, radius_m| RecordChanged {
        record: RecordKind::Place,
        data: RecordData::Position { lat_e7, lon_e7: 714_704_000, radius_m, adopted_from: None },
    };
    // A specialist has no say in where a place is.
    specialist.state(&[Draft::new(PLACE, position(521_605_000, 150))]);
    specialist.push(&mut operator);
    for device in [&specialist, &parent] {
        device.pull(&operator);
        assert_eq!(shown(device, 1).unwrap().presence, None);
    }
    coordinator.state(&[Draft::new(PLACE, position(511_605_000, 150))]);
    assert_eq!(shown(&coordinator, 1).unwrap().presence, Some(Presence::Inside), "at once on the own device");
    coordinator.push(&mut operator);
    for device in [&specialist, &parent, &coordinator] {
        device.pull(&operator);
        let visit = shown(device, 1).unwrap();
        assert_eq!((visit.distance_m, visit.presence), (Some(0), Some(Presence::Inside)));
    }
    operator.change(RecordKind::Place, PLACE, position(511_705_000, 150).data);
    parent.pull(&operator);
    let visit = shown(&parent, 1).unwrap();
    assert_eq!(visit.presence, Some(Presence::Outside));
    assert!(visit.flags.contains(&Flag::FarFromPlace));
    let place = parent.store.read(|reader| reader.place(PLACE)).unwrap().unwrap();
    assert_eq!(place.position.map(|position| position.lat_e7()), Some(511_705_000));
}

#[test]
fn a_position_that_the_operator_does_not_count_moves_no_place() {
    for flag in [Flag::NoAuthority, Flag::KeyRevoked] {
        let (mut operator, _, parent, coordinator) = scene();
        let data = RecordData::Position {
            lat_e7: 511_605_000,
            lon_e7: 714_704_000,
            radius_m: 150,
            adopted_from: None,
        };
        coordinator.state(&[Draft::new(PLACE, RecordChanged { record: RecordKind::Place, data })]);
        operator.flags = vec![flag];
        coordinator.push(&mut operator);
        for device in [&parent, &coordinator] {
            device.pull(&operator);
            assert_eq!(shown(device, 1).unwrap().presence, None, "{flag:?}");
        }
    }
}
