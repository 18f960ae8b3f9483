//! Words of the file in the three languages. They are those of the screens, and a test compares them.

use domain::content::Locale;

/// A code and its words: Kazakh, Russian, English.
pub(super) type Word = (&'static str, [&'static str; 3]);

/// The word of a code in a language; an unknown code stands for itself.
pub(super) fn word(words: &'static [Word], code: &str, locale: Locale) -> String {
    let found = words.iter().find(|(known, _)| *known == code);
    found.map_or_else(|| code.to_owned(), |(_, texts)| in_locale(texts, locale).to_owned())
}

/// One of three texts.
pub(super) const fn in_locale(texts: &[&'static str; 3], locale: Locale) -> &'static str {
    match locale {
        Locale::Kk => texts[0],
        Locale::Ru => texts[1],
        Locale::En => texts[2],
    }
}

/// Heads of the columns, in the order of the file.
pub(super) const HEADS: [[&str; 3]; 20] = [
    ["Басталуы", "Начало", "Start"],
    ["Аяқталуы", "Окончание", "End"],
    ["Бала", "Ребёнок", "Child"],
    ["Маман", "Специалист", "Specialist"],
    ["Лауазымы", "Должность", "Position"],
    ["Ұйым", "Организация", "Organisation"],
    ["Қызмет", "Услуга", "Service"],
    ["Нәтижесі", "Результат", "Outcome"],
    ["Жер", "Место", "Place"],
    ["Орналасқан жері", "Местоположение", "Location"],
    ["Қашықтық, м", "Расстояние, м", "Distance, m"],
    ["Дәлдігі, м", "Точность, м", "Accuracy, m"],
    ["Ата-ана", "Родитель", "Parent"],
    ["Шешім", "Решение", "Decision"],
    ["Шешімнің себебі", "Причина решения", "Reason"],
    ["Белгілер", "Отметки", "Flags"],
    ["Кейін енгізілу себебі", "Почему внесён позже", "Why late"],
    ["Алып тасталу себебі", "Почему отменён", "Why taken back"],
    ["Күйі", "Состояние", "State"],
    ["Жазба", "Запись", "Record"],
];

/// Held or nobody at home.
pub(super) const OUTCOMES: &[Word] = &[
    ("held", ["Қызмет көрсетілді", "Услуга оказана", "Service given"]),
    ("nobody-home", ["Үйде ешкім болмады", "Никого не было дома", "Nobody at home"]),
];

/// Why an entry is late.
pub(super) const LATE: &[Word] = &[
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
pub(super) const UNAVAILABLE: &[Word] = &[
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
pub(super) const REVIEW_REASONS: &[Word] = &[
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
pub(super) const CORRECTIONS: &[Word] = &[
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

/// What a person should look at.
pub(super) const FLAGS: &[Word] = &[
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
pub(super) const TRANSPORT: &[Word] = &[
    ("saved", ["Осы құрылғыда сақталды", "Сохранено на этом устройстве", "Saved on this device"]),
    ("sent", ["Жіберілді", "Отправлено", "Sent"]),
    ("registered", ["Оператор тіркеді", "Зарегистрировано оператором", "Registered by the operator"]),
    ("refused", ["Оператор қабылдамады", "Оператор отклонил", "Refused by the operator"]),
];

/// Where the review stands.
pub(super) const REVIEW: &[Word] = &[
    ("open", ["Қаралмаған", "Не рассмотрен", "Not reviewed"]),
    ("accepted", ["Қабылданды", "Принят", "Accepted"]),
    ("returned", ["Қайтарылды", "Возвращён", "Returned"]),
];

/// What the representatives answered.
pub(super) const CONFIRMATION: &[Word] = &[
    ("none", ["Жауап күтілуде", "Ждём ответа", "Awaiting an answer"]),
    ("confirmed", ["Расталды", "Подтверждён", "Confirmed"]),
    ("disputed", ["Даулы", "Оспорен", "Disputed"]),
];

/// At the place or not.
pub(super) const PRESENCE: &[Word] = &[
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
            include_str!("../../../../ui/src/lib/i18n/kk/words.ts"),
            include_str!("../../../../ui/src/lib/i18n/ru/words.ts"),
            include_str!("../../../../ui/src/lib/i18n/en/words.ts"),
        ];
        for words in [
            OUTCOMES,
            LATE,
            UNAVAILABLE,
            REVIEW_REASONS,
            CORRECTIONS,
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
    fn every_flag_and_reason_has_its_words() {
        for flag in domain::flag::Flag::ALL {
            assert!(FLAGS.iter().any(|(code, _)| *code == flag.as_str()), "{flag}");
        }
        for reason in domain::content::UnavailableReason::ALL {
            assert!(UNAVAILABLE.iter().any(|(code, _)| *code == reason.as_str()));
        }
        assert_eq!(word(PRESENCE, "inside", Locale::Kk), "Мекенжайда");
        assert_eq!(word(PRESENCE, "new-code", Locale::Kk), "new-code");
    }
}
