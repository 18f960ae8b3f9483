import { afterEach, expect, it } from 'vitest';
import { joinMoment, splitMoment } from '../design/clock';
import { Format } from './format';
import { fromDeviceClock, setDeviceOffset } from './zone';

const at = new Date('2026-11-23T06:05:00Z');

afterEach(() => setDeviceOffset(-at.getTimezoneOffset()));

it.each([[300, '11:05'], [360, '12:05'], [0, '06:05']])('with the core at %d minutes it is %s', (offset_min, shown) => {
  setDeviceOffset(offset_min);
  expect(new Format('kk').time(at)).toBe(shown);
});

it('a typed time means the clock of the core, not that of the web view', () => {
  setDeviceOffset(300);
  const { minutes, ...day } = splitMoment(at);
  expect(minutes).toBe(11 * 60 + 5);
  expect(joinMoment(day, minutes)).toBe(at.getTime());
  expect(fromDeviceClock(2026, 12, 1)).toBe(Date.UTC(2026, 11, 31, 19));
});
