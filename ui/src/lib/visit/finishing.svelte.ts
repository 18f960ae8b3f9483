import type { VisitView } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** Tells that a visit is over and since when, with the way to put the time right. */
export function announceFinished(app: App, visit: VisitView, finished: VisitView): void {
  const at = new Date(finished.finished_at_ms ?? Date.now());
  const page = app.router.page === 'history' ? 'history' : 'today';
  app.toasts.show({
    text: app.t.visit.finished(visit.child.name, app.format.time(at, finished.offset_min)),
    tone: 'good',
    action: { label: app.t.visit.correct, testid: 'correct-finished', run: () => app.router.go(page, visit.id) },
  });
}

/** Finishing with one tap: which visits are being finished, so that a second tap waits. */
export class Finishing {
  busy = $state.raw<ReadonlySet<string>>(new Set());

  constructor(private readonly app: App) {}

  async now(visit: VisitView): Promise<void> {
    if (this.busy.has(visit.id)) return;
    this.busy = new Set([...this.busy, visit.id]);
    const finished = await this.app.attempt(() => this.app.core.finishVisit({ visit: visit.id, finished_at_ms: null }));
    this.busy = new Set([...this.busy].filter((id) => id !== visit.id));
    if (finished) announceFinished(this.app, visit, finished);
  }
}
