import type { ReasonView } from '../ipc/types';
import type { App } from '../shell/app.svelte';
import { distanceWords } from '../visit/words';

const minute_ms = 60_000;

/** 11 min, 3,5 h, 9 days: as coarse as people say it. */
export function lastedWords(app: App, ms: number): string {
  const { min, h, days } = app.t.flags.units;
  const minutes = Math.round(ms / minute_ms);
  if (minutes < 60) return `${app.format.number(minutes)}\u00a0${min}`;
  if (minutes < 48 * 60) return `${app.format.number(minutes / 60, minutes % 60 === 0 ? 0 : 1)}\u00a0${h}`;
  return `${app.format.number(Math.floor(minutes / 1440))}\u00a0${days}`;
}

/** What a flag is about in numbers: "11 min ішінде 84 km. Child, 05.11.2026, 11:05"; empty when it has none. */
export function reasonFigures(app: App, reason: ReasonView, offset_min: number): string {
  const t = app.t.flags.figures;
  const distance = reason.distance_m === null ? undefined : distanceWords(app, reason.distance_m);
  const time = reason.lasted_ms === null ? undefined : lastedWords(app, reason.lasted_ms);
  const said = () => {
    if (distance && time) return t.travel(distance, time);
    if (distance) return reason.flag === 'low-accuracy' ? t.accuracy(distance) : t.far(distance);
    if (!time) return undefined;
    return reason.flag === 'late-sync' || reason.flag === 'late-entry' ? t.late(time) : t.overlap(time);
  };
  const other = () => {
    if (!reason.other || reason.other_started_at_ms === null) return undefined;
    const at = new Date(reason.other_started_at_ms);
    return `${reason.other.name}, ${app.format.shortDate(at, offset_min)}, ${app.format.time(at, offset_min)}`;
  };
  return [said(), other()].filter(Boolean).join('. ');
}
