// What jsdom lacks and the screens use. Layout there is none, so nothing here pretends to measure.
import { configure } from '@testing-library/dom';
import { afterEach, beforeEach } from 'vitest';

// A failure should say what is missing, not print the whole page.
configure({ getElementError: (message) => new Error(message?.split('\n')[0] ?? '') });

class Observer {
  static all: Observer[] = [];
  targets: Element[] = [];
  constructor(readonly callback: (entries: { isIntersecting: boolean; target: Element }[]) => void) {
    Observer.all.push(this);
  }
  observe(target: Element) {
    this.targets.push(target);
  }
  unobserve() {}
  disconnect() {
    this.targets = [];
  }
}

if (typeof window !== 'undefined') {
  const { cleanup } = await import('@testing-library/svelte');
  afterEach(cleanup);
  Object.assign(window, {
    matchMedia: (media: string) => ({ media, matches: false, addEventListener() {}, removeEventListener() {} }),
    IntersectionObserver: Observer,
  });
  Object.assign(Element.prototype, {
    scrollIntoView() {}, scrollBy() {}, hasPointerCapture: () => false, releasePointerCapture() {}, setPointerCapture() {},
  });
  Object.assign(Element.prototype, { animate: () => ({ finished: Promise.resolve(), cancel() {}, onfinish: null }) });

  beforeEach(() => {
    Observer.all = [];
    history.replaceState(null, '', '#/');
  });
}

/** Puts an element on screen, as far as the intersection observers are concerned. */
export function bringIntoView(target: Element): void {
  for (const observer of Observer.all) {
    if (observer.targets.includes(target)) observer.callback([{ isIntersecting: true, target }]);
  }
}
