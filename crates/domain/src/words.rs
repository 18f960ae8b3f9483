//! Words for codes in the three languages, for what is made outside the screens: the coordinator's file, the page of a
//! visit's package. They are those of the screens, and a test compares them.

use crate::content::Locale;

/// A code and its words: Kazakh, Russian, English.
pub type Word = (&'static str, [&'static str; 3]);

/// The word of a code in a language; an unknown code stands for itself.
pub fn word(words: &'static [Word], code: &str, locale: Locale) -> String {
    let found = words.iter().find(|(known, _)| *known == code);
    found.map_or_else(|| code.to_owned(), |(_, texts)| in_locale(texts, locale).to_owned())
}

/// One of three texts.
pub const fn in_locale(texts: &[&'static str; 3], locale: Locale) -> &'static str {
    match locale {
        Locale::Kk => texts[0],
        Locale::Ru => texts[1],
        Locale::En => texts[2],
    }
}

/// Heads of what is said about a visit, in the order of the coordinator's file.
pub const HEADS: &[Word] = &[
    ("start", ["Басталуы", "Начало", "Start"]),
    ("end", ["Аяқталуы", "Окончание", "End"]),
    ("child", ["Бала", "Ребёнок", "Child"]),
    ("specialist", ["Маман", "Специалист", "Specialist"]),
    ("position", ["Лауазымы", "Должность", "Position"]),
    ("organisation", ["Ұйым", "Организация", "Organisation"]),
    ("service", ["Қызмет", "Услуга", "Service"]),
    ("outcome", ["Нәтижесі", "Результат", "Outcome"]),
    ("place", ["Жер", "Место", "Place"]),
    ("location", ["Орналасқан жері", "Местоположение", "Location"]),
    ("distance", ["Қашықтық, м", "Расстояние, м", "Distance, m"]),
    ("accuracy", ["Дәлдігі, м", "Точность, м", "Accuracy, m"]),
    ("parent", ["Ата-ана", "Родитель", "Parent"]),
    ("decision", ["Шешім", "Решение", "Decision"]),
    ("decision-reason", ["Шешімнің себебі", "Причина решения", "Reason"]),
    ("flags", ["Белгілер", "Отметки", "Flags"]),
    ("late", ["Кейін енгізілу себебі", "Почему внесён позже", "Why late"]),
    ("cancelled", ["Алып тасталу себебі", "Почему отменён", "Why taken back"]),
    ("state", ["Күйі", "Состояние", "State"]),
    ("record", ["Жазба", "Запись", "Record"]),
];

/// Held or nobody at home.
pub const OUTCOMES: &[Word] = &[
    ("held", ["Қызмет көрсетілді", "Услуга оказана", "Service given"]),
    ("nobody-home", ["Үйде ешкім болмады", "Никого не было дома", "Nobody at home"]),
];

/// Why an entry is late.
pub const LATE: &[Word] = &[
    ("device-failed", ["Құрылғы істемей қалды", "Устройство не работало", "The device did not work"]),
    (
        "device-forgotten",
        ["Құрылғы жанымда болмады", "Устройства не было с собой", "The device was not at hand"],
    ),
    ("forgotten", ["Тіркеуді ұмыттым", "Забыли зарегистрировать", "Registering was forgotten"]),
    (
        "child-needed-care",
        [
            "Баланың жағдайы мүмкіндік бермеді",
            "Состояние ребёнка не позволило",
            "The state of the child did not allow it",
        ],
    ),
    ("other", ["Басқа себеп", "Другая причина", "Another reason"]),
];

/// Why there is no position.
pub const UNAVAILABLE: &[Word] = &[
    (
        "denied",
        [
            "Орналасқан жерге рұқсат берілмеген",
            "Нет разрешения на местоположение",
            "No permission to read the location",
        ],
    ),
    (
        "off",
        [
            "Құрылғыда орналасқан жер өшірулі",
            "Местоположение на устройстве выключено",
            "Location is switched off on the device",
        ],
    ),
    ("no-consent", ["Геолокацияға келісім жоқ", "Нет согласия на геолокацию", "No consent to geolocation"]),
    (
        "unsupported",
        [
            "Құрылғы орналасқан жерді анықтай алмайды",
            "Устройство не умеет определять местоположение",
            "The device cannot tell its location",
        ],
    ),
    (
        "no-agent",
        [
            "Компьютердің орналасу қызметі жауап бермеді",
            "Служба местоположения компьютера не ответила",
            "The location service of the computer did not answer",
        ],
    ),
    (
        "timeout",
        [
            "Белгіленген уақыт ішінде анықталмады",
            "За отведённое время не определилось",
            "Not found in the time given",
        ],
    ),
    (
        "stale",
        [
            "Құрылғы бұрынғы орнын көрсетті, ол есепке алынбады",
            "Устройство дало старое место, оно не учтено",
            "The device offered an old place, it was not used",
        ],
    ),
    (
        "null-island",
        [
            "Құрылғы мүмкін емес орынды (0, 0) көрсетті, ол есепке алынбады",
            "Устройство дало несуществующее место (0, 0), оно не учтено",
            "The device offered a place that cannot be (0, 0), it was not used",
        ],
    ),
    (
        "interrupted",
        [
            "Қолданба жабылып қалып, оқу үзілді",
            "Приложение закрылось, считывание прервано",
            "The app was closed and reading broke off",
        ],
    ),
    (
        "after-visit",
        [
            "Келу бұрын аяқталған, сондықтан оқылмады",
            "Визит давно закончился, поэтому не считывалось",
            "The visit was long over, so nothing was read",
        ],
    ),
];

/// Why a coordinator decided so.
pub const REVIEW_REASONS: &[Word] = &[
    ("in-order", ["Бәрі дұрыс", "Всё верно", "All in order"]),
    (
        "explained",
        ["Белгіленген жайттың себебі түсіндірілді", "Отмеченное объяснено", "What was flagged is explained"],
    ),
    (
        "family-called",
        ["Отбасы телефонмен растады", "Семья подтвердила по телефону", "The family confirmed by telephone"],
    ),
    ("wrong-time", ["Уақытын түзету керек", "Нужно исправить время", "The time must be put right"]),
    ("wrong-service", ["Қызметін түзету керек", "Нужно исправить услугу", "The service must be put right"]),
    (
        "duplicate",
        ["Бір келу екі рет енгізілген", "Один визит внесён дважды", "The same visit was entered twice"],
    ),
    ("wrong-place", ["Жері сәйкес келмейді", "Место не подходит", "The place does not fit"]),
    ("not-held", ["Келу болмаған", "Визита не было", "The visit did not take place"]),
    ("more-needed", ["Қосымша түсініктеме керек", "Нужны пояснения", "An explanation is needed"]),
];

/// Why a visit was taken back.
pub const CORRECTIONS: &[Word] = &[
    ("undone", ["Бірден алып тасталды", "Отменено сразу", "Undone at once"]),
    ("wrong-child", ["Басқа бала таңдалған", "Выбран не тот ребёнок", "Wrong child"]),
    ("wrong-service", ["Басқа қызмет таңдалған", "Выбрана не та услуга", "Wrong service"]),
    ("wrong-time", ["Уақыты қате", "Неверное время", "Wrong time"]),
    (
        "duplicate",
        ["Бір келу екі рет енгізілген", "Один визит внесён дважды", "The same visit was entered twice"],
    ),
    ("returned", ["Үйлестіруші түзетуді сұрады", "Попросил координатор", "The coordinator asked for it"]),
    ("other", ["Басқа себеп", "Другая причина", "Another reason"]),
];

/// Why a representative says that it was not so.
pub const DISPUTES: &[Word] = &[
    ("nobody-came", ["Ешкім келген жоқ", "Никто не приходил", "Nobody came"]),
    ("other-person", ["Басқа адам келді", "Приходил другой человек", "Somebody else came"]),
    ("other-time", ["Басқа уақытта келді", "Приходили в другое время", "It was at another time"]),
    ("other-place", ["Басқа жерде болды", "Было в другом месте", "It was at another place"]),
    ("other-service", ["Басқа қызмет көрсетілді", "Была другая услуга", "It was another service"]),
    ("child-absent", ["Бала ол жерде болған жоқ", "Ребёнка там не было", "The child was not there"]),
    ("other", ["Басқа себеп", "Другая причина", "Another reason"]),
];

/// Lines of a visit's story, by the kind of the statement without `visit-`.
pub const STORY: &[Word] = &[
    ("registered", ["Келу тіркелді", "Визит зарегистрирован", "Visit registered"]),
    ("located", ["Орналасқан жер жазылды", "Записано местоположение", "Location recorded"]),
    ("noted", ["Ескертпе жазылды", "Записана заметка", "Note written"]),
    ("finished", ["Келу аяқталды", "Визит завершён", "Visit finished"]),
    ("confirmed", ["Ата-ана растады", "Родитель подтвердил", "Parent confirmed"]),
    (
        "disputed",
        ["Ата-ана «олай емес» деді", "Родитель ответил «Это не так»", "Parent said \"That is not right\""],
    ),
    ("reviewed", ["Үйлестіруші қарады", "Координатор рассмотрел", "Reviewed by a coordinator"]),
    ("corrected", ["Түзету енгізілді", "Внесено исправление", "Correction made"]),
];

/// What a person should look at.
pub const FLAGS: &[Word] = &[
    ("no-location", ["Орны оқылмаған", "Нет местоположения", "No location"]),
    ("low-accuracy", ["Дәлдігі төмен", "Низкая точность", "Low accuracy"]),
    ("far-from-place", ["Мекенжайдан тыс", "Не на месте", "Away from the place"]),
    ("mock-location", ["Орны қолдан жасалған", "Место подменено", "Simulated location"]),
    ("late-entry", ["Кейін енгізілген", "Внесён позже", "Entered later"]),
    ("outside-care-team", ["Сүйемелдеу тобында жоқ", "Не в команде", "Not in the care team"]),
    ("outside-engagement", ["Ұйымда жұмыс істемейді", "Не работает в организации", "Not engaged here"]),
    ("agreement-outdated", ["Келісімі ескірген", "Соглашение устарело", "Agreement outdated"]),
    ("key-revoked", ["Құрылғысы тоқтатылған", "Устройство отозвано", "Device revoked"]),
    ("no-authority", ["Өкілеттігі жоқ", "Нет полномочий", "No authority"]),
    ("fork", ["Журналы екіге айырылған", "Журнал раздвоился", "Series forked"]),
    ("split-view", ["Басқа журналға сілтейді", "Ссылается на чужой журнал", "Refers to another log"]),
    ("unreadable-content", ["Мазмұны оқылмайды", "Содержание не читается", "Content unreadable"]),
    ("disputed", ["Ата-ана даулады", "Родитель оспорил", "Disputed by a parent"]),
    ("unconfirmed", ["Ата-ана жауап бермеген", "Родитель не ответил", "No answer from a parent"]),
    ("unknown-subject", ["Бала не жер белгісіз", "Неизвестный ребёнок или место", "Unknown child or place"]),
    ("time-in-doubt", ["Уақыты күмәнді", "Время вызывает сомнение", "Time in doubt"]),
    ("copied-location", ["Координатасы қайталанған", "Координаты повторяются", "Repeated coordinates"]),
    ("impossible-travel", ["Жолға уақыт жетпейді", "Не успеть доехать", "Impossible journey"]),
    ("clock-changed", ["Сағат ауыстырылған", "Часы переставлены", "Clock changed"]),
    ("visits-overlap", ["Келулер қабаттасады", "Визиты пересекаются", "Visits overlap"]),
    ("duplicate-visit", ["Келу қайталанған", "Повтор визита", "Entered twice"]),
    ("late-sync", ["Кеш жіберілген", "Отправлено поздно", "Sent late"]),
    ("one-device", ["Бір құрылғыдан", "С одного устройства", "One device"]),
    ("many-answers", ["Жауап тым көп", "Слишком много ответов", "Too many answers"]),
];

/// Where a record is on its way.
pub const TRANSPORT: &[Word] = &[
    ("saved", ["Осы құрылғыда сақталды", "Сохранено на этом устройстве", "Saved on this device"]),
    ("sent", ["Жіберілді", "Отправлено", "Sent"]),
    ("registered", ["Оператор тіркеді", "Зарегистрировано оператором", "Registered by the operator"]),
    ("refused", ["Оператор қабылдамады", "Оператор отклонил", "Refused by the operator"]),
];

/// Where the review stands.
pub const REVIEW: &[Word] = &[
    ("open", ["Қаралмаған", "Не рассмотрен", "Not reviewed"]),
    ("accepted", ["Қабылданды", "Принят", "Accepted"]),
    ("returned", ["Қайтарылды", "Возвращён", "Returned"]),
];

/// What the representatives answered.
pub const CONFIRMATION: &[Word] = &[
    ("none", ["Жауап күтілуде", "Ждём ответа", "Awaiting an answer"]),
    (
        "confirmed-on-device",
        [
            "Маманның құрылғысында расталды",
            "Подтверждён на устройстве специалиста",
            "Confirmed on the specialist’s device",
        ],
    ),
    ("confirmed", ["Расталды", "Подтверждён", "Confirmed"]),
    ("disputed", ["Даулы", "Оспорен", "Disputed"]),
];

/// At the place or not.
pub const PRESENCE: &[Word] = &[
    ("inside", ["Мекенжайда", "На месте", "At the place"]),
    ("outside", ["Мекенжайдан тыс", "Не на месте", "Away from the place"]),
    ("unknown", ["Дәл емес", "Неточно", "Not exact"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_the_screens_say() {
        let screens = [
            include_str!("../../../ui/src/lib/i18n/kk/words.ts"),
            include_str!("../../../ui/src/lib/i18n/ru/words.ts"),
            include_str!("../../../ui/src/lib/i18n/en/words.ts"),
        ];
        for words in [
            OUTCOMES,
            LATE,
            UNAVAILABLE,
            REVIEW_REASONS,
            CORRECTIONS,
            DISPUTES,
            FLAGS,
            TRANSPORT,
            REVIEW,
            CONFIRMATION,
            PRESENCE,
        ] {
            for (code, texts) in words {
                for (screen, text) in screens.iter().zip(texts) {
                    let quoted = [format!("'{code}': '{text}'"), format!("{code}: '{text}'")];
                    assert!(quoted.iter().any(|quoted| screen.contains(quoted)), "{code}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_story_is_told_as_on_the_screens() {
        let screens = [
            include_str!("../../../ui/src/lib/i18n/kk/story.ts"),
            include_str!("../../../ui/src/lib/i18n/ru/story.ts"),
            include_str!("../../../ui/src/lib/i18n/en/story.ts"),
        ];
        for (code, texts) in STORY {
            for (screen, text) in screens.iter().zip(texts) {
                assert!(screen.contains(&format!("{code}: '{text}'")), "{code}: {text}");
            }
        }
    }

    #[test]
    fn every_flag_and_reason_has_its_words() {
        for flag in crate::flag::Flag::ALL {
            assert!(FLAGS.iter().any(|(code, _)| *code == flag.as_str()), "{flag}");
        }
        for reason in crate::content::UnavailableReason::ALL {
            assert!(UNAVAILABLE.iter().any(|(code, _)| *code == reason.as_str()));
        }
        assert_eq!(word(PRESENCE, "inside", Locale::Kk), "Мекенжайда");
        assert_eq!(word(PRESENCE, "new-code", Locale::Kk), "new-code");
    }
}
