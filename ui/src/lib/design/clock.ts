import { fromDeviceClock, onDeviceClock } from '../i18n/zone';

/** `9:5`, `0905`, `14.07` -> minutes of the day; undefined if it is no time. */
export function parseTime(text: string): number | undefined {
  const match = /^(\d{1,2})[:.\s]?(\d{2})$/.exec(text.trim());
  if (!match) return undefined;
  const [hour, minute] = [Number(match[1]), Number(match[2])];
  return hour < 24 && minute < 60 ? hour * 60 + minute : undefined;
}

/** Minutes of the day as 14:07. */
export function writeTime(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** The day and the minutes of a moment on the clock of this device. */
export function splitMoment(at: Date): { year: number; month: number; day: number; minutes: number } {
  const shown = onDeviceClock(at);
  const minutes = shown.getUTCHours() * 60 + shown.getUTCMinutes();
  return { year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, day: shown.getUTCDate(), minutes };
}

/** The moment of that day and minute on the clock of this device. */
export function joinMoment(day: { year: number; month: number; day: number }, minutes: number): number {
  return fromDeviceClock(day.year, day.month - 1, day.day, minutes);
}
