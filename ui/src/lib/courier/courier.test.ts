import { describe, expect, it, vi } from 'vitest';
import { byId, press, renderApp } from '../home/render-app';
import { fireEvent } from '@testing-library/svelte';

const choose = async (bytes: number[]) => {
  const input = (await byId('courier-file')) as HTMLInputElement;
  const file = new File([new Uint8Array(bytes)], 'esep-1.esep-courier');
  // The page of the tests knows no bytes of a file.
  file.arrayBuffer ??= () => Promise.resolve(new Uint8Array(bytes).buffer);
  await fireEvent.change(input, { target: { files: [file] } });
};

describe('the courier', () => {
  it('seals what waits, and says until the operator confirmed that it has not', async () => {
    const core = renderApp({ stage: 'home', offline: true });
    core.list = core.list.map((visit, at) => ({ ...visit, transport: { ...visit.transport, state: at ? 'registered' : 'saved' } }));
    core.emit('sync', await core.syncState());
    await press('tab-me');
    await press('courier-seal');
    const parcel = await byId('sealed-parcel');
    expect(parcel.dataset.waiting).toBe('1');
    expect(parcel.textContent).toContain('Оператор әлі растаған жоқ');
    expect((await byId('sync-sealed')).textContent).toContain('Оператор әлі растаған жоқ');
  });

  it('takes in a colleague’s file, and says what is wrong with another', async () => {
    const core = renderApp({ stage: 'home' });
    await press('tab-me');
    await choose([0xa6, 1, 2]);
    const parcel = await byId('carried-parcel');
    expect(parcel.dataset.state).toBe('waiting');
    await choose([0, 1, 2]);
    expect((await byId('courier-error')).textContent).toContain('мөрленген файл емес');
    core.bag = { ...core.bag, carried: core.bag.carried.map((one) => ({ ...one, state: 'refused', refusal: 'altered' })) };
    core.emit('changed', undefined);
    await vi.waitFor(async () => expect((await byId('carried-parcel')).textContent).toContain('бүлінген'));
  });

  it('puts aside what the operator cannot take for weeks, and drops it only after a question', async () => {
    const core = renderApp({ stage: 'home' });
    await press('tab-me');
    await choose([0xa6, 1, 2]);
    expect(document.querySelector('[data-testid=courier-drop]')).toBeNull();
    core.bag = { ...core.bag, carried: core.bag.carried.map((one) => ({ ...one, state: 'aside', answered_at_ms: one.taken_in_at_ms })) };
    core.emit('changed', undefined);
    await vi.waitFor(async () => expect((await byId('carried-parcel')).textContent).toContain('алдыңғы файлы жоқ'));
    await press('courier-drop');
    expect((await byId('carried-parcel')).textContent).toContain('Ештеңе жоғалмайды');
    await press('courier-drop-no');
    expect(core.bag.carried).toHaveLength(1);
    await press('courier-drop');
    await press('courier-drop-yes');
    await vi.waitFor(() => expect(document.querySelector('[data-testid=carried-parcel]')).toBeNull());
    expect(core.bag.carried).toHaveLength(0);
  });
});
