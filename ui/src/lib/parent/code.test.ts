import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { byId, fill, gone, press, renderApp } from '../home/render-app';

const parent = { roles: ['representative' as const], stage: 'home' as const };
const specialist = { roles: ['specialist' as const], stage: 'home' as const };

describe('two devices without a network', () => {
  it('a parent reads a code, is warned of whom the team does not know, answers and shows the answer', async () => {
    const core = renderApp(parent);
    await press('read-code');
    await fill('code-text', 'ESEP:ee0002');
    await press('code-take');
    expect((await byId('not-in-team')).textContent).toContain('тобында жоқ');
    const sheet = await byId('read-visit-sheet');
    sheet.querySelector<HTMLButtonElement>('[data-testid="confirm-ee0002"]')?.click();
    expect((await byId('show-code')).textContent).toContain('Маманға көрсетіңіз');
    expect((await byId('code')).querySelector('path')?.getAttribute('d')).toMatch(/^M/);
    expect(core.calls).toEqual(expect.arrayContaining(['readCode', 'confirmVisit', 'showCode']));
  }, 15_000);

  it('what was read before leads to the visit, and another code says what it is not', async () => {
    renderApp(parent);
    await press('read-code');
    await fill('code-text', 'esep://enrol?c=1');
    await press('code-take');
    expect((await byId('code-error')).textContent).toContain('коды емес');
    expect(screen.queryByTestId('code-known')).toBeNull();
    await fill('code-text', 'ESEP:ee0001');
    await waitFor(() => expect(screen.queryByTestId('code-error')).toBeNull());
    await press('code-take');
    await press('code-known');
    await gone('read-visit-sheet');
    expect((await byId('answer')).textContent).toContain('Сіз растадыңыз');
    expect(await byId('show-code-open')).toBeTruthy();
  });

  it('a specialist shows a visit and reads the answer in the same place', async () => {
    const core = renderApp(specialist, '#/today/ee0000');
    await press('show-code-open');
    expect((await byId('show-code')).textContent).toContain('Интернет керек емес');
    await press('read-answer');
    core.readCode = vi.fn(async () => ({ visit: { ...core.list[1]!, answers: [] }, in_care_team: true }));
    await fill('code-text', 'ESEP:answer');
    await press('code-take');
    await waitFor(() => expect(screen.getByTestId('toast').textContent).toContain('бұрынғы нұсқасына'));
  });
});
