import type {
  AgreementDue, ChildCard, LocationView, PersonCard, PlaceView, ProofView, ReasonView, RoleCode, ServiceView, StoryEntry, VisitView,
} from './types';

// Everybody here is invented; see kazakhstan.md 1.3.
const organisation = { organisation_kk: '«Мейірім» қоғамдық қоры', organisation_ru: 'Общественный фонд «Мейірім»' };

export const specialist: PersonCard = {
  id: 'aa01', name: 'Қасымжанова Гүлбаршын Сырымбетқызы', position_kk: 'Логопед', position_ru: 'Логопед', ...organisation,
};
export const colleague: PersonCard = {
  id: 'aa02', name: 'Төлегенов Ерасыл', position_kk: 'Дефектолог', position_ru: 'Дефектолог', ...organisation,
};
export const coordinator: PersonCard = {
  id: 'aa03', name: 'Жұмабекова Әсел', position_kk: 'Үйлестіруші', position_ru: 'Координатор', ...organisation,
};
const nobody = { position_kk: null, position_ru: null, organisation_kk: null, organisation_ru: null };
export const mother: PersonCard = { id: 'bb01', name: 'Омарова Айнұр Бекқызы', ...nobody };
export const father: PersonCard = { id: 'bb02', name: 'Омаров Дәурен', ...nobody };

export const services: ServiceView[] = [
  { code: 'speech-therapy', kk: 'Логопед сабағы', ru: 'Занятие с логопедом', en: 'Speech therapy lesson' },
  { code: 'special-education', kk: 'Дефектолог сабағы', ru: 'Занятие с дефектологом', en: 'Special education lesson' },
  { code: 'psychologist', kk: 'Психолог сабағы', ru: 'Занятие с психологом', en: 'Session with a psychologist' },
  { code: 'social-medical', kk: 'Әлеуметтік-медициналық қызмет', ru: 'Социально-медицинская услуга', en: 'Medical care' },
];

const childNames = [
  'Омарова Аружан', 'Омаров Әлихан', 'Нұрмағамбетұлы-Ыбырайжанов Көктембек', 'Сейітқали Інжу', 'Беков Ғабит',
  'Ахметова Һажар', 'Қуанышбек Өркен', 'Ұзақбай Үміт',
];

export function childCards(hour_ms: number, now_ms: number): ChildCard[] {
  const cards = childNames.map((name, at): ChildCard => ({
    id: `cc0${at + 1}`,
    name,
    birth_date: `${2014 + (at % 6)}-0${1 + at}-15`,
    place_label: at < 2 ? 'Үй, Абай к. 12, 45-пәтер' : `Үй, Бейбітшілік к. ${at * 7}`,
    last_visit_ms: at === 7 ? null : now_ms - at * 26 * hour_ms,
    siblings: [],
    last_service: at === 7 ? null : 'speech-therapy',
    open_visit: null,
  }));
  const [first, second] = cards;
  if (first && second) {
    first.siblings = [{ id: second.id, name: second.name }];
    second.siblings = [{ id: first.id, name: first.name }];
  }
  return cards;
}

export const places: PlaceView[] = [
  { id: 'dd01', label: 'Үй, Абай к. 12, 45-пәтер', region: 'KZ-71', has_position: true, radius_m: 150 },
  { id: 'dd02', label: 'Үй, Бейбітшілік к. 14', region: 'KZ-71', has_position: false, radius_m: null },
];

export function fixAt(distance_m: number | null, accuracy_m: number | null): LocationView {
  const sure = accuracy_m !== null && accuracy_m <= 100 && distance_m !== null;
  return {
    state: 'fix', reason: null, latitude: '51.16050', longitude: '71.47040', accuracy_m, distance_m,
    presence: sure ? (distance_m <= 150 + accuracy_m ? 'inside' : 'outside') : 'unknown',
    place_unknown: distance_m === null,
  };
}

export function noFix(state: LocationView['state'], reason: LocationView['reason'] = null): LocationView {
  return {
    state, reason, latitude: null, longitude: null, accuracy_m: null, distance_m: null, presence: null, place_unknown: false,
  };
}

