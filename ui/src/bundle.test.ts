// @vitest-environment node
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'esep-ui-'));
let script = '';
let style = '';
let page = '';

beforeAll(async () => {
  await build({ configFile: 'vite.config.ts', logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  page = readFileSync(join(folder, 'index.html'), 'utf8');
  for (const name of readdirSync(join(folder, 'assets'))) {
    if (name.endsWith('.js')) script += readFileSync(join(folder, 'assets', name), 'utf8');
    if (name.endsWith('.css')) style += readFileSync(join(folder, 'assets', name), 'utf8');
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the production bundle', () => {
  it('holds the real core and nothing of the in-memory one', () => {
    const fakeOnly = ['Қасымжанова', 'operator.example', 'draft-', 'fake.html'];
    const fake = readFileSync('src/lib/ipc/fake.ts', 'utf8') + readFileSync('src/lib/ipc/fake-data.ts', 'utf8');
    for (const mark of fakeOnly.slice(0, 3)) expect(fake, 'the mark must be one of the fake core').toContain(mark);
    for (const mark of fakeOnly) expect(script).not.toContain(mark);
    expect(script, 'the commands of the real core are there').toContain('register_visit');
  });

  it('obeys the content security policy', () => {
    for (const [tag] of page.matchAll(/<script[^>]*>/g)) expect(tag, 'no inline script').toMatch(/src="/);
    expect(page).not.toMatch(/ on\w+=|<style|style="/);
    expect(script).not.toMatch(/\beval\(|new Function\(/);
    expect(style, 'fonts are files: data: fonts are forbidden').not.toMatch(/url\(["']?data:font/);
  });

  it('asks nobody else for anything', () => {
    const addresses = [...(script + style + page).matchAll(/https?:\/\/\w[\w.-]+/g)].map(([address]) => address);
    // Names of XML namespaces and a link inside an error message; neither is ever fetched.
    const harmless = new Set(['http://www.w3.org', 'https://svelte.dev']);
    expect([...new Set(addresses)].filter((address) => !harmless.has(address))).toEqual([]);
  });

  it('calls nothing that a web view of 2020 lacks, beyond what compat.ts adds', () => {
    const tooNew = [
      'structuredClone(', '.findLastIndex(', '.toSorted(', '.toReversed(', '.toSpliced(', 'Object.groupBy(', 'Map.groupBy(',
      'Promise.withResolvers(', 'crypto.randomUUID(', 'Array.fromAsync(', 'requestIdleCallback(',
    ];
    expect(tooNew.filter((call) => script.includes(call))).toEqual([]);
    expect(script, 'lowered to the syntax of 2020').not.toMatch(/\bstatic\s*\{/);
    const newCss = [':has(', '@layer', '@container', 'color-mix(', 'dvh', 'inset-block', ':is('];
    expect(newCss.filter((feature) => style.includes(feature))).toEqual([]);
  });
});
