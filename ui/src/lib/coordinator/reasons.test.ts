import { describe, expect, it } from 'vitest';
import { FakeCore } from '../ipc/fake';
import type { ProofView, ReasonView } from '../ipc/types';
import { kk } from '../i18n/kk';
import { App } from '../shell/app.svelte';
import { proofWords } from '../visit/proof-words';
import { reasonFigures } from './reason-figures';

const app = new App(new FakeCore());
const plain = (text: string) => text.split('\u00a0').join(' ');
const reason = (flag: string, figures: Partial<ReasonView> = {}): ReasonView =>
  ({ flag, distance_m: null, lasted_ms: null, other: null, other_started_at_ms: null, ...figures });
const said = (flag: string, figures: Partial<ReasonView>) => plain(reasonFigures(app, reason(flag, figures), 300));

describe('reasons of flags', () => {
  it('say how far, how long and beside which visit', () => {
    expect(said('impossible-travel', { distance_m: 84_000, lasted_ms: 660_000 })).toBe('11 мин ішінде 84 км');
    expect(said('far-from-place', { distance_m: 3_000 })).toBe('Мекенжайдан 3,0 км қашық');
    expect(said('low-accuracy', { distance_m: 450 })).toBe('Дәлдігі 450 м');
    expect(said('late-sync', { lasted_ms: 9.4 * 86_400_000 })).toBe('9 күн кейін жеткен');
    const other = { id: 'ee0001', name: 'Сейтқали Абай' };
    const beside = { lasted_ms: 90 * 60_000, other, other_started_at_ms: Date.parse('2026-11-05T06:05:00Z') };
    expect(said('visits-overlap', beside)).toBe('1,5 сағ қабаттасады. Сейтқали Абай, 05.11.2026, 11:05');
    expect(said('clock-changed', {})).toBe('');
  });

  it('explain every flag that has a name', () => {
    expect(Object.keys(kk.flags.why).sort()).toEqual(Object.keys(kk.words.flag).sort());
  });
});

describe('the proven span', () => {
  const at = (text: string) => Date.parse(text);
  const words = (proof: Partial<ProofView>) =>
    plain(proofWords(app, { not_before_ms: null, not_after_ms: null, contradiction: false, ...proof }, 300));

  it('names both ends at the clock of the place, the later one rounded up', () => {
    const both = { not_before_ms: at('2026-11-05T06:05:30Z'), not_after_ms: at('2026-11-05T06:08:00.999Z') };
    expect(words(both)).toBe('Ең ерте 05.11.2026, 11:05 – ең кеш 05.11.2026, 11:09, дәлелденген.');
  });

  it('says which end is not proven, and that nothing is', () => {
    expect(words({ not_before_ms: at('2026-11-05T06:05:00Z') })).toMatch(/^Ең ерте 05\.11\.2026, 11:05, дәлелденген\./);
    expect(words({ not_after_ms: at('2026-11-05T06:05:00Z') })).toMatch(/^Ең кеш 05\.11\.2026, 11:05, дәлелденген\./);
    expect(words({})).toBe(kk.flags.proof.none);
    expect(words({ not_before_ms: 2, not_after_ms: 1, contradiction: true })).toBe(kk.flags.proof.contradiction);
  });
});
