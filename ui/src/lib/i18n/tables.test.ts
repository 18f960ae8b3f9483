import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en } from './en';
import { kk } from './kk';
import { ru } from './ru';

type Leaf = { path: string; text: string };

/** All texts with their names; functions are called with a sample so that their words count too. */
function leaves(node: unknown, path = ''): Leaf[] {
  if (typeof node === 'string') return [{ path, text: node }];
  if (typeof node === 'function') return [{ path, text: String(node('5', '7')) }];
  return Object.entries(node as object).flatMap(([name, child]) => leaves(child, `${path}.${name}`));
}

describe('texts', () => {
  it.each([['ru', ru], ['en', en]] as const)('%s says everything that Kazakh says', (_, table) => {
    expect(leaves(table).map((leaf) => leaf.path)).toEqual(leaves(kk).map((leaf) => leaf.path));
  });

  it('leaves no text empty and no Latin letter inside a Cyrillic word', () => {
    const lookalike = /[а-яәіңғүұқөһё][a-z]|[a-z][а-яәіңғүұқөһё]/i;
    for (const { path, text } of [...leaves(kk), ...leaves(ru)]) {
      expect(text.trim(), path).not.toBe('');
      expect(text, `${path}: a homoglyph would break search and reading aloud`).not.toMatch(lookalike);
    }
  });

  it('Kazakh texts use letters of the Kazakh alphabet that the bundled face draws', () => {
    const ranges = readFileSync('src/lib/design/fonts.css', 'utf8');
    const covered = [...ranges.matchAll(/U\+([0-9A-F]+)(?:-([0-9A-F]+))?/g)].map(([, from = '', to]) => [
      parseInt(from, 16),
      parseInt(to ?? from, 16),
    ]);
    const missing = new Set<string>();
    for (const { text } of leaves(kk).concat({ path: '', text: 'ӘәІіҢңҒғҮүҰұҚқӨөҺһ' })) {
      for (const letter of text) {
        const code = letter.codePointAt(0) ?? 0;
        if (!covered.some(([from = 0, to = 0]) => code >= from && code <= to)) missing.add(letter);
      }
    }
    expect([...missing]).toEqual([]);
  });
});
