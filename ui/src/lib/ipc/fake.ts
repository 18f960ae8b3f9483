import type { Core, CoreEvents, Scan } from './core';
import { CoreError } from './error';
import {
  agreementDue, childCards, colleague, coordinator, father, fixAt, mother, noFix, places, proofOf, reasonsOf, services, specialist, storyOf,
} from './fake-data';
import type {
  AgreementDue, AppState, AsideView, CarriedParcelView, ChildCard, CourierView, GuestAnswer, HandOver, PersonCard, RenewalView, SetAside, RoleCode, RoomCode, Stage, SyncState, VisitQuery, VisitView,
} from './types';

const hour_ms = 3_600_000;

export type FakeOptions = {
  roles?: RoleCode[];
  stage?: Stage;
  visits?: number;
  offline?: boolean;
  locationReady?: boolean;
  empty?: boolean;
  /** Whether the disk takes a visit more. */
  room?: RoomCode;
  /** A check of the operator's log failed. */
  distrusted?: boolean;
  /** And the log really contradicts itself. */
  contradicts?: boolean;
  now_ms?: number;
  /** Accounts that were set aside before, by how far each is. */
  asides?: ('kept' | 'handed-over' | 'opened')[];
  renewals?: RenewalView[];
  /** How many parents have a PIN of their own on this device; the confirmed samples are theirs. */
  guests?: number;
  /** Visits that were erased by law. */
  erased?: number;
};

/** A core in memory: for tests of the screens and for looking at them in a browser. Nothing is signed or kept. */
export class FakeCore implements Core {
  state: AppState;
  list: VisitView[];
  cards: ChildCard[];
  bag: CourierView = { sealed: [], carried: [] };
  due: AgreementDue[];
  shelf: AsideView[];
  readonly calls: string[] = [];
  private readonly handlers = new Map<string, Set<(payload: never) => void>>();
  private readonly now_ms: number;
  private drafts = 0;
  private inHands = 'ee0000';
  private readonly given = new Map<string, boolean>();
  private distrusted: boolean;

  constructor(private readonly options: FakeOptions = {}) {
    const { roles = ['specialist'], stage = 'start', now_ms = Date.now(), visits = 14, empty = false } = options;
    this.now_ms = now_ms;
    this.distrusted = options.distrusted ?? false;
    this.state = {
      stage, preferences: { locale: 'kk', theme: 'system', text_scale: 100 },
      accounts: stage === 'start' ? [] : [account('1', '1'), account('2', 'Жұмыс')],
      account: stage === 'home' || stage === 'agreement' ? '1' : null, roles,
      display_name: stage === 'home' || stage === 'agreement' ? 'Гүлбаршын Қ.' : null,
      platform: 'linux', app_version: '0.1.0', offset_min: 300, pin_min_length: 8, pin_digits_only: false, default_address: null,
    };
    this.cards = empty ? [] : childCards(hour_ms, now_ms);
    this.list = empty ? [] : Array.from({ length: visits }, (_, at) => this.sample(at));
    this.shelf = (options.asides ?? []).map((state, at) => this.aside(state, at));
    this.due = stage === 'home' ? [] : [agreementDue(roles[0] ?? 'specialist', now_ms - 30 * 24 * hour_ms)];
  }

