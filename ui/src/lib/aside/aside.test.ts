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

  it('tell everybody when the key that opens them was changed, and whether two officers agreed', async () => {
    const at_ms = Date.UTC(2026, 10, 20);
    renderApp({
      stage: 'home',
      renewals: [
        { at_ms, approved: false, reason: 'Бір бөлігі жоғалды', erases_from_ms: at_ms + 10 * 86_400_000 },
        { at_ms: at_ms - 1, approved: true, reason: 'Қызметкер ауысты', erases_from_ms: null },
      ],
    });
    await press('tab-me');
    const device = await byId('device');
    const told = [...device.querySelectorAll<HTMLElement>('[data-testid="recovery-renewed"]')];
    expect(told.map((one) => one.dataset.approved)).toEqual(['false', 'true']);
    expect(told[0]?.textContent).toContain('дәлелденбеген');
    expect(told[0]?.textContent).toContain('Бір бөлігі жоғалды');
    expect(told[0]?.textContent).toMatch(/өшіруге болатын күн: 2026\sж\.\s30\sқараша\./u);
    expect(told[1]?.textContent).not.toContain('өшіруге');
    expect(told[1]?.textContent).toContain('екі бөлігі де көрсетілді');
  });
});
