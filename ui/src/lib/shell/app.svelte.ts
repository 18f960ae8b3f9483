import { setDeviceOffset } from '../i18n/zone';
import { createContext, untrack } from 'svelte';
import { Toasts } from '../design/toasts.svelte';
import { I18n } from '../i18n/i18n.svelte';
import type { LocaleCode } from '../i18n/locale';
import type { Core } from '../ipc/core';
import { toCoreError, type CoreError } from '../ipc/error';
import type { AppState, RoleCode, ServiceView, SyncState, Theme } from '../ipc/types';
import { Look } from './look.svelte';
import { Router } from './router.svelte';

/** What every screen shares: the core, the language, where the app stands. One per window. */
export class App {
  readonly i18n = new I18n();
  readonly router = new Router();
  readonly toasts = new Toasts();
  readonly look = new Look();

  state = $state.raw<AppState>();
  failure = $state.raw<CoreError>();
  sync = $state.raw<SyncState>();
  services = $state.raw<ServiceView[]>([]);
  /** Grows with each `changed` event: lists that read it load again. */
  revision = $state(0);
  /** A further account is being set up while the others are locked. */
  adding = $state(false);
  /** The face in use by a person with several roles. */
  chosenRole = $state<RoleCode>();

  private pending: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly core: Core) {}

  get t() {
    return this.i18n.t;
  }
  get format() {
    return this.i18n.format;
  }
  get role(): RoleCode {
    const roles = this.state?.roles ?? [];
    return roles.find((role) => role === this.chosenRole) ?? roles[0] ?? 'specialist';
  }

  /** Asks where the app stands and listens to the core until the returned function is called. */
  start(): () => void {
    const stops = [
      this.core.on('changed', () => this.changed()),
      this.core.on('sync', (state) => (this.sync = state)),
      this.core.on('locked', () => void this.refresh()),
      this.look.follow(),
      this.router.follow(),
    ];
    void this.refresh();
    return () => {
      clearTimeout(this.pending);
      stops.forEach((stop) => stop());
    };
  }

  /** A sync changes much at once: the screens ask again once for all of it. */
  private changed(): void {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.revision += 1;
      void this.refresh();
    }, 100);
  }

  async refresh(): Promise<void> {
    try {
      this.enter(await this.core.appState());
    } catch (thrown) {
      this.failure = toCoreError(thrown);
    }
  }

  /** Takes over where the core says that the app stands. */
  enter(state: AppState): void {
    const before = untrack(() => this.state);
    this.state = state;
    this.failure = undefined;
    setDeviceOffset(state.offset_min);
    this.i18n.choose(state.preferences.locale);
    this.look.choose(state.preferences.theme, state.preferences.text_scale);
    if (state.stage !== before?.stage || state.account !== before?.account) {
      if (before) this.router.reset();
      if (state.stage === 'locked' || state.stage === 'handed-over') this.toasts.clear();
      if (state.stage !== 'locked') this.adding = false;
      if (state.stage === 'home') void this.openHome();
    }
  }

  async savePreferences(change: { locale?: LocaleCode; theme?: Theme; text_scale?: number }): Promise<void> {
    const { theme, textScale: text_scale } = this.look;
    const preferences = { locale: this.i18n.locale, theme, text_scale, ...change };
    // At once on screen; the core only has to remember it.
    this.i18n.choose(preferences.locale);
    this.look.choose(preferences.theme, preferences.text_scale);
    await this.attempt(async () => this.enter(await this.core.savePreferences(preferences)));
  }

  /** Runs an action; a failure is told in a toast and answered with `undefined`. */
  async attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (thrown) {
      this.tell(toCoreError(thrown));
      return undefined;
    }
  }

  tell(error: CoreError): void {
    if (error.code === 'locked') void this.refresh();
    const words = this.t.errors[error.code];
    this.toasts.show({ text: `${words.title}. ${words.text}`, tone: 'bad', lasts_ms: 9000 });
  }

  serviceName(code: string): string {
    const service = this.services.find((known) => known.code === code);
    return service?.[this.i18n.locale] ?? code;
  }

  private async openHome(): Promise<void> {
    await this.attempt(async () => {
      this.services = await this.core.services();
      this.sync = await this.core.syncState();
    });
  }
}

const [useApp, provideApp] = createContext<App>();
export { provideApp, useApp };
