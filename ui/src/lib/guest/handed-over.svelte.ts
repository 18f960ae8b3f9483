import type { App } from '../shell/app.svelte';
import { Countdown } from '../start/countdown.svelte';
import { toCoreError, type CoreError } from '../ipc/error';
import type { DisputeCode, HandOver, LocaleCode } from '../ipc/types';

/** One visit in a guest's hands: what is asked, the PIN, the answer. */
export class HandedOver {
  shown = $state.raw<HandOver>();
  account = $state<string>();
  pin = $state('');
  disputing = $state(false);
  reason = $state<DisputeCode>();
  text = $state('');
  tries = $state(0);
  busy = $state(false);
  /** The guest answers anew, although there is an answer. */
  again = $state(false);
  error = $state.raw<CoreError>();
  readonly wait = new Countdown();
  /** The specialist's language comes back with the device. */
  private readonly locale: LocaleCode;

  constructor(private readonly app: App) {
    this.locale = app.i18n.locale;
  }

  get guest() {
    const guests = this.shown?.guests ?? [];
    return guests.find((one) => one.account === this.account) ?? (guests.length === 1 ? guests[0] : undefined);
  }
  get done(): boolean | null {
    return this.again ? null : (this.guest?.confirmed ?? null);
  }
  get textMissing(): boolean {
    return this.disputing && this.reason === 'other' && !this.text.trim();
  }

  async load(): Promise<void> {
    this.error = undefined;
    try {
      this.shown = await this.app.core.handedOver();
      this.wait.start(this.guest?.wait_s ?? 0);
      if (!this.app.services.length) this.app.services = await this.app.core.services();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  choose(account: string): void {
    this.account = account;
    this.pin = '';
    this.error = undefined;
    this.again = false;
    this.wait.start(this.guest?.wait_s ?? 0);
  }

  async answer(confirmed: boolean): Promise<void> {
    const guest = this.guest;
    if (!this.shown || this.busy || this.wait.left_s > 0) return;
    this.tries += 1;
    if (!guest || !this.pin || (!confirmed && (!this.reason || this.textMissing))) return;
    this.busy = true;
    this.error = undefined;
    const dispute = confirmed ? null : (this.reason ?? null);
    const text = confirmed ? null : this.text.trim() || null;
    try {
      this.shown = await this.app.core.answerAsGuest({ account: guest.account, pin: this.pin, basis: this.shown.basis, dispute, text });
      this.again = this.disputing = false;
      this.tries = 0;
    } catch (thrown) {
      this.fail(thrown);
    } finally {
      this.pin = '';
      this.busy = false;
    }
  }

  /** Ends it: the specialist's own PIN opens again. */
  async giveBack(): Promise<void> {
    await this.app.attempt(async () => {
      if (this.app.i18n.locale !== this.locale) await this.app.savePreferences({ locale: this.locale });
      this.app.enter(await this.app.core.lock());
    });
  }

  private fail(thrown: unknown): void {
    this.error = toCoreError(thrown);
    const { code, seconds } = this.error;
    if (code === 'wrong-pin' || code === 'too-many-tries') this.wait.start(seconds);
    if (code === 'locked') void this.app.refresh();
    if (code === 'stale' || code === 'pin-locked') void this.app.core.handedOver().then((shown) => (this.shown = shown), () => undefined);
  }
}
