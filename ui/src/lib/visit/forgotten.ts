import type { VisitView } from '../ipc/types';

/** After three hours the end of a visit was most likely forgotten, so that "now" is not it. The core refuses it later still. */
const forgotten_ms = 3 * 3_600_000;

export function isForgotten(visit: VisitView): boolean {
  return Date.now() - visit.started_at_ms > forgotten_ms;
}
