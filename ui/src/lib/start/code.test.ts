import { describe, expect, it } from 'vitest';
import { groupCode, isLink } from './code';

describe('activation code', () => {
  it.each([
    ['abcd1234efgh5678', 'ABCD-1234-EFGH-5678'],
    ['abcd 1234', 'ABCD-1234'],
    ['abcd-1234-', 'ABCD-1234'],
    ['ABCD-1234-EFGH-5678-EXTRA', 'ABCD-1234-EFGH-5678'],
    ['', ''],
    ['авсе нкмо ртх5', 'ABCE-HKM0-PTX5'],
    ['АВСЕ-НКМО-РТХ5-6789', 'ABCE-HKM0-PTX5-6789'],
  ])('%j is shown as %j', (typed, shown) => expect(groupCode(typed)).toBe(shown));

  it('leaves a pasted link alone', () => {
    const link = 'https://esep.example/enrol#c=ABCD-1234';
    expect(isLink(link)).toBe(true);
    expect(groupCode(` ${link}\n`)).toBe(link);
    expect(isLink('ABCD-1234')).toBe(false);
  });

  it.each(['esep://enrol?a=Ab&c=ABCD-1234', 'https://esep.example/enrol#Ab'])('takes %s letter by letter too', (link) => {
    const shown = [...link].reduce((field, letter) => groupCode(field + letter), '');
    expect(shown).toBe(link);
  });
});
