/**
 * Minutes east of UTC of this device, as the core says. The web view keeps a table of time zones of its own, which may be
 * years old: Debian 12's still has Almaty an hour further east than its law.
 */
let offset_min: number | undefined;

/** Called with each state of the core. */
export function setDeviceOffset(minutes: number): void {
  offset_min = minutes;
}

/** Minutes east of UTC at a moment; before the core has answered, by the web view's own table. */
export function deviceOffset(at: Date): number {
  return offset_min ?? -at.getTimezoneOffset();
}

/** A date whose UTC fields are the fields of this device's clock. */
export function onDeviceClock(at: Date): Date {
  return new Date(at.getTime() + deviceOffset(at) * 60_000);
}

/** The moment at which this device's clock shows these fields; `month` from 0, may run over. */
export function fromDeviceClock(year: number, month: number, day: number, minutes = 0): number {
  const shown = Date.UTC(year, month, day, 0, minutes);
  return shown - deviceOffset(new Date(shown)) * 60_000;
}
