import type { VisitView } from '../ipc/types';
import type { App } from '../shell/app.svelte';
import { distanceWords } from '../visit/words';

/** How far from the registered place, as one would say it to a neighbour. */
export function placeWords(app: App, { location }: VisitView): string {
  const t = app.t.parent.distance;
  if (location.state === 'not-due') return t.late;
  if (location.state === 'pending') return t.pending;
  if (location.state !== 'fix' || location.distance_m === null) return t.unknown;
  const distance = distanceWords(app, location.distance_m);
  if (location.presence === 'inside') return t.near(distance);
  return location.presence === 'outside' ? t.far(distance) : t.coarse(distance);
}