export function storyOf(visit: VisitView): StoryEntry[] {
  const registered = visit.transport.state === 'registered';
  const step = (entry: Partial<StoryEntry> & Pick<StoryEntry, 'kind' | 'at_ms'>): StoryEntry => ({
    statement: `${visit.id}-${entry.kind}`, who: visit.specialist, code: null, text: null, withheld: false, erased: false,
    on_specialists_device: false,
    transport: visit.transport, ...entry,
  });
  const story = [step({ kind: 'registered', at_ms: visit.started_at_ms, code: visit.late })];
  if (visit.location.state === 'fix' || visit.location.state === 'unavailable') {
    story.push(step({ kind: 'located', at_ms: visit.started_at_ms + 20_000, code: visit.location.reason }));
  }
  if (registered) story.push(step({ kind: 'operator-registered', at_ms: visit.started_at_ms + 60_000, who: null }));
  if (visit.note) story.push(step({ kind: 'noted', at_ms: visit.started_at_ms + 90_000, text: visit.note }));
  if (visit.finished_at_ms !== null) story.push(step({ kind: 'finished', at_ms: visit.finished_at_ms }));
  for (const answer of visit.answers) {
    story.push(step({
      kind: answer.confirmed ? 'confirmed' : 'disputed', at_ms: answer.answered_at_ms, who: answer.representative,
      code: answer.reason, on_specialists_device: answer.on_specialists_device,
    }));
  }
  if (visit.review !== 'open') {
    const at_ms = (visit.finished_at_ms ?? visit.started_at_ms) + 3_600_000;
    story.push(step({ kind: 'reviewed', at_ms, who: coordinator, code: visit.review_reason }));
  }
  return story;
}

/** A text of the same shape as the published ones, in one language only. */
export function agreementDue(role: RoleCode, effective_from_ms: number): AgreementDue {
  const clause = (number: string, text: string, items: string[] = []) => ({
    number, anchor: number, text, items: items.map((item) => ({ marker: '•', text: item })), tail: null,
  });
  return {
    document: role === 'representative' ? 'subject' : 'specialist',
    version: 1, locale: 'kk', locale_missing: false, locales: ['kk'], sha256: '5f'.repeat(32),
    effective_from_ms, announced: false,
    text: {
      title: ['Пайдаланушы келісімі', '«ESEP.OTAN-MEKTEP» жүйесі'],
      sections: [
        { number: '1', heading: 'Жалпы ережелер', clauses: [
          clause('1.1', 'Мен өз мәліметтерімді осы жүйеде өңдеуге еркімен рұқсат беремін. Мәліметтер тек осы келісімде аталған мақсаттарға жұмсалады.'),
          clause('1.2', 'Келісімнің барлық тармағын оқып шықтым және түсіндім.'),
        ] },
        { number: '2', heading: 'Орналасқан жер', clauses: [
          clause('2.1', 'Құрылғының орналасқан жері тек келу тіркелген сәтте бір рет оқылады.'),
          clause('2.2', 'Ол мына мақсаттарға керек:', ['келудің болғанын растау;', 'жалған жазбаның алдын алу;', 'есептің дұрыстығы.']),
          clause('2.3', 'Орналасқан жер өшірулі болса, келу есепке алынбауы мүмкін екенін түсінемін.'),
        ] },
        { number: '3', heading: 'Құпиялылық', clauses: [
          clause('3.1', 'Балалар мен ата-аналардың мәліметтерін үшінші тұлғаларға бермеймін, жарияламаймын және көшірмесін жасамаймын. '.repeat(4).trim()),
          clause('3.2', 'Міндеттемені бұзған жағдайда заң алдында жауап беретінімді білемін. '.repeat(4).trim()),
        ] },
      ],
      confirmations_lead: '«Кіру» батырмасын басу арқылы мен келесіні растаймын:',
      confirmations: [
        { number: 1, text: 'Балалар мен ата-аналардың мәліметтерін қорғауды міндетіме аламын.' },
        { number: 2, text: 'Келу тіркелген сәтте орналасқан жерімнің оқылуына келісемін.' },
        { number: 3, text: 'Барлық тармақпен таныстым және толық қабылдаймын.' },
        { number: 4, text: 'Бұл құжаттың электрондық нұсқасы қағаз нұсқасымен тең.' },
      ],
    },
    required_confirmations: [1, 3, 4], optional_geolocation: 2, ticked: [], end_reached: false, withdrawn_at_ms: null,
  };
}

/** A head of the operator ten minutes before, and the receipt a minute after. */
export function proofOf(visit: VisitView): ProofView {
  const registered = visit.transport.state === 'registered';
  return {
    not_before_ms: visit.started_at_ms - 600_000, not_after_ms: registered ? visit.started_at_ms + 60_000 : null, contradiction: false,
  };
}

export function reasonsOf(visit: VisitView): ReasonView[] {
  return visit.flags.map((flag) => ({
    flag, distance_m: flag === 'far-from-place' ? visit.location.distance_m : null, lasted_ms: null, other: null, other_started_at_ms: null,
  }));
}
