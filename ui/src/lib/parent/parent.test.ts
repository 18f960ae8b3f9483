import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { FakeCore } from '../ipc/fake';
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

  it('is asked in words whether nobody was at home, and is not told that a service was given', async () => {
    renderApp(home);
    const card = await byId('to-confirm-ee0006');
    expect(card.textContent).toContain('үйде ешкім болмады деп жазды. Солай ма?');
    await press('confirm-ee0006');
    expect((await byId('answered-ee0006')).textContent).toContain('Үйде ешкім болмады');
    expect((await byId('answered-ee0001')).textContent).toContain('Дефектолог сабағы');
  });

  it('is not told that an answer is awaited to a visit that was taken back', async () => {
    const core = renderApp(home);
    core.list = core.list.map((visit) => ({ ...visit, cancelled: 'wrong-child', confirmation: 'none', answers: [], can_answer: false }));
    const row = await byId('answered-ee0002');
    expect(row.textContent).toContain('Келу алып тасталды');
    expect(row.textContent).not.toContain('Жауап күтілуде');
  });

  it('reads the own answer as the own one', async () => {
    renderApp(home, '#/answers/ee0001');
    expect((await byId('answer')).textContent).toContain('Сіз растадыңыз');
  });

  it('is told that everything is answered only when every page was read', async () => {
    const core = renderApp({ ...home, visits: 0 });
    const visit = (at: number, waits: boolean) => ({
      ...new FakeCore({ ...home, visits: 2 }).list[1]!, id: `many-${at}`, can_answer: waits, answers: [],
    });
    core.list = Array.from({ length: 450 }, (_, at) => visit(at, at === 449));
    await byId('to-confirm-many-449');
    expect(screen.queryByTestId('all-answered')).toBeNull();
    core.list = core.list.map((one) => ({ ...one, can_answer: false }));
    core.emit('changed', undefined);
    expect(await byId('all-answered')).toBeTruthy();
  });

  it('with two children sees whose team is whose', async () => {
    renderApp(home, '#/child');
    await waitFor(() => expect(screen.getByTestId('child').textContent).toContain('Сүйемелдеу тобы: Омаров Әлихан'));
  });

  it('finds how to withdraw the consent', async () => {
    renderApp(home, '#/rights');
    expect((await byId('withdraw')).textContent).toContain('6.3-тармағы');
    const accepted = (await byId('acceptance-subject')).textContent;
    expect(accepted).toContain('Батырманы басу арқылы қабылданған');
    expect(accepted).not.toContain('L0');
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
