import { calendars } from './calendar';
import type { LocaleCode } from './locale';
import { deviceOffset } from './zone';

const nbsp = '\u00a0';

type Parts = { year: number; month: number; day: number; weekday: number; hour: number; minute: number };

/**
 * The wall clock at a moment. With an offset (minutes east of UTC, as captured on the device that
 * made the record) it is the clock that the person saw; without it, the clock of this device.
 */
function wallClock(at: Date, offset_min: number | undefined): Parts {
  const shown = new Date(at.getTime() + (offset_min ?? deviceOffset(at)) * 60_000);
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth(),
    day: shown.getUTCDate(),
    weekday: shown.getUTCDay(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
  };
}

const two = (value: number) => String(value).padStart(2, '0');

/** Dates, times, numbers and distances in one language. */
export class Format {
  constructor(private readonly locale: LocaleCode) {}

  private get calendar() {
    return calendars[this.locale];
  }

  /** 14:07, always 24 hours. */
  time(at: Date, offset_min?: number): string {
    const { hour, minute } = wallClock(at, offset_min);
    return `${two(hour)}:${two(minute)}`;
  }

  /** 05.11.2026 */
  shortDate(at: Date, offset_min?: number): string {
    const { day, month, year } = wallClock(at, offset_min);
    return `${two(day)}.${two(month + 1)}.${year}`;
  }

  /** 05.11 in the present year, 05.11.25 in another: for a narrow column. */
  tableDate(at: Date, now: Date, offset_min?: number): string {
    const { day, month, year } = wallClock(at, offset_min);
    const dayMonth = `${two(day)}.${two(month + 1)}`;
    return wallClock(now, offset_min).year === year ? dayMonth : `${dayMonth}.${two(year % 100)}`;
  }

  /** 2026 ж. 5 қараша */
  longDate(at: Date, offset_min?: number): string {
    const { day, month, year } = wallClock(at, offset_min);
    return this.calendar.long(day, this.calendar.months[month] ?? '', year);
  }

  /** 2026 ж. 5 қараша, бейсенбі */
  fullDate(at: Date, offset_min?: number): string {
    const { weekday } = wallClock(at, offset_min);
    return this.calendar.full(this.longDate(at, offset_min), this.calendar.weekdays[weekday] ?? '');
  }

  /** "бүгін, 14:07", "кеше, 9:30", otherwise date and time. */
  moment(at: Date, now: Date, offset_min?: number): string {
    const day = (date: Date) => {
      const parts = wallClock(date, offset_min);
      return Date.UTC(parts.year, parts.month, parts.day) / 86_400_000;
    };
    const days = day(now) - day(at);
    const time = this.time(at, offset_min);
    if (days === 0) return `${this.calendar.today}, ${time}`;
    if (days === 1) return `${this.calendar.yesterday}, ${time}`;
    return `${this.shortDate(at, offset_min)}, ${time}`;
  }

  /** 1 234 567,8: groups parted by a no-break space. */
  number(value: number, decimals = 0): string {
    const [whole = '0', rest] = Math.abs(value).toFixed(decimals).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, this.locale === 'en' ? ',' : nbsp);
    return `${value < 0 ? '\u2212' : ''}${grouped}${rest ? this.calendar.decimal + rest : ''}`;
  }

  /** Metres up to a kilometre, then kilometres with one decimal. */
  distance(metres: number, units: { m: string; km: string }): string {
    if (metres < 1000) return `${this.number(Math.round(metres))}${nbsp}${units.m}`;
    return `${this.number(metres / 1000, metres < 10_000 ? 1 : 0)}${nbsp}${units.km}`;
  }
}
