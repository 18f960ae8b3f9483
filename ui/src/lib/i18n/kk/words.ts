import type {
  ConfirmationState, CorrectionCode, DisputeCode, LateCode, OutcomeCode, PresenceCode, RefusalCode, ReviewReasonCode,
  ReviewState, RoleCode, Transport, UnavailableCode,
} from '../../ipc/types';

type Coded = {
  role: Record<RoleCode, string>;
  outcome: Record<OutcomeCode, string>;
  late: Record<LateCode, string>;
  unavailable: Record<UnavailableCode, string>;
  dispute: Record<DisputeCode, string>;
  review: Record<ReviewReasonCode, string>;
  correction: Record<CorrectionCode, string>;
  flag: Record<string, string>;
  transport: Record<Transport, string>;
  reviewState: Record<ReviewState, string>;
  confirmation: Record<ConfirmationState, string>;
  presence: Record<PresenceCode, string>;
  refusal: Record<RefusalCode, string>;
  region: Record<string, string>;
};

/** Words for the codes of the domain: the keys are the codes in signed statements. */
export const words = {
  role: { specialist: 'Маман', representative: 'Ата-ана (заңды өкіл)', coordinator: 'Үйлестіруші' },
  outcome: { held: 'Қызмет көрсетілді', 'nobody-home': 'Үйде ешкім болмады' },
  late: {
    'device-failed': 'Құрылғы істемей қалды',
    'device-forgotten': 'Құрылғы жанымда болмады',
    forgotten: 'Тіркеуді ұмыттым',
    'child-needed-care': 'Баланың жағдайы мүмкіндік бермеді',
    other: 'Басқа себеп',
  },
  unavailable: {
    denied: 'Орналасқан жерге рұқсат берілмеген',
    off: 'Құрылғыда орналасқан жер өшірулі',
    'no-consent': 'Геолокацияға келісім жоқ',
    unsupported: 'Құрылғы орналасқан жерді анықтай алмайды',
    'no-agent': 'Компьютердің орналасу қызметі жауап бермеді',
    timeout: 'Белгіленген уақыт ішінде анықталмады',
    stale: 'Құрылғы бұрынғы орнын көрсетті, ол есепке алынбады',
    'null-island': 'Құрылғы мүмкін емес орынды (0, 0) көрсетті, ол есепке алынбады',
    interrupted: 'Қолданба жабылып қалып, оқу үзілді',
    'after-visit': 'Келу бұрын аяқталған, сондықтан оқылмады',
  },
  dispute: {
    'nobody-came': 'Ешкім келген жоқ',
    'other-person': 'Басқа адам келді',
    'other-time': 'Басқа уақытта келді',
    'other-place': 'Басқа жерде болды',
    'other-service': 'Басқа қызмет көрсетілді',
    'child-absent': 'Бала ол жерде болған жоқ',
    other: 'Басқа себеп',
  },
  review: {
    'in-order': 'Бәрі дұрыс',
    explained: 'Белгіленген жайттың себебі түсіндірілді',
    'family-called': 'Отбасы телефонмен растады',
    'wrong-time': 'Уақытын түзету керек',
    'wrong-service': 'Қызметін түзету керек',
    duplicate: 'Бір келу екі рет енгізілген',
    'wrong-place': 'Жері сәйкес келмейді',
    'not-held': 'Келу болмаған',
    'more-needed': 'Қосымша түсініктеме керек',
  },
  correction: {
    undone: 'Бірден алып тасталды',
    'wrong-child': 'Басқа бала таңдалған',
    'wrong-service': 'Басқа қызмет таңдалған',
    'wrong-time': 'Уақыты қате',
    duplicate: 'Бір келу екі рет енгізілген',
    returned: 'Үйлестіруші түзетуді сұрады',
    other: 'Басқа себеп',
  },
  flag: {
    'no-location': 'Орны оқылмаған',
    'low-accuracy': 'Дәлдігі төмен',
    'far-from-place': 'Мекенжайдан тыс',
    'mock-location': 'Орны қолдан жасалған',
    'late-entry': 'Кейін енгізілген',
    'outside-care-team': 'Сүйемелдеу тобында жоқ',
    'outside-engagement': 'Ұйымда жұмыс істемейді',
    'agreement-outdated': 'Келісімі ескірген',
    'key-revoked': 'Құрылғысы тоқтатылған',
    'no-authority': 'Өкілеттігі жоқ',
    fork: 'Журналы екіге айырылған',
    'split-view': 'Басқа журналға сілтейді',
    'unreadable-content': 'Мазмұны оқылмайды',
    disputed: 'Ата-ана даулады',
    unconfirmed: 'Ата-ана жауап бермеген',
    'unknown-subject': 'Бала не жер белгісіз',
    'time-in-doubt': 'Уақыты күмәнді',
    'copied-location': 'Координатасы қайталанған',
    'impossible-travel': 'Жолға уақыт жетпейді',
    'clock-changed': 'Сағат ауыстырылған',
    'visits-overlap': 'Келулер қабаттасады',
    'duplicate-visit': 'Келу қайталанған',
    'late-sync': 'Кеш жіберілген',
    'one-device': 'Бір құрылғыдан',
    'many-answers': 'Жауап тым көп',
  },
  transport: { saved: 'Осы құрылғыда сақталды', sent: 'Жіберілді', registered: 'Оператор тіркеді', refused: 'Оператор қабылдамады' },
  reviewState: { open: 'Қаралмаған', accepted: 'Қабылданды', returned: 'Қайтарылды' },
  confirmation: {
    none: 'Жауап күтілуде',
    'confirmed-on-device': 'Маманның құрылғысында расталды',
    confirmed: 'Расталды', disputed: 'Даулы',
  },
  presence: { inside: 'Мекенжайда', outside: 'Мекенжайдан тыс', unknown: 'Дәл емес' },
  refusal: {
    'too-large': 'Жазба тым үлкен',
    'not-a-statement': 'Бұл жүйенің жазбасы емес',
    'bad-signature': 'Қолтаңбасы дұрыс емес',
    'unknown-key': 'Құрылғы кілті операторға белгісіз',
    'wrong-content': 'Мазмұны қолтаңбаға сәйкес емес',
  },
  /** ISO 3166-2 codes of the regions. */
  region: {
    'KZ-10': 'Абай облысы',
    'KZ-11': 'Ақмола облысы',
    'KZ-15': 'Ақтөбе облысы',
    'KZ-19': 'Алматы облысы',
    'KZ-23': 'Атырау облысы',
    'KZ-27': 'Батыс Қазақстан облысы',
    'KZ-31': 'Жамбыл облысы',
    'KZ-33': 'Жетісу облысы',
    'KZ-35': 'Қарағанды облысы',
    'KZ-39': 'Қостанай облысы',
    'KZ-43': 'Қызылорда облысы',
    'KZ-47': 'Маңғыстау облысы',
    'KZ-55': 'Павлодар облысы',
    'KZ-59': 'Солтүстік Қазақстан облысы',
    'KZ-61': 'Түркістан облысы',
    'KZ-62': 'Ұлытау облысы',
    'KZ-63': 'Шығыс Қазақстан облысы',
    'KZ-71': 'Астана қаласы',
    'KZ-75': 'Алматы қаласы',
    'KZ-79': 'Шымкент қаласы',
  },
} satisfies Coded;
