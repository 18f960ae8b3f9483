//! What the page says beside the words of the screens, in Kazakh, Russian and English.

/// One phrase in the three languages.
pub(super) type Phrase = [&'static str; 3];

pub(super) const TITLE: Phrase = ["Келудің дәлелі", "Доказательства визита", "Evidence of a visit"];
pub(super) const INTRO: Phrase = [
    "Бұл бет оператор журналындағы қол қойылған жазбалардан жасалды. Бет қарап шығуға арналған, дәлелдің өзі – қасындағы файлдар.",
    "Эта страница составлена из подписанных записей журнала оператора. Она для чтения, само доказательство – файлы рядом с ней.",
    "This page was made from signed records in the log of the operator. It is for reading; the evidence itself is the files beside it.",
];
pub(super) const VISIT: Phrase = ["Келу", "Визит", "Visit"];
pub(super) const HIDDEN: Phrase =
    ["Бұл оқырманға көрсетілмейді", "Этому читателю не показывается", "Not shown to this reader"];
pub(super) const ERASED: Phrase = [
    "Мазмұны көрсетілмейді немесе заң бойынша өшірілген, қолтаңбасы қалды",
    "Содержание не показывается или стёрто по закону, подпись осталась",
    "The content is not shown or was lawfully erased; its signature stays",
];
pub(super) const CANCELLED: Phrase = [
    "Келу алып тасталды, есепке алынбайды",
    "Визит отменён и не засчитывается",
    "The visit was taken back and does not count",
];
pub(super) const STORY: Phrase = ["Келудің тарихы", "История визита", "Story of the visit"];
pub(super) const STORY_HINT: Phrase = [
    "Әр жол – қол қойылған бөлек жазба. Уақыт құрылғының сағаты бойынша жазылған; астында оператор журналы дәлелдейтін аралық тұр.",
    "Каждая строка – отдельная подписанная запись. Время указано по часам устройства; ниже – промежуток, который доказывает журнал оператора.",
    "Each line is a signed record of its own. The time is that of the device's clock; below it stands the interval that the operator's log proves.",
];
pub(super) const WHO: Phrase = ["Кім", "Кто", "Who"];
pub(super) const SIGNED_ON: Phrase = ["Қай құрылғыда", "На каком устройстве", "On which device"];
pub(super) const BY_GUEST: Phrase = [
    "Маманның құрылғысында, өзінің PIN-кодымен: дәлел ретінде әлсіздеу",
    "На устройстве специалиста, со своим ПИН-кодом: более слабое доказательство",
    "On the specialist’s device, with a PIN of their own: weaker evidence",
];
pub(super) const NOT_BEFORE: Phrase = ["ерте емес", "не раньше", "not before"];
pub(super) const NOT_AFTER: Phrase = ["кеш емес", "не позже", "not after"];
pub(super) const PROVEN: Phrase = ["Дәлелденген уақыт", "Доказанное время", "Proven time"];
pub(super) const UNPROVEN: Phrase = ["дәлелденбеген", "не доказано", "not proven"];
pub(super) const OUTSIDE: Phrase = [
    "Құрылғы көрсеткен уақыт бұл аралықтан тыс",
    "Время устройства вне этого промежутка",
    "The time of the device lies outside this interval",
];
pub(super) const NO_FLAGS: Phrase = ["Белгі жоқ", "Отметок нет", "No flags"];
pub(super) const ACCURACY: Phrase = ["дәлдігі", "точность", "accuracy"];
pub(super) const METRES: Phrase = ["м", "м", "m"];
pub(super) const PROVES: Phrase = ["Нені дәлелдейді", "Что это доказывает", "What this proves"];
pub(super) const PROVES_LIST: [Phrase; 4] = [
    [
        "Әр жазбаға осында аталған адамның құрылғысы қол қойды, содан бері бірде-бір әрпі өзгерген жоқ.",
        "Каждую запись подписало устройство названного здесь человека, и с тех пор в ней не изменилась ни одна буква.",
        "Each record was signed by the device of the person named here, and not a letter of it has changed since.",
    ],
    [
        "Құрылғы кімдікі екенін және ол адамның құқығын оператор өз қолтаңбасымен растады.",
        "Чьё это устройство и какие права у человека, оператор подтвердил своей подписью.",
        "Whose device it is, and what that person is entitled to, the operator confirmed with its signature.",
    ],
    [
        "Әр жазба оператор журналында тұр: оны журналдан байқатпай алып тастау не ауыстыру мүмкін емес.",
        "Каждая запись стоит в журнале оператора: незаметно убрать или подменить её нельзя.",
        "Each record stands in the operator's log, from which it cannot be taken or exchanged unnoticed.",
    ],
    [
        "Әр жазба дәлелденген уақыт аралығында жасалды.",
        "Каждая запись сделана в пределах доказанного времени.",
        "Each record was made within its proven time.",
    ],
];
pub(super) const PROVES_NOT: Phrase =
    ["Нені дәлелдемейді", "Чего это не доказывает", "What this does not prove"];
pub(super) const PROVES_NOT_LIST: [Phrase; 3] = [
    [
        "Айтылғанның шындығын: журнал кімнің, қашан, не дегенін көрсетеді.",
        "Что сказанное – правда: журнал показывает, кто, когда и что сказал.",
        "That what was said is true: the log shows who said what, and when.",
    ],
    [
        "Белгілерді: олар оператордың ескертулері, оларға қарап адам шешеді.",
        "Отметки: это замечания оператора, решает по ним человек.",
        "The flags: they are remarks of the operator, and a person decides.",
    ],
    [
        "Бұл оқырманға көрсетілмейтін басқа жазбалардың жоқ екенін.",
        "Что нет других записей, которые этому читателю не показываются.",
        "That there are no other records which this reader may not see.",
    ],
];
pub(super) const CHECK: Phrase = ["Қалай тексеруге болады", "Как проверить", "How to check it"];
pub(super) const CHECK_HINT: Phrase = [
    "Кілттің ізін оператордан емес, басқа жерден алған дұрыс: ол әр белсендіру парағында жазылған. Содан кейін желісіз компьютерде мына команданы беріңіз (verifier/README.md):",
    "Отпечаток ключа лучше взять не у оператора: он есть на каждом листе активации. Затем на компьютере без сети выполните команду (verifier/README.md):",
    "Take the fingerprint of the key from somebody other than the operator: it stands on every activation sheet. Then, on a computer without a network, run (verifier/README.md):",
];
pub(super) const KEY: Phrase =
    ["Оператор кілтінің ізі", "Отпечаток ключа оператора", "Fingerprint of the operator's key"];
pub(super) const OPERATOR: Phrase = ["Оператор", "Оператор", "Operator"];
pub(super) const READER: Phrase = ["Кімге жасалды", "Для кого", "Made for"];
pub(super) const FOR_ORGANISATION: Phrase =
    ["Ұйымның үйлестірушілеріне", "Для координаторов организации", "The coordinators of the organisation"];
pub(super) const FOR_EVERYTHING: Phrase = ["Толық көлемде", "В полном объёме", "In full"];
pub(super) const MADE: Phrase = ["Жасалған уақыты", "Составлено", "Made"];
pub(super) const RECORDS: Phrase = ["Жазбалар", "Записи", "Records"];
pub(super) const LOG: Phrase = ["Журналдағы жазбалар", "Записей в журнале", "Records in the log"];
pub(super) const RECORD: Phrase = ["Журналдағы орны", "Место в журнале", "Place in the log"];
