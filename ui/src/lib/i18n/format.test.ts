import { describe, expect, it } from 'vitest';
import { Format } from './format';
import { russian } from './plural';

const thursday = new Date('2026-11-05T09:07:03Z');
const almaty_min = 300;

describe('dates by kazakhstan.md 2.4', () => {
  it.each([
    ['kk', '05.11.2026', '2026\u00a0ж. 5\u00a0қараша', '2026\u00a0ж. 5\u00a0қараша, бейсенбі'],
    ['ru', '05.11.2026', '5\u00a0ноября 2026\u00a0г.', 'четверг, 5\u00a0ноября 2026\u00a0г.'],
    ['en', '05.11.2026', '5\u00a0November 2026', 'Thursday, 5\u00a0November 2026'],
  ] as const)('%s', (locale, short, long, full) => {
    const format = new Format(locale);
    expect(format.shortDate(thursday, almaty_min)).toBe(short);
    expect(format.longDate(thursday, almaty_min)).toBe(long);
    expect(format.fullDate(thursday, almaty_min)).toBe(full);
    expect(format.time(thursday, almaty_min), 'the clock of the device that made the record').toBe('14:07');
  });

  it('names today and yesterday by the calendar, not by 24 hours', () => {
    const format = new Format('kk');
    const justAfterMidnight = new Date('2026-11-05T19:05:00Z');
    expect(format.moment(thursday, thursday, almaty_min)).toBe('бүгін, 14:07');
    expect(format.moment(thursday, justAfterMidnight, almaty_min)).toBe('кеше, 14:07');
    expect(format.moment(thursday, new Date('2026-11-09T00:00:00Z'), almaty_min)).toBe('05.11.2026, 14:07');
  });
});

describe('a date in a narrow column', () => {
  it('leaves out the year that it is, and no other', () => {
    const format = new Format('kk');
    expect(format.tableDate(thursday, thursday, almaty_min)).toBe('05.11');
    expect(format.tableDate(thursday, new Date('2027-01-02T00:00:00Z'), almaty_min)).toBe('05.11.26');
  });
});

describe('numbers', () => {
  it('parts thousands with a no-break space and decimals with a comma', () => {
    expect(new Format('kk').number(1234567.89, 2)).toBe('1\u00a0234\u00a0567,89');
    expect(new Format('ru').number(-12)).toBe('\u221212');
    expect(new Format('en').number(1234.5, 1)).toBe('1,234.5');
  });

  it('says near distances in metres and far ones in kilometres', () => {
    const units = { m: 'м', km: 'км' };
    expect(new Format('kk').distance(84.6, units)).toBe('85\u00a0м');
    expect(new Format('kk').distance(1240, units)).toBe('1,2\u00a0км');
    expect(new Format('kk').distance(23_400, units)).toBe('23\u00a0км');
  });

  it.each([
    [0, 'many'], [1, 'one'], [2, 'few'], [4, 'few'], [5, 'many'], [11, 'many'], [12, 'many'], [14, 'many'],
    [21, 'one'], [22, 'few'], [25, 'many'], [101, 'one'], [111, 'many'], [112, 'many'], [122, 'few'],
  ])('Russian plural of %i is %s, as Intl.PluralRules has it', (count, form) => {
    expect(russian(count, { one: 'one', few: 'few', many: 'many' })).toBe(form);
    expect(new Intl.PluralRules('ru').select(count)).toBe(form);
  });
});
