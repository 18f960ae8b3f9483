import { describe, expect, it } from 'vitest';
import { joinMoment, parseTime, splitMoment, writeTime } from './clock';

describe('time of day', () => {
  it.each([['14:07', 847], ['9:05', 545], ['0905', 545], ['14.07', 847], ['00:00', 0], ['23:59', 1439]])(
    '%s is understood',
    (text, minutes) => expect(parseTime(text)).toBe(minutes),
  );
  it.each(['24:00', '12:60', '', '7', 'abc', '1:2'])('%j is not a time', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
  it('is written with two digits each', () => expect(writeTime(545)).toBe('09:05'));
  it('survives being parted and joined', () => {
    const at = new Date(2026, 10, 5, 14, 7);
    const { minutes, ...day } = splitMoment(at);
    expect(joinMoment(day, minutes)).toBe(at.getTime());
  });
});
