import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

const boot = readFileSync('public/boot.js', 'utf8');

function run() {
  document.body.innerHTML = '<div id="app"></div>';
  // The very file, as a classic script would run it.
  window.eval(boot);
}

describe('boot.js', () => {
  const strings = String.prototype as unknown as Record<string, unknown>;
  const original = strings.replaceAll;
  afterEach(() => {
    strings.replaceAll = original;
    document.body.innerHTML = '';
  });

  it('lets a recent engine go on', () => {
    // jsdom knows neither; every engine since 2018 does.
    Object.assign(window, { CSS: { supports: () => true } });
    Object.defineProperty(HTMLScriptElement.prototype, 'noModule', { value: true, configurable: true });
    run();
    expect(document.getElementById('app')).not.toBeNull();
    expect(document.querySelector('[data-testid="too-old"]')).toBeNull();
  });

  it('tells an old engine to update, in three languages, and leaves nothing for the app', () => {
    delete strings.replaceAll;
    run();
    expect(document.getElementById('app')).toBeNull();
    const page = document.querySelector('[data-testid="too-old"]');
    expect([...(page?.querySelectorAll('section') ?? [])].map((part) => part.lang)).toEqual(['kk', 'ru', 'en']);
  });

  it('uses no syntax that an old engine cannot read', () => {
    expect(boot).not.toMatch(/=>|\blet\b|\bconst\b|`|\?\.|\?\?|\bclass\b|\basync\b/);
  });
});
