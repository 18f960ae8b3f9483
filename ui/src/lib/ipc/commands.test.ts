import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from './commands';

/** The table of commands in the core's own documentation. */
function documented(): { name: string; takesRequest: boolean }[] {
  const source = readFileSync('../crates/client/src/ipc.rs', 'utf8');
  const table = source.slice(source.indexOf('//! | Command |'), source.indexOf('//! # Events'));
  return table.split('\n').slice(2).flatMap((line) => {
    const [, names = '', types = ''] = line.split('|');
    return [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({
      name,
      takesRequest: /\S/.test(types.split('->')[0] ?? ''),
    }));
  });
}

describe('commands', () => {
  it('are exactly those of the core', () => {
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    const ours = Object.values(commands).sort(byName);
    expect(ours.length).toBeGreaterThan(30);
    expect(ours).toEqual(documented().sort(byName));
  });
});
