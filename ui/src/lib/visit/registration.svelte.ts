import { toCoreError, type CoreError } from '../ipc/error';
import type { LateCode, RegisteredVisits, VisitDraft } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** One registration, from the tap on a child to the saved visit. */
export class Registration {
  open = $state(false);
  draft = $state.raw<VisitDraft>();
  children = $state<string[]>([]);
  service = $state('');
  nobodyHome = $state(false);
  note = $state('');
  late = $state(false);
  lateReason = $state<LateCode>();
  lateText = $state('');
  startedAt_ms = $state<number>();
  finishedAt_ms = $state<number>();
  busy = $state(false);
  error = $state.raw<CoreError>();
  /** Shown after a try, so that nobody is scolded while still typing. */
  tried = $state(false);

  constructor(private readonly app: App) {}

  /** First tap: the sheet opens with what was chosen last time. */
  async begin(child: string): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const draft = await this.app.core.beginVisit({ children: [child] });
      this.draft = draft;
      this.children = [child];
      this.service = draft.service;
      this.nobodyHome = this.late = this.tried = false;
      this.note = this.lateText = '';
      this.lateReason = this.startedAt_ms = this.finishedAt_ms = undefined;
      this.error = undefined;
      this.open = true;
    } catch (thrown) {
      this.app.tell(toCoreError(thrown));
    } finally {
      this.busy = false;
    }
  }

  toggle(child: string, on: boolean): void {
    this.children = on ? [...this.children, child] : this.children.filter((id) => id !== child);
  }

  get timeProblem(): 'missing' | 'future' | 'order' | undefined {
    if (!this.late) return undefined;
    if (this.startedAt_ms === undefined || this.finishedAt_ms === undefined) return 'missing';
    if (Math.max(this.startedAt_ms, this.finishedAt_ms) > Date.now()) return 'future';
    return this.finishedAt_ms <= this.startedAt_ms ? 'order' : undefined;
  }
  get lateIncomplete(): boolean {
    return this.late && (!this.lateReason || (this.lateReason === 'other' && !this.lateText.trim()));
  }

  /** Second tap: saved when it returns. The same draft sent twice is one visit. */
  async register(): Promise<RegisteredVisits | undefined> {
    this.tried = true;
    const draft = this.draft;
    if (!draft || this.busy || !this.service || this.timeProblem || this.lateIncomplete) return undefined;
    this.busy = true;
    this.error = undefined;
    try {
      const registered = await this.app.core.registerVisit({
        draft_id: draft.draft_id,
        children: [...this.children],
        service: this.service,
        outcome: this.nobodyHome ? 'nobody-home' : 'held',
        // A note belongs to one child, so the sheet takes none for several.
        note: this.children.length > 1 ? null : this.note.trim() || null,
        late:
          this.late && this.lateReason && this.startedAt_ms !== undefined && this.finishedAt_ms !== undefined
            ? {
                reason: this.lateReason,
                started_at_ms: this.startedAt_ms,
                finished_at_ms: this.finishedAt_ms,
                text: this.lateText.trim() || null,
              }
            : null,
      });
      this.open = false;
      return registered;
    } catch (thrown) {
      this.error = toCoreError(thrown);
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}
