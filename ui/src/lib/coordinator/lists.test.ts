import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { fixAt, noFix } from '../ipc/fake-data';
import type { VisitView } from '../ipc/types';
import { byId, fill, gone, press, renderApp } from '../home/render-app';
import { listFlags } from './flags';
import { phoneLink, phoneWords } from '../design/phone';

const home = { roles: ['coordinator' as const], stage: 'home' as const };

describe('a row of the review', () => {
  const flags = ['no-location', 'far-from-place', 'low-accuracy', 'unconfirmed'];
  it.each([
    ['a place far away', fixAt(1840, 30), ['no-location', 'low-accuracy', 'unconfirmed']],
    ['a fix too coarse', fixAt(300, 900), ['no-location', 'far-from-place', 'unconfirmed']],
    ['no reading', noFix('unavailable', 'off'), ['far-from-place', 'low-accuracy', 'unconfirmed']],
    ['a place without coordinates', fixAt(null, 20), flags],
  ])('leaves out what the badge says of %s', (_, location, left) => {
    expect(listFlags({ flags, location } as VisitView)).toEqual(left);
  });
});

describe('the views of the review', () => {
  it('show the visits without an answer, and how many wait', async () => {
    const core = renderApp(home);
    await press('view-unanswered');
    const waiting = core.list.filter((visit) => visit.confirmation === 'none').length;
    expect(waiting).toBeGreaterThan(0);
    await waitFor(() => expect(screen.getByTestId('view-unanswered').textContent).toContain(String(waiting)));
    await gone('visit-ee0001');
    await byId('visit-ee0002');
  });

  it('say how many visits were erased by law', async () => {
    renderApp({ ...home, erased: 2 });
    expect((await byId('review-erased')).textContent).toContain('жойылған келулер: 2');
  });

  it('say nothing of erased visits when there are none', async () => {
    renderApp(home);
    await byId('review-count');
    expect(screen.queryByTestId('review-erased')).toBeNull();
  });

  it('say that the work is done when nothing flagged is left', async () => {
    const core = renderApp(home);
    core.list = core.list.map((visit) => ({ ...visit, flags: [] }));
    expect((await byId('review-empty')).textContent).toContain('Қарайтын келу қалмады');
    await press('view-returned');
    expect((await byId('review-empty')).textContent).toContain('Бұл сүзгі бойынша келу жоқ');
  });
});

describe('telephones', () => {
  it('are written as people read them and called as machines do', () => {
    expect(phoneWords('+77010000001')).toBe('+7\u00a0701\u00a0000\u00a000\u00a001');
    expect(phoneWords('112')).toBe('112');
    expect(phoneLink('+7 701 123 45 67')).toBe('tel:+77011234567');
  });

  it.each(['701 123', '87011234567'])('%s finds the people who have it', async (search) => {
    renderApp(home, '#/people');
    await fill('people-search', search);
    await byId('member-aa01');
    await fill('people-search', '999');
    await gone('member-aa01');
  });
});
