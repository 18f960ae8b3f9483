use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::Locale;
use domain::date::Date;
use operator_core::agreement::{in_force, versions};
use operator_core::publish::{
    Publication, PublishError, Published, begins_at_ms, effective_from_ms, publish,
};
use operator_core::store::Store as _;
use proptest::prelude::*;

use crate::world::{DAY_MS, TEXT, World};

const KIND: AgreementKind = AgreementKind::Specialist;

#[test]
fn versions_rise_and_a_version_binds_from_its_day() {
    let world = World::new();
    let now_ms = world.clock.utc_ms();
    assert!(matches!(
        world.publish(KIND, Locale::Kk, 1, now_ms, &TEXT.replace("сынақ", "басқа")),
        Err(PublishError::AlreadyPublished)
    ));
    world.publish(KIND, Locale::Kk, 3, now_ms + DAY_MS, TEXT).unwrap();
    for version in [2, 0] {
        let refused = world.publish(KIND, Locale::Kk, version, now_ms + DAY_MS, TEXT);
        assert!(matches!(refused, Err(PublishError::NotRising { latest: 3, .. })), "{version}");
    }
    let past = world.publish(KIND, Locale::Kk, 4, now_ms - DAY_MS, TEXT);
    assert!(matches!(past, Err(PublishError::EffectiveInPast)));
    let before_former = world.publish(KIND, Locale::Kk, 4, now_ms + 1, TEXT);
    assert!(matches!(before_former, Err(PublishError::EffectiveBeforeFormer)));
    let read = world.store.read().unwrap();
    let at = |at_ms| in_force(read.as_ref(), KIND, at_ms).unwrap().unwrap().version;
    assert_eq!((at(now_ms), at(now_ms + DAY_MS)), (1, 3));
}

#[test]
fn a_version_begins_with_kazakh_and_grows_by_languages() {
    let world = World::new();
    let later_ms = world.clock.utc_ms() + DAY_MS;
    let refused = world.publish(KIND, Locale::Ru, 2, later_ms, TEXT);
    assert!(matches!(refused, Err(PublishError::KazakhFirst)));
    world.publish(KIND, Locale::Kk, 2, later_ms, TEXT).unwrap();
    let russian = TEXT.replace("Растау", "Подтверждение");
    let other_day = world.publish(KIND, Locale::Ru, 2, later_ms + 1, &russian);
    assert!(matches!(other_day, Err(PublishError::OtherEffectiveDate)));
    let fewer = TEXT.replace("1.2. Екінші тармақ.\n", "");
    let refused = world.publish(KIND, Locale::Ru, 2, later_ms, &fewer);
    assert!(matches!(refused, Err(PublishError::OtherStructure { what: "clauses", expected: 2, found: 1 })));
    assert!(matches!(world.publish(KIND, Locale::Ru, 2, later_ms, &russian), Ok(Published::Now(_))));
    assert!(matches!(world.publish(KIND, Locale::Ru, 2, later_ms, &russian), Ok(Published::Already)));
    let versions = versions(world.store.read().unwrap().as_ref(), KIND).unwrap();
    let locales: Vec<Locale> = versions[1].published.texts.iter().map(|text| text.locale).collect();
    assert_eq!(locales, [Locale::Kk, Locale::Ru]);
    let read = world.store.read().unwrap();
    let kept = read.document(versions[1].published.texts[1].sha256).unwrap().unwrap();
    assert_eq!(kept, russian.as_bytes(), "the exact bytes");
}

#[test]
fn what_cannot_be_structured_is_refused_with_its_line() {
    let world = World::new();
    let broken = TEXT.replace("1.2. Екінші", "1.4. Екінші");
    let Err(PublishError::Unstructured(error)) = world.publish(KIND, Locale::Kk, 2, i64::MAX / 2, &broken)
    else {
        panic!("it was published");
    };
    assert_eq!(error.line, 5);
    assert_eq!(versions(world.store.read().unwrap().as_ref(), KIND).unwrap().len(), 1, "nothing was kept");
}

#[test]
fn geolocation_may_be_made_optional_where_one_confirmation_speaks_of_it() {
    let world = World::new();
    let operator = world.operator();
    let with = |version, text: &str| {
        let publication = Publication {
            document: KIND,
            locale: Locale::Kk,
            version,
            effective_from_ms: world.clock.utc_ms(),
            bytes: text.as_bytes(),
            geolocation_optional: true,
        };
        operator.transact(&world.store, |txn| publish(txn, &operator, &publication))
    };
    let none = TEXT.replace("Геолокациямның тіркелуіне", "Ережелерге");
    assert!(matches!(with(2, &none), Err(PublishError::NoGeolocation)));
    with(2, TEXT).unwrap();
    let versions = versions(world.store.read().unwrap().as_ref(), KIND).unwrap();
    let published = &versions[1].published;
    assert_eq!(
        (published.geolocation_confirmation, published.optional_confirmations.as_slice()),
        (Some(2), &[2][..])
    );
}

#[test]
fn a_day_begins_in_kazakhstan() {
    let world = World::new();
    let date: Date = "2026-11-18".parse().unwrap();
    // 1 795 000 000 s is 2026-11-18 16:06:40 in Kazakhstan (UTC+5).
    assert_eq!(begins_at_ms(date), 1_794_942_000_000);
    assert_eq!(effective_from_ms(date, &world.clock).unwrap(), world.clock.utc_ms(), "today: from now on");
    let yesterday: Date = "2026-11-17".parse().unwrap();
    assert!(matches!(effective_from_ms(yesterday, &world.clock), Err(PublishError::EffectiveInPast)));
    let tomorrow: Date = "2026-11-19".parse().unwrap();
    assert_eq!(effective_from_ms(tomorrow, &world.clock).unwrap(), 1_795_028_400_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn foreign_bytes_are_refused_and_never_kept(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let world = World::new();
        let operator = world.operator();
        let publication = Publication {
            document: KIND,
            locale: Locale::Kk,
            version: 2,
            effective_from_ms: world.clock.utc_ms(),
            bytes: &bytes,
            geolocation_optional: false,
        };
        let before = world.store.read().unwrap().log_size().unwrap();
        let refused = operator.transact(&world.store, |txn| publish(txn, &operator, &publication));
        prop_assert!(refused.is_err());
        prop_assert_eq!(world.store.read().unwrap().log_size().unwrap(), before);
    }
}
