//! Who and what the demo is made of. Names come from a fictional list; identification numbers have serials 9101 and up,
//! telephone numbers lie in +7 701 000 00 xx. No real person is meant.

use domain::content::Role;

pub(super) const ORGANISATION_KK: &str = "«Қамқор Жүрек» қоғамдық бірлестігі";
pub(super) const ORGANISATION_RU: &str = "Общественное объединение «Қамқор Жүрек»";
pub(super) const ORGANISATION_BIN: &str = "260140999993";

pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) iin: &'static str,
    pub(super) phone: &'static str,
}

pub(super) struct Staff {
    pub(super) person: Person,
    pub(super) position_kk: &'static str,
    pub(super) position_ru: &'static str,
    pub(super) roles: &'static [Role],
    pub(super) by_contract: bool,
}

pub(super) struct Place {
    pub(super) label: &'static str,
    pub(super) region: &'static str,
    pub(super) position: Option<(i32, i32)>,
}

pub(super) struct Child {
    pub(super) name: &'static str,
    pub(super) birth: &'static str,
    pub(super) iin: &'static str,
    pub(super) place: &'static str,
    pub(super) team: &'static [(&'static str, &'static str)],
    pub(super) parents: &'static [&'static str],
    pub(super) is_in_guardianship: bool,
}

/// The number of the person or child of that name.
pub(super) fn iin_of(name: &str) -> Option<&'static str> {
    let staff = STAFF.iter().map(|member| (member.person.name, member.person.iin));
    let parents = PARENTS.iter().map(|parent| (parent.name, parent.iin));
    let children = CHILDREN.iter().map(|child| (child.name, child.iin));
    staff.chain(parents).chain(children).find(|(other, _)| *other == name).map(|(_, iin)| iin)
}

const fn person(name: &'static str, iin: &'static str, phone: &'static str) -> Person {
    Person { name, iin, phone }
}

pub(super) const STAFF: &[Staff] = &[
    Staff {
        person: person("Сәрсенбаева Айгерім Бекқызы", "900417491015", "+77010000001"),
        position_kk: "Логопед",
        position_ru: "Логопед",
        roles: &[Role::Specialist],
        by_contract: false,
    },
    Staff {
        person: person("Жақыпбеков Нұрлан Ерланұлы", "861102391019", "+77010000002"),
        position_kk: "Емдік дене шынықтыру нұсқаушысы",
        position_ru: "Инструктор ЛФК",
        roles: &[Role::Specialist],
        by_contract: true,
    },
    Staff {
        person: person("Оспанова Гүлнар Маратқызы", "780125491010", "+77010000003"),
        position_kk: "",
        position_ru: "",
        roles: &[Role::Coordinator],
        by_contract: false,
    },
    Staff {
        person: person("Досмағамбетова Ақмарал Тілеуқызы", "830809491010", "+77010000004"),
        position_kk: "Дефектолог",
        position_ru: "Дефектолог",
        roles: &[Role::Specialist, Role::Coordinator],
        by_contract: false,
    },
];

pub(super) const PARENTS: &[Person] = &[
    person("Тұрсынбекова Сәуле Қайратқызы", "890312491019", "+77010000005"),
    person("Тұрсынбеков Ержан Болатұлы", "870730391012", "+77010000006"),
    person("Ғабдуллина Жанар Әділқызы", "911205491017", "+77010000007"),
    person("Қалиева Ләззат Серікқызы", "840521491017", "+77010000008"),
    person("Өтепбергенов Асқар Мұратұлы", "821014391013", "+77010000009"),
    person("Ыбыраева Меруерт Жанатқызы", "930208491014", "+77010000010"),
    person("Нұрмұхаммедбекова-Әбдіқалықова Шынар Сапарқызы", "880919491018", "+77010000011"),
    person("Шәріпова Индира Талғатқызы", "920627491010", "+77010000012"),
    person("Ақылбеков Данияр Өмірзақұлы", "801231391012", "+77010000013"),
    person("Үмбетова Қарлығаш Нұрғалиқызы", "610403491018", "+77010000014"),
    person("Һашимова Зейнеп Ринатқызы", "900116491019", "+77010000015"),
    person("Имашев Олжас Бауыржанұлы", "850329391019", "+77010000016"),
];

