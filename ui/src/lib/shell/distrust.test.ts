import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { byId, gone, press, renderApp } from '../home/render-app';

describe('an operator that failed a check', () => {
  it('is told on every page, with what is safe and whom to call, and registering goes on', async () => {
    renderApp({ stage: 'home', distrusted: true, contradicts: true });
    const banner = await byId('distrust');
    expect(banner.textContent).toContain('Ештеңе жоғалған жоқ');
    expect(banner.textContent).toContain('қоңырау шалып');
    expect(banner.querySelector('[data-finding]')?.getAttribute('data-finding')).toBe('split-view');
    await press('register-start');
    await byId('pick-sheet');
    await press('tab-history');
    await byId('page-history');
    expect(await byId('distrust')).toBeTruthy();
  });

  it('stays untrusted when it cannot prove itself, and says so', async () => {
    renderApp({ stage: 'home', distrusted: true, contradicts: true });
    await press('distrust-check');
    await waitFor(async () => expect((await byId('toast')).textContent).toContain('тексерісі өтпеді'));
    expect(await byId('distrust')).toBeTruthy();
  });

  it('is trusted again after a proof', async () => {
    renderApp({ stage: 'home', distrusted: true });
    await press('distrust-check');
    await gone('distrust');
  });

  it('leaves a file for whoever examines it', async () => {
    const core = renderApp({ stage: 'home', distrusted: true });
    await press('distrust-evidence');
    await waitFor(async () => expect((await byId('toast')).textContent).toContain('esep-evidence.json'));
    expect(core.calls).toContain('evidenceFile');
  });
});

describe('a disk that fills', () => {
  it.each(['low', 'none'] as const)('is told before the tap: %s', async (room) => {
    renderApp({ stage: 'home', room });
    const child = await waitFor(() => {
      const found = document.querySelector<HTMLElement>('[data-testid^="child-"]');
      if (!found) throw new Error('no child yet');
      return found;
    });
    (child.matches('button') ? child : (child.querySelector('button') ?? child)).click();
    const warning = await byId('room-warning');
    expect(warning.querySelector('[data-room]')?.getAttribute('data-room')).toBe(room);
  });
});
