import { fromDeviceClock, onDeviceClock } from '../i18n/zone';

/** From the first moment of a month to the first of the next, on the clock of this device. */
export function monthAround(day: Date, shift: number): { from_ms: number; to_ms: number } {
  const shown = onDeviceClock(day);
  const first = (months: number) => fromDeviceClock(shown.getUTCFullYear(), shown.getUTCMonth() + months, 1);
  return { from_ms: first(shift), to_ms: first(shift + 1) };
}
