// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = 'src/lib';
const files = (readdirSync(root, { recursive: true }) as string[]).filter((name) => /\.(ts|svelte)$/.test(name) && !/\.test\.ts$/.test(name));

/** Which feature folders a folder imports from. */
function edges(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of files) {
    const folder = file.split('/')[0] ?? '';
    const source = readFileSync(join(root, file), 'utf8');
    for (const [, target = ''] of source.matchAll(/from '(\.\.?\/[^']+)'/g)) {
      const other = normalize(join(dirname(file), target)).split('/')[0] ?? '';
      if (other !== folder && !other.startsWith('..')) found.set(folder, (found.get(folder) ?? new Set()).add(other));
    }
  }
  return found;
}

describe('imports', () => {
  it('of folders never run in a circle', () => {
    const graph = edges();
    expect(graph.get('visit'), 'the test must see imports at all').toContain('shell');
    const circles: string[] = [];
    const walk = (folder: string, path: string[]) => {
      if (path.includes(folder)) circles.push([...path.slice(path.indexOf(folder)), folder].join(' -> '));
      else for (const next of graph.get(folder) ?? []) walk(next, [...path, folder]);
    };
    for (const folder of graph.keys()) walk(folder, []);
    expect([...new Set(circles)]).toEqual([]);
  });

  it('of Tauri stand in one file', () => {
    const users = files.filter((file) => readFileSync(join(root, file), 'utf8').includes('@tauri-apps/'));
    expect(users).toEqual(['ipc/tauri.ts']);
  });

  it('of the in-memory core stand in no screen', () => {
    const users = files.filter((file) => /ipc\/fake|'\.\/fake/.test(readFileSync(join(root, file), 'utf8')));
    expect(users.sort()).toEqual(['home/render-app.ts', 'ipc/fake.ts']);
  });
});
