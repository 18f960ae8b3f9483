import { waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { byId, press, renderApp } from '../home/render-app';

const home = { roles: ['representative' as const], stage: 'home' as const };

describe('a parent', () => {
  it('sees who came, from where and how far, and confirms with one button', async () => {
    const core = renderApp(home);
    const card = await byId('to-confirm-ee0002');
    expect(card.textContent).toContain('Төлегенов Ерасыл');
    expect(card.textContent).toContain('Дефектолог');
    expect(card.textContent).toContain('«Мейірім» қоғамдық қоры');
    expect(card.textContent).toContain('1,8\u00a0км қашықтықта');
    await press('confirm-ee0002');
    const answered = await byId('answered-ee0002');
    expect(answered.textContent).toContain('Расталды');
    expect(core.calls).toContain('confirmVisit');
  });

  it('disputes only with a coded reason, and words where the reason is another one', async () => {
    const core = renderApp(home);
    const dispute = vi.spyOn(core, 'disputeVisit');
    await press('dispute-ee0002');
    await press('dispute-send');
    expect(dispute).not.toHaveBeenCalled();
    await press('dispute-reason-other');
    await press('dispute-send');
    expect(dispute, '"another reason" says nothing without words').not.toHaveBeenCalled();
    await press('dispute-reason-other-time');
    await press('dispute-send');
    await waitFor(() => expect(dispute).toHaveBeenCalledWith({ visit: 'ee0002', basis: 'ff2', reason: 'other-time', text: null }));
  });
});
