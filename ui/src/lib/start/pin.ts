import type { App } from '../shell/app.svelte';

/** What a PIN must be on this device, in words. */
export function pinHint(app: App): string {
  const { pin_min_length = 6, pin_digits_only = true } = app.state ?? {};
  const t = app.t.start.pin;
  return pin_digits_only ? t.hintDigits(pin_min_length) : t.hintCharacters(pin_min_length);
}
