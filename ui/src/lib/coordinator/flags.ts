import type { VisitView } from '../ipc/types';

/** The flags of a row of a list: without those that the badge of the location beside them says already. */
export function listFlags({ flags, location }: VisitView): string[] {
  const said = new Set<string>();
  if (location.state === 'unavailable') said.add('no-location');
  if (location.presence === 'outside') said.add('far-from-place');
  if (location.presence === 'unknown' && !location.place_unknown) said.add('low-accuracy');
  return flags.filter((flag) => !said.has(flag));
}
