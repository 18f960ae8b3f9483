import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { CoreError } from '../ipc/error';
import { byId, fill, gone, press, renderApp } from '../home/render-app';

const home = { roles: ['specialist' as const], stage: 'home' as const };

describe('registering a visit', () => {
  it('takes two taps from the list to a saved visit, with undo', async () => {
    const core = renderApp(home);
    const register = vi.spyOn(core, 'registerVisit');
    await press('child-cc04');
    await press('register');
    expect(await byId('undo')).toBeTruthy();
    expect(register).toHaveBeenCalledTimes(1);
    expect(register.mock.calls[0]?.[0]).toMatchObject({
      children: ['cc04'], service: 'speech-therapy', outcome: 'held', late: null, note: null,
    });
    await gone('register-sheet');
    const undo = vi.spyOn(core, 'undoVisit');
    await press('undo');
    await waitFor(() => expect(undo).toHaveBeenCalledTimes(1));
    expect(core.list.some((visit) => visit.id.startsWith('new-'))).toBe(false);
  });

  it('sends one draft once, however often the button is pressed', async () => {
    const core = renderApp(home);
    const register = vi.spyOn(core, 'registerVisit');
    await press('child-cc04');
    const button = await byId('register');
    button.click();
    button.click();
    await byId('undo');
    expect(register).toHaveBeenCalledTimes(1);
  });

  it('takes siblings along as visits of their own', async () => {
    const core = renderApp(home);
    const register = vi.spyOn(core, 'registerVisit');
    await press('child-cc01');
    await press('sibling-cc02');
    await press('register');
    await byId('undo');
    expect(register.mock.calls[0]?.[0].children).toEqual(['cc01', 'cc02']);
    expect((await byId('toast')).textContent).toContain('2 келу сақталды');
  });

  it('keeps a note with one child', async () => {
    const core = renderApp(home);
    const register = vi.spyOn(core, 'registerVisit');
    await press('child-cc01');
    await press('register-more');
    await fill('note', 'Жаттығу жасалды');
    await press('sibling-cc02');
    await byId('note-each');
    await gone('note');
    await press('register');
    await byId('undo');
    expect(register.mock.calls[0]?.[0].note, 'nothing about one lands in the record of the other').toBeNull();
  });

  it('asks on the page of a visit for an end that was forgotten', async () => {
    const core = renderApp(home);
    const finish = vi.spyOn(core, 'finishVisit');
    core.list = core.list.map((visit) => ({ ...visit, started_at_ms: visit.started_at_ms - 5 * 3_600_000 }));
    const forgotten = core.list.find((visit) => visit.can_finish)!;
    core.emit('changed', undefined);
    location.hash = `#/today/${forgotten.id}`;
    await press('finish-now');
    expect(await byId('finish-sheet')).toBeTruthy();
    expect(finish, 'now is not when it ended').not.toHaveBeenCalled();
  });

  it('warns by clause B2.3 before the tap, and still saves', async () => {
    const core = renderApp({ ...home, locationReady: false });
    await press('child-cc04');
    expect((await byId('location-warning')).textContent).toContain('2.3-тармағы');
    await press('register');
    await byId('undo');
    expect(core.calls).toContain('registerVisit');
  });

  it('asks a late entry for its reason and for times that have been', async () => {
    const core = renderApp(home);
    const register = vi.spyOn(core, 'registerVisit');
    await press('child-cc04');
    await press('register-more');
    await press('late');
    await press('register');
    expect(register, 'nothing is stated without a reason').not.toHaveBeenCalled();
    await fill('late-start-time', '99:00');
    expect((await byId('late-start')).textContent).toContain('14:07 түрінде');
  });

  it('says what failed and keeps what was entered', async () => {
    const core = renderApp(home);
    vi.spyOn(core, 'registerVisit').mockRejectedValueOnce(new CoreError('disk-full'));
    await press('child-cc04');
    await press('register');
    expect((await byId('error')).textContent).toContain('Құрылғыда орын қалмады');
    expect(screen.queryByTestId('undo')).toBeNull();
    await press('error-action');
    expect(await byId('undo')).toBeTruthy();
  });
});