pub(super) const PLACES: &[Place] = &[
    Place {
        label: "Астана, Абай даңғылы 12, 45-пәтер",
        region: "KZ-71",
        position: Some((511_605_000, 714_704_000)),
    },
    Place {
        label: "Астана, Сығанақ көшесі 29, 8-пәтер",
        region: "KZ-71",
        position: Some((511_281_000, 714_302_000)),
    },
    Place {
        label: "Астана, Бөгенбай батыр даңғылы 54, 3-пәтер",
        region: "KZ-71",
        position: Some((511_753_000, 714_146_000)),
    },
    Place {
        label: "Астана, Жұмабаев көшесі 18, 112-пәтер",
        region: "KZ-71",
        position: Some((511_490_000, 714_927_000)),
    },
    Place {
        label: "Астана, Тәуелсіздік даңғылы 34, 67-пәтер",
        region: "KZ-71",
        position: Some((511_253_000, 714_678_000)),
    },
    Place {
        label: "Астана, Күйші Дина көшесі 23, 19-пәтер",
        region: "KZ-71",
        position: Some((511_549_000, 714_988_000)),
    },
    Place {
        label: "Астана, Кенесары көшесі 70, 31-пәтер",
        region: "KZ-71",
        position: Some((511_668_000, 714_085_000)),
    },
    Place {
        label: "Қосшы қаласы, Республика көшесі 5-үй",
        region: "KZ-11",
        position: Some((509_766_000, 713_497_000)),
    },
    Place {
        label: "Талапкер ауылы, Тың көшесі 17-үй", region: "KZ-11", position: None
    },
    Place {
        label: "Астана, Ілияс Омаров көшесі 11, 54-пәтер",
        region: "KZ-71",
        position: Some((510_905_000, 714_195_000)),
    },
    Place {
        label: "Астана, Шәкәрім Құдайбердіұлы даңғылы 25, 90-пәтер",
        region: "KZ-71",
        position: Some((511_467_000, 715_123_000)),
    },
];

