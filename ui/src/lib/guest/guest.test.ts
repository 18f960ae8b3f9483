import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { byId, fill, gone, press, renderApp } from '../home/render-app';

const specialist = { roles: ['specialist' as const], stage: 'home' as const };
const inHands = { roles: [], stage: 'handed-over' as const };

describe('a parent without a phone', () => {
  it('gets the device for one visit, answers with the own PIN, and the specialist needs his again', async () => {
    const core = renderApp({ ...specialist, guests: 1 }, '#/today/ee0000');
    await press('guest-open');
    expect((await byId('guest-sheet')).textContent).toContain('маманның құрылғысында');
    await press('hand-over');
    const page = await byId('handed-over');
    for (const fact of ['asked-who', 'asked-whom', 'asked-when', 'asked-what']) expect((await byId(fact)).textContent).toBeTruthy();
    expect(screen.queryByTestId('tab-today'), 'nothing else is there').toBeNull();
    await press('guest-yes');
    expect(page.textContent, 'not without a PIN').toContain('PIN-кодыңызды енгізіңіз');
    expect(core.calls).not.toContain('answerAsGuest');
    await fill('guest-pin', 'алма-1958');
    await press('guest-yes');
    expect((await byId('guest-done')).textContent).toContain('Сіз растадыңыз');
    await press('give-back');
    expect(await byId('unlock')).toBeTruthy();
    await gone('guest-done');
  }, 15_000);

  it('disputes with a reason, and a wrong PIN waits', async () => {
    const core = renderApp({ ...inHands, guests: 1 });
    await press('guest-no');
    await press('guest-dispute-send');
    expect((await byId('handed-over')).textContent, 'a reason is needed').toContain('Себебін таңдаңыз');
    await press('guest-reason-nobody-came');
    await fill('guest-pin', '12345678');
    await press('guest-dispute-send');
    expect((await byId('pin-wait')).textContent).toContain('5 секунд');
    expect(((await byId('guest-dispute-send')) as HTMLButtonElement).disabled).toBe(true);
    expect(((await byId('guest-pin')) as HTMLInputElement).value, 'no PIN stays on screen').toBe('');
    await waitFor(() => expect(screen.queryByTestId('pin-wait')).toBeNull(), { timeout: 8_000 });
    await fill('guest-pin', 'алма-1958');
    await press('guest-dispute-send');
    expect((await byId('guest-done')).textContent).toContain('Үйлестіруші қарайды');
    expect(core.calls.filter((call) => call === 'answerAsGuest')).toHaveLength(2);
  }, 20_000);

  it('says who answers where there are two, and gives the language back', async () => {
    const core = renderApp({ ...inHands, guests: 2 });
    await fill('guest-pin', 'алма-1958');
    await press('guest-yes');
    expect(core.calls, 'nobody is chosen yet').not.toContain('answerAsGuest');
    await press('guest-guest-1');
    await press('language-ru');
    expect((await byId('handed-over')).textContent).toContain('Визит прошёл так?');
    await press('give-back-unanswered');
    expect(await byId('unlock')).toBeTruthy();
    expect(core.state.preferences.locale, 'of the specialist').toBe('kk');
  }, 15_000);

  it('is shown as weaker evidence wherever the answer stands', async () => {
    renderApp({ ...specialist, guests: 1 }, '#/today/ee0001');
    const badge = (await byId('answers')).querySelector<HTMLElement>('[data-testid="confirmation"]');
    expect(badge?.dataset.state).toBe('confirmed-on-device');
    expect(badge?.querySelector('.badge')?.className).toMatch(/warn dashed/);
    await waitFor(() => expect(screen.getAllByTestId('guest-mark')).toHaveLength(2));
    expect((await byId('story-confirmed')).textContent).toContain('Маманның құрылғысында');
  });
});
