import { onDeviceClock } from '../i18n/zone';
import type { App } from '../shell/app.svelte';
import type { LocationView, PersonCard, VisitView } from '../ipc/types';

type Stay = Pick<VisitView, 'started_at_ms' | 'finished_at_ms' | 'offset_min'>;

/** Joined so that a narrow screen does not part a time from its end. */
const to = '\u2060–\u2060';

/** The time of the end; nothing where none is recorded, or where it is the same minute as the start. */
export function untilWords(app: App, visit: Stay): string | undefined {
  if (visit.finished_at_ms === null) return undefined;
  const [start, end] = [visit.started_at_ms, visit.finished_at_ms].map((at) => Math.floor(at / 60_000));
  return start === end ? undefined : app.format.time(new Date(visit.finished_at_ms), visit.offset_min);
}

/** "бүгін, 14:07–14:50" on the clock of the device that registered it. */
export function whenWords(app: App, visit: VisitView): string {
  const from = app.format.moment(new Date(visit.started_at_ms), new Date(), visit.offset_min);
  const until = untilWords(app, visit);
  return until ? `${from}${to}${until}` : from;
}

/** Full date and time, for the page of a visit. */
export function whenFullWords(app: App, visit: Stay): string {
  const start = new Date(visit.started_at_ms);
  const from = `${app.format.fullDate(start, visit.offset_min)}, ${app.format.time(start, visit.offset_min)}`;
  const until = untilWords(app, visit);
  if (!until || visit.finished_at_ms === null) return from;
  const minutes = Math.round((visit.finished_at_ms - visit.started_at_ms) / 60_000);
  return minutes > 0 ? `${from}${to}${until} (${app.t.visit.duration(minutes)})` : `${from}${to}${until}`;
}

/** "45-пәтер" stays in one piece where a line ends. Joined with word joiners: the bundled face lacks U+2011. */
export function placeLabel(label: string): string {
  return label.replace(/(\d)-(?=\p{L})/gu, '$1\u2060-\u2060');
}

/** Position in the language of the screen; the registers know Kazakh and Russian. */
export function positionOf(app: App, person: PersonCard): string {
  return (app.i18n.locale === 'ru' ? person.position_ru : person.position_kk) ?? '';
}

export function organisationOf(app: App, person: PersonCard): string {
  return (app.i18n.locale === 'ru' ? person.organisation_ru : person.organisation_kk) ?? '';
}

export function distanceWords(app: App, metres: number): string {
  return app.format.distance(metres, app.t.common.units);
}

/** The outcome of the reading in a sentence or two. */
export function locationWords(app: App, location: LocationView): string {
  const t = app.t.visit.location;
  switch (location.state) {
    case 'not-due':
      return t.late;
    case 'pending':
      return t.reading;
    case 'hidden':
      return t.hidden;
    case 'unavailable':
      return location.reason ? app.t.words.unavailable[location.reason] : t.none;
    case 'fix':
      return location.accuracy_m === null ? t.unknownAccuracy : t.fix(distanceWords(app, location.accuracy_m));
  }
}

/** "Сәрсенбаева А. Б.": for a cell of a table, where the whole name is in its title. */
export function shortName(name: string): string {
  const [surname = '', ...rest] = name.split(/\s+/);
  const initials = rest.map((part) => `${[...part][0] ?? ''}.`).join('\u00a0');
  return initials ? `${surname} ${initials}` : surname;
}

/** Whole years between a birth date and a day. */
export function ageOn(birthDate: string, day: Date): number {
  const [year = 0, month = 1, date = 1] = birthDate.split('-').map(Number);
  const shown = onDeviceClock(day);
  const thisMonth = shown.getUTCMonth() + 1;
  const before = thisMonth < month || (thisMonth === month && shown.getUTCDate() < date);
  return shown.getUTCFullYear() - year - (before ? 1 : 0);
}

/** Words of a date and time input. */
export function dateTimeWords(app: App) {
  const t = app.t.visit;
  return {
    date: t.date, time: t.time, timeHint: t.timeHint, timeWrong: t.timeWrong, previous: t.previousMonth, next: t.nextMonth,
  };
}
