import { screen, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { byId, press, renderApp } from '../home/render-app';
import { keyAction } from './keys';

const home = { roles: ['coordinator' as const], stage: 'home' as const, visits: 30 };
const key = (code: string) => window.dispatchEvent(new KeyboardEvent('keydown', { code, cancelable: true }));

beforeEach(() => {
  // A laptop: list and panel side by side.
  vi.spyOn(window, 'matchMedia').mockImplementation(
    (media) => ({ media, matches: media.includes('min-width'), addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList,
  );
});

describe('review by keyboard', () => {
  it('moves, returns with a reason and goes on to the next', async () => {
    const core = renderApp(home);
    const review = vi.spyOn(core, 'reviewVisit');
    await screen.findAllByTestId(/^row-ee|^visit-ee/);
    key('KeyJ');
    await byId('visit-panel');
    await byId('return');
    key('KeyR');
    await byId('decision-sheet');
    await press('decision-save');
    expect(review, 'a return needs a reason').not.toHaveBeenCalled();
    await press('decision-reason-wrong-time');
    await press('decision-save');
    await waitFor(() => expect(review).toHaveBeenCalledTimes(1));
    expect(review.mock.calls[0]?.[0]).toMatchObject({
      visit: 'ee0000', accepted: false, reason: 'wrong-time',
      flags: core.list[0]?.flags, confirmation: core.list[0]?.confirmation,
    });
  });

  it('asks for a reason before it accepts a visit with flags', async () => {
    const core = renderApp(home);
    const review = vi.spyOn(core, 'reviewVisit');
    await screen.findAllByTestId(/^row-ee|^visit-ee/);
    key('KeyJ');
    await byId('accept');
    key('KeyA');
    expect((await byId('decision-sheet')).textContent).toContain('Белгісі бар келуді қабылдайсыз ба?');
    expect(review).not.toHaveBeenCalled();
  });

  it.each([['KeyJ', 'next'], ['KeyK', 'previous'], ['KeyA', 'accept'], ['KeyR', 'return'], ['Slash', 'search'], ['Escape', 'close']])(
    '%s means %s in any keyboard layout',
    (code, action) => expect(keyAction(new KeyboardEvent('keydown', { code, key: 'о' }))).toBe(action),
  );

  it('leaves keys to whoever writes', () => {
    const input = document.body.appendChild(document.createElement('input'));
    let seen: unknown = 'nothing';
    input.addEventListener('keydown', (event) => (seen = keyAction(event)));
    input.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyA' }));
    expect(seen).toBeUndefined();
    input.remove();
  });
});
