import type { VisitQuery } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** The rows that are shown, as a file that the core makes. Where it has no folder for files, the web view saves it. */
export async function saveCsv(app: App, query: VisitQuery): Promise<void> {
  const file = await app.attempt(() => app.core.visitsCsv({ ...query, offset: 0 }));
  if (!file) return;
  if (!file.path) {
    const address = URL.createObjectURL(new Blob([file.text], { type: 'text/csv;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }
  app.toasts.show({ text: app.t.coordinator.csvSaved(file.path ?? file.name), tone: 'good', lasts_ms: 10_000 });
}
