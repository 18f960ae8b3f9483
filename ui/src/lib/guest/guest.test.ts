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
    await waitFor(() => expect(document.activeElement, 'the focus goes on').toBe(screen.getByTestId('guest-reason-nobody-came')));
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
    expect((await byId('guest-unchosen')).textContent, 'and the page says so').toContain('Өзіңізді таңдаңыз');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('guest-guest-0')));
    await press('guest-guest-1');
    await press('language-ru');
    expect((await byId('handed-over')).textContent).toContain('Визит прошёл так?');
    await press('give-back-unanswered');
    expect(await byId('unlock')).toBeTruthy();
    expect(core.state.preferences.locale, 'of the specialist').toBe('kk');
  }, 15_000);

  it('takes no message about another child along', async () => {
    renderApp({ ...specialist, guests: 1 }, '#/today/ee0000');
    await press('finish-now');
    expect((await byId('toast')).textContent).toBeTruthy();
    await press('guest-open');
    await press('hand-over');
    await byId('asked-who');
    expect(screen.queryByTestId('toast')).toBeNull();
  });

  it('offers nothing that cannot be done, when the PIN was wrong too often', async () => {
    const core = renderApp({ roles: [], stage: 'start', guests: 1 });
    const shown = await core.handedOver();
    core.handedOver = async () => ({ ...shown, guests: shown.guests.map((one) => ({ ...one, locked_for_good: true })) });
    core.state = { ...core.state, stage: 'handed-over' };
    core.emit('changed', undefined);
    await byId('guest-locked');
    for (const dead of ['guest-yes', 'guest-no', 'guest-pin']) expect(screen.queryByTestId(dead), dead).toBeNull();
    await press('give-back');
    expect(await byId('unlock')).toBeTruthy();
  });

  it('is shown as weaker evidence wherever the answer stands', async () => {
    renderApp({ ...specialist, guests: 1 }, '#/today/ee0001');
    const badge = (await byId('answers')).querySelector<HTMLElement>('[data-testid="confirmation"]');
    expect(badge?.dataset.state).toBe('confirmed-on-device');
    expect(badge?.querySelector('.badge')?.className).toMatch(/warn dashed/);
    expect((await byId('guest-mark-text')).textContent, 'in words, not in a tooltip').toContain('әлсіздеу');
    await waitFor(() => expect(screen.getAllByTestId('guest-mark')).toHaveLength(2));
    expect((await byId('story-confirmed')).textContent).toContain('Маманның құрылғысында');
  });
});
