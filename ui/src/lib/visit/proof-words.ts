import type { ProofView } from '../ipc/types';
import type { App } from '../shell/app.svelte';

const minute_ms = 60_000;

/** The proven span in words. The end is rounded up to the minute: what is shown must not promise more than is proven. */
export function proofWords(app: App, proof: ProofView, offset_min: number): string {
  const t = app.t.flags.proof;
  const moment = (ms: number) => {
    const at = new Date(ms);
    return `${app.format.shortDate(at, offset_min)}, ${app.format.time(at, offset_min)}`;
  };
  if (proof.contradiction) return t.contradiction;
  const from = proof.not_before_ms === null ? undefined : moment(proof.not_before_ms);
  const to = proof.not_after_ms === null ? undefined : moment(Math.ceil(proof.not_after_ms / minute_ms) * minute_ms);
  if (from && to) return t.between(from, to);
  if (from) return t.from(from);
  return to ? t.to(to) : t.none;
}