  on<E extends keyof CoreEvents>(event: E, handle: (payload: CoreEvents[E]) => void): () => void {
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers.add(handle as (payload: never) => void));
    return () => void handlers.delete(handle as (payload: never) => void);
  }
  emit<E extends keyof CoreEvents>(event: E, payload: CoreEvents[E]): void {
    this.handlers.get(event)?.forEach((handle) => handle(payload as never));
  }

  appState = this.command('appState', () => this.state);
  savePreferences = this.command('savePreferences', (preferences: AppState['preferences']) => {
    this.due = this.due.map((due) => ({ ...due, locale_missing: preferences.locale !== 'kk' }));
    return this.move({ preferences });
  });

  readCodeImage = this.command('readCodeImage', () => 'https://operator.example/enrol#QR');
  inspectOperator = this.command('inspectOperator', ({ code, link }: { code: string | null; link: string | null }) => {
    if (this.options.offline) throw new CoreError('offline');
    if (code?.startsWith('WRONG')) throw new CoreError('unknown-code');
    return {
      preview_id: 'p1', address: 'https://operator.example', name_kk: '«КазТехЭлектроника» ЖШС',
      name_ru: 'ТОО «КазТехЭлектроника»', bin: '110640022582',
      fingerprint_words: ['алма', 'дала', 'өзен', 'күн', 'тау', 'қайың'], confirmed_by_link: link !== null,
      code: code ?? 'ABCD1234EFGH5678',
    };
  });
  enrol = this.command('enrol', () =>
    this.move({ stage: 'agreement', account: '1', accounts: [account('1', '1')], display_name: 'Гүлбаршын Қ.' }),
  );
  unlock = this.command('unlock', ({ pin }: { pin: string }) => {
    if (pin !== '12345678') throw new CoreError('wrong-pin', '2');
    return this.move({ stage: this.due.length ? 'agreement' : 'home', account: '1', display_name: 'Гүлбаршын Қ.' });
  });
  lock = this.command('lock', () => this.move({ stage: 'locked', account: null, display_name: null }));
  setAside = this.command('setAside', ({ account, cause }: SetAside) => {
    const accounts = this.state.accounts.filter(({ id }) => id !== account);
    this.shelf.push({ ...this.aside('kept', 7), id: account, cause });
    return this.move({ stage: accounts.length ? 'locked' : 'start', account: null, accounts, display_name: null });
  });
  asides = this.command('asides', () => this.shelf);
  handOverAside = this.command('handOverAside', ({ id }: { id: string }) =>
    (this.shelf = this.shelf.map((one) => (one.id === id ? { ...one, handed_over_at_ms: this.now_ms } : one))),
  );
  saveAside = this.command('saveAside', () => ({ name: 'esep-0a1b2c3d4e5f.esep-recovery', path: '/Downloads' }));
  removeAside = this.command('removeAside', ({ id }: { id: string }) => (this.shelf = this.shelf.filter((one) => one.id !== id)));
  changePin = this.command('changePin', ({ old_pin }: { old_pin: string }) => {
    if (old_pin !== '12345678') throw new CoreError('wrong-pin', '1');
  });

  agreementsDue = this.command('agreementsDue', () => this.due);
  agreementOpened = this.command('agreementOpened', () => undefined);
  agreementEndReached = this.command('agreementEndReached', () => undefined);
  agreementTicked = this.command('agreementTicked', () => undefined);
  acceptAgreement = this.command('acceptAgreement', () => {
    this.due = this.due.slice(1);
    return this.move({ stage: this.due.some((due) => !due.announced) ? 'agreement' : 'home' });
  });
  declineAgreement = this.command('declineAgreement', () =>
    this.move({ stage: 'locked', account: null, accounts: this.state.accounts.filter(({ id }) => id !== this.state.account) }),
  );

  children = this.command('children', ({ search }: { search: string }) =>
    this.cards.filter((card) => card.name.toLowerCase().includes(search.toLowerCase())),
  );
  today = this.command('today', () => ({
    children: this.cards,
    children_count: this.cards.length,
    open_visits: this.list.filter((visit) => visit.can_finish),
    visits_today: this.list.filter((visit) => this.now_ms - visit.started_at_ms < 12 * hour_ms),
    needs_me: this.list.filter((visit) => visit.review === 'returned').slice(0, 1),
    location: this.readiness,
    services,
  }));
  services = this.command('services', () => services);
  beginVisit = this.command('beginVisit', ({ children }: { children: string[] }) => ({
    draft_id: `draft-${++this.drafts}`,
    children: this.cards.filter((card) => children.includes(card.id)),
    service: this.cards.find((card) => card.id === children[0])?.last_service ?? 'speech-therapy',
    location: this.readiness,
    room: this.options.room ?? ('enough' as const),
  }));
  registerVisit = this.command('registerVisit', (request: Parameters<Core['registerVisit']>[0]) => {
    const visits = request.children.map((child, at) => ({
      ...this.sample(0), id: `new-${this.list.length + at}`, child: this.named(child), service: request.service,
      outcome: request.outcome, note: request.note, late: request.late?.reason ?? null,
      started_at_ms: request.late?.started_at_ms ?? Date.now(), finished_at_ms: request.late?.finished_at_ms ?? null,
      location: request.late ? noFix('not-due') : noFix('pending'), can_finish: !request.late,
    }));
    this.list = [...visits, ...this.list];
    this.emit('changed', undefined);
    this.emit('sync', this.sync);
    return { visits, saved_count: visits.length, undo_until_ms: Date.now() + 10_000, undo_left_ms: 10_000 };
  });
  undoVisit = this.command('undoVisit', ({ visits }: { visits: string[] }) => {
    this.list = this.list.filter((visit) => !visits.includes(visit.id));
    this.emit('changed', undefined);
  });
  finishVisit = this.command('finishVisit', ({ visit, finished_at_ms }: { visit: string; finished_at_ms: number | null }) =>
    this.change(visit, { finished_at_ms: finished_at_ms ?? Date.now(), can_finish: false }),
  );
  noteVisit = this.command('noteVisit', ({ visit, text }: { visit: string; text: string }) => this.change(visit, { note: text }));
  correctVisit = this.command('correctVisit', (request: Parameters<Core['correctVisit']>[0]) =>
    this.change(request.visit, {
      cancelled: request.cancelled ? request.reason : null, review: 'open',
      ...(request.service ? { service: request.service } : {}),
    }),
  );

  visit = this.command('visit', ({ visit }: { visit: string }) => {
    const found = this.find(visit);
    return { visit: found, story: storyOf(found), proof: proofOf(found), reasons: reasonsOf(found) };
  });
  visits = this.command('visits', (query: VisitQuery) => {
    const found = this.select(query);
    return { visits: found.slice(query.offset, query.offset + query.limit), total: found.length, erased: this.options.erased ?? 0 };
  });
  visitsCsv = this.command('visitsCsv', (query: VisitQuery) => ({
    name: 'visits.csv', text: `\ufeff${this.select(query).map((visit) => visit.child.name).join('\n')}`, path: '/Құжаттар/visits.csv',
  }));
  confirmVisit = this.command('confirmVisit', ({ visit }: { visit: string }) => this.answer(visit, true));
  disputeVisit = this.command('disputeVisit', ({ visit }: { visit: string }) => this.answer(visit, false));
  scan = this.command('scan', (): Scan => ({ text: `ESEP:${this.list.find((visit) => visit.can_answer)?.id ?? ''}` }));
  showCode = this.command('showCode', ({ visit }: { visit: string }) => ({
    text: `ESEP:${this.find(visit).id}`, side: 37, version: 3,
    path: Array.from({ length: 29 }, (_, y) => `M${4 + (y % 3)} ${4 + y}h${1 + (y * 7) % 20}v1h-${1 + (y * 7) % 20}z`).join(''),
  }));
  readCode = this.command('readCode', ({ text }: { text: string }) => {
    if (!text.startsWith('ESEP:')) throw new CoreError('code-of-other-kind');
    const visit = this.find(text.slice('ESEP:'.length));
    if (visit.answers.some((answer) => answer.mine)) throw new CoreError('code-read-before', visit.id);
    return { visit, in_care_team: visit.specialist !== colleague };
  });
  guests = this.command('guests', ({ visit }: { visit: string }) => this.handed(visit).guests);
  handOver = this.command('handOver', ({ visit }: { visit: string }) => {
    this.inHands = visit;
    return this.move({ stage: 'handed-over', account: null, display_name: null });
  });
  handedOver = this.command('handedOver', () => this.handed(this.inHands));
  answerAsGuest = this.command('answerAsGuest', ({ account, pin, dispute }: GuestAnswer) => {
    if (pin !== 'алма-1958') throw new CoreError('wrong-pin', '5');
    this.given.set(account, dispute === null);
    return this.handed(this.inHands);
  });
  reviewVisit = this.command('reviewVisit', ({ visit, accepted, reason }: Parameters<Core['reviewVisit']>[0]) =>
    this.change(visit, { review: accepted ? 'accepted' : 'returned', review_reason: reason, can_review: false }),
  );
  adoptPosition = this.command('adoptPosition', ({ visit }: { visit: string }) => this.change(visit, { can_adopt_position: false }));

  locationMoments = this.command('locationMoments', () =>
    this.list.slice(0, 3).map((visit) => ({
      at_ms: visit.started_at_ms, moment: 'registered' as const, visits: [visit.id], location: visit.location,
    })),
  );
  directory = this.command('directory', () => ({
    members: [specialist, colleague, coordinator].map((person, at) => ({
      person, roles: [at === 2 ? ('coordinator' as const) : ('specialist' as const)], phone: '+7 701 123 45 67',
    })),
    children: this.cards.map((child) => ({
      child, representatives: [mother, father].map((person) => ({ person, phone: '+7 701 765 43 21' })),
      care_team: [specialist, colleague].map((person) => ({
        person, function: 'speech-therapy', from_ms: this.now_ms - 90 * 24 * hour_ms, to_ms: null,
      })),
    })),
    places,
  }));
  me = this.command('me', () => {
    const { text, sha256, version, document } = agreementDue(this.state.roles[0] ?? 'specialist', 0);
    return {
      card: this.own, roles: this.state.roles, phone: '+7 701 123 45 67', operator_name_kk: '«КазТехЭлектроника» ЖШС',
      operator_name_ru: 'ТОО «КазТехЭлектроника»', operator_bin: '110640022582', address: 'https://operator.example',
      device_key: '9c1f'.repeat(16), enrolled_at_ms: this.now_ms - 40 * 24 * hour_ms, label: '1',
      acceptances: [{
        document, version, locale: 'kk' as const, sha256, accepted_at_ms: this.now_ms - 40 * 24 * hour_ms,
        evidence_level: 'L0', transport: { state: 'registered' as const, refusal: null }, text, ticked: [1, 3, 4],
        statement: '7a'.repeat(32), counts: true, withdrawn_at_ms: null, geolocation_withdrawn_at_ms: null,
      }],
      openings: [],
      renewals: this.options.renewals ?? [],
    };
  });
  syncNow = this.command('syncNow', () => this.sync);
  syncState = this.command('syncState', () => this.sync);
  checkTrust = this.command('checkTrust', () => {
    if (this.options.contradicts) throw new CoreError('trust-ended');
    this.distrusted = false;
    return this.sync;
  });
  courier = this.command('courier', () => this.bag);
  sealForCourier = this.command('sealForCourier', () => {
    const name = `esep-${String(this.bag.sealed.length).padStart(12, '5')}.esep-courier`;
    const waiting_count = this.sync.waiting_count;
    const parcel = { name, sealed_at_ms: this.now_ms, length_bytes: 4200, statement_count: waiting_count, waiting_count };
    this.bag = { ...this.bag, sealed: [parcel, ...this.bag.sealed] };
    this.emit('sync', this.sync);
    return { files: [{ name, path: `/Жүктеулер/${name}` }], courier: this.bag };
  });
  takeParcel = this.command('takeParcel', ({ base64 }: { base64: string }) => {
    if (!base64.startsWith('p')) throw new CoreError('not-a-parcel');
    const parcel: CarriedParcelView = {
      id: String(this.bag.carried.length).padStart(64, '7'), name: `esep-${String(this.bag.carried.length).padStart(12, '7')}.esep-courier`, sealed_at_ms: this.now_ms - 30 * hour_ms,
      taken_in_at_ms: this.now_ms, length_bytes: 18_000, state: 'waiting', refusal: null, answered_at_ms: null,
    };
    return (this.bag = { ...this.bag, carried: [parcel, ...this.bag.carried] });
  });
  dropParcel = this.command('dropParcel', ({ id }: { id: string }) => {
    const carried = this.bag.carried.filter((parcel) => parcel.id !== id);
    if (carried.length === this.bag.carried.length) throw new CoreError('not-found');
    return (this.bag = { ...this.bag, carried });
  });
  evidenceFile = this.command('evidenceFile', () => ({ name: 'esep-evidence.json', text: '{}', path: '/Құжаттар/esep-evidence.json' }));

  private handed(id: string): HandOver {
    const { basis, child, specialist, place_label, service, outcome, started_at_ms, finished_at_ms, offset_min } = this.find(id);
    const guests = [mother, father].slice(0, this.options.guests ?? 0).map(({ name }, at) => ({
      account: `guest-${at}`, name, wait_s: 0, locked_for_good: false, confirmed: this.given.get(`guest-${at}`) ?? null,
    }));
    return { visit: id, basis, child: child.name, specialist, place_label, service, outcome, started_at_ms, finished_at_ms, offset_min, guests };
  }
  private aside(state: 'kept' | 'handed-over' | 'opened', at: number): AsideView {
    const at_ms = this.now_ms - (at + 2) * 24 * hour_ms;
    const opened = {
      at_ms: at_ms + 5 * hour_ms, officers: ['Өтегенова Қарлығаш', 'Ғалымов Һафиз'], reason: 'PIN ұмытылды, №14 өтініш',
      taken_count: 6, known_count: 41, missing_count: 1,
    };
    return {
      id: `ee0${at}`, label: String(at + 1), cause: 'pin-forgotten', at_ms,
      handed_over_at_ms: state === 'kept' ? null : at_ms + hour_ms, opened: state === 'opened' ? opened : null,
    };
  }
  private get sync(): SyncState {
    const waiting_count = this.list.filter((visit) => visit.transport.state === 'saved').length;
    return {
      phase: this.options.offline ? 'offline' : 'idle', done_count: 0, total_count: 0, waiting_count,
      refused_count: this.list.filter((visit) => visit.transport.state === 'refused').length,
      sealed_at_ms: waiting_count ? (this.bag.sealed[0]?.sealed_at_ms ?? null) : null, last_success_ms: this.now_ms - hour_ms, error: this.options.offline ? 'offline' : this.distrusted ? 'trust-ended' : null, next_try_in_s: null,
      distrust: this.distrusted ? { finding: 'split-view', found_at_ms: this.now_ms - hour_ms } : null,
    };
  }
  private get own(): PersonCard {
    const role = this.state.roles[0];
    return role === 'representative' ? mother : role === 'coordinator' ? coordinator : specialist;
  }
  private get readiness() {
    const ready = this.options.locationReady ?? true;
    return { ready, reason: ready ? null : ('off' as const) };
  }

  private command<A extends unknown[], R>(name: string, run: (...request: A) => R): (...request: A) => Promise<R> {
    return async (...request) => {
      this.calls.push(name);
      return run(...request);
    };
  }
  private move(change: Partial<AppState>): AppState {
    this.state = { ...this.state, ...change };
    return this.state;
  }
  private named(id: string) {
    return { id, name: this.cards.find((card) => card.id === id)?.name ?? id };
  }
  private find(id: string): VisitView {
    const found = this.list.find((visit) => visit.id === id);
    if (!found) throw new CoreError('not-found');
    return found;
  }
  private change(id: string, change: Partial<VisitView>): VisitView {
    const changed = { ...this.find(id), ...change };
    this.list = this.list.map((visit) => (visit.id === id ? changed : visit));
    this.emit('changed', undefined);
    return changed;
  }
  private answer(id: string, confirmed: boolean): VisitView {
    const visit = this.find(id);
    const others = visit.answers.filter((answer) => !answer.mine);
    return this.change(id, {
      confirmation: confirmed && others.every((answer) => answer.confirmed) ? 'confirmed' : 'disputed',
      answers: [...others, {
        representative: mother, confirmed, reason: confirmed ? null : 'other-time', answered_at_ms: Date.now(),
        current: true, mine: true, on_specialists_device: false,
      }],
    });
  }
  private select(query: VisitQuery): VisitView[] {
    const found = this.list.filter(
      (visit) =>
        visit.child.name.toLowerCase().includes(query.search.toLowerCase()) &&
        (query.review === null || visit.review === query.review) &&
        (query.confirmation === null || visit.confirmation === query.confirmation) &&
        (query.transport === null || visit.transport.state === query.transport) &&
        (!query.flagged || visit.flags.length > 0),
    );
    return query.descending === (query.sort === 'started') ? found : [...found].reverse();
  }

  /** Visits of every kind that a screen must be able to show, over and over. */
  private sample(at: number): VisitView {
    const card = this.cards[at % this.cards.length];
    const kind = at % 7;
    const started_at_ms = this.now_ms - (at * 5 + 1) * hour_ms;
    const open = at === 0;
    const role = this.state.roles[0];
    const disputed = kind === 3;
    const confirmed = kind === 1 || kind === 4;
    const flags = [
      ['unconfirmed'], [], ['far-from-place', 'unconfirmed'], ['disputed'], [], ['no-location', 'agreement-outdated'],
      ['late-entry', 'low-accuracy', 'unconfirmed'],
    ][kind] ?? [];
    return {
      id: `ee${String(at).padStart(4, '0')}`, basis: `ff${at}`, child: { id: card?.id ?? '', name: card?.name ?? '' },
      specialist: at % 3 === 2 && role !== 'specialist' ? colleague : specialist, place_label: card?.place_label ?? null,
      service: services[at % services.length]?.code ?? '', outcome: kind === 6 ? 'nobody-home' : 'held',
      started_at_ms, finished_at_ms: open ? null : started_at_ms + 45 * 60_000, offset_min: 300,
      late: kind === 6 ? 'forgotten' : null, cancelled: null,
      transport: {
        state: (['saved', 'registered', 'sent', 'registered', 'registered', 'refused', 'registered'] as const)[
          role === 'specialist' ? kind : 1] ?? 'registered',
        refusal: kind === 5 && role === 'specialist' ? 'unknown-key' : null,
      },
      location: [
        noFix('pending'), fixAt(24, 12), fixAt(1840, 30), fixAt(60, 20), fixAt(12, 9), noFix('unavailable', 'off'), noFix('not-due'),
      ][kind] ?? fixAt(300, 900),
      review: kind === 4 ? 'accepted' : kind === 2 && role === 'specialist' ? 'returned' : 'open',
      review_reason: kind === 4 ? 'in-order' : kind === 2 && role === 'specialist' ? 'wrong-place' : null,
      confirmation: disputed ? 'disputed' : kind === 1 && this.options.guests ? 'confirmed-on-device' : confirmed ? 'confirmed' : 'none',
      answers: disputed || confirmed
        ? [{
            representative: kind === 4 ? father : mother, confirmed, reason: disputed ? 'other-time' : null,
            answered_at_ms: started_at_ms + 2 * hour_ms, current: true, mine: role === 'representative' && kind !== 4,
            on_specialists_device: kind === 1 && this.options.guests !== undefined,
          }]
        : [],
      flags: role === 'coordinator' ? flags : [], note: kind === 1 ? 'Бала «р» дыбысын айта бастады.' : null,
      can_undo_ms: 0, can_finish: open && role === 'specialist', can_correct: role === 'specialist',
      can_answer: role === 'representative', can_review: role === 'coordinator' && kind !== 4,
      can_adopt_position: role === 'coordinator' && kind === 4,
    };
  }
}

function account(id: string, label: string) {
  return { id, label, wait_s: 0, locked_for_good: false, is_guest: false };
}
