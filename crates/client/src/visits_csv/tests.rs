use super::*;
use crate::ipc::{
    ConfirmationState, LocationView, OutcomeCode, PresenceCode, ReviewState, SiblingView, Transport,
    TransportView,
};

fn visit() -> VisitView {
    VisitView {
        id: "a1".into(),
        basis: "b2".into(),
        child: SiblingView {
            id: "c3".into(), name: "Қайратова Әсел; Нұрланқызы".into()
        },
        specialist: PersonCard {
            id: "d4".into(),
            name: "=HYPERLINK(\"x\")".into(),
            position_kk: Some("Логопед".into()),
            position_ru: None,
            organisation_kk: Some("«Үміт» қоры".into()),
            organisation_ru: Some("Фонд «Умит»".into()),
        },
        place_label: Some("Үй, Абай к. 12".into()),
        service: "speech-therapy".into(),
        outcome: OutcomeCode::Held,
        started_at_ms: 1_795_000_000_000,
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        cancelled: None,
        transport: TransportView { state: Transport::Registered, refusal: None },
        location: LocationView {
            state: LocationState::Fix,
            reason: None,
            latitude: Some("51.16050".into()),
            longitude: Some("71.47040".into()),
            accuracy_m: Some(8),
            distance_m: Some(42),
            presence: Some(PresenceCode::Inside),
            place_unknown: false,
        },
        review: ReviewState::Open,
        review_reason: None,
        confirmation: ConfirmationState::Confirmed,
        answers: Vec::new(),
        flags: vec!["low-accuracy".into(), "late-entry".into()],
        note: Some("тек топқа".into()),
        can_undo_ms: 0,
        can_finish: false,
        can_correct: false,
        can_answer: false,
        can_review: true,
        can_adopt_position: false,
    }
}

#[test]
fn the_file_opens_in_a_spreadsheet_in_the_persons_language() {
    let text = write(&[visit()], Locale::Kk);
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines[0].starts_with("\u{feff}Басталуы;Аяқталуы;Бала;"));
    assert_eq!(
        lines[1],
        "2026-11-18 16:06;;\"Қайратова Әсел; Нұрланқызы\";\"'=HYPERLINK(\"\"x\"\")\";Логопед;«Үміт» қоры;Логопед сабағы;\
         Қызмет көрсетілді;\"Үй, Абай к. 12\";Мекенжайда;42;8;Расталды;Қаралмаған;;\"Дәлдігі төмен, Кейін енгізілген\";;;\
         Оператор тіркеді;b2"
    );
    assert_eq!((lines.len(), lines[2]), (3, ""));
    assert!(write(&[visit()], Locale::Ru).contains(";Фонд «Умит»;Занятие с логопедом;"));
}

#[test]
fn neither_coordinates_nor_notes_are_in_the_file() {
    let text = write(&[visit()], Locale::Kk);
    assert!(!text.contains("51.16") && !text.contains("71.47") && !text.contains("тек топқа"));
}

#[test]
fn nothing_that_a_person_typed_becomes_a_formula() {
    for start in ["=", "+", "-", "@", "\t", "\r", "\n"] {
        let mut text = String::new();
        push_cell(&mut text, &format!("{start}1+1"));
        assert!(text.starts_with("\"'"), "{text:?}");
    }
}

#[test]
fn days_are_those_of_the_calendar() {
    for (days, day) in [(0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (20_762, "2026-11-05")]
    {
        assert_eq!(civil_day(days), day);
        assert_eq!(i64::from(day.parse::<domain::date::Date>().unwrap().days_since_epoch()), days);
    }
    assert_eq!(
        local_time(1_767_207_600_000, 300),
        "2026-01-01 00:00",
        "midnight at the place, not in Greenwich"
    );
}

#[tokio::test]
async fn a_file_is_never_written_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = || CsvFile { name: "visits.csv".into(), text: "x".into(), path: None };
    let first = save_csv(file(), folder.path().into()).await.unwrap();
    let second = save_csv(file(), folder.path().into()).await.unwrap();
    assert_eq!((first.name.as_str(), second.name.as_str()), ("visits.csv", "visits (2).csv"));
    assert_eq!(std::fs::read_to_string(second.path.unwrap()).unwrap(), "x");
}

#[test]
fn a_saved_file_is_whole_nobody_elses_and_takes_no_name_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        || CsvFile { name: "esep-2026-11-23.csv".into(), text: "бір;екі\r\n".into(), path: None };
    let first = save(file(), folder.path()).unwrap();
    let second = save(file(), folder.path()).unwrap();
    assert_eq!([first.name.as_str(), &second.name], ["esep-2026-11-23.csv", "esep-2026-11-23 (2).csv"]);
    let mut names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "nothing is left beside them: {names:?}");
    for path in [first.path, second.path].map(Option::unwrap) {
        assert_eq!(std::fs::read_to_string(&path).unwrap(), file().text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
