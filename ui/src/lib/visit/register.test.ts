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
    await byId('note-one-child');
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

describe('today', () => {
  it('reminds of a visit that was not finished and finishes it', async () => {
    const core = renderApp(home);
    const finish = vi.spyOn(core, 'finishVisit');
    await press('finish-ee0000');
    await waitFor(() => expect(finish).toHaveBeenCalledWith({ visit: 'ee0000', finished_at_ms: null }));
    await gone('running-ee0000');
  });

  it('is never empty without saying why', async () => {
    renderApp({ ...home, empty: true, offline: true });
    expect((await byId('no-children')).textContent).toContain('Үйлестіруші');
    expect((await byId('sync-strip')).textContent).toContain('Байланыс жоқ');
  });
});
