import { toCoreError, type CoreError } from '../ipc/error';
import type { CorrectionCode, VisitView } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** What a specialist puts right in a visit: only what differs from the visit on screen is stated. */
export class Correction {
  private chosen = $state('');
  text = $state('');
  cancelled = $state(false);
  service = $state('');
  nobodyHome = $state(false);
  startedAt_ms = $state<number>();
  finishedAt_ms = $state<number>();
  busy = $state(false);
  tried = $state(false);
  /** Tries that stated nothing because of a field. */
  misses = $state(0);
  error = $state.raw<CoreError>();

  constructor(
    private readonly app: App,
    private readonly visit: VisitView,
  ) {
    this.service = visit.service;
    this.nobodyHome = visit.outcome === 'nobody-home';
    this.startedAt_ms = visit.started_at_ms;
    this.finishedAt_ms = visit.finished_at_ms ?? undefined;
  }

  get reason(): string {
    return this.chosen;
  }
  /** A visit to the wrong child, or entered twice, is taken back as a whole: no field of it can be put right. */
  set reason(reason: string) {
    const whole = (code: string) => code === 'wrong-child' || code === 'duplicate';
    if (whole(reason)) this.cancelled = true;
    else if (whole(this.chosen)) this.cancelled = false;
    this.chosen = reason;
  }
  get hasEnd(): boolean {
    return this.visit.finished_at_ms !== null;
  }
  get textMissing(): boolean {
    return this.reason === 'other' && !this.text.trim();
  }
  get wrongOrder(): boolean {
    if (!this.hasEnd) return false;
    return (this.finishedAt_ms ?? 0) <= (this.startedAt_ms ?? 0);
  }
  get change() {
    const { visit } = this;
    const outcome = this.nobodyHome ? 'nobody-home' : 'held';
    return {
      cancelled: this.cancelled,
      service: this.cancelled || this.service === visit.service ? null : this.service,
      outcome: this.cancelled || outcome === visit.outcome ? null : (outcome as VisitView['outcome']),
      started_at_ms: this.cancelled ? null : moved(this.startedAt_ms, visit.started_at_ms),
      finished_at_ms: this.cancelled ? null : moved(this.finishedAt_ms, visit.finished_at_ms),
    };
  }
  get unchanged(): boolean {
    return Object.values(this.change).every((value) => value === null || value === false);
  }

  get incomplete(): boolean {
    const timeless = this.startedAt_ms === undefined || (this.hasEnd && this.finishedAt_ms === undefined);
    const wrongTime = !this.cancelled && (timeless || this.wrongOrder);
    return !this.reason || this.textMissing || wrongTime || this.unchanged;
  }

  async save(): Promise<boolean> {
    this.tried = true;
    if (this.busy) return false;
    if (this.incomplete) {
      this.misses += 1;
      return false;
    }
    this.busy = true;
    this.error = undefined;
    try {
      await this.app.core.correctVisit({
        visit: this.visit.id,
        basis: this.visit.basis,
        reason: this.reason as CorrectionCode,
        text: this.text.trim() || null,
        ...this.change,
      });
      return true;
    } catch (thrown) {
      this.error = toCoreError(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

/** The field shows minutes: within the same minute nothing was changed. */
function moved(now_ms: number | undefined, before_ms: number | null): number | null {
  if (now_ms === undefined || before_ms === null) return null;
  return Math.floor(now_ms / 60_000) === Math.floor(before_ms / 60_000) ? null : now_ms;
}