pub(super) const CHILDREN: &[Child] = &[
    Child {
        name: "Тұрсынбек Әлихан Ержанұлы",
        birth: "2018-07-09",
        iin: "180709592014",
        place: "Астана, Абай даңғылы 12, 45-пәтер",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Жақыпбеков Нұрлан Ерланұлы", "exercise-therapy"),
        ],
        parents: &["Тұрсынбекова Сәуле Қайратқызы", "Тұрсынбеков Ержан Болатұлы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Ғабдулла Аружан Нұрболқызы",
        birth: "2017-02-14",
        iin: "170214692018",
        place: "Астана, Сығанақ көшесі 29, 8-пәтер",
        team: &[("Сәрсенбаева Айгерім Бекқызы", "speech-therapy")],
        parents: &["Ғабдуллина Жанар Әділқызы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Ғабдулла Арсен Нұрболұлы",
        birth: "2020-11-23",
        iin: "201123592018",
        place: "Астана, Сығанақ көшесі 29, 8-пәтер",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Жақыпбеков Нұрлан Ерланұлы", "exercise-therapy"),
        ],
        parents: &["Ғабдуллина Жанар Әділқызы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Қали Медина Дәуренқызы",
        birth: "2019-05-30",
        iin: "190530692015",
        place: "Астана, Бөгенбай батыр даңғылы 54, 3-пәтер",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Досмағамбетова Ақмарал Тілеуқызы", "special-education"),
        ],
        parents: &["Қалиева Ләззат Серікқызы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Өтепберген Нұрислам Асқарұлы",
        birth: "2016-09-01",
        iin: "160901592014",
        place: "Астана, Жұмабаев көшесі 18, 112-пәтер",
        team: &[("Жақыпбеков Нұрлан Ерланұлы", "exercise-therapy")],
        parents: &["Өтепбергенов Асқар Мұратұлы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Ыбырай Айзере Қуанышқызы",
        birth: "2021-01-18",
        iin: "210118692016",
        place: "Астана, Тәуелсіздік даңғылы 34, 67-пәтер",
        team: &[("Сәрсенбаева Айгерім Бекқызы", "speech-therapy")],
        parents: &["Ыбыраева Меруерт Жанатқызы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Нұрмұхаммедбекова-Әбдіқалықова Ақбота Ғалымжанқызы",
        birth: "2018-12-27",
        iin: "181227692013",
        place: "Астана, Күйші Дина көшесі 23, 19-пәтер",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Жақыпбеков Нұрлан Ерланұлы", "exercise-therapy"),
        ],
        parents: &["Нұрмұхаммедбекова-Әбдіқалықова Шынар Сапарқызы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Шәріп Имран Русланұлы",
        birth: "2019-08-06",
        iin: "190806592013",
        place: "Астана, Кенесары көшесі 70, 31-пәтер",
        team: &[("Сәрсенбаева Айгерім Бекқызы", "speech-therapy")],
        parents: &["Шәріпова Индира Талғатқызы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Ақылбек Жансая Даниярқызы",
        birth: "2015-04-11",
        iin: "150411692015",
        place: "Қосшы қаласы, Республика көшесі 5-үй",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Досмағамбетова Ақмарал Тілеуқызы", "special-education"),
        ],
        parents: &["Ақылбеков Данияр Өмірзақұлы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Үмбет Бекзат Айдосұлы",
        birth: "2017-10-20",
        iin: "171020592010",
        place: "Талапкер ауылы, Тың көшесі 17-үй",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Жақыпбеков Нұрлан Ерланұлы", "exercise-therapy"),
        ],
        parents: &["Үмбетова Қарлығаш Нұрғалиқызы"],
        is_in_guardianship: true,
    },
    Child {
        name: "Һашим Әмина Тимурқызы",
        birth: "2020-03-08",
        iin: "200308692017",
        place: "Астана, Ілияс Омаров көшесі 11, 54-пәтер",
        team: &[("Сәрсенбаева Айгерім Бекқызы", "speech-therapy")],
        parents: &["Һашимова Зейнеп Ринатқызы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Имаш Ерасыл Олжасұлы",
        birth: "2016-06-15",
        iin: "160615592015",
        place: "Астана, Шәкәрім Құдайбердіұлы даңғылы 25, 90-пәтер",
        team: &[
            ("Жақыпбеков Нұрлан Ерланұлы", "exercise-therapy"),
            ("Досмағамбетова Ақмарал Тілеуқызы", "special-education"),
        ],
        parents: &["Имашев Олжас Бауыржанұлы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Имаш Інжу Олжасқызы",
        birth: "2019-01-02",
        iin: "190102692012",
        place: "Астана, Шәкәрім Құдайбердіұлы даңғылы 25, 90-пәтер",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Досмағамбетова Ақмарал Тілеуқызы", "special-education"),
        ],
        parents: &["Имашев Олжас Бауыржанұлы"],
        is_in_guardianship: false,
    },
    Child {
        name: "Қали Ұлпан Дәуренқызы",
        birth: "2022-05-16",
        iin: "220516692011",
        place: "Астана, Бөгенбай батыр даңғылы 54, 3-пәтер",
        team: &[
            ("Сәрсенбаева Айгерім Бекқызы", "speech-therapy"),
            ("Досмағамбетова Ақмарал Тілеуқызы", "special-education"),
        ],
        parents: &["Қалиева Ләззат Серікқызы"],
        is_in_guardianship: false,
    },
];