describe('a sheet', () => {
  it('leads to the field that is wrong and says so above the button', async () => {
    renderApp(home);
    await press('child-cc04');
    await press('register-more');
    await press('late');
    await press('register');
    expect((await byId('sheet-fault')).textContent).toBe('Белгіленген жолдарды толтырыңыз');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('late-reason')));
  });

  it('carries the undo of the visit before, without being closed by it', async () => {
    const core = renderApp(home);
    const undo = vi.spyOn(core, 'undoVisit');
    await press('child-cc04');
    await press('register');
    await byId('undo');
    await gone('register-sheet');
    await press('child-cc05');
    const sheet = await byId('register-sheet');
    await waitFor(() => expect(sheet.contains(screen.getByTestId('undo'))).toBe(true));
    await press('undo');
    await waitFor(() => expect(undo).toHaveBeenCalledTimes(1));
    expect(screen.getByTestId('register-sheet')).toBe(sheet);
  });

  it('drops what only told something before it opened', async () => {
    renderApp(home);
    await press('child-cc04');
    await press('register');
    await press('undo');
    expect((await byId('toast')).textContent).toContain('алып тасталды');
    await press('child-cc05');
    await byId('register-sheet');
    await gone('toast');
  });

  it('sends no note for several children: each has a page of its own', async () => {
    const core = renderApp(home);
    const register = vi.spyOn(core, 'registerVisit');
    await press('child-cc01');
    await press('register-more');
    await fill('note', 'Бірінші балаға ғана арналған сөз');
    await press('sibling-cc02');
    expect((await byId('note-each')).textContent).toContain('әр келудің өз бетінде');
    expect(screen.queryByTestId('note')).toBeNull();
    await press('register');
    await byId('undo');
    expect(register.mock.calls[0]?.[0]).toMatchObject({ children: ['cc01', 'cc02'], note: null });
  });
});

describe('today', () => {
  it('opens the running visit of a child instead of beginning a second one', async () => {
    const core = renderApp(home);
    core.cards = core.cards.map((card) => (card.id === 'cc01' ? { ...card, open_visit: 'ee0000' } : card));
    await press('child-cc01');
    await byId('finish-now');
    expect(core.calls).not.toContain('beginVisit');
    await press('back');
    await gone('finish-now');
    await press('register-start');
    (await screen.findAllByTestId('child-cc01')).at(-1)?.click();
    await byId('finish-now');
    expect(core.calls).not.toContain('beginVisit');
  });

  it('keeps the list behind the visit, as it was', async () => {
    renderApp(home);
    await fill('children-search', 'Беков');
    await press('child-cc05');
    await press('register-sheet-close');
    await press('visit-ee0001');
    await byId('visit');
    await press('back');
    await gone('visit');
    expect(((await byId('children-search')) as HTMLInputElement).value).toBe('Беков');
  });

  it('says what is asked of the person, when it was and why', async () => {
    renderApp(home);
    const line = await byId('needs-ee0002');
    expect(line.textContent).toContain('Жері сәйкес келмейді');
    expect(line.textContent).toMatch(/\d\d:\d\d/);
  });

  it('leads from the count of refused records to them', async () => {
    renderApp(home);
    await press('sync-refused');
    await byId('visit-ee0005');
    await gone('visit-ee0001');
  });


  it('reminds of a visit that was not finished and finishes it', async () => {
    const core = renderApp(home);
    const finish = vi.spyOn(core, 'finishVisit');
    await press('finish-ee0000');
    await waitFor(() => expect(finish).toHaveBeenCalledWith({ visit: 'ee0000', finished_at_ms: null }));
    await gone('running-ee0000');
    expect((await byId('toast')).textContent).toMatch(/Аяқталды: Омарова Аружан, \d\d:\d\d/);
    await press('correct-finished');
    expect((await byId('visit-child')).textContent).toBe('Омарова Аружан');
  });

  it('is never empty without saying why', async () => {
    renderApp({ ...home, empty: true, offline: true });
    expect((await byId('no-children')).textContent).toContain('Үйлестіруші');
    expect((await byId('sync-strip')).textContent).toContain('Байланыс жоқ');
  });
});
