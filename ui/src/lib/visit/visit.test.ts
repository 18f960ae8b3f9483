import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { byId, gone, press, renderApp } from '../home/render-app';
import { App } from '../shell/app.svelte';
import { FakeCore } from '../ipc/fake';
import type { VisitView } from '../ipc/types';
import { placeLabel, shortName, whenFullWords, whenWords } from './words';

const home = { roles: ['specialist' as const], stage: 'home' as const };

describe('a visit', () => {
  it('without anybody at home reads so in every list', async () => {
    renderApp(home, '#/history');
    const row = await byId('visit-ee0006');
    expect(row.textContent).toContain('Үйде ешкім болмады');
    expect((await byId('visit-ee0001')).textContent).not.toContain('Үйде ешкім болмады');
  });

  it('that was returned shows the words of the coordinator and the two ways to answer', async () => {
    const core = renderApp(home, '#/history/ee0002');
    const told = core.visit;
    core.visit = async (request) => {
      const details = await told(request);
      const story = details.story.map((entry) => (entry.kind === 'reviewed' ? { ...entry, text: 'Мекенжайды нақтылаңыз' } : entry));
      return { ...details, story };
    };
    core.emit('changed', undefined);
    await waitFor(() => expect(screen.getByTestId('returned-text').textContent).toBe('Мекенжайды нақтылаңыз'));
    await press('returned-note');
    await byId('note-sheet');
    await press('note-sheet-close');
    await gone('note-sheet');
    await press('returned-correct');
    await byId('correct-sheet');
  });

  it('to the wrong child is taken back as a whole, and only while that is the reason', async () => {
    const core = renderApp(home, '#/history/ee0001');
    const correct = vi.spyOn(core, 'correctVisit');
    await press('correct');
    const cancelled = (await byId('correct-cancel')) as HTMLInputElement;
    await choose('correct-reason', 'wrong-child');
    expect(cancelled.checked).toBe(true);
    expect((await byId('wrong-child-next')).textContent).toContain('дұрыс балаға жаңа келу');
    await choose('correct-reason', 'wrong-time');
    expect(cancelled.checked).toBe(false);
    await choose('correct-reason', 'duplicate');
    await press('correct-save');
    await waitFor(() => expect(correct).toHaveBeenCalledTimes(1));
    expect(correct.mock.calls[0]?.[0]).toMatchObject({ cancelled: true, reason: 'duplicate' });
  });
});

/** Opens a list of choices and takes one. */
async function choose(field: string, value: string): Promise<void> {
  const trigger = await byId(field);
  trigger.focus();
  trigger.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }));
  const option = await byId(`${field}-${value}`);
  // jsdom has no PointerEvent; the name of the event is what the list listens to.
  option.dispatchEvent(new MouseEvent('pointermove', { bubbles: true }));
  option.dispatchEvent(new MouseEvent('pointerup', { bubbles: true }));
  await gone(`${field}-${value}`);
}

describe('times', () => {
  const app = new App(new FakeCore());
  const at = (start: string, end: string | null) =>
    ({ started_at_ms: Date.parse(start), finished_at_ms: end && Date.parse(end), offset_min: 300 }) as VisitView;

  it('that are equal to the minute are written once', () => {
    const brief = at('2026-11-05T06:05:10Z', '2026-11-05T06:05:50Z');
    expect(whenWords(app, brief)).toBe('05.11.2026, 11:05');
    expect(whenFullWords(app, brief)).toMatch(/, 11:05$/);
    expect(whenWords(app, at('2026-11-05T06:05:10Z', null))).toBe('05.11.2026, 11:05');
  });

  it('that differ are written both', () => {
    expect(whenWords(app, at('2026-11-05T06:05:50Z', '2026-11-05T06:06:10Z'))).toBe('05.11.2026, 11:05\u2060–\u206011:06');
  });
});

describe('words in little room', () => {
  it.each([
    ['Сәрсенбаева Айгерім Бекқызы', 'Сәрсенбаева А.\u00a0Б.'], ['Омаров', 'Омаров'], ['Өтеген Ілияс', 'Өтеген І.'],
  ])('%s is %s', (name, short) => expect(shortName(name)).toBe(short));

  it('a number and its flat stay in one piece', () => {
    expect(placeLabel('Үй, Абай к. 12, 45-пәтер')).toBe('Үй, Абай к. 12, 45\u2060-\u2060пәтер');
    expect(placeLabel('Әл-Фараби 7')).toBe('Әл-Фараби 7');
  });
});
