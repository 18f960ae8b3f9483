import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { byId, gone, press, renderApp } from '../home/render-app';
import type { Core } from '../ipc/core';
import { agreementDue } from '../ipc/fake-data';
import { bringIntoView } from '../../test-setup';

const reader = { roles: ['specialist' as const], stage: 'agreement' as const };
const enter = () => byId('agreement-accept') as Promise<HTMLButtonElement>;

describe('the agreement', () => {
  it('opens «Кіру» only when the end was on screen and the required boxes are ticked', async () => {
    const core = renderApp(reader);
    const reached = vi.spyOn(core, 'agreementEndReached');
    for (const number of [1, 2, 3, 4]) {
      expect(((await byId(`confirmation-${number}`)) as HTMLInputElement).checked, 'nothing is ticked beforehand').toBe(false);
    }
    for (const number of [1, 3, 4]) await press(`confirmation-${number}`);
    expect((await enter()).disabled, 'the end was not on screen').toBe(true);
    bringIntoView(await byId('agreement-end'));
    await waitFor(async () => expect((await enter()).disabled).toBe(false));
    await waitFor(() => expect(reached).toHaveBeenCalledTimes(1));

    await press('confirmation-3');
    await waitFor(async () => expect((await enter()).disabled, 'a required box was unticked').toBe(true));
    await press('confirmation-3');
    await press('agreement-accept');
    expect(await byId('page-today')).toBeTruthy();
  });

  it('tells the core of each tick, and the consequence beside the optional one', async () => {
    const core = renderApp(reader);
    const tick = vi.spyOn(core, 'agreementTicked');
    await press('confirmation-2');
    const request = { document: 'specialist', version: 1, number: 2, accepted: true };
    await waitFor(() => expect(tick).toHaveBeenCalledWith(request));
    expect(screen.getByText(/Міндетті емес\. Белгілемесеңіз/)).toBeTruthy();
  });

  it('lets a person decline politely and come back', async () => {
    const core = renderApp(reader);
    await press('agreement-decline');
    await press('decline-yes');
    await gone('agreement');
    expect((await byId('declined')).textContent).toContain('Шешіміңіз құрметтеледі');
    expect(core.calls).toContain('declineAgreement');
    await press('declined-resume');
    expect(await byId('unlock')).toBeTruthy();
  });

  it('says that Kazakh is shown where a language is missing', async () => {
    renderApp(reader);
    await press('language-ru');
    expect((await byId('agreement-fallback')).textContent).toContain('казахский');
    expect(document.documentElement.lang).toBe('ru');
    await press('language-kk');
    await gone('agreement-fallback');
  });

  it('lets a person leave without a decision and come back to it with the PIN', async () => {
    const core = renderApp(reader);
    await press('agreement-decline');
    await press('decline-later');
    expect(await byId('unlock')).toBeTruthy();
    expect(core.calls).not.toContain('declineAgreement');
    expect(core.state.accounts.length, 'nothing went').toBe(2);
  });

  it('does not say that nothing was kept when something was', async () => {
    const core = renderApp(reader);
    vi.spyOn(core, 'declineAgreement').mockImplementation(async () => {
      core.state = { ...core.state, stage: 'locked', account: null };
      return core.state;
    });
    await press('agreement-decline');
    await press('decline-yes');
    expect(await byId('unlock')).toBeTruthy();
    expect(screen.queryByTestId('declined')).toBeNull();
  });

  it('asks at home for the agreement of a further role and leaves the other work open', async () => {
    const core = renderApp({ roles: ['specialist'], stage: 'home' });
    core.due = [agreementDue('representative', Date.now() - 1000)];
    core.emit('changed', undefined);
    expect((await byId('agreement-of-role')).textContent).toContain('Жаңа рөліңіздің');
    expect(await byId('page-today')).toBeTruthy();
    await press('agreement-read');
    expect(await enter()).toBeTruthy();
    expect(screen.queryByTestId('agreement-decline')).toBeNull();
  });

  it('tells who withdrew, what that means, and the way back', async () => {
    const withdrawn_at_ms = Date.UTC(2026, 10, 20, 6);
    const core = renderApp(reader);
    core.due = core.due.map((due) => ({ ...due, withdrawn_at_ms }));
    core.emit('changed', undefined);
    await press('language-ru');
    expect((await byId('agreement-withdrawn')).textContent).toContain('Вы отозвали согласие');
    await press('language-kk');
    await waitFor(async () => expect((await byId('agreement-withdrawn')).textContent).toContain('2026'));
    await press('agreement-decline');
    expect((await byId('decline')).textContent).toContain('жіберілмеген келулер жоғалмайды');
    await press('decline-no');
    bringIntoView(await byId('agreement-end'));
    for (const number of [1, 3, 4]) await press(`confirmation-${number}`);
    await waitFor(async () => expect((await enter()).disabled).toBe(false));
    await press('agreement-accept');
    expect(await byId('page-today')).toBeTruthy();
  });

  it('tells at home that the agreement of one role was withdrawn', async () => {
    const core = renderApp({ roles: ['specialist'], stage: 'home' });
    core.due = [{ ...agreementDue('representative', Date.now() - 1000), withdrawn_at_ms: Date.now() - 500 }];
    core.emit('changed', undefined);
    expect((await byId('agreement-withdrawn-notice')).textContent).toContain('қайтарып алдыңыз');
    await press('agreement-read');
    expect(await byId('agreement-withdrawn')).toBeTruthy();
  });

  it('shows among the acceptances which one was withdrawn, and one version accepted twice', async () => {
    const core = renderApp({ roles: ['representative'], stage: 'home' });
    const me = await core.me();
    const [first] = me.acceptances;
    if (!first) throw new Error('one acceptance');
    const withdrawn_at_ms = Date.UTC(2026, 10, 20, 6);
    const acceptances = [first, { ...first, statement: '7b'.repeat(32), withdrawn_at_ms }];
    vi.spyOn(core as Core, 'me').mockResolvedValue({ ...me, acceptances });
    location.hash = '#/rights';
    expect(await screen.findAllByTestId('acceptance-subject')).toHaveLength(2);
    expect(screen.getAllByTestId('acceptance-withdrawn')).toHaveLength(1);
  });
});
