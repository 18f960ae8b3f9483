import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/lib/design/tokens.css', 'utf8');

function tokensOf(theme: string): Record<string, string> {
  const block = new RegExp(`data-theme='${theme}'\\][^{]*\\{([^}]*)\\}`).exec(css);
  if (!block?.[1]) throw new Error(`no tokens for ${theme}`);
  const found: Record<string, string> = {};
  for (const [, name, value] of block[1].matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)) {
    if (name && value) found[name] = value;
  }
  return found;
}

/** Relative luminance by WCAG 2.2. */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const themes = ['light', 'dark', 'contrast'];
const bodyText: [string, string][] = [
  ['text', 'page'], ['text', 'surface'], ['text', 'surface-2'], ['text', 'accent-soft'],
  ['text-muted', 'surface'], ['text-muted', 'page'],
];
const otherText: [string, string][] = [
  ['on-accent', 'accent'], ['on-accent', 'accent-press'], ['accent', 'surface'], ['accent', 'page'],
  ['accent', 'accent-soft'], ['good', 'good-soft'], ['warn', 'warn-soft'], ['bad', 'bad-soft'],
  ['good', 'surface'], ['warn', 'surface'], ['bad', 'surface'], ['text-muted', 'surface-2'],
];
const shapes: [string, string][] = [['border-strong', 'surface'], ['border-strong', 'page'], ['focus', 'page'], ['focus', 'surface']];

describe.each(themes)('colours of %s', (theme) => {
  const tokens = tokensOf(theme);
  const ratio = ([front, back]: [string, string]) => contrast(tokens[front] ?? '', tokens[back] ?? '');

  it.each(bodyText)('%s on %s reaches AAA for body text', (front, back) => {
    expect(ratio([front, back])).toBeGreaterThanOrEqual(7);
  });
  it.each(otherText)('%s on %s reaches AA for text', (front, back) => {
    expect(ratio([front, back])).toBeGreaterThanOrEqual(4.5);
  });
  it.each(shapes)('%s on %s reaches AA for shapes', (front, back) => {
    expect(ratio([front, back])).toBeGreaterThanOrEqual(3);
  });
});
