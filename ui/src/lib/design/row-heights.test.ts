import { describe, expect, it } from 'vitest';
import { RowHeights } from './row-heights';

describe('RowHeights', () => {
  it('draws only what is near the view of ten thousand rows', () => {
    const rows = new RowHeights(80);
    rows.resize(10_000);
    const seen = rows.range(400_000, 400_800);
    expect(seen).toEqual({ from: 5000, to: 5011, before: 400_000, after: (10_000 - 5011) * 80 });
  });

  it('keeps the total when a row turns out taller than guessed', () => {
    const rows = new RowHeights(80);
    rows.resize(100);
    expect(rows.set(3, 120)).toBe(true);
    expect(rows.set(3, 120), 'an unchanged height must not draw again').toBe(false);
    expect(rows.offset(4)).toBe(3 * 80 + 120);
    expect(rows.offset(100)).toBe(99 * 80 + 120);
    const all = rows.range(0, 100_000);
    expect([all.from, all.to, all.after]).toEqual([0, 100, 0]);
  });

  it('forgets rows that a filter removed', () => {
    const rows = new RowHeights(80);
    rows.resize(50);
    rows.set(40, 200);
    rows.resize(10);
    expect(rows.offset(10)).toBe(800);
    expect(rows.range(5_000, 6_000)).toEqual({ from: 9, to: 10, before: 720, after: 0 });
    rows.resize(0);
    expect(rows.range(0, 500)).toEqual({ from: 0, to: 0, before: 0, after: 0 });
  });
});
