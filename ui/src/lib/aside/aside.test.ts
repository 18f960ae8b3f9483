import { describe, expect, it, vi } from 'vitest';
import { byId, gone, press, renderApp } from '../home/render-app';

describe('records set aside', () => {
  it('are sent by a press, kept until officers opened them, and removable only then', async () => {
    const core = renderApp({ stage: 'home', asides: ['kept', 'opened'] });
    const removing = vi.spyOn(core, 'removeAside');
    await press('tab-me');
    const kept = await byId('aside-ee00');
    expect(kept.dataset.state).toBe('kept');
    expect(kept.querySelector('[data-testid="aside-remove"]')).toBeNull();
    await press('aside-send');
    await vi.waitFor(async () => expect((await byId('aside-ee00')).dataset.state).toBe('handedOver'));
    const opened = await byId('aside-ee01');
    expect(opened.textContent).toContain('Өтегенова Қарлығаш');
    expect((await byId('opening-missing')).textContent).toContain('1');
    await press('aside-remove');
    expect(removing).toHaveBeenCalledWith({ id: 'ee01' });
    await gone('aside-ee01');
  });
});
