import { saveFile } from '../design/save-file';
import type { VisitQuery } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** The rows that are shown, as a file that the core makes. */
export async function saveCsv(app: App, query: VisitQuery): Promise<void> {
  const file = await app.attempt(() => app.core.visitsCsv({ ...query, offset: 0 }));
  if (!file) return;
  saveFile(file, 'text/csv');
  app.toasts.show({ text: app.t.coordinator.csvSaved(file.path ?? file.name), tone: 'good', lasts_ms: 10_000 });
}
