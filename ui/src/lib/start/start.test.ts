import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { CoreError } from '../ipc/error';
import type { ErrorCode } from '../ipc/types';
import { byId, fill, gone, press, renderApp } from '../home/render-app';
import { ru } from '../i18n/ru';

async function enterCode() {
  await fill('server-address', 'https://operator.example');
  await fill('activation-code', 'abcd1234efgh5678');
  await press('continue');
}

describe('enrolment', () => {
  it('goes from the code over the operator and the PIN to the agreement', async () => {
    const core = renderApp({});
    const inspect = vi.spyOn(core, 'inspectOperator');
    const enrol = vi.spyOn(core, 'enrol');
    await enterCode();
    expect((await byId('operator-bin')).textContent).toBe('110640022582');
    expect(inspect).toHaveBeenCalledWith({ link: null, address: 'https://operator.example', code: 'ABCD1234EFGH5678' });
    expect(enrol, 'nothing is sent before the person compared').not.toHaveBeenCalled();
    await press('operator-same');
    await fill('pin', 'қарлығаш7');
    await fill('pin-again', 'қарлығаш8');
    await press('pin-save');
    expect(enrol, 'the two PINs differ').not.toHaveBeenCalled();
    await fill('pin-again', 'қарлығаш7');
    await press('pin-save');
    expect(await byId('agreement')).toBeTruthy();
    expect(enrol).toHaveBeenCalledWith({ preview_id: 'p1', pin: 'қарлығаш7', label: '' });
  });

  it('takes a pasted link instead of address and code, and still waits for the tap', async () => {
    const core = renderApp({});
    const inspect = vi.spyOn(core, 'inspectOperator');
    await fill('activation-code', 'https://operator.example/enrol#secret');
    expect(await byId('link-read')).toBeTruthy();
    expect(inspect).not.toHaveBeenCalled();
    await press('continue');
    expect(await byId('fingerprint-known')).toBeTruthy();
    expect(screen.queryByTestId('operator-different'), 'the link has compared the keys already').toBeNull();
    await press('operator-same');
    await byId('pin');
    expect(screen.queryByTestId('account-label'), 'the only account needs no name').toBeNull();
  });

  it('stops where the words differ', async () => {
    const core = renderApp({});
    await enterCode();
    await press('operator-different');
    expect((await byId('operator-stop')).textContent).toContain('Код жіберілген жоқ');
    expect(core.calls).not.toContain('enrol');
  });

  it.each<ErrorCode>(['unknown-code', 'used-code', 'expired-code', 'offline', 'wrong-fingerprint', 'not-an-operator'])(
    'says in its own words what %s means, in the language of the person',
    async (code) => {
      const core = renderApp({});
      vi.spyOn(core, 'inspectOperator').mockRejectedValue(new CoreError(code));
      await press('language-ru');
      await enterCode();
      const shown = (await byId('error')).textContent ?? '';
      expect(shown).toContain(ru.errors[code].title);
      expect(shown).toContain(ru.errors[code].text);
    },
  );
});

describe('unlocking', () => {
  it('has the field ready and the help for a forgotten PIN in front of it', async () => {
    renderApp({ stage: 'locked' });
    const field = await byId('pin');
    await waitFor(() => expect(document.activeElement).toBe(field));
    const help = (await byId('pin-forgotten')).textContent;
    expect(help).toContain('Басқа тіркелгі қосу');
    expect(help).toContain('он рет');
  });


  it('offers each account and counts down after a wrong PIN', async () => {
    const core = renderApp({ stage: 'locked' });
    const unlock = vi.spyOn(core, 'unlock');
    await press('account-2');
    await fill('pin', '00000000');
    await press('unlock-open');
    expect((await byId('pin-wait')).textContent).toContain('2 секундтан');
    expect(unlock).toHaveBeenCalledWith({ account: '2', pin: '00000000' });
    const open = (await byId('unlock-open')) as HTMLButtonElement;
    expect(open.disabled).toBe(true);
    await waitFor(() => expect(open.disabled).toBe(false), { timeout: 3000 });
    await gone('pin-wait');
  });

  it('tells what is safe and what is not before it sets a forgotten account aside, and begins anew', async () => {
    const core = renderApp({ stage: 'locked' });
    const setAside = vi.spyOn(core, 'setAside');
    await press('pin-forgotten-aside');
    expect((await byId('aside-safe')).textContent).toContain('операторда');
    expect((await byId('aside-unsent')).textContent).toContain('белгісіз');
    expect(setAside).not.toHaveBeenCalled();
    await press('aside-begin');
    expect(setAside).toHaveBeenCalledWith({ account: '1', cause: 'pin-forgotten' });
    await byId('activation-code');
  });

  it.each([['key-lost', 'key-lost'], ['database-damaged', 'damaged']] as const)('offers the way on after %s', async (code, cause) => {
    const core = renderApp({ stage: 'locked' });
    vi.spyOn(core, 'unlock').mockRejectedValue(new CoreError(code));
    const setAside = vi.spyOn(core, 'setAside');
    await fill('pin', '12345678');
    await press('unlock-open');
    await press('aside-open');
    await press('aside-begin');
    expect(setAside).toHaveBeenCalledWith({ account: '1', cause });
  });
});
