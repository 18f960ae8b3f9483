import { CoreError, toCoreError } from '../ipc/error';
import type { RegisteredVisits } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** Tells that the visit is saved, with undo for exactly as long as the core allows it. */
export function announceSaved(app: App, { visits, saved_count, undo_left_ms }: RegisteredVisits): void {
  const t = app.t.visit;
  const only = saved_count === 1 ? visits[0] : undefined;
  app.toasts.show({
    text: only ? t.saved(only.child.name) : t.savedMany(saved_count),
    tone: 'good',
    lasts_ms: undo_left_ms,
    action: {
      label: app.t.common.undo,
      testid: 'undo',
      run: () => void undo(app, visits.map((visit) => visit.id)),
    },
  });
}

async function undo(app: App, visits: string[]): Promise<void> {
  try {
    await app.core.undoVisit({ visits });
    app.toasts.show({ text: app.t.visit.undone, tone: 'info' });
  } catch (thrown) {
    const error: CoreError = toCoreError(thrown);
    if (error.code === 'undo-over') app.toasts.show({ text: app.t.visit.undoFailed, tone: 'bad' });
    else app.tell(error);
  }
}
