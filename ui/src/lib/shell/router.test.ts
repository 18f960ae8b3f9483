import { waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { Router } from './router.svelte';

function routerAt(hash: string) {
  history.replaceState(null, '', hash);
  const router = new Router();
  router.follow();
  return router;
}

describe('going back', () => {
  it('from a row is a step of the history, as with the back button of the device', async () => {
    const router = routerAt('#/history');
    const back = vi.spyOn(history, 'back');
    router.go('history', 'ee01');
    router.back('history');
    expect([router.page, router.item]).toEqual(['history', undefined]);
    expect(back).toHaveBeenCalledTimes(1);
    await waitFor(() => expect(location.hash).toBe('#/history'));
    back.mockRestore();
  });

  it('from a visit that was not opened from the list never leaves the app', () => {
    const router = routerAt('#/history/ee01');
    const back = vi.spyOn(history, 'back');
    router.back('history');
    expect([location.hash, router.item]).toEqual(['#/history', undefined]);
    router.replace('review', 'ee02');
    router.back('review');
    expect(back).not.toHaveBeenCalled();
    back.mockRestore();
  });
});

describe('a filter that was asked for', () => {
  it('is there once, for the page that it was asked for', () => {
    const router = routerAt('#/today');
    router.go('history', undefined, 'refused');
    expect([router.takeFilter(), router.takeFilter()]).toEqual(['refused', undefined]);
    router.go('history', undefined, 'refused');
    router.go('me');
    expect(router.takeFilter()).toBeUndefined();
  });
});
